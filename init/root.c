// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "files.h"
#include "log.h"
#include "root.h"

/* Devices appear when the host's keeper has told the kernel about them. */
#define DEVICE_MS	15000
#define PAUSE_MS	20

/* Where the pieces are put together, in the initramfs. */
#define PLACE		"/.comb"
#define LOWER		PLACE "/lower"
#define RAM		PLACE "/ram"
#define ROOT		PLACE "/root"

/* virtiofs says EINVAL as long as there is no such tag. */
static bool may_come(const char *type, int error)
{
	return error == ENOENT || error == ENXIO || (error == EINVAL && !strcmp(type, "virtiofs"));
}

/* Mount a device that may not be there yet. 0, or -1 with errno of the last try. */
static int mount_device(const char *source, const char *target, const char *type,
			unsigned long flags)
{
	int64_t end = clock_ms() + DEVICE_MS;
	struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };

	while (mount(source, target, type, flags, NULL)) {
		if (!may_come(type, errno) || clock_ms() >= end)
			return -1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

static const char *virtiofs_error(int error)
{
	if (error == ENODEV)
		return "this kernel has no virtiofs";
	if (error == EINVAL)
		return "the host gives no such file system";
	return strerror(error);
}

/* Which file system is on a disk: those that fit say so. EINVAL: none does. */
static int mount_disk(const char *source, unsigned long flags)
{
	static const char *const types[] = { "ext4", "xfs", "btrfs" };
	int error = ENODEV;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!mount_device(source, LOWER, types[i], flags))
			return 0;
		/* A kernel without this file system is not the last word. */
		if (errno != ENODEV)
			error = errno;
		if (error == ENOENT || error == ENXIO)
			break;
	}
	errno = error;
	return -1;
}

static bool mount_source(const struct words *words)
{
	unsigned long flags = words->overlay ? MS_RDONLY : 0;

	if (directories_make(LOWER) || directories_make(RAM) || directories_make(ROOT)) {
		log_trouble("cannot make " PLACE ": %s", strerror(errno));
		return false;
	}
	if (words->root == WORDS_ROOT_VIRTIOFS) {
		if (!mount_device(words->source, LOWER, "virtiofs", flags))
			return true;
		log_trouble("cannot mount the root %s: %s", words->source, virtiofs_error(errno));
		return false;
	}
	if (!mount_disk(words->source, flags))
		return true;
	log_trouble("cannot mount the root %s as ext4, xfs or btrfs: %s", words->source,
		    errno == ENODEV ? "this kernel has none of them" : strerror(errno));
	return false;
}

/* Writes go to RAM; the parts need not be seen any more. */
static bool mount_overlay(void)
{
	static const char options[] =
		"lowerdir=" LOWER ",upperdir=" RAM "/upper,workdir=" RAM "/work";

	if (mount("tmpfs", RAM, "tmpfs", 0, "mode=755") || mkdir(RAM "/upper", 0755) ||
	    mkdir(RAM "/work", 0755) || mount("overlay", ROOT, "overlay", 0, options)) {
		log_trouble("cannot put an overlay on the root: %s",
			    errno == ENODEV ? "this kernel has no overlay" : strerror(errno));
		umount2(RAM, MNT_DETACH);
		return false;
	}
	umount2(LOWER, MNT_DETACH);
	umount2(RAM, MNT_DETACH);
	return true;
}

/* What the initramfs has set up goes along. The host's /tmp is not the cell's. */
static bool move_mounts(const struct words *words)
{
	static const char *const always[] = { "/dev", "/proc", "/sys", "/run", "/tmp" };
	size_t nr = sizeof(always) / sizeof(always[0]) - !words->host;
	char target[64];

	for (size_t i = 0; i < nr; i++) {
		snprintf(target, sizeof(target), ROOT "%s", always[i]);
		if (mkdir(target, 0755) && errno != EEXIST) {
			log_trouble("the root has no %s: %s", always[i], strerror(errno));
			return false;
		}
	}
	for (size_t i = 0; i < nr; i++) {
		snprintf(target, sizeof(target), ROOT "%s", always[i]);
		if (mount(always[i], target, NULL, MS_MOVE, NULL)) {
			log_trouble("cannot move %s to the root: %s", always[i], strerror(errno));
			/* Back with those that have moved. */
			while (i--) {
				snprintf(target, sizeof(target), ROOT "%s", always[i]);
				mount(target, always[i], NULL, MS_MOVE, NULL);
			}
			return false;
		}
	}
	return true;
}

/* Free the RAM of the initramfs: everything on its file system, and nothing else. */
static void remove_below(int fd, dev_t device)
{
	DIR *directory = fdopendir(fd);
	struct dirent *child;
	struct stat st;

	if (!directory) {
		close(fd);
		return;
	}
	while ((child = readdir(directory))) {
		const char *name = child->d_name;
		int below;

		if (!strcmp(name, ".") || !strcmp(name, "..") ||
		    fstatat(dirfd(directory), name, &st, AT_SYMLINK_NOFOLLOW) ||
		    st.st_dev != device)
			continue;
		if (!S_ISDIR(st.st_mode)) {
			unlinkat(dirfd(directory), name, 0);
			continue;
		}
		below = openat(dirfd(directory), name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below >= 0)
			remove_below(below, device);
		unlinkat(dirfd(directory), name, AT_REMOVEDIR);
	}
	closedir(directory);
}

static int open_initramfs(dev_t *device)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;
	struct stat st;

	if (fd >= 0 && !fstatfs(fd, &fs) && !fstat(fd, &st) &&
	    (fs.f_type == RAMFS_MAGIC || fs.f_type == TMPFS_MAGIC)) {
		*device = st.st_dev;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool enter_root(void)
{
	dev_t device = 0;
	int old = open_initramfs(&device);

	/* As switch_root(8): the kernel lets nobody unmount its first root. */
	if (chdir(ROOT) || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/")) {
		log_trouble("cannot enter the root: %s", strerror(errno));
		if (old >= 0)
			close(old);
		return false;
	}
	if (old >= 0)
		remove_below(old, device);
	return true;
}

bool root_switch(const struct words *words)
{
	if (!mount_source(words))
		return false;
	if (words->overlay ? !mount_overlay() : mount(LOWER, ROOT, NULL, MS_MOVE, NULL)) {
		if (!words->overlay)
			log_trouble("cannot move the root: %s", strerror(errno));
		umount2(LOWER, MNT_DETACH);
		return false;
	}
	if (move_mounts(words) && enter_root())
		return true;
	umount2(ROOT, MNT_DETACH);
	return false;
}

void root_shares(const struct words *words)
{
	for (size_t i = 0; i < words->nr_shares; i++) {
		const char *tag = words->shares[i].tag, *target = words->shares[i].mount;

		if (directories_make(target))
			log_trouble("cannot make %s: %s", target, strerror(errno));
		else if (mount_device(tag, target, "virtiofs",
				      words->shares[i].read_only ? MS_RDONLY : 0))
			log_trouble("cannot mount %s on %s: %s", tag, target,
				    virtiofs_error(errno));
	}
}
