/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job_shared.h - what the processes of a job share with processes that are not in it
 *
 * CRIU takes a pipe or shared memory for the job's own even if somebody else has it, too.
 */
#ifndef COMB_INIT_JOB_SHARED_H
#define COMB_INIT_JOB_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct job_words - a set of words, sorted when it is complete
 */
struct job_words {
	char **list;
	size_t count;
};

/**
 * struct job_shared - what others have
 * @pipes: links of pipes others have open
 * @memory: "DEVICE INODE" of what others have mapped shared
 * @own_sockets: inodes of sockets the job has
 */
struct job_shared {
	struct job_words pipes;
	struct job_words memory;
	struct job_words own_sockets;
};

/* @list: the job's processes. What cannot be read, or kept, is left out. */
void job_shared_gather(struct job_shared *shared, const pid_t *list, size_t count);
void job_shared_free(struct job_shared *shared);

/* Has a process outside the pipe of that link, too? */
bool job_shared_outside(const struct job_shared *shared, const char *link);
/* The shared memory of that line of /proc/PID/maps? */
bool job_shared_memory(const struct job_shared *shared, const char *line);
/* movable_socket() for descriptor @fd of @pid. */
const char *job_shared_socket(const struct job_shared *shared, pid_t pid, int fd, char *why,
			      size_t why_size);

/* Call @each for each of a process's descriptors, with where it leads to. */
void job_each_fd(pid_t pid, void (*each)(int fd, const char *link, void *arg), void *arg);

#endif
