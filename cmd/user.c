// SPDX-License-Identifier: GPL-2.0-or-later
#include "user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "cli.h"
#include "number.h"

/* -1 is no id. */
static bool parse_id(const char *text, uint32_t *id)
{
	int64_t number = comb_number(text, 0, UINT32_MAX - 1);

	if (number < 0)
		return false;
	*id = (uint32_t)number;
	return true;
}

static int refuse(const char *what, const char *name, struct comb_error *err)
{
	comb_fail(err, COMB_USAGE, "there is no %s \"%s\" on this machine", what, name);
	return comb_hint(err, "getent %s", strcmp(what, "user") ? "group" : "passwd");
}

static int group_find(const char *text, uint32_t *gid, struct comb_error *err)
{
	const struct group *group = getgrnam(text);

	if (!group)
		return parse_id(text, gid) ? 0 : refuse("group", text, err);
	*gid = group->gr_gid;
	return 0;
}

static int groups_find(const struct passwd *account, struct execwire_user *user,
		       struct comb_error *err)
{
	int count = 64, room;
	gid_t *groups = NULL;

	/* It says how many there are if there is not enough room. */
	do {
		room = count;
		free(groups);
		groups = cli_calloc(room, sizeof(*groups));
	} while (getgrouplist(account->pw_name, user->gid, groups, &count) < 0 && count > room);
	if (count > room || count < 0) {
		free(groups);
		return comb_fail(err, COMB_FAILED, "cannot find out the groups of %s",
				 account->pw_name);
	}
	user->groups = groups;
	user->nr_groups = count;
	return 0;
}

static void add_variable(struct comb_strings *variables, const char *name, const char *value)
{
	CLI_AUTOFREE char *text = cli_format("%s=%s", name, value);

	comb_strings_add(variables, text);
}

static void add_variables(struct comb_strings *variables, const struct passwd *account)
{
	add_variable(variables, "HOME", account->pw_dir);
	add_variable(variables, "SHELL", *account->pw_shell ? account->pw_shell : "/bin/sh");
	add_variable(variables, "USER", account->pw_name);
	add_variable(variables, "LOGNAME", account->pw_name);
}

int user_find(const char *text, struct execwire_user *user, struct comb_strings *variables,
	      struct comb_error *err)
{
	CLI_AUTOFREE char *name = cli_format("%s", text);
	char *group = strchr(name, ':');
	const struct passwd *account;

	if (group)
		*group++ = '\0';
	*user = (struct execwire_user){ .given = true };
	account = getpwnam(name);
	if (!account && !parse_id(name, &user->uid))
		return refuse("user", name, err);
	if (!account)
		account = getpwuid(user->uid);
	if (!account && !group) {
		comb_fail(err, COMB_USAGE, "user %s has no account on this machine", name);
		return comb_hint(err, "--user %s:GROUP", name);
	}
	if (account) {
		user->uid = account->pw_uid;
		user->gid = account->pw_gid;
	}
	if (group && group_find(group, &user->gid, err))
		return -1;
	if (!account)
		return 0;
	add_variables(variables, account);
	return groups_find(account, user, err);
}

int user_of_caller(struct execwire_user *user, struct comb_error *err)
{
	int count = getgroups(0, NULL);

	*user = (struct execwire_user){ .given = true, .uid = getuid(), .gid = getgid() };
	if (count > 0) {
		user->groups = cli_calloc(count, sizeof(*user->groups));
		count = getgroups(count, user->groups);
	}
	if (count < 0)
		return comb_fail(err, COMB_FAILED, "cannot find out one's own groups: %s",
				 strerror(errno));
	user->nr_groups = count;
	return 0;
}
