// SPDX-License-Identifier: GPL-2.0-or-later
#include "conffile.h"

#include <errno.h>
#include <ini.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONF_BYTES_MAX	65536

/* Of all parts. */
static const char *const sections[] = { "Network", "Balance" };
#define SECTIONS_HINT	"[Network] or [Balance]"

struct reader {
	const struct comb_conf_section *section;
	void *arg;
	struct comb_error err;
};

static bool is_section(const char *name)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (!strcmp(name, sections[i]))
			return true;
	return false;
}

/* Called by libinih for each KEY=VALUE; 0 is an error, and only the first one is told. */
static int read_key(void *arg, const char *section, const char *name, const char *value)
{
	struct reader *reader = arg;

	if (reader->err.status)
		return 0;
	if (!is_section(section)) {
		comb_fail(&reader->err, COMB_USAGE, "\"%.64s\" is no section of this file",
			  section);
		comb_hint(&reader->err, SECTIONS_HINT);
		return 0;
	}
	if (strcmp(section, reader->section->name))
		return 1;
	switch (reader->section->set(reader->arg, name, value, &reader->err)) {
	case COMB_CONF_SET:
		return 1;
	case COMB_CONF_NO_KEY:
		comb_fail(&reader->err, COMB_USAGE, "\"%.64s\" is no key of [%s]", name, section);
		comb_hint(&reader->err, "%s", reader->section->keys);
		return 0;
	default:
		return 0;
	}
}

int comb_conf_parse(const struct comb_conf_section *section, void *arg, const char *text,
		    const char *file, struct comb_error *err)
{
	struct reader reader = { .section = section, .arg = arg };
	int line = ini_parse_string(text, read_key, &reader);

	if (!line)
		return 0;
	if (line < 0)
		return comb_out_of_memory(err);
	if (!reader.err.status) {
		comb_fail(&reader.err, COMB_USAGE, "this line is neither KEY=VALUE nor [SECTION]");
		comb_hint(&reader.err, "# in front of a comment");
	}
	comb_fail(err, COMB_USAGE, "%s:%d: %s", file, line, reader.err.what);
	return comb_hint(err, "%s", reader.err.hint);
}

int comb_conf_load(const struct comb_conf_section *section, void *arg, const char *path,
		   struct comb_error *err)
{
	char *text = comb_text_read(path, CONF_BYTES_MAX);
	int status;

	if (!text && errno == ENOENT)
		return 0;
	if (!text)
		return comb_fail(err, COMB_FAILED, "cannot read %s: %s", path, strerror(errno));
	status = comb_conf_parse(section, arg, text, path, err);
	free(text);
	return status;
}

char *comb_text_read(const char *path, size_t limit)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;
	ssize_t got;

	if (!file)
		return NULL;
	got = getdelim(&text, &size, '\0', file);
	if (got < 0 && !ferror(file)) {
		free(text);
		text = strdup("");
	} else if (got < 0 || (size_t)got > limit) {
		int error = got < 0 ? errno : EFBIG;

		free(text);
		text = NULL;
		errno = error;
	}
	fclose(file);
	return text;
}
