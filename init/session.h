/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session.h - one program, its streams, and the connection they go over */
#ifndef COMB_INIT_SESSION_H
#define COMB_INIT_SESSION_H

#include <poll.h>
#include <stdbool.h>

#include <execlink.h>

#include "agent.h"

/* How far a pause has come, see execwire.h. */
enum session_pause {
	SESSION_GOES_ON,
	SESSION_PAUSE_ASKED,	/* the client shall say no more */
	SESSION_PAUSE_ANSWERED,	/* it will not; what is pending goes out */
	SESSION_PAUSED,		/* the connection may be closed */
};

/**
 * struct session - all of it
 * @link: to the client
 * @job: the program
 * @greeted: the client has said HELLO
 * @tty: the program has a terminal
 * @deserted: nobody has the terminal open
 * @running: the program has been started and not been reaped
 * @over: nothing is left to do
 * @pause: see there
 * @status: of waitpid()
 * @children: signalfd
 * @left: in the pipes when the program ended
 * @in: bytes for its stdin
 * @out: its stdout and stderr; [0] is not used
 */
struct session {
	struct execlink link;
	struct agent_job job;
	bool greeted;
	bool tty;
	bool deserted;
	bool running;
	bool over;
	enum session_pause pause;
	int status;
	int children;
	int left[EXECWIRE_STREAMS];
	struct execlink_sink in;
	struct execlink_source out[EXECWIRE_STREAMS];
};

/* 0, or -1: no memory. The link is set up by the caller. */
int session_init(struct session *s);
void session_free(struct session *s);

/* The program has been started: its streams are the session's from now on. */
void session_started(struct session *s);

/* What to wait for, and for how many milliseconds (-1: for ever). */
#define SESSION_FILES	5
int session_files(struct session *s, struct pollfd files[SESSION_FILES]);

/* Do what can be done. False: the client is gone, or breaks the rules. */
bool session_step(struct session *s, const struct pollfd files[SESSION_FILES]);

/* What was said last must reach the client: it closes when it has read it. */
void session_goodbye(struct session *s);

/* Tell the program that nobody is there any more. */
void session_hang_up(struct session *s);

#endif
