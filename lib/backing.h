/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backing.h - what a cell's virtual devices stand on: texts of Root=, Net=,
 * Share= and Disk=, taken apart
 */
#ifndef COMB_BACKING_H
#define COMB_BACKING_H

#include <stdbool.h>

#include "error.h"

#define COMB_SHARES_MAX	8
#define COMB_DISKS_MAX	8

/* The programs that serve them. Of virtiofsd there is QEMU's, up to 7.2, and the one in Rust. */
#define COMB_VIRTIOFSD_C	"/usr/lib/qemu/virtiofsd"
#define COMB_VIRTIOFSD_RUST	"/usr/libexec/virtiofsd"
#define COMB_STORAGE_DAEMON	"/usr/bin/qemu-storage-daemon"
#define COMB_STORAGE_PACKAGE	"qemu-system-common"

#define COMB_ROOT_TAG	"root"	/* virtiofs tag of a root directory; shares have "share0", ... */

/**
 * struct comb_share - a host directory in a cell
 * @path: absolute
 * @mount: absolute path in the cell; the same as @path unless given
 * @read_only: the cell cannot write, whatever it does
 */
struct comb_share {
	char *path;
	char *mount;
	bool read_only;
};

/**
 * struct comb_disk - a file or block device of the host as a disk of a cell
 * @path: absolute
 * @format: "raw" or "qcow2"; by the suffix .qcow2 unless given. It is never
 *	guessed from the content, which the cell can write
 * @read_only: like that of a share
 */
struct comb_disk {
	char *path;
	const char *format;
	bool read_only;
};

/* DIR[:MOUNT][:ro] with an absolute DIR. COMB_USAGE. Free the result in every case. */
int comb_share_parse(struct comb_share *share, const char *text, struct comb_error *err);
void comb_share_free(struct comb_share *share);

/* FILE[:raw|:qcow2][:ro] with an absolute FILE. COMB_USAGE. Free the result in every case. */
int comb_disk_parse(struct comb_disk *disk, const char *text, struct comb_error *err);
void comb_disk_free(struct comb_disk *disk);

/* none, private, bridge:NAME or tap:NAME (NAME: a network interface). COMB_USAGE. */
int comb_net_check(const char *text, struct comb_error *err);

/* What Root= says. */
enum comb_root {
	COMB_ROOT_NONE,		/* the initramfs is the root */
	COMB_ROOT_HOST,		/* the host's, read-only under a throw-away overlay */
	COMB_ROOT_DIRECTORY,	/* a directory of the host, which the cell writes */
	COMB_ROOT_DISK,		/* the first disk: a file or block device */
};

/* By the text and, for paths, what is there: anything but a directory is a disk. */
enum comb_root comb_root_kind(const char *text);

#endif
