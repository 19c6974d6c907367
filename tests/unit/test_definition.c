// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "definition.h"
#include "definition_assert.h"
#include "distance.h"
#include "quote.h"

static int parse(struct comb_definition *def, const char *text, struct comb_error *err)
{
	comb_definition_init(def, "web");
	return comb_definition_parse(def, text, strlen(text), "web.cell", err);
}

static void test_key_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COMB_KEYS; i++) {
		assert_int_equal(comb_keys[i].id, i);
		assert_non_null(comb_keys[i].section);
		assert_non_null(comb_keys[i].key);
		assert_non_null(comb_keys[i].argument);
		assert_non_null(comb_keys[i].help);
	}
}

static void test_defaults(void **state)
{
	struct comb_definition def;
	struct comb_error err = {0};

	(void)state;
	assert_int_equal(parse(&def, "", &err), 0);
	assert_string_equal(def.name, "web");
	assert_value(&def, COMB_KEY_CPUS, NULL);
	assert_value(&def, COMB_KEY_NCPUS, "1");
	assert_value(&def, COMB_KEY_MEMORY, "512M");
	assert_value(&def, COMB_KEY_NODE, "any");
	assert_value(&def, COMB_KEY_KERNEL, NULL);
	assert_value(&def, COMB_KEY_HEARTBEAT, "250ms");
	assert_value(&def, COMB_KEY_ROOT, "none");
	assert_value(&def, COMB_KEY_SHARE, NULL);
	assert_value(&def, COMB_KEY_DEVICES, "yes");
	assert_value(&def, COMB_KEY_NET, "private");
	for (size_t i = 0; i < COMB_KEYS; i++)
		assert_null(def.origin[i].where);
	comb_definition_free(&def);
}

static void test_parse_everything(void **state)
{
	static const char text[] =
		"\xef\xbb\xbf# a comment\n"
		"; another\n"
		"\n"
		"[Cell]\r\n"
		"Cpus = 2-3,6\r\n"
		"  Memory=1025M\n"
		"Node=1\n"
		"[Boot]\n"
		"Kernel=6.1.0-50-amd64\n"
		"Initrd=/boot/initrd\n"
		"Append=a ; b # c  root=\"x y\"\n"
		"Command=/bin/sh -c 'echo \"$1\" \\\n"
		"   # not part of it\n"
		"   done' \"\"\n"
		"File=/etc/hosts\n"
		"File=/etc/passwd:/etc/users\n"
		"Modules=vsock 9p\n"
		"Modules=loop\n"
		"[Watch]\n"
		"Heartbeat=1s";
	struct comb_definition def;
	struct comb_error err = {0};

	(void)state;
	assert_int_equal(parse(&def, text, &err), 0);
	assert_value(&def, COMB_KEY_CPUS, "2-3,6");
	assert_value(&def, COMB_KEY_NCPUS, NULL);
	assert_true(def.memory == 1026ULL << 20);
	assert_int_equal(def.node, 1);
	assert_value(&def, COMB_KEY_KERNEL, "6.1.0-50-amd64");
	assert_value(&def, COMB_KEY_INITRD, "/boot/initrd");
	assert_value(&def, COMB_KEY_APPEND, "a ; b # c  root=\"x y\"");
	assert_int_equal(def.command.count, 4);
	assert_string_equal(def.command.list[2], "echo \"$1\"  done");
	assert_string_equal(def.command.list[3], "");
	assert_value(&def, COMB_KEY_FILE, "/etc/hosts\n/etc/passwd:/etc/users");
	assert_value(&def, COMB_KEY_MODULES, "vsock\n9p\nloop");
	assert_int_equal(def.heartbeat_ms, 1000);
	assert_string_equal(def.origin[COMB_KEY_MEMORY].where, "web.cell");
	assert_int_equal(def.origin[COMB_KEY_MEMORY].line, 6);
	assert_int_equal(def.origin[COMB_KEY_COMMAND].line, 12);
	assert_int_equal(def.origin[COMB_KEY_HEARTBEAT].line, 20);
	comb_definition_free(&def);
}

