// SPDX-License-Identifier: GPL-2.0-or-later
/* agent_session.c - one connection: one program, its streams, its end */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "job.h"
#include "session.h"

/* A peer that has connected and says nothing is not waited for. */
#define GREETING_MS	30000
/* How often to look whether somebody has opened a terminal that nobody had open. */
#define DESERTED_MS	100

static void close_file(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void close_input(struct session *s)
{
	execlink_sink_drop(&s->in, &s->link, 0);
	close_file(&s->job.in);
}

static void end_output(struct session *s, unsigned int stream)
{
	execlink_source_end(&s->out[stream], &s->link, stream);
	close_file(&s->out[stream].fd);
}

static void refuse(struct session *s, uint32_t status, const char *why)
{
	uint8_t payload[1024];
	size_t length = strnlen(why, sizeof(payload) - 4);

	execwire_put32(payload, status);
	memcpy(payload + 4, why, length);
	execlink_send(&s->link, EXECWIRE_ERROR, 0, payload, 4 + length);
	s->over = true;
}

/* The program, or whatever runs in the foreground of its terminal. */
static void signal_job(struct session *s, int number)
{
	pid_t group = s->job.pid;

	if (s->tty && s->job.in >= 0 && (ioctl(s->job.in, TIOCGPGRP, &group) || group <= 0))
		group = s->job.pid;
	/* A group outlives its leader as long as it has a member. */
	kill(-group, number);
}

/* The connection becomes the job's: this process has no part in it any more. */
static void attach(struct session *s, const char *id)
{
	char why[256] = "no such job";

	/* Nothing but the request has come, and HELLO has gone: the job goes on from here. */
	if (s->link.in.start != s->link.in.end || execlink_pending(&s->link))
		snprintf(why, sizeof(why), "too early");
	else if (job_id_ok(id) && !job_give(id, s->link.fd, why, sizeof(why)))
		_exit(0);
	refuse(s, EXECWIRE_FAILED, why);
}

void session_started(struct session *s)
{
	s->running = true;
	s->in.fd = s->job.in;
	execlink_source_init(&s->out[1], s->job.out);
	execlink_source_init(&s->out[2], s->job.error);
	s->out[2].ended = s->tty;
}

static void start(struct session *s, const struct execwire_frame *frame)
{
	struct execwire_request request;
	char why[512];
	int status;

	if (execwire_request_parse(frame, &request)) {
		refuse(s, EXECWIRE_FAILED, "the agent does not understand the request");
		return;
	}
	if (request.what == EXECWIRE_JOB_ATTACH) {
		attach(s, request.argv[0]);
		execwire_request_free(&request);
		return;
	}
	s->tty = request.tty;
	status = agent_start(&s->job, &request, why, sizeof(why));
	execwire_request_free(&request);
	if (status) {
		refuse(s, status, why);
		return;
	}
	session_started(s);
	execlink_send_numbers(&s->link, EXECWIRE_STARTED, 0, s->job.pid, NULL);
}

static void resize(struct session *s, const struct execwire_frame *frame)
{
	struct execwire_winsize size;
	struct winsize window;

	if (!s->tty || s->job.in < 0 || execwire_winsize_parse(frame, &size))
		return;
	window = (struct winsize){ .ws_row = size.rows, .ws_col = size.columns,
				   .ws_xpixel = size.width, .ws_ypixel = size.height };
	ioctl(s->job.in, TIOCSWINSZ, &window);
}

/* The host has no more input: a terminal has no end, but a key that says so. */
static void input_ended(struct session *s)
{
	struct execwire_frame key = { .type = EXECWIRE_DATA, .length = 1 };
	struct termios settings;
	uint8_t byte = 4;

	if (s->tty && s->job.in >= 0) {
		if (!tcgetattr(s->job.in, &settings))
			byte = settings.c_cc[VEOF];
		key.payload = &byte;
		execlink_sink_take(&s->in, &key, &s->link, 0);
	}
	s->in.ended = true;
}

/* -1: the peer breaks the rules. */
static int take_frame(struct session *s, const struct execwire_frame *frame)
{
	uint32_t number;

	if (frame->type == EXECWIRE_HELLO) {
		s->greeted = execwire_hello_version(frame);
		return s->greeted ? 0 : -1;
	}
	if (s->greeted && frame->type == EXECWIRE_REQUEST) {
		if (s->job.pid)
			return -1;
		start(s, frame);
		return 0;
	}
	if (!s->job.pid)
		return -1;
	switch (frame->type) {
	case EXECWIRE_DATA:
		return frame->stream ? -1 : execlink_sink_take(&s->in, frame, &s->link, 0);
	case EXECWIRE_EOF:
		input_ended(s);
		return 0;
	case EXECWIRE_CREDIT:
		return frame->stream ? execlink_source_credit(&s->out[frame->stream], frame) : -1;
	case EXECWIRE_STOP:
		/* Its writer gets SIGPIPE, as from any pipe. */
		if (frame->stream)
			end_output(s, frame->stream);
		/* A terminal hangs up when its last master is closed. */
		if (frame->stream && s->tty)
			close_input(s);
		return 0;
	case EXECWIRE_WINSIZE:
		resize(s, frame);
		return 0;
	case EXECWIRE_PAUSE:
		if (s->pause != SESSION_PAUSE_ASKED)
			return -1;
		s->pause = SESSION_PAUSE_ANSWERED;
		return 0;
	case EXECWIRE_SIGNAL:
		if (execwire_numbers(frame, &number, 1) || !number || number >= NSIG)
			return -1;
		signal_job(s, number);
		return 0;
	default:
		return -1;
	}
}

/* False when the host is gone. */
static bool take_frames(struct session *s)
{
	struct execwire_frame frame;
	int filled = execlink_fill(&s->link), result = 0;

	while (filled > 0 && !s->over && (result = execlink_next(&s->link, &frame)) > 0)
		if (take_frame(s, &frame))
			return false;
	return filled > 0 && result >= 0;
}

static void reap(struct session *s)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(s->children, &info, sizeof(info)) == sizeof(info))
		;
	/* A movable job's PID 1 inherits children of others. */
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != s->job.pid)
			continue;
		s->running = false;
		s->status = status;
		close_input(s);
		for (unsigned int i = 1; i < EXECWIRE_STREAMS; i++)
			if (s->out[i].fd < 0 || ioctl(s->out[i].fd, FIONREAD, &s->left[i]))
				s->left[i] = 0;
	}
}

