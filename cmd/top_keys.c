// SPDX-License-Identifier: GPL-2.0-or-later
/* top_keys.c - what keys do in comb top; see top_screen.h */
#include <ctype.h>
#include <curses.h>
#include <stdlib.h>
#include <string.h>

#include "signals.h"
#include "top_screen.h"
#include "verbs.h"

#define KEY_ESCAPE	27

static void say(struct screen *screen, const char *text)
{
	snprintf(screen->message, sizeof(screen->message), "%s", text);
}

/* Mark the row so many lines from the marked one, or the first in sight. */
static void move_by(struct screen *screen, ssize_t lines)
{
	struct top *top = screen->top;
	ssize_t at = top_find(top, &screen->chosen), last = (ssize_t)top->nr_rows - 1;

	if (last < 0)
		return;
	at = at < 0 ? (ssize_t)screen->first : at + lines;
	at = at < 0 ? 0 : at > last ? last : at;
	top_name(&screen->chosen, &top->rows[at]);
}

static void sort_by(struct screen *screen, enum process_key key)
{
	screen->top->order = (struct process_order){ .key = key };
	screen->first = 0;
	top_rows(screen->top);
}

static void begin_typing(struct screen *screen, enum screen_mode mode, const char *text)
{
	screen->mode = mode;
	snprintf(screen->input, sizeof(screen->input), "%s", text);
}

static void begin_signal(struct screen *screen)
{
	ssize_t at = top_find(screen->top, &screen->chosen);

	if (at < 0) {
		say(screen, "first mark a process with the arrow keys");
		return;
	}
	screen->target = screen->chosen;
	snprintf(screen->target_command, sizeof(screen->target_command), "%.20s",
		 screen->top->rows[at].process->comm);
	begin_typing(screen, SCREEN_SIGNAL, "");
}

static void end_signal(struct screen *screen)
{
	const char *text = screen->input[0] ? screen->input : "TERM";
	struct comb_error err = { 0 };
	int number;

	if (signal_parse(text, &number, &err)) {
		snprintf(screen->message, sizeof(screen->message), "%.120s; try %.100s", err.what,
			 err.hint);
		return;
	}
	screen_signal_send(screen, &screen->target, number);
}

static void end_interval(struct screen *screen)
{
	struct comb_error err = { 0 };

	if (top_interval_parse(screen->input, &screen->interval_ms, &err))
		snprintf(screen->message, sizeof(screen->message), "%.200s", err.what);
	top_watch_pace(screen->watch, screen->interval_ms, screen->paused);
}

static void set_text(struct screen *screen, const char *text)
{
	snprintf(screen->top->text, sizeof(screen->top->text), "%s", text);
	screen->first = 0;
	top_rows(screen->top);
}

static void end_typing(struct screen *screen, bool accepted)
{
	enum screen_mode mode = screen->mode;

	screen->mode = SCREEN_LIST;
	if (mode == SCREEN_TEXT && !accepted)
		set_text(screen, screen->text_before);
	else if (mode == SCREEN_SIGNAL && accepted)
		end_signal(screen);
	else if (mode == SCREEN_INTERVAL && accepted && screen->input[0])
		end_interval(screen);
}

static void type(struct screen *screen, int key)
{
	size_t length = strlen(screen->input);

	if (key == KEY_ESCAPE || key == '\n' || key == '\r' || key == KEY_ENTER) {
		end_typing(screen, key != KEY_ESCAPE);
		return;
	}
	if ((key == KEY_BACKSPACE || key == '\b' || key == 127) && length)
		screen->input[length - 1] = '\0';
	else if (key == 'U' - '@')
		screen->input[0] = '\0';
	else if (key < 127 && isprint(key) && length < sizeof(screen->input) - 1)
		snprintf(screen->input + length, 2, "%c", key);
	if (screen->mode == SCREEN_TEXT)
		set_text(screen, screen->input);
}

static void unmark(struct screen *screen)
{
	screen->chosen.cell[0] = '\0';
	screen->top->cell[0] = '\0';
	set_text(screen, "");
}

static void pause_or_go_on(struct screen *screen)
{
	screen->paused = !screen->paused;
	top_watch_pace(screen->watch, screen->interval_ms, screen->paused);
}

/* Keys that choose what is listed. False: it is none. */
static bool list_key(struct screen *screen, int key)
{
	struct top *top = screen->top;
	enum process_key by = top->order.key;

	switch (key) {
	case 'P':
		sort_by(screen, PROCESS_BY_CPU);
		break;
	case 'M':
		sort_by(screen, PROCESS_BY_MEMORY);
		break;
	case 'T':
		sort_by(screen, PROCESS_BY_TIME);
		break;
	case 'N':
		sort_by(screen, PROCESS_BY_PID);
		break;
	case '<':
		sort_by(screen, (by + PROCESS_KEYS - 1) % PROCESS_KEYS);
		break;
	case '>':
		sort_by(screen, (by + 1) % PROCESS_KEYS);
		break;
	case 'R':
		top->order.backward = !top->order.backward;
		break;
	case 'c':
		top_next_cell(top);
		screen->first = 0;
		break;
	case 'K':
		top->filter.kernel_threads = !top->filter.kernel_threads;
		say(screen, top->filter.kernel_threads ? "with kernel threads" :
		    "without kernel threads");
		break;
	default:
		return false;
	}
	top_rows(top);
	return true;
}

static void move_key(struct screen *screen, int key)
{
	ssize_t page = screen->page ? (ssize_t)screen->page : 1;

	switch (key) {
	case KEY_UP:
		move_by(screen, -1);
		break;
	case KEY_DOWN:
		move_by(screen, 1);
		break;
	case KEY_PPAGE:
		move_by(screen, -page);
		break;
	case KEY_NPAGE:
		move_by(screen, page);
		break;
	case KEY_HOME:
		move_by(screen, -(ssize_t)screen->top->nr_rows);
		break;
	case KEY_END:
		move_by(screen, (ssize_t)screen->top->nr_rows);
		break;
	case KEY_ESCAPE:
		unmark(screen);
		break;
	}
}

void screen_key(struct screen *screen, int key)
{
	if (screen->mode > SCREEN_HELP) {
		type(screen, key);
		return;
	}
	if (screen->mode == SCREEN_HELP) {
		screen->mode = SCREEN_LIST;
		return;
	}
	screen->message[0] = '\0';
	switch (key) {
	case 'q':
	case KEY_F(10):
		screen->quit = true;
		break;
	case 'h':
	case '?':
	case KEY_F(1):
		screen->mode = SCREEN_HELP;
		break;
	case '/':
		snprintf(screen->text_before, sizeof(screen->text_before), "%s", screen->top->text);
		begin_typing(screen, SCREEN_TEXT, screen->top->text);
		break;
	case 'k':
	case KEY_F(9):
		begin_signal(screen);
		break;
	case 'd':
		begin_typing(screen, SCREEN_INTERVAL, "");
		break;
	case 'p':
		pause_or_go_on(screen);
		break;
	case 'L' - '@':
		clearok(curscr, TRUE);
		break;
	default:
		if (!list_key(screen, key))
			move_key(screen, key);
	}
}
