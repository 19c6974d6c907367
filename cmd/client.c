// SPDX-License-Identifier: GPL-2.0-or-later
/* client.c - see client.h */
#include "client.h"

#include <errno.h>
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

#include "execlink.h"

/* So many signals that end a program, and the user means this one, too. */
#define PATIENCE	3
/* How long a connection may be silent before somebody looks whether it is still of use. */
#define SILENCE_MS	1000
/* So often a job that moves may be reached and not take this client. */
#define ATTEMPTS_MAX	20

/* What is waited for, in this order. */
enum { FILE_LINK, FILE_SIGNALS, FILE_IN, FILE_OUT, FILE_ERROR, FILES };

struct client {
	struct execlink link;
	struct client_run *run;
	struct comb_error *err;
	int signals;
	struct execlink_source in;
	struct execlink_sink out[EXECWIRE_STREAMS];	/* [0] is not used */
	size_t most[EXECWIRE_STREAMS];			/* bytes a write may have */
	bool greeted;
	bool waits;		/* it says nothing until the job has the connection */
	bool pausing;		/* the connection will end, and another take its place */
	bool finished;		/* the program has ended; @status says how */
	bool cut;		/* the connection has ended */
	bool failed;		/* @err says why */
	bool lost;		/* the same, but what has come is still to be written */
	bool forced;		/* the user does not wait */
	int status;
	int insisted;
	int attempts;		/* to get to the job, since it had a connection */
	int own;		/* the present connection, if it is not the caller's, or -1 */
};

static const int passed_on[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };

static int client_fail(struct client *c, const char *what)
{
	c->failed = true;
	return comb_fail(c->err, COMB_FAILED, "%s", what);
}

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

	execlink_source_init(&c->in, c->run->in);
	for (int i = 1; i < EXECWIRE_STREAMS; i++)
		if (execlink_sink_init(&c->out[i], client_open_again(files[i], &c->most[i])))
			return client_fail(c, "out of memory");
	return 0;
}

static void close_output(struct client *c, unsigned int stream)
{
	int fd = c->out[stream].fd;

	execlink_sink_drop(&c->out[stream], &c->link, stream);
	if (fd >= 0)
		close(fd);
}

