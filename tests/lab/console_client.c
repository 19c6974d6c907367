// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * console_client.c - talk to a cell's console as a program
 *
 *	console_client SOCKET replay		print the replay
 *	console_client SOCKET talk BYTES	type stdin, print BYTES bytes of live output
 *	console_client SOCKET size COLS ROWS	set the window size
 *
 * Status 2 if output was lost on the way, 3 if nothing comes for 60 s.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "consolewire.h"

#define SILENCE_MS	60000

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (void *)&address, sizeof(address))) {
		perror(path);
		exit(1);
	}
	return fd;
}

static void read_all(int fd, void *to, size_t size)
{
	for (size_t done = 0; done < size;) {
		struct pollfd file = { .fd = fd, .events = POLLIN };
		ssize_t got;

		if (poll(&file, 1, SILENCE_MS) <= 0)
			exit(3);
		got = read(fd, (char *)to + done, size - done);
		if (got <= 0)
			exit(1);
		done += (size_t)got;
	}
}

static void write_all(int fd, const void *from, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t put = write(fd, (const char *)from + done, size - done);

		if (put <= 0)
			exit(1);
		done += (size_t)put;
	}
}

/* The payload; its bytes go to stdout if @show. */
static size_t read_frame(int fd, struct console_frame *frame, uint32_t show)
{
	char payload[CONSOLE_FRAME_MAX];

	read_all(fd, frame, sizeof(*frame));
	if (frame->length > sizeof(payload) || frame->type == CONSOLE_GAP)
		exit(2);
	read_all(fd, payload, frame->length);
	if (frame->type != show)
		return 0;
	write_all(STDOUT_FILENO, payload, frame->length);
	return frame->length;
}

static void type_all(int fd)
{
	char bytes[sizeof(struct console_frame) + CONSOLE_FRAME_MAX];
	struct console_frame frame = { .type = CONSOLE_DATA };
	ssize_t got;

	while ((got = read(STDIN_FILENO, bytes + sizeof(frame), CONSOLE_FRAME_MAX)) > 0) {
		frame.length = (uint32_t)got;
		memcpy(bytes, &frame, sizeof(frame));
		write_all(fd, bytes, sizeof(frame) + frame.length);
	}
}

int main(int argc, char *argv[])
{
	struct console_frame frame = { 0 };
	struct console_size size;
	size_t want, seen = 0;
	int fd;

	if (argc < 3)
		return 1;
	fd = connect_to(argv[1]);
	while (frame.type != CONSOLE_LIVE)
		read_frame(fd, &frame, strcmp(argv[2], "replay") ? 0 : CONSOLE_REPLAY);
	if (!strcmp(argv[2], "size") && argc == 5) {
		frame = (struct console_frame){ .type = CONSOLE_SIZE, .length = sizeof(size) };
		size.columns = (uint16_t)atoi(argv[3]);
		size.rows = (uint16_t)atoi(argv[4]);
		write_all(fd, &frame, sizeof(frame));
		write_all(fd, &size, sizeof(size));
	}
	if (strcmp(argv[2], "talk") || argc != 4)
		return 0;
	/* Another process types: whoever does both must not wait for one of them. */
	if (!fork()) {
		type_all(fd);
		_exit(0);
	}
	for (want = strtoul(argv[3], NULL, 10); seen < want;)
		seen += read_frame(fd, &frame, CONSOLE_DATA);
	return 0;
}
