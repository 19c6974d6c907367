// SPDX-License-Identifier: GPL-2.0-or-later
#include "told.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <comb.h>

#include "mapfile.h"

/* Not closed: another open file of it does not share the lock. */
static int lock_file(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW), status;

	if (fd < 0)
		return -1;
	do
		status = flock(fd, LOCK_EX);
	while (status && errno == EINTR);
	return status;
}

struct told *told_open(const struct rundir *rundir, uint32_t cell_id, uint64_t started_ns)
{
	char path[PATH_MAX];
	struct told *told;

	snprintf(path, sizeof(path), "%s/told", rundir->path);
	told = mapfile_open(path, sizeof(*told));
	if (!told || lock_file(path))
		return NULL;
	/* It may have started while nobody looked. */
	if (told->magic == TOLD_MAGIC && told->version == TOLD_VERSION &&
	    told->cell_id == cell_id && (!told->started_ns || told->started_ns == started_ns))
		return told;
	memset(told, 0, sizeof(*told));
	told->version = TOLD_VERSION;
	told->cell_id = cell_id;
	told->started_ns = started_ns;
	told->state = COMB_STATE_LOADING;
	__atomic_store_n(&told->magic, TOLD_MAGIC, __ATOMIC_RELEASE);
	return told;
}
