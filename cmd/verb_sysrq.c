// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_sysrq.c - comb sysrq */
#include "verbs.h"

#include <string.h>
#include <unistd.h>

#include "cells.h"
#include "lock.h"
#include "mailbox.h"

#define SYSRQ_TIMEOUT_S	5

/* A crash or reboot key ends the cell before it can confirm anything. */
static bool is_taken(const struct comb_observation *seen, void *arg)
{
	const struct comb_cell *cell = arg;
	const uint8_t *box = cell->memory + cell->get.mailbox_offset;
	const struct comb_mailbox_host *host = (const void *)(box + COMB_MAILBOX_HOST_OFF);
	const struct comb_mailbox_cell *page = (const void *)(box + COMB_MAILBOX_CELL_OFF);

	return seen->state != COMB_STATE_RUNNING ||
	       __atomic_load_n(&page->request_done, __ATOMIC_ACQUIRE) ==
	       __atomic_load_n(&host->request_seq, __ATOMIC_RELAXED);
}

static int send_key(struct cli *cli, struct comb_cell *cell, char key, struct comb_error *err)
{
	int64_t timeout_ms = cli_timeout_ms(cli, SYSRQ_TIMEOUT_S);
	struct comb_observation seen;
	int result;

	if (cells_observe(cell, &seen, err))
		return -1;
	if (seen.state != COMB_STATE_RUNNING) {
		comb_fail(err, COMB_NO_CELL, "is %s", comb_state_name(seen.state));
		return comb_hint(err, "comb restart %s", cell->get.name);
	}
	if (!seen.agent) {
		comb_fail(err, COMB_FAILED, "it has no comb_cell.ko and takes no requests");
		return comb_hint(err, "comb logs %s", cell->get.name);
	}
	if (comb_cell_map(cell, true, err) ||
	    comb_cell_request(cell, COMB_REQUEST_SYSRQ, key, err))
		return -1;
	result = cells_wait(cell, timeout_ms, is_taken, cell, &seen, err);
	if (result != 1)
		return result;
	comb_fail(err, COMB_TIMEOUT, "has not taken the key within %.0f s", timeout_ms / 1e3);
	return comb_hint(err, "comb ls %s", cell->get.name);
}

static int sysrq(struct cli *cli, const char *name, char key, struct comb_error *err)
{
	struct comb_cell cell;
	int lock, result;

	if (cells_open(cli, name, &cell, err))
		return -1;
	lock = lock_cell(name, cli_timeout_ms(cli, SYSRQ_TIMEOUT_S), err);
	if (lock < 0) {
		comb_cell_close(&cell);
		return -1;
	}
	if (cli->dry_run) {
		cli_say(cli, "%s: would send sysrq-%c", name, key);
		result = 0;
	} else {
		result = send_key(cli, &cell, key, err);
		if (!result)
			cli_say(cli, "%s: has taken sysrq-%c", name, key);
	}
	close(lock);
	comb_cell_close(&cell);
	return result;
}

int verb_sysrq(struct cli *cli, struct comb_error *err)
{
	const char *name = cli->names[0], *key = cli->names[1];
	struct comb_error why = { 0 };

	if (strlen(key) != 1 || !strchr("0123456789abcdefghijklmnopqrstuvwxyz", key[0])) {
		comb_fail(err, COMB_USAGE, "\"%s\" is no sysrq key", key);
		return comb_hint(err, "comb sysrq %s t", name);
	}
	if (cli_need_root("sending a sysrq key", err))
		return -1;
	if (sysrq(cli, name, key[0], &why))
		cli_report(cli, name, &why);
	return 0;
}
