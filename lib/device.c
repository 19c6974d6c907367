// SPDX-License-Identifier: GPL-2.0-or-later
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "modprobe.h"

static int open_fail(int error, struct comb_error *err)
{
	switch (error) {
	case EACCES:
	case EPERM:
		comb_fail(err, COMB_UNSUITABLE, "comb needs root");
		return comb_hint(err, "sudo comb ...");
	case ENOENT:
	case ENXIO:
	case ENODEV:
		if (geteuid())
			return open_fail(EACCES, err);
		comb_fail(err, COMB_UNSUITABLE, "comb.ko is not loaded");
		return comb_hint(err, "modprobe comb");
	default:
		comb_fail(err, COMB_UNSUITABLE, "%s: %s", COMB_DEVICE, strerror(error));
		return comb_hint(err, "comb check");
	}
}

static int device_try(void)
{
	int fd;

	do {
		fd = open(COMB_DEVICE, O_RDWR | O_CLOEXEC);
	} while (fd < 0 && errno == EINTR);
	return fd;
}

int comb_device_open(bool load, struct comb_error *err)
{
	int fd = device_try();

	if (fd < 0 && (errno == ENOENT || errno == ENXIO || errno == ENODEV) && load && !geteuid()) {
		if (comb_modprobe("comb", err))
			return -1;
		/* The kernel makes the node in devtmpfs before modprobe returns. */
		fd = device_try();
	}
	return fd < 0 ? open_fail(errno, err) : fd;
}

int comb_device_info(int device, struct comb_info *info, struct comb_error *err)
{
	int status;

	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	info->version = COMB_ABI_VERSION;
	do {
		status = ioctl(device, COMB_GET_INFO, info);
	} while (status && errno == EINTR);
	if (!status)
		return 0;
	if (errno == EINVAL || errno == E2BIG) {
		comb_fail(err, COMB_UNSUITABLE, "the comb.ko that is loaded is of another version");
		return comb_hint(err, "comb release; modprobe -r comb; modprobe comb");
	}
	return comb_fail(err, COMB_FAILED, "%s: %s", COMB_DEVICE, strerror(errno));
}
