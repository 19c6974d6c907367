// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_cli_cells.c - comb on definitions and saved logs: what needs no module
 *
 * Slow in valgrind.
 */
#include <glob.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "comb_said.h"
#include "synthetic_bzimage.h"

static char kernel[PATH_MAX];

static int make_kernel(void **state)
{
	static uint8_t image[SYNTHETIC_SIGNED_SIZE];

	if (make_comb_scratch(state))
		return -1;
	synthetic_make(image);
	write_scratch("vmlinuz", image, SYNTHETIC_SIZE);
	scratch_path(kernel, sizeof(kernel), "vmlinuz");
	return 0;
}

static void life_of_a_definition(void **state)
{
	(void)state;
	assert_int_equal(COMB("create", "web", "--memory=100M", "--kernel", kernel, "--append",
			      "quiet a=--json", "--", "echo", "--json", "two words"), 0);
	assert_true(scratch_has("web.cell"));
	read_back("web.cell", said_out);
	assert_said("Memory=100M\n");
	assert_said("Append=quiet a=--json\n");
	assert_said("--json");
	assert_int_equal(COMB("validate"), 0);
	assert_string_equal(said_out, "web: valid\n");
	assert_int_equal(COMB("show", "web"), 0);
	assert_said("web.cell:");
	assert_said("100M");
	assert_said(SYNTHETIC_RELEASE);
	assert_said("default");
	assert_int_equal(COMB("ls", "web"), 0);
	assert_said("web   stopped");
	assert_refused(COMB("create", "web", "--kernel", kernel), 4, "web: ", "comb");
	assert_refused(COMB("-n", "create", "web", "--kernel", kernel), 4, "web: ", "comb");
	assert_refused(COMB("stop", "web"), 3, "web: is not running", "comb start web");
	assert_refused(COMB("kill", "web"), 3, "web: is not running", "comb start web");
	assert_refused(COMB("sysrq", "web", "t"), 3, "web: is not running", "comb start web");
	assert_refused(COMB("logs", "web"), 3, "web: ", "comb start web");
	assert_refused(COMB("dump", "web", "/nowhere/core"), 3, "web: is not running",
		       "comb start web");
	assert_int_equal(COMB("wait", "web"), 0);
	assert_int_equal(COMB("--timeout", "0.1", "wait", "web", "--state", "running"), 6);
	assert_int_equal(COMB("-n", "rm", "web"), 0);
	assert_true(scratch_has("web.cell"));
	assert_int_equal(COMB("rm", "web"), 0);
	assert_false(scratch_has("web.cell"));
	assert_refused(COMB("rm", "web"), 3, "web: no such cell", "comb");
}

/* A restart that has failed may be about to be tried again: there is no cell then. */
static void restarts_are_cancelled(void **state)
{
	static char *const verbs[] = { "stop", "kill", "rm" };

	(void)state;
	assert_int_equal(COMB("create", "web", "--kernel", kernel), 0);
	write_text(".web.restarts", "- 1\n5\n");
	COMB("-n", "stop", "web");
	COMB("kill", "--started", "7", "web");
	COMB("stop", "other", "../x/.web");
	assert_true(scratch_has(".web.restarts"));
	write_text(".web.action", "");
	for (size_t i = 0; i < 3; i++) {
		assert_true(scratch_has(".web.action"));
		write_text(".web.restarts", "- 1\n5\n");
		COMB(verbs[i], "web");
		assert_false(scratch_has(".web.restarts"));
	}
	assert_false(scratch_has(".web.action"));
	write_text(".web.restarts", "- 1\n5\n");
	assert_int_equal(COMB("release"), 0);
	assert_false(scratch_has(".web.restarts"));
}

