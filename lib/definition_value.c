// SPDX-License-Identifier: GPL-2.0-or-later
#include "definition_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "number.h"
#include "size.h"

#define SHOWN 60	/* bytes of a value that an error repeats */

static const char *ellipsis(const char *text)
{
	return strlen(text) > SHOWN ? "..." : "";
}

/* Thousandths for "1.5" at *@text; -1 if there is no number or it is beyond a year. */
static int64_t take_thousandths(const char **text)
{
	const char *at = *text;
	int64_t value = 0, weight = 100;

	if (!isdigit((unsigned char)*at))
		return -1;
	for (; isdigit((unsigned char)*at); at++) {
		value = value * 10 + (*at - '0');
		if (value > 366 * 86400LL * 1000)
			return -1;
	}
	value *= 1000;
	if (*at == '.') {
		if (!isdigit((unsigned char)*++at))
			return -1;
		for (; isdigit((unsigned char)*at); at++, weight /= 10)
			value += weight * (*at - '0');
	}
	*text = at;
	return value;
}

int comb_value_time(unsigned int *ms, const char *text, unsigned int min, unsigned int max,
		    const char *what, const char *range, struct comb_error *err)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = {
		{"", 1000}, {"ms", 1}, {"msec", 1}, {"s", 1000}, {"sec", 1000},
		{"min", 60000}, {"m", 60000}, {"h", 3600000}, {"hr", 3600000},
	};
	const char *at = text;
	int64_t thousandths = take_thousandths(&at);

	while (*at == ' ')
		at++;
	for (size_t i = 0; thousandths >= 0 && i < sizeof(units) / sizeof(units[0]); i++) {
		int64_t value;

		if (strcmp(at, units[i].name))
			continue;
		value = thousandths * units[i].ms / 1000;
		if (value < min || value > max) {
			comb_fail(err, COMB_USAGE, "%s %.*s%s is out of range", what, SHOWN, text,
				  ellipsis(text));
			return comb_hint(err, "%s", range);
		}
		*ms = (unsigned int)value;
		return 0;
	}
	comb_fail(err, COMB_USAGE, "\"%.*s%s\" is no time", SHOWN, text, ellipsis(text));
	return comb_hint(err, "a time such as 250ms or 1s");
}

char *comb_value_number_text(unsigned long long number, const char *suffix)
{
	char *text;

	return asprintf(&text, "%llu%s", number, suffix) < 0 ? NULL : text;
}

char *comb_value_time_text(unsigned int ms)
{
	return ms % 1000 ? comb_value_number_text(ms, "ms") :
			   comb_value_number_text(ms / 1000, "s");
}

int comb_value_memory(uint64_t *bytes, const char *text, struct comb_error *err)
{
	char least[32];
	uint64_t value;

	if (comb_size_parse(&value, text, err))
		return -1;
	comb_size_format(COMB_MEMORY_MIN, least, sizeof(least));
	if (value < COMB_MEMORY_MIN) {
		comb_fail(err, COMB_USAGE, "%.*s of memory is too little for a kernel", SHOWN,
			  text);
		return comb_hint(err, "at least %s", least);
	}
	/* No x86-64 machine has more physical address bits than 52. */
	if (value > 1ULL << 52) {
		comb_fail(err, COMB_USAGE, "%.*s of memory is more than a machine can have", SHOWN,
			  text);
		return comb_hint(err, "a size such as 512M or 1.5G");
	}
	*bytes = (value + COMB_MEMORY_UNIT - 1) / COMB_MEMORY_UNIT * COMB_MEMORY_UNIT;
	return 0;
}

int comb_value_number(unsigned int *number, const char *text, unsigned int min,
		      unsigned int max, const char *what, struct comb_error *err)
{
	int64_t value = comb_number(text, min, max);

	if (value < 0) {
		comb_fail(err, COMB_USAGE, "\"%.*s%s\" is no %s", SHOWN, text, ellipsis(text), what);
		return comb_hint(err, "a number from %u to %u", min, max);
	}
	*number = (unsigned int)value;
	return 0;
}

int comb_value_bool(bool *value, const char *text, struct comb_error *err)
{
	static const char *const words[][2] = {
		{ "no", "yes" }, { "false", "true" }, { "off", "on" }, { "0", "1" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		for (int which = 0; which < 2; which++) {
			if (strcasecmp(text, words[i][which]))
				continue;
			*value = which;
			return 0;
		}
	}
	comb_fail(err, COMB_USAGE, "\"%.40s\" is neither yes nor no", text);
	return comb_hint(err, "yes or no");
}

int comb_value_module(const char *text, struct comb_error *err)
{
	/* MODULE_NAME_LEN of 64-bit kernels is 56. */
	bool good = *text && strlen(text) < 56;

	for (const char *at = text; *at && good; at++)
		good = isalnum((unsigned char)*at) || *at == '_' || *at == '-';
	if (good)
		return 0;
	comb_fail(err, COMB_USAGE, "\"%.*s%s\" is no module name", SHOWN, text, ellipsis(text));
	return comb_hint(err, "a name as modprobe takes it, without path and .ko");
}

int comb_value_text(const char *text, struct comb_error *err)
{
	size_t length = strlen(text);

	for (const char *at = text; *at; at++) {
		if ((unsigned char)*at >= 0x20 && *at != 0x7f)
			continue;
		comb_fail(err, COMB_USAGE, "the value contains a control character (byte %d)", *at);
		return comb_hint(err, "a text of one line");
	}
	if (!length || text[length - 1] != '\\')
		return 0;
	comb_fail(err, COMB_USAGE, "the value ends in a backslash");
	return comb_hint(err, "leave it out: in a definition it joins lines");
}

char *comb_value_path(const char *path, unsigned int line, struct comb_error *err)
{
	char *absolute = NULL, *directory;

	if (*path == '/') {
		absolute = strdup(path);
	} else if (line) {
		comb_fail(err, COMB_USAGE, "\"%.*s%s\" is no absolute path", SHOWN, path,
			  ellipsis(path));
		comb_hint(err, "a path that begins with /");
		return NULL;
	} else {
		directory = getcwd(NULL, 0);
		if (!directory) {
			comb_fail(err, COMB_FAILED, "the working directory cannot be read: %s",
				  strerror(errno));
			return NULL;
		}
		if (asprintf(&absolute, "%s/%s", directory, path) < 0)
			absolute = NULL;
		free(directory);
	}
	if (!absolute)
		comb_out_of_memory(err);
	return absolute;
}
