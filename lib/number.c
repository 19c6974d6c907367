// SPDX-License-Identifier: GPL-2.0-or-later
#include "number.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

int64_t comb_number(const char *text, uint32_t min, uint32_t max)
{
	unsigned long number;
	char *end;

	/* strtoul() also takes space and a sign. */
	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	number = strtoul(text, &end, 10);
	return *end || errno || number < min || number > max ? -1 : (int64_t)number;
}