static void options_anywhere(void **state)
{
	(void)state;
	assert_int_equal(COMB("-q", "create", "--ker", kernel, "a", "--mem", "64M", "-n"), 0);
	assert_string_equal(said_err, "");
	assert_false(scratch_has("a.cell"));
	assert_int_equal(COMB("create", "--kernel", kernel, "--", "a"), 2);
	assert_int_equal(COMB("-q", "create", "a", "--kernel", kernel, "-y", "--", "sh", "-c", "x"),
			 0);
	read_back("a.cell", said_out);
	assert_said("Command=sh -c x\n");
	assert_int_equal(COMB("rm", "--", "a"), 0);
}

static void nobody_is_there(void **state)
{
	static char *const verbs[] = {
		"start", "stop", "kill", "restart", "show", "logs", "wait", "rm", "ls",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		/* start and restart also find that there is no module */
		assert_int_equal(COMB(verbs[i], "nobody"), 3);
		assert_non_null(strstr(said_err, "comb: nobody: no such cell\ntry: "));
	}
}

static void near_name_is_suggested(void **state)
{
	(void)state;
	assert_int_equal(COMB("create", "database", "--kernel", kernel), 0);
	assert_refused(COMB("logs", "databaes"), 3, "databaes: no such cell", "database");
	assert_int_equal(COMB("rm", "database"), 0);
}

static void one_failure_stops_nobody(void **state)
{
	struct json_object *object, *member;

	(void)state;
	assert_int_equal(COMB("create", "good", "--kernel", kernel), 0);
	assert_int_equal(COMB("--json", "ls", "nobody", "good", "bad/name"), 3);
	object = json_tokener_parse(said_out);
	assert_non_null(object);
	assert_true(json_object_object_get_ex(object, "cells", &member));
	assert_int_equal(json_object_array_length(member), 1);
	assert_true(json_object_object_get_ex(object, "errors", &member));
	assert_int_equal(json_object_array_length(member), 2);
	json_object_put(object);
	assert_int_equal(COMB("rm", "nobody", "good"), 3);
	assert_false(scratch_has("good.cell"));
}

static void bad_definitions(void **state)
{
	(void)state;
	assert_refused(COMB("create", "x", "--kernel", kernel, "--memory", "0"), 2, "x: ", "");
	assert_refused(COMB("create", "x", "--kernel", kernel, "--memory", "1000T"), 2,
		       "more than the machine", "--memory");
	assert_refused(COMB("create", "x", "--kernel", kernel, "--cpus", "0"), 2,
		       "x: CPU 0 is the host's boot CPU", "comb topo");
	assert_refused(COMB("create", "x", "--kernel", kernel, "--cpus", "8000"), 2,
		       "no CPU 8000", "comb topo");
	assert_refused(COMB("create", "x", "--kernel", kernel, "--cpus", "1", "--ncpus", "1"), 2,
		       "x: ", "");
	assert_refused(COMB("create", "x", "--kernel", kernel, "--node", "77"), 2, "x: ", "");
	assert_refused(COMB("create", "x", "--kernel", kernel, "--initrd", "/no/file"), 2,
		       "/no/file", "ls");
	assert_refused(COMB("create", "x", "--kernel", kernel, "--initrd", kernel, "--", "sh"), 2,
		       "Initrd=", "Initrd=");
	assert_refused(COMB("create", "x", "--kernel", kernel, "--file", "/no/file:/x"), 2,
		       "/no/file", "ls");
	assert_refused(COMB("create", "x", "--kernel", kernel, "--module", "nothing"), 2,
		       "no module nothing", "find");
	assert_refused(COMB("create", "x", "--append", "two\nlines"), 2, "x: ", "one line");
	assert_refused(COMB("create", "x", "--append", "end\\"), 2, "backslash", "leave it out");
	assert_refused(COMB("create", "x", "--bridge", "r:2M", "--bridge", "r:4M"), 2,
		       "r is given twice", "one of the two");
	assert_refused(COMB("create", "x", "--memory", "9000000T"), 2, "9000000T", "512M");
	assert_refused(COMB("create", "x", "--kernel", "/dev/zero"), 2, "/dev/zero", "");
	assert_refused(COMB("create", "x", "--kernel", "/etc/passwd"), 2, "/etc/passwd", "");
	assert_false(scratch_has("x.cell"));
}

