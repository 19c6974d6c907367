/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * definition.h - what a user says about a cell
 *
 * One table (comb_keys) describes every key: its section and name in the file,
 * its command-line option, its argument, its help text and how to set it. The
 * configuration parser, the option parser, --help, completion and man pages
 * all read it.
 */
#ifndef COMB_DEFINITION_H
#define COMB_DEFINITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "comb.h"
#include "cpuset.h"
#include "error.h"
#include "watch.h"

#define COMB_DEFINITION_DIR	"/etc/comb"
#define COMB_HEARTBEAT_MS	250
#define COMB_MEMORY_MIN		(64ULL << 20)	/* below this no stock kernel boots */

/* A NULL-terminated vector of allocated strings. */
struct comb_strings {
	char **list;
	size_t count;
};

/* Where a value came from: a file with a line, "command line", or "default". */
struct comb_origin {
	char *where;		/* NULL: default */
	unsigned int line;	/* 0: no line */
};

enum comb_key_id {
	COMB_KEY_CPUS,		/* [Cell] Cpus=2-3	--cpus LIST */
	COMB_KEY_NCPUS,		/* [Cell] NCpus=2	--ncpus N */
	COMB_KEY_MEMORY,	/* [Cell] Memory=1G	--memory SIZE */
	COMB_KEY_NODE,		/* [Cell] Node=0	--node N */
	COMB_KEY_KERNEL,	/* [Boot] Kernel=	--kernel FILE|RELEASE */
	COMB_KEY_INITRD,	/* [Boot] Initrd=	--initrd FILE */
	COMB_KEY_APPEND,	/* [Boot] Append=	--append TEXT */
	COMB_KEY_COMMAND,	/* [Boot] Command=	-- COMMAND... */
	COMB_KEY_FILE,		/* [Boot] File=SRC[:DST]	--file SRC[:DST], may repeat */
	COMB_KEY_MODULES,	/* [Boot] Modules=	--module NAME, may repeat; extra kernel modules */
	COMB_KEY_ROOT,		/* [Files] Root=	--root host|none|DIR|FILE */
	COMB_KEY_INIT,		/* [Files] Init=	--init PATH */
	COMB_KEY_SHARE,		/* [Files] Share=DIR[:MOUNT][:ro]	--share ..., may repeat */
	COMB_KEY_DISK,		/* [Files] Disk=FILE[:FORMAT][:ro]	--disk ..., may repeat */
	COMB_KEY_DEVICES,	/* [Devices] Devices=yes	--devices yes|no */
	COMB_KEY_NET,		/* [Devices] Net=private	--net none|private|bridge:NAME|tap:NAME */
	COMB_KEY_BRIDGE,	/* [Devices] Bridge=NAME[:SIZE]	--bridge NAME[:SIZE], may repeat */
	COMB_KEY_CLUSTER,	/* [Cluster] Name=	--cluster NAME */
	COMB_KEY_PRIVATE,	/* [Cluster] Private=DIR	--private DIR, may repeat */
	COMB_KEY_HEARTBEAT,	/* [Watch] Heartbeat=250ms	--heartbeat TIME */
	COMB_KEY_HUNG,		/* [Watch] Hung=1s */
	COMB_KEY_ON_PANIC,	/* [Watch] OnPanic=notify	--on-panic LIST */
	COMB_KEY_ON_HANG,	/* [Watch] OnHang=notify	--on-hang LIST */
	COMB_KEY_ON_REBOOT,	/* [Watch] OnReboot=none	--on-reboot LIST */
	COMB_KEY_DUMP_DIR,	/* [Watch] DumpDir= */
	COMB_KEY_RESTART_SEC,	/* [Watch] RestartSec=1s */
	COMB_KEY_RESTART_STEPS,	/* [Watch] RestartSteps=0 */
	COMB_KEY_RESTART_MAX,	/* [Watch] RestartMaxDelaySec=infinity */
	COMB_KEY_LIMIT_BURST,	/* [Watch] StartLimitBurst=5 */
	COMB_KEY_LIMIT_INTERVAL, /* [Watch] StartLimitIntervalSec=5min */
	COMB_KEYS
};

/**
 * struct comb_definition - everything one cell is made of
 * @name: the cell's name
 * @cpus: explicit CPUs, empty if only @ncpus is given
 * @ncpus: how many CPUs (when @cpus is empty); default 1
 * @memory: bytes, a multiple of 2 MiB after rounding up; default 512 MiB
 * @node: NUMA node or -1
 * @kernel: file or release; NULL: the release the host runs
 * @initrd: file; NULL: the generated initramfs
 * @append: text added at the end of the kernel command line, or NULL
 * @command: argv run by comb-init, or empty
 * @files: "SRC[:DST]" copied into the generated initramfs
 * @modules: extra kernel modules for the generated initramfs, loaded by comb-init
 * @root: "host", or an absolute path of a directory or disk image; NULL: the initramfs
 * @init: PID 1 in @root; NULL: comb-init
 * @shares: texts for comb_share_parse(), checked
 * @disks: texts for comb_disk_parse(), checked
 * @devices: it gets virtio devices and a keeper
 * @net: text for comb_net_check(), checked; NULL: "private"
 * @bridges: texts for comb_bridge_parse(), checked, no name twice
 * @cluster: the cluster it is a cell of, or NULL
 * @privates: directories that each cell of a cluster has of its own, beside those of private.h
 * @heartbeat_ms: 10 to 60000
 * @watch: the rest of [Watch]
 * @origin: where each key's value came from
 *
 * --cpus and --ncpus exclude each other, also across file and command line:
 * the later one wins over the other's default, both in one place is an error.
 */
