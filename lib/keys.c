// SPDX-License-Identifier: GPL-2.0-or-later
#include "definition.h"

/* In the order of enum comb_key_id; keys of one section stand together. */
const struct comb_key comb_keys[COMB_KEYS] = {
	[COMB_KEY_CPUS] = {
		.id = COMB_KEY_CPUS, .section = "Cell", .key = "Cpus",
		.option = "cpus", .argument = "LIST",
		.help = "CPUs of the cell, such as 2-3,6",
	},
	[COMB_KEY_NCPUS] = {
		.id = COMB_KEY_NCPUS, .section = "Cell", .key = "NCpus",
		.option = "ncpus", .argument = "N",
		.help = "how many CPUs, chosen at start (default 1)",
	},
	[COMB_KEY_MEMORY] = {
		.id = COMB_KEY_MEMORY, .section = "Cell", .key = "Memory",
		.option = "memory", .argument = "SIZE",
		.help = "RAM, rounded up to 2M (default 512M)",
	},
	[COMB_KEY_NODE] = {
		.id = COMB_KEY_NODE, .section = "Cell", .key = "Node",
		.option = "node", .argument = "N",
		.help = "NUMA node of CPUs and RAM, or any (default any)",
	},
	[COMB_KEY_KERNEL] = {
		.id = COMB_KEY_KERNEL, .section = "Boot", .key = "Kernel",
		.option = "kernel", .argument = "FILE|RELEASE",
		.help = "kernel image or installed release (default: the one that runs)",
	},
	[COMB_KEY_INITRD] = {
		.id = COMB_KEY_INITRD, .section = "Boot", .key = "Initrd",
		.option = "initrd", .argument = "FILE",
		.help = "initramfs (default: generated)",
	},
	[COMB_KEY_APPEND] = {
		.id = COMB_KEY_APPEND, .section = "Boot", .key = "Append",
		.option = "append", .argument = "TEXT",
		.help = "text for the end of the kernel command line",
	},
	[COMB_KEY_COMMAND] = {
		.id = COMB_KEY_COMMAND, .section = "Boot", .key = "Command",
		.argument = "COMMAND",
		.help = "command the generated initramfs runs",
	},
	[COMB_KEY_FILE] = {
		.id = COMB_KEY_FILE, .section = "Boot", .key = "File",
		.option = "file", .argument = "SRC[:DST]", .repeats = true,
		.help = "file or directory to copy into the generated initramfs",
	},
	[COMB_KEY_MODULES] = {
		.id = COMB_KEY_MODULES, .section = "Boot", .key = "Modules",
		.option = "module", .argument = "NAME", .repeats = true,
		.help = "kernel module to load in the generated initramfs",
	},
	[COMB_KEY_HEARTBEAT] = {
		.id = COMB_KEY_HEARTBEAT, .section = "Watch", .key = "Heartbeat",
		.option = "heartbeat", .argument = "TIME",
		.help = "how often the cell must report, 10ms to 60s (default 250ms)",
	},
};
