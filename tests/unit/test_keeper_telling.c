// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a watcher makes of states, and that somebody acts upon them to the end. The process that
 * acts is this program.
 *
 * Not in valgrind, where /proc/self/exe is valgrind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../keeper/telling.h"

#define MINUTE_NS	60000000000ULL

static char top[32];
static struct told told;
static struct comb_cell cell;
static struct comb_watch policy;
static struct telling telling;

static void in_top(char path[128], const char *name)
{
	snprintf(path, 128, "%s/%s", getenv("COMB_RUN_DIR"), name);
}

static void touch(const char *name)
{
	char path[128];
	FILE *out;

	in_top(path, name);
	out = fopen(path, "a");
	assert_non_null(out);
	fclose(out);
}

/* No process can be had that many times. */
static unsigned int spawn_fails;

int posix_spawn(pid_t *restrict pid, const char *restrict path,
		const posix_spawn_file_actions_t *actions,
		const posix_spawnattr_t *restrict attributes, char *const argv[restrict],
		char *const environment[restrict])
{
	int (*spawn)(pid_t *, const char *, const posix_spawn_file_actions_t *,
		     const posix_spawnattr_t *, char *const [], char *const []);

	if (spawn_fails) {
		spawn_fails--;
		return EAGAIN;
	}
	*(void **)&spawn = dlsym(RTLD_NEXT, "posix_spawn");
	return spawn(pid, path, actions, attributes, argv, environment);
}

/* ---- the one who acts ---- */

static bool is_there(const char *name)
{
	char path[128];

	in_top(path, name);
	return !access(path, F_OK);
}

/* It says what it was told to do; a file "kill-N" is the death of one, "wait" makes it wait. */
static int act(const char *task)
{
	static const char *const deaths[] = { "kill-1", "kill-2" };
	char path[128];
	FILE *out;

	in_top(path, "acts");
	out = fopen(path, "a");
	if (!out)
		return 1;
	fprintf(out, "%s\n", task);
	fclose(out);
	while (is_there("wait"))
		poll(NULL, 0, 10);
	for (int i = 0; i < 2; i++) {
		in_top(path, deaths[i]);
		if (!unlink(path))
			raise(SIGKILL);
	}
	return 0;
}

/* How many were told to do something, the case of the last one in @word */
static unsigned int acts(char word[16])
{
	char path[128], line[100];
	unsigned int count = 0;
	FILE *in;

	in_top(path, "acts");
	in = fopen(path, "r");
	word[0] = '\0';
	while (in && fgets(line, sizeof(line), in)) {
		count++;
		sscanf(line, "%15[a-z]", word);
	}
	if (in)
		fclose(in);
	return count;
}

/* ---- the watcher ---- */

static int set_up(void **state)
{
	(void)state;
	strcpy(top, "/tmp/comb-keeper-XXXXXX");
	if (!mkdtemp(top) || setenv("COMB_RUN_DIR", top, 1))
		return -1;
	memset(&told, 0, sizeof(told));
	told.state = COMB_STATE_RUNNING;
	told.started_ns = 77;
	memset(&policy, 0, sizeof(policy));
	policy.actions[COMB_WATCH_HANG] = COMB_WATCH_RESTART;
	policy.actions[COMB_WATCH_PANIC] = COMB_WATCH_RESTART;
	telling = (struct telling){
		.name = "a", .directory = top, .cell = &cell, .watch = &policy, .told = &told,
		.acting = { .name = "a", .told = &told, .fd = -1 },
	};
	return 0;
}

