// SPDX-License-Identifier: GPL-2.0-or-later
/* top_model.c - from snapshots to what is shown; see top.h */
#include <stdlib.h>
#include <string.h>

#include "top.h"

static void forget(struct top_kernel *kernel)
{
	kernel_clear(&kernel->now);
	comb_snapshot_free(&kernel->before);
}

static struct top_kernel *find(struct top *top, const char *name)
{
	for (size_t i = 0; i < top->nr_kernels; i++)
		if (!strcmp(top->kernels[i].now.name, name))
			return &top->kernels[i];
	return NULL;
}

void top_kernels(struct top *top, char *const names[], size_t count)
{
	struct top_kernel *list = cli_calloc(count, sizeof(*list));

	for (size_t i = 0; i < count; i++) {
		struct top_kernel *old = find(top, names[i]);

		if (old) {
			list[i] = *old;
			/* What is left behind is forgotten. */
			memset(old, 0, sizeof(*old));
		}
		snprintf(list[i].now.name, sizeof(list[i].now.name), "%s", names[i]);
	}
	for (size_t i = 0; i < top->nr_kernels; i++)
		forget(&top->kernels[i]);
	free(top->kernels);
	top->kernels = list;
	top->nr_kernels = count;
	if (top->cell[0] && !find(top, top->cell))
		top->cell[0] = '\0';
	/* Rows point into snapshots that may be gone. */
	top_rows(top);
}

void top_take(struct top *top, struct kernel *answer)
{
	struct top_kernel *kernel = find(top, answer->name);

	if (!kernel) {
		kernel_clear(answer);
		return;
	}
	comb_snapshot_free(&kernel->before);
	kernel->has_before = kernel->answered && !kernel->now.failed;
	/* A kernel that was started anew has nothing in common with the one before. */
	if (kernel->has_before && !answer->failed &&
	    answer->snapshot.uptime_ns <= kernel->now.snapshot.uptime_ns)
		kernel->has_before = false;
	if (kernel->has_before)
		kernel->before = kernel->now.snapshot;
	else
		kernel_clear(&kernel->now);
	kernel->now = *answer;
	kernel->answered = true;
	memset(answer, 0, sizeof(*answer));
}

static unsigned int tenths_of(uint64_t part, uint64_t whole)
{
	unsigned __int128 tenths = whole ? (unsigned __int128)part * 1000 / whole : 0;

	return tenths > UINT32_MAX ? UINT32_MAX : (unsigned int)tenths;
}

unsigned int top_cpu_tenths(const struct top_kernel *kernel, size_t i)
{
	const struct comb_cpu_time *now = &kernel->now.snapshot.cpus[i], *before = NULL;
	uint64_t busy = now->busy, total = now->total;

	for (size_t b = 0; kernel->has_before && b < kernel->before.nr_cpus; b++)
		if (kernel->before.cpus[b].id == now->id)
			before = &kernel->before.cpus[b];
	/* The kernel's idle time may go backward a little. */
	if (before && before->total < total) {
		total -= before->total;
		busy = busy > before->busy ? busy - before->busy : 0;
	} else if (before) {
		busy = 0;
	}
	return busy > total ? 1000 : tenths_of(busy, total);
}

/* Since the answer before; one that is new since then has all its time from there. */
static unsigned int rate_of(const struct top_kernel *kernel, const struct process_row *row)
{
	const struct comb_snapshot *now = &kernel->now.snapshot, *before = &kernel->before;
	const struct comb_process *p = row->process, *old;
	uint64_t interval, ticks = p->cpu_ticks;

	if (!kernel->has_before || before->hz != now->hz || now->uptime_ns <= before->uptime_ns)
		return row->cpu_tenths;
	interval = now->uptime_ns - before->uptime_ns;
	old = comb_snapshot_find(before, p->pid, 0);
	if (old && old->start_ticks == p->start_ticks)
		ticks = ticks > old->cpu_ticks ? ticks - old->cpu_ticks : 0;
	else if (row->age_ns > interval)
		return row->cpu_tenths;
	return tenths_of(comb_snapshot_ns(now, ticks), interval);
}

static bool is_wanted(const struct top *top, const struct process_row *row)
{
	if (top->cell[0] && strcmp(top->cell, row->cell))
		return false;
	return !top->text[0] || strcasestr(row->process->command, top->text) ||
	       strcasestr(row->process->comm, top->text) || strcasestr(row->user, top->text) ||
	       strcasestr(row->cell, top->text);
}

static void add_rows(struct top *top, size_t k)
{
	const struct top_kernel *kernel = &top->kernels[k];
	const struct comb_snapshot *s = &kernel->now.snapshot;

	for (size_t i = 0; i < s->nr_processes; i++) {
		struct process_row *row = &top->rows[top->nr_rows];

		top->nr_processes += !s->processes[i].kernel_thread;
		if (!process_filter_fits(&top->filter, kernel->now.name, &s->processes[i]))
			continue;
		process_row_init(row, &kernel->now, k, &s->processes[i]);
		row->cpu_tenths = rate_of(kernel, row);
		if (is_wanted(top, row))
			top->nr_rows++;
	}
}

void top_rows(struct top *top)
{
	size_t most = 0;

	for (size_t k = 0; k < top->nr_kernels; k++)
		most += top->kernels[k].now.snapshot.nr_processes;
	free(top->rows);
	top->rows = cli_calloc(most + 1, sizeof(*top->rows));
	top->nr_rows = top->nr_processes = 0;
	for (size_t k = 0; k < top->nr_kernels; k++)
		if (top->kernels[k].answered && !top->kernels[k].now.failed)
			add_rows(top, k);
	process_sort(top->rows, top->nr_rows, &top->order);
}

void top_free(struct top *top)
{
	for (size_t i = 0; i < top->nr_kernels; i++)
		forget(&top->kernels[i]);
	free(top->kernels);
	free(top->rows);
	process_filter_free(&top->filter);
}

ssize_t top_find(const struct top *top, const struct top_process *process)
{
	for (size_t i = 0; process->cell[0] && i < top->nr_rows; i++)
		if (top->rows[i].process->pid == process->pid &&
		    top->rows[i].process->start_ticks == process->start_ticks &&
		    !strcmp(top->rows[i].cell, process->cell))
			return (ssize_t)i;
	return -1;
}

void top_name(struct top_process *process, const struct process_row *row)
{
	snprintf(process->cell, sizeof(process->cell), "%s", row->cell);
	process->pid = row->process->pid;
	process->start_ticks = row->process->start_ticks;
}

void top_next_cell(struct top *top)
{
	struct top_kernel *now = find(top, top->cell);
	size_t next = now ? (size_t)(now - top->kernels) + 1 : 0;

	snprintf(top->cell, sizeof(top->cell), "%s",
		 next < top->nr_kernels ? top->kernels[next].now.name : "");
}
