// SPDX-License-Identifier: GPL-2.0-or-later
#include "action.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "action_steps.h"
#include "device.h"
#include "rundir.h"

#define JOURNAL_MAGIC	0x494f544341424d4fULL

/**
 * struct journal - DIR/.NAME.action: how far the last action has come
 * @magic: JOURNAL_MAGIC
 * @started_ns: of which cell
 * @time_ns: of which event
 * @begun: steps (enum comb_watch_action) that were begun
 * @done: and that are over, well or not
 */
struct journal {
	uint64_t magic;
	uint64_t started_ns;
	uint64_t time_ns;
	uint32_t begun;
	uint32_t done;
};

static const char *const case_names[COMB_WATCH_CASES] = {
	[COMB_WATCH_PANIC] = "panic", [COMB_WATCH_HANG] = "hung", [COMB_WATCH_REBOOT] = "reboot",
};

/* ---- the watcher's side ---- */

static int launch(pid_t *pid, char *const argv[])
{
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int error;

	sigemptyset(&none);
	sigfillset(&all);
	error = posix_spawnattr_init(&attributes);
	if (error)
		return error;
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
				 POSIX_SPAWN_SETSID);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	error = posix_spawn(pid, "/proc/self/exe", NULL, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	return error;
}

pid_t action_launch(const char *name, enum comb_watch_case what, uint64_t time_ns,
		    uint64_t started_ns, const char *reason)
{
	char task[80];
	char *argv[] = { "comb-keeper", "--act", task, (char *)name, NULL };
	pid_t pid = -1;
	int error;

	snprintf(task, sizeof(task), "%s:%" PRIu64 ":%" PRIu64, case_names[what], time_ns,
		 started_ns);
	if (setenv("COMB_REASON", reason, 1))
		return -1;
	error = launch(&pid, argv);
	unsetenv("COMB_REASON");
	errno = error;
	return error ? -1 : pid;
}

static void journal_path(char path[PATH_MAX], const char *name)
{
	snprintf(path, PATH_MAX, "%s/.%s.action", rundir_top(), name);
}

/* @create: O_CREAT or 0 */
static int journal_open(const char *name, int create)
{
	char path[PATH_MAX];

	journal_path(path, name);
	return open(path, O_RDWR | create | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static void journal_complain(const char *name, int error)
{
	char path[PATH_MAX];

	journal_path(path, name);
	keeper_log(NULL, "%s: %s", path, strerror(error));
}

void action_prepare(const char *name)
{
	int fd = journal_open(name, O_CREAT);
	int error = fd < 0 ? errno : posix_fallocate(fd, 0, sizeof(struct journal));

	if (error)
		journal_complain(name, error);
	if (fd >= 0)
		close(fd);
}

void action_tidy(const char *name)
{
	int fd = journal_open(name, 0);
	char path[PATH_MAX];

	if (fd < 0)
		return;
	journal_path(path, name);
	if (!flock(fd, LOCK_EX | LOCK_NB))
		unlink(path);
	close(fd);
}

/* ---- the other one ---- */

static int task_parse(struct action *action, const char *task)
{
	char word[16];

	if (sscanf(task, "%15[a-z]:%" SCNu64 ":%" SCNu64, word, &action->time_ns,
		   &action->started_ns) != 3)
		return -1;
	for (int i = 0; i < COMB_WATCH_CASES; i++) {
		if (strcmp(word, case_names[i]))
			continue;
		action->what = (enum comb_watch_case)i;
		action->what_name = case_names[i];
		return 0;
	}
	return -1;
}

/* Waits until an action that is under way is over. -1: there is no journal. */
static int journal_lock(const struct action *action)
{
	int fd = journal_open(action->name, O_CREAT), status;

	if (fd < 0) {
		journal_complain(action->name, errno);
		return -1;
	}
	do
		status = flock(fd, LOCK_EX);
	while (status && errno == EINTR);
	return fd;
}

/* Better done twice, should somebody be killed at it, than not at all. */
static void journal_write(int fd, const struct action *action, const struct journal *journal)
{
	if (fd >= 0 && pwrite(fd, journal, sizeof(*journal), 0) != (ssize_t)sizeof(*journal))
		journal_complain(action->name, errno);
}

static void journal_read(int fd, const struct action *action, struct journal *journal)
{
	if (pread(fd, journal, sizeof(*journal), 0) == (ssize_t)sizeof(*journal) &&
	    journal->magic == JOURNAL_MAGIC && journal->started_ns == action->started_ns &&
	    journal->time_ns == action->time_ns)
		return;
	*journal = (struct journal){
		.magic = JOURNAL_MAGIC, .started_ns = action->started_ns,
		.time_ns = action->time_ns,
	};
}

static const struct {
	enum comb_watch_action step;
	const char *name;
	void (*run)(struct action *action);
} steps[] = {
	{ COMB_WATCH_NOTIFY, "notify", action_notify },
	{ COMB_WATCH_DUMP, "dump", action_dump },
	{ COMB_WATCH_RESTART, "restart", action_restart },
	{ COMB_WATCH_STOP, "stop", action_stop },
};

/* One who was to do it has died at it: nothing is done twice. */
static void tell_interrupted(const struct action *action, const char *name)
{
	action_tell(action, name, NULL, "interrupted: who did it was killed");
}

static void act(struct action *action, int fd)
{
	unsigned int wanted = action->def.watch.actions[action->what];
	struct journal journal;

	journal_read(fd, action, &journal);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		enum comb_watch_action step = steps[i].step;

		if (!(wanted & step) || (journal.done & step))
			continue;
		if (journal.begun & step) {
			tell_interrupted(action, steps[i].name);
		} else {
			journal.begun |= step;
			journal_write(fd, action, &journal);
			steps[i].run(action);
		}
		journal.done |= step;
		journal_write(fd, action, &journal);
	}
}

int action_run(const char *name, const char *task)
{
	struct action action = { .name = name };
	const char *reason = getenv("COMB_REASON");
	struct comb_error err = { 0 };
	struct rundir rundir;
	int fd;

	if (task_parse(&action, task)) {
		fprintf(stderr, "comb-keeper: \"%s\" is no task\ntry: comb-keeper --help\n", task);
		return COMB_USAGE;
	}
	/* Of that cell. Its keeper takes it away with the cell, and then nobody needs this. */
	if (rundir_name(&rundir, name, &err) ||
	    comb_definition_load_copy(&action.def, rundir.path, name, &err)) {
		comb_definition_free(&action.def);
		keeper_log(NULL, "%s", err.what);
		return (int)err.status;
	}
	snprintf(action.reason, sizeof(action.reason), "%s", reason ? reason : "");
	/* No matter of a keeper that is started from here. */
	unsetenv("COMB_REASON");
	fd = journal_lock(&action);
	act(&action, fd);
	comb_definition_free(&action.def);
	if (fd >= 0)
		close(fd);
	/* Its keeper may have ended meanwhile. */
	if (access(rundir.path, F_OK))
		action_tidy(name);
	return 0;
}
