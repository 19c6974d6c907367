/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dumpfile.h - a large file that appears under its name when it is whole, or not at all
 *
 * Until then it is FILE.part, which goes away on every way out but SIGKILL.
 */
#ifndef CMD_DUMPFILE_H
#define CMD_DUMPFILE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/**
 * struct dumpfile - a file being written
 * @fd: -1 if it is not open
 * @stop_fd: when it can be read the writing ends
 * @path: its name; "-": stdout
 * @part: its name until then, "" for stdout
 * @sparse: zeros may be left out
 * @replace: a file of that name may be there
 * @bytes: written so far, holes included
 */
struct dumpfile {
	int fd;
	int stop_fd;
	const char *path;
	char part[PATH_MAX];
	bool sparse;
	bool replace;
	uint64_t bytes;
};

/*
 * Open; a file that is there is an error unless @replace, and anything but a file always is.
 * @stop_fd: a signalfd, say, or -1; it stays the caller's.
 */
int dumpfile_open(struct dumpfile *file, const char *path, bool replace, int stop_fd,
		  struct comb_error *err);

/* Append @bytes of @data, or zeros if that is NULL. -1 with errno; EINTR: @stop_fd. */
int dumpfile_write(struct dumpfile *file, const void *data, uint64_t bytes);

/* -1 with the error that errno tells about writing @file. */
int dumpfile_fail(const struct dumpfile *file, struct comb_error *err);

/* Everything is on the disk, under its name. */
int dumpfile_commit(struct dumpfile *file, struct comb_error *err);

/* Close; what was not committed is removed. */
void dumpfile_close(struct dumpfile *file);

#endif
