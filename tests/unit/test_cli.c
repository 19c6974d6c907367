// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_cli.c - the command line of comb: help, options, errors, generated texts
 *
 * Slow in valgrind.
 */
#include <ctype.h>
#include <json-c/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "has_pidfd.h"
#include "comb_said.h"

#define VERBS_MAX	64

static char pid_text[32];
static char verbs[VERBS_MAX][32];
static unsigned int nr_verbs;

/* The list in `comb --help`, between "Verbs:" and an empty line. */
static void find_verbs(void)
{
	const char *line;

	assert_int_equal(COMB("--help"), 0);
	line = strstr(said_out, "Verbs:\n");
	assert_non_null(line);
	nr_verbs = 0;
	for (line = strchr(line, '\n') + 1; *line == ' '; line = strchr(line, '\n') + 1)
		assert_int_equal(sscanf(line, " %31s", verbs[nr_verbs++]), 1);
	assert_true(nr_verbs >= 17);
}

static void every_verb_has_help(void **state)
{
	static char first[SAID_MAX];

	(void)state;
	find_verbs();
	for (unsigned int i = 0; i < nr_verbs; i++) {
		char usage[64];

		snprintf(usage, sizeof(usage), "Usage: comb %s ", verbs[i]);
		assert_int_equal(COMB(verbs[i], "--help"), 0);
		assert_non_null(strstr(said_out, usage));
		assert_string_equal(said_err, "");
		strcpy(first, said_out);
		assert_int_equal(COMB("help", verbs[i]), 0);
		assert_string_equal(said_out, first);
		assert_int_equal(COMB("-h", verbs[i]), 0);
		assert_string_equal(said_out, first);
	}
}

static void version(void **state)
{
	(void)state;
	assert_int_equal(COMB("--version"), 0);
	assert_string_equal(said_out, "comb " COMB_VERSION "\n");
}

static void no_verb(void **state)
{
	char path[PATH_MAX];

	(void)state;
	comb_path(path, sizeof(path));
	assert_refused(run_to("out", path, (char *[]){ "comb", NULL }), 2, "no verb",
		       "comb --help");
}

static void unknown_words_get_a_suggestion(void **state)
{
	(void)state;
	assert_refused(COMB("strat", "web"), 2, "\"strat\"", "comb start");
	assert_refused(COMB("relaese"), 2, "\"relaese\"", "comb release");
	assert_refused(COMB("xyzzyfoo"), 2, "\"xyzzyfoo\"", "comb --help");
	assert_refused(COMB("help", "strat"), 2, "\"strat\"", "comb help");
	assert_refused(COMB("create", "x", "--memroy", "1G"), 2, "--memroy", "--memory");
	assert_refused(COMB("--jsno", "ls"), 2, "--jsno", "--json");
	assert_refused(COMB("wait", "--stat=running", "--xyzzyfoo"), 2, "--xyzzyfoo", "comb help");
}

