// SPDX-License-Identifier: GPL-2.0-or-later
#include "distance.h"

#include <ctype.h>
#include <string.h>

#define WORD_MAX 40

static unsigned int min(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

static int fold(char c)
{
	return tolower((unsigned char)c);
}

unsigned int comb_distance(const char *a, const char *b)
{
	/* d[i][j]: distance of the first i bytes of @a and the first j of @b. */
	unsigned int d[WORD_MAX + 1][WORD_MAX + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > WORD_MAX || lb > WORD_MAX)
		return WORD_MAX;
	for (size_t i = 0; i <= la; i++)
		d[i][0] = (unsigned int)i;
	for (size_t j = 0; j <= lb; j++)
		d[0][j] = (unsigned int)j;
	for (size_t i = 1; i <= la; i++) {
		for (size_t j = 1; j <= lb; j++) {
			int ca = fold(a[i - 1]), cb = fold(b[j - 1]);

			d[i][j] = min(d[i - 1][j - 1] + (ca != cb),
				      min(d[i - 1][j], d[i][j - 1]) + 1);
			if (i > 1 && j > 1 && ca == fold(b[j - 2]) && cb == fold(a[i - 2]))
				d[i][j] = min(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[la][lb];
}
