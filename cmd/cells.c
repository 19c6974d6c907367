// SPDX-License-Identifier: GPL-2.0-or-later
#include "cells.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "verbs.h"

#define LOOK_MS		50
#define LOOK_MIN_MS	5

bool cells_module_loaded(void)
{
	return !access(COMB_SYSFS, F_OK) || !access(COMB_DEVICE, F_OK);
}

int cells_device(struct cli *cli, bool load, struct comb_error *err)
{
	if (cli->device < 0)
		cli->device = comb_device_open(load, err);
	return cli->device;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* One directory a cell or bridge. */
int cells_list(const char *what, struct comb_strings *names, struct comb_error *err)
{
	CLI_AUTOFREE char *path = cli_format(COMB_SYSFS "/%s", what);
	DIR *dir = opendir(path);
	struct dirent *entry;

	memset(names, 0, sizeof(*names));
	if (!dir && errno == ENOENT)
		return 0;
	if (!dir) {
		comb_fail(err, COMB_FAILED, "cannot read %s: %s", path, strerror(errno));
		return comb_hint(err, "ls " COMB_SYSFS);
	}
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.' && entry->d_type == DT_DIR)
			comb_strings_add(names, entry->d_name);
	closedir(dir);
	if (names->count)
		qsort(names->list, names->count, sizeof(*names->list), compare_names);
	return 0;
}

bool cells_defined(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s.cell", cli_config_dir(), name);
	return !access(path, F_OK);
}

static const char *string_at(size_t i, const void *arg)
{
	return ((const struct comb_strings *)arg)->list[i];
}

void cells_hint_near(const char *name, int (*list)(const char *dir, struct comb_strings *names,
						   struct comb_error *err), struct comb_error *err)
{
	struct comb_strings names = { 0 };
	const char *near = NULL;

	if (!list(cli_config_dir(), &names, NULL))
		near = cli_nearest(name, string_at, names.count, &names);
	if (near)
		comb_hint(err, "did you mean %s?", near);
	comb_strings_free(&names);
}

int cells_unknown(const char *name, struct comb_error *err)
{
	comb_fail(err, COMB_NO_CELL, "%s: no such cell", name);
	comb_hint(err, "comb ls, or comb create %s", name);
	cells_hint_near(name, comb_definition_list, err);
	return -1;
}

static int not_running(const char *name, struct comb_error *err)
{
	if (!cells_defined(name))
		return cells_unknown(name, err);
	comb_fail(err, COMB_NO_CELL, "%s: is not running", name);
	return comb_hint(err, "comb start %s", name);
}

int cells_open(struct cli *cli, const char *name, struct comb_cell *cell, struct comb_error *err)
{
	int device;

	memset(cell, 0, sizeof(*cell));
	cell->fd = -1;
	if (!cells_module_loaded())
		return not_running(name, err);
	device = cells_device(cli, false, err);
	if (device < 0)
		return -1;
	if (!comb_cell_open(device, name, cell, err))
		return 0;
	cell->fd = -1;
	return err->status == COMB_NO_CELL ? not_running(name, err) : -1;
}

int cells_check_started(struct cli *cli, const struct comb_cell *cell, const char *name,
			struct comb_error *err)
{
	const char *text = cli_given(cli, OPTION_STARTED);

	if (!text || strtoull(text, NULL, 10) == cell->get.started_ns)
		return 0;
	comb_fail(err, COMB_NO_CELL, "has been started anew");
	return comb_hint(err, "comb ls %s", name);
}

void cells_cpus(const struct comb_cell *cell, struct comb_cpuset *cpus)
{
	memset(cpus, 0, sizeof(*cpus));
	for (unsigned int i = 0; i < cell->get.nr_cpus; i++)
		comb_cpuset_add(cpus, cell->cpus[i].cpu);
}

uint64_t cells_number(const char *attribute)
{
	char path[PATH_MAX];
	uint64_t number = 0;
	FILE *f;

	snprintf(path, sizeof(path), COMB_SYSFS "/%s", attribute);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%" SCNu64, &number) != 1)
		number = 0;
	fclose(f);
	return number;
}

uint64_t cells_memory_lent(void)
{
	return cells_number("lent_memory");
}

uint64_t cells_memory_total(void)
{
	struct sysinfo info;

	if (sysinfo(&info))
		return 0;
	return (uint64_t)info.totalram * info.mem_unit + cells_memory_lent();
}

struct lent {
	struct comb_topology_cpu *cpus;
	unsigned int count;
};

static void lent_add(struct lent *lent, unsigned int cpu, unsigned int core, unsigned int node)
{
	struct comb_topology_cpu *cpus = cli_calloc(lent->count + 1, sizeof(*cpus));

	if (lent->count)
		memcpy(cpus, lent->cpus, lent->count * sizeof(*cpus));
	free(lent->cpus);
	cpus[lent->count++] = (struct comb_topology_cpu){
		.cpu = cpu, .core = core, .node = node, .hotpluggable = true,
	};
	lent->cpus = cpus;
}

static int lent_from_module(struct cli *cli, struct lent *lent, struct comb_error *err)
{
	struct comb_strings names = { 0 };
	int result = cells_list("cells", &names, err);

	for (size_t i = 0; !result && i < names.count; i++) {
		struct comb_cell cell;

		/* It may be gone by now. */
		if (cells_open(cli, names.list[i], &cell, err)) {
			result = err->status == COMB_NO_CELL ? 0 : -1;
			continue;
		}
		for (unsigned int c = 0; c < cell.get.nr_cpus; c++)
			lent_add(lent, cell.cpus[c].cpu, cell.cpus[c].core, cell.cpus[c].node);
		comb_cell_close(&cell);
	}
	comb_strings_free(&names);
	return result;
}

static void lent_from_sysfs(struct lent *lent)
{
	struct comb_cpuset cpus;

	comb_owner_read_cpus(COMB_SYSFS "/lent_cpus", &cpus);
	for (int c = comb_cpuset_next(&cpus, 0); c >= 0; c = comb_cpuset_next(&cpus, c + 1))
		lent_add(lent, c, c, 0);
}

int cells_topology(struct cli *cli, struct comb_topology *topology, struct comb_error *err)
{
	struct lent lent = { 0 };
	int result = 0;

	if (cells_module_loaded() && geteuid() == 0)
		result = lent_from_module(cli, &lent, err);
	else
		lent_from_sysfs(&lent);
	if (!result)
		result = comb_topology_load(topology, lent.cpus, lent.count, "/", err);
	free(lent.cpus);
	return result;
}

int cells_observe(struct comb_cell *cell, struct comb_observation *seen, struct comb_error *err)
{
	return comb_cell_observe(cell, seen, err) || comb_cell_refresh(cell, err) ? -1 : 0;
}

bool cells_is_down(enum comb_state state)
{
	return state == COMB_STATE_STOPPED || state == COMB_STATE_PANIC ||
	       state == COMB_STATE_LOST;
}

void cells_pause(const struct comb_cell *cell, int ms)
{
	struct pollfd pfd = { .fd = cell->fd, .events = POLLIN };

	/* A descriptor that is always ready must not make a busy loop. */
	if (poll(&pfd, 1, ms) > 0)
		poll(NULL, 0, LOOK_MIN_MS);
}

int cells_wait(struct comb_cell *cell, int64_t timeout_ms,
	       bool (*done)(const struct comb_observation *seen, void *arg), void *arg,
	       struct comb_observation *seen, struct comb_error *err)
{
	uint64_t start = cli_now_ns();

	for (;;) {
		if (cells_observe(cell, seen, err))
			return -1;
		if (done(seen, arg))
			return 0;
		if (timeout_ms >= 0 && cli_now_ns() - start >= timeout_ms * 1000000ULL)
			return 1;
		cells_pause(cell, LOOK_MS);
	}
}
