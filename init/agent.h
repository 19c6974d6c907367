/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * agent.h - runs programs for the host
 *
 * One process listens, one process serves each connection and ends with it.
 * The protocol is lib/execwire.h.
 */
#ifndef COMB_INIT_AGENT_H
#define COMB_INIT_AGENT_H

#include <limits.h>
#include <sys/types.h>

#include <execwire.h>

/* The base environment of what runs here, PID 1's command included. */
void agent_environment(void);

/* Listen for the host until the end of the process; AF_VSOCK may come late. */
void __attribute__((noreturn)) agent_listen(void);

/* Serve one connection and close it. */
void agent_session(int fd);

/**
 * struct agent_job - a program that has been started
 * @pid: also its session and process group
 * @in: its stdin, or the master of its terminal
 * @out: its stdout, or the master
 * @error: its stderr, or -1 with a terminal
 */
struct agent_job {
	pid_t pid;
	int in, out, error;
};

/*
 * Start a program. 0; or an EXECWIRE_* status with a line in @why. All descriptors are
 * non-blocking and the caller's.
 */
int agent_start(struct agent_job *job, const struct execwire_request *request, char *why,
		size_t why_size);

/* In a fresh process: what the agent does itself. Returns the exit status. */
int agent_own(const struct execwire_request *request);

/**
 * struct agent_account - what the cell's /etc/passwd says of a user
 * @name: user name
 * @home: absolute path
 * @shell: absolute path
 *
 * "": it says nothing, or nothing of use.
 */
struct agent_account {
	char name[LOGIN_NAME_MAX];
	char home[PATH_MAX];
	char shell[PATH_MAX];
};

void agent_account_find(uid_t uid, struct agent_account *account);

/* HOME, SHELL, USER and LOGNAME of that user; HOME is "/", the others unset if not known. */
void agent_account_environment(uid_t uid);

/* Become that user for good. -1 with errno: the process must not go on. */
int agent_account_become(const struct execwire_user *user);

#endif
