/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * words.h - what comb start tells comb-init on the kernel command line
 *
 *   comb.root=virtiofs:TAG[:host|:ro|:rw]   file system of the host
 *   comb.root=disk:DEVICE[:ro|:rw]          such as /dev/vda
 *   comb.init=PROGRAM                       PID 1 of that root, instead of comb-init
 *   comb.share=TAG:MOUNT[:ro]               may be repeated
 *   comb.net=...                            see lib/netaddr.h
 *
 * A root that is "host" or "ro" is never written to: an overlay in RAM is. Rw is the default.
 */
#ifndef COMB_INIT_WORDS_H
#define COMB_INIT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define WORDS_SHARES_MAX	32

enum words_root {
	WORDS_ROOT_NONE,
	WORDS_ROOT_VIRTIOFS,
	WORDS_ROOT_DISK,
};

/**
 * struct words - all strings are inside the text that was parsed
 * @source: tag or device
 * @overlay: do not write to the root
 * @host: the root is the host's, which has its own /tmp and /run
 * @init: NULL: comb-init stays
 * @bad: a word that makes no sense, or NULL
 */
struct words {
	enum words_root root;
	const char *source;
	bool overlay;
	bool host;
	const char *init;
	struct {
		const char *tag, *mount;
		bool read_only;
	} shares[WORDS_SHARES_MAX];
	size_t nr_shares;
	const char *bad;
};

/* Parse a kernel command line, which is cut into pieces in the course of it. */
void words_parse(struct words *words, char *cmdline);

#endif
