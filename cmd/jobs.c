// SPDX-License-Identifier: GPL-2.0-or-later
#include "jobs.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Answers are a few lines; inspect's, a line for each file. */
#define ANSWER_MAX	(1u << 20)
#define ARGUMENTS_MAX	8

int jobs_new_id(char id[JOBS_ID_SIZE], struct comb_error *err)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return comb_fail(err, COMB_FAILED, "no random number: %s", strerror(errno));
	snprintf(id, JOBS_ID_SIZE, "%016llx", (unsigned long long)number);
	return 0;
}

static void record_path(const char *id, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/jobs/%s", cli_run_dir(), id);
}

int jobs_read(struct jobs_record *record, struct comb_error *err)
{
	char path[PATH_MAX], line[128];
	FILE *file;

	record_path(record->id, path);
	record->cell[0] = record->to[0] = '\0';
	record->pid = 0;
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		sscanf(line, "cell %31s", record->cell);
		sscanf(line, "to %31s", record->to);
		sscanf(line, "pid %d", &record->pid);
	}
	if (file)
		fclose(file);
	return record->cell[0] ? 0 : comb_fail(err, COMB_NO_CELL, "the job is gone");
}

int jobs_write(const struct jobs_record *record, struct comb_error *err)
{
	CLI_AUTOFREE char *directory = cli_format("%s/jobs", cli_run_dir());
	CLI_AUTOFREE char *fresh = cli_format("%s/.%s", directory, record->id);
	char path[PATH_MAX];
	FILE *file = NULL;
	int failed;

	record_path(record->id, path);
	if ((!mkdir(cli_run_dir(), 0755) || errno == EEXIST) &&
	    (!mkdir(directory, 0700) || errno == EEXIST))
		file = fopen(fresh, "we");
	failed = !file || fprintf(file, "cell %s\npid %d\n", record->cell, record->pid) < 0 ||
		 (record->to[0] && fprintf(file, "to %s\n", record->to) < 0);
	if (file && fclose(file))
		failed = 1;
	if (!failed && !rename(fresh, path))
		return 0;
	comb_fail(err, COMB_FAILED, "cannot write %s: %s", path, strerror(errno));
	return comb_hint(err, "df %s", cli_run_dir());
}

void jobs_remove(const char *id)
{
	char path[PATH_MAX];

	record_path(id, path);
	unlink(path);
}

int jobs_ask(struct cli *cli, const char *cell, struct answer *answer, struct comb_error *err, ...)
{
	char *argv[ARGUMENTS_MAX + 1] = { NULL }, *none[] = { NULL };
	struct execwire_request request = { .what = EXECWIRE_JOB, .argv = argv,
					    .environment = none };
	va_list arguments;
	int result;

	va_start(arguments, err);
	for (int i = 0; i < ARGUMENTS_MAX; i++) {
		argv[i] = va_arg(arguments, char *);
		if (!argv[i])
			break;
	}
	va_end(arguments);
	result = ask_cell(cli, cell, &request, ANSWER_MAX, cli_timeout_ms(cli, JOBS_TIMEOUT_S),
			  answer, err);
	return result ? comb_prefix(err, "%s", cell) : 0;
}

enum jobs_copy jobs_look(struct cli *cli, const char *cell, const char *id)
{
	struct comb_error err = { 0 };
	enum jobs_copy copy = JOBS_COPY_UNKNOWN;
	struct answer answer;

	if (jobs_ask(cli, cell, &answer, &err, "status", id, NULL))
		copy = err.status == COMB_NO_CELL ? JOBS_COPY_NONE : JOBS_COPY_UNKNOWN;
	else if (!strcmp(answer.data, "none\n"))
		copy = JOBS_COPY_NONE;
	else if (!strcmp(answer.data, "running\n") || !strcmp(answer.data, "stopped\n"))
		copy = JOBS_COPY_THERE;
	free(answer.data);
	return copy;
}

int jobs_tell(struct cli *cli, const char *cell, const char *what, const char *id,
	      struct comb_error *err)
{
	struct answer answer;
	int result = jobs_ask(cli, cell, &answer, err, what, id, NULL);

	free(answer.data);
	return result;
}

/* The job is in @cell, and goes on there. */
static int settle_in(struct cli *cli, struct jobs_record *record, const char *cell,
		     struct comb_error *err)
{
	if (jobs_tell(cli, cell, "go", record->id, err))
		return -1;
	if (cell == record->to) {
		snprintf(record->cell, sizeof(record->cell), "%s", record->to);
		record->pid = 0;
	}
	record->to[0] = '\0';
	return jobs_write(record, err);
}

int jobs_settle(struct cli *cli, struct jobs_record *record, struct comb_error *err)
{
	struct comb_error ignored = { 0 };
	enum jobs_copy here;

	if (!record->to[0])
		return 0;
	here = jobs_look(cli, record->cell, record->id);
	if (here == JOBS_COPY_UNKNOWN) {
		comb_fail(err, COMB_FAILED, "%s does not say whether it still has the job",
			  record->cell);
		return comb_hint(err, "comb ls, then comb mv again; the job stands still");
	}
	if (here == JOBS_COPY_THERE) {
		/* Where it cannot be killed now it stays stopped: nobody lets it go any more. */
		jobs_tell(cli, record->to, "kill", record->id, &ignored);
		return settle_in(cli, record, record->cell, err);
	}
	if (!settle_in(cli, record, record->to, &ignored))
		return 0;
	if (jobs_look(cli, record->to, record->id) != JOBS_COPY_NONE) {
		*err = ignored;
		return -1;
	}
	jobs_remove(record->id);
	comb_fail(err, COMB_FAILED, "the job is lost: neither %s nor %s has it", record->cell,
		  record->to);
	return comb_hint(err, "comb events");
}
