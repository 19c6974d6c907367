// SPDX-License-Identifier: GPL-2.0-or-later
/* users.c - names of users, as the host knows them; see process.h */
#include <pwd.h>
#include <search.h>
#include <stdlib.h>

#include "number.h"
#include "process.h"

/*
 * No machine has so many users at work. A cell may claim that each of its processes has another
 * one, and others a moment later; what is remembered of them ends here.
 */
#define KNOWN_MAX	8192

struct known {
	uid_t uid;
	char *name;
};

/* Looked up once: there are many processes and few users. A tree of tsearch(3). */
static void *tree;
static size_t nr_known;

static int compare(const void *a, const void *b)
{
	uid_t x = ((const struct known *)a)->uid, y = ((const struct known *)b)->uid;

	return x < y ? -1 : x > y;
}

static struct known *look_up(uid_t uid)
{
	struct known *known = cli_calloc(1, sizeof(*known));
	const struct passwd *entry = getpwuid(uid);

	known->uid = uid;
	known->name = entry && *entry->pw_name ? cli_format("%s", entry->pw_name) :
		      cli_format("%u", uid);
	comb_make_printable(known->name);
	return known;
}

const char *user_name(uid_t uid)
{
	struct known key = { .uid = uid }, *known, **found = tfind(&key, &tree, compare);

	if (found)
		return (*found)->name;
	if (nr_known == KNOWN_MAX)
		return "?";
	known = look_up(uid);
	/* Without memory for a place in the tree it has none. */
	if (tsearch(known, &tree, compare))
		nr_known++;
	return known->name;
}

int user_parse(const char *text, uid_t *uid, struct comb_error *err)
{
	struct passwd *entry = getpwnam(text);
	int64_t number;

	if (entry) {
		*uid = entry->pw_uid;
		return 0;
	}
	number = comb_number(text, 0, UINT32_MAX - 1);
	*uid = (uid_t)number;
	if (number >= 0)
		return 0;
	comb_fail(err, COMB_USAGE, "the host has no user \"%s\"", text);
	return comb_hint(err, "a name of /etc/passwd, or a number");
}