static void test_later_lines_win(void **state)
{
	struct comb_definition def;
	struct comb_error err = {0};

	(void)state;
	assert_int_equal(parse(&def, "[Boot]\nAppend=one\nAppend=two\nFile=/a\nFile=\nFile=/b\n"
			       "Kernel=/k\nKernel=\n[Cell]\nMemory=1G\nMemory=\nNCpus=2\nNCpus=4\n"
			       "Cpus=1\nCpus=\n", &err), -1);
	assert_string_equal(err.what, "web.cell:14: Cpus= excludes NCpus= (line 13)");
	assert_value(&def, COMB_KEY_APPEND, "two");
	assert_value(&def, COMB_KEY_FILE, "/b");
	assert_value(&def, COMB_KEY_KERNEL, NULL);
	assert_null(def.origin[COMB_KEY_KERNEL].where);
	assert_value(&def, COMB_KEY_MEMORY, "512M");
	assert_value(&def, COMB_KEY_NCPUS, "4");
	comb_definition_free(&def);
}

/* The command line of a kernel may have 4096 bytes, and libinih's own limit is 200. */
static void test_long_lines(void **state)
{
	const size_t length = 200000;
	char *text = malloc(length + 32);
	struct comb_definition def;
	struct comb_error err = {0};

	(void)state;
	strcpy(text, "[Boot]\nAppend=");
	memset(text + 14, 'x', length);
	strcpy(text + 14 + length, "end\n");
	assert_int_equal(parse(&def, text, &err), 0);
	assert_int_equal(strlen(def.append), length + 3);
	assert_string_equal(def.append + length, "end");
	comb_definition_free(&def);
	free(text);
}

