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
	[COMB_KEY_ROOT] = {
		.id = COMB_KEY_ROOT, .section = "Files", .key = "Root",
		.option = "root", .argument = "host|none|DIR|FILE",
		.help = "root (default none; of run host: the host's, changes are thrown away)",
	},
	[COMB_KEY_INIT] = {
		.id = COMB_KEY_INIT, .section = "Files", .key = "Init",
		.option = "init", .argument = "PATH",
		.help = "first program in the root, such as /sbin/init (default: comb-init)",
	},
	[COMB_KEY_SHARE] = {
		.id = COMB_KEY_SHARE, .section = "Files", .key = "Share",
		.option = "share", .argument = "DIR[:MOUNT][:ro]", .repeats = true,
		.help = "directory of the host to mount in the cell",
	},
	[COMB_KEY_DISK] = {
		.id = COMB_KEY_DISK, .section = "Files", .key = "Disk",
		.option = "disk", .argument = "FILE[:FORMAT][:ro]", .repeats = true,
		.help = "disk image or block device; FORMAT is raw or qcow2",
	},
	[COMB_KEY_DEVICES] = {
		.id = COMB_KEY_DEVICES, .section = "Devices", .key = "Devices",
		.option = "devices", .argument = "yes|no",
		.help = "virtual devices: console, network, files (default yes)",
	},
	[COMB_KEY_NET] = {
		.id = COMB_KEY_NET, .section = "Devices", .key = "Net",
		.option = "net", .argument = "none|private|bridge:NAME|tap:NAME",
		.help = "network (default private: combbr0, with the host and all cells)",
	},
	[COMB_KEY_BRIDGE] = {
		.id = COMB_KEY_BRIDGE, .section = "Devices", .key = "Bridge",
		.option = "bridge", .argument = "NAME[:SIZE]", .repeats = true,
		.help = "RAM shared with the host and all cells that name it",
	},
	[COMB_KEY_CLUSTER] = {
		.id = COMB_KEY_CLUSTER, .section = "Cluster", .key = "Name",
		.option = "cluster", .argument = "NAME",
		.help = "cluster it is a cell of: its root, and its values unless others are given",
	},
	[COMB_KEY_PRIVATE] = {
		.id = COMB_KEY_PRIVATE, .section = "Cluster", .key = "Private",
		.option = "private", .argument = "DIR", .repeats = true,
		.help = "directory that each cell of the cluster has of its own",
	},
	[COMB_KEY_HEARTBEAT] = {
		.id = COMB_KEY_HEARTBEAT, .section = "Watch", .key = "Heartbeat",
		.option = "heartbeat", .argument = "TIME",
		.help = "how often the cell must report, 10ms to 60s (default 250ms)",
	},
	[COMB_KEY_HUNG] = {
		.id = COMB_KEY_HUNG, .section = "Watch", .key = "Hung",
		.argument = "TIME",
		.help = "silence after which the cell is hung (default 1s; two heartbeats at least)",
	},
	[COMB_KEY_ON_PANIC] = {
		.id = COMB_KEY_ON_PANIC, .section = "Watch", .key = "OnPanic",
		.option = "on-panic", .argument = "LIST",
		.help = "what to do: notify, dump, restart or stop, none (default notify)",
	},
	[COMB_KEY_ON_HANG] = {
		.id = COMB_KEY_ON_HANG, .section = "Watch", .key = "OnHang",
		.option = "on-hang", .argument = "LIST",
		.help = "the same for a cell that hangs (default notify)",
	},
	[COMB_KEY_ON_REBOOT] = {
		.id = COMB_KEY_ON_REBOOT, .section = "Watch", .key = "OnReboot",
		.option = "on-reboot", .argument = "LIST",
		.help = "the same for a cell that reboots by itself (default none)",
	},
	[COMB_KEY_DUMP_DIR] = {
		.id = COMB_KEY_DUMP_DIR, .section = "Watch", .key = "DumpDir",
		.argument = "DIR",
		.help = "where dumps go (default /var/lib/comb/dumps)",
	},
	[COMB_KEY_RESTART_SEC] = {
		.id = COMB_KEY_RESTART_SEC, .section = "Watch", .key = "RestartSec",
		.argument = "TIME",
		.help = "how long a restart waits (default 1s)",
	},
	[COMB_KEY_RESTART_STEPS] = {
		.id = COMB_KEY_RESTART_STEPS, .section = "Watch", .key = "RestartSteps",
		.argument = "N",
		.help = "restarts in which the wait grows to RestartMaxDelaySec= (default 0)",
	},
	[COMB_KEY_RESTART_MAX] = {
		.id = COMB_KEY_RESTART_MAX, .section = "Watch", .key = "RestartMaxDelaySec",
		.argument = "TIME",
		.help = "longest wait of a restart (default infinity: it does not grow)",
	},
	[COMB_KEY_LIMIT_BURST] = {
		.id = COMB_KEY_LIMIT_BURST, .section = "Watch", .key = "StartLimitBurst",
		.argument = "N",
		.help = "how often it is restarted in StartLimitIntervalSec= (default 5)",
	},
	[COMB_KEY_LIMIT_INTERVAL] = {
		.id = COMB_KEY_LIMIT_INTERVAL, .section = "Watch", .key = "StartLimitIntervalSec",
		.argument = "TIME",
		.help = "over what time restarts are counted; 0: no limit (default 5min)",
	},
};
