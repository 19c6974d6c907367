// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fs.c - shared directories: virtiofs, served by virtiofsd
 *
 * Both virtiofsd are known: QEMU's in C (up to 7.2) and the one in Rust. What
 * the cell has open lives in the server's memory only. So it may not die with
 * the keeper; if it dies alone, the next one answers every request with EIO
 * until the cell mounts the file system anew, since it knows none of the
 * cell's handles and must not take one for another.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/virtio_config.h>
#include <linux/virtio_fs.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>

#include <backing.h>

#include "share_mount.h"
#include "vu_device.h"

#define QUEUES		2	/* one of high priority, one of requests */
#define QUEUE_SIZE	1024	/* what a request can carry depends on it */
#define TEXT_SIZE	(2 * 4096 + 32)

#define FEATURES	(1ULL << VIRTIO_RING_F_INDIRECT_DESC | \
			 1ULL << VIRTIO_RING_F_EVENT_IDX | 1ULL << VIRTIO_F_VERSION_1)

/**
 * struct fs - one
 * @vud: the common part
 * @path: on the host, absolute
 * @target: where the server finds it
 * @read_only: enforced by mounts
 * @overlaid: the cell puts an overlay on it, which refuses to go into submounts
 * @coherent: other cells write it, too: nothing is remembered about names and attributes
 * @daemon: the server
 * @socket: option
 * @source: option
 * @argv: command
 */
struct fs {
	struct vu_device vud;
	char *path;
	char *target;
	bool read_only;
	bool overlaid;
	bool coherent;
	char daemon[32];
	char socket[16];
	char source[TEXT_SIZE];
	char *argv[12];
};

static void fs_free(struct device *device)
{
	struct fs *fs = (struct fs *)device;

	vu_device_close(&fs->vud);
	free(fs->path);
	free(fs->target);
	free(fs);
}

static const struct device_ops fs_ops = {
	.name = "fs",
	.start = vu_device_start,
	.stop = vu_device_stop,
	.is_idle = vu_device_is_idle,
	.abandon = vu_device_abandon,
	.free = fs_free,
};

static int fs_prepare(void *data)
{
	struct vu_device *vud = data;
	struct fs *fs = (struct fs *)vud;

	if (!share_mount(fs->path, fs->target, fs->read_only))
		return 0;
	dprintf(STDERR_FILENO, "its file systems cannot be set up: %s\n", strerror(errno));
	return -1;
}

static void fs_resumed_fresh(struct vu_device *vud)
{
	struct fs *fs = (struct fs *)vud;

	keeper_log(&vud->device, "%s: what the cell had open is lost; it gets I/O errors "
		   "until it mounts it again", fs->path);
}