static const struct {
	const char *text, *what, *hint;
} bad[] = {
	{"\n\n\n\n\n[Cell]\nMemmory=1G\n", "web.cell:7: unknown key \"Memmory\" in [Cell]",
	 "Memory="},
	{"[Cell]\nmemory=1G\n", "web.cell:2: unknown key \"memory\" in [Cell]", "Memory="},
	{"[Cell]\nKernel=x\n", "web.cell:2: unknown key \"Kernel\" in [Cell]",
	 "Kernel= in section [Boot]"},
	{"[Watch]\nFrobnicate=x\n", "web.cell:2: unknown key \"Frobnicate\" in [Watch]",
	 "one of: Heartbeat= Hung= OnPanic= OnHang= OnReboot= DumpDir= RestartSec= RestartSteps= "
	 "RestartMaxDelaySec= StartLimitBurst= StartLimitIntervalSec="},
	{"[cell]\n", "web.cell:1: unknown section [cell]", "[Cell]"},
	{"[Networking]\n", "web.cell:1: unknown section [Networking]",
	 "[Cell] [Boot] [Files] [Devices] [Cluster] [Watch]"},
	{"Cpus=1\n", "web.cell:1: Cpus= stands outside a section", "[Cell] on the line above"},
	{"[Cell]\nCpus\n", "web.cell:2: \"Cpus\" is neither KEY=VALUE nor [SECTION]",
	 "# in front of a comment"},
	{"[Cell\n", "web.cell:1: \"[Cell\" is neither KEY=VALUE nor [SECTION]",
	 "# in front of a comment"},
	{"[Cell] x\n", "web.cell:1: \"[Cell] x\" is neither KEY=VALUE nor [SECTION]",
	 "# in front of a comment"},
	{"[Cell]\nCpus: 2\n", "web.cell:2: \"Cpus: 2\" is neither KEY=VALUE nor [SECTION]",
	 "# in front of a comment"},
	{"[Cell]\n=2\n", "web.cell:2: \"=2\" is neither KEY=VALUE nor [SECTION]",
	 "# in front of a comment"},
	{"[Cell]\nCpus=2-x\n",
	 "web.cell:2: \"2-x\" is no CPU number or range (0 to 8191)",
	 "a list such as 2-3,6"},
	{"[Cell]\nNCpus=0\n", "web.cell:2: \"0\" is no number of CPUs",
	 "a number from 1 to 1024"},
	{"[Cell]\nNCpus=1025\n", "web.cell:2: \"1025\" is no number of CPUs",
	 "a number from 1 to 1024"},
	{"[Cell]\nNCpus=-1\n", "web.cell:2: \"-1\" is no number of CPUs",
	 "a number from 1 to 1024"},
	{"[Cell]\nCpus=0-1024\n",
	 "web.cell:2: 1025 CPUs are more than a cell can have",
	 "at most 1024"},
	{"[Cell]\nMemory=63M\n", "web.cell:2: 63M of memory is too little for a kernel",
	 "at least 64M"},
	{"[Cell]\nMemory=16000000T\n",
	 "web.cell:2: 16000000T of memory is more than a machine can have",
	 "a size such as 512M or 1.5G"},
	{"[Cell]\nNode=x\n", "web.cell:2: \"x\" is no NUMA node", "a number from 0 to 1023"},
	{"[Boot]\nInitrd=initrd.img\n",
	 "web.cell:2: \"initrd.img\" is no absolute path", "a path that begins with /"},
	{"[Boot]\nFile=/a:b\n", "web.cell:2: \"/a:b\" is no SRC:DST",
	 "a file here, or file:/path/in/the/cell"},
	{"[Boot]\nModules=a.ko\n", "web.cell:2: \"a.ko\" is no module name",
	 "a name as modprobe takes it, without path and .ko"},
	{"[Boot]\nCommand=sh 'x\n", "web.cell:2: a ' quote is not closed",
	 "write \\' for the character itself"},
	{"[Boot]\nCommand=grep \\d\n", "web.cell:2: unknown escape \"\\d\"",
	 "write \\\\ for a backslash"},
	{"[Boot]\nAppend=a\tb\n",
	 "web.cell:2: the value contains a control character (byte 9)",
	 "a text of one line"},
	{"[Watch]\nHeartbeat=9ms\n", "web.cell:2: a heartbeat every 9ms is out of range",
	 "10ms to 60s"},
	{"[Watch]\nHeartbeat=1y\n", "web.cell:2: \"1y\" is no time",
	 "a time such as 250ms or 1s"},
	{"[Watch]\nOnPanic=notify\nOnHang=restart stop\n",
	 "web.cell:3: restart and stop exclude each other", "one of the two"},
	{"[Watch]\nOnPanic=reboot\n",
	 "web.cell:2: \"reboot\" is nothing that can be done about a cell",
	 "any of notify, dump, restart, stop; or none"},
	{"[Watch]\nHung=1ms\n", "web.cell:2: a heartbeat missed for 1ms is out of range",
	 "20ms to 10min"},
	{"[Watch]\nDumpDir=dumps\n", "web.cell:2: \"dumps\" is no absolute path",
	 "a path that begins with /"},
	{"[Watch]\nStartLimitBurst=-1\n", "web.cell:2: \"-1\" is no number of restarts",
	 "a number from 0 to 64"},
};

static void test_errors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct comb_definition def;
		struct comb_error err = {0};

		assert_int_equal(parse(&def, bad[i].text, &err), -1);
		assert_string_equal(err.what, bad[i].what);
		assert_string_equal(err.hint, bad[i].hint);
		assert_int_equal(err.status, COMB_USAGE);
		comb_definition_free(&def);
	}
}

static void test_zero_byte_and_size(void **state)
{
	struct comb_definition def;
	struct comb_error err = {0};
	char *big = malloc(300000);

	(void)state;
	comb_definition_init(&def, "web");
	assert_int_equal(comb_definition_parse(&def, "[Cell]\nNode=1\0002\n", 16, "f", &err), -1);
	assert_string_equal(err.what, "f:2: the line contains a zero byte");
	memset(big, '\n', 300000);
	assert_int_equal(comb_definition_parse(&def, big, 300000, "f", &err), -1);
	assert_non_null(strstr(err.what, "more than 262144 bytes"));
	comb_definition_free(&def);
	free(big);
}

