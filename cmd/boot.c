// SPDX-License-Identifier: GPL-2.0-or-later
/* boot.c - the part of a start that runs for all cells at once */
#include "boot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "cells.h"
#include "keeper.h"
#include "mailbox.h"
#include "record.h"
#include "restarts.h"
#include "size.h"

/* The best of a few readings: an interrupt between the two clocks spoils one. */
#define CLOCK_TRIES	8
#define LAST_WORDS	8

static uint64_t read_tsc(void)
{
	/* lfence: the counter must not be read early. */
	__builtin_ia32_lfence();
	return __builtin_ia32_rdtsc();
}

static void read_clock(uint64_t *wall_ns, uint64_t *wall_tsc)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < CLOCK_TRIES; i++) {
		uint64_t before = read_tsc(), after;
		struct timespec now;

		clock_gettime(CLOCK_REALTIME, &now);
		after = read_tsc();
		if (after - before >= best)
			continue;
		best = after - before;
		*wall_tsc = before + best / 2;
		*wall_ns = now.tv_sec * 1000000000ULL + now.tv_nsec;
	}
}

static int read_seed(uint8_t *seed, size_t size, struct comb_error *err)
{
	ssize_t got;

	do
		got = getrandom(seed, size, 0);
	while (got < 0 && errno == EINTR);
	if (got == (ssize_t)size)
		return 0;
	comb_fail(err, COMB_FAILED, "no random numbers for its seed: %s", strerror(errno));
	return comb_hint(err, "comb check");
}

void boot_machine(const struct comb_cell *cell, const struct comb_info *info,
		  struct comb_machine *machine)
{
	*machine = (struct comb_machine){
		.info = *info,
		.cpus = cell->cpus,
		.nr_cpus = cell->get.nr_cpus,
		.ranges = cell->ranges,
		.nr_ranges = cell->get.nr_ranges,
		.bridges = cell->bridges,
		.nr_bridges = cell->get.nr_bridges,
		.low_start = cell->get.low_start,
		.low_bytes = cell->get.low_bytes,
		.low_shared = cell->get.flags & COMB_CELL_LOW_SHARED,
	};
}

/* The user's words come last, so that they win. */
const char *boot_append(struct work *work)
{
	CLI_AUTOFREE char *words = keeper_words(work);
	const char *append = work->def.append ?: "";

	free(work->boot->append);
	work->boot->append = cli_format("%s%s%s", words, *words && *append ? " " : "", append);
	return work->boot->append;
}

void boot_describe(struct work *work, struct comb_boot *boot)
{
	boot_append(work);
	*boot = (struct comb_boot){
		.name = work->name,
		.cell_id = work->cell.get.id,
		.kernel = &work->boot->kernel,
		.initrd = work->boot->initrd,
		.initrd_size = work->boot->initrd_size,
		.append = work->boot->append,
		.heartbeat_ms = work->def.heartbeat_ms,
		.hung_ms = work->def.watch.hung_ms,
	};
}

/* Writes the image; @start is what the module needs to know of it. */
static int write_image(struct work *work, struct comb_cell_start *start)
{
	struct comb_error *err = &work->err;
	struct comb_cell *cell = &work->cell;
	struct comb_machine machine;
	struct comb_image *image;
	struct comb_boot boot;
	struct comb_info info;
	int result = -1;

	if (comb_device_info(work->cli->device, &info, err) || comb_cell_refresh(cell, err) ||
	    comb_cell_map(cell, true, err))
		return -1;
	boot_machine(cell, &info, &machine);
	boot_describe(work, &boot);
	if (read_seed(boot.seed, sizeof(boot.seed), err))
		return -1;
	image = cli_calloc(1, sizeof(*image));
	if (comb_image_plan(image, &machine, &boot, err))
		goto out;
	/* As late as possible: the cell's clock starts from here. */
	read_clock(&boot.wall_ns, &boot.wall_tsc);
	if (comb_image_write(image, &machine, &boot, cell->memory, cell->get.memory_bytes, err))
		goto out;
	*start = (struct comb_cell_start){
		.size = sizeof(*start),
		.version = COMB_ABI_VERSION,
		.entry = image->entry,
		.boot_params = image->boot_params,
		.mailbox_offset = comb_image_offset(&machine, image->mailbox),
		.map_start = image->map_start,
		.map_bytes = image->map_bytes,
	};
	result = 0;
out:
	free(image);
	return result;
}

static bool has_settled(const struct comb_observation *seen, void *arg)
{
	(void)arg;
	/* Late heartbeats of a kernel under load: it may catch up. */
	return seen->state != COMB_STATE_LOADING && seen->state != COMB_STATE_BOOTING &&
	       seen->state != COMB_STATE_HUNG;
}

