// SPDX-License-Identifier: GPL-2.0-or-later
/* client.c - see client.h */
#include "client.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host_end.h"
#include "signal_block.h"

/* So many signals that end a program, and the user means this one, too. */
#define PATIENCE	3
/* How long a connection may be silent before somebody looks whether it is still of use. */
#define SILENCE_MS	1000
/* So often a job that moves may be reached and not take this client. */
#define ATTEMPTS_MAX	20

/* What is waited for, in this order. */
enum { FILE_LINK, FILE_SIGNALS, FILE_IN, FILE_OUT, FILE_ERROR, FILES };

/* All but the last two, which are about this side's terminal, are passed on. */
static const int taken[] = {
	SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT, 0
};

struct client {
	struct host_end end;
	struct client_run *run;
	struct comb_error *err;
	int signals;
	size_t most[EXECWIRE_STREAMS];	/* bytes a write to this output may have */
	bool waits;		/* it says nothing until the job has the connection */
	bool pausing;		/* the connection will end, and another take its place */
	bool cut;		/* the connection has ended */
	bool failed;		/* @err says why */
	bool lost;		/* the same, but what has come is still to be written */
	bool forced;		/* the user does not wait */
	int insisted;
	int attempts;		/* to get to the job, since it had a connection */
	int own;		/* the present connection, if it is not the caller's, or -1 */
};

int client_open_again(int fd, size_t *most)
{
	struct stat st;
	char path[32];
	int own = -1;

	*most = SIZE_MAX;
	if (fstat(fd, &st))
		return -1;
	if (S_ISFIFO(st.st_mode) || isatty(fd)) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (own < 0)
			*most = PIPE_BUF;
	}
	return own >= 0 ? own : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static int open_streams(struct client *c)
{
	const int files[] = { -1, c->run->out, c->run->error };

	execlink_source_init(&c->end.in, c->run->in);
	for (int i = 1; i < EXECWIRE_STREAMS; i++) {
		if (execlink_sink_init(&c->end.out[i], client_open_again(files[i], &c->most[i]))) {
			c->failed = true;
			return comb_out_of_memory(c->err);
		}
	}
	return 0;
}

static void close_output(struct client *c, unsigned int stream)
{
	int fd = c->end.out[stream].fd;

	execlink_sink_drop(&c->end.out[stream], &c->end.link, stream);
	if (fd >= 0)
		close(fd);
}

static int send_request(struct client *c)
{
	if (c->run->request.tty)
		terminal_size(c->run->in, &c->run->request.size);
	c->waits = c->run->request.what == EXECWIRE_JOB_ATTACH;
	c->failed = host_end_request(&c->end, &c->run->request, c->err);
	return c->failed ? -1 : 0;
}

/* Another connection may take the place of this one. */
static bool moves(const struct client *c)
{
	return c->run->again && !c->end.finished && (c->pausing || c->waits);
}

static void take_error(struct client *c)
{
	/* These are also exit statuses of comb(1). */
	c->err->status = (enum comb_status)c->end.status;
	/* It may have moved on before this connection came to it. */
	if (moves(c)) {
		c->cut = true;
		return;
	}
	c->failed = c->end.status == EXECWIRE_FAILED;
	c->end.finished = true;
}

static int take_started(struct client *c, const struct execwire_frame *frame)
{
	uint32_t pid;

	if (execwire_numbers(frame, &pid, 1))
		return host_end_nonsense(c->err);
	c->waits = false;
	c->attempts = 0;
	if (c->run->started)
		c->run->started(pid);
	return 0;
}

static int take_pause(struct client *c)
{
	if (!c->run->again || c->pausing)
		return host_end_nonsense(c->err);
	c->pausing = true;
	execlink_send(&c->end.link, EXECWIRE_PAUSE, 0, NULL, 0);
	return 0;
}

