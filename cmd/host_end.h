/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_end.h - the host's end of an exec connection (lib/execwire.h), of client.h and gather.h
 *
 * It decodes what an agent says. What becomes of the program's output, and what is waited for, is
 * its user's.
 */
#ifndef CMD_HOST_END_H
#define CMD_HOST_END_H

#include <stdbool.h>

#include "error.h"
#include "execlink.h"

/**
 * struct host_end - one end; link, source and sinks are its user's to set up
 * @in: the program's stdin
 * @out: its outputs; [0] is not used
 * @greeted: the agent has said HELLO
 * @finished: the program has ended, @status says how
 * @status: its exit status, or CLIENT_SIGNALLED plus its signal, or what ERROR says
 */
struct host_end {
	struct execlink link;
	struct execlink_source in;
	struct execlink_sink out[EXECWIRE_STREAMS];
	bool greeted;
	bool finished;
	int status;
};

/* Say HELLO and ask. -1 with @err: it is too long. */
int host_end_request(struct host_end *end, const struct execwire_request *request,
		     struct comb_error *err);

/*
 * Take a frame. 0: that was all; 1: it makes sense, and DATA, EOF, STARTED, PAUSE or ERROR is for
 * the user to act on; -1 with @err: it may not be said, or the agent is of another version.
 *
 * Of an ERROR, @err has the agent's words and @status is one of the statuses of execwire.h.
 */
int host_end_take(struct host_end *end, const struct execwire_frame *frame,
		  struct comb_error *err);

/* The agent breaks the rules; returns -1. */
int host_end_nonsense(struct comb_error *err);
/* It has gone before the program's end was known; returns -1. */
int host_end_cut_off(struct comb_error *err);

#endif
