// SPDX-License-Identifier: GPL-2.0-or-later
#include "backings.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "backing.h"

static int check_directory(const char *what, const char *path, struct comb_error *err)
{
	struct stat st;
	int error = stat(path, &st) ? errno : S_ISDIR(st.st_mode) ? 0 : ENOTDIR;

	if (!error)
		return 0;
	comb_fail(err, COMB_FAILED, "%s %s: %s", what, path, strerror(error));
	return comb_hint(err, error == ENOENT ? "mkdir %s" : "ls -ld %s", path);
}

static int check_disk(const char *path, struct comb_error *err)
{
	struct stat st;

	if (stat(path, &st)) {
		int error = errno;

		comb_fail(err, COMB_FAILED, "disk %s: %s", path, strerror(error));
		return comb_hint(err, error == ENOENT ? "truncate -s 1G %s" : "ls -l %s", path);
	}
	if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode))
		return 0;
	comb_fail(err, COMB_FAILED, "disk %s: neither a file nor a block device", path);
	return comb_hint(err, S_ISDIR(st.st_mode) ? "--share %s" : "ls -l %s", path);
}

static int check_disk_text(const char *text, struct comb_error *err)
{
	struct comb_disk disk;
	int result = comb_disk_parse(&disk, text, err) || check_disk(disk.path, err) ? -1 : 0;

	comb_disk_free(&disk);
	return result;
}

static int check_share_text(const char *text, struct comb_error *err)
{
	struct comb_share share;
	int result = comb_share_parse(&share, text, err) ||
		     check_directory("share", share.path, err) ? -1 : 0;

	comb_share_free(&share);
	return result;
}

/* What only a device brings to the cell. */
static const char *key_of_device(const struct comb_definition *def)
{
	if (def->root)
		return "Root";
	if (def->shares.count)
		return "Share";
	if (def->disks.count)
		return "Disk";
	return def->net && strcmp(def->net, "none") ? "Net" : NULL;
}

/* What one root for all of a cluster's cells needs. */
static int check_cluster(const struct comb_definition *def, struct comb_error *err)
{
	if (def->initrd) {
		comb_fail(err, COMB_USAGE,
			  "a cluster's cells need the generated initramfs, but Initrd= is set");
		return comb_hint(err, "leave out Initrd=");
	}
	switch (comb_root_kind(def->root)) {
	case COMB_ROOT_NONE:
		comb_fail(err, COMB_USAGE, "cluster %s has no Root= for its cells to share",
			  def->cluster);
		return comb_hint(err, "Root=host, or Root=DIR, in %s.cluster", def->cluster);
	case COMB_ROOT_DISK:
		comb_fail(err, COMB_USAGE, "cells cannot share %s: a disk has one writer",
			  def->root);
		return comb_hint(err, "a directory, or Root=host");
	case COMB_ROOT_HOST:
	case COMB_ROOT_DIRECTORY:
		break;
	}
	return 0;
}

int backings_agree(const struct comb_definition *def, struct comb_error *err)
{
	const char *key = def->devices ? NULL : key_of_device(def);

	if (key) {
		comb_fail(err, COMB_USAGE, "%s= needs devices, but Devices=no is set", key);
		return comb_hint(err, "leave out one of the two");
	}
	if (def->privates.count && !def->cluster) {
		comb_fail(err, COMB_USAGE, "Private= is for cells of a cluster: others share nothing");
		return comb_hint(err, "leave it out, or add --cluster NAME");
	}
	if (def->cluster && check_cluster(def, err))
		return -1;
	/* A user's own initramfs may look at it. */
	if (def->init && !def->root && !def->initrd) {
		comb_fail(err, COMB_USAGE, "Init= is a program in the root, but there is no Root=");
		return comb_hint(err, "add --root host, or Root= in the definition");
	}
	return 0;
}

int backings_check(const struct comb_definition *def, struct comb_error *err)
{
	if (backings_agree(def, err))
		return -1;
	if (!def->devices)
		return 0;
	if (comb_root_kind(def->root) == COMB_ROOT_DIRECTORY &&
	    check_directory("root", def->root, err))
		return -1;
	if (comb_root_kind(def->root) == COMB_ROOT_DISK && check_disk_text(def->root, err))
		return -1;
	for (size_t i = 0; i < def->shares.count; i++)
		if (check_share_text(def->shares.list[i], err))
			return -1;
	for (size_t i = 0; i < def->disks.count; i++)
		if (check_disk_text(def->disks.list[i], err))
			return -1;
	return 0;
}
