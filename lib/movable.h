/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * movable.h - what of a process can be carried to another kernel
 *
 * Rules only: they are given what /proc and stat() say. CRIU can do more and less than this. What
 * it would refuse after it has stopped the processes is refused here, before; so is what it
 * would carry, but into a place where it means something else.
 */
#ifndef COMB_MOVABLE_H
#define COMB_MOVABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* CRIU carries the bytes of a deleted file that is still open up to this size (--ghost-limit). */
#define MOVABLE_DELETED_MAX	(1u << 20)

/**
 * struct movable_file - a file or directory that must be in the other cell, too
 * @fs: f_type of statfs(2)
 * @mode: st_mode
 * @ino: st_ino
 * @size: bytes
 * @mtime_ns: time of the last change, since 1970
 * @written: a process may write to it
 * @path: without a newline; the caller's
 */
struct movable_file {
	uint64_t fs;
	mode_t mode;
	uint64_t ino;
	uint64_t size;
	int64_t mtime_ns;
	bool written;
	const char *path;
};

/*
 * Each returns NULL or why not, a phrase that follows "PID NAME: ", such as "has a terminal
 * open". It is in @why or constant.
 */

/*
 * An open file. @link: where /proc/PID/fd/N leads to; @st: the file's. Sockets are not looked at
 * here; regular files and directories only so far as one cell can tell.
 */
const char *movable_open(const char *link, const struct stat *st, uint64_t fs, bool written,
			 char *why, size_t why_size);

/* A socket. @peer_outside: it is connected to a process that would stay. */
const char *movable_socket(int domain, int type, bool connected, bool bound_here,
			   bool peer_outside, char *why, size_t why_size);

/*
 * A line of /proc/PID/maps. *@file: the path of a file that is mapped, or NULL; *@written: what is
 * written to the mapping is written to the file.
 */
const char *movable_mapping(const char *line, const char **file, bool *written, char *why,
			    size_t why_size);

/* A line of /proc/PID/fdinfo/N. */
const char *movable_fdinfo(const char *line);

/* Is the file the same in the other cell? @there: of the same path, @mode 0: there is none. */
const char *movable_same(const struct movable_file *here, const struct movable_file *there,
			 bool read_only, char *why, size_t why_size);

/* A line of text, without a newline. The length, or -1: it does not fit, or no line can hold it. */
int movable_write(const struct movable_file *file, char *line, size_t size);
/* Parse such a line, to which @path points then. -1: it is none. */
int movable_read(const char *line, struct movable_file *file);

#endif