static void test_watch(void **state)
{
	static const struct {
		enum comb_key_id id;
		const char *text, *value;
	} good[] = {
		{COMB_KEY_HUNG, "2.5s", "2500ms"}, {COMB_KEY_ON_PANIC, "restart,dump", "dump restart"},
		{COMB_KEY_ON_HANG, "none", "none"}, {COMB_KEY_ON_REBOOT, " stop  notify", "notify stop"},
		{COMB_KEY_DUMP_DIR, "/srv/d", "/srv/d"}, {COMB_KEY_RESTART_SEC, "0", "0s"},
		{COMB_KEY_RESTART_STEPS, "4", "4"}, {COMB_KEY_RESTART_MAX, "1h", "3600s"},
		{COMB_KEY_RESTART_MAX, "infinity", "infinity"}, {COMB_KEY_LIMIT_BURST, "0", "0"},
		{COMB_KEY_LIMIT_INTERVAL, "10min", "600s"},
	};
	struct comb_definition def;
	struct comb_error err = {0};

	(void)state;
	comb_definition_init(&def, "web");
	assert_value(&def, COMB_KEY_ON_PANIC, "notify");
	assert_value(&def, COMB_KEY_ON_REBOOT, "none");
	assert_value(&def, COMB_KEY_DUMP_DIR, COMB_DUMP_DIR);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(comb_definition_set(&def, good[i].id, good[i].text, "command line",
						     0, &err), 0);
		assert_value(&def, good[i].id, good[i].value);
		/* What is written can be read. */
		assert_int_equal(comb_definition_set(&def, good[i].id, good[i].value, "a file", 1,
						     &err), 0);
		assert_value(&def, good[i].id, good[i].value);
	}
	assert_int_equal(comb_definition_set(&def, COMB_KEY_ON_PANIC, "", "a file", 1, &err), 0);
	assert_value(&def, COMB_KEY_ON_PANIC, "notify");
	comb_definition_free(&def);
}

static void test_heartbeats(void **state)
{
	static const struct {
		const char *text, *value;
	} good[] = {
		{"250ms", "250ms"}, {"1", "1s"}, {"2s", "2s"}, {"0.5", "500ms"}, {"1.25s", "1250ms"},
		{"1min", "60s"}, {"10 ms", "10ms"}, {"60000ms", "60s"}, {"1sec", "1s"},
	};
	struct comb_definition def;

	(void)state;
	comb_definition_init(&def, "web");
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct comb_error err = {0};

		assert_int_equal(comb_definition_set(&def, COMB_KEY_HEARTBEAT, good[i].text,
						     "command line", 0, &err), 0);
		assert_value(&def, COMB_KEY_HEARTBEAT, good[i].value);
	}
	comb_definition_free(&def);
}

static void test_names(void **state)
{
	static const char *const good[] = {"web", "a", "9", "db-1.example_x", "Host",
					   "1234567890123456789012345678901"};
	static const char *const bad[] = {"", "host", ".", "..", "-a", ".a", "a..b", "a/b", "a b",
					  "\303\244", "12345678901234567890123456789012"};
	char *huge = malloc(301);
	struct comb_error err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(comb_name_check(good[i], &err), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(comb_name_check(bad[i], &err), -1);
		assert_int_equal(err.status, COMB_USAGE);
		assert_true(err.hint[0]);
	}
	memset(huge, 'n', 300);
	huge[300] = '\0';
	assert_int_equal(comb_name_check(huge, &err), -1);
	assert_string_equal(err.what, "the name \"nnnnnnnnnnnnnnnn...\" is too long (300 characters)");
	free(huge);
}

