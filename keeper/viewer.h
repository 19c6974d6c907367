/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * viewer.h - who watches a console: the keeper's side of consolewire.h
 *
 * Viewers never hold up the cell: a Linux guest spins with interrupts off until
 * its console output is taken. So what a viewer does not read is kept for it, up
 * to VIEWER_BACKLOG bytes, and then it is told how much it missed. Input is the
 * other way round: it is read from a viewer only as fast as the cell takes it.
 */
#ifndef KEEPER_VIEWER_H
#define KEEPER_VIEWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop.h"
#include "replay.h"

#define VIEWERS_MAX	16u
#define VIEWER_BACKLOG	(8u << 20)

struct viewers;

/**
 * struct viewers_ops - who owns the console
 * @type: input for the cell; how many of @size bytes were taken. If not all were,
 *	viewers_resume() must be called when there is room again
 * @resize: the window has another size now
 */
struct viewers_ops {
	size_t (*type)(void *data, const void *bytes, size_t size);
	void (*resize)(void *data, uint16_t columns, uint16_t rows);
};

/* Listen at @path. @replay and @data live longer. NULL: errno. */
struct viewers *viewers_new(struct loop *loop, const char *path, const struct replay *replay,
			    const struct viewers_ops *ops, void *data);
/* Disconnects all, removes the socket. */
void viewers_free(struct viewers *viewers);

/* The cell has written this. */
void viewers_write(struct viewers *viewers, const void *data, size_t size);
void viewers_resume(struct viewers *viewers);

#endif