/* What would be ignored without a word is refused. */
static void contradictions(void **state)
{
	static char *const options[][2] = {
		{ "--root", "host" }, { "--share", "/srv" }, { "--disk", "/srv/disk" },
		{ "--net", "private" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		assert_refused(COMB("create", "x", "--kernel", kernel, "--devices", "no",
				    options[i][0], options[i][1]), 2, "needs devices", "leave out");
	assert_refused(COMB("create", "x", "--kernel", kernel, "--init", "/sbin/init"), 2,
		       "Init=", "--root");
	assert_false(scratch_has("x.cell"));
	assert_int_equal(COMB("-n", "create", "x", "--kernel", kernel, "--devices", "no", "--net",
			      "none"), 0);
	assert_int_equal(COMB("-n", "create", "x", "--kernel", kernel, "--init", "/sbin/init",
			      "--root", "host"), 0);
}

static void file_and_line_are_named(void **state)
{
	char path[PATH_MAX];

	(void)state;
	write_text("odd.cell", "[Cell]\nMemory=64M\nMemmory=1G\n");
	assert_refused(COMB("validate", "odd"), 2, "odd.cell:3", "Memory=");
	assert_int_equal(COMB("show", "odd"), 2);
	assert_non_null(strstr(said_err, "odd.cell:3"));
	scratch_path(path, sizeof(path), "odd.cell");
	assert_refused(COMB("validate", path), 2, "odd.cell:3", "Memory=");
	assert_int_equal(COMB("rm", "odd"), 0);
}

static void editing_needs_a_terminal(void **state)
{
	(void)state;
	assert_refused(COMB("edit", "web"), 3, "web: no such cell", "comb");
	write_text("web.cell", "");
	assert_refused(COMB("edit", "web"), 2, "terminal", "comb validate web");
	assert_int_equal(COMB("rm", "web"), 0);
}

/* comb edit NAME on a terminal of its own, which says nothing; returns its exit status. */
static int edit(const char *name, const char *editor)
{
	char path[PATH_MAX], *command;
	int status;

	comb_path(path, sizeof(path));
	setenv("EDITOR", editor, 1);
	unsetenv("VISUAL");
	assert_true(asprintf(&command, "%s edit %s", path, name) > 0);
	status = run_to("out", "script", (char *[]){ "script", "-qec", command, "/dev/null", NULL });
	free(command);
	return status;
}

static void assert_file(const char *name, const char *text)
{
	char said[sizeof(said_out)];

	memcpy(said, said_out, sizeof(said));
	read_back(name, said_out);
	assert_said(text);
	memcpy(said_out, said, sizeof(said));
}

static bool is_copy_left(void)
{
	char pattern[PATH_MAX];
	glob_t found;
	bool left;

	scratch_path(pattern, sizeof(pattern), ".*.edit-*");
	left = !glob(pattern, 0, NULL, &found);
	globfree(&found);
	return left;
}

static void editing(void **state)
{
	(void)state;
	assert_int_equal(COMB("create", "e", "--memory=100M", "--kernel", kernel), 0);
	assert_int_equal(edit("e", "sed -i s/100M/72M/"), 0);
	assert_said("e: changed");
	assert_file("e.cell", "Memory=72M\n");
	assert_int_equal(edit("e", "sed -i s/72M/lots/"), 2);
	assert_said("edit again? [Y/n]");
	assert_said("nothing was changed");
	assert_file("e.cell", "Memory=72M\n");
	assert_int_equal(edit("e", "false"), 1);
	assert_said("the editor \"false\" failed, nothing was changed");
	assert_file("e.cell", "Memory=72M\n");
	assert_int_equal(edit("nobody", "true"), 3);
	assert_false(is_copy_left());
	assert_int_equal(COMB("rm", "e"), 0);
}

/* The keeper of a cell with that name makes a directory where locks are. */
static void cell_called_lock(void **state)
{
	char path[PATH_MAX];

	(void)state;
	scratch_path(path, sizeof(path), "e.lock");
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(COMB("create", "e", "--memory=100M", "--kernel", kernel), 0);
	assert_int_equal(edit("e", "sed -i s/100M/72M/"), 0);
	assert_file("e.cell", "Memory=72M\n");
	assert_int_equal(COMB("rm", "e"), 0);
	assert_int_equal(rmdir(path), 0);
	scratch_path(path, sizeof(path), "e");
	assert_int_equal(access(path, F_OK), -1);
}

static void saved_logs(void **state)
{
	struct json_object *object, *records, *record, *member;

	(void)state;
	write_text("old.log",
		   "<5>[    0.000000] Linux version 6.1\n"
		   "<6>[   12.345678]   indented \\x1b[31m\n"
		   "<14>[   13.000001] two\\x0alines \\x5cx0a\n"
		   "no time\n");
	write_text("old.log.1", "<5>[    0.000000] Linux version 5.10\n");
	assert_int_equal(COMB("logs", "old"), 0);
	assert_string_equal(said_out,
			    "[    0.000000] Linux version 6.1\n"
			    "[   12.345678]   indented \\x1b[31m\n"
			    "[   13.000001] two\n"
			    "[   13.000001] lines \\x0a\n"
			    "no time\n");
	assert_int_equal(COMB("logs", "-n", "1", "old"), 0);
	assert_string_equal(said_out, "no time\n");
	assert_int_equal(COMB("logs", "old", "--previous"), 0);
	assert_string_equal(said_out, "[    0.000000] Linux version 5.10\n");
	assert_int_equal(COMB("--json", "logs", "old"), 0);
	object = json_tokener_parse(said_out);
	assert_true(json_object_object_get_ex(object, "records", &records));
	assert_int_equal(json_object_array_length(records), 4);
	record = json_object_array_get_idx(records, 2);
	assert_true(json_object_object_get_ex(record, "time_ns", &member));
	assert_int_equal(json_object_get_int64(member), 13000001000);
	assert_true(json_object_object_get_ex(record, "facility", &member));
	assert_int_equal(json_object_get_int(member), 1);
	assert_true(json_object_object_get_ex(record, "level", &member));
	assert_int_equal(json_object_get_int(member), 6);
	record = json_object_array_get_idx(records, 3);
	assert_true(json_object_object_get_ex(record, "time_ns", &member));
	assert_null(member);
	json_object_put(object);
	assert_refused(COMB("logs", "older"), 3, "older", "");
}

static void starting_needs_the_module(void **state)
{
	(void)state;
	if (!access("/dev/comb", F_OK))
		skip();
	assert_int_equal(COMB("create", "a", "--kernel", kernel), 0);
	assert_refused(COMB("start", "a"), 5, "comb", "");
	assert_refused(COMB("restart", "a"), 5, "comb", "");
	assert_int_equal(COMB("release"), 0);
	assert_int_equal(COMB("rm", "a"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(life_of_a_definition),
		cmocka_unit_test(restarts_are_cancelled),
		cmocka_unit_test(options_anywhere),
		cmocka_unit_test(nobody_is_there),
		cmocka_unit_test(near_name_is_suggested),
		cmocka_unit_test(one_failure_stops_nobody),
		cmocka_unit_test(bad_definitions),
		cmocka_unit_test(contradictions),
		cmocka_unit_test(file_and_line_are_named),
		cmocka_unit_test(editing_needs_a_terminal),
		cmocka_unit_test(editing),
		cmocka_unit_test(cell_called_lock),
		cmocka_unit_test(saved_logs),
		cmocka_unit_test(starting_needs_the_module),
	};

	return cmocka_run_group_tests(tests, make_kernel, remove_scratch);
}
