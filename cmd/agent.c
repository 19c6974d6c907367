// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent.h"

#include <errno.h>
#include <linux/vm_sockets.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "patience.h"
#include "user.h"
#include "verbs.h"
#include "vsock.h"

#define TRY_MS		1000
#define PAUSE_MS	20
/*
 * The agent hears only privileged ports (af_vsock.c: LAST_RESERVED_PORT). Port 1 is left
 * to agents.
 */
#define PORT_FIRST	2
#define PORT_LAST	1023
/* Other processes, whose PIDs are near, begin near this one's first port. */
#define PORT_STEP	127

/*
 * Another port for each connection of this process: what the cell still has to say of one that
 * was just closed would reset the next one from the same port.
 */
static int bind_reserved(int fd)
{
	static atomic_uint made;
	unsigned int count = PORT_LAST - PORT_FIRST + 1;
	unsigned int start = (getpid() + PORT_STEP * made++) % count;

	for (unsigned int i = 0; i < count; i++) {
		struct sockaddr_vm address = {
			.svm_family = AF_VSOCK,
			.svm_cid = VMADDR_CID_ANY,
			.svm_port = PORT_FIRST + (start + i) % count,
		};

		if (!bind(fd, (struct sockaddr *)&address, sizeof(address)))
			return 0;
		if (errno != EADDRINUSE)
			return -1;
	}
	return -1;
}

