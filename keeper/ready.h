/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ready.h - tell whoever started the keeper that the cell may be started */
#ifndef KEEPER_READY_H
#define KEEPER_READY_H

#include <error.h>

/* The line "ready" on @fd, which is closed; -1: nobody waits there. */
void ready_line(int fd);
/* Why it will not be: a line of what happened, one of what to do. Closes @fd. */
void ready_error(int fd, const struct comb_error *err);
/* To the service manager, if NOTIFY_SOCKET is set; see sd_notify(3). */
void ready_notify(void);

#endif
