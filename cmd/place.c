// SPDX-License-Identifier: GPL-2.0-or-later
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "kernels.h"
#include "lock.h"
#include "placement.h"
#include "procfile.h"

/* A busy cell takes its time to answer; one that runs nothing of ours has no agent to wait for. */
#define ANSWER_TIMEOUT_S	10
/* The lock is held for a choice among snapshots that are there already. */
#define CHOICE_WAIT_MS		10000
/* The command runs and its output waits. */
#define STARTED_WAIT_MS		1000

/* One cell that might do, and the thread that looks into it. */
struct look {
	struct cli *cli;
	struct kernel kernel;
	pthread_t thread;
	bool threaded;
};

static bool lives(pid_t pid, uint64_t start)
{
	return procstat_start(pid) == start;
}

/* ---- the list of placements: /run/comb/.placements, changed by who holds lock_placing() */

static char *ledger_path(const char *suffix)
{
	return cli_format("%s/.placements%s", cli_run_dir(), suffix);
}

static int ledger_read(struct comb_placements *placements, struct comb_error *err)
{
	CLI_AUTOFREE char *path = ledger_path("");
	FILE *in = fopen(path, "re");
	int result;

	memset(placements, 0, sizeof(*placements));
	if (!in && errno == ENOENT)
		return 0;
	if (!in) {
		comb_fail(err, COMB_FAILED, "cannot read %s: %s", path, strerror(errno));
		return comb_hint(err, "ls -l %s", path);
	}
	result = comb_placements_read(in, placements);
	fclose(in);
	comb_placements_sweep(placements, lives);
	return result ? comb_out_of_memory(err) : 0;
}

/* By renaming: a writer that is killed leaves the list as it was. */
static int ledger_write(const struct comb_placements *placements, struct comb_error *err)
{
	CLI_AUTOFREE char *path = ledger_path("");
	CLI_AUTOFREE char *fresh = ledger_path(".new");
	/* Whatever the caller's umask is, only root may write it. */
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	bool failed = !out;

	if (out) {
		comb_placements_write(out, placements);
		failed = ferror(out);
		failed = fclose(out) || failed;
	}
	if (!failed && !rename(fresh, path))
		return 0;
	comb_fail(err, COMB_FAILED, "cannot write %s: %s", path, strerror(errno));
	/* Half of it would only take room where there is none. */
	unlink(fresh);
	if (fd >= 0 && !out)
		close(fd);
	return comb_hint(err, "df %s", cli_run_dir());
}

static int ledger_add(struct comb_placements *placements, const char *name,
		      struct comb_error *err)
{
	struct comb_placement placement = {
		.owner = getpid(), .owner_start = procstat_start(getpid()),
		.placed_ns = cli_now_ns(),
	};

	snprintf(placement.cell, sizeof(placement.cell), "%s", name);
	if (comb_placements_add(placements, &placement))
		return comb_out_of_memory(err);
	return ledger_write(placements, err);
}

void place_started(uint32_t pid)
{
	static bool told;
	struct comb_placements placements;
	struct comb_error ignored = { 0 };
	int lock;

	/* A cell may say so again and again, and would keep others from the list. */
	if (told)
		return;
	told = true;
	lock = lock_placing(STARTED_WAIT_MS, &ignored);
	/* Without it the placement counts as one task until this process ends. */
	if (lock < 0 || pid > INT_MAX || ledger_read(&placements, &ignored))
		goto out;
	for (size_t i = 0; i < placements.count; i++)
		if (placements.list[i].owner == getpid())
			placements.list[i].pid = (pid_t)pid;
	ledger_write(&placements, &ignored);
	comb_placements_free(&placements);
out:
	if (lock >= 0)
		close(lock);
}

/* ---- the cells */

/* A connection to an agent that is there: nobody waits for one here. */
static int connect_now(struct cli *cli, const char *name, struct comb_error *err)
{
	struct comb_observation seen;
	struct comb_cell cell;
	int fd = -1;

	if (cells_open(cli, name, &cell, err))
		return -1;
	if (!cells_observe(&cell, &seen, err)) {
		if (seen.state == COMB_STATE_RUNNING)
			fd = agent_connect(&cell, 0, NULL, err);
		else
			comb_fail(err, COMB_NO_CELL, "is not running: %s",
				  comb_state_name(seen.state));
	}
	comb_cell_close(&cell);
	return fd;
}

static void *look(void *arg)
{
	struct look *look = arg;
	struct kernel *kernel = &look->kernel;
	uint64_t end = cli_now_ns() +
		       cli_timeout_ms(look->cli, ANSWER_TIMEOUT_S) * 1000000ULL;
	int fd = connect_now(look->cli, kernel->name, &kernel->err);

	kernel->failed = fd < 0;
	if (fd >= 0)
		kernel_snapshot_over(kernel, fd, COMB_SNAPSHOT_PROCESSES | COMB_SNAPSHOT_THREADS,
				     end);
	return NULL;
}

static struct look *look_all(struct cli *cli, const struct comb_strings *names)
{
	struct look *list = cli_calloc(names->count, sizeof(*list));

	for (size_t i = 0; i < names->count; i++) {
		list[i].cli = cli;
		snprintf(list[i].kernel.name, sizeof(list[i].kernel.name), "%s", names->list[i]);
		list[i].threaded = !pthread_create(&list[i].thread, NULL, look, &list[i]);
	}
	for (size_t i = 0; i < names->count; i++) {
		if (list[i].threaded)
			pthread_join(list[i].thread, NULL);
		else
			look(&list[i]);
	}
	return list;
}

