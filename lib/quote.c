// SPDX-License-Identifier: GPL-2.0-or-later
#include "quote.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Letters after a backslash and the bytes they stand for. */
static const char escape_letters[] = "ntrs\\\"'";
static const char escape_bytes[] = "\n\t\r \\\"'";

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decode the escape after the backslash before *@text; the byte, or -1. */
static int take_escape(const char **text)
{
	const char *at = *text;
	const char *letter = *at ? strchr(escape_letters, *at) : NULL;
	int high, low;

	if (letter) {
		*text = at + 1;
		return escape_bytes[letter - escape_letters];
	}
	if (*at != 'x')
		return -1;
	high = hex_value(at[1]);
	low = high < 0 ? -1 : hex_value(at[2]);
	if (low < 0 || high + low == 0)
		return -1;
	*text = at + 3;
	return high << 4 | low;
}

/* Decode one word at *@text into @word, which is as large as the text. */
static int take_word(const char **text, char *word, struct comb_error *err)
{
	const char *at = *text;
	char quote = '\0';

	for (; *at && (quote || !is_blank(*at)); ) {
		char c = *at++;

		if (quote && c == quote) {
			quote = '\0';
		} else if (!quote && (c == '"' || c == '\'')) {
			quote = c;
		} else if (c == '\\') {
			int byte = take_escape(&at);

			if (byte < 0) {
				comb_fail(err, COMB_USAGE, "unknown escape \"\\%.1s\"", at);
				return comb_hint(err, "write \\\\ for a backslash");
			}
			*word++ = (char)byte;
		} else {
			*word++ = c;
		}
	}
	if (quote) {
		comb_fail(err, COMB_USAGE, "a %c quote is not closed", quote);
		return comb_hint(err, "write \\%c for the character itself", quote);
	}
	*word = '\0';
	*text = at;
	return 0;
}

int comb_quote_split(struct comb_strings *argv, const char *text, struct comb_error *err)
{
	char *word = malloc(strlen(text) + 1);
	int status = 0;

	if (!word)
		return comb_out_of_memory(err);
	for (;;) {
		while (is_blank(*text))
			text++;
		if (!*text)
			break;
		status = take_word(&text, word, err);
		if (status)
			break;
		if (comb_strings_add(argv, word)) {
			status = comb_out_of_memory(err);
			break;
		}
	}
	free(word);
	return status;
}

static bool is_plain(const char *word)
{
	for (const char *at = word; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("_./:=@%+,-", *at))
			return false;
	return *word;
}

/* Write @word quoted; at most 4 * strlen() + 2 bytes. Returns the end. */
static char *put_quoted(char *out, const char *word)
{
	*out++ = '"';
	for (; *word; word++) {
		unsigned char c = (unsigned char)*word;

		if (c == '"' || c == '\\') {
			*out++ = '\\';
			*out++ = (char)c;
		} else if (c < 0x20 || c == 0x7f) {
			out += sprintf(out, "\\x%02x", c);
		} else {
			*out++ = (char)c;
		}
	}
	*out++ = '"';
	return out;
}

char *comb_quote_join(const struct comb_strings *argv)
{
	size_t size = 1;
	char *line, *out;

	for (size_t i = 0; i < argv->count; i++)
		size += 4 * strlen(argv->list[i]) + 3;
	line = malloc(size);
	if (!line)
		return NULL;
	out = line;
	for (size_t i = 0; i < argv->count; i++) {
		if (i)
			*out++ = ' ';
		out = is_plain(argv->list[i]) ? stpcpy(out, argv->list[i])
					      : put_quoted(out, argv->list[i]);
	}
	*out = '\0';
	return line;
}
