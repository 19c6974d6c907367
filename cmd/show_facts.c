// SPDX-License-Identifier: GPL-2.0-or-later
/* show_facts.c - what `comb show` knows */
#include "show.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "boot.h"
#include "cells.h"
#include "cmdline.h"
#include "status.h"

static void add_definition(struct json_object *cell, const struct comb_definition *def)
{
	struct json_object *keys = cli_json_array(cell, "definition");

	for (size_t i = 0; i < COMB_KEYS; i++) {
		const struct comb_origin *origin = &def->origin[i];
		struct json_object *key = cli_json_object(keys);
		char *value = comb_definition_get(def, comb_keys[i].id);

		cli_json_text(key, "section", comb_keys[i].section);
		cli_json_text(key, "key", comb_keys[i].key);
		cli_json_text(key, "value", value);
		cli_json_text(key, "where", origin->where ? origin->where : "default");
		if (origin->line)
			cli_json_number(key, "line", origin->line);
		else
			cli_json_null(key, "line");
		free(value);
	}
}

static void add_kernel(struct json_object *cell, const struct comb_kernel_file *file)
{
	struct json_object *image = cli_json_object(NULL);

	cli_json_text(image, "path", file->path);
	cli_json_text(image, "release", file->release);
	cli_json_text(image, "modules", file->modules);
	json_object_object_add(cell, "image", image);
}

static void add_cpus(struct json_object *cell, const struct comb_cell *open)
{
	struct json_object *cpus = cli_json_array(cell, "cpu_list");

	for (unsigned int i = 0; i < open->get.nr_cpus; i++) {
		struct json_object *cpu = cli_json_object(cpus);

		cli_json_number(cpu, "cpu", open->cpus[i].cpu);
		cli_json_number(cpu, "apic_id", open->cpus[i].apic_id);
		cli_json_number(cpu, "node", open->cpus[i].node);
		cli_json_number(cpu, "core", open->cpus[i].core);
	}
}

static void put_extent(struct json_object *object, uint64_t start, uint64_t bytes,
		       unsigned int node)
{
	cli_json_number(object, "start", start);
	cli_json_number(object, "bytes", bytes);
	cli_json_number(object, "node", node);
}

static void add_ranges(struct json_object *cell, const struct comb_cell *open)
{
	struct json_object *ranges = cli_json_array(cell, "ranges");
	struct json_object *low;

	for (unsigned int i = 0; i < open->get.nr_ranges; i++)
		put_extent(cli_json_object(ranges), open->ranges[i].start,
			   open->ranges[i].bytes, open->ranges[i].node);
	if (!open->get.low_start)
		return;
	low = cli_json_object(NULL);
	cli_json_number(low, "start", open->get.low_start);
	cli_json_number(low, "bytes", open->get.low_bytes);
	cli_json_bool(low, "shared", open->get.flags & COMB_CELL_LOW_SHARED);
	json_object_object_add(cell, "low_memory", low);
}

static void add_bridges(struct json_object *cell, const struct comb_cell *open)
{
	struct json_object *bridges = cli_json_array(cell, "bridges");

	for (unsigned int i = 0; i < open->get.nr_bridges; i++) {
		struct json_object *bridge = cli_json_object(bridges);

		cli_json_text(bridge, "name", open->bridges[i].name);
		put_extent(bridge, open->bridges[i].start, open->bridges[i].bytes,
			   open->bridges[i].node);
	}
}

static void add_plan(struct json_object *cell, const struct comb_image *plan)
{
	struct json_object *map = cli_json_array(cell, "memory_map");
	struct json_object *at = cli_json_object(NULL);

	cli_json_number(at, "mailbox", plan->mailbox);
	cli_json_number(at, "acpi", plan->acpi);
	cli_json_number(at, "efi", plan->efi);
	cli_json_number(at, "boot_params", plan->boot_params);
	cli_json_number(at, "command_line", plan->cmdline);
	cli_json_number(at, "kernel", plan->kernel);
	cli_json_number(at, "entry", plan->entry);
	cli_json_number(at, "initramfs", plan->initrd);
	cli_json_number(at, "initramfs_bytes", plan->initrd_bytes);
	json_object_object_add(cell, "addresses", at);
	for (unsigned int i = 0; i < plan->nr_e820; i++) {
		struct json_object *entry = cli_json_object(map);

		cli_json_number(entry, "start", plan->e820[i].start);
		cli_json_number(entry, "bytes", plan->e820[i].bytes);
		cli_json_number(entry, "type", plan->e820[i].type);
	}
}