static int tear_down(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

static void look(enum comb_state state)
{
	struct comb_observation seen = { .state = state, .silent_ns = UINT64_MAX };

	snprintf(seen.health, sizeof(seen.health), "%s", comb_state_name(state));
	telling_take(&telling, &seen);
}

/* As rest() does, until nobody acts. */
static void look_to_the_end(enum comb_state state)
{
	for (int i = 0; i < 10 && telling.acting.pid; i++) {
		struct pollfd end = { .fd = telling.acting.fd, .events = POLLIN };

		assert_int_equal(poll(&end, 1, 20000), 1);
		look(state);
	}
	assert_int_equal(telling.acting.pid, 0);
	assert_int_equal(telling.acting.fd, -1);
	assert_true(told.action_ns == 0);
}

static void events_of_states(void **state)
{
	(void)state;
	assert_null(telling_event(COMB_STATE_RUNNING, COMB_STATE_RUNNING));
	assert_null(telling_event(COMB_STATE_LOADING, COMB_STATE_BOOTING));
	assert_string_equal(telling_event(COMB_STATE_BOOTING, COMB_STATE_RUNNING), "running");
	assert_string_equal(telling_event(COMB_STATE_HUNG, COMB_STATE_RUNNING), "recovered");
	assert_string_equal(telling_event(COMB_STATE_RUNNING, COMB_STATE_HUNG), "hung");
	assert_string_equal(telling_event(COMB_STATE_HUNG, COMB_STATE_PANIC), "panic");
	assert_string_equal(telling_event(COMB_STATE_STOPPING, COMB_STATE_STOPPED), "stopped");
	assert_int_equal(telling_case(COMB_STATE_PANIC, "panic"), COMB_WATCH_PANIC);
	assert_int_equal(telling_case(COMB_STATE_HUNG, "hung"), COMB_WATCH_HANG);
	assert_int_equal(telling_case(COMB_STATE_STOPPED, "reboot"), COMB_WATCH_REBOOT);
	assert_int_equal(telling_case(COMB_STATE_STOPPED, "power off"), COMB_WATCH_CASES);
	assert_int_equal(telling_case(COMB_STATE_LOST, "lost"), COMB_WATCH_CASES);
}

/* It stalls and recovers, and hangs for good soon after. */
static void second_hang_is_acted_upon_later(void **state)
{
	char word[16];

	(void)state;
	look(COMB_STATE_HUNG);
	look_to_the_end(COMB_STATE_HUNG);
	assert_int_equal(acts(word), 1);
	assert_string_equal(word, "hung");
	look(COMB_STATE_RUNNING);
	look(COMB_STATE_HUNG);
	look(COMB_STATE_HUNG);
	assert_int_equal(telling.acting.pid, 0);
	assert_true(acting_waits(&telling.acting));
	told.acted_ns[COMB_WATCH_HANG] -= MINUTE_NS;
	look(COMB_STATE_HUNG);
	look_to_the_end(COMB_STATE_HUNG);
	assert_int_equal(acts(word), 2);
	assert_false(acting_waits(&telling.acting));
	/* That is all. */
	told.acted_ns[COMB_WATCH_HANG] -= MINUTE_NS;
	look(COMB_STATE_HUNG);
	assert_int_equal(telling.acting.pid, 0);
}

static void recovery_is_the_end_of_it(void **state)
{
	char word[16];

	(void)state;
	look(COMB_STATE_HUNG);
	look_to_the_end(COMB_STATE_HUNG);
	look(COMB_STATE_RUNNING);
	look(COMB_STATE_HUNG);
	look(COMB_STATE_RUNNING);
	told.acted_ns[COMB_WATCH_HANG] -= MINUTE_NS;
	look(COMB_STATE_RUNNING);
	assert_int_equal(telling.acting.pid, 0);
	assert_false(acting_waits(&telling.acting));
	assert_int_equal(acts(word), 1);
}

/* One after the other. */
static void panic_waits_for_the_action_before(void **state)
{
	char word[16];
	char path[128];
	pid_t first;

	(void)state;
	touch("wait");
	look(COMB_STATE_HUNG);
	first = telling.acting.pid;
	assert_true(first > 0);
	look(COMB_STATE_PANIC);
	assert_int_equal(telling.acting.pid, first);
	in_top(path, "wait");
	assert_int_equal(unlink(path), 0);
	look_to_the_end(COMB_STATE_PANIC);
	assert_int_equal(acts(word), 2);
	assert_string_equal(word, "panic");
}

static void killed_one_is_started_once_more(void **state)
{
	char word[16];

	(void)state;
	touch("kill-1");
	look(COMB_STATE_PANIC);
	assert_true(told.action_ns != 0);
	look_to_the_end(COMB_STATE_PANIC);
	assert_int_equal(acts(word), 2);
	/* Not for ever. */
	told.state = COMB_STATE_RUNNING;
	told.acted_ns[COMB_WATCH_PANIC] = 0;
	touch("kill-1");
	touch("kill-2");
	look(COMB_STATE_PANIC);
	look_to_the_end(COMB_STATE_PANIC);
	assert_int_equal(acts(word), 4);
}

/* The next watcher cannot know whether it ended well; its journal does. */
static void next_watcher_goes_on(void **state)
{
	char word[16];
	int status;

	(void)state;
	look(COMB_STATE_PANIC);
	assert_int_equal(waitpid(telling.acting.pid, &status, 0), telling.acting.pid);
	close(telling.acting.fd);
	telling.acting = (struct acting){ .name = "a", .told = &told, .fd = -1 };
	telling_resume(&telling);
	look_to_the_end(COMB_STATE_PANIC);
	assert_int_equal(acts(word), 2);
}

static void failed_launch_is_tried_again(void **state)
{
	char word[16];

	(void)state;
	spawn_fails = 2;
	look(COMB_STATE_PANIC);
	look(COMB_STATE_PANIC);
	assert_int_equal(telling.acting.pid, 0);
	assert_true(acting_waits(&telling.acting));
	look(COMB_STATE_PANIC);
	look_to_the_end(COMB_STATE_PANIC);
	assert_int_equal(acts(word), 1);
	assert_string_equal(word, "panic");
}

/* What changes too often is left out, but for the end. */
static void flood_hides_no_end(void **state)
{
	char word[16];

	(void)state;
	policy.actions[COMB_WATCH_HANG] = 0;
	for (int i = 0; i < 100; i++)
		look(i & 1 ? COMB_STATE_RUNNING : COMB_STATE_HUNG);
	assert_int_equal(acts(word), 0);
	look(COMB_STATE_PANIC);
	look_to_the_end(COMB_STATE_PANIC);
	assert_int_equal(acts(word), 1);
}

int main(int argc, char *argv[])
{
#define top_test(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_of_states),
		top_test(second_hang_is_acted_upon_later),
		top_test(recovery_is_the_end_of_it),
		top_test(panic_waits_for_the_action_before),
		top_test(killed_one_is_started_once_more),
		top_test(next_watcher_goes_on),
		top_test(failed_launch_is_tried_again),
		top_test(flood_hides_no_end),
	};

	if (argc == 4 && !strcmp(argv[1], "--act"))
		return act(argv[2]);
	return cmocka_run_group_tests_name("keeper_telling", tests, NULL, NULL);
}
