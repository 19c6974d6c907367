// SPDX-License-Identifier: GPL-2.0-or-later
/* top_signal.c - a signal from comb top, which goes on while a cell thinks; see top_screen.h */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include "signals.h"
#include "top_screen.h"

struct screen_signal {
	struct cli *cli;
	int wake_fd;
	struct top_process process;
	int number;
	pthread_t thread;
	atomic_bool done;
	char message[256];
};

static void *deliver(void *arg)
{
	struct screen_signal *signal = arg;
	char target[48], *targets[] = { target }, name[SIGNAL_NAME_SIZE];
	struct comb_error err = { 0 };
	int error = 0;

	/* The process that was chosen, and not one that has got its number since. */
	snprintf(target, sizeof(target), "%d@%" PRIu64, signal->process.pid,
		 signal->process.start_ticks);
	if (!signal->process.start_ticks)
		snprintf(target, sizeof(target), "%d", signal->process.pid);
	if (signal_send(signal->cli, signal->process.cell, targets, 1, signal->number, &error, &err))
		snprintf(signal->message, sizeof(signal->message), "%s: %.200s",
			 signal->process.cell, err.what);
	else if (error && signal_refused(signal->process.cell, signal->process.pid, error, &err))
		snprintf(signal->message, sizeof(signal->message), "%.250s", err.what);
	else
		snprintf(signal->message, sizeof(signal->message), "%s was sent to %s:%d",
			 signal_name(signal->number, name), signal->process.cell,
			 signal->process.pid);
	signal->done = true;
	eventfd_write(signal->wake_fd, 1);
	return NULL;
}

void screen_signal_send(struct screen *screen, const struct top_process *process, int number)
{
	struct screen_signal *signal;

	if (screen->signal) {
		snprintf(screen->message, sizeof(screen->message),
			 "the signal before is still on its way");
		return;
	}
	signal = cli_calloc(1, sizeof(*signal));
	signal->cli = screen->cli;
	signal->wake_fd = screen->wake_fd;
	signal->process = *process;
	signal->number = number;
	if (pthread_create(&signal->thread, NULL, deliver, signal)) {
		snprintf(screen->message, sizeof(screen->message), "no thread to send it");
		free(signal);
		return;
	}
	screen->signal = signal;
}

void screen_signal_done(struct screen *screen, bool wait)
{
	struct screen_signal *signal = screen->signal;

	if (!signal || (!wait && !signal->done))
		return;
	pthread_join(signal->thread, NULL);
	snprintf(screen->message, sizeof(screen->message), "%s", signal->message);
	free(signal);
	screen->signal = NULL;
}
