// SPDX-License-Identifier: GPL-2.0-or-later
#include "size.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* More digits than this cannot name a whole number of bytes: 2^-40 has 40. */
#define FRACTION_DIGITS_MAX 18

static int size_bad(struct comb_error *err, const char *text, const char *why)
{
	comb_fail(err, COMB_USAGE, "\"%.40s%s\" %s", text, strlen(text) > 40 ? "..." : "", why);
	return comb_hint(err, "a size such as 512M or 1.5G");
}

/* The power of two @suffix stands for, or -1. */
static int suffix_shift(const char *suffix)
{
	static const char letters[] = "KMGT";
	const char *letter;

	if (!*suffix)
		return 0;
	letter = strchr(letters, toupper((unsigned char)*suffix));
	if (!letter)
		return -1;
	suffix++;
	if (*suffix && strcasecmp(suffix, "B") && strcasecmp(suffix, "iB"))
		return -1;
	return 10 * (int)(letter - letters + 1);
}

/*
 * Digits after the point at *@text, as @numerator / @denominator. Zeros at the
 * end are skipped, so "1.50G" is as good as "1.5G".
 */
static bool take_fraction(const char **text, uint64_t *numerator, uint64_t *denominator)
{
	size_t digits = strspn(*text, "0123456789"), used = digits;

	*numerator = 0;
	*denominator = 1;
	if (!digits)
		return false;
	while (used && (*text)[used - 1] == '0')
		used--;
	if (used > FRACTION_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < used; i++) {
		*numerator = *numerator * 10 + (uint64_t)((*text)[i] - '0');
		*denominator *= 10;
	}
	*text += digits;
	return true;
}

int comb_size_parse(uint64_t *bytes, const char *text, struct comb_error *err)
{
	uint64_t whole = 0, numerator = 0, denominator = 1;
	unsigned __int128 total, part;
	const char *at = text;
	int shift;

	if (!isdigit((unsigned char)*at))
		return size_bad(err, text, "is no size");
	for (; isdigit((unsigned char)*at); at++)
		if (__builtin_mul_overflow(whole, 10, &whole) ||
		    __builtin_add_overflow(whole, (uint64_t)(*at - '0'), &whole))
			return size_bad(err, text, "is too large");
	if (*at == '.') {
		at++;
		if (!take_fraction(&at, &numerator, &denominator))
			return size_bad(err, text, "is no size");
	}
	shift = suffix_shift(at);
	if (shift < 0)
		return size_bad(err, text, "is no size");
	part = (unsigned __int128)numerator << shift;
	if (part % denominator)
		return size_bad(err, text, "is no whole number of bytes");
	total = ((unsigned __int128)whole << shift) + part / denominator;
	if (total > UINT64_MAX)
		return size_bad(err, text, "is too large");
	if (!total)
		return size_bad(err, text, "is zero");
	*bytes = (uint64_t)total;
	return 0;
}

/*
 * With up to two decimals a value is often exact in a large unit ("1.25G");
 * otherwise a smaller unit is, and four digits there are still easy to read.
 */
const char *comb_size_format(uint64_t bytes, char *buffer, size_t size)
{
	static const char letters[] = "KMGT";

	for (int unit = 3; unit >= 0; unit--) {
		int shift = 10 * (unit + 1);
		uint64_t whole = bytes >> shift, rest = bytes & ((1ULL << shift) - 1);
		uint64_t hundredths = rest * 100 >> shift;
		bool exact = hundredths << shift == rest * 100;
		bool readable_below = unit && bytes >> (shift - 10) <= 9999;

		if (!whole || (!exact && readable_below))
			continue;
		if (!exact) {
			/* In tenths, rounded to nearest. */
			uint64_t tenths = (rest * 10 + (1ULL << (shift - 1))) >> shift;

			snprintf(buffer, size, "%llu.%llu%c",
				 (unsigned long long)(whole + tenths / 10),
				 (unsigned long long)(tenths % 10), letters[unit]);
		} else if (!hundredths) {
			snprintf(buffer, size, "%llu%c", (unsigned long long)whole, letters[unit]);
		} else if (hundredths % 10) {
			snprintf(buffer, size, "%llu.%02llu%c", (unsigned long long)whole,
				 (unsigned long long)hundredths, letters[unit]);
		} else {
			snprintf(buffer, size, "%llu.%llu%c", (unsigned long long)whole,
				 (unsigned long long)(hundredths / 10), letters[unit]);
		}
		return buffer;
	}
	snprintf(buffer, size, "%llu", (unsigned long long)bytes);
	return buffer;
}
