// SPDX-License-Identifier: GPL-2.0-or-later
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "tool.h"

#define TAP_HEADER_BYTES 12

static int tap_set(int fd, const char *name, short flags)
{
	struct ifreq data = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | flags };
	int header = TAP_HEADER_BYTES;

	strcpy(data.ifr_name, name);
	if (ioctl(fd, TUNSETIFF, &data))
		return -1;
	return ioctl(fd, TUNSETVNETHDRSZ, &header);
}

/* One more queue, or the first. The descriptor, or -1 with errno. */
static int tap_open_queue(const char *name, short flags)
{
	int fd = tool_open_device("/dev/net/tun", "tun", O_NONBLOCK);
	int error;

	if (fd < 0)
		return -1;
	if (!tap_set(fd, name, flags))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* The first queue of an interface of Comb's own. */
static int tap_make(const char *name, short flags)
{
	static const struct timespec moment = { .tv_nsec = 20000000 };
	int fd = -1;

	/* A killed keeper's interface lives until the kernel has let go of its files. */
	for (int tries = 0; tries < 100; tries++) {
		fd = tap_open_queue(name, flags | IFF_TUN_EXCL);
		if (fd >= 0 || errno != EBUSY)
			break;
		nanosleep(&moment, NULL);
	}
	return fd;
}

int tap_open(struct tap *tap, const char *name, unsigned int queues, bool exclusive)
{
	short flags = queues > 1 ? IFF_MULTI_QUEUE : 0;
	int fd;

	if (strlen(name) >= sizeof(tap->name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	*tap = (struct tap){ .shared = !exclusive && if_nametoindex(name) };
	strcpy(tap->name, name);
	fd = exclusive ? tap_make(name, flags) : tap_open_queue(name, flags);
	if (fd < 0 && errno == EINVAL && tap->shared) {
		/* Whether it can have several queues was decided when it was made. */
		flags ^= IFF_MULTI_QUEUE;
		queues = 1;
		fd = tap_open_queue(name, flags);
	}
	if (fd < 0)
		return -1;
	tap->fds[tap->nr_fds++] = fd;
	while (tap->nr_fds < queues) {
		fd = tap_open_queue(name, flags);
		if (fd < 0) {
			int error = errno;

			tap_close(tap);
			errno = error;
			return -1;
		}
		tap->fds[tap->nr_fds++] = fd;
	}
	return 0;
}

void tap_close(struct tap *tap)
{
	while (tap->nr_fds)
		close(tap->fds[--tap->nr_fds]);
}

int tap_attach(const struct tap *tap, unsigned int queue, bool attach)
{
	struct ifreq data = { .ifr_flags = attach ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE };

	if (tap->nr_fds == 1)
		return 0;
	/* EINVAL: it is so already. */
	return ioctl(tap->fds[queue], TUNSETQUEUE, &data) && errno != EINVAL ? -1 : 0;
}

void tap_drain(const struct tap *tap)
{
	char frame[2048];

	/* More than any of them holds; others may be sending meanwhile. */
	for (unsigned int i = 0; i < tap->nr_fds; i++)
		for (int n = 0; n < 4096 && read(tap->fds[i], frame, sizeof(frame)) > 0; n++)
			;
}

int tap_offload(const struct tap *tap, unsigned int flags)
{
	return ioctl(tap->fds[0], TUNSETOFFLOAD, flags) ? -1 : 0;
}