static void test_command_line(void **state)
{
	struct comb_definition def;
	struct comb_error err = {0};
	char *cwd = getcwd(NULL, 0), *expected;

	(void)state;
	assert_int_equal(parse(&def, "[Cell]\nCpus=2-3\n[Boot]\nCommand=old\n", &err), 0);
	/* What is said later replaces the file's; twice in one place is an error. */
	assert_int_equal(comb_definition_set(&def, COMB_KEY_NCPUS, "4", "command line", 0, &err), 0);
	assert_value(&def, COMB_KEY_CPUS, NULL);
	assert_value(&def, COMB_KEY_NCPUS, "4");
	assert_int_equal(comb_definition_set(&def, COMB_KEY_CPUS, "1", "command line", 0, &err), -1);
	assert_string_equal(err.what, "--cpus excludes --ncpus");
	assert_value(&def, COMB_KEY_NCPUS, "4");

	assert_int_equal(comb_definition_set(&def, COMB_KEY_INITRD, "x/y", "command line", 0, &err),
			 0);
	assert_true(asprintf(&expected, "%s/x/y", cwd) > 0);
	assert_value(&def, COMB_KEY_INITRD, expected);
	assert_int_equal(comb_definition_set(&def, COMB_KEY_KERNEL, "6.1", "command line", 0, &err),
			 0);
	assert_value(&def, COMB_KEY_KERNEL, "6.1");
	assert_int_equal(comb_definition_set(&def, COMB_KEY_KERNEL, "", "command line", 0, &err),
			 -1);
	assert_int_equal(err.status, COMB_USAGE);
	assert_int_equal(comb_definition_set(&def, COMB_KEY_APPEND, "", "command line", 0, &err),
			 0);
	assert_int_equal(comb_definition_set_command(&def, (char *[]){"a b", "c", NULL},
						     "command line", &err), 0);
	assert_value(&def, COMB_KEY_COMMAND, "\"a b\" c");
	assert_int_equal(comb_definition_set_command(&def, (char *[]){NULL}, "command line", &err),
			 0);
	assert_value(&def, COMB_KEY_COMMAND, NULL);
	assert_int_equal(comb_definition_set(&def, COMB_KEYS, "x", "command line", 0, &err), -1);
	comb_definition_free(&def);
	free(expected);
	free(cwd);
}

/* Any argument vector survives quoting and splitting. */
static void test_quote_round_trip(void **state)
{
	unsigned int seed = 12345;

	(void)state;
	for (int round = 0; round < 5000; round++) {
		struct comb_strings argv = {0}, again = {0};
		struct comb_error err = {0};
		int words = rand_r(&seed) % 6;
		char *line;

		for (int i = 0; i < words; i++) {
			char word[17];
			int length = rand_r(&seed) % 16;

			for (int j = 0; j < length; j++)
				word[j] = rand_r(&seed) % 2 ? "\\\"' \t\n\r;#=x"[rand_r(&seed) % 11]
							    : (char)(1 + rand_r(&seed) % 255);
			word[length] = '\0';
			assert_int_equal(comb_strings_add(&argv, word), 0);
		}
		line = comb_quote_join(&argv);
		assert_non_null(line);
		assert_null(strchr(line, '\n'));
		assert_int_equal(comb_quote_split(&again, line, &err), 0);
		assert_int_equal(again.count, argv.count);
		for (size_t i = 0; i < argv.count; i++)
			assert_string_equal(again.list[i], argv.list[i]);
		free(line);
		comb_strings_free(&argv);
		comb_strings_free(&again);
	}
}

static void test_distance(void **state)
{
	(void)state;
	assert_int_equal(comb_distance("Memory", "Memory"), 0);
	assert_int_equal(comb_distance("memory", "MEMORY"), 0);
	assert_int_equal(comb_distance("Memmory", "Memory"), 1);
	assert_int_equal(comb_distance("Meomry", "Memory"), 1);
	assert_int_equal(comb_distance("", "abc"), 3);
	assert_int_equal(comb_distance("Cpus", "NCpus"), 1);
	assert_int_equal(comb_distance("a", "123456789012345678901234567890123456789012"), 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_table),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_parse_everything),
		cmocka_unit_test(test_later_lines_win),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_zero_byte_and_size),
		cmocka_unit_test(test_heartbeats),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_command_line),
		cmocka_unit_test(test_quote_round_trip),
		cmocka_unit_test(test_distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
