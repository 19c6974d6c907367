/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * acting.h - the watcher's side of an action: that its process runs, and runs to its end
 *
 * An event that asks for something is due (told.h) until an earlier action is over and the
 * last one for the same case is a minute ago. Then it is being acted upon, until the process
 * that does so has ended: one that is killed is started once more, and so is one whose
 * watcher was killed. What is done already its journal knows (action.h).
 */
#ifndef KEEPER_ACTING_H
#define KEEPER_ACTING_H

#include <stdbool.h>

#include <sys/types.h>

#include "told.h"

/**
 * struct acting - who acts
 * @name: the cell
 * @told: what there is to do
 * @pid: 0: nobody
 * @fd: a pidfd of it, to poll for its end, or -1
 * @again: it is the second one for this event
 */
struct acting {
	const char *name;
	struct told *told;
	pid_t pid;
	int fd;
	bool again;
};

/* Take note of an end, and start what is due and allowed. To be called at every look. */
void acting_go_on(struct acting *acting);

/* Is there something to do that no end of a process will tell of? Look again soon. */
bool acting_waits(const struct acting *acting);

#endif
