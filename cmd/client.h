/* SPDX-License-Identifier: GPL-2.0-or-later */
/* client.h - the host's end of a program that runs in a cell (lib/execwire.h) */
#ifndef CMD_CLIENT_H
#define CMD_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "execwire.h"

/* 128 + N: ended by signal N. */
#define CLIENT_SIGNALLED	128

/**
 * struct client_run - what to run, and this side's ends of its streams
 * @request: what to run; its @size is filled in from the terminal
 * @in: its stdin comes from here
 * @out: its stdout goes here
 * @error: its stderr goes here
 * @started: told the process of the cell that it has become; may be NULL
 * @is_down: asked once in a while: nothing can come any more, although the connection stands;
 *	may be NULL
 * @again: the program is a job that moves: wait until it is somewhere and return a socket
 *	connected to the agent there, or -1 with @err; NULL if it is none
 * @arg: for @is_down and @again
 * @gives_up: a cell that hangs for long is as good as down for agent_run(), see patience.h
 *
 * The descriptors stay the caller's and are not changed.
 */
struct client_run {
	struct execwire_request request;
	int in, out, error;
	void (*started)(uint32_t pid);
	bool (*is_down)(void *arg);
	int (*again)(void *arg, struct comb_error *err);
	void *arg;
	bool gives_up;
};

/*
 * Run it over the connected socket @fd to its end. With @again the client closes what it got
 * there; @fd stays the caller's. Signals this process gets are passed
 * on; with a terminal, @in is raw meanwhile. *@status is the program's exit status
 * or CLIENT_SIGNALLED plus its signal, or EXECWIRE_CANNOT_RUN or EXECWIRE_NOT_FOUND
 * with @err filled in. -1: Comb failed.
 *
 * A user who sends three signals to end it is not kept waiting.
 */
int client_run(int fd, struct client_run *run, int *status, struct comb_error *err);

/*
 * An output of our own, non-blocking if possible, without disturbing who else has @fd. *@most:
 * how many bytes a write may have that must not block. -1 with errno.
 */
int client_open_again(int fd, size_t *most);

/*
 * terminal.c: raw mode. Restored by terminal_restore() and at exit. -1 with errno if @fd
 * is no terminal.
 */
int terminal_raw(int fd);
void terminal_restore(void);
/* Again, after this process was stopped and goes on. */
void terminal_again(void);
void terminal_size(int fd, struct execwire_winsize *size);
/* Are stdin, stdout and stderr all terminals? */
bool terminal_everywhere(void);

#endif