struct comb_definition {
	char name[COMB_NAME_SIZE];
	struct comb_cpuset cpus;
	unsigned int ncpus;
	uint64_t memory;
	int node;
	char *kernel;
	char *initrd;
	char *append;
	struct comb_strings command;
	struct comb_strings files;
	struct comb_strings modules;
	char *root;
	char *init;
	struct comb_strings shares;
	struct comb_strings disks;
	bool devices;
	char *net;
	struct comb_strings bridges;
	char *cluster;
	struct comb_strings privates;
	unsigned int heartbeat_ms;
	struct comb_watch watch;
	struct comb_origin origin[COMB_KEYS];
};

/**
 * struct comb_key - one key of a definition
 * @id: which one
 * @section: INI section
 * @key: INI key, case-sensitive as in systemd
 * @option: long option without "--", or NULL (COMB_KEY_COMMAND)
 * @argument: placeholder of the argument ("SIZE")
 * @help: one line for --help and the man page
 * @repeats: may be given several times; an empty assignment clears the list
 */
struct comb_key {
	enum comb_key_id id;
	const char *section;
	const char *key;
	const char *option;
	const char *argument;
	const char *help;
	bool repeats;
};

extern const struct comb_key comb_keys[COMB_KEYS];

/* COMB_USAGE unless @name is a valid cell name (see COMB_NAME_SIZE in comb.h). "host" is taken. */
int comb_name_check(const char *name, struct comb_error *err);

/* Defaults; frees nothing. @name must be valid. */
void comb_definition_init(struct comb_definition *def, const char *name);
void comb_definition_free(struct comb_definition *def);

/*
 * Set one key from text; @where/@line become its origin. Errors do not name the place.
 * Line 0 means the command line: relative paths start at the working directory there,
 * and only Append and lists may be empty. In a file (@line > 0) paths must be absolute
 * and an empty value means the default.
 */
int comb_definition_set(struct comb_definition *def, enum comb_key_id id, const char *value,
			const char *where, unsigned int line, struct comb_error *err);

/* Set the command from an argument vector (after "--"); an empty one clears it. */
int comb_definition_set_command(struct comb_definition *def, char *const argv[],
				const char *where, struct comb_error *err);

/*
 * Initialise @def (free it in every case), then read @dir/NAME.cell and then @dir/NAME.cell.d/
 * (files ending in .conf) in order of their names. A cell of a cluster has the cluster's values
 * first (see cluster.h), as if its own files were drop-ins of it.
 * Unknown section or key, bad value: COMB_USAGE with "file:line: ..." and the
 * nearest known key as the hint. No such file: COMB_NO_CELL.
 */
int comb_definition_load(struct comb_definition *def, const char *dir, const char *name,
			 struct comb_error *err);

/*
 * The same without its cluster: what comb_definition_save() has written of a whole definition
 * needs nothing more.
 */
int comb_definition_load_copy(struct comb_definition *def, const char *dir, const char *name,
			      struct comb_error *err);

/*
 * Parse one file's text into an initialised @def (no file system). @file names it in errors.
 * After a failure @def holds what came before the bad line.
 */
int comb_definition_parse(struct comb_definition *def, const char *text, size_t length,
			  const char *file, struct comb_error *err);

/*
 * Write @dir/NAME.cell (mode 0644) by temporary file, fsync and rename; makes @dir if
 * it is missing. Only keys that are not at their default. COMB_TAKEN if the file exists and
 * not @replace.
 */
int comb_definition_save(const struct comb_definition *def, const char *dir, bool replace,
			 struct comb_error *err);

/*
 * Text form of one value for `show` and `save`; allocated, NULL if unset (or out of memory).
 * File, Modules, Share, Disk, Bridge, Private: one entry a line. Command: one line, quoted. NCpus
 * is unset beside Cpus.
 */
char *comb_definition_get(const struct comb_definition *def, enum comb_key_id id);

/* Remove @dir/NAME.cell and its drop-ins. COMB_NO_CELL if there is none. */
int comb_definition_remove(const char *dir, const char *name, struct comb_error *err);

/* Names of all definitions in @dir, sorted; an absent directory gives none. */
int comb_definition_list(const char *dir, struct comb_strings *names, struct comb_error *err);

int comb_strings_add(struct comb_strings *strings, const char *text);
void comb_strings_free(struct comb_strings *strings);

#endif
