/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ready.h - tell whoever started the keeper that the cell may be started */
#ifndef KEEPER_READY_H
#define KEEPER_READY_H

/* A line on @fd, which is closed; -1: nobody waits there. */
void ready_line(int fd);
/* To the service manager, if NOTIFY_SOCKET is set; see sd_notify(3). */
void ready_notify(void);

#endif
