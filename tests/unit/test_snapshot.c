// SPDX-License-Identifier: GPL-2.0-or-later
/* test_snapshot.c - a made-up /proc becomes a snapshot; what no kernel would say is refused */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "has_pidfd.h"
#include "process_signal.h"
#include "procfile.h"
#include "snapshot.h"

static char proc[] = "/tmp/comb-proc-XXXXXX";

static void put_bytes(const char *name, const void *data, size_t size)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", proc, name);
	f = fopen(path, "w");
	if (!f || fwrite(data, 1, size, f) != size || fclose(f))
		fail_msg("cannot write %s", path);
}

static void put(const char *name, const char *text)
{
	put_bytes(name, text, strlen(text));
}

static void make_directory(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", proc, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

/* @first: of /proc/PID/stat, state to foreground group; @flags: PF_* */
static void put_process(int pid, const char *comm, const char *first, unsigned int flags,
			const char *command, size_t size)
{
	char name[32], text[512];

	snprintf(name, sizeof(name), "%d", pid);
	make_directory(name);
	snprintf(name, sizeof(name), "%d/stat", pid);
	snprintf(text, sizeof(text), "%d (%s) %s %u 1 2 3 4 700 77 5 6 20 -5 3 0 123456 8192000 "
		 "250 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 7 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
		 pid, comm, first, flags);
	put(name, text);
	snprintf(name, sizeof(name), "%d/status", pid);
	put(name, "Name:\tVmLck: 7\nUmask:\t0022\nUid:\t1\t1000\t2\t3\nVmLck:\t       4 kB\n");
	snprintf(name, sizeof(name), "%d/cmdline", pid);
	put_bytes(name, command, size);
}

static int make_proc(void **state)
{
	(void)state;
	if (!mkdtemp(proc))
		return -1;
	put("uptime", "12345.67 23456.78\n");
	put("loadavg", "1.25 0.50 0.10 3/120 999\n");
	put("meminfo", "MemTotal:        2048 kB\nMemFree:  1 kB\nMemAvailable:    1024 kB\n");
	make_directory("pressure");
	put("pressure/cpu", "some avg10=12.34 avg60=1.00 avg300=0.00 total=1\n");
	put("pressure/memory", "some avg10=0.05 avg60=1.00 avg300=0.00 total=1\n"
	    "full avg10=9.00 avg60=1.00 avg300=0.00 total=1\n");
	put("stat", "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 10 20 30 40 50 60 70 80 1 2\n"
	    "cpu2 1 0 0 99 0 0 0 0 0 0\nintr 1 2 3\nprocs_running 3\nprocs_blocked 0\n");
	put_process(300, "a) S (b\n\t\033[2J", "S 1 300 299 34816 300", 0x400100,
		    "/bin/a\0-x\0two words\0\0", 22);
	put_process(42, "kworker/0:1", "I 2 0 0 0 -1", 0x208060, "", 0);
	put_process(7, "gone", "Z 1 7 7 0 -1", 0, "", 0);
	make_directory("self");
	return 0;
}

static int remove_proc(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", proc);
	return system(command);
}

static int read_text(const char *text, struct comb_snapshot *snapshot, struct comb_error *err)
{
	FILE *in = fmemopen((void *)text, strlen(text), "r");
	int result = comb_snapshot_read(in, snapshot, err);

	fclose(in);
	return result;
}

static char *write_text(unsigned int flags)
{
	struct comb_error err = { 0 };
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(comb_snapshot_write(out, proc, flags, &err), 0);
	fclose(out);
	return text;
}

static void take(unsigned int flags, struct comb_snapshot *snapshot)
{
	struct comb_error err = { 0 };
	char *text = write_text(flags);

	if (read_text(text, snapshot, &err))
		fail_msg("%s: %s", err.what, text);
	free(text);
}

static void the_kernel(void **state)
{
	struct comb_snapshot s;

	(void)state;
	take(COMB_SNAPSHOT_SUMMARY, &s);
	assert_int_equal(s.uptime_ns, 12345670000000);
	assert_int_equal(s.hz, sysconf(_SC_CLK_TCK));
	assert_int_equal(s.load_centi, 125);
	assert_int_equal(s.runnable, 2);
	assert_int_equal(s.mem_total, 2048 * 1024);
	assert_int_equal(s.mem_available, 1024 * 1024);
	assert_int_equal(s.psi_cpu, 1234);
	assert_int_equal(s.psi_memory, 5);
	/* There is no such file. */
	assert_int_equal(s.psi_io, -1);
	assert_int_equal(s.nr_cpus, 2);
	assert_int_equal(s.cpus[0].id, 0);
	assert_int_equal(s.cpus[0].busy, 10 + 20 + 30 + 60 + 70 + 80);
	assert_int_equal(s.cpus[0].total, 360);
	assert_int_equal(s.cpus[1].id, 2);
	assert_int_equal(s.cpus[1].busy, 1);
	assert_int_equal(s.cpus[1].total, 100);
	assert_int_equal(s.nr_processes, 0);
	assert_int_equal(comb_snapshot_ns(&s, 150), 150 * (1000000000 / s.hz));
	assert_int_equal(comb_snapshot_ns(&s, UINT64_MAX), UINT64_MAX);
	comb_snapshot_free(&s);
}

static void its_processes(void **state)
{
	const struct comb_process *p;
	struct comb_snapshot s;

	(void)state;
	take(COMB_SNAPSHOT_PROCESSES, &s);
	assert_int_equal(s.nr_processes, 3);
	assert_int_equal(s.processes[0].pid, 7);
	assert_int_equal(s.processes[1].pid, 42);
	p = comb_snapshot_find(&s, 300, 0);
	assert_ptr_equal(p, &s.processes[2]);
	assert_ptr_equal(p, comb_snapshot_find(&s, 300, 123456));
	assert_null(comb_snapshot_find(&s, 300, 123457));
	assert_null(comb_snapshot_find(&s, 301, 0));
	assert_string_equal(p->comm, "a) S (b  ?[2J");
	assert_string_equal(p->command, "/bin/a -x two words");
	assert_int_equal(p->ppid, 1);
	assert_int_equal(p->pgrp, 300);
	assert_int_equal(p->session, 299);
	assert_int_equal(p->uid, 1000);
	assert_int_equal(p->state, 'S');
	assert_true(p->foreground);
	assert_true(p->locked);
	assert_false(p->kernel_thread);
	assert_int_equal(p->nice, -5);
	assert_int_equal(p->threads, 3);
	assert_int_equal(p->cpu, 7);
	assert_int_equal(p->cpu_ticks, 777);
	assert_int_equal(p->start_ticks, 123456);
	assert_int_equal(p->size, 8192000);
	assert_int_equal(p->rss, 250 * sysconf(_SC_PAGESIZE));
	p = comb_snapshot_find(&s, 42, 0);
	assert_true(p->kernel_thread);
	assert_false(p->foreground);
	assert_string_equal(p->command, "[kworker/0:1]");
	p = comb_snapshot_find(&s, 7, 0);
	assert_int_equal(p->state, 'Z');
	assert_string_equal(p->command, "[gone]");
	comb_snapshot_free(&s);
}

/* "PID (NAME) STATE ..." of a thread of 300's */
static void put_thread(int number, char state)
{
	char name[48], text[256];

	snprintf(name, sizeof(name), "300/task/%d", number);
	make_directory(name);
	snprintf(name, sizeof(name), "300/task/%d/stat", number);
	snprintf(text, sizeof(text), "%d (t) R) %c 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 "
		 "21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40\n", number, state);
	put(name, text);
}

static void its_threads(void **state)
{
	struct comb_snapshot s;

	(void)state;
	make_directory("300/task");
	put_thread(300, 'S');
	put_thread(301, 'R');
	put_thread(302, 'R');
	take(COMB_SNAPSHOT_PROCESSES, &s);
	assert_int_equal(comb_snapshot_find(&s, 300, 0)->running, 0);
	assert_int_equal(s.self, getpid());
	comb_snapshot_free(&s);
	take(COMB_SNAPSHOT_PROCESSES | COMB_SNAPSHOT_THREADS, &s);
	assert_int_equal(comb_snapshot_find(&s, 300, 0)->running, 2);
	assert_int_equal(comb_snapshot_find(&s, 42, 0)->running, 0);
	comb_snapshot_free(&s);
}

static void long_commands_are_cut(void **state)
{
	char *command = malloc(20000);
	struct comb_snapshot s;

	(void)state;
	memset(command, 'x', 20000);
	put_bytes("300/cmdline", command, 20000);
	take(COMB_SNAPSHOT_PROCESSES, &s);
	assert_int_equal(strlen(comb_snapshot_find(&s, 300, 0)->command),
			 COMB_SNAPSHOT_COMMAND_MAX - 1);
	comb_snapshot_free(&s);
	put_bytes("300/cmdline", "/bin/a\0-x\0two words\0\0", 22);
	free(command);
}

/* Many processes with long commands, each the same one under another number. */
static void put_many(int first, int count, bool there)
{
	char path[128];

	for (int pid = first; pid < first + count; pid++) {
		snprintf(path, sizeof(path), "%s/%d", proc, pid);
		if (there ? symlink("55", path) : unlink(path))
			fail_msg("%s: %s", path, strerror(errno));
	}
}

static void too_many_commands_hide_no_process(void **state)
{
	const int first = 1000, count = (int)(COMB_SNAPSHOT_BYTES_MAX / COMB_SNAPSHOT_COMMAND_MAX);
	static char command[COMB_SNAPSHOT_COMMAND_MAX];
	struct comb_snapshot s;
	size_t cut = 0;

	(void)state;
	memset(command, 'x', sizeof(command));
	put_process(55, "many", "S 1 55 55 0 -1", 0, command, sizeof(command));
	put_many(first, count, true);
	take(COMB_SNAPSHOT_PROCESSES, &s);
	for (int pid = first; pid < first + count; pid++) {
		const struct comb_process *process = comb_snapshot_find(&s, pid, 0);

		assert_non_null(process);
		cut += !strcmp(process->command, "[many]");
	}
	assert_in_range(cut, 1, count - 1);
	comb_snapshot_free(&s);
	put_many(first, count, false);
	put("55/cmdline", "");
}

static void this_kernel(void **state)
{
	struct comb_error err = { 0 };
	struct comb_snapshot s;
	FILE *file = tmpfile();

	(void)state;
	assert_int_equal(comb_snapshot_write(file, "/proc", COMB_SNAPSHOT_PROCESSES, &err), 0);
	rewind(file);
	assert_int_equal(comb_snapshot_read(file, &s, &err), 0);
	fclose(file);
	assert_non_null(comb_snapshot_find(&s, getpid(), 0));
	assert_int_equal(comb_snapshot_find(&s, getpid(), 0)->ppid, getppid());
	assert_int_equal(comb_snapshot_find(&s, getpid(), 0)->uid, geteuid());
	assert_int_equal(comb_snapshot_find(&s, getpid(), 0)->session, getsid(0));
	comb_snapshot_free(&s);
	assert_int_equal(comb_snapshot_write(stderr, "/no/such", 0, &err), -1);
	assert_non_null(strstr(err.what, "/no/such"));
}

#define GOOD	"comb-snapshot 1\nuptime_ns 5\nhz 100\nmemory 10 5\ncpu 0 1 2\n"
#define PROCESS	"process 5 1 5 5 0 0 1 0 7 8 9 10 S\tname\tcommand\n"

static void lies(void **state)
{
	static const char *const texts[] = {
		"", "\n", "comb-snapshot 2\nend\n", "comb-snapshot 1\nend\n", GOOD,
		GOOD "end now\n", GOOD "end", "comb-snapshot 1\nhz 0\n" GOOD "end\n",
		GOOD "hz -1\nend\n", GOOD "hz 1x\nend\n", GOOD "hz  1\nend\n", GOOD "hz\nend\n",
		GOOD "cpu 8192 1 2\nend\n", GOOD "cpu 1 3 2\nend\n", GOOD "cpu 0 1 2\nend\n",
		GOOD "cpu 1 1\nend\n", GOOD "cpu 1 1 99999999999999999999\nend\n",
		GOOD "cpu 1 1 9007199254740993\nend\n", GOOD "pressure 1 2\nend\n",
		GOOD "pressure 1 2 10001\nend\n", GOOD "pressure -2 0 0\nend\n",
		GOOD "threads 1\nend\n", GOOD PROCESS "threads 4194305\nend\n",
		GOOD "self -1\nend\n", GOOD PROCESS PROCESS "end\n", GOOD "process 5\nend\n",
		GOOD "process 0 1 5 5 0 0 1 0 7 8 9 10 S\tname\tcommand\nend\n",
		GOOD "process -5 1 5 5 0 0 1 0 7 8 9 10 S\tname\tcommand\nend\n",
		GOOD "process 4194305 1 5 5 0 0 1 0 7 8 9 10 S\tname\tcommand\nend\n",
		GOOD "process 5 1 5 5 0 21 1 0 7 8 9 10 S\tname\tcommand\nend\n",
		GOOD "process 5 1 5 5 0 0 1 0 7 8 9 10 ?\tname\tcommand\nend\n",
		GOOD "process 5 1 5 5 0 0 1 0 7 8 9 10 SX\tname\tcommand\nend\n",
		GOOD "process 5 1 5 5 0 0 1 0 7 8 9 10 S\tname command\nend\n",
		GOOD "process 5 1 5 5 0 0 1 0 7 8 9 10 S",
	};
	struct comb_snapshot s;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct comb_error err = { 0 };
		FILE *in = tmpfile();

		fputs(texts[i], in);
		rewind(in);
		if (!comb_snapshot_read(in, &s, &err) || err.status != COMB_FAILED)
			fail_msg("taken: %s", texts[i]);
		comb_snapshot_free(&s);
		fclose(in);
	}
}

