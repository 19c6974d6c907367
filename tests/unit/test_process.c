// SPDX-License-Identifier: GPL-2.0-or-later
/* test_process.c - what comb ps and comb signal make of processes, users, names and signals */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <signal.h>

#include "../../cmd/process.h"
#include "../../cmd/signals.h"

#define SECOND	1000000000ULL

static struct comb_process some[] = {
	{ .pid = 1, .session = 1, .uid = 0, .state = 'S', .threads = 1, .cpu_ticks = 500,
	  .start_ticks = 0, .rss = 300, .comm = "init", .command = "/sbin/init" },
	{ .pid = 2, .uid = 0, .state = 'I', .nice = -20, .threads = 1, .cpu_ticks = 0,
	  .start_ticks = 0, .kernel_thread = true, .comm = "kthreadd", .command = "[kthreadd]" },
	{ .pid = 30, .session = 30, .uid = 4000000, .state = 'R', .nice = 5, .threads = 4,
	  .locked = true, .foreground = true, .cpu_ticks = 1000, .start_ticks = 9000,
	  .rss = 500, .comm = "a-very-long-nam", .command = "/bin/a-very-long-name x" },
};
static const size_t nr_some = sizeof(some) / sizeof(some[0]);

static struct kernel kernels[2] = {
	{ .name = "host" },
	{ .name = "web" },
};

static int make_kernels(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++)
		kernels[i].snapshot = (struct comb_snapshot){
			.uptime_ns = 100 * SECOND, .hz = 100, .mem_total = 1000,
			.processes = some, .nr_processes = nr_some,
		};
	return 0;
}

static void rows(void **state)
{
	struct process_row row;
	char text[32];

	(void)state;
	process_row_init(&row, &kernels[1], 1, &some[2]);
	assert_string_equal(row.cell, "web");
	assert_string_equal(row.user, "4000000");
	/* 10 s of CPU time in 10 s. */
	assert_int_equal(row.cpu_tenths, 1000);
	assert_int_equal(row.memory_tenths, 500);
	assert_int_equal(row.cpu_ns, 10 * SECOND);
	assert_int_equal(row.age_ns, 10 * SECOND);
	assert_string_equal(process_stat(&some[2], text), "RNLsl+");
	process_row_init(&row, &kernels[0], 0, &some[0]);
	assert_int_equal(row.cpu_tenths, 50);
	assert_string_equal(row.user, "root");
	assert_string_equal(process_stat(&some[0], text), "Ss");
	assert_string_equal(process_stat(&some[1], text), "I<");
}

/* A cell that lies about times makes no nonsense here. */
static void rows_of_a_liar(void **state)
{
	struct comb_process p = some[0];
	struct kernel kernel = kernels[1];
	struct process_row row;

	(void)state;
	p.start_ticks = p.cpu_ticks = p.rss = 1ULL << 53;
	kernel.snapshot.hz = 1;
	kernel.snapshot.mem_total = 1;
	process_row_init(&row, &kernel, 1, &p);
	assert_int_equal(row.age_ns, 0);
	assert_int_equal(row.cpu_tenths, 0);
	assert_int_equal(row.cpu_ns, UINT64_MAX);
	assert_int_equal(row.memory_tenths, UINT32_MAX);
	p.start_ticks = 99;
	process_row_init(&row, &kernel, 1, &p);
	assert_int_equal(row.age_ns, SECOND);
	assert_int_equal(row.cpu_tenths, UINT32_MAX);
}

static void times(void **state)
{
	char text[32];

	(void)state;
	assert_string_equal(process_time(0, text, sizeof(text)), "00:00:00");
	assert_string_equal(process_time(86399 * SECOND + 999999999, text, sizeof(text)), "23:59:59");
	assert_string_equal(process_time(86400 * SECOND, text, sizeof(text)), "1-00:00:00");
	assert_string_equal(process_time(UINT64_MAX, text, sizeof(text)), "213503-23:34:33");
}

