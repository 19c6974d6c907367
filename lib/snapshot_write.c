// SPDX-License-Identifier: GPL-2.0-or-later
/* snapshot_write.c - from /proc, also in a cell where the agent is the only program */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "procfile.h"
#include "snapshot.h"

/*
 * From here on commands are left out: who starts many processes with long ones must not hide all
 * others. What remains of a line has at most 256 bytes, so the rest is enough for all of them.
 */
#define COMMANDS_BYTES	(COMB_SNAPSHOT_BYTES_MAX / 2)

/* linux/sched.h */
#define PF_KTHREAD	0x00200000

/* The text becomes one line of printable ASCII. */
static void text_clean(char *text, size_t length)
{
	while (length && !text[length - 1])
		length--;
	for (size_t i = 0; i < length; i++)
		if (!text[i] || text[i] == '\n' || text[i] == '\t')
			text[i] = ' ';
	text[length] = '\0';
	comb_make_printable(text);
}

/* The number behind "@name:" or "@name ", 0 if it is not there. */
static uint64_t number_of(const char *text, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, length) && (line[length] == ':' || line[length] == ' '))
			return strtoull(line + length + 1, NULL, 10);
	}
	return 0;
}

/* Hundredths of "1.5", "1.55" or "1.555". */
static uint64_t hundredths(const char *text)
{
	char *end;
	uint64_t value = strtoull(text, &end, 10) * 100;

	if (*end == '.' && isdigit(end[1])) {
		value += 10 * (end[1] - '0');
		if (isdigit(end[2]))
			value += end[2] - '0';
	}
	return value;
}

static int pressure_of(int dir, const char *path)
{
	char data[PROCFILE_BYTES], *at;

	/* There is no such file with psi=0; some kernels have it and let nobody read it. */
	if (procfile_load(dir, path, data, sizeof(data)) < 0)
		return -1;
	at = strstr(data, "some avg10=");
	return at ? (int)hundredths(at + strlen("some avg10=")) : -1;
}

/* "cpuN USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL"; guests' time is in user's. */
static void cpu_write(FILE *out, const char *line)
{
	uint64_t time[8] = { 0 }, idle, busy = 0;
	char *at;
	unsigned long id = strtoul(line, &at, 10);

	for (int i = 0; i < 8; i++)
		time[i] = strtoull(at, &at, 10);
	idle = time[3] + time[4];
	for (int i = 0; i < 8; i++)
		busy += time[i];
	busy -= idle;
	fprintf(out, "cpu %lu %" PRIu64 " %" PRIu64 "\n", id, busy, busy + idle);
}

/* /proc/stat, which may be long. */
static int stat_write(FILE *out, int dir, struct comb_error *err)
{
	int fd = openat(dir, "stat", O_RDONLY | O_CLOEXEC);
	FILE *in = fd < 0 ? NULL : fdopen(fd, "r");
	size_t size = 0;
	char *line = NULL;

	if (!in)
		return comb_fail(err, COMB_FAILED, "cannot read /proc/stat: %s", strerror(errno));
	while (getline(&line, &size, in) > 0) {
		if (!strncmp(line, "cpu", 3) && isdigit(line[3]))
			cpu_write(out, line + 3);
		if (!strncmp(line, "procs_running ", 14)) {
			unsigned long running = strtoul(line + 14, NULL, 10);

			fprintf(out, "runnable %lu\n", running ? running - 1 : 0);
		}
	}
	free(line);
	fclose(in);
	return 0;
}

static int kernel_write(FILE *out, int dir, struct comb_error *err)
{
	char data[PROCFILE_BYTES];

	if (procfile_load(dir, "uptime", data, sizeof(data)) < 0)
		return comb_fail(err, COMB_FAILED, "cannot read /proc/uptime: %s", strerror(errno));
	fprintf(out, "uptime_ns %" PRIu64 "\nhz %ld\n", hundredths(data) * 10000000,
		sysconf(_SC_CLK_TCK));
	if (procfile_load(dir, "loadavg", data, sizeof(data)) >= 0)
		fprintf(out, "load %" PRIu64 "\n", hundredths(data));
	if (procfile_load(dir, "meminfo", data, sizeof(data)) < 0)
		return comb_fail(err, COMB_FAILED, "cannot read /proc/meminfo: %s", strerror(errno));
	fprintf(out, "memory %" PRIu64 " %" PRIu64 "\n", number_of(data, "MemTotal") * 1024,
		number_of(data, "MemAvailable") * 1024);
	fprintf(out, "pressure %d %d %d\n", pressure_of(dir, "pressure/cpu"),
		pressure_of(dir, "pressure/memory"), pressure_of(dir, "pressure/io"));
	return stat_write(out, dir, err);
}

/* Its effective user. */
static unsigned long uid_of(const char *status)
{
	const char *at = strstr(status, "\nUid:");
	char *end;

	if (!at)
		return 0;
	strtoul(at + 5, &end, 10);
	return strtoul(end, NULL, 10);
}

static uint64_t number_at(char *const field[], enum procstat which)
{
	return strtoull(field[which], NULL, 10);
}

