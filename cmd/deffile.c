// SPDX-License-Identifier: GPL-2.0-or-later
#include "deffile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* No definition is that long. */
#define DEFFILE_MAX	(1u << 20)

static void name_from_path(char *name, size_t size, const char *path)
{
	const char *base = strrchr(path, '/'), *dot;

	base = base ? base + 1 : path;
	dot = strrchr(base, '.');
	snprintf(name, size, "%.*s", dot && dot > base ? (int)(dot - base) : (int)strlen(base),
		 base);
}

int deffile_read(struct comb_definition *def, const char *path, const char *name,
		 struct comb_error *err)
{
	CLI_AUTOFREE char *text = cli_calloc(DEFFILE_MAX, 1);
	char own[COMB_NAME_SIZE];
	size_t length;
	FILE *f;

	comb_definition_init(def, "");
	name_from_path(own, sizeof(own), path);
	if (comb_name_check(name ? name : own, err))
		return -1;
	comb_definition_init(def, name ? name : own);
	f = fopen(path, "re");
	if (!f) {
		comb_fail(err, COMB_USAGE, "cannot read %s: %s", path, strerror(errno));
		return comb_hint(err, "ls -l %s", path);
	}
	length = fread(text, 1, DEFFILE_MAX, f);
	if (ferror(f) || length == DEFFILE_MAX) {
		fclose(f);
		comb_fail(err, COMB_USAGE, "cannot read %s as a definition", path);
		return comb_hint(err, "ls -l %s", path);
	}
	fclose(f);
	return comb_definition_parse(def, text, length, path, err);
}
