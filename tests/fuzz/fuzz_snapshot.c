// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_snapshot.c - what a cell's agent may say of its kernel, and of which process gets a signal
 *
 * The input is a snapshot; its first line is also taken for the target of a signal.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "process_signal.h"
#include "snapshot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void text_check(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			abort();
}

static void snapshot_check(const struct comb_snapshot *s)
{
	if (!s->hz || !s->nr_cpus || s->mem_available > s->mem_total || s->psi_cpu > 10000)
		abort();
	for (size_t i = 0; i < s->nr_cpus; i++)
		if (s->cpus[i].busy > s->cpus[i].total || (i && s->cpus[i].id <= s->cpus[i - 1].id))
			abort();
	for (size_t i = 0; i < s->nr_processes; i++) {
		const struct comb_process *p = &s->processes[i];

		if (p->pid <= 0 || comb_snapshot_find(s, p->pid, p->start_ticks) != p ||
		    !*p->command)
			abort();
		text_check(p->comm);
		text_check(p->command);
		comb_snapshot_ns(s, p->cpu_ticks);
	}
}

static void target_check(const uint8_t *data, size_t size)
{
	char text[64] = "";
	uint64_t start;
	pid_t pid;

	memcpy(text, data, size < sizeof(text) ? size : sizeof(text) - 1);
	text[strcspn(text, "\n")] = '\0';
	if (!process_target(text, &pid, &start) && pid <= 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct comb_snapshot snapshot;
	struct comb_error err = { 0 };
	FILE *in;

	if (!size)
		return 0;
	target_check(data, size);
	in = fmemopen((void *)data, size, "r");
	if (!in)
		return 0;
	if (!comb_snapshot_read(in, &snapshot, &err))
		snapshot_check(&snapshot);
	comb_snapshot_free(&snapshot);
	fclose(in);
	return 0;
}
