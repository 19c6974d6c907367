// SPDX-License-Identifier: GPL-2.0-or-later
#include "mapfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

void *mapfile_open(const char *path, size_t size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	void *at = MAP_FAILED;
	int error;

	if (fd < 0)
		return NULL;
	/* Blocks now: a full file system must not be found by SIGBUS later. */
	error = ftruncate(fd, (off_t)size) ? errno : posix_fallocate(fd, 0, (off_t)size);
	if (!error) {
		at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		error = errno;
	}
	close(fd);
	if (at != MAP_FAILED)
		return at;
	errno = error;
	return NULL;
}
