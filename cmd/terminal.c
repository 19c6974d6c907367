// SPDX-License-Identifier: GPL-2.0-or-later
/* terminal.c - the user's terminal, which must be left as it was found */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "client.h"

static struct {
	int fd;
	bool raw;
	bool registered;
	struct termios before;
	struct termios now;
} terminal;

void terminal_restore(void)
{
	if (terminal.raw)
		tcsetattr(terminal.fd, TCSADRAIN, &terminal.before);
	terminal.raw = false;
}

int terminal_raw(int fd)
{
	if (terminal.raw)
		return 0;
	if (tcgetattr(fd, &terminal.before))
		return -1;
	if (!terminal.registered && atexit(terminal_restore)) {
		errno = ENOMEM;
		return -1;
	}
	terminal.registered = true;
	terminal.fd = fd;
	terminal.now = terminal.before;
	cfmakeraw(&terminal.now);
	if (tcsetattr(fd, TCSADRAIN, &terminal.now))
		return -1;
	terminal.raw = true;
	return 0;
}

void terminal_again(void)
{
	if (terminal.raw)
		tcsetattr(terminal.fd, TCSADRAIN, &terminal.now);
}

void terminal_size(int fd, struct execwire_winsize *size)
{
	struct winsize window = { 0 };

	memset(size, 0, sizeof(*size));
	if (ioctl(fd, TIOCGWINSZ, &window) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &window))
		return;
	size->rows = window.ws_row;
	size->columns = window.ws_col;
	size->width = window.ws_xpixel;
	size->height = window.ws_ypixel;
}

bool terminal_everywhere(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
}