static void say_last_words(struct work *work, const struct record_list *log)
{
	size_t from = log->count > LAST_WORDS ? log->count - LAST_WORDS : 0;
	char prefix[48];

	for (size_t i = from; i < log->count; i++)
		cli_say(work->cli, "%s| %s%s", work->name,
			record_prefix(&log->list[i], prefix, sizeof(prefix)), log->list[i].text);
}

/* Did it reach user space before it ended? A short COMMAND is over before anyone looks. */
static bool has_run(const struct work *work, const struct record_list *log)
{
	const uint8_t *box = work->cell.memory + work->cell.get.mailbox_offset;
	const struct comb_mailbox_cell *page = (const void *)(box + COMB_MAILBOX_CELL_OFF);

	if (__atomic_load_n(&page->running_tsc, __ATOMIC_RELAXED))
		return true;
	for (size_t i = 0; i < log->count; i++)
		if (strstr(log->list[i].text, COMB_READY_LINE))
			return true;
	return false;
}

static int judge_end(struct work *work, const struct comb_observation *seen)
{
	const char *why = seen->reason[0] ? seen->reason : seen->health;
	struct record_place place = { 0 };
	struct record_list log = { 0 };
	int result = 0;

	/* Without a log the verdict stands all the same. */
	if (record_read(&work->cell, &place, &log, &work->err))
		log.count = 0;
	if (seen->state != COMB_STATE_STOPPED || !has_run(work, &log)) {
		say_last_words(work, &log);
		comb_fail(&work->err, COMB_FAILED, "%s while booting: %s",
			  comb_state_name(seen->state), why);
		result = comb_hint(&work->err, "comb logs %s", work->name);
	}
	record_place_free(&place);
	record_free(&log);
	return result;
}

static int wait_running(struct work *work)
{
	int64_t timeout_ms = cli_timeout_ms(work->cli, BOOT_TIMEOUT_S);
	struct comb_observation seen;
	uint64_t since = cli_now_ns();
	int result = 0;

	if (timeout_ms == 0)
		return 0;
	result = cells_wait(&work->cell, timeout_ms, has_settled, NULL, &seen, &work->err);
	if (result < 0)
		return comb_prefix(&work->err, "while it was booting");
	if (result == 1) {
		comb_fail(&work->err, COMB_TIMEOUT, "is not running after %.0f s",
			  timeout_ms / 1e3);
		return comb_hint(&work->err, "comb logs %s", work->name);
	}
	work_phase(work, "kernel", since);
	if (cells_is_down(seen.state))
		return judge_end(work, &seen);
	return 0;
}

static void say_running(struct work *work)
{
	char cpus[256], memory[32], seconds[32];
	uint64_t ns = 0;

	for (unsigned int i = 0; i < work->nr_phases; i++)
		ns += work->phase[i].ns;
	comb_size_format(work->bytes, memory, sizeof(memory));
	cli_say(work->cli, "%s: started %s on %s with %s in %s", work->name,
		work->boot->kernel.release, cli_cpus(&work->cpus, cpus, sizeof(cpus)), memory,
		cli_seconds(ns, seconds, sizeof(seconds)));
}

static int fill_and_start(struct work *work)
{
	struct comb_cell_start start;
	uint64_t since = cli_now_ns();

	if (boot_add_bridges(work))
		return -1;
	if (comb_cell_add_memory(&work->cell, work->def.memory, work->def.node, &work->err))
		return -1;
	work_phase(work, "memory", since);
	since = cli_now_ns();
	/* First: the command line says what the keeper has found, such as an address. */
	if (keeper_watches(work)) {
		if (keeper_start(work))
			return -1;
		work_phase(work, "devices", since);
		since = cli_now_ns();
	}
	if (write_image(work, &start))
		return -1;
	work_phase(work, "image", since);
	if (comb_cell_start(&work->cell, &start, &work->err))
		return -1;
	comb_restarts_begin(cli_run_dir(), work->name);
	work_event(work, "started", work->boot->kernel.release);
	return 0;
}

int boot_run(struct work *work)
{
	if (fill_and_start(work)) {
		/* Nobody needs to wait for the others to get these CPUs and RAM back. */
		comb_cell_close(&work->cell);
		work->cell.fd = -1;
		keeper_wait(work->cli, work->name);
		return -1;
	}
	work->bytes = work->cell.get.memory_bytes;
	/* From here on the cell stands by itself: others may stop it, too. */
	close(work->lock);
	work->lock = -1;
	if (wait_running(work))
		return -1;
	say_running(work);
	/* Nobody else would tell it. */
	if (!keeper_watches(work))
		work_event(work, "running", "");
	work->done = true;
	return 0;
}