/* -1 with @err: the agent breaks the rules, or cannot be understood. */
static int take_frame(struct client *c, const struct execwire_frame *frame)
{
	struct execlink_sink *sink = &c->end.out[frame->stream];
	int result = host_end_take(&c->end, frame, c->err);

	if (result <= 0)
		return result;
	switch (frame->type) {
	case EXECWIRE_STARTED:
		return take_started(c, frame);
	case EXECWIRE_PAUSE:
		return take_pause(c);
	case EXECWIRE_DATA:
		if (execlink_sink_take(sink, frame, &c->end.link, frame->stream))
			return host_end_nonsense(c->err);
		return 0;
	case EXECWIRE_EOF:
		sink->ended = true;
		return 0;
	default:
		take_error(c);
		return 0;
	}
}

static void take_frames(struct client *c)
{
	struct execwire_frame frame;
	int filled = execlink_fill(&c->end.link), result = 0;

	while (filled > 0 && !c->end.finished &&
	       (result = execlink_next(&c->end.link, &frame)) > 0) {
		if (take_frame(c, &frame)) {
			c->failed = true;
			return;
		}
	}
	if (result < 0) {
		c->failed = true;
		host_end_nonsense(c->err);
	}
	if (filled <= 0)
		c->cut = true;
}

static void send_size(struct client *c)
{
	uint8_t payload[EXECWIRE_WINSIZE_BYTES];
	struct execwire_winsize size;

	terminal_size(c->run->in, &size);
	execwire_winsize(payload, &size);
	execlink_send(&c->end.link, EXECWIRE_WINSIZE, 0, payload, sizeof(payload));
}

static void take_signal(struct client *c, int number)
{
	if (number == SIGCONT)
		terminal_again();
	if (number == SIGWINCH || number == SIGCONT) {
		if (c->run->request.tty)
			send_size(c);
		return;
	}
	if (number != SIGUSR1 && number != SIGUSR2)
		c->insisted++;
	/* Nothing is left to be told, or nobody seems to listen. */
	if (c->end.finished || c->insisted == PATIENCE) {
		c->forced = true;
		if (!c->end.finished)
			c->end.status = CLIENT_SIGNALLED + number;
		return;
	}
	execlink_send_numbers(&c->end.link, EXECWIRE_SIGNAL, 0, number, NULL);
}

static void take_signals(struct client *c)
{
	struct signalfd_siginfo info;

	while (!c->forced && read(c->signals, &info, sizeof(info)) == sizeof(info))
		take_signal(c, info.ssi_signo);
}

static void pump_output(struct client *c, unsigned int stream, short events)
{
	struct execlink_sink *sink = &c->end.out[stream];
	int fd = sink->fd;

	if (fd < 0 || !events)
		return;
	/* Its reader is gone: the program in the cell shall know as if it were here. */
	if (events & (POLLERR | POLLNVAL))
		close_output(c, stream);
	else if (sink->used && execlink_sink_pump(sink, &c->end.link, stream, c->most[stream]))
		close(fd);
}

static void pump_input(struct client *c)
{
	/* Once: another read might block. */
	if (execlink_source_wants(&c->end.in, &c->end.link) &&
	    execlink_source_pump(&c->end.in, &c->end.link, 0) < 0)
		execlink_source_end(&c->end.in, &c->end.link, 0);
}

static bool is_over(const struct client *c)
{
	bool written = !c->end.out[1].used && !c->end.out[2].used;

	return c->failed || c->forced ||
	       ((c->end.finished || (c->cut && !moves(c))) && written);
}

/*
 * It has said, or will say, that nothing more comes from it on this connection: what it said all the
 * same would be lost. After its end nothing is held back: there is no other connection to come.
 */
static bool is_silent(const struct client *c)
{
	return !c->end.finished && (c->pausing || c->waits);
}

