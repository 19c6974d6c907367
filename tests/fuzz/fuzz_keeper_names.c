// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_keeper_names.c - any text as /etc/hosts and as the list of the cells' names
 *
 * What is before the first NUL is the file, what is behind it the list.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../keeper/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_other(const char *name, void *context)
{
	return strcmp(name, context) != 0;
}

static void check_list(const char *list)
{
	char *added = names_add(list, "10.0.0.7", "web web.comb"), *again, *removed;

	if (!names_has(added, "web") || !names_has(added, "WEB.comb"))
		abort();
	/* Once more changes nothing: the name and the address are there once. */
	again = names_add(added, "10.0.0.7", "web web.comb");
	if (strcmp(added, again))
		abort();
	removed = names_filter(added, is_other, "web");
	if (names_has(removed, "web"))
		abort();
	free(again);
	free(removed);
	free(added);
}

/* The rest of the user's file stays as it is, to the byte. */
static void check_merge(const char *file, const char *list)
{
	char *without = names_merge(file, ""), *with, *back;

	if (!without)
		return;
	with = names_merge(without, list);
	/* A list that itself has markers makes a file that is refused. */
	back = with && !strstr(list, "omb") ? names_merge(with, "") : NULL;
	if (!with || (back && strcmp(back, without)))
		abort();
	free(back);
	free(with);
	free(without);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *cut = memchr(data, '\0', size);
	size_t first = cut ? (size_t)(cut - data) : size;
	char *file = strndup((const char *)data, first);
	char *list = strndup(cut ? (const char *)cut + 1 : "", cut ? size - first - 1 : 0);

	check_list(file);
	check_list(list);
	check_merge(file, list);
	names_has(file, list);
	free(file);
	free(list);
	return 0;
}
