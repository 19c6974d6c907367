/* SPDX-License-Identifier: GPL-2.0-or-later */
/* has_pidfd.h - valgrind does not know pidfd_open(2): what needs it is not tested in there */
#ifndef HAS_PIDFD_H
#define HAS_PIDFD_H

#include <errno.h>
#include <stdbool.h>
#include <sys/pidfd.h>
#include <unistd.h>

static bool has_pidfd(void)
{
	int fd = pidfd_open(getpid(), 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || errno != ENOSYS;
}

#endif
