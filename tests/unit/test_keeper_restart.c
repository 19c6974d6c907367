// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A restart of [Watch] that does not succeed at once, and its user. The cell is a file "cell" with
 * the moment of its start and its state; comb(1) is a script beside this program, which for this
 * test lies in the run directory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include <comb.h>
#include <eventlog.h>
#include <mailbox.h>
#include <restarts.h>

#include "../../keeper/action_steps.h"

#define KHZ		2000000ULL
#define STARTED		77ULL
#define S		1000000000ULL

static char top[32];
static struct action action;

static void in_top(char path[128], const char *name)
{
	snprintf(path, 128, "%s/%s", top, name);
}

static void write_text(const char *name, const char *text)
{
	char path[128];
	FILE *out;

	in_top(path, name);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	assert_int_equal(chmod(path, 0700), 0);
}

/* ---- comb.ko ---- */

int open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	if (!strcmp(path, COMB_DEVICE))
		path = "/dev/null";
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

ssize_t readlink(const char *restrict path, char *restrict target, size_t size)
{
	if (!strcmp(path, "/proc/self/exe"))
		return snprintf(target, size, "%s/comb-keeper", top);
	return syscall(SYS_readlinkat, AT_FDCWD, path, target, size);
}

/* When it was started, and its state; 0: there is none */
static uint64_t cell_read(char state[16])
{
	uint64_t started_ns = 0;
	char path[128];
	FILE *in;

	in_top(path, "cell");
	in = fopen(path, "r");
	if (!in)
		return 0;
	assert_int_equal(fscanf(in, "%" SCNu64 " %15s", &started_ns, state), 2);
	fclose(in);
	return started_ns;
}

static int make_cell(void)
{
	int fd = memfd_create("cell", MFD_CLOEXEC);
	struct comb_mailbox_host host = {
		.magic = COMB_MAILBOX_MAGIC, .heartbeat_ms = 250, .tsc_khz = KHZ,
	};
	struct comb_mailbox_cell said = { .heartbeat = 1, .heartbeat_tsc = __rdtsc() };
	char state[16] = "";

	if (!cell_read(state)) {
		errno = ENOENT;
		return -1;
	}
	if (!strcmp(state, "booting"))
		said.heartbeat = 0;
	if (!strcmp(state, "hung"))
		said.heartbeat_tsc -= 100 * 1000 * KHZ;
	said.state = strcmp(state, "panic") ? COMB_STATE_RUNNING : COMB_STATE_PANIC;
	assert_int_equal(ftruncate(fd, COMB_MAILBOX_SIZE), 0);
	pwrite(fd, &host, sizeof(host), COMB_MAILBOX_HOST_OFF);
	pwrite(fd, &said, sizeof(said), COMB_MAILBOX_CELL_OFF);
	return fd;
}

int ioctl(int fd, unsigned long request, ...)
{
	struct comb_cell_get *get;
	char state[16];
	va_list args;

	(void)fd;
	va_start(args, request);
	get = va_arg(args, void *);
	va_end(args);
	if (request == COMB_CELL_OPEN)
		return make_cell();
	if (request != COMB_CELL_GET)
		return 0;
	get->started_ns = cell_read(state);
	get->state = COMB_STATE_RUNNING;
	get->flags = COMB_CELL_STARTED;
	get->memory_bytes = COMB_MAILBOX_SIZE;
	get->mailbox_offset = 0;
	get->nr_cpus = get->nr_ranges = get->nr_bridges = 0;
	return 0;
}

/* ---- comb(1) ---- */

/* kill ends the cell, dump is killed, start does what is in @start. All calls are in "calls". */
static void make_comb(const char *start)
{
	char script[1000];

	snprintf(script, sizeof(script),
		 "#!/bin/sh\ncd %s\necho \"$@\" >>calls\ncase $2 in\n"
		 "kill) rm cell ;;\ndump) touch $6.part; kill -9 $$ ;;\nstart) : $((n = $(grep -c 'q start' calls)))\n%s ;;\nesac\n",
		 top, start);
	write_text("comb", script);
}

static unsigned int calls(const char *verb)
{
	char path[128], line[200];
	unsigned int count = 0;
	FILE *in;

	in_top(path, "calls");
	in = fopen(path, "r");
	while (in && fgets(line, sizeof(line), in))
		count += strstr(line, verb) != NULL;
	if (in)
		fclose(in);
	return count;
}

static bool is_told(const char *text)
{
	struct comb_eventlog log;
	const char *line;
	bool found = false;

	comb_eventlog_open(&log, top);
	while (comb_eventlog_next(&log, &line, NULL) > 0)
		found = found || strstr(line, text);
	comb_eventlog_close(&log);
	return found;
}

/* ---- tests ---- */

