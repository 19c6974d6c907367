/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job.h - movable jobs: programs that CRIU can carry to another kernel
 *
 * A job is a tree of processes in a PID and a time namespace of its own: its numbers are free in
 * any kernel, and its clocks go on where they were. The namespace's PID 1 is this program under
 * the name comb-job, from a file in JOB_DIR. It holds the other ends of the command's pipes and
 * speaks execwire.h with the client, and is the only one who knows of connections: before a move
 * it lets go of the one it has.
 *
 * EXECWIRE_JOB does what its first argument says and answers with lines on stdout:
 *
 *	list			"ID PID COMMAND" for each job
 *	find PID		"ID PID" of the job that process is in
 *	status ID		"running", "stopped" or "none"
 *	inspect ID		lib/movable.h's lines: what cannot be moved, what the target needs
 *	fits BYTES LINE...	"no ..." for each of inspect's lines that does not fit here
 *	hold ID			stop it and write its images to JOB_DIR/ID: "held". Then it waits for
 *				the end of its stdin, upon which the job goes on, if it is still there
 *	restore ID		make it from JOB_DIR/ID, stopped: "restored PID"
 *	go ID			a stopped job goes on
 *	kill ID			it is gone when this has answered, "killed"; so are its images
 */
#ifndef COMB_INIT_JOB_H
#define COMB_INIT_JOB_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <execwire.h>

#define JOB_DIR		"/run/comb-agent"
#define JOB_NAME	"comb-job"
/* Descriptors a new job's PID 1 finds: its request, and where to say how it went. */
#define JOB_FD_REQUEST	3
#define JOB_FD_REPORT	4

/* job.c: PID 1 of a job. Returns its exit status. */
int job_main(const char *id);

/* Hand a client's connection to a job. -1 with a line in @why. */
int job_give(const char *id, int fd, char *why, size_t why_size);
/* Have it let go of its client. -1 with a line in @why: the client does not answer. */
int job_pause(const char *id, char *why, size_t why_size);

/* job_start.c: EXECWIRE_JOB_START; "PID", or "!STATUS WHY". Returns the exit status. */
int job_start(const struct execwire_request *request);

/* job_tool.c: EXECWIRE_JOB. Returns the exit status. */
int job_tool(char *const argv[]);

/*
 * job_files.c: what there is in JOB_DIR
 *
 * An id is 1 to 32 letters and digits, chosen by the host.
 */
bool job_id_ok(const char *id);
int job_make_dir(void);
/* The program that is PID 1: made from this one if it is not there. -1 with errno. */
int job_program(char path[PATH_MAX]);
/* JOB_DIR/ID, where images are; it need not be there. */
void job_images(const char *id, char path[PATH_MAX]);
void job_remove_images(const char *id);
/* Remember that @pid, as this kernel counts, is the job's PID 1. -1 with errno. */
int job_note(const char *id, pid_t pid);
void job_forget(const char *id);
/* Its PID 1; 0: there is no such job. */
pid_t job_pid(const char *id);
/* One command at a time on a job: a descriptor to close, -1 with errno. */
int job_lock(const char *id);
/* Call @each for every job until it returns false. */
void job_each(bool (*each)(const char *id, pid_t pid, void *arg), void *arg);

/* job_tree.c: the processes of a job, as this kernel counts; @list is for free(). */
size_t job_processes(pid_t init, pid_t **list);
/* The job that @pid is in. False: none. */
bool job_of(pid_t pid, char id[64], pid_t *init);

/* job_inspect.c. Returns the exit status. */
int job_inspect(const char *id);
int job_fits(char *const argv[]);

/* job_criu.c. Each returns the exit status. */
/* CRIU's look at the kernel takes seconds the first time: not while a job stands still. */
int job_prepare(const char *id);
int job_hold(const char *id);
int job_restore(const char *id);
int job_go(const char *id);
int job_kill(const char *id);

#endif
