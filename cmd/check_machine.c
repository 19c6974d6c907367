// SPDX-License-Identifier: GPL-2.0-or-later
/* check_machine.c - requirements on hardware and the host's kernel */
#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cells.h"
#include "size.h"
#include "topology.h"

/* comb.ko needs what 6.1 exports. */
#define KERNEL_MAJOR	6
#define KERNEL_MINOR	1

static void look_root(const struct check_facts *facts, struct check_result *result)
{
	(void)facts;
	if (!geteuid()) {
		check_say(result, CHECK_OK, "running as root");
		return;
	}
	check_say(result, CHECK_FAIL, "not root: cells cannot be made");
	check_fix(result, "sudo comb check");
}

static void look_kernel(const struct check_facts *facts, struct check_result *result)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	(void)facts;
	if (uname(&name) || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		major = 0;
	if (strcmp(name.machine, "x86_64")) {
		check_say(result, CHECK_FAIL, "%s: cells need x86-64", name.machine);
		check_fix(result, "another machine");
	} else if (major < KERNEL_MAJOR || (major == KERNEL_MAJOR && minor < KERNEL_MINOR)) {
		check_say(result, CHECK_FAIL, "%s is older than %u.%u", name.release, KERNEL_MAJOR,
			  KERNEL_MINOR);
		check_fix(result, "apt-get install linux-image-amd64, and reboot");
	} else {
		check_say(result, CHECK_OK, "%s, %s", name.release, name.machine);
	}
}

static void look_lockdown(const struct check_facts *facts, struct check_result *result)
{
	char line[128] = "", enforce[16] = "";

	if (facts->have_info) {
		check_say(result, CHECK_OK, "the kernel takes comb.ko");
		return;
	}
	check_read("/sys/kernel/security/lockdown", line, sizeof(line));
	check_read("/sys/module/module/parameters/sig_enforce", enforce, sizeof(enforce));
	if (!strstr(line, "[integrity]") && !strstr(line, "[confidentiality]") &&
	    enforce[0] != 'Y') {
		check_say(result, CHECK_OK, "modules need no signature");
		return;
	}
	check_say(result, CHECK_WARN, "only signed modules are taken: %s",
		  line[0] ? line : "module.sig_enforce=1");
	check_fix(result, "sign comb.ko with a key from mokutil --import, or turn off Secure Boot");
}

static void look_module(const struct check_facts *facts, struct check_result *result)
{
	if (facts->have_info) {
		check_say(result, CHECK_OK, "comb.ko is loaded, %u cells", facts->info.cells);
		return;
	}
	check_say(result, CHECK_FAIL, "%s", facts->why.what);
	check_fix(result, "%s", facts->why.hint);
}

static void look_cpus(const struct check_facts *facts, struct check_result *result)
{
	struct comb_topology topology;
	struct comb_error err = { 0 };
	unsigned int spare = 0, boot_core = 0;

	if (cells_topology(facts->cli, &topology, &err)) {
		check_say(result, CHECK_FAIL, "%s", err.what);
		check_fix(result, "%s", err.hint);
		return;
	}
	for (unsigned int i = 0; i < topology.count; i++)
		if (topology.cpus[i].cpu == topology.boot_cpu)
			boot_core = topology.cpus[i].core;
	for (unsigned int i = 0; i < topology.count; i++)
		if (topology.cpus[i].core != boot_core &&
		    (topology.cpus[i].hotpluggable || !topology.cpus[i].present))
			spare++;
	if (spare) {
		check_say(result, CHECK_OK, "%u of %u can be lent", spare, topology.count);
	} else {
		check_say(result, CHECK_FAIL, "%u CPUs: none can be lent", topology.count);
		check_fix(result, "add CPUs, or reboot the host without nosmp and maxcpus=");
	}
	comb_topology_free(&topology);
}

static void look_smt(const struct check_facts *facts, struct check_result *result)
{
	char line[32] = "not known";

	(void)facts;
	check_read("/sys/devices/system/cpu/smt/control", line, sizeof(line));
	check_say(result, CHECK_OK, "%s%s", line,
		  strcmp(line, "on") ? "" : ": cells get both siblings of a core");
}

