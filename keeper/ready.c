// SPDX-License-Identifier: GPL-2.0-or-later
#include "ready.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void ready_line(int fd)
{
	if (fd < 0)
		return;
	dprintf(fd, "ready\n");
	close(fd);
}

void ready_error(int fd, const struct comb_error *err)
{
	if (fd < 0)
		return;
	dprintf(fd, "%s\n%s\n", err->what, err->hint);
	close(fd);
}

void ready_notify(void)
{
	const char *path = secure_getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char text[64];
	int fd, length;

	if (!path || !*path || strlen(path) >= sizeof(address.sun_path))
		return;
	strcpy(address.sun_path, path);
	/* "@NAME" is an abstract address. */
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	length = snprintf(text, sizeof(text), "READY=1\nMAINPID=%d\n", (int)getpid());
	sendto(fd, text, (size_t)length, MSG_NOSIGNAL, (void *)&address,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
	close(fd);
}
