/* SPDX-License-Identifier: GPL-2.0-or-later */
/* process_signal.h - a signal to one process of the kernel this runs on, and to no other */
#ifndef COMB_PROCESS_SIGNAL_H
#define COMB_PROCESS_SIGNAL_H

#include <stdint.h>
#include <sys/types.h>

/*
 * @target: "PID", or "PID@START" for the one that was started START ticks after boot
 * (struct comb_process), so that no other is hit that has got its PID since. Numbers that
 * kill(2) takes for many processes, 0 and negative ones, are no PIDs here. @number 0 tries only.
 * 0 or an errno: ESRCH: there is no such process, EINVAL: no such target or signal, EPERM.
 */
int process_signal(const char *target, int number);

/* Parse such a target. 0, or -1 if it is none. @start: 0 if it has none. */
int process_target(const char *target, pid_t *pid, uint64_t *start);

#endif
