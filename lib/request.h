/* SPDX-License-Identifier: GPL-2.0-or-later */
/* request.h - requests to comb.ko and what any of them may answer (internal to lib/) */
#ifndef COMB_REQUEST_H
#define COMB_REQUEST_H

#include "error.h"

/* ioctl() that no signal cuts short. */
int comb_request_do(int fd, unsigned long number, void *argument);

/* Say what errno means. @what: "start the cell". Returns -1. */
int comb_request_fail(const char *what, struct comb_error *err);

#endif