static int set_up(void **state)
{
	(void)state;
	strcpy(top, "/tmp/comb-keeper-XXXXXX");
	if (!mkdtemp(top) || setenv("COMB_RUN_DIR", top, 1))
		return -1;
	memset(&action, 0, sizeof(action));
	action.name = "a";
	action.what = COMB_WATCH_PANIC;
	action.what_name = "panic";
	action.started_ns = STARTED;
	action.def.watch.limit_burst = 3;
	action.def.watch.limit_interval_ms = 300000;
	write_text("cell", "77 panic");
	return 0;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

static void restart_is_announced(void **state)
{
	struct comb_restarts restarts;

	(void)state;
	make_comb("cp .a.restarts announced; echo 99 running >cell");
	action_restart(&action);
	assert_int_equal(calls("kill --started 77 a"), 1);
	assert_int_equal(calls("start a"), 1);
	assert_int_equal(system("cd $COMB_RUN_DIR && grep -qx 'announced 1' announced"), 0);
	comb_restarts_load(top, "a", &restarts);
	assert_int_equal(restarts.count, 1);
}

static void failed_one_is_tried_within_the_limit(void **state)
{
	(void)state;
	make_comb("echo no CPU; exit 1");
	action_restart(&action);
	assert_int_equal(calls("start a"), 3);
	assert_true(is_told("no CPU"));
	assert_true(is_told("3 restarts in 300 s, it stays down"));
	/* The user's next start is his own. */
	assert_int_equal(system("cd $COMB_RUN_DIR && grep -qx -- '- 3' .a.restarts"), 0);
}

/* comb stop removes the history; comb start does, and makes a cell. */
static void user_ends_the_tries(void **state)
{
	(void)state;
	make_comb("(sleep 0.5; rm .a.restarts) & exit 1");
	action_restart(&action);
	assert_int_equal(calls("start a"), 1);
	assert_true(is_told("given up"));
}

static void cell_of_the_user_stays(void **state)
{
	(void)state;
	make_comb("rm .a.restarts; echo 99 booting >cell; exit 1");
	action_restart(&action);
	assert_int_equal(calls("start a"), 1);
	assert_int_equal(calls("kill"), 1);
}

/* It has been booting since the machine was young. */
static void boot_that_hangs_is_ended(void **state)
{
	(void)state;
	make_comb("if [ $n = 1 ]; then echo 55 booting >cell; exit 6; fi; echo 99 running >cell");
	action_restart(&action);
	assert_int_equal(calls("kill --started 55 a"), 1);
	assert_int_equal(calls("start a"), 2);
	assert_false(is_told("stays down"));
}

static void boot_that_goes_on_is_not(void **state)
{
	struct timespec now;
	char start[100];

	(void)state;
	clock_gettime(CLOCK_BOOTTIME, &now);
	snprintf(start, sizeof(start), "echo %llu booting >cell; exit 1",
		 (unsigned long long)((uint64_t)now.tv_sec - 20) * S);
	make_comb(start);
	action_restart(&action);
	assert_int_equal(calls("kill"), 1);
	assert_int_equal(calls("start a"), 1);
}

/* Without a place for the history the cell is not even killed. */
static void full_disk_leaves_the_cell(void **state)
{
	char path[128];

	(void)state;
	make_comb("exit 0");
	in_top(path, ".a.restarts.new");
	assert_int_equal(mkdir(path, 0700), 0);
	action_restart(&action);
	assert_int_equal(calls("kill"), 0);
	assert_true(is_told("cannot write"));
}

/* What was a hang is none any more when its turn comes. */
static void hang_that_is_over(void **state)
{
	static const struct {
		const char *cell, *why;
		unsigned int kills;
	} ends[] = {
		{ "77 running", "it has recovered", 0 },
		{ "77 panic", "it has panicked", 0 },
		{ "77 hung", "after hung", 1 },
	};

	(void)state;
	action.what = COMB_WATCH_HANG;
	action.what_name = "hung";
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		make_comb("exit 0");
		write_text("cell", ends[i].cell);
		action_stop(&action);
		assert_true(is_told("\"event\":\"stop\""));
		write_text("cell", ends[i].cell);
		action_restart(&action);
		assert_true(is_told(ends[i].why));
		assert_int_equal(calls("kill"), 2 * ends[i].kills);
		assert_int_equal(calls("start a"), ends[i].kills);
	}
}

static void dump_is_of_that_start(void **state)
{
	char dumps[128];

	(void)state;
	in_top(dumps, "dumps");
	action.def.watch.dump_dir = dumps;
	make_comb("exit 0");
	action_dump(&action);
	assert_int_equal(calls("-q dump --started 77 a "), 1);
	/* It was killed. */
	assert_true(is_told("killed by signal 9"));
	assert_int_equal(rmdir(dumps), 0);
}

int main(void)
{
#define top_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		top_test(restart_is_announced),
		top_test(failed_one_is_tried_within_the_limit),
		top_test(user_ends_the_tries),
		top_test(cell_of_the_user_stays),
		top_test(boot_that_hangs_is_ended),
		top_test(boot_that_goes_on_is_not),
		top_test(full_disk_leaves_the_cell),
		top_test(hang_that_is_over),
		top_test(dump_is_of_that_start),
	};

	return cmocka_run_group_tests_name("keeper_restart", tests, NULL, NULL);
}
