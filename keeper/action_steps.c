// SPDX-License-Identifier: GPL-2.0-or-later
#include "action_steps.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <eventlog.h>

#include "bounded.h"
#include "condition.h"
#include "device.h"
#include "rundir.h"

#define HOOK_S		30
#define DUMP_S		1800
#define KILL_S		120

void action_tell(const struct action *action, const char *event, const char *reason,
		 const char *error)
{
	char after[32];
	struct comb_event told = {
		.cell = action->name, .event = event, .reason = reason ? reason : after,
		.error = error, .detected_ns = UINT64_MAX,
	};
	struct comb_error err = { 0 };

	snprintf(after, sizeof(after), "after %s", action->what_name);
	if (comb_eventlog_append(rundir_top(), &told, &err))
		keeper_log(NULL, "%s", err.what);
}

/* ---- notify ---- */

/* As run-parts(8): no names with dots, which packages and editors leave behind. */
static int is_hook(const struct dirent *entry)
{
	return !strchr(entry->d_name, '.') && !strchr(entry->d_name, '~');
}

static char **hook_environment(const struct action *action)
{
	char **all, *cell, *event, *reason;
	size_t count = 0, at = 0;

	while (environ[count])
		count++;
	all = calloc(count + 4, sizeof(*all));
	if (!all)
		return NULL;
	for (size_t i = 0; i < count; i++)
		all[at++] = environ[i];
	if (asprintf(&cell, "COMB_CELL=%s", action->name) < 0 ||
	    asprintf(&event, "COMB_EVENT=%s", action->what_name) < 0 ||
	    asprintf(&reason, "COMB_REASON=%s", action->reason) < 0)
		abort();
	all[at++] = cell;
	all[at++] = event;
	all[at] = reason;
	return all;
}

/* The last three are its own. */
static void environment_free(char **environment)
{
	size_t count = 0;

	while (environment[count])
		count++;
	for (size_t i = count - 3; i < count; i++)
		free(environment[i]);
	free(environment);
}

static const char *hook_directory(void)
{
	static char path[PATH_MAX];
	const char *moved = secure_getenv("COMB_CONFIG_DIR");

	snprintf(path, sizeof(path), "%s/notify.d", moved && *moved ? moved : COMB_DEFINITION_DIR);
	return path;
}

/* 1: it ran, 0: it is none, -1: @err */
static int hook_run(const char *name, char *const environment[], struct comb_error *err)
{
	char path[PATH_MAX];
	char *argv[] = { path, NULL };
	struct stat stat_;

	snprintf(path, sizeof(path), "%.2000s/%s", hook_directory(), name);
	if (stat(path, &stat_) || !S_ISREG(stat_.st_mode) || access(path, X_OK))
		return 0;
	return bounded_run(argv, environment, HOOK_S, err) ? -1 : 1;
}

void action_notify(struct action *action)
{
	struct comb_error err = { 0 };
	struct dirent **entries;
	int found = scandir(hook_directory(), &entries, is_hook, alphasort), ran = 0;
	char **environment = found > 0 ? hook_environment(action) : NULL;
	char text[64];

	for (int i = 0; i < found; i++) {
		if (environment)
			ran += hook_run(entries[i]->d_name, environment, &err) != 0;
		free(entries[i]);
	}
	if (found >= 0)
		free(entries);
	if (environment)
		environment_free(environment);
	/* The event itself has been told; without programs there is nothing more to say. */
	if (!ran)
		return;
	snprintf(text, sizeof(text), "after %s: %d program%s", action->what_name, ran,
		 ran == 1 ? "" : "s");
	action_tell(action, "notify", text, err.status ? err.what : NULL);
}

/* ---- dump ---- */

static int make_directories(const char *path, struct comb_error *err)
{
	char part[PATH_MAX];

	for (const char *slash = strchr(path + 1, '/'); ; slash = strchr(slash + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", slash ? (int)(slash - path) : PATH_MAX - 1,
			 path);
		if (mkdir(part, 0700) && errno != EEXIST)
			return comb_fail(err, COMB_FAILED, "%s: %s", part, strerror(errno));
		if (!slash)
			return 0;
	}
}

static int dump_into(const struct action *action, const char *file, struct comb_error *err)
{
	char comb[PATH_MAX], part[PATH_MAX + 8], started[32];
	char *argv[] = { comb, "-q", "dump", "--started", started, (char *)action->name,
			 (char *)file, NULL };
	int status;

	if (!bounded_find_comb(comb, sizeof(comb)))
		return comb_fail(err, COMB_UNSUITABLE, "comb is missing");
	/* A hook may have taken its time, and the user may have started the cell meanwhile. */
	snprintf(started, sizeof(started), "%" PRIu64, action->started_ns);
	status = bounded_run(argv, environ, DUMP_S, err);
	if (!status)
		return 0;
	/* A part of one is no dump, and may be what fills the disk. Who was killed leaves it. */
	snprintf(part, sizeof(part), "%s.part", file);
	unlink(part);
	unlink(file);
	return status;
}

void action_dump(struct action *action)
{
	const char *directory = action->def.watch.dump_dir ?: COMB_DUMP_DIR;
	struct comb_error err = { 0 };
	char file[PATH_MAX], stamp[32], text[400];
	time_t seconds = (time_t)(action->time_ns / 1000000000);
	struct tm when;

	localtime_r(&seconds, &when);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &when);
	snprintf(file, sizeof(file), "%.3000s/%s-%s.%03d.vmcore", directory, action->name, stamp,
		 (int)(action->time_ns / 1000000 % 1000));
	if (!make_directories(directory, &err))
		dump_into(action, file, &err);
	snprintf(text, sizeof(text), "after %s: %.300s", action->what_name, file);
	action_tell(action, "dump", text, err.status ? err.what : NULL);
}

/* ---- stop ---- */

bool action_is_over(const struct action *action, const char *event)
{
	uint64_t started_ns = action->started_ns;

	if (action->what != COMB_WATCH_HANG)
		return false;
	switch (condition_of(action->name, &started_ns)) {
	case CONDITION_ALIVE:
		action_tell(action, event, NULL, "not done: it has recovered");
		return true;
	case CONDITION_PANIC:
		action_tell(action, event, NULL, "not done: it has panicked");
		return true;
	default:
		return false;
	}
}

int action_kill(const char *name, uint64_t started_ns, struct comb_error *err)
{
	char comb[PATH_MAX], started[32];
	char *argv[] = { comb, "-q", "kill", "--started", started, (char *)name, NULL };
	int status;

	if (!bounded_find_comb(comb, sizeof(comb)))
		return comb_fail(err, COMB_UNSUITABLE, "comb is missing");
	snprintf(started, sizeof(started), "%" PRIu64, started_ns);
	status = bounded_run(argv, environ, KILL_S, err);
	return status == COMB_NO_CELL ? 1 : status ? -1 : 0;
}

void action_stop(struct action *action)
{
	struct comb_error err = { 0 };

	if (action_is_over(action, "stop"))
		return;
	/* Before, as the cell's end is told, too. */
	action_tell(action, "stop", NULL, NULL);
	if (action_kill(action->name, action->started_ns, &err) < 0)
		action_tell(action, "stop", NULL, err.what);
}
