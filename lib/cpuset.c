// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpuset.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define WORD_BITS 64u

void comb_cpuset_add(struct comb_cpuset *set, unsigned int cpu)
{
	if (cpu < COMB_CPUSET_BITS)
		set->bits[cpu / WORD_BITS] |= 1ULL << (cpu % WORD_BITS);
}

void comb_cpuset_remove(struct comb_cpuset *set, unsigned int cpu)
{
	if (cpu < COMB_CPUSET_BITS)
		set->bits[cpu / WORD_BITS] &= ~(1ULL << (cpu % WORD_BITS));
}

bool comb_cpuset_has(const struct comb_cpuset *set, unsigned int cpu)
{
	return cpu < COMB_CPUSET_BITS && (set->bits[cpu / WORD_BITS] >> (cpu % WORD_BITS) & 1);
}

unsigned int comb_cpuset_count(const struct comb_cpuset *set)
{
	unsigned int count = 0;

	for (size_t i = 0; i < COMB_CPUSET_BITS / WORD_BITS; i++)
		count += (unsigned int)__builtin_popcountll(set->bits[i]);
	return count;
}

int comb_cpuset_next(const struct comb_cpuset *set, unsigned int from)
{
	uint64_t word;

	if (from >= COMB_CPUSET_BITS)
		return -1;
	word = set->bits[from / WORD_BITS] & (~0ULL << (from % WORD_BITS));
	for (size_t i = from / WORD_BITS; ; word = set->bits[i]) {
		if (word)
			return (int)(i * WORD_BITS) + __builtin_ctzll(word);
		if (++i == COMB_CPUSET_BITS / WORD_BITS)
			return -1;
	}
}

/* Read a CPU number at *@text and step over it; false if there is none in range. */
static bool take_number(const char **text, const char *end, unsigned int *number)
{
	const char *at = *text;
	unsigned int value = 0;

	if (at == end || !isdigit((unsigned char)*at))
		return false;
	for (; at < end && isdigit((unsigned char)*at); at++) {
		value = value * 10 + (unsigned int)(*at - '0');
		if (value >= COMB_CPUSET_BITS)
			return false;
	}
	*text = at;
	*number = value;
	return true;
}

static bool take_element(struct comb_cpuset *set, const char *at, const char *end)
{
	unsigned int first, last;

	if (!take_number(&at, end, &first))
		return false;
	last = first;
	if (at < end && *at == '-') {
		at++;
		if (!take_number(&at, end, &last))
			return false;
	}
	if (at != end || last < first)
		return false;
	for (unsigned int cpu = first; cpu <= last; cpu++)
		comb_cpuset_add(set, cpu);
	return true;
}

int comb_cpuset_parse(struct comb_cpuset *set, const char *text, struct comb_error *err)
{
	const char *end = text + strlen(text);

	memset(set, 0, sizeof(*set));
	while (text < end && isspace((unsigned char)*text))
		text++;
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	if (text == end) {
		comb_fail(err, COMB_USAGE, "the CPU list is empty");
		return comb_hint(err, "a list such as 2-3,6");
	}
	for (;;) {
		const char *comma = memchr(text, ',', (size_t)(end - text));
		const char *stop = comma ? comma : end;

		if (!take_element(set, text, stop)) {
			comb_fail(err, COMB_USAGE, "\"%.*s\" is no CPU number or range (0 to %d)",
				  stop - text > 40 ? 40 : (int)(stop - text), text,
				  COMB_CPUSET_BITS - 1);
			return comb_hint(err, "a list such as 2-3,6");
		}
		if (!comma)
			return 0;
		text = comma + 1;
	}
}

size_t comb_cpuset_format(const struct comb_cpuset *set, char *buffer, size_t size)
{
	size_t used = 0;
	int first, last;

	if (size)
		buffer[0] = '\0';
	for (first = comb_cpuset_next(set, 0); first >= 0;
	     first = comb_cpuset_next(set, (unsigned int)last + 1)) {
		char element[32];
		int length;

		for (last = first; comb_cpuset_has(set, (unsigned int)last + 1); last++)
			;
		if (last > first)
			length = snprintf(element, sizeof(element), "%s%d-%d", used ? "," : "",
					  first, last);
		else
			length = snprintf(element, sizeof(element), "%s%d", used ? "," : "", first);
		if (used < size)
			snprintf(buffer + used, size - used, "%s", element);
		used += (size_t)length;
	}
	return used;
}