/* The job is on its way. Signals wait, and so does what has not been written yet. */
static void connect_again(struct client *c)
{
	int fd = -1;

	if (c->attempts++ < ATTEMPTS_MAX)
		fd = c->run->again(c->run->arg, c->err);
	else if (!c->err->what[0])
		comb_fail(c->err, COMB_FAILED, "it takes no connection");
	if (c->own >= 0)
		close(c->own);
	c->own = fd;
	c->lost = c->cut = fd < 0;
	c->pausing = c->waits = false;
	execlink_hold(&c->end.link);
	if (c->lost)
		return;
	memset(c->err, 0, sizeof(*c->err));
	execlink_resume(&c->end.link, fd);
	send_request(c);
}

static void loop(struct client *c)
{
	struct pollfd files[FILES];
	int ready;

	while (!is_over(c)) {
		bool silent = is_silent(c), reads;

		if (c->cut && moves(c)) {
			connect_again(c);
			continue;
		}
		reads = execlink_source_wants(&c->end.in, &c->end.link) && !c->end.finished &&
			!c->cut && !silent;
		files[FILE_LINK] = (struct pollfd){ c->cut || c->end.finished ? -1 : c->end.link.fd,
						    POLLIN, 0 };
		if (execlink_pending(&c->end.link))
			files[FILE_LINK].events |= POLLOUT;
		files[FILE_SIGNALS] = (struct pollfd){ silent ? -1 : c->signals, POLLIN, 0 };
		files[FILE_IN] = (struct pollfd){ reads ? c->end.in.fd : -1, POLLIN, 0 };
		for (int i = 1; i < EXECWIRE_STREAMS; i++) {
			const struct execlink_sink *out = &c->end.out[i];

			files[FILE_IN + i] = (struct pollfd){
				silent ? -1 : out->fd, out->used ? POLLOUT : 0, 0 };
		}
		ready = poll(files, FILES, c->run->is_down ? SILENCE_MS : -1);
		if (!ready && c->run->is_down(c->run->arg))
			c->cut = true;
		if (ready <= 0)
			continue;
		if (files[FILE_SIGNALS].revents)
			take_signals(c);
		if (files[FILE_LINK].revents & POLLOUT)
			execlink_flush(&c->end.link);
		if (files[FILE_LINK].revents & ~POLLOUT)
			take_frames(c);
		/* Only now: the job may just have asked for silence. */
		if (is_silent(c))
			continue;
		if (files[FILE_IN].revents)
			pump_input(c);
		for (int i = 1; i < EXECWIRE_STREAMS; i++)
			pump_output(c, i, files[FILE_IN + i].revents);
	}
}

static int judge(struct client *c, int *status)
{
	*status = c->end.status;
	if (c->failed || c->lost)
		return -1;
	if (c->end.finished || c->forced)
		return 0;
	return host_end_cut_off(c->err);
}

int client_run(int fd, struct client_run *run, int *status, struct comb_error *err)
{
	struct client c = { .run = run, .err = err, .own = -1 };
	struct sigaction ignore = { .sa_handler = SIG_IGN }, pipe_before;
	sigset_t before;
	int result;

	sigaction(SIGPIPE, &ignore, &pipe_before);
	execlink_init(&c.end.link, fd);
	c.signals = signal_block_open(taken, SFD_CLOEXEC | SFD_NONBLOCK, &before);
	c.end.out[1].fd = c.end.out[2].fd = -1;
	if (!open_streams(&c) && !send_request(&c)) {
		if (run->request.tty)
			terminal_raw(run->in);
		loop(&c);
	}
	terminal_restore();
	result = judge(&c, status);
	for (int i = 1; i < EXECWIRE_STREAMS; i++) {
		if (c.end.out[i].fd >= 0)
			close(c.end.out[i].fd);
		execlink_sink_free(&c.end.out[i]);
	}
	execlink_free(&c.end.link);
	if (c.own >= 0)
		close(c.own);
	if (c.signals >= 0)
		close(c.signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	sigaction(SIGPIPE, &pipe_before, NULL);
	return result;
}
