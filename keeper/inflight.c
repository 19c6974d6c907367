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

/* What comes before the states of a queue's descriptors, and one of them. */
#define QUEUE_HEADER	16u
#define STATE_BYTES	16u
#define BYTES_MAX	(16u << 20)

void inflight_init(struct inflight *inflight, const char *directory, const char *name)
{
	*inflight = (struct inflight) { .region.fd = -1 };
	snprintf(inflight->path, sizeof(inflight->path), "%s/%s.inflight", directory, name);
}

static bool size_plausible(uint64_t bytes, unsigned int queues, unsigned int queue_size)
{
	return queues && bytes <= BYTES_MAX &&
		bytes / queues >= QUEUE_HEADER + (uint64_t)queue_size * STATE_BYTES;
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
	if (!size_plausible(status.st_size, queues, queue_size)) {
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

/* A back end may have put something into what it made: copy it. */
static int region_copy(int to, const struct vhost_user_inflight *from)
{
	char bytes[4096];

	for (uint64_t at = 0; at < from->bytes;) {
		size_t want = from->bytes - at < sizeof(bytes) ? from->bytes - at : sizeof(bytes);
		ssize_t got = pread(from->fd, bytes, want, from->offset + at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || pwrite(to, bytes, got, at) != got)
			return -1;
		at += got;
	}
	return 0;
}

int inflight_create(struct inflight *inflight, struct vhost_user *vu, unsigned int queues,
		    unsigned int queue_size)
{
	struct vhost_user_inflight made = {
		.fd = -1,
		.queues = queues,
		.queue_size = queue_size,
	};
	char path[sizeof(inflight->path) + 4];
	int fd = -1, saved;

	inflight_remove(inflight);
	snprintf(path, sizeof(path), "%s.new", inflight->path);
	unlink(path);
	if (vhost_user_get_inflight(vu, &made))
		return -1;
	if (!size_plausible(made.bytes, queues, queue_size)) {
		errno = EPROTO;
		goto err_made;
	}
	/* The next keeper must not find half of it. */
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || region_copy(fd, &made) || rename(path, inflight->path) ||
	    inflight_take(inflight, fd, made.bytes, queues, queue_size))
		goto err_made;
	close(made.fd);
	return 0;

err_made:
	saved = errno;
	if (fd >= 0) {
		close(fd);
		unlink(path);
		unlink(inflight->path);
	}
	inflight->region.fd = -1;
	close(made.fd);
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
		const uint8_t *states = inflight->map + region->bytes / region->queues * i +
			QUEUE_HEADER;

		for (unsigned int j = 0; j < region->queue_size; j++)
			count += !!__atomic_load_n(&states[j * STATE_BYTES], __ATOMIC_ACQUIRE);
	}
	return count;
}