/* The order in which PIDs come, as "cell:pid ...". */
static const char *sorted(const char *by)
{
	static char text[256];
	struct process_row list[2 * 3];
	struct process_order order = { 0 };
	struct comb_error err = { 0 };

	if (process_order_parse(&order, by, &err))
		fail_msg("%s", err.what);
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < nr_some; i++)
			/* Backward, so that nothing is in order by chance. */
			process_row_init(&list[5 - (k * nr_some + i)], &kernels[k], k, &some[i]);
	process_sort(list, 6, &order);
	text[0] = '\0';
	for (size_t i = 0; i < 6; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%c%d ",
			 list[i].cell[0], list[i].process->pid);
	return text;
}

static void orders(void **state)
{
	struct process_order order;
	struct comb_error err = { 0 };

	(void)state;
	assert_string_equal(sorted("cell"), "h1 h2 h30 w1 w2 w30 ");
	assert_string_equal(sorted("-cell"), "w1 w2 w30 h1 h2 h30 ");
	assert_string_equal(sorted("cpu"), "h30 w30 h1 w1 h2 w2 ");
	assert_string_equal(sorted("-cpu"), "h30 w30 h1 w1 h2 w2 ");
	assert_string_equal(sorted("+pcpu"), "h2 w2 h1 w1 h30 w30 ");
	assert_string_equal(sorted("memory"), "h30 w30 h1 w1 h2 w2 ");
	assert_string_equal(sorted("time"), "h30 w30 h1 w1 h2 w2 ");
	assert_string_equal(sorted("pid"), "h1 w1 h2 w2 h30 w30 ");
	assert_string_equal(sorted("-pid"), "h30 w30 h2 w2 h1 w1 ");
	assert_string_equal(sorted("start"), "h1 h2 w1 w2 h30 w30 ");
	assert_string_equal(sorted("user"), "h30 w30 h1 h2 w1 w2 ");
	assert_string_equal(sorted("command"), "h30 w30 h1 w1 h2 w2 ");
	assert_int_equal(process_order_parse(&order, "colour", &err), -1);
	assert_int_equal(err.status, COMB_USAGE);
	assert_int_equal(process_order_parse(&order, "", &err), -1);
	assert_int_equal(process_order_parse(&order, "--cpu", &err), -1);
	for (enum process_key key = 0; key < PROCESS_KEYS; key++) {
		assert_int_equal(process_order_parse(&order, process_key_name(key), &err), 0);
		assert_int_equal(order.key, key);
		assert_false(order.backward);
	}
}

/* Which PIDs of kernel @cell fit. */
static const char *fitting(const struct process_filter *filter, const char *cell)
{
	static char text[64];

	text[0] = '\0';
	for (size_t i = 0; i < nr_some; i++)
		if (process_filter_fits(filter, cell, &some[i]))
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%d ",
				 some[i].pid);
	return text;
}

static void filters(void **state)
{
	struct process_filter filter = { 0 };
	struct comb_error err = { 0 };

	(void)state;
	assert_string_equal(fitting(&filter, "web"), "1 30 ");
	assert_false(process_filter_any(&filter));
	filter.kernel_threads = true;
	assert_string_equal(fitting(&filter, "web"), "1 2 30 ");
	assert_int_equal(process_filter_users(&filter, "root", &err), 0);
	assert_string_equal(fitting(&filter, "web"), "1 2 ");
	filter.kernel_threads = false;
	assert_string_equal(fitting(&filter, "web"), "1 ");
	assert_int_equal(process_filter_users(&filter, "4000000,0", &err), 0);
	assert_string_equal(fitting(&filter, "web"), "1 30 ");
	assert_true(process_filter_any(&filter));
	process_filter_free(&filter);

	filter = (struct process_filter){ 0 };
	/* By its full name, of which the kernel has the beginning. */
	process_filter_names(&filter, "nothing a-very-long-name");
	assert_string_equal(fitting(&filter, "web"), "30 ");
	process_filter_names(&filter, "kthreadd");
	assert_string_equal(fitting(&filter, "web"), "2 30 ");
	process_filter_free(&filter);

	filter = (struct process_filter){ 0 };
	assert_int_equal(process_filter_pids(&filter, "1,web:30", &err), 0);
	assert_string_equal(fitting(&filter, "web"), "1 30 ");
	assert_string_equal(fitting(&filter, "host"), "1 ");
	process_filter_free(&filter);
}

