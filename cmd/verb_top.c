// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_top.c - comb top */
#include "verbs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "number.h"
#include "top.h"

#define INTERVAL_MS	2000

int top_interval_parse(const char *text, unsigned int *ms, struct comb_error *err)
{
	double seconds;
	char *end;

	errno = 0;
	seconds = strtod(text, &end);
	/* The comparison also refuses NaN. */
	if (!errno && end != text && !*end && seconds >= 0.1 && seconds <= 3600) {
		*ms = (unsigned int)(seconds * 1000 + 0.5);
		return 0;
	}
	comb_fail(err, COMB_USAGE, "\"%s\" is no number of seconds from 0.1 to 3600", text);
	return comb_hint(err, "comb top --interval 2");
}

static int parse_count(const char *text, unsigned int *count, struct comb_error *err)
{
	int64_t number = comb_number(text, 1, UINT32_MAX - 1);

	*count = (unsigned int)number;
	if (number > 0)
		return 0;
	comb_fail(err, COMB_USAGE, "\"%s\" is no number of refreshes", text);
	return comb_hint(err, "comb top --batch --count 1");
}

static int parse_options(const struct cli *cli, struct top *top, struct top_options *options,
			 struct comb_error *err)
{
	const char *interval = cli_given(cli, OPTION_INTERVAL), *count = cli_given(cli, OPTION_COUNT);

	*options = (struct top_options){
		.interval_ms = INTERVAL_MS, .batch = cli_given(cli, OPTION_BATCH) || cli->json,
	};
	for (size_t i = 0; i < cli->nr_names; i++)
		if (strcmp(cli->names[i], "host") && comb_name_check(cli->names[i], err))
			return -1;
	if (interval && top_interval_parse(interval, &options->interval_ms, err))
		return -1;
	if (count && parse_count(count, &options->count, err))
		return -1;
	if (count && !options->batch) {
		comb_fail(err, COMB_USAGE, "top: --count is for a batch");
		return comb_hint(err, "comb top --batch --count %s", count);
	}
	return process_options(cli, &top->filter, &top->order, err);
}

int verb_top(struct cli *cli, struct comb_error *err)
{
	struct top top = { .order.key = PROCESS_BY_CPU };
	struct top_options options;
	int result = parse_options(cli, &top, &options, err);

	if (!result)
		result = (options.batch ? top_batch : top_screen)(cli, &top, &options, err);
	top_free(&top);
	return result;
}
