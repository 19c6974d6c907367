// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_console.c - comb console: a cell's hvc0, through its keeper (lib/consolewire.h) */
#include "verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent.h"
#include "consolewire.h"
#include "signal_block.h"

#define ESCAPE		0x1d	/* ^] */
/* Input from a file or pipe has ended: the answer is over when it pauses for so long. */
#define ANSWER_MS	1000
/* Typed or pasted and not taken by the keeper yet; more is not read until it is. */
#define TYPED_MAX	(64u << 10)
/* A keeper that was killed is followed by another one. */
#define RETURN_MS	10000
#define LOOK_MS		100

struct console {
	struct cli *cli;
	int fd, signals;
	bool tty;
	bool escaped;		/* the last key was ^] */
	bool input_ended;
	bool left;		/* by the user */
	bool lost;		/* the keeper; there may be another */
	bool gone;		/* for good */
	bool again;		/* it is not the first keeper */
	uint64_t seen;		/* of what the cell has ever written */
	uint64_t skip;		/* bytes to come that have been seen */
	struct console_frame frame;
	size_t got;		/* bytes of frame and payload */
	char payload[CONSOLE_FRAME_MAX];
	int out;
	size_t most;		/* bytes a write to it may have */
	size_t unseen;		/* at the end of the payload: to be written */
	char typed[TYPED_MAX];
	size_t typed_used;
	size_t typed_sent;	/* of its first frame */
};

/* Nobody who reads slowly keeps keys from being read. */
static void flush_output(struct console *c)
{
	size_t size = c->unseen < c->most ? c->unseen : c->most;
	ssize_t put;

	if (!size)
		return;
	put = write(c->out, c->payload + c->frame.length - c->unseen, size);
	if (put > 0)
		c->unseen -= put;
	else if (put < 0 && errno != EAGAIN && errno != EINTR)
		c->unseen = 0;
}

/* Of this program, not of the cell: the terminal is raw. */
static void tell(const struct console *c, const char *text)
{
	if (!c->cli->quiet)
		dprintf(STDERR_FILENO, "%scomb: %s\r\n", c->tty ? "\r\n" : "", text);
}

/* One frame into what waits to be sent; there must be room. */
static void queue_frame(struct console *c, uint32_t type, const void *data, size_t size)
{
	struct console_frame frame = { .type = type, .length = size };

	memcpy(c->typed + c->typed_used, &frame, sizeof(frame));
	memcpy(c->typed + c->typed_used + sizeof(frame), data, size);
	c->typed_used += sizeof(frame) + size;
}

/* Frames stay until they are sent as a whole: another keeper needs their beginning. */
static void drop_sent(struct console *c)
{
	struct console_frame frame;
	size_t done = 0, size;

	while (c->typed_sent - done >= sizeof(frame)) {
		memcpy(&frame, c->typed + done, sizeof(frame));
		size = sizeof(frame) + frame.length;
		if (c->typed_sent - done < size)
			break;
		done += size;
	}
	c->typed_sent -= done;
	c->typed_used -= done;
	memmove(c->typed, c->typed + done, c->typed_used);
}

static void flush_typed(struct console *c)
{
	ssize_t sent;

	if (!c->typed_used || c->lost)
		return;
	sent = send(c->fd, c->typed + c->typed_sent, c->typed_used - c->typed_sent,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0) {
		c->lost = errno != EAGAIN && errno != EINTR;
		return;
	}
	c->typed_sent += sent;
	drop_sent(c);
}

static void send_size(struct console *c)
{
	struct execwire_winsize size;
	struct console_size frame;

	terminal_size(STDIN_FILENO, &size);
	frame = (struct console_size){ .columns = size.columns, .rows = size.rows };
	if (c->tty && sizeof(c->typed) - c->typed_used >= 2 * CONSOLE_FRAME_MAX)
		queue_frame(c, CONSOLE_SIZE, &frame, sizeof(frame));
}

