// SPDX-License-Identifier: GPL-2.0-or-later
#include "acting.h"

#include <errno.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "action.h"
#include "device.h"

/* No honest cell gives cause to act for one reason twice in a minute. */
#define REST_NS		(60 * 1000000000ULL)

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* The process is there no more: is the event done with? */
static void take_end(struct acting *acting, bool killed, int status)
{
	if (acting->fd >= 0)
		close(acting->fd);
	acting->fd = -1;
	acting->pid = 0;
	if (killed && !acting->again) {
		keeper_log(NULL, "who acted upon it was killed by signal %d, starting another",
			   WTERMSIG(status));
		acting->again = true;
		return;
	}
	acting->again = false;
	__atomic_store_n(&acting->told->action_ns, 0, __ATOMIC_RELEASE);
}

static void reap(struct acting *acting)
{
	int status = 0;
	pid_t got = waitpid(acting->pid, &status, WNOHANG);

	if (got && !(got < 0 && errno == EINTR))
		take_end(acting, got > 0 && WIFSIGNALED(status), status);
}

/* What is due becomes what is acted upon, in an order that loses nothing at any moment. */
static void take_due(struct told *told)
{
	enum comb_watch_case what = told->due_case_plus_1 - 1;
	uint64_t now = now_ns();

	if (what < COMB_WATCH_CASES) {
		if (told->acted_ns[what] && now - told->acted_ns[what] < REST_NS)
			return;
		told->acted_ns[what] = now;
		told->case_plus_1 = told->due_case_plus_1;
		__atomic_store_n(&told->action_ns, told->due_ns, __ATOMIC_RELEASE);
	}
	__atomic_store_n(&told->due_ns, 0, __ATOMIC_RELEASE);
}

static void start(struct acting *acting)
{
	struct told *told = acting->told;
	enum comb_watch_case what = told->case_plus_1 - 1;
	pid_t pid;

	if (what >= COMB_WATCH_CASES) {
		told->action_ns = 0;
		return;
	}
	pid = action_launch(acting->name, what, told->action_ns, told->started_ns, told->reason);
	if (pid < 0) {
		keeper_log(NULL, "cannot act upon it: %s", strerror(errno));
		return;
	}
	acting->pid = pid;
	acting->fd = pidfd_open(pid, 0);
}

void acting_go_on(struct acting *acting)
{
	struct told *told = acting->told;

	if (acting->pid)
		reap(acting);
	if (acting->pid)
		return;
	/* An earlier watcher was killed between the two. */
	if (told->due_ns && told->due_ns == told->action_ns)
		told->due_ns = 0;
	if (told->due_ns && !told->action_ns)
		take_due(told);
	if (told->action_ns)
		start(acting);
}

bool acting_waits(const struct acting *acting)
{
	if (acting->pid)
		return acting->fd < 0;
	return acting->told->due_ns || acting->told->action_ns;
}
