/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch.h - [Watch]: when a cell counts as hung, and what is done when it ends badly */
#ifndef COMB_WATCH_H
#define COMB_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#define COMB_HUNG_MS		1000
#define COMB_HUNG_MAX_MS	600000u
#define COMB_DUMP_DIR		"/var/lib/comb/dumps"
#define COMB_RESTART_MS		1000
#define COMB_LIMIT_BURST	5
/* systemd's 10 s would never stop a kernel that takes two of them to boot. */
#define COMB_LIMIT_INTERVAL_MS	300000

/* In the order in which they are done. RESTART and STOP exclude each other. */
enum comb_watch_action {
	COMB_WATCH_NOTIFY = 1 << 0,
	COMB_WATCH_DUMP = 1 << 1,
	COMB_WATCH_RESTART = 1 << 2,
	COMB_WATCH_STOP = 1 << 3,
};

enum comb_watch_case {
	COMB_WATCH_PANIC,
	COMB_WATCH_HANG,
	COMB_WATCH_REBOOT,	/* the cell's kernel has restarted by itself, without a panic */
	COMB_WATCH_CASES
};

/**
 * struct comb_watch - the values of [Watch], but for the heartbeat
 * @actions: enum comb_watch_action, by case
 * @hung_ms: how old the last heartbeat of a hung cell is; see comb_hung_ms()
 * @dump_dir: absolute path, or NULL: COMB_DUMP_DIR
 * @restart_ms: how long a restart waits
 * @restart_steps: in how many restarts the wait grows to @restart_max_ms; 0: it does not
 * @restart_max_ms: 0: it does not grow
 * @limit_burst: how many restarts are done in @limit_interval_ms; 0: no limit
 * @limit_interval_ms: 0: no limit
 */
struct comb_watch {
	unsigned int actions[COMB_WATCH_CASES];
	unsigned int hung_ms;
	char *dump_dir;
	unsigned int restart_ms;
	unsigned int restart_steps;
	unsigned int restart_max_ms;
	unsigned int limit_burst;
	unsigned int limit_interval_ms;
};

/*
 * Age of the last heartbeat from which on a cell is hung: a single beat may be late, so it
 * is two periods at least. 0 is COMB_HUNG_MS.
 */
uint64_t comb_hung_ms(unsigned int hung_ms, unsigned int heartbeat_ms);

#define COMB_RESTARTS_MAX	64

/**
 * struct comb_restarts - the restarts there were since the user started the cell
 * @count: all of them
 * @at_ns: CLOCK_BOOTTIME of the last ones, oldest first
 * @nr_at: how many of these
 */
struct comb_restarts {
	unsigned int count;
	uint64_t at_ns[COMB_RESTARTS_MAX];
	unsigned int nr_at;
};

/* What comb_restart_decide() says. */
struct comb_restart {
	bool refused;		/* the limit is reached */
	unsigned int recent;	/* restarts within the interval */
	uint64_t delay_ms;
};

/* May the cell be restarted at @now_ns, and after what delay? As systemd.service(5) has it. */
struct comb_restart comb_restart_decide(const struct comb_watch *watch,
					const struct comb_restarts *restarts, uint64_t now_ns);

/* Remember a restart. */
void comb_restart_add(struct comb_restarts *restarts, uint64_t now_ns);

#endif
