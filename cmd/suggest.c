// SPDX-License-Identifier: GPL-2.0-or-later
/* suggest.c - the word that was probably meant */
#include "cli.h"

#include <string.h>

#include "distance.h"

const char *cli_nearest(const char *word, const char *(*next)(size_t i, const void *arg),
			size_t count, const void *arg)
{
	/* More than every third letter wrong is another word. */
	unsigned int best = strlen(word) / 3 + 1;
	const char *nearest = NULL;

	for (size_t i = 0; i < count; i++) {
		const char *candidate = next(i, arg);
		unsigned int d = comb_distance(word, candidate);

		/* Of a short word no letter would be left. */
		if (d >= strlen(word))
			continue;
		if (d < best || (d == best && !nearest)) {
			best = d;
			nearest = candidate;
		}
	}
	return nearest;
}
