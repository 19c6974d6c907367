// SPDX-License-Identifier: GPL-2.0-or-later
/* Any text as a CPU list, a size and a command: what is accepted has one meaning only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpuset.h"
#include "quote.h"
#include "size.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_cpus(const char *text)
{
	struct comb_cpuset set, again;
	unsigned int count = 0;
	size_t length;
	char *list;

	if (comb_cpuset_parse(&set, text, NULL))
		return;
	for (int i = comb_cpuset_next(&set, 0); i >= 0;
	     i = comb_cpuset_next(&set, (unsigned int)i + 1))
		count++;
	if (!count || count != comb_cpuset_count(&set))
		abort();
	length = comb_cpuset_format(&set, NULL, 0);
	list = malloc(length + 1);
	if (comb_cpuset_format(&set, list, length + 1) != length || strlen(list) != length)
		abort();
	if (comb_cpuset_parse(&again, list, NULL) || memcmp(&set, &again, sizeof(set)))
		abort();
	free(list);
}

static void check_size(const char *text)
{
	uint64_t bytes, again;
	char buffer[32];

	if (comb_size_parse(&bytes, text, NULL))
		return;
	/* Exact, or rounded to a tenth of its unit. */
	comb_size_format(bytes, buffer, sizeof(buffer));
	if (comb_size_parse(&again, buffer, NULL)) {
		/* A tenth may be no whole number of bytes; all of 2^64 is no size. */
		if (!strchr(buffer, '.'))
			abort();
		return;
	}
	if ((again > bytes ? again - bytes : bytes - again) > bytes / 10)
		abort();
}

static void check_command(const char *text)
{
	struct comb_strings argv = {0}, again = {0};
	char *line;

	if (!comb_quote_split(&argv, text, NULL)) {
		line = comb_quote_join(&argv);
		if (!line || comb_quote_split(&again, line, NULL) || again.count != argv.count)
			abort();
		for (size_t i = 0; i < argv.count; i++)
			if (strcmp(argv.list[i], again.list[i]))
				abort();
		free(line);
	}
	comb_strings_free(&argv);
	comb_strings_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	check_cpus(text);
	check_size(text);
	check_command(text);
	free(text);
	return 0;
}
