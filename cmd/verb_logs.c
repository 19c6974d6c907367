// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_logs.c - comb logs */
#include "verbs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cells.h"
#include "record.h"

#define FOLLOW_MS	200

static void print_record(const struct record *record)
{
	const char *line = record->text, *end;
	char prefix[48];

	record_prefix(record, prefix, sizeof(prefix));
	/* A record may have several lines; each gets the prefix, as in dmesg. */
	do {
		end = strchrnul(line, '\n');
		printf("%s%.*s\n", prefix, (int)(end - line), line);
		line = end + 1;
	} while (*end && *line);
}

static void json_record(struct json_object *array, const struct record *record)
{
	struct json_object *object = cli_json_object(array);

	if (record->sequence != UINT64_MAX)
		cli_json_number(object, "sequence", record->sequence);
	else
		cli_json_null(object, "sequence");
	if (record->timed)
		cli_json_number(object, "time_ns", record->time_ns);
	else
		cli_json_null(object, "time_ns");
	if (record->level != 255)
		cli_json_number(object, "level", record->level);
	else
		cli_json_null(object, "level");
	cli_json_number(object, "facility", record->facility);
	cli_json_text(object, "text", record->text);
}

static void print_from(struct cli *cli, const struct record_list *records, size_t from)
{
	for (size_t i = from; i < records->count; i++) {
		if (cli->out)
			json_record(cli_json_array(cli->out, "records"), &records->list[i]);
		else
			print_record(&records->list[i]);
	}
}

/* Does the cell's kernel run, so that it may still finish a line? */
static bool is_writing(const struct comb_observation *seen)
{
	return !cells_is_down(seen->state) && seen->state != COMB_STATE_HUNG;
}

/* Until the cell is down or gone; what it wrote last is printed, too. */
static int follow(struct cli *cli, struct comb_cell *cell, struct record_place *place,
		  struct comb_error *err)
{
	struct comb_observation seen = { 0 };

	do {
		struct record_list records = { 0 };
		bool failed = cells_observe(cell, &seen, err);

		place->whole = is_writing(&seen);
		failed = failed || record_read(cell, place, &records, err);
		if (!failed)
			print_from(cli, &records, 0);
		record_free(&records);
		/* What it wrote last is in the saved log. */
		if (failed)
			return err->status == COMB_NO_CELL ? 0 : -1;
		fflush(stdout);
		if (cells_is_down(seen.state))
			break;
		cells_pause(cell, FOLLOW_MS);
	} while (!ferror(stdout));
	return 0;
}

/* A kernel that has just begun to boot has no index of its log yet; a broken one has lost it. */
static void tell_source(struct cli *cli, const struct comb_cell *cell,
			const struct record_place *place)
{
	bool raw = comb_kmsg_source(place->kmsg) == COMB_KMSG_RAW;

	if (cli->out)
		cli_json_text(cli->out, "source", raw ? "text" : "ring buffer");
	if (raw)
		cli_say(cli, "%s: found no index of its log, only text without times; there may be more",
			cell->get.name);
}

static int logs_of_cell(struct cli *cli, struct comb_cell *cell, size_t lines,
			struct comb_error *err)
{
	bool on = cli_given(cli, OPTION_FOLLOW);
	struct record_place place = { .whole = on };
	struct record_list records = { 0 };
	int result = record_read(cell, &place, &records, err);

	if (!result && !records.count && !on) {
		comb_fail(err, COMB_FAILED, "its kernel has written no log yet");
		result = comb_hint(err, "comb logs -f %s", cell->get.name);
	}
	if (!result) {
		if (!on)
			tell_source(cli, cell, &place);
		print_from(cli, &records, records.count > lines ? records.count - lines : 0);
		record_free(&records);
		if (on)
			result = follow(cli, cell, &place, err);
	}
	record_free(&records);
	record_place_free(&place);
	return result;
}

static int logs_saved(struct cli *cli, const char *name, bool previous, size_t lines,
		      struct comb_error *err)
{
	struct record_list records = { 0 };
	int result = record_load(name, previous, &records, err);

	if (!result)
		print_from(cli, &records, records.count > lines ? records.count - lines : 0);
	record_free(&records);
	return result;
}

/* Of a cell that is not there, or not any more; @err says so. */
static int logs_of_absent(struct cli *cli, const char *name, bool previous, size_t lines,
			  struct comb_error *err)
{
	struct comb_error missing = *err;

	if (missing.status != COMB_NO_CELL)
		return -1;
	memset(err, 0, sizeof(*err));
	if (!logs_saved(cli, name, previous, lines, err))
		return 0;
	/* Neither log nor cell: that there is no such cell says more. */
	if (err->status == COMB_NO_CELL && !cells_defined(name))
		*err = missing;
	return -1;
}

static int logs(struct cli *cli, const char *name, struct comb_error *err)
{
	bool previous = cli_given(cli, OPTION_PREVIOUS);
	struct comb_cell cell;
	size_t lines;
	int result;

	if (cli_lines(cli, &lines, err))
		return -1;
	if (cells_open(cli, name, &cell, err))
		return logs_of_absent(cli, name, previous, lines, err);
	if (previous)
		result = logs_saved(cli, name, false, lines, err);
	else
		result = logs_of_cell(cli, &cell, lines, err);
	comb_cell_close(&cell);
	return result && !previous ? logs_of_absent(cli, name, false, lines, err) : result;
}

int verb_logs(struct cli *cli, struct comb_error *err)
{
	struct comb_error why = { 0 };

	if (cells_module_loaded() && cli_need_root("reading a cell's log", err))
		return -1;
	if (cli->out && cli_given(cli, OPTION_FOLLOW)) {
		comb_fail(err, COMB_USAGE, "--json prints one object at the end, -f has no end");
		return comb_hint(err, "comb --json logs %s", cli->names[0]);
	}
	if (logs(cli, cli->names[0], &why))
		cli_report(cli, cli->names[0], &why);
	else if (cli->out)
		cli_json_array(cli->out, "records");
	return 0;
}
