// SPDX-License-Identifier: GPL-2.0-or-later
/* move_which.c - which jobs there are, and which cell could take one */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"
#include "move.h"

bool move_parse(const char *line, struct move_job *job)
{
	int at = 0;

	memset(job, 0, sizeof(*job));
	if (sscanf(line, "%32s %d %n", job->id, &job->pid, &at) != 2 || !at || job->pid <= 0)
		return false;
	for (const char *c = job->id; *c; c++)
		if (!isalnum((unsigned char)*c))
			return false;
	snprintf(job->command, sizeof(job->command), "%.*s", (int)strcspn(line + at, "\n"),
		 line + at);
	comb_make_printable(job->command);
	return true;
}

int move_list(struct cli *cli, const char *cell, struct move_job **list, size_t *count,
	      struct comb_error *err)
{
	struct answer answer;
	char *cursor, *line;
	size_t lines = 1;

	*list = NULL;
	*count = 0;
	if (jobs_ask(cli, cell, &answer, err, "list", NULL)) {
		free(answer.data);
		return -1;
	}
	for (const char *c = answer.data; *c; c++)
		lines += *c == '\n';
	*list = cli_calloc(lines, sizeof(**list));
	cursor = answer.data;
	while ((line = strsep(&cursor, "\n")))
		if (move_parse(line, &(*list)[*count]))
			++*count;
	free(answer.data);
	return 0;
}

int move_find(struct cli *cli, const char *cell, int pid, struct move_job *job,
	      struct comb_error *err)
{
	CLI_AUTOFREE char *number = cli_format("%d", pid);
	struct answer answer;
	int result = jobs_ask(cli, cell, &answer, err, "find", number, NULL);

	if (!result && !move_parse(answer.data, job)) {
		if (!strcmp(answer.data, "none\n")) {
			comb_fail(err, COMB_NO_CELL, "%s has no process %d", cell, pid);
			comb_hint(err, "comb ps %s", cell);
		} else {
			comb_fail(err, COMB_FAILED, "%s:%d is in no movable job", cell, pid);
			comb_hint(err, "comb exec --movable %s -- COMMAND", cell);
		}
		result = -1;
	}
	free(answer.data);
	return result;
}

/* Runnable processes a CPU, in hundredths: the smaller, the more is to spare. */
static double burden(const struct comb_snapshot *snapshot)
{
	return (double)snapshot->load_centi / (snapshot->nr_cpus ? snapshot->nr_cpus : 1);
}

int move_choose(struct cli *cli, const char *but, char name[COMB_NAME_SIZE],
		struct comb_error *err)
{
	const struct kernel *best = NULL;
	struct kernel *list;
	size_t count;

	if (kernels_snapshot(cli, NULL, 0, COMB_SNAPSHOT_SUMMARY, &list, &count, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct kernel *one = &list[i];

		/* A cell without a definition ends with the command, or upgrade, it is for. */
		if (one->failed || !strcmp(one->name, but) || !cells_defined(one->name))
			continue;
		if (!best || burden(&one->snapshot) < burden(&best->snapshot) ||
		    (burden(&one->snapshot) == burden(&best->snapshot) &&
		     one->snapshot.mem_available > best->snapshot.mem_available))
			best = one;
	}
	if (best)
		snprintf(name, COMB_NAME_SIZE, "%s", best->name);
	kernels_free(list, count);
	if (best)
		return 0;
	comb_fail(err, COMB_FAILED, "no other cell runs that could take it");
	return comb_hint(err, "comb start NAME");
}

void move_tell(struct cli *cli, const struct move_job *job, const char *from, const char *to,
	       const struct move_result *result)
{
	struct json_object *object;
	char time[32];

	if (cli->dry_run)
		cli_say(cli, "%s:%d could move to %s", from, job->pid, to);
	else
		cli_say(cli, "%s:%d is %s:%d now; it stood still for %s", from, job->pid, to,
			result->pid, cli_seconds(result->still_ns, time, sizeof(time)));
	if (!cli->json)
		return;
	object = cli_json_object(cli_json_array(cli->out, "moves"));
	cli_json_text(object, "job", job->id);
	cli_json_text(object, "from", from);
	cli_json_number(object, "from_pid", job->pid);
	cli_json_text(object, "to", to);
	cli_json_number(object, "to_pid", result->pid);
	cli_json_number(object, "still_ns", result->still_ns);
	cli_json_bool(object, "done", !cli->dry_run);
}
