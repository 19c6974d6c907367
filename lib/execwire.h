/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * execwire.h - what `comb exec` and the agent in a cell say to each other
 *
 * A stream socket carries frames both ways: a header of EXECWIRE_HEADER bytes
 * (type, stream, two zero bytes, payload length) and the payload; all numbers
 * are little-endian. Both sides send HELLO first. The client then sends one
 * REQUEST; the agent answers STARTED or ERROR, and ends with EXIT or ERROR.
 *
 * A movable job (init/job.h) may be carried to another kernel between two connections. It says
 * PAUSE; the client's answer, PAUSE again, is the last it says over this connection, and reads
 * on to its end. Then it connects anew, to wherever the job is, with JOB_ATTACH: streams and
 * their credit go on where they were. After JOB_ATTACH it says nothing until STARTED has come.
 *
 * Flow control: a stream's data may be EXECWIRE_WINDOW bytes ahead of what its
 * receiver has said to have used up (CREDIT). Each side keeps that much room
 * and always reads the socket, so no stream ever stops another or the rest.
 */
#ifndef COMB_EXECWIRE_H
#define COMB_EXECWIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The agent's AF_VSOCK port; reserved ones need CAP_NET_BIND_SERVICE on both sides. */
#define COMB_AGENT_PORT		1

#define EXECWIRE_VERSION	2
#define EXECWIRE_HEADER		8
#define EXECWIRE_DATA_MAX	(64u << 10)	/* payload of DATA and all but REQUEST */
#define EXECWIRE_REQUEST_MAX	(4u << 20)	/* argv and environment: execve() allows less */
#define EXECWIRE_WINDOW		(256u << 10)
#define EXECWIRE_STREAMS	3		/* numbered as file descriptors are */
#define EXECWIRE_GROUPS_MAX	65536u		/* setgroups() takes as many: NGROUPS_MAX */

enum execwire_type {
	EXECWIRE_HELLO = 1,	/* both: magic, version */
	EXECWIRE_REQUEST,	/* client: struct execwire_request */
	EXECWIRE_STARTED,	/* agent: u32 process id */
	EXECWIRE_DATA,		/* both: bytes of a stream */
	EXECWIRE_EOF,		/* both: no more DATA of this stream */
	EXECWIRE_CREDIT,	/* both: u32 bytes the receiver of a stream has used up */
	EXECWIRE_STOP,		/* both: nobody reads this stream any more, send no more */
	EXECWIRE_WINSIZE,	/* client: struct execwire_winsize */
	EXECWIRE_SIGNAL,	/* client: u32 signal number */
	EXECWIRE_EXIT,		/* agent: u32 1 if by a signal, u32 status or signal */
	EXECWIRE_ERROR,		/* agent: u32 status (EXECWIRE_*), text */
	EXECWIRE_PAUSE,		/* both: see above */
	EXECWIRE_TYPES,
};

/* Statuses of ERROR: what a shell or env(1) would exit with. */
#define EXECWIRE_FAILED		125
#define EXECWIRE_CANNOT_RUN	126
#define EXECWIRE_NOT_FOUND	127

/* What the agent is asked to do; all but RUN are done by the agent's own code. */
enum execwire_what {
	EXECWIRE_RUN = 1,	/* argv */
	EXECWIRE_SHELL,		/* the user's login shell */
	EXECWIRE_TREE_SEND,	/* argv[0]: path; tree.h on stdout */
	EXECWIRE_TREE_TAKE,	/* argv[0]: where, argv[1]: name; tree.h on stdin */
	EXECWIRE_FILE_SEND,	/* argv[0]: path; its bytes on stdout */
	EXECWIRE_FILE_TAKE,	/* argv[0]: path; stdin becomes its bytes */
	EXECWIRE_SNAPSHOT,	/* argv[0]: "summary" or "processes", argv[1] with the latter:
				 * "threads" or none; snapshot.h on stdout */
	EXECWIRE_KILL,		/* argv[0]: signal, then process_signal.h's targets; for each a
				 * line with 0 or its errno on stdout */
	EXECWIRE_JOB_START,	/* argv[0]: the job's id; the rest as RUN, but movable */
	EXECWIRE_JOB_ATTACH,	/* argv[0]: id; the connection becomes the job's */
	EXECWIRE_JOB,		/* argv[0]: what, see init/job.h; its answer on stdout */
	EXECWIRE_WHATS,
};