static void what_is_printed_is_harmless(void **state)
{
	struct comb_error err = { 0 };
	struct comb_snapshot s;

	(void)state;
	assert_int_equal(read_text(GOOD "later things\n"
		"process 5 1 5 5 0 0 1 0 7 8 9 10 S\tna\033me\t\302\233 and\ttab\n"
		"process 6 1 5 5 0 0 1 0 7 8 9 10 Sk+L\tx\177\t\nend\nwhat follows", &s, &err), 0);
	assert_string_equal(s.processes[0].comm, "na?me");
	assert_string_equal(s.processes[0].command, "?? and?tab");
	assert_string_equal(s.processes[1].command, "[x?]");
	assert_true(s.processes[1].kernel_thread && s.processes[1].foreground &&
		    s.processes[1].locked);
	assert_int_equal(s.psi_cpu, -1);
	comb_snapshot_free(&s);
}

/* A line without an end does not fill memory. */
static void endless_line(void **state)
{
	struct comb_error err = { 0 };
	struct comb_snapshot s;
	FILE *in = tmpfile();

	(void)state;
	fputs(GOOD "later ", in);
	for (int i = 0; i < 100000; i++)
		fputs("more and more ", in);
	fputs("\nend\n", in);
	rewind(in);
	assert_int_equal(comb_snapshot_read(in, &s, &err), -1);
	assert_true(ftell(in) < 65536);
	comb_snapshot_free(&s);
	fclose(in);
}