/* The key after ^]. False: it is for the cell. */
static bool command_key(struct console *c, char key)
{
	switch (key) {
	case '.':
		c->left = true;
		return true;
	case '?':
		tell(c, "^] .  leaves the console, the cell goes on");
		tell(c, "^] ^] sends ^]");
		return true;
	default:
		return false;
	}
}

/* What the user types, without commands to this program. */
static void take_keys(struct console *c, const char *keys, size_t size)
{
	char out[CONSOLE_FRAME_MAX];
	size_t used = 0;

	for (size_t i = 0; i < size && !c->left; i++) {
		if (c->tty && !c->escaped && keys[i] == ESCAPE) {
			c->escaped = true;
			continue;
		}
		if (c->escaped && !command_key(c, keys[i])) {
			/* Any other key: both, but ^] ^] is one ^]. */
			if (keys[i] != ESCAPE)
				out[used++] = ESCAPE;
			out[used++] = keys[i];
		} else if (!c->escaped) {
			out[used++] = keys[i];
		}
		c->escaped = false;
	}
	if (used)
		queue_frame(c, CONSOLE_DATA, out, used);
}

static void read_keys(struct console *c)
{
	/* An escaped key may become two. */
	char keys[CONSOLE_FRAME_MAX / 2];
	ssize_t got = read(STDIN_FILENO, keys, sizeof(keys));

	if (got > 0)
		take_keys(c, keys, got);
	else if (!got || (errno != EINTR && errno != EAGAIN))
		c->input_ended = true;
}

static void tell_gap(struct console *c, uint64_t lost)
{
	char text[80];

	snprintf(text, sizeof(text), "%llu bytes of output are lost", (unsigned long long)lost);
	tell(c, text);
}

/* Another keeper of the same console shows what is not new, too. */
static void take_hello(struct console *c)
{
	struct console_hello hello;
	uint64_t start;

	memcpy(&hello, c->payload, sizeof(hello));
	if (hello.version != CONSOLE_VERSION) {
		tell(c, "the keeper is of another version of Comb");
		c->gone = true;
		return;
	}
	start = hello.written - hello.replay;
	c->skip = 0;
	if (c->again && c->seen >= start && c->seen <= hello.written)
		c->skip = c->seen - start;
	else if (c->again && c->seen < start)
		tell_gap(c, start - c->seen);
	c->seen = start;
}

static void take_output(struct console *c)
{
	size_t size = c->frame.length, old = c->skip < size ? c->skip : size;

	c->seen += size;
	c->skip -= old;
	c->unseen = size - old;
	flush_output(c);
}

static void take_frame(struct console *c)
{
	struct console_gap gap;

	switch (c->frame.type) {
	case CONSOLE_HELLO:
		take_hello(c);
		break;
	case CONSOLE_REPLAY:
	case CONSOLE_DATA:
		take_output(c);
		break;
	case CONSOLE_GAP:
		memcpy(&gap, c->payload, sizeof(gap));
		c->seen += gap.lost;
		tell_gap(c, gap.lost);
		break;
	default:
		break;
	}
}

static void read_frames(struct console *c)
{
	for (;;) {
		bool head = c->got < sizeof(c->frame);
		size_t at = head ? c->got : c->got - sizeof(c->frame);
		size_t want = head ? sizeof(c->frame) - at : c->frame.length - at;
		ssize_t got = 0;

		if (want) {
			got = recv(c->fd, head ? (char *)&c->frame + at : c->payload + at, want,
				   MSG_DONTWAIT);
			if (got < 0 && (errno == EAGAIN || errno == EINTR))
				return;
			if (got <= 0) {
				c->lost = true;
				return;
			}
		}
		c->got += got;
		if (c->got < sizeof(c->frame))
			continue;
		if (c->frame.length > CONSOLE_FRAME_MAX) {
			c->gone = true;
			return;
		}
		if (c->got == sizeof(c->frame) + c->frame.length) {
			c->got = 0;
			take_frame(c);
			/* Let keys and signals have their turn. */
			return;
		}
	}
}

