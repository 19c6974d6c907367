// SPDX-License-Identifier: GPL-2.0-or-later
/* test_top.c - what comb top makes of one snapshot after another */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../cmd/top.h"

#define SECOND	1000000000ULL

void kernel_clear(struct kernel *kernel)
{
	comb_snapshot_free(&kernel->snapshot);
}

/* One CPU, and processes of "PID START TICKS UID COMMAND" lines. */
static struct kernel answer(const char *name, unsigned int uptime_s, uint64_t busy, uint64_t total,
			    const char *processes)
{
	struct kernel kernel = { 0 };
	struct comb_error err = { 0 };
	char *text;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	int used = 0;
	unsigned int pid, start, ticks, uid;
	char command[32];

	fprintf(stream, "comb-snapshot 1\nuptime_ns %llu\nhz 100\nload 150\nrunnable 3\n"
		"memory 2147483648 1073741824\npressure 1250 -1 -1\ncpu 0 %llu %llu\n",
		uptime_s * SECOND, (unsigned long long)busy, (unsigned long long)total);
	while (sscanf(processes, "%u %u %u %u %31s%n", &pid, &start, &ticks, &uid, command,
		      &used) == 5) {
		processes += used;
		fprintf(stream, "process %u 1 1 1 %u 0 1 0 %u %u 1073741824 1 S%s\t%s\t%s\n", pid, uid,
			ticks, start, *command == '[' ? "k" : "", command, command);
	}
	fputs("end\n", stream);
	fclose(stream);
	stream = fmemopen(text, size, "r");
	snprintf(kernel.name, sizeof(kernel.name), "%s", name);
	if (comb_snapshot_read(stream, &kernel.snapshot, &err))
		fail_msg("%s", err.what);
	fclose(stream);
	free(text);
	return kernel;
}

static void take(struct top *top, struct kernel kernel)
{
	top_take(top, &kernel);
	top_rows(top);
}

static struct kernel no_answer(const char *name, const char *why)
{
	struct kernel kernel = { .failed = true };

	snprintf(kernel.name, sizeof(kernel.name), "%s", name);
	comb_fail(&kernel.err, COMB_FAILED, "%s", why);
	return kernel;
}

static void use(struct top *top, const char *names)
{
	char *text = strdup(names), *list[16], *at = text;
	size_t count = 0;

	while ((list[count] = strsep(&at, " ")))
		count++;
	top_kernels(top, list, count);
	free(text);
}

/* "cell:pid=tenths ..." */
static const char *shown(const struct top *top)
{
	static char text[512];

	text[0] = '\0';
	for (size_t i = 0; i < top->nr_rows; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s:%d=%u ",
			 top->rows[i].cell, top->rows[i].process->pid, top->rows[i].cpu_tenths);
	return text;
}

static void rates(void **state)
{
	struct top top = { .order.key = PROCESS_BY_CPU };

	(void)state;
	use(&top, "host web");
	assert_string_equal(shown(&top), "");
	/* At first there is only a whole life: 10 of 100 s. */
	take(&top, answer("web", 100, 25, 100, "5 0 1000 0 a 6 5000 1000 0 b"));
	assert_string_equal(shown(&top), "web:6=200 web:5=100 ");
	assert_int_equal(top_cpu_tenths(&top.kernels[1], 0), 250);
	/* 2 s later: 5 has run for 1 s; 7 is new and has run for half of it; 6 has not. */
	take(&top, answer("web", 102, 175, 300, "5 0 1100 0 a 6 5000 1000 0 b 7 10100 50 0 c"));
	assert_string_equal(shown(&top), "web:5=500 web:7=250 web:6=0 ");
	assert_int_equal(top_cpu_tenths(&top.kernels[1], 0), 750);
	/* The same PID, but another process, which is older than the interval: its life. */
	take(&top, answer("web", 104, 175, 400, "5 2000 2100 0 a"));
	assert_string_equal(shown(&top), "web:5=250 ");
	assert_int_equal(top_cpu_tenths(&top.kernels[1], 0), 0);
	top_free(&top);
}

/* Started anew, or clocks that go backward. */
static void no_nonsense(void **state)
{
	struct top top = { .order.key = PROCESS_BY_CPU };

	(void)state;
	use(&top, "web");
	take(&top, answer("web", 1000, 500, 1000, "5 0 90000 0 a"));
	take(&top, answer("web", 10, 5, 10, "5 0 100 0 a"));
	assert_string_equal(shown(&top), "web:5=100 ");
	assert_int_equal(top_cpu_tenths(&top.kernels[0], 0), 500);
	take(&top, answer("web", 11, 4, 9, "5 0 50 0 a"));
	assert_string_equal(shown(&top), "web:5=0 ");
	assert_int_equal(top_cpu_tenths(&top.kernels[0], 0), 0);
	take(&top, answer("web", 12, 100, 100, "5 0 50 0 a"));
	take(&top, answer("web", 13, 90, 110, "5 0 50 0 a"));
	assert_int_equal(top_cpu_tenths(&top.kernels[0], 0), 0);
	top_free(&top);
}