static void bad_options(void **state)
{
	(void)state;
	assert_refused(COMB("create", "x", "--memory"), 2, "--memory needs SIZE", "comb help");
	assert_refused(COMB("ls", "--json=yes"), 2, "takes no argument", "--json");
	assert_refused(COMB("ls", "-Z"), 2, "-Z", "comb help ls");
	assert_refused(COMB("ls", "--ver"), 2, "--verbose --version", "in full");
	assert_refused(COMB("create", "x", "--m", "1G"), 2, "--memory --module", "in full");
	assert_refused(COMB("--timeout", "soon", "ls"), 2, "\"soon\"", "--timeout");
	assert_refused(COMB("--timeout", "-1", "ls"), 2, "\"-1\"", "--timeout");
	assert_refused(COMB("--timeout", "nan", "ls"), 2, "\"nan\"", "--timeout");
	assert_refused(COMB("--timeout", "", "ls"), 2, "\"\"", "--timeout");
	assert_refused(COMB("logs", "x", "-n", "many"), 2, "\"many\"", "comb logs -n");
	assert_refused(COMB("logs", "x", "-n", "-3"), 2, "\"-3\"", "comb logs -n");
	assert_refused(COMB("wait", "x", "--state", "ready"), 2, "\"ready\"", "--state");
	assert_refused(COMB("sysrq", "x", "reboot"), 2, "\"reboot\"", "comb sysrq");
	assert_refused(COMB("sysrq", "x", ""), 2, "\"\"", "comb sysrq");
	assert_refused(COMB("run", "--env", "X", "--", "true"), 2, "\"X\"", "--env NAME=VALUE");
	assert_refused(COMB("exec", "x", "--user", "no-such-user", "--", "true"), 2,
		       "\"no-such-user\"", "getent passwd");
	assert_refused(COMB("exec", "--", "true"), 2, "no name", "--any");
	assert_refused(COMB("exec", "a", "b", "--", "true"), 2, "one name", "--any");
	assert_refused(COMB("exec", "--any"), 2, "no COMMAND", "comb exec NAME");
	assert_refused(COMB("exec", "--any", "--env", "X", "--", "true"), 2, "\"X\"", "--env");
	assert_refused(COMB("shell"), 2, "no name", "comb shell");
	assert_refused(COMB("all", "a"), 2, "no COMMAND", "comb all");
	assert_refused(COMB("all", "--user", "no-such-user", "a", "--", "true"), 2,
		       "\"no-such-user\"", "getent passwd");
	assert_refused(COMB("generate"), 2, "nothing is named", "ssh|clustershell");
	assert_refused(COMB("generate", "sssh"), 2, "\"sssh\"", "ssh|clustershell");
	assert_refused(COMB("generate", "ssh", "a"), 2, "behind ssh", "ssh|clustershell");
	assert_refused(COMB("cp", "-", "-"), 2, "neither", "CELL:/PATH");
	assert_refused(COMB("ps", "--sort", "colour"), 2, "\"colour\"", "--sort");
	assert_refused(COMB("ps", "-p", "web:0"), 2, "\"web:0\"", "CELL:PID");
	assert_refused(COMB("ps", "-u", "no such user"), 2, "\"no\"", "passwd");
	assert_refused(COMB("ps", "a/b"), 2, "a/b", "");
	assert_refused(COMB("ps", "nothere"), 3, "nothere: no such cell", "comb");
	assert_refused(COMB("ps", "-C", "no-such-program"), 1, "no such process", "comb ps");
	assert_refused(COMB("signal", "host:-1"), 2, "\"host:-1\"", "CELL:PID");
	assert_refused(COMB("signal", "host:0", "KILL"), 2, "\"host:0\"", "CELL:PID");
	assert_refused(COMB("signal", "1234"), 2, "\"1234\"", "CELL:PID");
	assert_refused(COMB("signal", "host:4194304", "TREM"), 2, "\"TREM\"", "TERM");
	assert_refused(COMB("signal", "-s", "HUP", "host:4194304", "KILL"), 2, "two signals", "KILL");
	if (has_pidfd())
		assert_refused(COMB("signal", "host:4194304"), 1, "no such process", "comb ps host");
	assert_refused(COMB("signal", "nothere:5"), 3, "nothere: no such cell", "comb");
	assert_refused(COMB("top"), 2, "no terminal", "--batch");
	assert_refused(COMB("top", "-d", "0"), 2, "\"0\"", "--interval");
	assert_refused(COMB("top", "-b", "-n", "0"), 2, "\"0\"", "--count");
	assert_refused(COMB("top", "-n", "1"), 2, "batch", "--batch");
	assert_refused(COMB("--generate", "nonsense"), 2, "nonsense", "bash");
}

static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value;

	assert_true(json_object_object_get_ex(object, key, &value));
	return value;
}