static int watch_signals(sigset_t *before)
{
	static const int more[] = { SIGWINCH, SIGCONT };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		sigaddset(&set, passed_on[i]);
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		sigaddset(&set, more[i]);
	sigprocmask(SIG_BLOCK, &set, before);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int send_request(struct client *c)
{
	uint8_t hello[EXECWIRE_HELLO_BYTES], *request;
	size_t size;

	if (c->run->request.tty)
		terminal_size(c->run->in, &c->run->request.size);
	request = execwire_request(&c->run->request, &size);
	if (!request && errno == E2BIG)
		return client_fail(c, "arguments and environment are larger than 4 MiB");
	if (!request)
		return client_fail(c, "out of memory");
	execwire_hello(hello);
	execlink_send(&c->link, EXECWIRE_HELLO, 0, hello, sizeof(hello));
	execlink_send(&c->link, EXECWIRE_REQUEST, 0, request, size);
	free(request);
	c->greeted = false;
	c->waits = c->run->request.what == EXECWIRE_JOB_ATTACH;
	return 0;
}

/* Another connection may take the place of this one. */
static bool moves(const struct client *c)
{
	return c->run->again && !c->finished && (c->pausing || c->waits);
}

/* The agent's words for why it could not. */
static void take_error(struct client *c, const struct execwire_frame *frame)
{
	uint32_t status = frame->length >= 4 ? execwire_get32(frame->payload) : EXECWIRE_FAILED;

	if (status != EXECWIRE_CANNOT_RUN && status != EXECWIRE_NOT_FOUND)
		status = EXECWIRE_FAILED;
	comb_fail(c->err, (enum comb_status)status, "%.*s",
		  frame->length > 4 ? (int)frame->length - 4 : 0,
		  (const char *)frame->payload + 4);
	if (!c->err->what[0])
		comb_fail(c->err, (enum comb_status)status, "its agent does not say why");
	comb_make_printable(c->err->what);
	/* It may have moved on before this connection came to it. */
	if (moves(c)) {
		c->cut = true;
		return;
	}
	c->failed = status == EXECWIRE_FAILED;
	c->status = status;
	c->finished = true;
}

static int take_hello(struct client *c, const struct execwire_frame *frame)
{
	uint32_t version = execwire_hello_version(frame);

	c->greeted = true;
	if (version == EXECWIRE_VERSION)
		return 0;
	c->failed = true;
	comb_fail(c->err, COMB_FAILED, "its agent speaks version %u, this program %u", version,
		  EXECWIRE_VERSION);
	return comb_hint(c->err, "install the same version of Comb in the cell");
}

/* -1: the peer breaks the rules, or @err says what else. */
static int take_frame(struct client *c, const struct execwire_frame *frame)
{
	uint32_t how[2];

	if (!c->greeted)
		return take_hello(c, frame);
	switch (frame->type) {
	case EXECWIRE_STARTED:
		if (execwire_numbers(frame, how, 1))
			return -1;
		c->waits = false;
		c->attempts = 0;
		if (c->run->started)
			c->run->started(how[0]);
		return 0;
	case EXECWIRE_PAUSE:
		if (!c->run->again || c->pausing)
			return -1;
		c->pausing = true;
		execlink_send(&c->link, EXECWIRE_PAUSE, 0, NULL, 0);
		return 0;
	case EXECWIRE_DATA:
		if (!frame->stream)
			return -1;
		return execlink_sink_take(&c->out[frame->stream], frame, &c->link, frame->stream);
	case EXECWIRE_EOF:
		c->out[frame->stream].ended = true;
		return 0;
	case EXECWIRE_CREDIT:
		return frame->stream ? -1 : execlink_source_credit(&c->in, frame);
	case EXECWIRE_STOP:
		if (!frame->stream)
			c->in.ended = true;
		return 0;
	case EXECWIRE_EXIT:
		if (execwire_numbers(frame, how, 2) || how[0] > 1 || how[1] > 255)
			return -1;
		c->status = how[0] ? CLIENT_SIGNALLED + how[1] : how[1];
		c->finished = true;
		return 0;
	case EXECWIRE_ERROR:
		take_error(c, frame);
		return 0;
	default:
		return -1;
	}
}

static void take_frames(struct client *c)
{
	struct execwire_frame frame;
	int filled = execlink_fill(&c->link), result = 0;

	while (filled > 0 && !c->finished && (result = execlink_next(&c->link, &frame)) > 0) {
		if (!take_frame(c, &frame))
			continue;
		if (!c->failed)
			client_fail(c, "its agent sent what makes no sense");
		return;
	}
	if (result < 0)
		client_fail(c, "its agent sent what makes no sense");
	if (filled <= 0)
		c->cut = true;
}

static void send_size(struct client *c)
{
	uint8_t payload[EXECWIRE_WINSIZE_BYTES];
	struct execwire_winsize size;

	terminal_size(c->run->in, &size);
	execwire_winsize(payload, &size);
	execlink_send(&c->link, EXECWIRE_WINSIZE, 0, payload, sizeof(payload));
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
	if (c->finished || c->insisted == PATIENCE) {
		c->forced = true;
		if (!c->finished)
			c->status = CLIENT_SIGNALLED + number;
		return;
	}
	execlink_send_numbers(&c->link, EXECWIRE_SIGNAL, 0, number, NULL);
}

static void take_signals(struct client *c)
{
	struct signalfd_siginfo info;

	while (!c->forced && read(c->signals, &info, sizeof(info)) == sizeof(info))
		take_signal(c, info.ssi_signo);
}

static void pump_output(struct client *c, unsigned int stream, short events)
{
	struct execlink_sink *sink = &c->out[stream];
	int fd = sink->fd;

	if (fd < 0 || !events)
		return;
	/* Its reader is gone: the program in the cell shall know as if it were here. */
	if (events & (POLLERR | POLLNVAL))
		close_output(c, stream);
	else if (sink->used && execlink_sink_pump(sink, &c->link, stream, c->most[stream]))
		close(fd);
}

static void pump_input(struct client *c)
{
	/* Once: another read might block. */
	if (execlink_source_wants(&c->in, &c->link) &&
	    execlink_source_pump(&c->in, &c->link, 0) < 0)
		execlink_source_end(&c->in, &c->link, 0);
}

static bool is_over(const struct client *c)
{
	bool written = !c->out[1].used && !c->out[2].used;

	return c->failed || c->forced ||
	       ((c->finished || (c->cut && !moves(c))) && written);
}

/*
 * It has said, or will say, that nothing more comes from it on this connection: what it said all the
 * same would be lost. After its end nothing is held back: there is no other connection to come.
 */
static bool is_silent(const struct client *c)
{
	return !c->finished && (c->pausing || c->waits);
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
	execlink_hold(&c->link);
	if (c->lost)
		return;
	memset(c->err, 0, sizeof(*c->err));
	execlink_resume(&c->link, fd);
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
		reads = execlink_source_wants(&c->in, &c->link) && !c->finished &&
			!c->cut && !silent;
		files[FILE_LINK] = (struct pollfd){ c->cut || c->finished ? -1 : c->link.fd,
						    POLLIN, 0 };
		if (execlink_pending(&c->link))
			files[FILE_LINK].events |= POLLOUT;
		files[FILE_SIGNALS] = (struct pollfd){ silent ? -1 : c->signals, POLLIN, 0 };
		files[FILE_IN] = (struct pollfd){ reads ? c->in.fd : -1, POLLIN, 0 };
		for (int i = 1; i < EXECWIRE_STREAMS; i++)
			files[FILE_IN + i] = (struct pollfd){
				silent ? -1 : c->out[i].fd, c->out[i].used ? POLLOUT : 0, 0 };
		ready = poll(files, FILES, c->run->is_down ? SILENCE_MS : -1);
		if (!ready && c->run->is_down(c->run->arg))
			c->cut = true;
		if (ready <= 0)
			continue;
		if (files[FILE_SIGNALS].revents)
			take_signals(c);
		if (files[FILE_LINK].revents & POLLOUT)
			execlink_flush(&c->link);
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
	*status = c->status;
	if (c->failed || c->lost)
		return -1;
	if (c->finished || c->forced)
		return 0;
	comb_fail(c->err, COMB_FAILED, "the connection to it was cut off");
	return comb_hint(c->err, "comb ls");
}

int client_run(int fd, struct client_run *run, int *status, struct comb_error *err)
{
	struct client c = { .run = run, .err = err, .own = -1 };
	struct sigaction ignore = { .sa_handler = SIG_IGN }, pipe_before;
	sigset_t before;
	int result;

	sigaction(SIGPIPE, &ignore, &pipe_before);
	execlink_init(&c.link, fd);
	c.signals = watch_signals(&before);
	c.out[1].fd = c.out[2].fd = -1;
	if (!open_streams(&c) && !send_request(&c)) {
		if (run->request.tty)
			terminal_raw(run->in);
		loop(&c);
	}
	terminal_restore();
	result = judge(&c, status);
	for (int i = 1; i < EXECWIRE_STREAMS; i++) {
		if (c.out[i].fd >= 0)
			close(c.out[i].fd);
		execlink_sink_free(&c.out[i]);
	}
	execlink_free(&c.link);
	if (c.own >= 0)
		close(c.own);
	if (c.signals >= 0)
		close(c.signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	sigaction(SIGPIPE, &pipe_before, NULL);
	return result;
}