static void targets(void **state)
{
	static const char *const bad[] = {
		"", "0", "-1", "-5", "+5", " 5", "5 ", "5x", "x", "2147483648", "4294967297",
		"99999999999999999999", "5@", "5@x", "5@-1", "5@ 1", "@5", "5@99999999999999999999",
	};
	uint64_t start;
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (!process_target(bad[i], &pid, &start))
			fail_msg("taken: \"%s\"", bad[i]);
		assert_int_equal(process_signal(bad[i], 0), EINVAL);
	}
	assert_int_equal(process_target("5", &pid, &start), 0);
	assert_int_equal(pid, 5);
	assert_int_equal(start, 0);
	assert_int_equal(process_target("2147483647@12", &pid, &start), 0);
	assert_int_equal(pid, INT32_MAX);
	assert_int_equal(start, 12);
}

static uint64_t start_of(pid_t pid)
{
	char path[32], data[PROCFILE_BYTES], *field[PROCSTAT_FIELDS];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	assert_true(procfile_load(-1, path, data, sizeof(data)) > 0);
	assert_non_null(procstat_split(data, field));
	return strtoull(field[PROCSTAT_START], NULL, 10);
}

static void signals(void **state)
{
	char target[64];
	uint64_t start;
	int status;
	pid_t pid;

	(void)state;
	if (!has_pidfd())
		return;
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	start = start_of(pid);
	snprintf(target, sizeof(target), "%d@%" PRIu64, pid, start + 1);
	assert_int_equal(process_signal(target, SIGKILL), ESRCH);
	snprintf(target, sizeof(target), "%d", pid);
	assert_int_equal(process_signal(target, 0), 0);
	assert_int_equal(process_signal(target, NSIG), EINVAL);
	assert_int_equal(process_signal(target, -1), EINVAL);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	snprintf(target, sizeof(target), "%d@%" PRIu64, pid, start);
	assert_int_equal(process_signal(target, SIGTERM), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	assert_int_equal(process_signal(target, SIGTERM), ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel),
		cmocka_unit_test(its_processes),
		cmocka_unit_test(its_threads),
		cmocka_unit_test(long_commands_are_cut),
		cmocka_unit_test(too_many_commands_hide_no_process),
		cmocka_unit_test(this_kernel),
		cmocka_unit_test(lies),
		cmocka_unit_test(what_is_printed_is_harmless),
		cmocka_unit_test(endless_line),
		cmocka_unit_test(targets),
		cmocka_unit_test(signals),
	};

	return cmocka_run_group_tests(tests, make_proc, remove_proc);
}
