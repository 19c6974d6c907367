// SPDX-License-Identifier: GPL-2.0-or-later
/* What the agent of a hostile cell may send to comb exec and comb cp. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <fcntl.h>
#include <unistd.h>

#include "../../cmd/client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *arguments[] = { "true", NULL };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct client_run run = { .request = { .argv = arguments, .directory = "" } };
	struct comb_error err = { 0 };
	int status = -1, ends[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int room = 1 << 20;

	if (null < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		abort();
	setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	run.in = run.out = run.error = null;
	if (send(ends[1], data, size, MSG_DONTWAIT) == (ssize_t)size) {
		/* All it says; and it still listens, so that answers go somewhere. */
		shutdown(ends[1], SHUT_WR);
		if (client_run(ends[0], &run, &status, &err)) {
			if (!err.status || !err.what[0])
				abort();
		} else if (status < 0 || status > 128 + 255) {
			abort();
		}
		for (const char *at = err.what; *at; at++)
			if ((unsigned char)*at < ' ' || *at == 0x7f)
				abort();
	}
	close(ends[0]);
	close(ends[1]);
	close(null);
	return 0;
}
