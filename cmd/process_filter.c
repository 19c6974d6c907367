// SPDX-License-Identifier: GPL-2.0-or-later
/* process_filter.c - which processes; see process.h */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "process.h"
#include "process_signal.h"

/* The next part of a list, in @part, which is allocated; false at its end. */
static bool next_part(const char **list, char **part)
{
	size_t length;

	*list += strspn(*list, ", ");
	length = strcspn(*list, ", ");
	if (!length)
		return false;
	*part = cli_format("%.*s", (int)length, *list);
	*list += length;
	return true;
}

static void *grown(void *list, size_t count, size_t size)
{
	void *more = cli_calloc(count + 1, size);

	if (count)
		memcpy(more, list, count * size);
	free(list);
	return more;
}

int process_filter_users(struct process_filter *filter, const char *list, struct comb_error *err)
{
	char *part;

	while (next_part(&list, &part)) {
		uid_t uid;
		int result = user_parse(part, &uid, err);

		free(part);
		if (result)
			return -1;
		filter->uids = grown(filter->uids, filter->nr_uids, sizeof(*filter->uids));
		filter->uids[filter->nr_uids++] = uid;
	}
	if (filter->nr_uids)
		return 0;
	comb_fail(err, COMB_USAGE, "no user is named");
	return comb_hint(err, "-u root");
}

void process_filter_names(struct process_filter *filter, const char *list)
{
	char *part;

	while (next_part(&list, &part)) {
		filter->names = grown(filter->names, filter->nr_names, sizeof(*filter->names));
		filter->names[filter->nr_names++] = part;
	}
}

static int refuse_name(const char *text, struct comb_error *err)
{
	comb_fail(err, COMB_USAGE, "\"%s\" names no process", text);
	return comb_hint(err, "CELL:PID, such as web:1234 or host:1234");
}

int process_name_parse(const char *text, char *cell, pid_t *pid, struct comb_error *err)
{
	const char *colon = strchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : 0;
	struct comb_error ignored;
	uint64_t start;

	if (!length || length >= COMB_NAME_SIZE || process_target(colon + 1, pid, &start) || start)
		return refuse_name(text, err);
	memcpy(cell, text, length);
	cell[length] = '\0';
	if (strcmp(cell, "host") && comb_name_check(cell, &ignored))
		return refuse_name(text, err);
	return 0;
}

static int parse_pid(const char *text, struct process_pid *pid, struct comb_error *err)
{
	char cell[COMB_NAME_SIZE];
	uint64_t start;

	pid->cell = NULL;
	if (!process_target(text, &pid->pid, &start) && !start)
		return 0;
	if (process_name_parse(text, cell, &pid->pid, err))
		return comb_hint(err, "-p PID or -p CELL:PID, such as 1234 or web:1234");
	pid->cell = cli_format("%s", cell);
	return 0;
}

int process_filter_pids(struct process_filter *filter, const char *list, struct comb_error *err)
{
	const char *at = list;
	char *part;

	while (next_part(&at, &part)) {
		struct process_pid pid;
		int result = parse_pid(part, &pid, err);

		free(part);
		if (result)
			return -1;
		filter->pids = grown(filter->pids, filter->nr_pids, sizeof(*filter->pids));
		filter->pids[filter->nr_pids++] = pid;
	}
	return filter->nr_pids ? 0 : refuse_name(list, err);
}

bool process_filter_any(const struct process_filter *filter)
{
	return filter->nr_uids || filter->nr_names || filter->nr_pids;
}

static bool has_name(const struct process_filter *filter, const struct comb_process *process)
{
	for (size_t i = 0; i < filter->nr_names; i++)
		/* The kernel keeps 15 bytes of a program's name. */
		if (!strncmp(filter->names[i], process->comm, process->kernel_thread ? SIZE_MAX : 15))
			return true;
	return false;
}

static bool has_pid(const struct process_filter *filter, const char *cell, pid_t pid)
{
	for (size_t i = 0; i < filter->nr_pids; i++)
		if (filter->pids[i].pid == pid &&
		    (!filter->pids[i].cell || !strcmp(filter->pids[i].cell, cell)))
			return true;
	return false;
}

bool process_filter_fits(const struct process_filter *filter, const char *cell,
			 const struct comb_process *process)
{
	/* Who names one means it. */
	if (has_name(filter, process) || has_pid(filter, cell, process->pid))
		return true;
	if (process->kernel_thread && !filter->kernel_threads)
		return false;
	for (size_t i = 0; i < filter->nr_uids; i++)
		if (filter->uids[i] == process->uid)
			return true;
	return !process_filter_any(filter);
}

void process_filter_free(struct process_filter *filter)
{
	for (size_t i = 0; i < filter->nr_names; i++)
		free(filter->names[i]);
	for (size_t i = 0; i < filter->nr_pids; i++)
		free(filter->pids[i].cell);
	free(filter->uids);
	free(filter->names);
	free(filter->pids);
}