static void bad_filters(void **state)
{
	static const char *const pids[] = {
		"", ",", "0", "-1", "x", "web:0", "web:-1", "web:", ":5", "we b:5", "a/b:5", "5@6",
		"web:5@6", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:5",
	};
	struct process_filter filter = { 0 };
	struct comb_error err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(pids) / sizeof(pids[0]); i++)
		if (!process_filter_pids(&filter, pids[i], &err))
			fail_msg("taken: \"%s\"", pids[i]);
	assert_int_equal(process_filter_users(&filter, "", &err), -1);
	assert_int_equal(process_filter_users(&filter, "root,no-such-user", &err), -1);
	assert_non_null(strstr(err.what, "no-such-user"));
	assert_int_equal(process_filter_users(&filter, "4294967296", &err), -1);
	assert_int_equal(process_filter_users(&filter, "-1", &err), -1);
	process_filter_free(&filter);
}

static void process_names(void **state)
{
	static const char *const bad[] = {
		"", "5", "web", "web:", ":5", "web:0", "web:-5", "web:+5", "web:5x", "web:5:6", "-:5",
		"web:4294967297", "web:5@1", "../x:5", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:5",
	};
	struct comb_error err = { 0 };
	char cell[COMB_NAME_SIZE];
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (!process_name_parse(bad[i], cell, &pid, &err))
			fail_msg("taken: \"%s\"", bad[i]);
		assert_int_equal(err.status, COMB_USAGE);
	}
	assert_int_equal(process_name_parse("web:1234", cell, &pid, &err), 0);
	assert_string_equal(cell, "web");
	assert_int_equal(pid, 1234);
	assert_int_equal(process_name_parse("host:1", cell, &pid, &err), 0);
	assert_string_equal(cell, "host");
}

static void signal_names(void **state)
{
	static const struct {
		const char *text;
		int number;
	} good[] = {
		{ "TERM", SIGTERM }, { "SIGTERM", SIGTERM }, { "sigterm", SIGTERM }, { "Kill", SIGKILL },
		{ "9", 9 }, { "0", 0 }, { "64", 64 }, { "USR1", SIGUSR1 }, { "chld", SIGCHLD },
		{ "CLD", SIGCHLD }, { "IO", SIGIO }, { "POLL", SIGPOLL }, { "RTMIN", 34 },
		{ "SIGRTMIN+3", 37 }, { "rtmax-1", 63 }, { "RTMAX", 64 }, { "WINCH", SIGWINCH },
	};
	static const char *const bad[] = {
		"", "SIG", "65", "-1", "-9", "9x", " 9", "TREM", "SIGSIGTERM", "RTMIN-1", "RTMAX+1",
		"RTMIN+31", "RTMIN+", "RTMINX", "18446744073709551625",
	};
	struct comb_error err = { 0 };
	char name[SIGNAL_NAME_SIZE];
	int number;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (signal_parse(good[i].text, &number, &err) || number != good[i].number)
			fail_msg("%s: %d", good[i].text, number);
		assert_string_not_equal(signal_name(number, name), "");
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!signal_parse(bad[i], &number, &err))
			fail_msg("taken: \"%s\" as %d", bad[i], number);
	assert_int_equal(signal_parse("sigtrem", &number, &err), -1);
	assert_int_equal(err.status, COMB_USAGE);
	assert_memory_equal(err.hint, "TERM", 4);
	assert_string_equal(signal_name(SIGTERM, name), "TERM");
	assert_string_equal(signal_name(33, name), "33");
}

/* A cell may say that there are four milliards of users, and others with each look. */
static void users_of_a_liar(void **state)
{
	const char *first = user_name(3000000000u), *last = first;

	(void)state;
	for (unsigned int i = 1; i < 10000; i++)
		last = user_name(3000000000u + i);
	assert_string_equal(last, "?");
	assert_string_equal(first, "3000000000");
	assert_ptr_equal(user_name(3000000000u), first);
	assert_string_equal(user_name(3000000001u), "3000000001");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(rows_of_a_liar),
		cmocka_unit_test(times),
		cmocka_unit_test(orders),
		cmocka_unit_test(filters),
		cmocka_unit_test(bad_filters),
		cmocka_unit_test(process_names),
		cmocka_unit_test(signal_names),
		/* Last: afterwards no more users get names. */
		cmocka_unit_test(users_of_a_liar),
	};

	return cmocka_run_group_tests(tests, make_kernels, NULL);
}
