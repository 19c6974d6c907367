/* SPDX-License-Identifier: GPL-2.0-or-later */
/* signals.h - signals by name, and to processes of any kernel */
#ifndef CMD_SIGNALS_H
#define CMD_SIGNALS_H

#include "cli.h"

#define SIGNAL_NAME_SIZE	16

/* "TERM", "SIGTERM", "term", "15", "RTMIN+3"; 0 only tries. COMB_USAGE, with what was meant. */
int signal_parse(const char *text, int *number, struct comb_error *err);

/* "TERM", or the number of one without a name. Returns @buffer. */
const char *signal_name(int number, char buffer[SIGNAL_NAME_SIZE]);

/*
 * Send it to processes of one kernel ("host" or a cell), each named as in process_signal.h.
 * @errors gets 0 or an errno for each. -1 with @err if the kernel could not be asked.
 */
int signal_send(struct cli *cli, const char *cell, char *const targets[], size_t count, int number,
		int errors[], struct comb_error *err);

/* The error in words for one of @errors that is not 0. */
int signal_refused(const char *cell, int pid, int error, struct comb_error *err);

#endif
