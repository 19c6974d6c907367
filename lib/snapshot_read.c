// SPDX-License-Identifier: GPL-2.0-or-later
/* snapshot_read.c - nothing that another kernel says of itself is believed before it is checked */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cpuset.h"
#include "snapshot.h"

#define LINE_BYTES	(COMB_SNAPSHOT_COMMAND_MAX + 512)
/* PID_MAX_LIMIT of 64-bit kernels */
#define PID_LIMIT	(4u << 20)
/* Exact in JSON and in a double: 2.8 million years of ticks, 8 PiB. */
#define NUMBER_LIMIT	(1ULL << 53)
/* What five levels of page tables span */
#define SIZE_LIMIT	(1ULL << 57)
#define LOAD_LIMIT	100000000
#define FULL_CENTI	10000

struct reader {
	struct comb_snapshot *snapshot;
	size_t cpu_room, process_room;
	bool ended;
};

/* The number at *@at, which moves behind it and the blank or end that must follow. */
static bool take_number(char **at, uint64_t most, uint64_t *number)
{
	char *end;

	if (!isdigit((unsigned char)**at))
		return false;
	errno = 0;
	*number = strtoull(*at, &end, 10);
	if (errno || *number > most || (*end && *end != ' '))
		return false;
	*at = end + (*end == ' ');
	return true;
}

static bool take_unsigned(char **at, uint64_t most, unsigned int *number)
{
	uint64_t value;

	if (!take_number(at, most, &value))
		return false;
	*number = (unsigned int)value;
	return true;
}

static bool take_signed(char **at, unsigned int most, int *number)
{
	bool negative = **at == '-';
	unsigned int value;

	*at += negative;
	if (!take_unsigned(at, most, &value))
		return false;
	*number = negative ? -(int)value : (int)value;
	return true;
}

static bool take_pid(char **at, uint64_t most, pid_t *pid)
{
	unsigned int value;

	if (!take_unsigned(at, most, &value))
		return false;
	*pid = (pid_t)value;
	return true;
}

/* Room for one more of @size bytes in @list. 0, or -1 without memory. */
static int list_grow(void **list, size_t *room, size_t used, size_t size)
{
	size_t wanted = *room ? 2 * *room : 64;
	void *more;

	if (used < *room)
		return 0;
	more = reallocarray(*list, wanted, size);
	if (!more)
		return -1;
	*list = more;
	*room = wanted;
	return 0;
}

static bool read_cpu(struct reader *reader, char *at)
{
	struct comb_snapshot *s = reader->snapshot;
	struct comb_cpu_time cpu;

	if (!take_unsigned(&at, COMB_CPUSET_BITS - 1, &cpu.id) ||
	    !take_number(&at, NUMBER_LIMIT, &cpu.busy) ||
	    !take_number(&at, NUMBER_LIMIT, &cpu.total) || *at || cpu.busy > cpu.total ||
	    s->nr_cpus == COMB_CPUSET_BITS ||
	    list_grow((void **)&s->cpus, &reader->cpu_room, s->nr_cpus, sizeof(cpu)))
		return false;
	s->cpus[s->nr_cpus++] = cpu;
	return true;
}

/* A letter, and those the writer adds. */
static bool take_state(char **at, struct comb_process *p)
{
	p->state = **at;
	if (!isalpha((unsigned char)p->state))
		return false;
	for (++*at; **at && **at != '\t'; ++*at)
		switch (**at) {
		case 'k':
			p->kernel_thread = true;
			break;
		case '+':
			p->foreground = true;
			break;
		case 'L':
			p->locked = true;
			break;
		default:
			return false;
		}
	return true;
}

static char *command_of(const struct comb_process *p, const char *text)
{
	char *command;

	if (*text)
		return strdup(text);
	return asprintf(&command, "[%s]", p->comm) < 0 ? NULL : command;
}

