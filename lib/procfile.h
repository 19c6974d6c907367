/* SPDX-License-Identifier: GPL-2.0-or-later */
/* procfile.h - files of /proc and what is in them; needs nothing but a C library */
#ifndef COMB_PROCFILE_H
#define COMB_PROCFILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Enough for all files of a process but its maps. */
#define PROCFILE_BYTES	4096

/*
 * Read file @path below directory @dir, put a NUL behind it; what is beyond @size is left out.
 * Its length, or -1 with errno.
 */
ssize_t procfile_load(int dir, const char *path, char *data, size_t size);

/* Fields of /proc/PID/stat behind the name; proc(5) counts from 3 there. */
enum procstat {
	PROCSTAT_STATE, PROCSTAT_PPID, PROCSTAT_PGRP, PROCSTAT_SESSION,
	PROCSTAT_TPGID = 5, PROCSTAT_FLAGS,
	PROCSTAT_UTIME = 11, PROCSTAT_STIME,
	PROCSTAT_NICE = 16, PROCSTAT_THREADS,
	PROCSTAT_START = 19, PROCSTAT_SIZE, PROCSTAT_RSS,
	PROCSTAT_CPU = 36,
	PROCSTAT_FIELDS,
};

/*
 * Cut the text of a /proc/PID/stat up. Returns the process's name, which may have anything in
 * it, or NULL if this is none. All are inside @data.
 */
char *procstat_split(char *data, char *field[PROCSTAT_FIELDS]);

/*
 * When a process was started, in ticks since boot: with its PID this names it. 0: there is no such
 * process.
 */
uint64_t procstat_start(pid_t pid);

/* Its state as a letter, 'R' or 'Z' for instance. 0: there is no such process. */
char procstat_state(pid_t pid);

#endif
