// SPDX-License-Identifier: GPL-2.0-or-later
/* agent_account.c - whose process a program is: ids, and what its user's account says */
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "files.h"

#define FIELDS	7	/* name, password, uid, gid, comment, home, shell: passwd(5) */

static bool line_is_of(char *line, uid_t uid, char *fields[FIELDS])
{
	unsigned long number;
	char *end;

	for (int i = 0; i < FIELDS; i++) {
		fields[i] = strsep(&line, ":");
		if (!fields[i])
			return false;
	}
	number = strtoul(fields[2], &end, 10);
	return *fields[2] && !*end && number == uid;
}

void agent_account_find(uid_t uid, struct agent_account *account)
{
	char *data, *cursor, *line, *fields[FIELDS];
	size_t size;

	memset(account, 0, sizeof(*account));
	/* The C library's own look-up does not work in a static program. */
	data = file_read("/etc/passwd", &size);
	cursor = data;
	while (data && (line = file_next_line(&cursor))) {
		if (!line_is_of(line, uid, fields))
			continue;
		snprintf(account->name, sizeof(account->name), "%s", fields[0]);
		if (*fields[5] == '/')
			snprintf(account->home, sizeof(account->home), "%s", fields[5]);
		if (*fields[6] == '/')
			snprintf(account->shell, sizeof(account->shell), "%s", fields[6]);
		break;
	}
	free(data);
}

static void set_or_unset(const char *name, const char *value)
{
	if (*value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

void agent_account_environment(uid_t uid)
{
	struct agent_account account;

	agent_account_find(uid, &account);
	setenv("HOME", account.home[0] ? account.home : "/", 1);
	/* root's would be wrong. */
	set_or_unset("SHELL", account.shell);
	set_or_unset("USER", account.name);
	set_or_unset("LOGNAME", account.name);
}

int agent_account_become(const struct execwire_user *user)
{
	/* In this order: without the uid nothing of it may be done any more. */
	if (setgroups(user->nr_groups, user->groups) ||
	    setresgid(user->gid, user->gid, user->gid))
		return -1;
	return setresuid(user->uid, user->uid, user->uid);
}
