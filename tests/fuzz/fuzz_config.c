// SPDX-License-Identifier: GPL-2.0-or-later
/* Any text as a definition. What is accepted must survive being written and read again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "definition.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *write_text(const struct comb_definition *def, size_t *length)
{
	char *text;
	FILE *out = open_memstream(&text, length);

	for (size_t i = 0; i < COMB_KEYS; i++) {
		char *value = comb_definition_get(def, i), *rest = value, *line;

		if (def->origin[i].where && !value)
			abort();
		if (def->origin[i].where)
			fprintf(out, "[%s]\n", comb_keys[i].section);
		while (def->origin[i].where && (line = strsep(&rest, "\n")))
			fprintf(out, "%s=%s\n", comb_keys[i].key, line);
		free(value);
	}
	fclose(out);
	return text;
}

static void check_round_trip(const struct comb_definition *def)
{
	struct comb_definition again;
	struct comb_error err = {0};
	size_t length;
	char *text = write_text(def, &length);

	comb_definition_init(&again, "fuzz");
	/* Quoting may make a long command too long for a file. */
	if (length < 256 * 1024 && comb_definition_parse(&again, text, length, "again", &err)) {
		fprintf(stderr, "%s\n%s", err.what, text);
		abort();
	}
	for (size_t i = 0; i < COMB_KEYS && length < 256 * 1024; i++) {
		char *a = comb_definition_get(def, i), *b = comb_definition_get(&again, i);

		if (!a != !b || (a && strcmp(a, b))) {
			fprintf(stderr, "%s: %s, not %s\n", comb_keys[i].key, b, a);
			abort();
		}
		free(a);
		free(b);
	}
	comb_definition_free(&again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct comb_definition def;
	struct comb_error err = {0};

	comb_definition_init(&def, "fuzz");
	if (!comb_definition_parse(&def, (const char *)data, size, "fuzz", &err))
		check_round_trip(&def);
	else if (err.status == COMB_OK || !err.what[0] || strchr(err.what, '\n'))
		abort();
	comb_definition_free(&def);
	return 0;
}
