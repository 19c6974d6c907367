/* SPDX-License-Identifier: GPL-2.0-or-later */
/* user.h - whose process a command in a cell is */
#ifndef CMD_USER_H
#define CMD_USER_H

#include "definition.h"
#include "error.h"
#include "execwire.h"

/*
 * USER[:GROUP], by name or number, as this machine knows them. Without GROUP it is the user's own;
 * the supplementary groups are the user's in any case. A number nobody has is taken if GROUP is
 * given. HOME, SHELL, USER and LOGNAME are appended to @variables as far as they are known.
 * @user->groups is the caller's to free. COMB_USAGE: no such user or group.
 */
int user_find(const char *text, struct execwire_user *user, struct comb_strings *variables,
	      struct comb_error *err);

/* Who runs this program: real user and group, supplementary groups. The same to free. */
int user_of_caller(struct execwire_user *user, struct comb_error *err);

#endif
