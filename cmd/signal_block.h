/* SPDX-License-Identifier: GPL-2.0-or-later */
/* signal_block.h - signals that wait until somebody has time for them */
#ifndef CMD_SIGNAL_BLOCK_H
#define CMD_SIGNAL_BLOCK_H

#include <signal.h>

/*
 * Block @numbers, which end with 0, in this thread and all it makes. @set: all of them, @before:
 * what was blocked; either may be NULL.
 */
void signal_block(const int numbers[], sigset_t *set, sigset_t *before);

/* The same, and they are read from the descriptor it returns: signalfd(2) with @flags. */
int signal_block_open(const int numbers[], int flags, sigset_t *before);

#endif
