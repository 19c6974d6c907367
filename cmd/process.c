// SPDX-License-Identifier: GPL-2.0-or-later
#include "process.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned int tenths_of(uint64_t part, uint64_t whole)
{
	unsigned __int128 tenths = whole ? (unsigned __int128)part * 1000 / whole : 0;

	return tenths > UINT32_MAX ? UINT32_MAX : (unsigned int)tenths;
}

void process_row_init(struct process_row *row, const struct kernel *kernel, size_t order,
		      const struct comb_process *process)
{
	const struct comb_snapshot *s = &kernel->snapshot;
	uint64_t start_ns = comb_snapshot_ns(s, process->start_ticks);

	*row = (struct process_row){
		.cell = kernel->name, .order = order, .process = process,
		.user = user_name(process->uid),
		.memory_tenths = tenths_of(process->rss, s->mem_total),
		.cpu_ns = comb_snapshot_ns(s, process->cpu_ticks),
		.age_ns = s->uptime_ns > start_ns ? s->uptime_ns - start_ns : 0,
	};
	row->cpu_tenths = tenths_of(row->cpu_ns, row->age_ns);
}

const char *process_stat(const struct comb_process *process, char buffer[PROCESS_STAT_SIZE])
{
	char *at = buffer;

	*at++ = process->state;
	if (process->nice)
		*at++ = process->nice < 0 ? '<' : 'N';
	if (process->locked)
		*at++ = 'L';
	if (process->session == process->pid)
		*at++ = 's';
	if (process->threads > 1)
		*at++ = 'l';
	if (process->foreground)
		*at++ = '+';
	*at = '\0';
	return buffer;
}

const char *process_time(uint64_t ns, char *buffer, size_t size)
{
	uint64_t s = ns / 1000000000;
	int used = 0;

	if (s >= 86400)
		used = snprintf(buffer, size, "%" PRIu64 "-", s / 86400);
	snprintf(buffer + used, size - used, "%02u:%02u:%02u", (unsigned int)(s / 3600 % 24),
		 (unsigned int)(s / 60 % 60), (unsigned int)(s % 60));
	return buffer;
}

const char *const process_heading[PROCESS_COLUMNS] = {
	"CELL", "PID", "USER", "%CPU", "%MEM", "STAT", "TIME", "COMMAND",
};

enum { CELL_NAME, CELL_PID, CELL_USER, CELL_CPU, CELL_MEMORY, CELL_STAT, CELL_TIME, CELL_COMMAND };

bool process_is_number(size_t column)
{
	return column == CELL_PID || column == CELL_CPU || column == CELL_MEMORY ||
	       column == CELL_TIME;
}

static const char *percent(unsigned int tenths, char buffer[16])
{
	snprintf(buffer, 16, "%u.%u", tenths / 10, tenths % 10);
	return buffer;
}

void process_cells_fill(struct process_cells *cells, const struct process_row *row)
{
	snprintf(cells->pid, sizeof(cells->pid), "%d", row->process->pid);
	cells->text[CELL_NAME] = row->cell;
	cells->text[CELL_PID] = cells->pid;
	cells->text[CELL_USER] = row->user;
	cells->text[CELL_CPU] = percent(row->cpu_tenths, cells->cpu);
	cells->text[CELL_MEMORY] = percent(row->memory_tenths, cells->memory);
	cells->text[CELL_STAT] = process_stat(row->process, cells->stat);
	cells->text[CELL_TIME] = process_time(row->cpu_ns, cells->time, sizeof(cells->time));
	cells->text[CELL_COMMAND] = row->process->command;
}

/* Ours first, then ps's. */
static const struct {
	const char *name;
	enum process_key key;
} key_names[] = {
	{ "cell", PROCESS_BY_CELL }, { "cpu", PROCESS_BY_CPU }, { "memory", PROCESS_BY_MEMORY },
	{ "pid", PROCESS_BY_PID }, { "time", PROCESS_BY_TIME }, { "start", PROCESS_BY_START },
	{ "user", PROCESS_BY_USER }, { "command", PROCESS_BY_COMMAND },
	{ "%cpu", PROCESS_BY_CPU }, { "pcpu", PROCESS_BY_CPU }, { "%mem", PROCESS_BY_MEMORY },
	{ "pmem", PROCESS_BY_MEMORY }, { "mem", PROCESS_BY_MEMORY }, { "rss", PROCESS_BY_MEMORY },
	{ "cputime", PROCESS_BY_TIME }, { "start_time", PROCESS_BY_START },
	{ "lstart", PROCESS_BY_START }, { "uid", PROCESS_BY_USER }, { "cmd", PROCESS_BY_COMMAND },
	{ "args", PROCESS_BY_COMMAND }, { "comm", PROCESS_BY_COMMAND },
};

const char *process_key_name(enum process_key key)
{
	for (size_t i = 0; i < sizeof(key_names) / sizeof(key_names[0]); i++)
		if (key_names[i].key == key)
			return key_names[i].name;
	return "";
}

static bool large_first(enum process_key key)
{
	return key == PROCESS_BY_CPU || key == PROCESS_BY_MEMORY || key == PROCESS_BY_TIME;
}

int process_order_parse(struct process_order *order, const char *text, struct comb_error *err)
{
	const char *name = text + (*text == '+' || *text == '-');

	for (size_t i = 0; i < sizeof(key_names) / sizeof(key_names[0]); i++) {
		if (strcmp(key_names[i].name, name))
			continue;
		order->key = key_names[i].key;
		order->backward = name != text && (*text == '-') != large_first(order->key);
		return 0;
	}
	comb_fail(err, COMB_USAGE, "\"%s\" is nothing to sort by", text);
	return comb_hint(err, "--sort cell, cpu, memory, pid, time, start, user or command");
}

#define COMPARE(a, b)	((a) < (b) ? -1 : (a) > (b))

static int compare_by(enum process_key key, const struct process_row *a,
		      const struct process_row *b)
{
	switch (key) {
	case PROCESS_BY_CPU:
		return COMPARE(b->cpu_tenths, a->cpu_tenths);
	case PROCESS_BY_MEMORY:
		return COMPARE(b->process->rss, a->process->rss);
	case PROCESS_BY_TIME:
		return COMPARE(b->cpu_ns, a->cpu_ns);
	case PROCESS_BY_PID:
		return COMPARE(a->process->pid, b->process->pid);
	case PROCESS_BY_START:
		/* Their clocks are not the same: by age. */
		return COMPARE(b->age_ns, a->age_ns);
	case PROCESS_BY_USER:
		return strcmp(a->user, b->user);
	case PROCESS_BY_COMMAND:
		return strcmp(a->process->command, b->process->command);
	default:
		return COMPARE(a->order, b->order);
	}
}

static int compare_rows(const void *x, const void *y, void *arg)
{
	const struct process_order *order = arg;
	const struct process_row *a = x, *b = y;
	int result = compare_by(order->key, a, b);

	if (order->backward)
		result = -result;
	if (!result)
		result = COMPARE(a->order, b->order);
	return result ? result : COMPARE(a->process->pid, b->process->pid);
}

void process_sort(struct process_row *rows, size_t count, const struct process_order *order)
{
	if (count)
		qsort_r(rows, count, sizeof(*rows), compare_rows, (void *)order);
}
