// SPDX-License-Identifier: GPL-2.0-or-later
#include "names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t\r\n"

/* The line's length with its newline, if it has one. */
static size_t line_length(const char *line)
{
	const char *newline = strchr(line, '\n');

	return newline ? (size_t)(newline - line) + 1 : strlen(line);
}

/* The next word of a line that ends at @end, or NULL. A comment ends it earlier. */
static const char *next_word(const char *at, const char *end, size_t *length)
{
	while (at < end && strchr(BLANKS, *at))
		at++;
	if (at == end || *at == '#')
		return NULL;
	*length = strcspn(at, BLANKS "#");
	return at;
}

static bool word_is(const char *word, size_t length, const char *text)
{
	return strlen(text) == length && !strncasecmp(word, text, length);
}

static bool line_has_name(const char *line, size_t length, const char *name, size_t name_length)
{
	const char *end = line + length, *word;
	size_t size;

	word = next_word(line, end, &size);
	while (word && (word = next_word(word + size, end, &size)))
		if (size == name_length && !strncasecmp(word, name, size))
			return true;
	return false;
}

static bool line_collides(const char *line, size_t length, const char *address,
			  const char *names)
{
	const char *end = names + strlen(names), *word;
	size_t size;

	word = next_word(line, line + length, &size);
	if (word && word_is(word, size, address))
		return true;
	for (word = next_word(names, end, &size); word; word = next_word(word + size, end, &size))
		if (line_has_name(line, length, word, size))
			return true;
	return false;
}

char *names_add(const char *list, const char *address, const char *names)
{
	size_t room = strlen(list) + strlen(address) + strlen(names) + 4, length;
	char *copy = malloc(room), *to = copy;

	if (!copy)
		return NULL;
	for (; *list; list += length) {
		length = line_length(list);
		if (!line_collides(list, length, address, names))
			to = mempcpy(to, list, length);
	}
	if (to != copy && to[-1] != '\n')
		*to++ = '\n';
	sprintf(to, "%s %s\n", address, names);
	return copy;
}

char *names_filter(const char *list, bool (*keep)(const char *name, void *context),
		   void *context)
{
	char *copy = malloc(strlen(list) + 1), *to = copy;
	size_t length, size;

	if (!copy)
		return NULL;
	for (; *list; list += length) {
		const char *word, *end;
		char name[256];

		length = line_length(list);
		end = list + length;
		word = next_word(list, end, &size);
		if (word)
			word = next_word(word + size, end, &size);
		snprintf(name, sizeof(name), "%.*s", word ? (int)size : 0, word ? word : "");
		if (keep(name, context))
			to = mempcpy(to, list, length);
	}
	*to = '\0';
	return copy;
}

bool names_has(const char *text, const char *name)
{
	size_t length;

	for (; *text; text += length) {
		length = line_length(text);
		if (line_has_name(text, length, name, strlen(name)))
			return true;
	}
	return false;
}

/* The only line that is exactly @marker. 1: found, 0: none, -1: there are several. */
static int find_marker(const char *text, const char *marker, const char **found)
{
	size_t length, size = strlen(marker);
	int count = 0;

	for (; *text; text += length) {
		length = line_length(text);
		if (length < size || strncmp(text, marker, size) ||
		    (length > size && text[size] != '\n'))
			continue;
		*found = text;
		count++;
	}
	return count > 1 ? -1 : count;
}

char *names_merge(const char *text, const char *list)
{
	const char *begin = NULL, *end = NULL, *rest;
	int begins = find_marker(text, NAMES_BEGIN, &begin);
	int ends = find_marker(text, NAMES_END, &end);
	size_t before, room;
	char *copy;

	if (begins < 0 || ends != begins || (begins && end < begin)) {
		errno = EINVAL;
		return NULL;
	}
	if (begins) {
		before = (size_t)(begin - text);
		rest = end + line_length(end);
	} else {
		/* In front of a last line without a newline nothing has to be added to it. */
		before = strlen(text);
		if (before && text[before - 1] != '\n')
			before = 0;
		rest = text + before;
	}
	room = before + strlen(rest) + strlen(list) + strlen(NAMES_BEGIN NAMES_END) + 4;
	copy = malloc(room);
	if (!copy)
		return NULL;
	if (*list)
		snprintf(copy, room, "%.*s%s\n%s%s%s\n%s", (int)before, text, NAMES_BEGIN, list,
			 list[strlen(list) - 1] == '\n' ? "" : "\n", NAMES_END, rest);
	else
		snprintf(copy, room, "%.*s%s", (int)before, text, rest);
	return copy;
}
