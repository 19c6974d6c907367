// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_events.c - comb events */
#include "verbs.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "eventlog.h"

/* Where there is no directory yet. */
#define RETRY_MS	500

/**
 * struct printer - what is printed of which events
 * @cli: its names select, unless there are none
 * @json: lines as they are
 * @skip: so many are left out first
 * @seen: how many there were
 * @quiet: only count
 */
struct printer {
	const struct cli *cli;
	bool json;
	bool quiet;
	size_t skip;
	size_t seen;
};

static const char *member(struct json_object *event, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(event, key, &value) && value ?
	       json_object_get_string(value) : NULL;
}

static bool is_selected(const struct cli *cli, struct json_object *event)
{
	const char *cell = member(event, "cell");

	for (size_t i = 0; cell && i < cli->nr_names; i++)
		if (!strcmp(cli->names[i], cell))
			return true;
	return cell && !cli->nr_names;
}

static void print_text(struct json_object *event)
{
	const char *reason = member(event, "reason"), *error = member(event, "error");
	const char *what = member(event, "event");
	struct json_object *number;
	uint64_t ns = 0;
	char stamp[32];
	struct tm when;
	time_t seconds;

	if (json_object_object_get_ex(event, "time_ns", &number))
		ns = json_object_get_uint64(number);
	seconds = (time_t)(ns / 1000000000);
	localtime_r(&seconds, &when);
	strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &when);
	printf("%s.%03" PRIu64 " %s: %s", stamp, ns / 1000000 % 1000, member(event, "cell"),
	       what ? what : "?");
	if (reason)
		printf(": %s", reason);
	if (error)
		printf(": failed: %s", error);
	if (json_object_object_get_ex(event, "detected_ns", &number) && number)
		printf(" (seen after %.3f s)", (double)json_object_get_uint64(number) / 1e9);
	putchar('\n');
}

static void print_line(struct printer *printer, const char *line)
{
	struct json_object *event = json_tokener_parse(line);

	/* Somebody else may have written to the file. */
	if (event && json_object_is_type(event, json_type_object) &&
	    is_selected(printer->cli, event) && printer->seen++ >= printer->skip &&
	    !printer->quiet) {
		if (printer->json)
			puts(line);
		else
			print_text(event);
	}
	json_object_put(event);
}

static int print_all(struct printer *printer, struct comb_eventlog *log, struct comb_error *err)
{
	const char *line;
	int more;

	while ((more = comb_eventlog_next(log, &line, err)) > 0)
		print_line(printer, line);
	return more;
}

/* How many events there are to print. */
static int count(const struct printer *printer, size_t *events, struct comb_error *err)
{
	struct printer counter = { .cli = printer->cli, .quiet = true };
	struct comb_eventlog log;
	int result;

	comb_eventlog_open(&log, cli_run_dir());
	result = print_all(&counter, &log, err);
	comb_eventlog_close(&log);
	*events = counter.seen;
	return result;
}

/* Until something changes in the directory, nobody reads any more, or the time is up. */
static bool pause_for_more(int notify, bool watched, uint64_t end)
{
	struct pollfd files[] = {
		{ .fd = notify, .events = POLLIN },
		{ .fd = STDOUT_FILENO },
	};
	uint64_t now = cli_now_ns();
	int64_t ms = end == UINT64_MAX ? -1 : (int64_t)((end - now) / 1000000 + 1);
	char changes[4096];

	if (now >= end)
		return false;
	if (!watched && (ms < 0 || ms > RETRY_MS))
		ms = RETRY_MS;
	if (poll(files, 2, ms > INT32_MAX ? INT32_MAX : (int)ms) > 0 && files[0].revents &&
	    read(notify, changes, sizeof(changes)) < 0)
		return false;
	return !(files[1].revents & (POLLERR | POLLHUP));
}

static int follow(struct printer *printer, struct comb_eventlog *log, struct comb_error *err)
{
	int64_t timeout_ms = printer->cli->timeout_ms;
	uint64_t end = timeout_ms < 0 ? UINT64_MAX : cli_now_ns() + timeout_ms * 1000000ULL;
	int notify = inotify_init1(IN_CLOEXEC), result;
	bool watched = false;

	if (notify < 0)
		return comb_fail(err, COMB_FAILED, "no inotify");
	do {
		/* First watch, then look: nothing is missed in between. */
		if (!watched)
			watched = inotify_add_watch(notify, cli_run_dir(),
						    IN_CREATE | IN_MOVED_TO | IN_MODIFY) >= 0;
		result = print_all(printer, log, err);
		fflush(stdout);
	} while (!result && !ferror(stdout) && pause_for_more(notify, watched, end));
	close(notify);
	return result;
}

int verb_events(struct cli *cli, struct comb_error *err)
{
	struct printer printer = { .cli = cli, .json = cli->json };
	struct comb_eventlog log;
	size_t lines, events;
	int result;

	/* Lines of their own, and no object at the end. */
	json_object_put(cli->out);
	cli->out = NULL;
	if (cli_lines(cli, &lines, err))
		return -1;
	if (lines != SIZE_MAX) {
		if (count(&printer, &events, err))
			return -1;
		printer.skip = events > lines ? events - lines : 0;
	}
	comb_eventlog_open(&log, cli_run_dir());
	if (cli_given(cli, OPTION_FOLLOW))
		result = follow(&printer, &log, err);
	else
		result = print_all(&printer, &log, err);
	comb_eventlog_close(&log);
	return result;
}
