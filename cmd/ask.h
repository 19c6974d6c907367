/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ask.h - what a cell's agent does by itself, and says in a few bytes
 *
 * Unlike client.h, this leaves the program's files, signals and terminal alone, so that several
 * threads may ask at a time.
 */
#ifndef CMD_ASK_H
#define CMD_ASK_H

#include "cli.h"
#include "execwire.h"

/**
 * struct answer - what came back
 * @data: its stdout with a NUL behind it, allocated
 * @size: bytes of it
 */
struct answer {
	char *data;
	size_t size;
};

/*
 * Send @request over the connected socket @fd, which is closed, and gather up to @most bytes of
 * stdout, until @end (cli_now_ns()). @gone, which may be NULL, is asked with @arg once in a while
 * whether nothing can come any more, and says why. -1 on failure, COMB_TIMEOUT among them; what the
 * agent says on stderr, if it fails, becomes the error's text. Free answer->data in every case.
 */
int ask_over(int fd, const struct execwire_request *request, size_t most, uint64_t end,
	     bool (*gone)(void *arg, struct comb_error *err), void *arg, struct answer *answer,
	     struct comb_error *err);

/*
 * ask_cell.c: the same of the cell @name, connecting first, within @timeout_ms in all. A cell
 * that is not running, or hangs, is not waited for, nor is one that does so meanwhile. Who does this
 * in threads must have called cells_device() before.
 */
int ask_cell(struct cli *cli, const char *name, const struct execwire_request *request, size_t most,
	     int64_t timeout_ms, struct answer *answer, struct comb_error *err);

/* From now on every question, in every thread, ends soon: the program is about to end. */
void ask_interrupt(void);
bool ask_interrupted(void);

#endif
