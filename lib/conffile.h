/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conffile.h - /etc/comb/comb.conf: what concerns more than one cell, a section for each part
 *
 * Each part reads its own section. A section that no part has is an error for all of them, a key
 * only for the part whose section it is in: a slip of the pen under [Balance] keeps no cell
 * from starting.
 */
#ifndef COMB_CONFFILE_H
#define COMB_CONFFILE_H

#include <stddef.h>

#include "error.h"

#define COMB_CONF_FILE	"/etc/comb/comb.conf"

/* What comb_conf_section.set says. */
enum comb_conf_result {
	COMB_CONF_SET,
	COMB_CONF_NO_KEY,	/* there is no such key */
	COMB_CONF_REFUSED,	/* the error says why; it need not say where */
};

/**
 * struct comb_conf_section - one part's section
 * @name: without the brackets
 * @keys: "Address=, Mtu= or Nat=", the hint for a key that it has not
 * @set: called for each KEY=VALUE, in order
 */
struct comb_conf_section {
	const char *name;
	const char *keys;
	enum comb_conf_result (*set)(void *arg, const char *key, const char *value,
				     struct comb_error *err);
};

/* Read a file's text; @file names it in errors, which are COMB_USAGE. */
int comb_conf_parse(const struct comb_conf_section *section, void *arg, const char *text,
		    const char *file, struct comb_error *err);

/* Read @path, if there is such a file. */
int comb_conf_load(const struct comb_conf_section *section, void *arg, const char *path,
		   struct comb_error *err);

/* All of a file as text for free(), if it has not more than @limit bytes. NULL with errno. */
char *comb_text_read(const char *path, size_t limit);

#endif