/*
 * After its end a program's output is what is in the pipe: what it left in the
 * background may hold it open, and write to it, for ever.
 */
static void pump_output(struct session *s, unsigned int stream)
{
	struct execlink_source *out = &s->out[stream];
	bool ended = !s->running && !s->tty && !s->left[stream];
	int result = 1;

	if (out->ended)
		return;
	while (!ended && result > 0 && execlink_source_wants(out, &s->link)) {
		int credit = out->credit;

		result = execlink_source_pump(out, &s->link, stream);
		if (s->running || s->tty)
			continue;
		s->left[stream] -= credit - (int)out->credit;
		ended = s->left[stream] <= 0;
	}
	/* Somebody may open it again. */
	s->deserted = result < 0 && s->tty && s->running;
	if (ended || (result < 0 && !s->deserted) || (!result && !s->running))
		end_output(s, stream);
}

static void pump_input(struct session *s)
{
	if (s->in.fd >= 0 && s->in.used)
		execlink_sink_pump(&s->in, &s->link, 0, SIZE_MAX);
	if (s->job.in >= 0 && s->in.fd < 0)
		close_input(s);
	if (!s->tty && s->job.in >= 0 && s->in.ended && !s->in.used)
		close_input(s);
}

static void finish(struct session *s)
{
	uint32_t value = WIFSIGNALED(s->status) ? WTERMSIG(s->status) : WEXITSTATUS(s->status);

	if (s->running || !s->job.pid || s->over || !s->out[1].ended || !s->out[2].ended)
		return;
	execlink_send_numbers(&s->link, EXECWIRE_EXIT, 0, WIFSIGNALED(s->status), &value);
	s->over = true;
}