struct execwire_winsize {
	uint16_t rows, columns, width, height;
};

/**
 * struct execwire_user - whose process it is
 * @given: false: the agent's own, root; all else is ignored then
 * @uid: real, effective and saved
 * @gid: the same
 * @groups: supplementary ones, @nr_groups of them; may be NULL if there are none
 */
struct execwire_user {
	bool given;
	uint32_t uid, gid;
	uint32_t *groups;
	uint32_t nr_groups;
};

/**
 * struct execwire_request - one program to run
 * @what: enum execwire_what
 * @tty: give it a terminal of its own; stderr is part of stdout then
 * @has_umask: it starts with @umask and not with the agent's, 022
 * @umask: 0 to 0777
 * @size: of the terminal
 * @user: whose it is
 * @directory: working directory; "": the agent's choice
 * @argv: NULL-terminated; must not be empty but for EXECWIRE_SHELL
 * @environment: NULL-terminated "NAME=VALUE", added to the agent's few
 */
struct execwire_request {
	uint32_t what;
	bool tty;
	bool has_umask;
	uint32_t umask;
	struct execwire_winsize size;
	struct execwire_user user;
	const char *directory;
	char **argv;
	char **environment;
};

/**
 * struct execwire_frame - a decoded frame
 * @payload: inside the buffer it was decoded from
 */
struct execwire_frame {
	enum execwire_type type;
	unsigned int stream;
	const uint8_t *payload;
	size_t length;
};

void execwire_put32(uint8_t *at, uint32_t value);
uint32_t execwire_get32(const uint8_t *at);

/* Write a header. @length must be within the type's limit. */
void execwire_header(uint8_t header[EXECWIRE_HEADER], enum execwire_type type,
		     unsigned int stream, size_t length);

/*
 * Decode the frame at the start of @data. Returns its whole size; 0 if more bytes are
 * needed, *@wanted in all; -1 if no such frame may be sent.
 */
int64_t execwire_decode(const uint8_t *data, size_t size, struct execwire_frame *frame,
			size_t *wanted);

/* Payload of HELLO. */
#define EXECWIRE_HELLO_BYTES	12
void execwire_hello(uint8_t payload[EXECWIRE_HELLO_BYTES]);
/* The peer's version, 0 if it speaks something else. */
uint32_t execwire_hello_version(const struct execwire_frame *frame);

/* Payload of WINSIZE. */
#define EXECWIRE_WINSIZE_BYTES	8
void execwire_winsize(uint8_t payload[EXECWIRE_WINSIZE_BYTES],
		      const struct execwire_winsize *size);
int execwire_winsize_parse(const struct execwire_frame *frame, struct execwire_winsize *size);

/* Numbers of STARTED, CREDIT, SIGNAL (1) and EXIT (2). -1: wrong length. */
int execwire_numbers(const struct execwire_frame *frame, uint32_t *numbers, size_t count);

/*
 * Payload of REQUEST, allocated. NULL with errno: ENOMEM, E2BIG.
 */
uint8_t *execwire_request(const struct execwire_request *request, size_t *size);

/*
 * Parse a REQUEST. Vectors and groups are allocated (execwire_request_free()), the strings are in
 * the frame's payload. -1 with errno: EPROTO, ENOMEM.
 */
int execwire_request_parse(const struct execwire_frame *frame, struct execwire_request *request);
void execwire_request_free(struct execwire_request *request);

#endif
