/* SPDX-License-Identifier: GPL-2.0-or-later */
/* agent.h - reaching the agent in a cell, for everything that runs something there */
#ifndef CMD_AGENT_H
#define CMD_AGENT_H

#include "cells.h"
#include "client.h"

#define AGENT_TIMEOUT_S	10

/*
 * A connected socket to the agent of @cell. The agent may be on its way: tries until
 * @timeout_ms (-1: never) are over, the cell goes down or hangs for long (patience.h), or @stop
 * (may be NULL) says so. -1 on failure; COMB_NO_CELL if the cell is down.
 */
int agent_connect(struct comb_cell *cell, int64_t timeout_ms, bool (*stop)(void),
		  struct comb_error *err);

/* The same for a cell that should be running, by its name. --timeout counts. */
int agent_open(struct cli *cli, const char *name, struct comb_error *err);

/* The error for a cell that runs no kernel. */
int agent_refuse_down(const struct comb_cell *cell, const struct comb_observation *seen,
		      struct comb_error *err);

/* The error for one that hangs. */
int agent_refuse_hung(const char *name, struct comb_error *err);

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

/**
 * struct agent_order - what the options of exec, shell and run say of a command
 * @tty: it gets a terminal
 * @has_umask, @umask: as in struct execwire_request; agent_order() leaves them alone
 * @directory: --cwd, allocated; NULL without it
 * @user: --user; @given is false without it
 * @variables: its environment
 */
struct agent_order {
	bool tty;
	bool has_umask;
	mode_t umask;
	char *directory;
	struct execwire_user user;
	struct comb_strings variables;
};

/*
 * Fill in all of it; what is in @variables already stays, and what is added wins: TERM with a
 * terminal, --user's, --env's. agent_order_free() in every case.
 */
int agent_order(const struct cli *cli, struct agent_order *order, struct comb_error *err);
void agent_order_free(struct agent_order *order);
/* COMB_CELL tells the command where it runs. */
void agent_order_cell(struct agent_order *order, const char *name);

/* As far as @order tells it; valid as long as @order. */
void agent_request(struct execwire_request *request, const struct agent_order *order);

#endif