int session_files(struct session *s, struct pollfd files[SESSION_FILES])
{
	bool silent = s->pause > SESSION_PAUSE_ASKED, busy[EXECWIRE_STREAMS];

	for (unsigned int i = 1; i < EXECWIRE_STREAMS; i++)
		busy[i] = s->job.pid && !silent && execlink_source_wants(&s->out[i], &s->link);
	files[0] = (struct pollfd){ s->link.fd, POLLIN, 0 };
	if (execlink_pending(&s->link))
		files[0].events |= POLLOUT;
	files[1] = (struct pollfd){ s->children, POLLIN, 0 };
	files[2] = (struct pollfd){ s->in.used && !silent ? s->in.fd : -1, POLLOUT, 0 };
	files[3] = (struct pollfd){ busy[1] ? s->out[1].fd : -1, POLLIN, 0 };
	files[4] = (struct pollfd){ busy[2] ? s->out[2].fd : -1, POLLIN, 0 };
	/* Nobody reads its stdin any more: the host need not send more. */
	if (!s->tty && s->job.pid && !silent && files[2].fd < 0 && s->in.fd >= 0)
		files[2] = (struct pollfd){ s->in.fd, 0, 0 };
	if (s->deserted)
		files[3].fd = -1;
	return !s->job.pid ? GREETING_MS : s->deserted ? DESERTED_MS : -1;
}

static void pump(struct session *s, const struct pollfd files[SESSION_FILES])
{
	if (files[2].revents & POLLERR)
		close_input(s);
	pump_input(s);
	for (unsigned int i = 1; i < EXECWIRE_STREAMS; i++)
		if (files[2 + i].revents || !s->running || s->deserted)
			pump_output(s, i);
	finish(s);
}

bool session_step(struct session *s, const struct pollfd files[SESSION_FILES])
{
	if (files[0].revents & POLLOUT)
		execlink_flush(&s->link);
	/* Before its output is read: see pump_output(). */
	if (files[1].revents)
		reap(s);
	if ((files[0].revents & ~POLLOUT) && !take_frames(s))
		return false;
	if (s->link.broken)
		return false;
	if (s->pause == SESSION_PAUSE_ANSWERED && !execlink_pending(&s->link))
		s->pause = SESSION_PAUSED;
	if (s->job.pid && !s->over && s->pause <= SESSION_PAUSE_ASKED)
		pump(s, files);
	return !s->link.broken;
}

static void run(struct session *s)
{
	struct pollfd files[SESSION_FILES];

	while (!s->over) {
		int ms = session_files(s, files);

		/* A program may be silent for as long as it likes. */
		if (!poll(files, SESSION_FILES, ms) && !s->job.pid)
			return;
		if (!session_step(s, files))
			return;
	}
}

void session_goodbye(struct session *s)
{
	struct pollfd file = { .fd = s->link.fd };
	struct execwire_frame frame;

	while (!s->link.broken) {
		file.events = POLLIN | (execlink_pending(&s->link) ? POLLOUT : 0);
		if (poll(&file, 1, -1) < 0 && errno != EINTR)
			return;
		if (file.revents & POLLOUT)
			execlink_flush(&s->link);
		if ((file.revents & ~POLLOUT) && execlink_fill(&s->link) <= 0)
			return;
		while (execlink_next(&s->link, &frame) > 0)
			;
	}
}

/* A stopped program must run to notice. */
void session_hang_up(struct session *s)
{
	signal_job(s, SIGHUP);
	signal_job(s, SIGCONT);
}

static int watch_children(void)
{
	sigset_t set;

	/* Ignored, children would vanish without a status. */
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int session_init(struct session *s)
{
	s->children = watch_children();
	return s->children < 0 || execlink_sink_init(&s->in, -1) ? -1 : 0;
}

void session_free(struct session *s)
{
	execlink_sink_free(&s->in);
	execlink_free(&s->link);
	if (s->children >= 0)
		close(s->children);
}

void agent_session(int fd)
{
	struct session s = { .job = { 0, -1, -1, -1 } };
	uint8_t hello[EXECWIRE_HELLO_BYTES];
	int failed = session_init(&s);

	prctl(PR_SET_NAME, "comb-session");
	execlink_init(&s.link, fd);
	execwire_hello(hello);
	execlink_send(&s.link, EXECWIRE_HELLO, 0, hello, sizeof(hello));
	if (failed)
		refuse(&s, EXECWIRE_FAILED, "the agent has no memory");
	else
		run(&s);
	if (s.over)
		session_goodbye(&s);
	else if (s.running)
		session_hang_up(&s);
	session_free(&s);
	close(fd);
}
