/* SPDX-License-Identifier: GPL-2.0-or-later */
/* agent.h - reaching the agent in a cell, for everything that runs something there */
#ifndef CMD_AGENT_H
#define CMD_AGENT_H

#include "cells.h"
#include "client.h"

#define AGENT_TIMEOUT_S	10

/*
 * A connected socket to the agent of @cell. The agent may be on its way: tries until
 * @timeout_ms (-1: never) are over, the cell goes down or @stop (may be NULL) says so. -1 on
 * failure; COMB_NO_CELL if the cell is down.
 */
int agent_connect(struct comb_cell *cell, int64_t timeout_ms, bool (*stop)(void),
		  struct comb_error *err);

/* The same for a cell that should be running, by its name. --timeout counts. */
int agent_open(struct cli *cli, const char *name, struct comb_error *err);

/* The error for a cell that runs no kernel. */
int agent_refuse_down(const struct comb_cell *cell, const struct comb_observation *seen,
		      struct comb_error *err);

/*
 * Run @run over @fd, which is closed. The command's status becomes the program's; @err gets
 * EXECWIRE_FAILED (125) if Comb itself failed.
 */
int agent_run(struct cli *cli, const char *name, int fd, struct client_run *run,
	      struct comb_error *err);

/* Data of a command goes to stdout, so --json has no place there. */
int agent_refuse_json(const struct cli *cli, struct comb_error *err);

/*
 * --tty, --no-tty (OPTION_TTY, OPTION_NO_TTY), or whether all three standard files are terminals.
 */
bool agent_wants_tty(const struct cli *cli);

/* --env K=V, and TERM if @tty; a NULL-terminated vector the caller frees, not its strings. */
int agent_variables(const struct cli *cli, bool tty, char ***environment,
		    struct comb_error *err);

#endif