/* Without a module the host is all there is. */
static void processes_of_the_host(void **state)
{
	char *tops[] = { "comb", "--json", "top", "-n", "1", "-d", "0.1", "-p", pid_text, NULL };
	struct json_object *all, *process;
	char path[PATH_MAX];

	(void)state;
	snprintf(pid_text, sizeof(pid_text), "%d", getpid());
	assert_int_equal(COMB("ps", "host", "-p", pid_text), 0);
	assert_memory_equal(said_out, "CELL", 4);
	assert_non_null(strstr(said_out, "test_cli"));
	comb_path(path, sizeof(path));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(i ? run_to("out", path, tops) :
				 COMB("--json", "ps", "-p", pid_text), 0);
		all = json_tokener_parse(said_out);
		assert_non_null(all);
		assert_int_equal(json_object_array_length(member(all, "processes")), 1);
		process = json_object_array_get_idx(member(all, "processes"), 0);
		assert_string_equal(json_object_get_string(member(process, "cell")), "host");
		assert_int_equal(json_object_get_int(member(process, "pid")), getpid());
		assert_int_equal(json_object_get_int(member(process, "ppid")), getppid());
		assert_true(json_object_get_int64(member(process, "memory")) > 0);
		assert_int_equal(json_object_array_length(member(all, "kernels")), 1);
		json_object_put(all);
	}
	if (!has_pidfd())
		return;
	snprintf(pid_text, sizeof(pid_text), "host:%d", getpid());
	assert_int_equal(COMB("signal", pid_text, "0"), 0);
	assert_int_equal(COMB("signal", pid_text, "-n", "KILL"), 0);
	assert_non_null(strstr(said_err, "would send KILL"));
}

static void wrong_number_of_names(void **state)
{
	(void)state;
	assert_refused(COMB("start"), 2, "no name", "comb start [OPTIONS] NAME...");
	assert_refused(COMB("create"), 2, "no name", "comb create");
	assert_refused(COMB("create", "a", "b"), 2, "one name", "comb create");
	assert_refused(COMB("create", "a", "--"), 2, "no COMMAND", "comb create");
	assert_refused(COMB("check", "a"), 2, "no name", "comb check");
	assert_refused(COMB("sysrq", "a"), 2, "two arguments", "comb sysrq");
	assert_refused(COMB("dump", "a"), 2, "two arguments", "comb dump");
	assert_refused(COMB("dump", "a/b", "core"), 2, "a/b", "");
	assert_refused(COMB("dump", "nothere", "core"), 3, "nothere: no such cell", "comb");
}

static void bad_names(void **state)
{
	static char *const names[] = {
		"", "a/b", "../etc/passwd", "-", ".hidden", "two words", "host", "caf\303\251",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	};

	(void)state;
	find_verbs();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(COMB("create", names[i]), 2);
		assert_int_equal(COMB("start", names[i]), 2);
		assert_int_equal(COMB("logs", names[i]), 2);
		assert_int_equal(COMB("rm", "-y", names[i]), 2);
		if (strcmp(names[i], "host"))
			assert_int_equal(COMB("show", names[i]), 2);
	}
}

static struct json_object *parse_output(void)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *object, *version;

	object = json_tokener_parse_ex(tokener, said_out, strlen(said_out));
	assert_non_null(object);
	/* Nothing may follow the one object. */
	for (size_t i = json_tokener_get_parse_end(tokener); said_out[i]; i++)
		assert_true(isspace((unsigned char)said_out[i]));
	json_tokener_free(tokener);
	assert_true(json_object_object_get_ex(object, "comb", &version));
	assert_int_equal(json_object_get_int(version), 1);
	return object;
}

static void json_has_the_errors(void **state)
{
	struct json_object *object, *errors, *error, *member;

	(void)state;
	assert_int_equal(COMB("--json", "logs", "nobody"), 3);
	assert_memory_equal(said_err, "comb: nobody: ", 14);
	object = parse_output();
	assert_true(json_object_object_get_ex(object, "errors", &errors));
	assert_int_equal(json_object_array_length(errors), 1);
	error = json_object_array_get_idx(errors, 0);
	assert_true(json_object_object_get_ex(error, "cell", &member));
	assert_string_equal(json_object_get_string(member), "nobody");
	assert_true(json_object_object_get_ex(error, "status", &member));
	assert_int_equal(json_object_get_int(member), 3);
	json_object_put(object);

	/* Even if the command line itself is wrong. */
	assert_int_equal(COMB("logs", "--lniex", "--json"), 2);
	json_object_put(parse_output());
}

