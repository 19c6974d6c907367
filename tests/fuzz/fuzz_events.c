// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a cell said last becomes an event: whatever that is, the event is one line of JSON that
 * is fit for a terminal. And any bytes as the files of events and of restarts.
 */
#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <eventlog.h>
#include <restarts.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char place[] = "/tmp/comb-fuzz-XXXXXX";

static const char *path(const char *name)
{
	static char text[64];

	snprintf(text, sizeof(text), "%s/%s", place, name);
	return text;
}

static void place_remove(void)
{
	unlink(path(COMB_EVENTLOG_FILE));
	unlink(path(COMB_EVENTLOG_OLD));
	unlink(path(".fuzz.restarts"));
	rmdir(place);
}

static void write_file(const char *name, const uint8_t *data, size_t size)
{
	FILE *file = fopen(path(name), "we");

	if (!file || fwrite(data, 1, size, file) != size || fclose(file))
		abort();
}

/* The only event there is */
static void check_line(const char *line)
{
	json_object *object = json_tokener_parse(line), *log;

	if (!object || strlen(line) >= COMB_EVENTLOG_LINE_MAX ||
	    !json_object_object_get_ex(object, "log", &log) ||
	    !json_object_is_type(log, json_type_array))
		abort();
	for (const char *at = line; *at; at++)
		if (*at < ' ' || *at > '~')
			abort();
	json_object_put(object);
}

/* How many lines there are, each looked at by @check if it is given */
static unsigned int read_all(void (*check)(const char *line))
{
	struct comb_error err = { 0 };
	struct comb_eventlog log;
	unsigned int lines = 0;
	const char *line;

	comb_eventlog_open(&log, place);
	for (; comb_eventlog_next(&log, &line, &err) > 0; lines++)
		if (check)
			check(line);
	comb_eventlog_close(&log);
	return lines;
}

static void last_words(const char *text)
{
	struct comb_strings log = { 0 };
	struct comb_error err = { 0 };
	struct comb_event event = {
		.cell = "fuzz", .event = "panic", .reason = text, .detected_ns = 1, .log = &log,
	};
	char *copy = strdup(text), *rest = copy, *line;

	while ((line = strsep(&rest, "\n")))
		if (comb_strings_add(&log, line))
			abort();
	unlink(path(COMB_EVENTLOG_FILE));
	unlink(path(COMB_EVENTLOG_OLD));
	if (comb_eventlog_append(place, &event, &err) || read_all(check_line) != 1)
		abort();
	comb_strings_free(&log);
	free(copy);
}

static void restarts(const uint8_t *data, size_t size)
{
	struct comb_restarts restarts;
	struct comb_error err = { 0 };

	write_file(".fuzz.restarts", data, size);
	comb_restarts_load(place, "fuzz", &restarts);
	if (restarts.nr_at > COMB_RESTARTS_MAX || comb_restarts_announce(place, "fuzz", &restarts, &err))
		abort();
	comb_restarts_begin(place, "fuzz");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	if (!strcmp(place + strlen(place) - 6, "XXXXXX")) {
		if (!mkdtemp(place))
			abort();
		atexit(place_remove);
	}
	last_words(text);
	free(text);
	write_file(COMB_EVENTLOG_FILE, data, size);
	read_all(NULL);
	restarts(data, size);
	return 0;
}
