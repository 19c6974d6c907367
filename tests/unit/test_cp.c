// SPDX-License-Identifier: GPL-2.0-or-later
/* test_cp.c - comb cp against a real agent; the cell's files are this machine's, too */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/socket.h>

/* Instead of a cell: its agent at the other end of a socket pair. */
#define agent_open	open_pair
#include "../../cmd/verb_cp.c"
#undef agent_open
#include "../../init/agent.h"

static char scratch[] = "/tmp/comb-cp-XXXXXX";
static unsigned int opened;

int open_pair(struct cli *cli, const char *name, struct comb_error *err)
{
	int fds[2];

	(void)cli;
	(void)err;
	assert_string_equal(name, "web");
	opened++;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return -1;
	if (!fork()) {
		close(fds[0]);
		agent_session(fds[1]);
		_exit(0);
	}
	close(fds[1]);
	return fds[0];
}

int agent_refuse_json(const struct cli *cli, struct comb_error *err)
{
	(void)cli;
	(void)err;
	return 0;
}

int agent_run(struct cli *cli, const char *name, int fd, struct client_run *run,
	      struct comb_error *err)
{
	int status, result = client_run(fd, run, &status, err);

	(void)name;
	close(fd);
	cli->status = (enum comb_status)(result ? 0 : status);
	return result || err->what[0] ? -1 : 0;
}

void cli_say(const struct cli *cli, const char *fmt, ...)
{
	(void)cli;
	(void)fmt;
}

void cli_free_pointer(void *pointer)
{
	free(*(void **)pointer);
}

/* comb cp, with "@" for the scratch directory. Returns the exit status. */
static int cp(const char *from, const char *to)
{
	char places[2][256], *names[] = { places[0], places[1], NULL };
	const char *given[] = { from, to };
	struct cli cli = { .names = names, .nr_names = 2 };
	struct comb_error err = { 0 };

	for (int i = 0; i < 2; i++) {
		const char *at = strchr(given[i], '@');
		int before = at ? (int)(at - given[i]) : 0;

		snprintf(places[i], sizeof(places[i]), "%.*s%s%s", before, given[i],
			 at ? scratch : "", at ? at + 1 : given[i]);
	}
	return verb_cp(&cli, &err) ? (int)err.status : (int)cli.status;
}

static int sh(const char *script)
{
	char command[1024];

	snprintf(command, sizeof(command), "set -e; cd %s; %s", scratch, script);
	return system(command);
}

static void test_both_ways(void **state)
{
	(void)state;
	assert_int_equal(sh("mkdir -p site/sub cell; head -c 2000000 /dev/urandom >site/much; "
			    "echo text >site/sub/text; ln -s text site/sub/link; "
			    "chmod 600 site/much; touch -d 2020-01-01 site/sub"), 0);
	assert_int_equal(cp("@/site", "web:@/cell"), 0);
	assert_int_equal(sh("diff -r --no-dereference site cell/site"), 0);
	assert_int_equal(cp("web:@/cell/site/", "@/back"), 0);
	assert_int_equal(sh("diff -r --no-dereference site back; "
			    "[ $(stat -c %a back/much) = 600 ]; "
			    "[ $(stat -c %Y back/sub) = $(stat -c %Y site/sub) ]"), 0);
	assert_int_equal(cp("@/site/sub/text", "web:@/cell/new"), 0);
	assert_int_equal(cp("web:@/cell/new", "@"), 0);
	assert_int_equal(sh("cmp site/sub/text new"), 0);
}

static void test_failures(void **state)
{
	(void)state;
	assert_int_equal(cp("web:@/absent", "@/x"), COMB_FAILED);
	assert_int_equal(cp("@/absent", "web:@/x"), COMB_FAILED);
	assert_int_equal(sh("[ ! -e x ]; echo x >file; mkdir -p odd; mkfifo odd/fifo"), 0);
	assert_int_equal(cp("@/file", "web:@/no/such/place"), COMB_FAILED);
	assert_int_equal(cp("web:@/file", "@/no/such/place"), COMB_FAILED);
	/* What can be copied is, but it is not success. */
	assert_int_equal(cp("web:@/odd", "@/odd2"), COMB_FAILED);
	assert_int_equal(sh("[ -d odd2 ]"), 0);
}

static void test_places(void **state)
{
	unsigned int before = opened;

	(void)state;
	assert_int_equal(cp("a", "b"), COMB_USAGE);
	assert_int_equal(cp("web:/a", "web:/b"), COMB_USAGE);
	assert_int_equal(cp("web:relative", "b"), COMB_USAGE);
	assert_int_equal(cp(":/a", "b"), COMB_USAGE);
	assert_int_equal(cp("no cell:/a", "b"), COMB_USAGE);
	assert_int_equal(opened, before);
	/* Nothing to call it. */
	assert_int_equal(cp("web:/..", "@/y"), COMB_USAGE);
}

static void test_standard_files(void **state)
{
	int in = dup(0), out = dup(1);

	(void)state;
	fflush(stdout);
	assert_int_equal(sh("head -c 500000 /dev/urandom >bytes; : >got"), 0);
	assert_int_equal(chdir(scratch), 0);
	dup2(open("bytes", O_RDONLY | O_CLOEXEC), 0);
	assert_int_equal(cp("-", "web:@/taken"), 0);
	dup2(in, 0);
	assert_int_equal(sh("cmp bytes taken"), 0);
	dup2(open("got", O_WRONLY | O_CLOEXEC), 1);
	assert_int_equal(cp("web:@/bytes", "-"), 0);
	dup2(out, 1);
	assert_int_equal(sh("cmp bytes got"), 0);
	assert_int_equal(cp("web:@", "-"), COMB_FAILED);
	close(in);
	close(out);
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(scratch) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	return chdir("/") || sh("rm -rf $PWD");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_standard_files),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