static void json_is_one_object(void **state)
{
	struct json_object *object, *cells, *cpus;

	(void)state;
	assert_int_equal(COMB("ls", "--json"), 0);
	object = parse_output();
	assert_true(json_object_object_get_ex(object, "cells", &cells));
	assert_true(json_object_array_length(cells) >= 1);
	json_object_put(object);
	assert_int_equal(COMB("--json", "topo"), 0);
	object = parse_output();
	assert_true(json_object_object_get_ex(object, "cpus", &cpus));
	assert_true(json_object_array_length(cpus) >= 1);
	json_object_put(object);
	assert_int_equal(COMB("--json", "show", "host"), 0);
	json_object_put(parse_output());
	COMB("--json", "-n", "check");
	object = parse_output();
	assert_true(json_object_object_get_ex(object, "checks", &cells));
	assert_true(json_object_array_length(cells) >= 8);
	json_object_put(object);
}

/* The line of `comb check` about @name. */
static const char *check_line(const char *name)
{
	static char line[256];
	char start[32];
	const char *at;

	COMB("-n", "check");
	for (at = said_out; *at; at = strchr(at, '\n') + 1) {
		if (sscanf(at, "%*s %31s", start) != 1 || strcmp(start, name))
			continue;
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
		return line;
	}
	fail_msg("no line about %s in:\n%s", name, said_out);
	return NULL;
}

/* What is missing costs devices, not cells: a warning that says which. */
static void check_looks_at_devices(void **state)
{
	bool disks = !access("/usr/bin/qemu-storage-daemon", X_OK);
	char *path = strdup(getenv("PATH"));

	(void)state;
	assert_memory_equal(check_line("disks"), disks ? "ok  " : "warn", 4);
	check_line("vsock");
	check_line("files");
	setenv("PATH", "/nowhere", 1);
	assert_memory_equal(check_line("network"), "warn", 4);
	setenv("PATH", path, 1);
	free(path);
}

/* Help and the version are texts, with --json too: no object is mixed with them. */
static void texts_have_no_json(void **state)
{
	static char *const lines[][3] = {
		{ "--json", "--version" }, { "--json", "--help" }, { "--json", "help", "ls" },
		{ "ls", "--json", "--help" }, { "--json", "--generate", "man-keys" },
	};
	char path[PATH_MAX];

	(void)state;
	comb_path(path, sizeof(path));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char *argv[] = { "comb", lines[i][0], lines[i][1], lines[i][2], NULL };

		assert_int_equal(run_to("out", path, argv), 0);
		assert_true(said_out[0]);
		assert_null(strstr(said_out, "\"comb\":"));
	}
}

static void full_disk_is_a_failure(void **state)
{
	char path[PATH_MAX];

	(void)state;
	comb_path(path, sizeof(path));
	assert_int_equal(run_to("/dev/full", path, (char *[]){ "comb", "--help", NULL }), 1);
	assert_non_null(strstr(said_err, "cannot write"));
}

/* Each "--option" of a help text must be in @text, written @before and @after it. */
static void assert_options_in(const char *help, const char *text, const char *before,
			      const char *after)
{
	for (const char *line = help; (line = strstr(line, "\n  ")); line++) {
		const char *option = strstr(line + 1, "--");
		char wanted[128];
		int length;

		if (!option || option > strchrnul(line + 1, '\n') || option - line > 7)
			continue;
		length = strspn(option, "-abcdefghijklmnopqrstuvwxyz");
		snprintf(wanted, sizeof(wanted), "%s%.*s%s", before, length, option, after);
		if (!strstr(text, wanted))
			fail_msg("%s is missing", wanted);
	}
}

