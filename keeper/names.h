/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * names.h - editing hosts(5) files as text; no files are touched here
 *
 * The list (HOSTS_LIST) has one line "ADDRESS NAME..." a machine. The same
 * lines stand in the host's own file between two marker lines. Everything else
 * in that file is kept byte for byte.
 */
#ifndef KEEPER_NAMES_H
#define KEEPER_NAMES_H

#include <stdbool.h>

#define NAMES_BEGIN	"# BEGIN comb: cells of this machine, written by comb-keeper"
#define NAMES_END	"# END comb"

/*
 * A copy of @list without the lines that have @address or any of the
 * blank-separated @names, and with the line "@address @names" at its end. For
 * free(); NULL: out of memory.
 */
char *names_add(const char *list, const char *address, const char *names);

/*
 * A copy of @list without the lines for which @keep says no. @keep gets the
 * line's first name. For free(); NULL: out of memory.
 */
char *names_filter(const char *list, bool (*keep)(const char *name, void *context),
		   void *context);

/* True if a line of @text gives @name, in upper or lower case, to an address. */
bool names_has(const char *text, const char *name);

/*
 * A copy of the hosts file @text with @list between the markers; an empty @list
 * takes the markers away too. Afterwards the text is what it was before the
 * markers came. For free(); NULL with errno: ENOMEM, or EINVAL if somebody has
 * deleted one of the markers or doubled them.
 */
char *names_merge(const char *text, const char *list);

#endif
