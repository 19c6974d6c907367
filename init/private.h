/* SPDX-License-Identifier: GPL-2.0-or-later */
/* private.h - what this cell of a cluster has of its own, over a root that all cells share */
#ifndef COMB_INIT_PRIVATE_H
#define COMB_INIT_PRIVATE_H

/**
 * struct private_part - a line of /etc/comb/private, "KIND PATH[ FROM]" (see lib/private.h)
 * @kind: "file", "resolver", "ram" or "kept"
 * @from: a file's text, a kept directory's place in the root; "" if there is none
 */
struct private_part {
	const char *kind;
	const char *path;
	const char *from;
};

/* Cut a line into its parts. NULL kind: it makes no sense. */
struct private_part private_parse(char *line);

/*
 * The list, out of the initramfs; NULL for a cell of no cluster. The caller frees it. Read it
 * before the root takes the place of the initramfs.
 */
char *private_read(void);

/*
 * Mount the parts over the root, before anything runs in it. @list is cut into pieces. Failures
 * are logged as trouble: what should be one cell's own would be everybody's.
 */
void private_mount(char *list);

#endif
