// SPDX-License-Identifier: GPL-2.0-or-later
/* What the agent of a hostile cell may send to comb exec and comb cp, and to comb all. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <fcntl.h>
#include <unistd.h>

#include "../../cmd/client.h"
#include "../../cmd/gather.h"

#define KEPT	1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *arguments[] = { "true", NULL };

static void check_error(const struct comb_error *err, bool failed)
{
	if (failed && (!err->status || !err->what[0]))
		abort();
	for (const char *at = err->what; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			abort();
}

static void feed_client(int fd, int null)
{
	struct client_run run = { .request = { .argv = arguments, .directory = "" },
				  .in = null, .out = null, .error = null };
	struct comb_error err = { 0 };
	int status = -1;
	bool failed = client_run(fd, &run, &status, &err);

	check_error(&err, failed);
	if (!failed && (status < 0 || status > 128 + 255))
		abort();
	close(fd);
}

static void feed_gather(int fd, int null)
{
	struct execwire_request request = { .argv = arguments, .directory = "" };
	struct gather gather = { .request = &request, .in = null, .end = UINT64_MAX,
				 .out = { { .most = KEPT }, { .most = KEPT } }, .status = -1 };
	struct comb_error err = { 0 };
	bool failed = gather_over(fd, &gather, &err);

	check_error(&err, failed);
	if (!failed && (gather.status < 0 || gather.status > 128 + 255))
		abort();
	for (int i = 0; i < GATHER_OUTPUTS; i++)
		if (gather.out[i].size > KEPT)
			abort();
	gather_free(&gather);
}

/* All it says; and it still listens, so that answers go somewhere. */
static void feed(const uint8_t *data, size_t size, void (*to)(int fd, int null))
{
	int ends[2], null = open("/dev/null", O_RDWR | O_CLOEXEC), room = 1 << 20;

	if (null < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		abort();
	setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (send(ends[1], data, size, MSG_DONTWAIT) == (ssize_t)size) {
		shutdown(ends[1], SHUT_WR);
		to(ends[0], null);
	} else {
		close(ends[0]);
	}
	close(ends[1]);
	close(null);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	feed(data, size, feed_client);
	feed(data, size, feed_gather);
	return 0;
}
