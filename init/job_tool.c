// SPDX-License-Identifier: GPL-2.0-or-later
/* job_tool.c - EXECWIRE_JOB: what the host asks of jobs, see job.h */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <procfile.h>

#include "job.h"

/* The arguments of the job's command: that of the process comb-job has started. */
static void print_command(pid_t init)
{
	char path[32], data[256];
	pid_t *list, lowest = 0;
	size_t count = job_processes(init, &list);
	ssize_t got = 0;
	int fd;

	for (size_t i = 0; i < count; i++)
		if (list[i] != init && (!lowest || list[i] < lowest))
			lowest = list[i];
	free(list);
	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)lowest);
	fd = lowest ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		got = read(fd, data, sizeof(data));
		close(fd);
	}
	for (ssize_t i = 0; i < got - 1; i++)
		putchar(data[i] && data[i] != '\n' ? data[i] : ' ');
}

static bool print_job(const char *id, pid_t pid, void *arg)
{
	(void)arg;
	printf("%s %d ", id, (int)pid);
	print_command(pid);
	putchar('\n');
	return true;
}

static int list(void)
{
	job_each(print_job, NULL);
	return fflush(stdout) ? 1 : 0;
}

static int find(const char *number)
{
	pid_t pid = atoi(number), init;
	char id[64];

	if (pid <= 0 || !procstat_state(pid))
		puts("none");
	else if (!job_of(pid, id, &init))
		puts("no job");
	else
		printf("%s %d\n", id, (int)init);
	return fflush(stdout) ? 1 : 0;
}

static int status(const char *id)
{
	pid_t pid = job_pid(id);
	char state = pid ? procstat_state(pid) : 0;

	puts(!state ? "none" : state == 'T' ? "stopped" : "running");
	return fflush(stdout) ? 1 : 0;
}

int job_tool(char *const argv[])
{
	static const struct {
		const char *name;
		int (*run)(const char *id);
	} tools[] = {
		{ "status", status }, { "inspect", job_inspect }, { "prepare", job_prepare },
		{ "hold", job_hold },
		{ "restore", job_restore }, { "go", job_go }, { "kill", job_kill },
	};

	if (!strcmp(argv[0], "list"))
		return list();
	if (!strcmp(argv[0], "fits"))
		return job_fits(argv + 1);
	if (!strcmp(argv[0], "find") && argv[1])
		return find(argv[1]);
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
		if (!strcmp(argv[0], tools[i].name) && argv[1] && job_id_ok(argv[1]))
			return tools[i].run(argv[1]);
	fprintf(stderr, "it does not know what to do about a job: %s\n", argv[0]);
	return 1;
}