/* QEMU's takes a list in which commas and backslashes are quoted. */
static int source_quoted(struct fs *fs)
{
	size_t at = snprintf(fs->source, sizeof(fs->source), "source=");

	for (const char *c = fs->target; *c; c++) {
		if (at + 3 > sizeof(fs->source)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		if (*c == ',' || *c == '\\')
			fs->source[at++] = '\\';
		fs->source[at++] = *c;
	}
	fs->source[at] = '\0';
	return 0;
}

static int fs_command(struct fs *fs, const char *daemon)
{
	static char apart[] =
		"cache=auto,xattr,announce_submounts,sandbox=namespace,log_level=warn";
	/* Files' pages are looked at anew at each open, names and attributes at each use. */
	static char coherent[] =
		"cache=auto,timeout=0,xattr,announce_submounts,sandbox=namespace,log_level=warn";
	static char as_one[] =
		"cache=auto,xattr,sandbox=namespace,log_level=warn";
	static char source[] = "-o", foreground[] = "-f", directory[] = "--shared-dir";
	static char cache[] = "--cache=auto", xattr[] = "--xattr";
	static char submounts[] = "--announce-submounts", sandbox[] = "--sandbox=namespace";
	static char level[] = "--log-level=warn";
	char *const in_c[] = { fs->daemon, fs->socket, foreground, source,
			       fs->overlaid ? as_one : fs->coherent ? coherent : apart, source,
			       fs->source, NULL };
	char *const in_rust[] = { fs->daemon, fs->socket, directory, fs->target, cache, xattr,
				  sandbox, level, fs->overlaid ? NULL : submounts, NULL };
	bool rust = !strcmp(daemon, COMB_VIRTIOFSD_RUST);

	snprintf(fs->daemon, sizeof(fs->daemon), "%s", daemon);
	snprintf(fs->socket, sizeof(fs->socket), "--fd=%d", BACKEND_LISTEN);
	if (!rust && source_quoted(fs))
		return -1;
	memcpy(fs->argv, rust ? in_rust : in_c, rust ? sizeof(in_rust) : sizeof(in_c));
	fs->vud.backend.argv = fs->argv;
	/* QEMU's is built on libvhost-user, which keeps the list if it is given one. */
	if (!rust)
		fs->vud.extra = VHOST_USER_PROTOCOL_INFLIGHT_SHMFD;
	return 0;
}

/* The one whose requests can be tracked first. NULL: there is none. */
static const char *daemon_find(void)
{
	static const char *const daemons[] = { COMB_VIRTIOFSD_C, COMB_VIRTIOFSD_RUST };

	for (size_t i = 0; i < sizeof(daemons) / sizeof(daemons[0]); i++)
		if (!access(daemons[i], X_OK))
			return daemons[i];
	return NULL;
}

static int fs_place(struct fs *fs, const char *path, const char *directory)
{
	struct stat status;

	fs->path = realpath(path, NULL);
	if (!fs->path || stat(fs->path, &status)) {
		int saved = errno;

		keeper_log(NULL, "share %s: %s", path, strerror(saved));
		keeper_log(NULL, saved == ENOENT ? "try: mkdir %s" : "try: ls -ld %s", path);
		errno = saved;
		return -1;
	}
	if (!S_ISDIR(status.st_mode)) {
		keeper_log(NULL, "share %s: not a directory", path);
		keeper_log(NULL, "try: ls -ld %s", path);
		errno = ENOTDIR;
		return -1;
	}
	/* A mount on "/" itself would not be seen by who is there already. */
	fs->target = strdup(strcmp(fs->path, "/") ? fs->path : directory);
	if (!fs->target)
		return -1;
	if (fs->read_only || !strcmp(fs->path, "/"))
		fs->vud.backend.prepare = fs_prepare;
	return 0;
}

/* virtio 1.3, 5.11.4; a tag of all 36 bytes has no NUL. */
static int fs_config(struct device *device, const char *tag)
{
	struct virtio_fs_config config = { .num_request_queues = QUEUES - 1 };
	size_t bytes = strlen(tag);

	if (!bytes || bytes > sizeof(config.tag)) {
		keeper_log(NULL, "share %s: its tag must have 1 to %zu bytes", tag,
			   sizeof(config.tag));
		errno = EINVAL;
		return -1;
	}
	memcpy(config.tag, tag, bytes);
	memcpy(device->config, &config, sizeof(config));
	device->config_bytes = sizeof(config);
	return 0;
}

static int fs_connect(struct fs *fs)
{
	struct device *device = &fs->vud.device;

	if (vu_device_connect(&fs->vud)) {
		int saved = errno;

		keeper_log(NULL, "share %s: cannot be served: %s", fs->path,
			   backend_last_words(&fs->vud.backend) ?: strerror(saved));
		errno = saved;
		return -1;
	}
	device->offered = fs->vud.vu.features & FEATURES;
	return 0;
}

struct device *fs_new(struct loop *loop, const struct memory *memory,
		      const struct cell_id *cell, const char *tag, const char *path,
		      bool read_only, bool coherent)
{
	static unsigned int made;	/* shares are made in the same order by every keeper */
	const char *daemon = daemon_find();
	struct device *device;
	struct fs *fs;
	char name[16];
	int error;

	if (!daemon) {
		keeper_log(NULL, "share %s: virtiofsd is not installed", path);
		keeper_log(NULL, "try: apt install virtiofsd, or qemu-system-common on Debian 12");
		errno = ENOENT;
		return NULL;
	}
	fs = calloc(1, sizeof(*fs));
	if (!fs)
		return NULL;
	device = &fs->vud.device;
	snprintf(name, sizeof(name), "fs%u", made++);
	vu_device_init(&fs->vud, loop, memory, cell, name);
	device->ops = &fs_ops;
	device->type = VIRTIO_ID_FS;
	device->nr_queues = QUEUES;
	for (unsigned int i = 0; i < QUEUES; i++)
		device->queues[i].max = QUEUE_SIZE;
	fs->vud.resumed_fresh = fs_resumed_fresh;
	fs->read_only = read_only;
	fs->coherent = coherent;
	fs->overlaid = read_only && !strcmp(tag, COMB_ROOT_TAG);
	if (!fs_config(device, tag) && !fs_place(fs, path, cell->directory) &&
	    !fs_command(fs, daemon) && !fs_connect(fs))
		return device;
	error = errno;
	fs_free(device);
	errno = error;
	return NULL;
}
