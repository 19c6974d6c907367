// SPDX-License-Identifier: GPL-2.0-or-later
/* Any file as the saved log of a cell: what is shown of it is fit for a terminal. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../cmd/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char place[] = "/tmp/comb-fuzz-XXXXXX", path[64];

static void place_remove(void)
{
	unlink(path);
	rmdir(place);
}

static void place_make(void)
{
	if (!mkdtemp(place))
		abort();
	snprintf(path, sizeof(path), "%s/fuzz.log", place);
	setenv("COMB_LOG_DIR", place, 1);
	atexit(place_remove);
}

static void check(const struct record *record)
{
	char prefix[48];

	if (strlen(record_prefix(record, prefix, sizeof(prefix))) + 1 >= sizeof(prefix) ||
	    (record->level > 7 && record->level != 255))
		abort();
	for (const char *at = record->text; *at; at++)
		if ((*at < ' ' || *at > '~') && *at != '\n' && *at != '\t')
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record_list records = { 0 };
	struct comb_error err = { 0 };
	FILE *file;

	if (!path[0])
		place_make();
	file = fopen(path, "we");
	if (!file || fwrite(data, 1, size, file) != size || fclose(file))
		abort();
	if (record_load("fuzz", false, &records, &err))
		abort();
	for (size_t i = 0; i < records.count; i++)
		check(&records.list[i]);
	record_free(&records);
	return 0;
}
