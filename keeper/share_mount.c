// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * share_mount.c - a copy of a mount tree, read-only as a whole
 *
 * A file server that promises not to write can have a fault; a read-only mount
 * refuses whatever it asks for.
 */
#include "share_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static int tree_hide(const char *target)
{
	static const char *const hidden[] = { "proc", "sys", "dev", "run" };
	char path[4096];

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		if (snprintf(path, sizeof(path), "%s/%s", target, hidden[i]) >=
		    (int)sizeof(path)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		if (mount("comb", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
			  "size=4k,mode=755") && errno != ENOENT)
			return -1;
	}
	return 0;
}

int share_mount(const char *path, const char *target, bool read_only)
{
	/*
	 * Private: a file system that the host mounts below @path later would come
	 * in writable.
	 */
	struct mount_attr attributes = {
		.attr_set = read_only ? MOUNT_ATTR_RDONLY : 0,
		.propagation = read_only ? MS_PRIVATE : MS_SLAVE,
	};
	int tree, status;

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL))
		return -1;
	tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (tree < 0)
		return -1;
	status = mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes,
			       sizeof(attributes));
	if (!status)
		status = move_mount(tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH);
	close(tree);
	if (status)
		return -1;
	return strcmp(path, "/") ? 0 : tree_hide(target);
}