/* The plan is a function of definition, kernel and resources: made again, it is the same. */
static int plan_again(struct work *work, const struct comb_info *info, struct json_object *cell)
{
	struct comb_image *plan = cli_calloc(1, sizeof(*plan));
	struct comb_machine machine;
	struct comb_boot boot;
	int result;

	boot_machine(&work->cell, info, &machine);
	boot_describe(work, &boot);
	result = comb_image_plan(plan, &machine, &boot, &work->err);
	if (!result)
		add_plan(cell, plan);
	free(plan);
	return result;
}

static void add_command_line(struct json_object *cell, struct work *work,
			     const struct comb_info *info)
{
	const struct comb_definition *def = &work->def;
	unsigned int cpus = comb_cpuset_count(&def->cpus) ?: def->ncpus;
	char line[4096];

	if (work->cell.fd >= 0)
		cpus = work->cell.get.nr_cpus;
	if (!comb_cmdline_build(line, sizeof(line), work->boot->kernel.cmdline_size, info, cpus,
				boot_append(work), NULL))
		cli_json_text(cell, "command_line", line);
}

/* What depends on the definition: it may be missing or bad while its cell runs. */
static int add_defined(struct work *work, struct json_object *cell)
{
	struct cli *cli = work->cli;
	struct comb_info info;

	if (boot_load(work))
		return -1;
	add_definition(cell, &work->def);
	if (boot_prepare(work))
		return -1;
	add_kernel(cell, &work->boot->file);
	if (!cells_module_loaded() || geteuid())
		return 0;
	if (cells_device(cli, false, &work->err) < 0 ||
	    comb_device_info(cli->device, &info, &work->err))
		return -1;
	add_command_line(cell, work, &info);
	if (work->cell.fd >= 0 && work->cell.get.nr_ranges)
		return plan_again(work, &info, cell);
	return 0;
}

struct json_object *show_cell(struct cli *cli, const char *name, struct comb_error *err)
{
	char *names[] = { (char *)name };
	struct json_object *cell;
	struct cli silent;
	struct status status;
	struct work *work;

	if (status_cell(cli, name, &status, err))
		return NULL;
	cell = status_json(&status, NULL);
	/* Making the plan again is nothing to talk about. */
	silent = *cli;
	silent.quiet = true;
	work = work_new(&silent, names, 1);
	if (status.held && !status.closed && !cells_open(cli, name, &work->cell, &work->err)) {
		add_cpus(cell, &work->cell);
		add_ranges(cell, &work->cell);
		add_bridges(cell, &work->cell);
	}
	if (add_defined(work, cell))
		cli_report(cli, name, &work->err);
	work_free(work, 1);
	cli->device = silent.device;
	return cell;
}

struct json_object *show_host(struct cli *cli, struct comb_error *err)
{
	struct json_object *host;
	struct status status;
	struct comb_info info;

	status_host(&status);
	host = status_json(&status, NULL);
	cli_json_number(host, "memory_lent", cells_memory_lent());
	cli_json_bool(host, "module", cells_module_loaded());
	if (!cells_module_loaded() || geteuid())
		return host;
	if (cells_device(cli, false, err) < 0 || comb_device_info(cli->device, &info, err)) {
		json_object_put(host);
		return NULL;
	}
	cli_json_bool(host, "x2apic", info.flags & COMB_INFO_X2APIC);
	cli_json_number(host, "boot_apic_id", info.boot_apic_id);
	cli_json_number(host, "lapic_address", info.lapic_address);
	cli_json_number(host, "tsc_khz", info.tsc_khz);
	cli_json_number(host, "low_slices", info.low_slices);
	cli_json_number(host, "low_slices_free", info.low_slices_free);
	cli_json_number(host, "cells", info.cells);
	cli_json_number(host, "doorbells", info.doorbells);
	return host;
}
