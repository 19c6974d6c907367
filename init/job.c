// SPDX-License-Identifier: GPL-2.0-or-later
/* job.c - PID 1 of a movable job, and how others talk to it */
#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "session.h"

/* So long a client may need to fall silent; it must read what is on its way. */
#define PAUSE_MS	10000
/*
 * So long after a move a client may need to come back before it is taken for gone. Only time in
 * which this process runs counts, looked at in steps: for a move it is stopped for much longer.
 */
#define CLIENT_MS	120000
#define STEP_MS		1000
#define CALL_S		15

/* What a caller may ask for, and the answers. */
#define CALL_ATTACH	'a'
#define CALL_PAUSE	'p'
#define CALL_YES	'y'
#define CALL_NO		'n'

/**
 * struct job - this process's knowledge
 * @s: the program and its connection
 * @listener: where callers come
 * @asker: who waits for a pause, or -1
 * @asked_ms: since when
 * @alone_ms: for how long there has been no client
 * @looked_ms: when that was last counted
 * @deserted: the client is gone for good
 */
struct job {
	struct session s;
	int listener;
	int asker;
	int64_t asked_ms;
	int64_t alone_ms;
	int64_t looked_ms;
	bool deserted;
};

/* An abstract name, so that no file is in the way where the job is restored. */
static socklen_t job_address(const char *id, struct sockaddr_un *address)
{
	int length;

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	length = snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, JOB_NAME "/%s",
			  id);
	return offsetof(struct sockaddr_un, sun_path) + 1 + length;
}

