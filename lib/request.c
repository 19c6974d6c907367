// SPDX-License-Identifier: GPL-2.0-or-later
#include "request.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

int comb_request_do(int fd, unsigned long number, void *argument)
{
	int status;

	do {
		status = ioctl(fd, number, argument);
	} while (status < 0 && errno == EINTR);
	return status;
}

int comb_request_fail(const char *what, struct comb_error *err)
{
	switch (errno) {
	case ENODEV:
		comb_fail(err, COMB_NO_CELL, "has been given back meanwhile");
		return comb_hint(err, "comb ls");
	case EPERM:
		comb_fail(err, COMB_UNSUITABLE, "comb needs root");
		return comb_hint(err, "sudo comb ...");
	case EINPROGRESS:
		comb_fail(err, COMB_TAKEN, "has been started already");
		return comb_hint(err, "comb ls");
	case ENOMEM:
		comb_fail(err, COMB_FAILED, "the host has no memory left to %s", what);
		return comb_hint(err, "free -m");
	default:
		comb_fail(err, COMB_FAILED, "comb.ko cannot %s: %s", what, strerror(errno));
		return comb_hint(err, "dmesg | tail");
	}
}
