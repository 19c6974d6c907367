// SPDX-License-Identifier: GPL-2.0-or-later
#include "process_signal.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "procfile.h"

int process_target(const char *target, pid_t *pid, uint64_t *start)
{
	unsigned long long number;
	char *end;

	*start = 0;
	/* No blank and no sign, which strtoull() would take. */
	if (!isdigit((unsigned char)*target))
		return -1;
	errno = 0;
	number = strtoull(target, &end, 10);
	if (errno || !number || number > INT_MAX)
		return -1;
	*pid = (pid_t)number;
	if (!*end)
		return 0;
	if (*end != '@' || !isdigit((unsigned char)end[1]))
		return -1;
	*start = strtoull(end + 1, &end, 10);
	return errno || *end ? -1 : 0;
}

int process_signal(const char *target, int number)
{
	uint64_t start;
	pid_t pid;
	int fd, error = 0;

	if (process_target(target, &pid, &start) || number < 0 || number >= NSIG)
		return EINVAL;
	fd = pidfd_open(pid, 0);
	/* A thread's number is no process's; what that is called has changed. */
	if (fd < 0)
		return errno == EINVAL || errno == ENOENT ? ESRCH : errno;
	/* From here on the descriptor means the process that had the PID then. */
	if (start && procstat_start(pid) != start)
		error = ESRCH;
	else if (pidfd_send_signal(fd, number, NULL, 0))
		error = errno;
	close(fd);
	return error;
}
