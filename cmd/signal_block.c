// SPDX-License-Identifier: GPL-2.0-or-later
#include "signal_block.h"

#include <stddef.h>
#include <sys/signalfd.h>

void signal_block(const int numbers[], sigset_t *set, sigset_t *before)
{
	sigset_t own;

	if (!set)
		set = &own;
	sigemptyset(set);
	for (; *numbers; numbers++)
		sigaddset(set, *numbers);
	pthread_sigmask(SIG_BLOCK, set, before);
}

int signal_block_open(const int numbers[], int flags, sigset_t *before)
{
	sigset_t set;

	signal_block(numbers, &set, before);
	return signalfd(-1, &set, flags);
}
