// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The text of a definition. libinih splits lines into sections, keys and values;
 * the reader in front of it sees to the systemd dialect: it joins lines that end
 * in a backslash, and refuses what libinih would let pass in silence.
 */
#include <ctype.h>
#include <ini.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "definition.h"
#include "definition_file.h"
#include "distance.h"

struct parser {
	const char *at;
	const char *end;
	const char *file;
	unsigned int next_line;
	unsigned int line;	/* where the line given to libinih began */
	bool failed;
	struct comb_definition *def;
	struct comb_error *err;
};

static int parser_hint(struct parser *parser, const char *hint)
{
	parser->failed = true;
	comb_hint(parser->err, "%s", hint);
	return comb_prefix(parser->err, "%s:%u", parser->file, parser->line);
}

static bool section_known(const char *name, size_t length)
{
	for (size_t i = 0; i < COMB_KEYS; i++)
		if (strlen(comb_keys[i].section) == length &&
		    !memcmp(comb_keys[i].section, name, length))
			return true;
	return false;
}

static bool section_begins(size_t i)
{
	return !i || strcmp(comb_keys[i].section, comb_keys[i - 1].section);
}

/* Near enough to be a slip: at most every third letter, and two at least. */
static unsigned int slip_limit(const char *word)
{
	size_t length = strlen(word);

	return length < 6 ? 2 : (unsigned int)length / 3;
}

static int section_unknown(struct parser *parser, const char *name, size_t length)
{
	char word[48], hint[128] = "";
	const char *best = NULL;
	unsigned int limit;

	snprintf(word, sizeof(word), "%.*s", length > 40 ? 40 : (int)length, name);
	limit = slip_limit(word);
	for (size_t i = 0; i < COMB_KEYS; i++) {
		unsigned int distance = comb_distance(word, comb_keys[i].section);

		if (section_begins(i))
			snprintf(hint + strlen(hint), sizeof(hint) - strlen(hint), "%s[%s]",
				 *hint ? " " : "", comb_keys[i].section);
		if (distance <= limit) {
			limit = distance;
			best = comb_keys[i].section;
		}
	}
	if (best)
		snprintf(hint, sizeof(hint), "[%s]", best);
	comb_fail(parser->err, COMB_USAGE, "unknown section [%s]", word);
	return parser_hint(parser, hint);
}

static int key_unknown(struct parser *parser, const char *section, const char *name)
{
	const struct comb_key *best = NULL, *elsewhere = NULL;
	unsigned int limit = slip_limit(name);
	char hint[200] = "one of:";

	for (size_t i = 0; i < COMB_KEYS; i++) {
		const struct comb_key *key = &comb_keys[i];
		unsigned int distance = comb_distance(name, key->key);

		if (strcmp(key->section, section)) {
			if (!distance)
				elsewhere = key;
			continue;
		}
		snprintf(hint + strlen(hint), sizeof(hint) - strlen(hint), " %s=", key->key);
		if (distance <= limit && (!best || distance < limit)) {
			limit = distance;
			best = key;
		}
	}
	if (elsewhere)
		snprintf(hint, sizeof(hint), "%s= in section [%s]", elsewhere->key,
			 elsewhere->section);
	else if (best)
		snprintf(hint, sizeof(hint), "%s=", best->key);
	comb_fail(parser->err, COMB_USAGE, "unknown key \"%s\" in [%s]", name, section);
	return parser_hint(parser, hint);
}

/* Called by libinih for each KEY=VALUE; 0 stops it. */
static int parser_key(void *arg, const char *section, const char *name, const char *value)
{
	struct parser *parser = arg;

	if (!*section) {
		comb_fail(parser->err, COMB_USAGE, "%s= stands outside a section", name);
		parser_hint(parser, "[Cell] on the line above");
		return 0;
	}
	for (size_t i = 0; i < COMB_KEYS; i++) {
		if (strcmp(comb_keys[i].section, section) || strcmp(comb_keys[i].key, name))
			continue;
		if (!comb_definition_set(parser->def, comb_keys[i].id, value, parser->file,
					 parser->line, parser->err))
			return 1;
		parser->failed = true;
		comb_prefix(parser->err, "%s:%u", parser->file, parser->line);
		return 0;
	}
	key_unknown(parser, section, name);
	return 0;
}