static void take_signal(struct console *c)
{
	struct signalfd_siginfo info;

	if (read(c->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGCONT)
		terminal_again();
	if (info.ssi_signo == SIGWINCH || info.ssi_signo == SIGCONT) {
		send_size(c);
		return;
	}
	c->left = true;
	c->cli->status = (enum comb_status)(CLIENT_SIGNALLED + info.ssi_signo);
}

static int open_console(struct cli *cli, const char *name, struct comb_error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct comb_cell cell;
	int fd, length;

	if (cli_need_root("a cell's console", err) || cells_open(cli, name, &cell, err))
		return -1;
	comb_cell_close(&cell);
	length = snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s/console",
			  cli_run_dir(), name);
	fd = length < (int)sizeof(address.sun_path) ?
	     socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	comb_fail(err, COMB_FAILED, "it has no console: %s", strerror(errno));
	comb_hint(err, "comb logs -f %s", name);
	if (fd >= 0)
		close(fd);
	return comb_prefix(err, "%s", name);
}

/* Is there another keeper already? */
static void come_back(struct console *c, uint64_t *until)
{
	struct comb_error err = { 0 };
	int fd;

	if (!*until)
		*until = cli_now_ns() + RETURN_MS * 1000000ULL;
	fd = open_console(c->cli, c->cli->names[0], &err);
	if (fd < 0) {
		c->gone = err.status == COMB_NO_CELL || cli_now_ns() >= *until;
		return;
	}
	close(c->fd);
	c->fd = fd;
	c->got = c->typed_sent = *until = 0;
	c->lost = false;
	c->again = true;
	send_size(c);
}

static void loop(struct console *c)
{
	uint64_t until = 0;

	while (!c->left && !c->gone) {
		bool room = sizeof(c->typed) - c->typed_used >= 2 * CONSOLE_FRAME_MAX;
		bool silent = c->input_ended && !c->typed_used;
		struct pollfd files[] = {
			{ c->lost ? -1 : c->fd,
			  (c->unseen ? 0 : POLLIN) | (c->typed_used ? POLLOUT : 0), 0 },
			{ c->signals, POLLIN, 0 },
			{ room && !c->input_ended ? STDIN_FILENO : -1, POLLIN, 0 },
			{ c->unseen ? c->out : -1, POLLOUT, 0 },
		};
		int ready = poll(files, 4, c->lost ? LOOK_MS : silent ? ANSWER_MS : -1);

		if (ready < 0)
			continue;
		if (!ready && !c->lost)
			return;
		if (files[1].revents)
			take_signal(c);
		if (files[2].revents)
			read_keys(c);
		flush_typed(c);
		if (files[3].revents)
			flush_output(c);
		/* The keeper's last frames come before its end. */
		if ((files[0].revents & ~POLLOUT) && !c->unseen)
			read_frames(c);
		if (c->lost && !c->unseen)
			come_back(c, &until);
	}
}

static int watch_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGCONT, 0 };

	return signal_block_open(numbers, SFD_CLOEXEC | SFD_NONBLOCK, NULL);
}

int verb_console(struct cli *cli, struct comb_error *err)
{
	static struct console c;
	int fd;

	if (agent_refuse_json(cli, err))
		return -1;
	fd = open_console(cli, cli->names[0], err);
	if (fd < 0)
		return -1;
	c = (struct console){ .cli = cli, .fd = fd, .signals = watch_signals(),
			      .tty = isatty(STDIN_FILENO) };
	c.out = client_open_again(STDOUT_FILENO, &c.most);
	if (c.tty)
		tell(&c, "^] . leaves the console, ^] ? helps");
	if (c.tty && terminal_raw(STDIN_FILENO))
		c.tty = false;
	send_size(&c);
	loop(&c);
	terminal_restore();
	close(c.fd);
	if (c.out >= 0)
		close(c.out);
	if (c.left && c.tty && !cli->status)
		cli_say(cli, "\n%s: left its console", cli->names[0]);
	if (!c.gone)
		return 0;
	comb_fail(err, COMB_NO_CELL, "%s: its console has gone", cli->names[0]);
	return comb_hint(err, "comb ls");
}
