// SPDX-License-Identifier: GPL-2.0-or-later
/* Any text as the kernel command line, the host's resolv.conf and a program's output. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../init/lines.h"
#include "../../init/resolver.h"
#include "../../init/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_words(const char *text)
{
	char *cmdline = strdup(text);
	const char *end = cmdline + strlen(text);
	struct words words;

	words_parse(&words, cmdline);
	if ((words.root == WORDS_ROOT_NONE) != !words.source || words.nr_shares > WORDS_SHARES_MAX ||
	    (words.host && !words.overlay) || (words.init && *words.init != '/'))
		abort();
	if (words.source && (!*words.source || words.source + strlen(words.source) > end))
		abort();
	for (size_t i = 0; i < words.nr_shares; i++)
		if (!*words.shares[i].tag || *words.shares[i].mount != '/' ||
		    strpbrk(words.shares[i].mount, ": \n"))
			abort();
	free(cmdline);
}

/* What was written is asked first and does not grow when it is read again. */
static void check_resolver(const char *text)
{
	static const char first[] = "nameserver 10.0.0.1\n";
	char *once = resolver_text("10.0.0.1", text), *twice;

	twice = resolver_text("10.0.0.1", once + sizeof(first) - 1);
	if (strncmp(once, first, sizeof(first) - 1) || once[strlen(once) - 1] != '\n' ||
	    strstr(once, "\nnameserver 127.") || strcmp(once, twice))
		abort();
	free(once);
	free(twice);
}

struct heard {
	size_t bytes;
	size_t lines;
};

static void hear(void *context, const char *text, size_t length)
{
	struct heard *heard = context;

	if (length > LINE_MAX_BYTES || memchr(text, '\n', length) || memchr(text, '\0', length))
		abort();
	heard->bytes += length;
	heard->lines++;
}

/* However a stream is cut into pieces, the lines are the same. */
static void check_lines(const uint8_t *data, size_t size)
{
	struct heard whole = { 0 }, parts = { 0 };
	struct lines lines = { 0 };
	size_t step = size ? data[0] % 7 + 1 : 1;

	lines_feed(&lines, (const char *)data, size, hear, &whole);
	lines_flush(&lines, hear, &whole);
	for (size_t at = 0; at < size; at += step)
		lines_feed(&lines, (const char *)data + at, size - at < step ? size - at : step,
			   hear, &parts);
	lines_flush(&lines, hear, &parts);
	if (whole.bytes > size || whole.bytes != parts.bytes || whole.lines != parts.lines)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	check_words(text);
	check_resolver(text);
	check_lines(data, size);
	free(text);
	return 0;
}