/* A line without blanks around it; true if libinih will understand it as systemd does. */
static bool line_check(struct parser *parser, const char *line, size_t length)
{
	const char *equals = memchr(line, '=', length);
	const char *colon = memchr(line, ':', length);

	if (!length || *line == '#' || *line == ';')
		return true;
	if (memchr(line, '\0', length)) {
		comb_fail(parser->err, COMB_USAGE, "the line contains a zero byte");
		parser_hint(parser, "a text file");
		return false;
	}
	if (*line == '[') {
		const char *bracket = memchr(line, ']', length);

		if (bracket == line + length - 1) {
			if (section_known(line + 1, length - 2))
				return true;
			section_unknown(parser, line + 1, length - 2);
			return false;
		}
	} else if (equals && equals != line && (!colon || colon > equals)) {
		return true;
	}
	comb_fail(parser->err, COMB_USAGE, "\"%.*s%s\" is neither KEY=VALUE nor [SECTION]",
		  length > 40 ? 40 : (int)length, line, length > 40 ? "..." : "");
	parser_hint(parser, "# in front of a comment");
	return false;
}

/* The next line of the text without blanks around it; false at the end. */
static bool take_line(struct parser *parser, const char **line, size_t *length)
{
	const char *start = parser->at, *stop;

	if (start == parser->end)
		return false;
	stop = memchr(start, '\n', (size_t)(parser->end - start));
	parser->at = stop ? stop + 1 : parser->end;
	parser->next_line++;
	if (!stop)
		stop = parser->end;
	while (start < stop && isspace((unsigned char)*start))
		start++;
	while (stop > start && isspace((unsigned char)stop[-1]))
		stop--;
	*line = start;
	*length = (size_t)(stop - start);
	return true;
}

/*
 * libinih's reader, with the contract of fgets(). A backslash at the end of a
 * line becomes a blank and the next line follows; comments in between are left
 * out (systemd.syntax(7)). The buffer is larger than the text.
 */
static char *parser_read(char *buffer, int size, void *arg)
{
	struct parser *parser = arg;
	const char *line;
	size_t length, used = 0;
	bool more = true;

	if (parser->failed || (size_t)(parser->end - parser->at) + 2 > (size_t)size)
		return NULL;
	parser->line = parser->next_line;
	while (more && take_line(parser, &line, &length)) {
		bool comment = length && (*line == '#' || *line == ';');

		if (comment && used)
			continue;
		more = length && line[length - 1] == '\\' && !comment;
		memcpy(buffer + used, line, length);
		used += length;
		if (more)
			buffer[used - 1] = ' ';
	}
	if (parser->line == parser->next_line)
		return NULL;
	while (used && isspace((unsigned char)buffer[used - 1]))
		used--;
	if (!line_check(parser, buffer, used))
		return NULL;
	buffer[used] = '\n';
	buffer[used + 1] = '\0';
	return buffer;
}

/* Debian's libinih takes these at run time; its defaults cut lines at 200 bytes. */
static void inih_setup(void)
{
	ini_use_stack = false;
	ini_allow_realloc = false;
	ini_initial_alloc = COMB_DEFINITION_SIZE_MAX + 4;
	ini_max_line = COMB_DEFINITION_SIZE_MAX + 4;
	ini_allow_multiline = false;
	ini_allow_inline_comments = false;
	ini_allow_no_value = false;
	ini_allow_bom = false;
	ini_stop_on_first_error = true;
}

int comb_definition_parse(struct comb_definition *def, const char *text, size_t length,
			  const char *file, struct comb_error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct parser parser = {
		.at = text, .end = text + length, .file = file, .next_line = 1, .line = 1,
		.def = def, .err = err,
	};
	int status;

	if (length > COMB_DEFINITION_SIZE_MAX) {
		comb_fail(err, COMB_USAGE, "%s: more than %d bytes are no definition", file,
			  COMB_DEFINITION_SIZE_MAX);
		return comb_hint(err, "man comb.cell");
	}
	/* The byte order mark some editors write. */
	if (length >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		parser.at += 3;
	pthread_once(&once, inih_setup);
	status = ini_parse_stream(parser_read, &parser, parser_key, &parser);
	if (parser.failed)
		return -1;
	if (status == -2)
		return comb_out_of_memory(err);
	if (status)
		return comb_fail(err, COMB_USAGE, "%s:%u: not understood", file, parser.line);
	return 0;
}
