// SPDX-License-Identifier: GPL-2.0-or-later
/* top_screen.c - comb top's terminal: taken, kept in step, and given back; see top_screen.h */
#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "signal_block.h"
#include "top_screen.h"

/* How often the list of cells and the clock are looked at. */
#define LOOK_MS		1000
/* Answers that come together are shown together. */
#define GATHER_MS	50
/* How long a key may take that begins with Escape. */
#define ESCAPE_MS	50

enum { FILE_KEYS, FILE_SIGNALS, FILE_ANSWERS, FILES };

struct loop {
	struct screen *screen;
	int signals, answers;
	sigset_t before;
	int ended_by;		/* a signal, or 0 */
};

static int watch_signals(sigset_t *before)
{
	static const int numbers[] = {
		SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT, 0
	};

	return signal_block_open(numbers, SFD_CLOEXEC | SFD_NONBLOCK, before);
}

static void fit_terminal(void)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
		resizeterm(size.ws_row, size.ws_col);
}

/* Give the terminal back and let the signal do what it does by itself. */
static void do_as_usual(int number)
{
	sigset_t set;

	signal(number, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, number);
	raise(number);
	/* Here it stops or ends. */
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void take_signal(struct loop *loop, int number)
{
	switch (number) {
	case SIGWINCH:
		fit_terminal();
		break;
	case SIGTSTP:
		endwin();
		do_as_usual(SIGTSTP);
		/* fall through */
	case SIGCONT:
		/* The shell has had the terminal meanwhile. */
		fit_terminal();
		clearok(curscr, TRUE);
		break;
	default:
		loop->ended_by = number;
		loop->screen->quit = true;
	}
}

static void take_signals(struct loop *loop)
{
	struct signalfd_siginfo info;

	while (read(loop->signals, &info, sizeof(info)) == sizeof(info))
		take_signal(loop, (int)info.ssi_signo);
}

static void take_keys(struct loop *loop, short events)
{
	int key;

	while (!loop->screen->quit && (key = getch()) != ERR)
		if (key != KEY_RESIZE)
			screen_key(loop->screen, key);
	/* The terminal is gone: nobody will ever press a key. */
	if (events & (POLLHUP | POLLERR | POLLNVAL))
		loop->screen->quit = true;
}

static void run(struct loop *loop)
{
	struct screen *screen = loop->screen;
	uint64_t drawn = 0;

	while (!screen->quit) {
		struct pollfd files[FILES] = {
			[FILE_KEYS] = { .fd = STDIN_FILENO, .events = POLLIN },
			[FILE_SIGNALS] = { .fd = loop->signals, .events = POLLIN },
			[FILE_ANSWERS] = { .fd = loop->answers, .events = POLLIN },
		};
		eventfd_t count;

		/* Answers wait a little for others, keys and signals do not. */
		if (cli_now_ns() - drawn < GATHER_MS * 1000000ULL)
			files[FILE_ANSWERS].fd = -1;
		if (poll(files, FILES, files[FILE_ANSWERS].fd < 0 ? GATHER_MS : LOOK_MS) < 0 &&
		    errno != EINTR)
			return;
		if (files[FILE_SIGNALS].revents)
			take_signals(loop);
		if (files[FILE_ANSWERS].revents)
			eventfd_read(loop->answers, &count);
		screen_signal_done(screen, false);
		if (!screen->paused)
			top_watch_update(screen->watch, screen->top);
		if (files[FILE_KEYS].revents)
			take_keys(loop, files[FILE_KEYS].revents);
		screen_draw(screen);
		drawn = cli_now_ns();
	}
}

static SCREEN *open_terminal(bool colour, struct comb_error *err)
{
	SCREEN *terminal = newterm(NULL, stdout, stdin);

	if (!terminal) {
		const char *kind = getenv("TERM");

		comb_fail(err, COMB_FAILED, "top: no terminal of kind \"%s\" is known",
			  kind ? kind : "");
		comb_hint(err, "TERM=xterm comb top, or comb top --batch");
		return NULL;
	}
	if (colour)
		screen_colours();
	cbreak();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	return terminal;
}

int top_screen(struct cli *cli, struct top *top, const struct top_options *options,
	       struct comb_error *err)
{
	struct screen screen = {
		.cli = cli, .top = top, .interval_ms = options->interval_ms,
	};
	struct loop loop = { .screen = &screen };
	SCREEN *terminal = NULL;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		comb_fail(err, COMB_USAGE, "top: this is no terminal");
		return comb_hint(err, "comb top --batch --count 1");
	}
	loop.signals = watch_signals(&loop.before);
	loop.answers = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	screen.wake_fd = loop.answers;
	if (loop.signals < 0 || loop.answers < 0)
		comb_fail(err, COMB_FAILED, "top: no file to wait for: %s", strerror(errno));
	else
		terminal = open_terminal(cli->colour, err);
	if (terminal) {
		screen.watch = top_watch_start(cli, loop.answers, options->interval_ms);
		run(&loop);
		endwin();
		delscreen(terminal);
		top_watch_end(screen.watch);
		screen_signal_done(&screen, true);
	}
	close(loop.signals);
	close(loop.answers);
	if (loop.ended_by)
		do_as_usual(loop.ended_by);
	pthread_sigmask(SIG_SETMASK, &loop.before, NULL);
	return terminal ? 0 : -1;
}