static void kernels_come_and_go(void **state)
{
	struct top top = { .order.key = PROCESS_BY_CELL };
	struct top_process marked;

	(void)state;
	use(&top, "host a b");
	take(&top, answer("host", 100, 1, 2, "1 0 0 0 init"));
	take(&top, answer("a", 100, 1, 2, "1 0 0 0 init 9 50 0 0 x"));
	take(&top, answer("b", 100, 1, 2, "1 0 0 0 init"));
	assert_string_equal(shown(&top), "host:1=0 a:1=0 a:9=0 b:1=0 ");
	top_name(&marked, &top.rows[2]);
	assert_int_equal(top_find(&top, &marked), 2);
	/* One hangs: its processes are not shown as if they were known. */
	take(&top, no_answer("b", "hangs"));
	assert_string_equal(shown(&top), "host:1=0 a:1=0 a:9=0 ");
	use(&top, "a b c");
	assert_string_equal(shown(&top), "a:1=0 a:9=0 ");
	assert_int_equal(top_find(&top, &marked), 1);
	take(&top, answer("b", 110, 5, 9, "1 0 0 0 init"));
	assert_string_equal(shown(&top), "a:1=0 a:9=0 b:1=0 ");
	/* Of one that is not there any more. */
	take(&top, answer("host", 101, 1, 2, "1 0 0 0 init"));
	assert_string_equal(shown(&top), "a:1=0 a:9=0 b:1=0 ");
	/* Another process has got the PID. */
	take(&top, answer("a", 120, 1, 2, "9 60 0 0 x"));
	assert_int_equal(top_find(&top, &marked), -1);
	use(&top, "");
	top_free(&top);
}

static void choices(void **state)
{
	struct top top = { .order.key = PROCESS_BY_CELL };

	(void)state;
	use(&top, "host web");
	take(&top, answer("host", 100, 1, 2, "1 0 0 0 init 2 0 0 0 [kthreadd]"));
	take(&top, answer("web", 100, 1, 2, "1 0 0 0 init 9 0 0 4000000 Server"));
	assert_string_equal(shown(&top), "host:1=0 web:1=0 web:9=0 ");
	assert_int_equal(top.nr_processes, 3);
	strcpy(top.text, "server");
	top_rows(&top);
	assert_string_equal(shown(&top), "web:9=0 ");
	assert_int_equal(top.nr_processes, 3);
	strcpy(top.text, "00000");
	top_rows(&top);
	assert_string_equal(shown(&top), "web:9=0 ");
	strcpy(top.text, "HOST");
	top_rows(&top);
	assert_string_equal(shown(&top), "host:1=0 ");
	top.text[0] = '\0';
	top_next_cell(&top);
	assert_string_equal(top.cell, "host");
	top_next_cell(&top);
	assert_string_equal(top.cell, "web");
	top_rows(&top);
	assert_string_equal(shown(&top), "web:1=0 web:9=0 ");
	/* Gone: no cell is chosen any more. */
	use(&top, "host");
	assert_string_equal(top.cell, "");
	top_next_cell(&top);
	top_next_cell(&top);
	assert_string_equal(top.cell, "");
	top.filter.kernel_threads = true;
	top_rows(&top);
	assert_string_equal(shown(&top), "host:1=0 host:2=0 ");
	top_free(&top);
}

static void meters(void **state)
{
	char text[64];

	(void)state;
	assert_string_equal(top_meter(text, 12, 0, "0.0%"), "[      0.0%]");
	assert_string_equal(top_meter(text, 12, 1000, "100%"), "[||||| 100%]");
	assert_string_equal(top_meter(text, 12, 500, "50%"), "[|||    50%]");
	assert_string_equal(top_meter(text, 12, UINT32_MAX, "much"), "[||||| much]");
	/* No room for words. */
	assert_string_equal(top_meter(text, 6, 500, "50.0%"), "[||  ]");
	assert_string_equal(top_meter(text, 3, 1000, "50.0%"), "[|]");
	assert_string_equal(top_meter(text, 2, 1000, "50.0%"), "[]");
}

static const char *header(const struct top *top, size_t width, size_t most)
{
	static char text[4096];
	struct comb_strings lines;

	top_header(top, width, most, &lines);
	assert_true(lines.count <= most);
	text[0] = '\0';
	for (size_t i = 0; i < lines.count; i++) {
		assert_true(strlen(lines.list[i]) <= width);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s\n", lines.list[i]);
	}
	comb_strings_free(&lines);
	return text;
}

static void headers(void **state)
{
	struct top top = { .order.key = PROCESS_BY_CELL };

	(void)state;
	use(&top, "host web late");
	take(&top, answer("host", 100, 1, 2, ""));
	take(&top, no_answer("web", "hang\033s"));
	assert_string_equal(header(&top, 80, 10),
		"host   0[||||    50.0%] Mem[||  1.0G/2.0G] load 1.50, 3 running, 13% wait\n"
		"web  hang?s\n"
		"late ...\n");
	assert_string_equal(header(&top, 60, 10),
		"host   0[||||||||         50.0%] Mem[||||||       1.0G/2.0G]\n"
		"     load 1.50, 3 running, 13% wait\n"
		"web  hang?s\n"
		"late ...\n");
	assert_string_equal(header(&top, 60, 3),
		"host [=] 1 CPU, Mem 1.0G/2.0G\n"
		"web  hang?s\n"
		"late ...\n");
	assert_string_equal(header(&top, 20, 2), "host [=] 1 CPU, Mem\nand 2 more\n");
	for (size_t width = 1; width < 700; width++)
		for (size_t most = 1; most < 6; most++)
			header(&top, width, most);
	top_free(&top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates),
		cmocka_unit_test(no_nonsense),
		cmocka_unit_test(kernels_come_and_go),
		cmocka_unit_test(choices),
		cmocka_unit_test(meters),
		cmocka_unit_test(headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
