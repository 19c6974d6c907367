/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top_screen.h - comb top on a terminal, between view, keys and loop */
#ifndef CMD_TOP_SCREEN_H
#define CMD_TOP_SCREEN_H

#include "top.h"

/* What keys mean now. */
enum screen_mode {
	SCREEN_LIST,
	SCREEN_HELP,
	SCREEN_TEXT,		/* a text to filter by is typed, and takes effect at once */
	SCREEN_SIGNAL,		/* a signal's name is typed */
	SCREEN_INTERVAL,	/* seconds are typed */
};

struct screen_signal;

/**
 * struct screen - all that is on the terminal
 * @chosen: the process that is marked
 * @first: row at the top of the list
 * @page: rows that fit
 * @input: what has been typed, in the last three modes
 * @text_before: to go back to, if typing a text is given up
 * @target: that gets the signal
 * @target_command: its command, for the question
 * @message: one line at the bottom until the next key
 * @signal: one on its way, or NULL
 */
struct screen {
	struct cli *cli;
	struct top *top;
	struct top_watch *watch;
	enum screen_mode mode;
	unsigned int interval_ms;
	bool paused;
	bool quit;
	struct top_process chosen;
	size_t first, page;
	char input[TOP_TEXT_SIZE];
	char text_before[TOP_TEXT_SIZE];
	struct top_process target;
	char target_command[TOP_TEXT_SIZE];
	char message[256];
	int wake_fd;
	struct screen_signal *signal;
};

/* top_view.c: put it on the terminal; colours if they are wanted. */
void screen_draw(struct screen *screen);
void screen_colours(void);

/* top_keys.c: a key of curses. */
void screen_key(struct screen *screen, int key);

/* top_signal.c: send one in a thread of its own; @wake_fd tells when it is done. */
void screen_signal_send(struct screen *screen, const struct top_process *process, int number);
/* Take what became of it into @message. */
void screen_signal_done(struct screen *screen, bool wait);

#endif
