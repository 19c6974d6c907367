// SPDX-License-Identifier: GPL-2.0-or-later
#include "observe.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

#include "kmsg.h"
#include "watch.h"

#define NS_PER_S		1000000000ULL
#define NS_PER_MS		1000000ULL
/* A search of the RAM may take at most a fifth of the time of who waits for a cell. */
#define SEARCH_PAUSE		4
#define SEARCH_PAUSE_MIN_NS	(NS_PER_S / 5)
/* Periods without a heartbeat after which a cell is late. */
#define PERIODS_LATE		2
/* SLP_EN of the sleep control register (ACPI 6.5, 4.8.3.7) */
#define ACPI_SLP_EN		0x20

/* One look at the mailbox: what the cell may change meanwhile has been read once. */
struct mailbox {
	struct comb_mailbox_host host;
	struct comb_mailbox_cell cell;
	uint64_t tsc;			/* read after it */
};

const char *comb_state_name(enum comb_state state)
{
	static const char *const names[] = {
		[COMB_STATE_STOPPED] = "stopped", [COMB_STATE_LOADING] = "loading",
		[COMB_STATE_BOOTING] = "booting", [COMB_STATE_RUNNING] = "running",
		[COMB_STATE_STOPPING] = "stopping", [COMB_STATE_PANIC] = "panic",
		[COMB_STATE_HUNG] = "hung", [COMB_STATE_LOST] = "lost",
	};

	if ((unsigned int)state >= sizeof(names) / sizeof(names[0]))
		return "unknown";
	return names[state];
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void set_health(struct comb_observation *seen, enum comb_state state, const char *health)
{
	seen->state = state;
	snprintf(seen->health, sizeof(seen->health), "%s", health);
}

/* ---- the mailbox ---- */

static void copy_words(void *to, const uint8_t *from, size_t size)
{
	const volatile uint64_t *source = (const void *)from;

	for (size_t i = 0; i < size / sizeof(*source); i++) {
		uint64_t word = source[i];

		memcpy((uint8_t *)to + i * sizeof(word), &word, sizeof(word));
	}
}

static bool mailbox_read(const struct comb_cell *cell, struct mailbox *box)
{
	uint64_t offset = cell->get.mailbox_offset;

	_Static_assert(sizeof(box->host) % 8 == 0 && sizeof(box->cell) % 8 == 0, "words");
	if (offset % 8 || offset > cell->get.memory_bytes ||
	    cell->get.memory_bytes - offset < COMB_MAILBOX_SIZE)
		return false;
	copy_words(&box->host, cell->memory + offset + COMB_MAILBOX_HOST_OFF, sizeof(box->host));
	copy_words(&box->cell, cell->memory + offset + COMB_MAILBOX_CELL_OFF, sizeof(box->cell));
	box->tsc = __rdtsc();
	/* Page 0 is the host's, but it lies in the cell's RAM. */
	return box->host.magic == COMB_MAILBOX_MAGIC &&
	       box->host.heartbeat_ms >= 10 && box->host.heartbeat_ms <= 60000 &&
	       box->host.hung_ms <= COMB_HUNG_MAX_MS &&
	       box->host.tsc_khz >= 1000 && box->host.tsc_khz <= 100000000;
}

/* Printable characters only, whatever the cell wrote. */
static void copy_text(char *to, size_t size, const char *from, size_t from_size)
{
	size_t i;

	for (i = 0; i + 1 < size && i < from_size && from[i]; i++)
		to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
	to[i] = '\0';
}

static void mailbox_facts(const struct comb_cell *cell, const struct mailbox *box,
			  struct comb_observation *seen)
{
	/* The heartbeat is 0 again when comb_cell.ko has been unloaded. */
	seen->agent = box->cell.heartbeat != 0;
	copy_text(seen->kernel, sizeof(seen->kernel), box->cell.kernel, sizeof(box->cell.kernel));
	if (seen->agent && box->cell.cpus_online <= cell->get.nr_cpus)
		seen->cpus_online = box->cell.cpus_online;
}

/* Milliseconds since @tsc. */
static uint64_t age_ms(const struct mailbox *box, uint64_t tsc)
{
	int64_t cycles = (int64_t)(box->tsc - tsc);
	int64_t second = (int64_t)box->host.tsc_khz * 1000;

	/* A beat of this very moment, by the clock of another CPU. */
	if (cycles < 0 && cycles > -second)
		return 0;
	/* As unsigned a time in the future is an age of centuries: no heartbeat at all. */
	return (uint64_t)cycles / box->host.tsc_khz;
}

/* Nanoseconds since @tsc, if that is a moment of this cell's life. */
static uint64_t silence_ns(const struct comb_cell *cell, const struct mailbox *box, uint64_t tsc)
{
	uint64_t life = now_ns() - cell->get.started_ns, age = box->tsc - tsc, ns;

	if (!tsc || age_ms(box, tsc) > life / NS_PER_MS)
		return UINT64_MAX;
	/* Cycles of some minutes fit; of a longer silence milliseconds will do. */
	ns = age < UINT64_MAX / NS_PER_MS ? age * NS_PER_MS / box->host.tsc_khz :
					    age_ms(box, tsc) * NS_PER_MS;
	return (int64_t)age < 0 ? 0 : ns;
}

/* ---- the log ---- */

/* @now: search even if the last search was in vain a moment ago. */
static const struct comb_kmsg *log_find(struct comb_cell *cell, bool now)
{
	struct comb_ram ram = {
		.data = cell->memory, .size = cell->get.memory_bytes,
		.ranges = cell->ranges, .nr_ranges = cell->get.nr_ranges,
	};
	uint64_t start = now_ns(), pause;

	/* Only the ring buffer is certain to stay where it is. */
	if (cell->log && comb_kmsg_source(cell->log) == COMB_KMSG_RINGBUFFER)
		return cell->log;
	if (!now && start < cell->log_after_ns)
		return cell->log;
	comb_kmsg_free(cell->log);
	cell->log = comb_kmsg_find(&ram, NULL);
	pause = (now_ns() - start) * SEARCH_PAUSE;
	if (pause < SEARCH_PAUSE_MIN_NS)
		pause = SEARCH_PAUSE_MIN_NS;
	cell->log_after_ns = now_ns() + pause;
	return cell->log;
}

const struct comb_kmsg *comb_cell_log(struct comb_cell *cell)
{
	return log_find(cell, false);
}

static bool log_panic(struct comb_cell *cell, bool now, struct comb_observation *seen)
{
	const struct comb_kmsg *log = log_find(cell, now);

	if (log && !seen->kernel[0])
		copy_text(seen->kernel, sizeof(seen->kernel), comb_kmsg_release(log),
			  sizeof(seen->kernel) - 1);
	return log && comb_kmsg_panic(log, seen->reason, sizeof(seen->reason));
}

/* What the log alone can tell of a cell without agent. */
struct log_signs {
	bool ready;
	bool halted;
};

static bool has_text(const struct comb_kmsg_record *record, const char *text)
{
	return memmem(record->text, record->length, text, strlen(text));
}

static int find_signs(const struct comb_kmsg_record *record, void *arg)
{
	struct log_signs *signs = arg;

	if (has_text(record, COMB_READY_LINE))
		signs->ready = true;
	/* kernel_halt() says this, and then only sleeps. */
	if (record->facility == 0 && has_text(record, "reboot: System halted"))
		signs->halted = true;
	return 0;
}

/* ---- judgement ---- */

static void judge_panic(struct comb_cell *cell, struct comb_observation *seen)
{
	if (!log_panic(cell, true, seen))
		snprintf(seen->reason, sizeof(seen->reason), "panic");
	set_health(seen, COMB_STATE_PANIC, "panic");
}

/* What the cell said last, or NULL if it said nothing. */
static const char *last_words(const struct comb_mailbox_cell *said)
{
	static const char *const exits[] = {
		[COMB_EXIT_POWEROFF] = "power off", [COMB_EXIT_REBOOT] = "reboot",
		[COMB_EXIT_HALT] = "halt", [COMB_EXIT_PANIC] = "panic",
		[COMB_EXIT_EMERGENCY] = "reboot",
	};

	if (said->exit && said->exit < sizeof(exits) / sizeof(exits[0]))
		return exits[said->exit];
	if (said->efi_reset == COMB_EFI_RESET_SHUTDOWN)
		return "power off";
	if (said->efi_reset)
		return "reboot";
	if (said->acpi_sleep_control & ACPI_SLP_EN)
		return "power off";
	return said->acpi_reset ? "reboot" : NULL;
}

static void judge_down(struct comb_cell *cell, const struct mailbox *box,
		       struct comb_observation *seen)
{
	const struct comb_mailbox_cell *said = &box->cell;
	const char *words = last_words(said);
	/* sysrq-b and panic=N restart without saying why; so does whatever ends in the EFI runtime. */
	bool unexplained = said->exit == COMB_EXIT_EMERGENCY || said->exit == COMB_EXIT_NONE ||
			   said->efi_reset;

	if (said->exit && box->host.tsc_khz)
		seen->silent_ns = silence_ns(cell, box, said->exit_tsc);
	if (said->exit == COMB_EXIT_PANIC || said->state == COMB_STATE_PANIC) {
		judge_panic(cell, seen);
		return;
	}
	if (unexplained && log_panic(cell, true, seen)) {
		set_health(seen, COMB_STATE_PANIC, "panic");
		return;
	}
	snprintf(seen->reason, sizeof(seen->reason), "%s", words ? words : "stopped by the host");
	set_health(seen, COMB_STATE_STOPPED, words ? words : "stopped");
}

static void judge_agent(struct comb_cell *cell, const struct mailbox *box,
			struct comb_observation *seen)
{
	uint64_t age = age_ms(box, box->cell.heartbeat_tsc), period = box->host.heartbeat_ms;

	if (age > comb_hung_ms(box->host.hung_ms, box->host.heartbeat_ms)) {
		seen->silent_ns = silence_ns(cell, box, box->cell.heartbeat_tsc);
		if (log_panic(cell, false, seen)) {
			set_health(seen, COMB_STATE_PANIC, "panic");
			return;
		}
		snprintf(seen->reason, sizeof(seen->reason), "no heartbeat for %llu.%llu s",
			 (unsigned long long)(age / 1000),
			 (unsigned long long)(age % 1000 / 100));
		set_health(seen, COMB_STATE_HUNG, "hung");
		return;
	}
	set_health(seen, box->cell.state == COMB_STATE_STOPPING ? COMB_STATE_STOPPING :
								   COMB_STATE_RUNNING,
		   age > PERIODS_LATE * period ? "late" : "ok");
}

static void judge_log(struct comb_cell *cell, struct comb_observation *seen)
{
	struct log_signs signs = {0};

	if (log_panic(cell, false, seen)) {
		set_health(seen, COMB_STATE_PANIC, "panic");
		return;
	}
	if (cell->log)
		comb_kmsg_read(cell->log, 0, find_signs, &signs);
	if (signs.halted) {
		snprintf(seen->reason, sizeof(seen->reason), "halt");
		set_health(seen, COMB_STATE_STOPPED, "halt");
	} else if (signs.ready) {
		set_health(seen, COMB_STATE_RUNNING, "no agent");
	} else {
		set_health(seen, COMB_STATE_BOOTING, "booting");
	}
}

static bool is_down(const struct comb_cell *cell, const struct mailbox *box)
{
	return cell->get.state == COMB_STATE_STOPPED || box->cell.state == COMB_STATE_PANIC ||
	       last_words(&box->cell);
}

static void judge_started(struct comb_cell *cell, struct comb_observation *seen)
{
	struct mailbox box = {0};

	if (mailbox_read(cell, &box)) {
		mailbox_facts(cell, &box, seen);
		if (is_down(cell, &box))
			judge_down(cell, &box, seen);
		else if (seen->agent)
			judge_agent(cell, &box, seen);
		else
			judge_log(cell, seen);
	} else if (cell->get.state == COMB_STATE_STOPPED) {
		box = (struct mailbox){0};
		judge_down(cell, &box, seen);
	} else {
		judge_log(cell, seen);
		if (seen->state != COMB_STATE_PANIC)
			set_health(seen, seen->state, "mailbox overwritten");
	}
}

int comb_cell_observe(struct comb_cell *cell, struct comb_observation *seen,
		      struct comb_error *err)
{
	uint64_t now;

	memset(seen, 0, sizeof(*seen));
	seen->silent_ns = UINT64_MAX;
	if (comb_cell_refresh(cell, err))
		return -1;
	if (cell->get.state == COMB_STATE_LOST) {
		snprintf(seen->reason, sizeof(seen->reason), "a CPU does not come back");
		set_health(seen, COMB_STATE_LOST, "lost");
		return 0;
	}
	if (!(cell->get.flags & COMB_CELL_STARTED)) {
		set_health(seen, cell->get.state, comb_state_name(cell->get.state));
		return 0;
	}
	if (comb_cell_map(cell, false, err))
		return -1;
	judge_started(cell, seen);
	now = now_ns();
	if (seen->state != COMB_STATE_STOPPED && seen->state != COMB_STATE_PANIC &&
	    now > cell->get.started_ns)
		seen->uptime_ns = now - cell->get.started_ns;
	return 0;
}
