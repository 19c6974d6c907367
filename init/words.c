// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "words.h"

/* The rest of @word if it begins with @key, or NULL. */
static char *value_of(char *word, const char *key)
{
	size_t length = strlen(key);

	return strncmp(word, key, length) ? NULL : word + length;
}

static bool parse_root(struct words *words, char *value)
{
	const char *kind = strsep(&value, ":");
	const char *source = value ? strsep(&value, ":") : NULL;
	const char *how = value ? value : "rw";
	bool host = !strcmp(how, "host"), overlay = host || !strcmp(how, "ro");
	enum words_root root = WORDS_ROOT_NONE;

	if (!strcmp(kind, "virtiofs"))
		root = WORDS_ROOT_VIRTIOFS;
	else if (!strcmp(kind, "disk") && source && *source == '/')
		root = WORDS_ROOT_DISK;
	if (!root || !source || !*source || (!overlay && strcmp(how, "rw")))
		return false;
	words->root = root;
	words->source = source;
	words->host = host;
	words->overlay = overlay;
	return true;
}

static bool parse_share(struct words *words, char *value)
{
	const char *tag = strsep(&value, ":");
	const char *mount = value ? strsep(&value, ":") : NULL;

	if (!*tag || !mount || *mount != '/' || (value && strcmp(value, "ro")) ||
	    words->nr_shares == WORDS_SHARES_MAX)
		return false;
	words->shares[words->nr_shares].tag = tag;
	words->shares[words->nr_shares].mount = mount;
	words->shares[words->nr_shares].read_only = value;
	words->nr_shares++;
	return true;
}

static bool parse_init(struct words *words, const char *value)
{
	if (*value != '/')
		return false;
	words->init = value;
	return true;
}

static void parse_word(struct words *words, char *word)
{
	char *value;
	bool good = true;

	if ((value = value_of(word, "comb.root=")))
		good = parse_root(words, value);
	else if ((value = value_of(word, "comb.share=")))
		good = parse_share(words, value);
	else if ((value = value_of(word, "comb.init=")))
		good = parse_init(words, value);
	if (!good)
		words->bad = word;
}

void words_parse(struct words *words, char *cmdline)
{
	char *word;

	memset(words, 0, sizeof(*words));
	/* Behind "--" are the arguments of init. */
	while ((word = strsep(&cmdline, " \t\n")) && strcmp(word, "--"))
		parse_word(words, word);
}
