/* SPDX-License-Identifier: GPL-2.0-or-later */
/* share_mount.h - what of the host's files a share shows, enforced by the host's kernel */
#ifndef KEEPER_SHARE_MOUNT_H
#define KEEPER_SHARE_MOUNT_H

#include <stdbool.h>

/*
 * In a child that shares memory with nobody: give it mounts of its own, in
 * which @path with all file systems below it is at @target, read-only if
 * @read_only. Of "/", what describes the host's running kernel (proc, sys, dev,
 * run) is hidden. 0, or -1 with errno. Needs CAP_SYS_ADMIN, Linux 5.12.
 */
int share_mount(const char *path, const char *target, bool read_only);

#endif