static int listen_as(const char *id)
{
	struct sockaddr_un address;
	socklen_t size = job_address(id, &address);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && (bind(fd, (struct sockaddr *)&address, size) || listen(fd, 8))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void answer(int fd, char word)
{
	send(fd, &word, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static void answer_asker(struct job *job, char word)
{
	if (job->asker >= 0)
		answer(job->asker, word);
	job->asker = -1;
}

/* The caller's word, and the descriptor that comes with it or -1. 0: nothing of use. */
static char take_call(int fd, int *passed)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	char word = 0;
	struct iovec part = { &word, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header;

	*passed = -1;
	if (recvmsg(fd, &message, MSG_CMSG_CLOEXEC) != 1)
		return 0;
	header = CMSG_FIRSTHDR(&message);
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(passed, CMSG_DATA(header), sizeof(int));
	return word;
}

/* The job's client from now on. */
static bool attach(struct job *job, int fd)
{
	if (fd < 0 || !job->s.link.held || job->deserted)
		return false;
	job->s.pause = SESSION_GOES_ON;
	execlink_resume(&job->s.link, fd);
	execlink_send_numbers(&job->s.link, EXECWIRE_STARTED, 0, job->s.job.pid, NULL);
	return true;
}

static void begin_pause(struct job *job, int fd)
{
	answer_asker(job, CALL_NO);
	job->asker = fd;
	job->asked_ms = clock_ms();
	if (job->s.link.held) {
		answer_asker(job, CALL_YES);
	} else if (job->s.pause == SESSION_GOES_ON) {
		job->s.pause = SESSION_PAUSE_ASKED;
		execlink_send(&job->s.link, EXECWIRE_PAUSE, 0, NULL, 0);
	}
}

static void take_caller(struct job *job)
{
	struct timeval soon = { .tv_sec = 1 };
	struct ucred who;
	socklen_t size = sizeof(who);
	int fd = accept4(job->listener, NULL, NULL, SOCK_CLOEXEC), passed = -1;
	char word = 0;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
	/* An abstract socket has no permissions. */
	if (!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) && !who.uid)
		word = take_call(fd, &passed);
	if (word == CALL_PAUSE) {
		begin_pause(job, fd);
	} else if (word == CALL_ATTACH && attach(job, passed)) {
		answer(fd, CALL_YES);
		passed = -1;
	} else {
		answer(fd, CALL_NO);
	}
	if (passed >= 0)
		close(passed);
}

static void let_go(struct job *job)
{
	close(job->s.link.fd);
	execlink_hold(&job->s.link);
	job->s.pause = SESSION_GOES_ON;
	job->alone_ms = 0;
	job->looked_ms = clock_ms();
}

/* As when a connection without a job breaks: the program hears of it and may go on. */
static void desert(struct job *job)
{
	struct session *s = &job->s;

	if (s->link.fd >= 0)
		let_go(job);
	s->link.broken = ECONNRESET;
	job->deserted = true;
	if (s->running)
		session_hang_up(s);
	execlink_sink_drop(&s->in, &s->link, 0);
	for (int i = 1; i < EXECWIRE_STREAMS; i++) {
		if (s->out[i].fd >= 0)
			close(s->out[i].fd);
		s->out[i].fd = -1;
		s->out[i].ended = true;
	}
	if (s->job.in >= 0)
		close(s->job.in);
	s->job.in = -1;
	answer_asker(job, CALL_YES);
}

/* -1: nothing has to be done at a certain time. */
static int time_left(const struct job *job)
{
	int64_t end = INT64_MAX, now = clock_ms();

	if (job->s.link.held && !job->deserted)
		end = job->looked_ms + STEP_MS;
	if (job->asker >= 0 && job->asked_ms + PAUSE_MS < end)
		end = job->asked_ms + PAUSE_MS;
	return end == INT64_MAX ? -1 : end > now ? (int)(end - now) : 0;
}

static void look_at_time(struct job *job)
{
	int64_t now = clock_ms(), passed = now - job->looked_ms;

	job->looked_ms = now;
	if (passed > 0)
		job->alone_ms += passed < 2 * STEP_MS ? passed : 2 * STEP_MS;
	if (job->asker >= 0 && now >= job->asked_ms + PAUSE_MS)
		answer_asker(job, CALL_NO);
	if (job->s.link.held && !job->deserted && job->alone_ms >= CLIENT_MS)
		desert(job);
}

/* Nobody is left to be told how it ended, or has been told. */
static bool is_done(const struct job *job)
{
	return job->deserted ? !job->s.running : job->s.over && !job->s.link.held;
}

static void serve(struct job *job)
{
	struct pollfd files[SESSION_FILES + 1];

	while (!is_done(job)) {
		int ms = session_files(&job->s, files), left = time_left(job);

		files[SESSION_FILES] = (struct pollfd){ job->listener, POLLIN, 0 };
		if (left >= 0 && (ms < 0 || left < ms))
			ms = left;
		if (poll(files, SESSION_FILES + 1, ms) < 0)
			continue;
		if (!session_step(&job->s, files) && !job->deserted)
			desert(job);
		if (job->s.pause == SESSION_PAUSED) {
			let_go(job);
			answer_asker(job, CALL_YES);
		}
		if (files[SESSION_FILES].revents)
			take_caller(job);
		look_at_time(job);
	}
	if (!job->deserted)
		session_goodbye(&job->s);
}

/* What the starter has left: a whole REQUEST's payload. */
static uint8_t *read_request(struct execwire_frame *frame)
{
	struct stat st;
	uint8_t *data = NULL;

	if (fstat(JOB_FD_REQUEST, &st) || st.st_size > EXECWIRE_REQUEST_MAX)
		return NULL;
	data = malloc(st.st_size + 1);
	if (data && pread(JOB_FD_REQUEST, data, st.st_size, 0) != st.st_size) {
		free(data);
		return NULL;
	}
	*frame = (struct execwire_frame){ .type = EXECWIRE_REQUEST, .payload = data,
					  .length = st.st_size };
	return data;
}

/* The cell's number of this process: /proc is the cell's. */
static pid_t own_pid(void)
{
	char text[16] = "";

	return readlink("/proc/self", text, sizeof(text) - 1) > 0 ? atoi(text) : 0;
}

static int begin(struct job *job, const char *id, char *why, size_t why_size)
{
	struct execwire_request request;
	struct execwire_frame frame;
	uint8_t *data = read_request(&frame);
	int status = EXECWIRE_FAILED;

	job->listener = listen_as(id);
	snprintf(why, why_size, "cannot begin a job: %s", strerror(errno));
	if (!data || job->listener < 0 || session_init(&job->s) || job_note(id, own_pid()))
		goto out;
	if (execwire_request_parse(&frame, &request)) {
		snprintf(why, why_size, "the job's request makes no sense");
		goto out;
	}
	status = agent_start(&job->s.job, &request, why, why_size);
	execwire_request_free(&request);
	if (!status)
		session_started(&job->s);
out:
	free(data);
	return status;
}

int job_main(const char *id)
{
	struct job job = { .s.job = { 0, -1, -1, -1 }, .s.greeted = true, .asker = -1 };
	char why[512];
	int status;

	prctl(PR_SET_NAME, JOB_NAME);
	/* Not for the command. */
	fcntl(JOB_FD_REQUEST, F_SETFD, FD_CLOEXEC);
	fcntl(JOB_FD_REPORT, F_SETFD, FD_CLOEXEC);
	execlink_hold(&job.s.link);
	status = begin(&job, id, why, sizeof(why));
	if (status)
		dprintf(JOB_FD_REPORT, "%d %s\n", status, why);
	else
		dprintf(JOB_FD_REPORT, "0 %d\n", (int)own_pid());
	close(JOB_FD_REPORT);
	close(JOB_FD_REQUEST);
	if (!status) {
		job.looked_ms = clock_ms();
		serve(&job);
	}
	session_free(&job.s);
	job_forget(id);
	return 0;
}

/* Say @word, and @fd with it if it is none, and hear the answer. */
static int call(const char *id, char word, int fd, char *why, size_t why_size)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS } };
	struct iovec part = { &word, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct timeval limit = { .tv_sec = CALL_S };
	struct sockaddr_un address;
	socklen_t size = job_address(id, &address);
	int to = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	char said = 0;

	snprintf(why, why_size, "no such job");
	if (to < 0)
		return -1;
	setsockopt(to, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(to, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	if (!connect(to, (struct sockaddr *)&address, size) &&
	    sendmsg(to, &message, MSG_NOSIGNAL) == 1 && recv(to, &said, 1, 0) != 1)
		snprintf(why, why_size, "the job does not answer");
	if (said == CALL_NO)
		snprintf(why, why_size, "the job has another client, or waits for none any more");
	close(to);
	return said == CALL_YES ? 0 : -1;
}

int job_give(const char *id, int fd, char *why, size_t why_size)
{
	return call(id, CALL_ATTACH, fd, why, why_size);
}

int job_pause(const char *id, char *why, size_t why_size)
{
	if (!call(id, CALL_PAUSE, -1, why, why_size))
		return 0;
	snprintf(why, why_size, "the comb exec that waits for it does not answer");
	return -1;
}