/* One try, of at most TRY_MS. -1 with errno. */
static int connect_once(unsigned int cid)
{
	struct sockaddr_vm address = {
		.svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = COMB_AGENT_PORT,
	};
	struct timeval limit = { .tv_sec = TRY_MS / 1000, .tv_usec = TRY_MS % 1000 * 1000 };
	int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	if (fd < 0)
		return -1;
	setsockopt(fd, AF_VSOCK, SO_VM_SOCKETS_CONNECT_TIMEOUT, &limit, sizeof(limit));
	if (!bind_reserved(fd) && !connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int agent_refuse_down(const struct comb_cell *cell, const struct comb_observation *seen,
		      struct comb_error *err)
{
	comb_fail(err, COMB_NO_CELL, "is not running: %s%s%s", comb_state_name(seen->state),
		  seen->reason[0] ? ", " : "", seen->reason);
	return comb_hint(err, "comb logs %s", cell->get.name);
}

int agent_refuse_hung(const char *name, struct comb_error *err)
{
	comb_fail(err, COMB_FAILED, "hangs");
	return comb_hint(err, "comb logs %s", name);
}

static int refuse_silent(const struct comb_cell *cell, int error, struct comb_error *err)
{
	if (error == EAFNOSUPPORT || error == ENODEV) {
		comb_fail(err, COMB_UNSUITABLE, "the host has no vsock for cells");
		return comb_hint(err, "modprobe vhost_vsock");
	}
	comb_fail(err, COMB_FAILED, "no agent answers in it: %s", strerror(error));
	return comb_hint(err, "comb logs %s, or install comb-agent in a system of its own",
			 cell->get.name);
}

int agent_connect(struct comb_cell *cell, int64_t timeout_ms, bool (*stop)(void),
		  struct comb_error *err)
{
	uint64_t end = cli_now_ns() + timeout_ms * 1000000ULL;
	struct patience patience = { .cell = cell };

	for (;;) {
		int fd = connect_once(COMB_VSOCK_CID(cell->get.id)), error = errno;

		if (fd >= 0)
			return fd;
		if (patience_ends(&patience, err))
			return -1;
		if (stop && stop())
			return comb_fail(err, COMB_FAILED, "interrupted");
		if (error == EAFNOSUPPORT || (timeout_ms >= 0 && cli_now_ns() >= end))
			return refuse_silent(cell, error, err);
		poll(NULL, 0, PAUSE_MS);
	}
}

int agent_open(struct cli *cli, const char *name, struct comb_error *err)
{
	struct comb_observation seen;
	struct comb_cell cell;
	int fd = -1;

	if (cli_need_root("running something in a cell", err) ||
	    cells_open(cli, name, &cell, err))
		return -1;
	if (cells_observe(&cell, &seen, err))
		goto out;
	if (cells_is_down(seen.state) || seen.state == COMB_STATE_LOADING)
		agent_refuse_down(&cell, &seen, err);
	else
		fd = agent_connect(&cell, cli_timeout_ms(cli, AGENT_TIMEOUT_S), NULL, err);
out:
	comb_cell_close(&cell);
	return fd;
}

static bool is_down(void *arg)
{
	struct comb_error ignored = { 0 };

	return patience_ends(arg, &ignored);
}

int agent_run(struct cli *cli, const char *name, int fd, struct client_run *run,
	      struct comb_error *err)
{
	struct comb_cell cell;
	struct patience patience = { .cell = &cell, .endless = !run->gives_up };
	int status, result = cells_open(cli, name, &cell, err);

	if (!result) {
		run->is_down = is_down;
		run->arg = &patience;
		result = client_run(fd, run, &status, err);
		comb_cell_close(&cell);
	}
	close(fd);
	if (result) {
		err->status = (enum comb_status)EXECWIRE_FAILED;
		if (!err->hint[0])
			comb_hint(err, "comb logs %s", name);
		return comb_prefix(err, "%s", name);
	}
	/* The agent's words why it is 126 or 127. */
	if (err->what[0]) {
		comb_hint(err, status == EXECWIRE_NOT_FOUND ? "a command that the cell has" :
			  "a program and a directory that the cell has");
		return comb_prefix(err, "%s", name);
	}
	cli->status = (enum comb_status)status;
	return 0;
}

int agent_refuse_json(const struct cli *cli, struct comb_error *err)
{
	if (!cli->json)
		return 0;
	comb_fail(err, COMB_USAGE, "%s: stdout is the command's, there is no place for --json",
		  cli->verb->name);
	return comb_hint(err, "comb %s %s", cli->verb->name, cli->verb->usage);
}

bool agent_wants_tty(const struct cli *cli)
{
	bool tty = terminal_everywhere();

	for (size_t i = 0; i < cli->nr_given; i++) {
		if (cli->given[i].source != CLI_SOURCE_VERB)
			continue;
		if (cli->given[i].id == OPTION_TTY)
			tty = true;
		else if (cli->given[i].id == OPTION_NO_TTY)
			tty = false;
	}
	return tty;
}

static int add_variables(const struct cli *cli, struct comb_strings *variables,
			 struct comb_error *err)
{
	for (size_t i = 0; i < cli->nr_given; i++) {
		const struct cli_given *given = &cli->given[i];

		if (given->source != CLI_SOURCE_VERB || given->id != OPTION_ENV)
			continue;
		if (*given->value == '=' || !strchr(given->value, '=')) {
			comb_fail(err, COMB_USAGE, "\"%s\" is no NAME=VALUE", given->value);
			return comb_hint(err, "--env NAME=VALUE");
		}
		comb_strings_add(variables, given->value);
	}
	return 0;
}

int agent_order(const struct cli *cli, struct agent_order *order, struct comb_error *err)
{
	const char *user = cli_given(cli, OPTION_USER), *kind = getenv("TERM");
	const char *directory = cli_given(cli, OPTION_CWD);

	order->tty = agent_wants_tty(cli);
	if (order->tty) {
		CLI_AUTOFREE char *term = cli_format("TERM=%s", kind && *kind ? kind : "dumb");

		comb_strings_add(&order->variables, term);
	}
	if (directory)
		order->directory = cli_format("%s", directory);
	if (user && user_find(user, &order->user, &order->variables, err))
		return -1;
	return add_variables(cli, &order->variables, err);
}

void agent_order_cell(struct agent_order *order, const char *name)
{
	CLI_AUTOFREE char *variable = cli_format("COMB_CELL=%s", name);

	comb_strings_add(&order->variables, variable);
}

void agent_order_free(struct agent_order *order)
{
	free(order->directory);
	free(order->user.groups);
	comb_strings_free(&order->variables);
	memset(order, 0, sizeof(*order));
}

void agent_request(struct execwire_request *request, const struct agent_order *order)
{
	request->tty = order->tty;
	request->has_umask = order->has_umask;
	request->umask = order->umask & 0777;
	request->directory = order->directory ? order->directory : "";
	request->user = order->user;
	request->environment = order->variables.list;
}
