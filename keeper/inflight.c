// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * inflight.c - keep the list of unfinished requests
 */
#include "inflight.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What comes before the states of a queue's descriptors, one of them, and of all of that. */
#define QUEUE_HEADER	16u
#define STATE_BYTES	16u
#define ALIGNMENT	64u

void inflight_init(struct inflight *inflight, const char *directory, const char *name)
{
	*inflight = (struct inflight) { .region.fd = -1 };
	snprintf(inflight->path, sizeof(inflight->path), "%s/%s.inflight", directory, name);
}

static uint64_t queue_bytes(unsigned int queue_size)
{
	uint64_t bytes = QUEUE_HEADER + (uint64_t)queue_size * STATE_BYTES;

	return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static int inflight_map(struct inflight *inflight)
{
	void *map = mmap(NULL, inflight->region.bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			 inflight->region.fd, 0);

	if (map == MAP_FAILED)
		return -1;
	inflight->map = map;
	return 0;
}

static int inflight_take(struct inflight *inflight, int fd, uint64_t bytes,
			 unsigned int queues, unsigned int queue_size)
{
	inflight->region = (struct vhost_user_inflight) {
		.fd = fd,
		.bytes = bytes,
		.queues = queues,
		.queue_size = queue_size,
	};
	return inflight_map(inflight);
}

int inflight_open(struct inflight *inflight, unsigned int queues, unsigned int queue_size)
{
	struct stat status;
	int fd;

	if (inflight->map)
		return 0;
	fd = open(inflight->path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status))
		goto err_fd;
	if ((uint64_t)status.st_size != queue_bytes(queue_size) * queues) {
		errno = EINVAL;
		goto err_fd;
	}
	if (!inflight_take(inflight, fd, status.st_size, queues, queue_size))
		return 0;
	inflight->region.fd = -1;
err_fd:
	close(fd);
	return -1;
}

int inflight_create(struct inflight *inflight, unsigned int queues, unsigned int queue_size)
{
	uint64_t bytes = queue_bytes(queue_size) * queues;
	char path[sizeof(inflight->path) + 4];
	int fd, saved;

	inflight_remove(inflight);
	/* The next keeper must not find half of it. */
	snprintf(path, sizeof(path), "%s.new", inflight->path);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	if (!ftruncate(fd, bytes) && !rename(path, inflight->path) &&
	    !inflight_take(inflight, fd, bytes, queues, queue_size))
		return 0;
	saved = errno;
	close(fd);
	unlink(path);
	unlink(inflight->path);
	inflight->region.fd = -1;
	errno = saved;
	return -1;
}

void inflight_close(struct inflight *inflight)
{
	if (inflight->map)
		munmap(inflight->map, inflight->region.bytes);
	inflight->map = NULL;
	if (inflight->region.fd >= 0)
		close(inflight->region.fd);
	inflight->region.fd = -1;
}

void inflight_remove(struct inflight *inflight)
{
	inflight_close(inflight);
	unlink(inflight->path);
}

unsigned int inflight_count(const struct inflight *inflight)
{
	const struct vhost_user_inflight *region = &inflight->region;
	unsigned int count = 0;

	if (!inflight->map)
		return 0;
	for (unsigned int i = 0; i < region->queues; i++) {
		const uint8_t *states = inflight->map + queue_bytes(region->queue_size) * i +
			QUEUE_HEADER;

		for (unsigned int j = 0; j < region->queue_size; j++)
			count += !!__atomic_load_n(&states[j * STATE_BYTES], __ATOMIC_ACQUIRE);
	}
	return count;
}
