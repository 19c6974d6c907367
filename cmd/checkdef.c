// SPDX-License-Identifier: GPL-2.0-or-later
#include "checkdef.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backings.h"
#include "boot.h"
#include "cells.h"
#include "cluster.h"
#include "size.h"

int checkdef_from_options(const struct cli *cli, struct comb_definition *def,
			  struct comb_error *err)
{
	static const char where[] = "command line";

	for (size_t i = 0; i < cli->nr_given; i++) {
		const struct cli_given *given = &cli->given[i];

		if (given->source == CLI_SOURCE_KEY &&
		    comb_definition_set(def, given->id, given->value, where, 0, err))
			return -1;
	}
	return cli->command ? comb_definition_set_command(def, cli->command, where, err) : 0;
}

int checkdef_whole(const struct cli *cli, struct comb_definition *def, const char *name,
		   struct comb_error *err)
{
	CLI_AUTOFREE char *cluster = NULL;

	comb_definition_init(def, name);
	if (checkdef_from_options(cli, def, err))
		return -1;
	if (!def->cluster)
		return 0;
	cluster = cli_format("%s", def->cluster);
	comb_definition_free(def);
	if (comb_cluster_begin(def, cli_config_dir(), name, cluster, err) ||
	    checkdef_from_options(cli, def, err))
		return -1;
	return comb_cluster_check_cell(def, cli_config_dir(), err);
}

static int check_cpu(const struct comb_topology *topology, const struct comb_cpuset *cpus,
		     unsigned int cpu, struct comb_error *err)
{
	const struct comb_topology_cpu *this = comb_topology_find(topology, cpu);

	if (!this) {
		comb_fail(err, COMB_USAGE, "this machine has no CPU %u", cpu);
		return comb_hint(err, "comb topo");
	}
	if (cpu == topology->boot_cpu) {
		comb_fail(err, COMB_USAGE, "CPU %u is the host's boot CPU", cpu);
		return comb_hint(err, "comb topo, and leave out CPU %u", cpu);
	}
	/* What is lent now was hotpluggable, and will be again. */
	if (this->present && !this->hotpluggable) {
		comb_fail(err, COMB_USAGE, "CPU %u cannot be taken offline", cpu);
		return comb_hint(err, "comb topo");
	}
	for (unsigned int i = 0; i < topology->count; i++) {
		const struct comb_topology_cpu *other = &topology->cpus[i];

		if (other->core != this->core || comb_cpuset_has(cpus, other->cpu))
			continue;
		comb_fail(err, COMB_USAGE, "CPU %u shares a core with CPU %u", cpu, other->cpu);
		return comb_hint(err, other->cpu == topology->boot_cpu ?
				 "comb topo, and leave out CPU %u" : "give it both: %u and %u",
				 cpu, other->cpu);
	}
	return 0;
}

/* Would an idle machine have that many? What others hold now does not count. */
static int check_ncpus(const struct comb_topology *topology, unsigned int ncpus, int node,
		       struct comb_error *err)
{
	struct comb_topology idle = *topology;
	struct comb_cpuset none = { 0 }, chosen = { 0 };
	int result;

	idle.cpus = cli_calloc(idle.count, sizeof(*idle.cpus));
	memcpy(idle.cpus, topology->cpus, idle.count * sizeof(*idle.cpus));
	for (unsigned int i = 0; i < idle.count; i++) {
		if (!idle.cpus[i].present)
			idle.cpus[i].hotpluggable = true;
		idle.cpus[i].present = true;
		idle.cpus[i].online = true;
	}
	result = comb_topology_choose(&idle, ncpus, node, &none, &chosen, err);
	free(idle.cpus);
	if (result && err)
		err->status = COMB_USAGE;
	return result;
}

static int check_cpus(struct cli *cli, const struct comb_definition *def, struct comb_error *err)
{
	const struct comb_cpuset *cpus = &def->cpus;
	struct comb_topology topology;
	int result = 0;

	if (cells_topology(cli, &topology, err))
		return -1;
	if (!comb_cpuset_count(cpus))
		result = check_ncpus(&topology, def->ncpus, def->node, err);
	for (int c = comb_cpuset_next(cpus, 0); !result && c >= 0;
	     c = comb_cpuset_next(cpus, c + 1))
		result = check_cpu(&topology, cpus, c, err);
	comb_topology_free(&topology);
	return result;
}

static int check_memory(const struct comb_definition *def, struct comb_error *err)
{
	uint64_t total = cells_memory_total();
	char wanted[32], have[32], path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d", def->node);
	/* A kernel without NUMA has no such directory and one node. */
	if (def->node > 0 && access(path, F_OK)) {
		comb_fail(err, COMB_USAGE, "this machine has no NUMA node %d", def->node);
		return comb_hint(err, "comb topo");
	}
	if (!total || def->memory < total)
		return 0;
	comb_fail(err, COMB_USAGE, "%s is more than the machine can give: it has %s",
		  comb_size_format(def->memory, wanted, sizeof(wanted)),
		  comb_size_format(total, have, sizeof(have)));
	return comb_hint(err, "--memory %s",
			 comb_size_format(total / 4 & ~((1ULL << 30) - 1) ?: total / 4,
					  have, sizeof(have)));
}

/* "SRC[:DST]" */
static int check_file(const char *text, struct comb_error *err)
{
	char *source = cli_format("%.*s", (int)strcspn(text, ":"), text);
	int missing = access(source, R_OK);

	if (missing) {
		comb_fail(err, COMB_USAGE, "cannot read %s: %s", source, strerror(errno));
		comb_hint(err, "ls -l %s", source);
	}
	free(source);
	return missing;
}

static int check_module(const struct boot *boot, const char *name, struct comb_error *err)
{
	if (boot_has_module(boot->file.modules, name))
		return 0;
	comb_fail(err, COMB_USAGE, "kernel %s has no module %s", boot->file.release, name);
	return comb_hint(err, "find /lib/modules/%s -name '*.ko*'", boot->file.release);
}

/* A user's own initramfs cannot take what belongs in a generated one. */
static int check_initrd(const struct comb_definition *def, struct comb_error *err)
{
	if (access(def->initrd, R_OK)) {
		comb_fail(err, COMB_USAGE, "cannot read %s: %s", def->initrd, strerror(errno));
		return comb_hint(err, "ls -l %s", def->initrd);
	}
	if (!def->command.count && !def->files.count && !def->modules.count)
		return 0;
	comb_fail(err, COMB_USAGE,
		  "Command=, File= and Modules= need the generated initramfs, but Initrd= is set");
	return comb_hint(err, "leave out Initrd=, or put them into %s", def->initrd);
}

static int check_boot(const struct comb_definition *def, struct comb_error *err)
{
	struct work work = { .cell.fd = -1, .lock = -1 };
	int result;

	work.boot = cli_calloc(1, sizeof(*work.boot));
	result = boot_read_kernel(work.boot, def, err);
	if (!result && def->initrd)
		result = check_initrd(def, err);
	for (size_t i = 0; !result && i < def->files.count; i++)
		result = check_file(def->files.list[i], err);
	for (size_t i = 0; !result && i < def->modules.count; i++)
		result = check_module(work.boot, def->modules.list[i], err);
	boot_free(&work);
	return result;
}

int checkdef(struct cli *cli, const struct comb_definition *def, struct comb_error *err)
{
	/* The quick ones first: hwloc takes its time. */
	if (check_memory(def, err) || backings_agree(def, err) || check_boot(def, err))
		return -1;
	return check_cpus(cli, def, err);
}
