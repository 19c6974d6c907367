/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shutdown.h - ends everything, then the kernel */
#ifndef COMB_INIT_SHUTDOWN_H
#define COMB_INIT_SHUTDOWN_H

#include <stdbool.h>

/*
 * What a signal to PID 1 asks for: an RB_* command for reboot(2), or -1.
 *
 * SIGRTMIN+3, +4 and +5 are systemd's (halt, power off, reboot; comb_cell.ko
 * sends +4), SIGUSR1, SIGUSR2 and SIGTERM busybox's, SIGINT the kernel's for
 * ctrl-alt-del.
 */
int shutdown_command(int signal);

/*
 * Tell all processes to end, kill those that do not within 2 s, write
 * everything to disk, unmount, and call reboot(@command). @wait is called
 * meanwhile: it handles what comes in within the given milliseconds and tells
 * whether there are still processes. Returns only if the kernel refuses.
 */
void shutdown_system(int command, bool (*wait)(int milliseconds));

#endif
