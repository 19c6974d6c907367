/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gather.h - one command in a cell whose output is kept and not passed on
 *
 * Unlike client.h, this leaves the program's files, signals and terminal alone, so that several
 * threads may do it at a time.
 */
#ifndef CMD_GATHER_H
#define CMD_GATHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "execwire.h"

/* struct gather's outputs */
enum { GATHER_OUT, GATHER_ERROR, GATHER_OUTPUTS };

/**
 * struct gather_output - what a command has written
 * @data: with a NUL behind it, allocated; NULL if there is nothing
 * @size: bytes of it
 * @most: how many are kept; the caller's to set
 * @dropped: how many came after those
 */
struct gather_output {
	char *data;
	size_t size, room, most;
	uint64_t dropped;
};

/**
 * struct gather - a command and what came of it
 * @request: what to run; without a terminal
 * @in: its stdin comes from here, a file that never blocks; -1: it is closed
 * @strict: more output than is kept is a failure
 * @end: cli_now_ns() when it is not waited for any longer
 * @gone: asked while nothing comes: nothing can come any more, with the reason; may be NULL
 * @arg: for @gone
 * @out: its outputs, free with gather_free()
 * @status: its exit status, or CLIENT_SIGNALLED plus its signal, or EXECWIRE_CANNOT_RUN or
 *	EXECWIRE_NOT_FOUND, of which the error tells more
 */
struct gather {
	const struct execwire_request *request;
	int in;
	bool strict;
	uint64_t end;
	bool (*gone)(void *arg, struct comb_error *err);
	void *arg;
	struct gather_output out[GATHER_OUTPUTS];
	int status;
};

/*
 * Run it over the connected socket @fd, which is closed, to its end. -1: Comb failed, or it took
 * too long (COMB_TIMEOUT); what came until then is kept.
 */
int gather_over(int fd, struct gather *gather, struct comb_error *err);
void gather_free(struct gather *gather);

#endif
