// SPDX-License-Identifier: GPL-2.0-or-later
/* top_view.c - comb top as it is seen; see top_screen.h */
#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "top_screen.h"

#define LINE_SIZE	512
/* Columns of the command that are worth more than another column. */
#define COMMAND_MIN	16

enum { PAIR_LOW = 1, PAIR_MIDDLE, PAIR_HIGH };
enum { CELL, USER = 2, MEMORY = 4, STAT, TIME, COMMAND };

void screen_colours(void)
{
	if (start_color() == ERR || use_default_colors() == ERR)
		return;
	init_pair(PAIR_LOW, COLOR_GREEN, -1);
	init_pair(PAIR_MIDDLE, COLOR_YELLOW, -1);
	init_pair(PAIR_HIGH, COLOR_RED, -1);
}

static void put_line(int y, const char *text)
{
	mvaddnstr(y, 0, text, COLS);
	clrtoeol();
}

static void title(const struct screen *screen, char *line, size_t size)
{
	const struct top *top = screen->top;
	time_t now = time(NULL);
	struct tm tm;
	size_t used;

	localtime_r(&now, &tm);
	used = strftime(line, size, "comb top %H:%M:%S", &tm);
	used += snprintf(line + used, size - used, ", %zu kernel%s, %zu processes, by %s, every %g s",
			 top->nr_kernels, top->nr_kernels == 1 ? "" : "s", top->nr_processes,
			 process_key_name(top->order.key), screen->interval_ms / 1000.0);
	if (top->cell[0] && used < size)
		used += snprintf(line + used, size - used, ", only %s", top->cell);
	if (top->text[0] && used < size)
		used += snprintf(line + used, size - used, ", only \"%s\"", top->text);
	if (screen->paused && used < size)
		snprintf(line + used, size - used, ", PAUSED");
}

/* The filled part of each meter of the line, by how full it is. */
static void paint_meters(int y, const char *line)
{
	const char *open = line, *close;

	while ((open = strchr(open, '[')) && (close = strchr(open, ']'))) {
		const char *text = memrchr(open, ' ', close - open);
		int bar = (int)((text ? text : close) - open) - 1;
		int filled = (int)strspn(open + 1, "|");
		int pair = filled * 10 < bar * 5 ? PAIR_LOW :
			   filled * 10 < bar * 8 ? PAIR_MIDDLE : PAIR_HIGH;

		if (filled && open + 1 - line < COLS)
			mvchgat(y, (int)(open + 1 - line), filled, A_NORMAL, (short)pair, NULL);
		open = close;
	}
}

static int draw_header(const struct screen *screen, int y, int most)
{
	struct comb_strings lines;

	top_header(screen->top, COLS, most, &lines);
	for (size_t i = 0; i < lines.count; i++, y++) {
		put_line(y, lines.list[i]);
		if (lines.list[i][0] != ' ')
			mvchgat(y, 0, (int)strcspn(lines.list[i], " "), A_BOLD, 0, NULL);
		if (has_colors())
			paint_meters(y, lines.list[i]);
	}
	comb_strings_free(&lines);
	return y;
}

/* How wide each column is; 0: there is no room for it. The last has what is left. */
static void layout(const struct top *top, int width[PROCESS_COLUMNS])
{
	static const int usual[PROCESS_COLUMNS] = { 4, 7, 8, 6, 5, 5, 9, 0 };
	static const int droppable[] = { TIME, STAT, USER, MEMORY };
	int used = PROCESS_COLUMNS - 1;

	memcpy(width, usual, sizeof(usual));
	for (size_t i = 0; i < top->nr_kernels; i++)
		if ((int)strlen(top->kernels[i].now.name) > width[CELL])
			width[CELL] = (int)strlen(top->kernels[i].now.name);
	if (width[CELL] > 12)
		width[CELL] = 12;
	for (int i = 0; i < COMMAND; i++)
		used += width[i];
	for (size_t i = 0; i < sizeof(droppable) / sizeof(droppable[0]); i++) {
		if (used + COMMAND_MIN <= COLS)
			break;
		used -= width[droppable[i]] + 1;
		width[droppable[i]] = 0;
	}
	width[COMMAND] = COLS > used ? COLS - used : 0;
}

