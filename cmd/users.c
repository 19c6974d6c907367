// SPDX-License-Identifier: GPL-2.0-or-later
/* users.c - names of users, as the host knows them; see process.h */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>

#include "process.h"

/* Looked up once: there are many processes and few users. */
static struct known {
	uid_t uid;
	char *name;
} *known;
static size_t nr_known;

const char *user_name(uid_t uid)
{
	struct known *more;
	struct passwd *entry;

	for (size_t i = 0; i < nr_known; i++)
		if (known[i].uid == uid)
			return known[i].name;
	more = cli_calloc(nr_known + 1, sizeof(*more));
	for (size_t i = 0; i < nr_known; i++)
		more[i] = known[i];
	free(known);
	known = more;
	entry = getpwuid(uid);
	known[nr_known].uid = uid;
	known[nr_known].name = entry && *entry->pw_name ? cli_format("%s", entry->pw_name) :
			       cli_format("%u", uid);
	comb_make_printable(known[nr_known].name);
	return known[nr_known++].name;
}

int user_parse(const char *text, uid_t *uid, struct comb_error *err)
{
	struct passwd *entry = getpwnam(text);
	unsigned long number;
	char *end;

	if (entry) {
		*uid = entry->pw_uid;
		return 0;
	}
	errno = 0;
	number = strtoul(text, &end, 10);
	*uid = (uid_t)number;
	if (*text >= '0' && *text <= '9' && !*end && !errno && number < UINT32_MAX)
		return 0;
	comb_fail(err, COMB_USAGE, "the host has no user \"%s\"", text);
	return comb_hint(err, "a name of /etc/passwd, or a number");
}