static bool take_numbers(char **at, struct comb_process *p)
{
	return take_pid(at, PID_LIMIT, &p->pid) && p->pid && take_pid(at, PID_LIMIT, &p->ppid) &&
	       take_pid(at, PID_LIMIT, &p->pgrp) && take_pid(at, PID_LIMIT, &p->session) &&
	       take_unsigned(at, UINT32_MAX, &p->uid) && take_signed(at, 20, &p->nice) &&
	       take_unsigned(at, PID_LIMIT, &p->threads) &&
	       take_unsigned(at, COMB_CPUSET_BITS - 1, &p->cpu) &&
	       take_number(at, NUMBER_LIMIT, &p->cpu_ticks) &&
	       take_number(at, NUMBER_LIMIT, &p->start_ticks) &&
	       take_number(at, NUMBER_LIMIT, &p->rss) &&
	       take_number(at, SIZE_LIMIT, &p->size) && take_state(at, p);
}

static bool read_process(struct reader *reader, char *at)
{
	struct comb_snapshot *s = reader->snapshot;
	struct comb_process p = { 0 };
	char *name, *command;

	if (!take_numbers(&at, &p) || *at != '\t')
		return false;
	name = at + 1;
	command = strchr(name, '\t');
	if (!command)
		return false;
	*command++ = '\0';
	comb_make_printable(name);
	comb_make_printable(command);
	if (s->nr_processes == COMB_SNAPSHOT_PROCESSES_MAX ||
	    list_grow((void **)&s->processes, &reader->process_room, s->nr_processes, sizeof(p)))
		return false;
	p.running = p.state == 'R';
	p.comm = strdup(name);
	p.command = p.comm ? command_of(&p, command) : NULL;
	s->processes[s->nr_processes++] = p;
	return p.command;
}

/* Of the process before it. */
static bool read_threads(struct reader *reader, char *at)
{
	struct comb_snapshot *s = reader->snapshot;

	return s->nr_processes &&
	       take_unsigned(&at, PID_LIMIT, &s->processes[s->nr_processes - 1].running) &&
	       !*at;
}

static bool read_memory(struct reader *reader, char *at)
{
	return take_number(&at, NUMBER_LIMIT, &reader->snapshot->mem_total) &&
	       take_number(&at, NUMBER_LIMIT, &reader->snapshot->mem_available) && !*at;
}

static bool read_pressure(struct reader *reader, char *at)
{
	struct comb_snapshot *s = reader->snapshot;

	return take_signed(&at, FULL_CENTI, &s->psi_cpu) &&
	       take_signed(&at, FULL_CENTI, &s->psi_memory) &&
	       take_signed(&at, FULL_CENTI, &s->psi_io) && !*at &&
	       s->psi_cpu >= -1 && s->psi_memory >= -1 && s->psi_io >= -1;
}

static bool read_uptime(struct reader *reader, char *at)
{
	return take_number(&at, UINT64_MAX / 4, &reader->snapshot->uptime_ns) && !*at;
}

static bool read_hz(struct reader *reader, char *at)
{
	return take_unsigned(&at, 100000, &reader->snapshot->hz) && reader->snapshot->hz && !*at;
}

static bool read_load(struct reader *reader, char *at)
{
	return take_unsigned(&at, LOAD_LIMIT, &reader->snapshot->load_centi) && !*at;
}

static bool read_runnable(struct reader *reader, char *at)
{
	return take_unsigned(&at, PID_LIMIT, &reader->snapshot->runnable) && !*at;
}

static bool read_self(struct reader *reader, char *at)
{
	unsigned int pid;

	if (!take_unsigned(&at, PID_LIMIT, &pid))
		return false;
	reader->snapshot->self = (pid_t)pid;
	return !*at;
}

static bool read_end(struct reader *reader, char *at)
{
	reader->ended = true;
	return !*at;
}

static bool read_line(struct reader *reader, char *line)
{
	static const struct {
		const char *word;
		bool (*read)(struct reader *reader, char *at);
	} words[] = {
		{ "process", read_process }, { "threads", read_threads }, { "cpu", read_cpu },
		{ "uptime_ns", read_uptime }, { "hz", read_hz }, { "load", read_load },
		{ "runnable", read_runnable }, { "self", read_self }, { "memory", read_memory },
		{ "pressure", read_pressure }, { "end", read_end },
	};
	char *at = line + strcspn(line, " ");

	if (*at)
		*at++ = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i].word, line))
			return words[i].read(reader, at);
	return true;
}