static void generated_texts_are_complete(void **state)
{
	static char manual[SAID_MAX], options[SAID_MAX], bash[SAID_MAX], zsh[SAID_MAX],
		fish[SAID_MAX];

	(void)state;
	find_verbs();
	assert_int_equal(COMB("--generate", "man-options"), 0);
	strcpy(options, said_out);
	assert_int_equal(COMB("--generate", "man-verbs"), 0);
	strcpy(manual, said_out);
	/* scdoc takes such a line for an entry of a list. */
	assert_null(strstr(manual, "\n\t-"));
	assert_true(strlen(manual) + strlen(options) < SAID_MAX);
	strcat(manual, options);
	assert_int_equal(COMB("--generate", "bash"), 0);
	strcpy(bash, said_out);
	assert_int_equal(COMB("--generate", "zsh"), 0);
	strcpy(zsh, said_out);
	assert_int_equal(COMB("--generate", "fish"), 0);
	strcpy(fish, said_out);
	for (unsigned int i = 0; i < nr_verbs; i++) {
		char entry[64];

		snprintf(entry, sizeof(entry), "*comb %s* ", verbs[i]);
		assert_non_null(strstr(manual, entry));
		snprintf(entry, sizeof(entry), "\t%s)\n", verbs[i]);
		assert_non_null(strstr(bash, entry));
		assert_non_null(strstr(zsh, entry));
		snprintf(entry, sizeof(entry), " -a %s -d ", verbs[i]);
		assert_non_null(strstr(fish, entry));
		assert_int_equal(COMB(verbs[i], "--help"), 0);
		assert_options_in(said_out, manual, "*", "*");
		assert_options_in(said_out, bash, "", "");
		assert_options_in(said_out, zsh, "", "");
		/* "--name" is "-l name" there. */
		assert_non_null(strstr(fish, "-l timeout -x"));
	}
}

static void bash_completion_works(void **state)
{
	static const char script[] =
		"cd \"${1%/*}\"; . \"$1\"; "
		"COMP_WORDS=($2); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _comb; "
		"echo \"${COMPREPLY[@]}\"";
	static const struct {
		char *line;
		const char *answer;
	} cases[] = {
		{ "comb sta", "start\n" },
		{ "comb --timeout 3 st", "start stop\n" },
		{ "comb create --mem", "--memory\n" },
		{ "comb wait web --state pa", "panic\n" },
		{ "comb logs --fo", "--follow\n" },
		{ "comb help rel", "release\n" },
		{ "comb clus", "cluster\n" },
		{ "comb cluster sta", "start\n" },
		{ "comb -q cluster --timeout 3 sto", "stop\n" },
		{ "comb cluster create --cel", "--cells\n" },
		{ "comb cluster rm --mem", "\n" },
		{ "comb create --root = comb.b", "comb.bash\n" },
		{ "comb cp a", "a file\n" },
		/* Names of files are not commands of root's shell. */
		{ "comb cp $(>", "$(>evil)\n" },
		{ "comb exec web -- ls --t", "\n" },
	};
	char path[PATH_MAX];

	(void)state;
	assert_int_equal(COMB("--generate", "bash"), 0);
	write_text("comb.bash", said_out);
	write_text("a file", "");
	write_text("$(>evil)", "");
	scratch_path(path, sizeof(path), "comb.bash");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *argv[] = { "bash", "-c", (char *)script, "bash", path, cases[i].line, NULL };

		assert_int_equal(run_to("out", "bash", argv), 0);
		assert_string_equal(said_err, "");
		assert_string_equal(said_out, cases[i].answer);
	}
	scratch_path(path, sizeof(path), "evil");
	assert_int_equal(access(path, F_OK), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_verb_has_help),
		cmocka_unit_test(version),
		cmocka_unit_test(no_verb),
		cmocka_unit_test(unknown_words_get_a_suggestion),
		cmocka_unit_test(bad_options),
		cmocka_unit_test(processes_of_the_host),
		cmocka_unit_test(wrong_number_of_names),
		cmocka_unit_test(bad_names),
		cmocka_unit_test(json_has_the_errors),
		cmocka_unit_test(json_is_one_object),
		cmocka_unit_test(check_looks_at_devices),
		cmocka_unit_test(texts_have_no_json),
		cmocka_unit_test(full_disk_is_a_failure),
		cmocka_unit_test(generated_texts_are_complete),
		cmocka_unit_test(bash_completion_works),
	};

	return cmocka_run_group_tests(tests, make_comb_scratch, remove_scratch);
}