/* The largest block of the buddy allocator says how whole free RAM is. */
static uint64_t free_in_large_blocks(void)
{
	FILE *f = fopen("/proc/buddyinfo", "re");
	uint64_t bytes = 0, blocks;
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		const char *zone = strstr(line, "zone");
		int used, order = 0;

		if (!zone || sscanf(zone, "zone %*s%n", &used) < 0)
			continue;
		for (zone += used; sscanf(zone, "%" SCNu64 "%n", &blocks, &used) == 1;
		     zone += used, order++)
			if (order >= 9)	/* 2 MiB and more */
				bytes += blocks << (12 + order);
	}
	if (f)
		fclose(f);
	return bytes;
}

static void look_memory(const struct check_facts *facts, struct check_result *result)
{
	uint64_t whole = free_in_large_blocks();
	char text[32];

	(void)facts;
	comb_size_format(whole & ~((1ULL << 20) - 1), text, sizeof(text));
	if (whole >= COMB_MEMORY_MIN) {
		check_say(result, CHECK_OK, "%s free in pieces of 2M and more", text);
		return;
	}
	check_say(result, CHECK_WARN, "only %s free in pieces of 2M and more",
		  whole ? text : "nothing");
	check_fix(result, "sync; sysctl vm.drop_caches=3 vm.compact_memory=1");
}

static void look_low(const struct check_facts *facts, struct check_result *result)
{
	const struct comb_info *info = &facts->info;

	if (!facts->have_info) {
		check_say(result, CHECK_WARN, "not known without comb.ko");
		check_fix(result, "modprobe comb");
	} else if (!info->low_slices) {
		check_say(result, CHECK_FAIL, "no free RAM below 1M for a cell's boot code");
		check_fix(result, "reboot without reservelow= and memmap= parameters");
	} else {
		check_say(result, CHECK_OK, "%u of %u slices below 1M free: that many cells, "
			  "more if they have one CPU", info->low_slices_free, info->low_slices);
	}
}

static void look_apic(const struct check_facts *facts, struct check_result *result)
{
	if (!facts->have_info) {
		check_say(result, CHECK_WARN, "not known without comb.ko");
		check_fix(result, "modprobe comb");
		return;
	}
	check_say(result, CHECK_OK, "%s mode, boot CPU has APIC ID %u",
		  facts->info.flags & COMB_INFO_X2APIC ? "x2APIC" : "xAPIC",
		  facts->info.boot_apic_id);
}

static bool has_cpu_flag(const char *flag)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char *line = NULL, *word, *rest;
	bool found = false;
	size_t size = 0;

	while (f && !found && getline(&line, &size, f) > 0) {
		if (strncmp(line, "flags", 5))
			continue;
		rest = line;
		while (!found && (word = strsep(&rest, " \t\n")))
			found = !strcmp(word, flag);
		break;
	}
	free(line);
	if (f)
		fclose(f);
	return found;
}

static void look_tsc(const struct check_facts *facts, struct check_result *result)
{
	char source[32] = "unknown";

	check_read("/sys/devices/system/clocksource/clocksource0/current_clocksource", source,
		   sizeof(source));
	if (facts->have_info && !facts->info.tsc_khz) {
		check_say(result, CHECK_FAIL, "the host does not know the frequency of its TSC");
		check_fix(result, "another machine: cells have no other clock");
	} else if (strcmp(source, "tsc")) {
		check_say(result, CHECK_WARN, "the host's clock is %s; cells run on the TSC",
			  source);
		check_fix(result, "reboot the host with tsc=reliable");
	} else if (!has_cpu_flag("constant_tsc") && !has_cpu_flag("nonstop_tsc")) {
		check_say(result, CHECK_WARN, "the CPU does not promise a constant TSC");
		check_fix(result, "watch the clocks of cells, or use another machine");
	} else {
		check_say(result, CHECK_OK, "the host's clock is the TSC");
	}
}

const struct check check_machine[] = {
	{ "root", look_root },
	{ "kernel", look_kernel },
	{ "signatures", look_lockdown },
	{ "module", look_module },
	{ "cpus", look_cpus },
	{ "smt", look_smt },
	{ "memory", look_memory },
	{ "low-memory", look_low },
	{ "apic", look_apic },
	{ "tsc", look_tsc },
	{ NULL, NULL }
};