/* The definition in force is with the keeper; a cell without devices has none. */
static bool has_host_files(const char *name)
{
	CLI_AUTOFREE char *running = cli_format("%s/%s", cli_run_dir(), name);
	struct comb_error ignored = { 0 };
	struct comb_definition def;
	bool result;

	result = !comb_definition_load_copy(&def, running, name, &ignored) && def.root &&
		 !strcmp(def.root, "host");
	comb_definition_free(&def);
	return result;
}

/* Nobody named one: not a cell of comb run, which ends with its own command. */
static int names_of_all(struct cli *cli, struct comb_strings *names, struct comb_error *err)
{
	struct comb_strings running, others = { 0 };

	if (kernels_running(cli, &running, err))
		return -1;
	for (size_t i = 0; i < running.count; i++) {
		if (!cells_defined(running.list[i]))
			continue;
		comb_strings_add(has_host_files(running.list[i]) ? names : &others,
				 running.list[i]);
	}
	comb_strings_free(&running);
	if (!names->count) {
		*names = others;
		return 0;
	}
	comb_strings_free(&others);
	return 0;
}

static int names_given(struct cli *cli, struct comb_strings *names, struct comb_error *err)
{
	for (size_t i = 0; i < cli->nr_names; i++) {
		CLI_AUTOFREE char *there = cli_format(COMB_SYSFS "/cells/%s", cli->names[i]);

		if (!cells_defined(cli->names[i]) && access(there, F_OK))
			return cells_unknown(cli->names[i], err);
		comb_strings_add(names, cli->names[i]);
	}
	return 0;
}

static int refuse(const struct look *list, size_t count, struct comb_error *err)
{
	CLI_AUTOFREE char *why = cli_format("%s", count ? "" : ": no cell is running");

	for (size_t i = 0; i < count; i++) {
		const struct kernel *kernel = &list[i].kernel;
		bool named = cli_names_cell(kernel->err.what, kernel->name);
		char *more = cli_format("%s%s %s%s%s", why, i ? ";" : ":", named ? "" : kernel->name,
					named ? "" : ": ", kernel->err.what);

		free(why);
		why = more;
	}
	comb_fail(err, (enum comb_status)EXECWIRE_FAILED, "no cell can take it%s", why);
	return comb_hint(err, "comb ls, then comb start NAME");
}

static void explain(const struct cli *cli, const struct look *list, size_t count,
		    const struct comb_placements *placements)
{
	for (size_t i = 0; i < count; i++) {
		const struct kernel *kernel = &list[i].kernel;
		struct comb_candidate candidate = { kernel->name, &kernel->snapshot };
		uint64_t load;

		if (kernel->failed) {
			cli_say(cli, "%s: %s", kernel->name, kernel->err.what);
			continue;
		}
		load = comb_placement_load(&candidate, placements, cli_now_ns());
		cli_say(cli, "%s: a load of %u.%02u, CPUs: %zu%s", kernel->name,
			(unsigned int)load / COMB_PLACEMENT_TASK,
			(unsigned int)load % COMB_PLACEMENT_TASK, kernel->snapshot.nr_cpus,
			comb_placement_short_of_memory(&kernel->snapshot) ?
			", short of memory" : "");
	}
}

/* Decide, and remember it before the next one does. */
static int decide(struct cli *cli, const struct look *list, size_t count,
		  char name[COMB_NAME_SIZE], struct comb_error *err)
{
	struct comb_candidate *candidates = cli_calloc(count, sizeof(*candidates));
	struct comb_placements placements = { 0 };
	int lock = lock_placing(CHOICE_WAIT_MS, err), result = -1;
	size_t nr = 0, chosen;

	for (size_t i = 0; i < count; i++)
		if (!list[i].kernel.failed)
			candidates[nr++] = (struct comb_candidate){
				list[i].kernel.name, &list[i].kernel.snapshot };
	if (lock < 0 || ledger_read(&placements, err))
		goto out;
	if (cli->verbose || cli->dry_run)
		explain(cli, list, count, &placements);
	chosen = comb_placement_choose(candidates, nr, &placements, cli_now_ns());
	if (chosen == SIZE_MAX) {
		refuse(list, count, err);
		goto out;
	}
	snprintf(name, COMB_NAME_SIZE, "%s", candidates[chosen].name);
	result = cli->dry_run ? 0 : ledger_add(&placements, name, err);
	if (!result && cli->verbose)
		cli_say(cli, "%s: takes it", name);
out:
	comb_placements_free(&placements);
	if (lock >= 0)
		close(lock);
	free(candidates);
	return result;
}

int place_choose(struct cli *cli, char name[COMB_NAME_SIZE], struct comb_error *err)
{
	struct comb_strings names = { 0 };
	struct look *list = NULL;
	int result;

	if (cli_need_root("running something in a cell", err))
		return -1;
	result = cli->nr_names ? names_given(cli, &names, err) : names_of_all(cli, &names, err);
	/* Opened here, not by several threads at a time. */
	if (!result && names.count && cells_module_loaded() && cells_device(cli, false, err) < 0)
		result = -1;
	if (!result) {
		list = look_all(cli, &names);
		result = decide(cli, list, names.count, name, err);
	}
	for (size_t i = 0; list && i < names.count; i++)
		kernel_clear(&list[i].kernel);
	free(list);
	comb_strings_free(&names);
	if (result && err->status == COMB_FAILED)
		err->status = (enum comb_status)EXECWIRE_FAILED;
	return result;
}
