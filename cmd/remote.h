/* SPDX-License-Identifier: GPL-2.0-or-later */
/* remote.h - something an agent does in a cell while this program does something else */
#ifndef CMD_REMOTE_H
#define CMD_REMOTE_H

#include <sys/types.h>

#include "agent.h"

/**
 * struct remote - a process of this program's that is the client
 * @in: this side's end of its stdin, or -1
 * @out: of its stdout, or -1
 * @words: what it says on stderr
 */
struct remote {
	pid_t pid;
	int in, out, words;
};

/*
 * Start it in @cell. @in and @out are its files there, or -1: a pipe, whose other end is in
 * @remote. If this program dies, its stdin ends.
 */
int remote_start(struct cli *cli, const char *cell, struct execwire_request *request, int in,
		 int out, struct remote *remote, struct comb_error *err);

/* Wait for a line, without its newline. -1: it has ended, or --timeout has; call remote_end(). */
int remote_line(struct cli *cli, struct remote *remote, char *line, size_t size);

/* End its stdin and wait for it. -1 if it has failed, with what it said. */
int remote_end(struct remote *remote, struct comb_error *err);

#endif