static int compare_cpus(const void *a, const void *b)
{
	unsigned int x = ((const struct comb_cpu_time *)a)->id;
	unsigned int y = ((const struct comb_cpu_time *)b)->id;

	return x < y ? -1 : x > y;
}

static int compare_pids(const void *a, const void *b)
{
	pid_t x = ((const struct comb_process *)a)->pid;
	pid_t y = ((const struct comb_process *)b)->pid;

	return x < y ? -1 : x > y;
}

/* Everything there, in order and once? */
static bool is_whole(struct reader *reader)
{
	struct comb_snapshot *s = reader->snapshot;

	if (!reader->ended || !s->uptime_ns || !s->hz || !s->mem_total || !s->nr_cpus)
		return false;
	/* It is an estimate. */
	if (s->mem_available > s->mem_total)
		s->mem_available = s->mem_total;
	qsort(s->cpus, s->nr_cpus, sizeof(*s->cpus), compare_cpus);
	for (size_t i = 1; i < s->nr_cpus; i++)
		if (s->cpus[i].id == s->cpus[i - 1].id)
			return false;
	if (s->nr_processes)
		qsort(s->processes, s->nr_processes, sizeof(*s->processes), compare_pids);
	for (size_t i = 1; i < s->nr_processes; i++)
		if (s->processes[i].pid == s->processes[i - 1].pid)
			return false;
	return true;
}

/* The next line without its end. A NUL or an endless line is none. */
static bool next_line(FILE *in, char line[LINE_BYTES])
{
	size_t length;

	if (!fgets(line, LINE_BYTES, in))
		return false;
	length = strlen(line);
	if (!length || line[length - 1] != '\n')
		return false;
	line[length - 1] = '\0';
	return true;
}

int comb_snapshot_read(FILE *in, struct comb_snapshot *snapshot, struct comb_error *err)
{
	struct reader reader = { .snapshot = snapshot };
	char line[LINE_BYTES];
	size_t bytes = 0;

	memset(snapshot, 0, sizeof(*snapshot));
	snapshot->psi_cpu = snapshot->psi_memory = snapshot->psi_io = -1;
	if (!next_line(in, line) || strcmp(line, "comb-snapshot 1")) {
		comb_fail(err, COMB_FAILED, "what was sent is no snapshot");
		return comb_hint(err, "install the same version of Comb in the cell");
	}
	while (!reader.ended && bytes < COMB_SNAPSHOT_BYTES_MAX && next_line(in, line)) {
		bytes += strlen(line);
		if (!read_line(&reader, line))
			return comb_fail(err, COMB_FAILED, "its snapshot makes no sense");
	}
	return is_whole(&reader) ? 0 : comb_fail(err, COMB_FAILED, "its snapshot is not whole");
}

void comb_snapshot_free(struct comb_snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->nr_processes; i++) {
		free(snapshot->processes[i].comm);
		free(snapshot->processes[i].command);
	}
	free(snapshot->processes);
	free(snapshot->cpus);
	memset(snapshot, 0, sizeof(*snapshot));
}

const struct comb_process *comb_snapshot_find(const struct comb_snapshot *snapshot, pid_t pid,
					      uint64_t start_ticks)
{
	const struct comb_process key = { .pid = pid }, *found;

	if (!snapshot->nr_processes)
		return NULL;
	found = bsearch(&key, snapshot->processes, snapshot->nr_processes, sizeof(key),
			compare_pids);
	return found && (!start_ticks || found->start_ticks == start_ticks) ? found : NULL;
}

uint64_t comb_snapshot_ns(const struct comb_snapshot *snapshot, uint64_t ticks)
{
	unsigned __int128 ns = (unsigned __int128)ticks * 1000000000 / snapshot->hz;

	return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}