/* The letters behind the state, see the reader. */
static const char *letters(char *const field[], const char *status, char buffer[4])
{
	long foreground = strtol(field[PROCSTAT_TPGID], NULL, 10);
	char *at = buffer;

	if (number_at(field, PROCSTAT_FLAGS) & PF_KTHREAD)
		*at++ = 'k';
	if (foreground > 0 && foreground == strtol(field[PROCSTAT_PGRP], NULL, 10))
		*at++ = '+';
	if (number_of(status, "VmLck"))
		*at++ = 'L';
	*at = '\0';
	return buffer;
}

/*
 * "process PID PPID PGRP SESSION UID NICE THREADS CPU TICKS START RSS SIZE STATE", then name and
 * command, each behind a tab. One that ends meanwhile is left out. Returns the bytes written.
 */
static size_t process_write(FILE *out, int dir, const char *pid, bool with_command)
{
	char stat[PROCFILE_BYTES], status[PROCFILE_BYTES], command[COMB_SNAPSHOT_COMMAND_MAX];
	char *field[PROCSTAT_FIELDS], *name, path[64], buffer[4];
	uint64_t ticks, rss;
	ssize_t length = 0;
	int written;

	snprintf(path, sizeof(path), "%s/stat", pid);
	if (procfile_load(dir, path, stat, sizeof(stat)) < 0)
		return 0;
	name = procstat_split(stat, field);
	snprintf(path, sizeof(path), "%s/status", pid);
	if (!name || procfile_load(dir, path, status, sizeof(status)) < 0)
		return 0;
	snprintf(path, sizeof(path), "%s/cmdline", pid);
	if (with_command)
		length = procfile_load(dir, path, command, sizeof(command));
	text_clean(name, strlen(name));
	text_clean(command, length > 0 ? length : 0);
	ticks = number_at(field, PROCSTAT_UTIME) + number_at(field, PROCSTAT_STIME);
	rss = number_at(field, PROCSTAT_RSS) * sysconf(_SC_PAGESIZE);
	written = fprintf(out,
		"process %s %s %s %s %lu %s %s %s %" PRIu64 " %s %" PRIu64 " %s %s%s\t%s\t%s\n",
		pid, field[PROCSTAT_PPID], field[PROCSTAT_PGRP], field[PROCSTAT_SESSION],
		uid_of(status), field[PROCSTAT_NICE], field[PROCSTAT_THREADS], field[PROCSTAT_CPU],
		ticks, field[PROCSTAT_START], rss, field[PROCSTAT_SIZE], field[PROCSTAT_STATE],
		letters(field, status, buffer), name, command);
	return written > 0 ? (size_t)written : 0;
}

/* "threads N", behind its process, if that has several: N of them run or could. */
static void threads_write(FILE *out, int proc, const char *pid)
{
	char path[64], data[PROCFILE_BYTES], *field[PROCSTAT_FIELDS];
	unsigned int running = 0, count = 0;
	struct dirent *entry;
	DIR *tasks;
	int dir;

	snprintf(path, sizeof(path), "%s/task", pid);
	dir = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	tasks = dir < 0 ? NULL : fdopendir(dir);
	while (tasks && (entry = readdir(tasks))) {
		if (!isdigit(entry->d_name[0]))
			continue;
		count++;
		snprintf(path, sizeof(path), "%.20s/stat", entry->d_name);
		if (procfile_load(dir, path, data, sizeof(data)) >= 0 &&
		    procstat_split(data, field))
			running += *field[PROCSTAT_STATE] == 'R';
	}
	if (tasks)
		closedir(tasks);
	else if (dir >= 0)
		close(dir);
	if (count > 1)
		fprintf(out, "threads %u\n", running);
}

static int processes_write(FILE *out, const char *proc, bool threads, struct comb_error *err)
{
	DIR *dir = opendir(proc);
	struct dirent *entry;
	unsigned int count = 0;
	size_t bytes = 0, written;

	if (!dir)
		return comb_fail(err, COMB_FAILED, "cannot read %s: %s", proc, strerror(errno));
	while ((entry = readdir(dir)) && count < COMB_SNAPSHOT_PROCESSES_MAX)
		if (isdigit(entry->d_name[0])) {
			written = process_write(out, dirfd(dir), entry->d_name,
						bytes < COMMANDS_BYTES);
			bytes += written;
			if (threads && written)
				threads_write(out, dirfd(dir), entry->d_name);
			count++;
		}
	closedir(dir);
	return 0;
}

int comb_snapshot_write(FILE *out, const char *proc, unsigned int flags, struct comb_error *err)
{
	int dir = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result;

	if (dir < 0)
		return comb_fail(err, COMB_FAILED, "cannot read %s: %s", proc, strerror(errno));
	fprintf(out, "comb-snapshot 1\nself %d\n", (int)getpid());
	result = kernel_write(out, dir, err);
	close(dir);
	if (!result && flags & COMB_SNAPSHOT_PROCESSES)
		result = processes_write(out, proc, flags & COMB_SNAPSHOT_THREADS, err);
	if (!result)
		fputs("end\n", out);
	return result;
}