static void format_row(const char *const text[PROCESS_COLUMNS], const int width[PROCESS_COLUMNS],
		       char line[LINE_SIZE])
{
	size_t used = 0;

	line[0] = '\0';
	for (size_t i = 0; i < PROCESS_COLUMNS && used < LINE_SIZE; i++) {
		int most = width[i] < LINE_SIZE ? width[i] : LINE_SIZE;

		if (!most)
			continue;
		if (i == COMMAND)
			used += snprintf(line + used, LINE_SIZE - used, "%.*s", most, text[i]);
		else if (process_is_number(i))
			used += snprintf(line + used, LINE_SIZE - used, "%*.*s ", most, most, text[i]);
		else
			used += snprintf(line + used, LINE_SIZE - used, "%-*.*s ", most, most, text[i]);
	}
}

/* Keep the marked row in sight. */
static void follow(struct screen *screen)
{
	ssize_t at = top_find(screen->top, &screen->chosen);

	if (at >= 0 && (size_t)at < screen->first)
		screen->first = at;
	if (at >= 0 && screen->page && (size_t)at >= screen->first + screen->page)
		screen->first = at - screen->page + 1;
	if (screen->first + screen->page > screen->top->nr_rows)
		screen->first = screen->top->nr_rows > screen->page ?
				screen->top->nr_rows - screen->page : 0;
}

static void draw_list(struct screen *screen, int y, int end)
{
	int width[PROCESS_COLUMNS];
	struct process_cells cells;
	char line[LINE_SIZE];
	ssize_t chosen;

	layout(screen->top, width);
	format_row(process_heading, width, line);
	put_line(y, line);
	mvchgat(y++, 0, -1, A_REVERSE, 0, NULL);
	screen->page = end > y ? end - y : 0;
	follow(screen);
	chosen = top_find(screen->top, &screen->chosen);
	for (size_t i = screen->first; y < end; i++, y++) {
		if (i >= screen->top->nr_rows) {
			put_line(y, "");
			continue;
		}
		process_cells_fill(&cells, &screen->top->rows[i]);
		format_row(cells.text, width, line);
		put_line(y, line);
		if ((ssize_t)i == chosen)
			mvchgat(y, 0, -1, A_REVERSE, 0, NULL);
	}
}

static void draw_help(int y, int end)
{
	static const char *const lines[] = {
		"Up Down PgUp PgDn Home End   mark a process",
		"Esc                          unmark, show all again",
		"k                            send a signal to the marked process",
		"P M T N                      sort by %CPU, %MEM, TIME, PID",
		"< >                          sort by another column",
		"R                            sort backward",
		"/                            only rows with this text",
		"c                            only the next kernel's rows",
		"K                            kernel threads, too, or not",
		"p                            pause, go on",
		"d                            seconds between refreshes",
		"q                            quit",
		"",
		"A meter shows a CPU's use since the refresh before. wait: how much",
		"of the last 10 s some task had to wait for a CPU (PSI).",
	};

	for (size_t i = 0; y < end; i++, y++)
		put_line(y, i < sizeof(lines) / sizeof(lines[0]) ? lines[i] : "");
}

static void bottom(const struct screen *screen, char *line, size_t size)
{
	const struct top_process *target = &screen->target;

	switch (screen->mode) {
	case SCREEN_TEXT:
		snprintf(line, size, "Only rows with: %s", screen->input);
		break;
	case SCREEN_SIGNAL:
		snprintf(line, size, "Signal to %s:%d (%s%s) [TERM]: %s", target->cell, target->pid,
			 screen->target_command, target->pid == 1 ? ", the FIRST PROCESS" : "",
			 screen->input);
		break;
	case SCREEN_INTERVAL:
		snprintf(line, size, "Seconds between refreshes: %s", screen->input);
		break;
	case SCREEN_HELP:
		snprintf(line, size, "Any key goes back.");
		break;
	default:
		snprintf(line, size, "%s", screen->message[0] ? screen->message :
			 "h help  q quit  / filter  c cell  k signal  P M T N sort  p pause");
	}
}

void screen_draw(struct screen *screen)
{
	/* Title, heading, one row and the bottom line go first. */
	int y = 1, most = (LINES - 4) / 2, length, skip;
	char line[LINE_SIZE];
	bool typing = screen->mode > SCREEN_HELP;

	title(screen, line, sizeof(line));
	put_line(0, line);
	if (LINES > 6)
		y = draw_header(screen, y, most > 1 ? most : 1);
	if (screen->mode == SCREEN_HELP)
		draw_help(1, LINES - 1);
	else if (LINES > 2)
		draw_list(screen, y, LINES - 1);
	bottom(screen, line, sizeof(line));
	/* What is being typed stays in sight. */
	length = (int)strlen(line);
	skip = typing && length >= COLS ? length - COLS + 1 : 0;
	if (LINES > 1)
		put_line(LINES - 1, line + skip);
	curs_set(typing);
	if (typing)
		move(LINES - 1, length - skip);
	refresh();
}
