// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "definition.h"

int comb_strings_add(struct comb_strings *strings, const char *text)
{
	char **list = reallocarray(strings->list, strings->count + 2, sizeof(*list));

	if (!list)
		return -1;
	strings->list = list;
	/* NULL-terminated even if the copy fails. */
	list[strings->count] = strdup(text);
	if (!list[strings->count])
		return -1;
	list[++strings->count] = NULL;
	return 0;
}

void comb_strings_free(struct comb_strings *strings)
{
	for (size_t i = 0; i < strings->count; i++)
		free(strings->list[i]);
	free(strings->list);
	memset(strings, 0, sizeof(*strings));
}
