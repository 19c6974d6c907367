// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * disk.c - block devices: qemu-storage-daemon serves an image or a block device
 *
 * The page cache of the host is used, as by any program: what a killed back end
 * has written is not lost, and a flush of the cell is an fdatasync() here. But
 * where the blocks of a qcow2 image are is kept in the back end's memory until
 * a flush, so there each write is flushed before the cell is told.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>

#include <backing.h>

#include "vu_device.h"

#define DAEMON		COMB_STORAGE_DAEMON
#define LOCKED		"the image is locked"
#define QUEUES_MAX	4
#define QUEUE_SIZE	256
#define TEXT_SIZE	(2 * 4096 + 128)	/* an option with a path, its commas doubled */
/* Up to the word about writing zeroes; what follows belongs to features not offered. */
#define CONFIG_BYTES	(offsetof(struct virtio_blk_config, write_zeroes_may_unmap) + 4)

/*
 * Not VIRTIO_BLK_F_CONFIG_WCE: how the cache works would be a state that is
 * lost with the back end. The driver flushes.
 */
#define FEATURES	(1ULL << VIRTIO_BLK_F_SIZE_MAX | 1ULL << VIRTIO_BLK_F_SEG_MAX | \
			 1ULL << VIRTIO_BLK_F_GEOMETRY | 1ULL << VIRTIO_BLK_F_RO | \
			 1ULL << VIRTIO_BLK_F_BLK_SIZE | 1ULL << VIRTIO_BLK_F_FLUSH | \
			 1ULL << VIRTIO_BLK_F_TOPOLOGY | 1ULL << VIRTIO_BLK_F_MQ | \
			 1ULL << VIRTIO_BLK_F_DISCARD | 1ULL << VIRTIO_BLK_F_WRITE_ZEROES | \
			 1ULL << VIRTIO_RING_F_INDIRECT_DESC | \
			 1ULL << VIRTIO_RING_F_EVENT_IDX | 1ULL << VIRTIO_F_VERSION_1)

/**
 * struct disk - one
 * @vud: the common part
 * @path: of the image
 * @read_only: the cell must not write
 * @blockdev: option
 * @export: option
 * @argv: command
 */
struct disk {
	struct vu_device vud;
	char *path;
	bool read_only;
	char blockdev[TEXT_SIZE];
	char export[160];
	char *argv[8];
};

static void disk_free(struct device *device)
{
	struct disk *disk = (struct disk *)device;

	vu_device_close(&disk->vud);
	free(disk->path);
	free(disk);
}

static const struct device_ops disk_ops = {
	.name = "disk",
	.start = vu_device_start,
	.stop = vu_device_stop,
	.is_idle = vu_device_is_idle,
	.abandon = vu_device_abandon,
	.free = disk_free,
};

/* A comma in a value is written twice (QEMU's key-value syntax). */
static int value_append(char *text, size_t size, const char *value)
{
	size_t at = strlen(text);

	for (; *value; value++) {
		if (at + 3 > size) {
			errno = ENAMETOOLONG;
			return -1;
		}
		if (*value == ',')
			text[at++] = ',';
		text[at++] = *value;
	}
	text[at] = '\0';
	return 0;
}

/*
 * The daemon lets others of its kind write to the image. The descriptor stays
 * open in it, and with it the lock, until it ends.
 */
static int disk_lock(void *data)
{
	struct vu_device *vud = data;
	struct disk *disk = (struct disk *)vud;
	int fd = open(disk->path, disk->read_only ? O_RDONLY : O_RDWR);

	if (fd >= 0 && !flock(fd, (disk->read_only ? LOCK_SH : LOCK_EX) | LOCK_NB))
		return 0;
	dprintf(STDERR_FILENO, "%s\n", errno == EWOULDBLOCK ? LOCKED : strerror(errno));
	return -1;
}

static int disk_command(struct disk *disk, const char *format, bool block)
{
	unsigned int at = 0;

	snprintf(disk->blockdev, sizeof(disk->blockdev),
		 "driver=%s,node-name=disk,read-only=%s,discard=unmap,file.driver=%s,"
		 "file.filename=", format, disk->read_only ? "on" : "off",
		 block ? "host_device" : "file");
	if (value_append(disk->blockdev, sizeof(disk->blockdev), disk->path))
		return -1;
	snprintf(disk->export, sizeof(disk->export),
		 "type=vhost-user-blk,id=cell,node-name=disk,writable=%s,writethrough=%s,"
		 "num-queues=%u,addr.type=fd,addr.str=%d", disk->read_only ? "off" : "on",
		 strcmp(format, "raw") ? "on" : "off", disk->vud.device.nr_queues,
		 BACKEND_LISTEN);
	disk->argv[at++] = DAEMON;
	disk->argv[at++] = "--blockdev";
	disk->argv[at++] = disk->blockdev;
	disk->argv[at++] = "--export";
	disk->argv[at++] = disk->export;
	disk->argv[at] = NULL;
	disk->vud.backend.argv = disk->argv;
	disk->vud.backend.prepare = disk_lock;
	return 0;
}

static int disk_check(const char *path, bool *block)
{
	struct stat status;

	if (stat(path, &status)) {
		int saved = errno;

		keeper_log(NULL, "disk %s: %s", path, strerror(saved));
		keeper_log(NULL, saved == ENOENT ? "try: truncate -s 1G %s" : "try: ls -l %s", path);
		errno = saved;
		return -1;
	}
	*block = S_ISBLK(status.st_mode);
	if (!*block && !S_ISREG(status.st_mode)) {
		keeper_log(NULL, "disk %s: neither a file nor a block device", path);
		keeper_log(NULL, S_ISDIR(status.st_mode) ? "try: --share %s" : "try: ls -l %s", path);
		errno = ENOTBLK;
		return -1;
	}
	if (access(DAEMON, X_OK)) {
		keeper_log(NULL, "disk %s: " DAEMON " is not installed", path);
		keeper_log(NULL, "try: apt install " COMB_STORAGE_PACKAGE);
		return -1;
	}
	return 0;
}

static void disk_explain(const struct disk *disk)
{
	int saved = errno;

	/* Ours, or QEMU's own: Failed to get "write" lock. */
	if (strstr(disk->vud.backend.said, LOCKED) || strstr(disk->vud.backend.said, "\" lock")) {
		keeper_log(NULL, "disk %s: another cell or program uses it", disk->path);
		keeper_log(NULL, "try: end that first, or give it to all of them read-only");
		saved = EBUSY;
	} else {
		keeper_log(NULL, "disk %s: cannot be opened: %s", disk->path,
			   backend_last_words(&disk->vud.backend) ?: strerror(saved));
		keeper_log(NULL, "try: qemu-img info %s", disk->path);
	}
	errno = saved;
}

static int disk_connect(struct disk *disk)
{
	struct device *device = &disk->vud.device;

	if (vu_device_connect(&disk->vud)) {
		disk_explain(disk);
		return -1;
	}
	if (!(disk->vud.vu.protocol & VHOST_USER_PROTOCOL_CONFIG)) {
		keeper_log(NULL, "disk %s: " DAEMON " does not tell the size", disk->path);
		errno = EPROTO;
		return -1;
	}
	if (vhost_user_get_config(&disk->vud.vu, device->config, CONFIG_BYTES)) {
		keeper_log(NULL, "disk %s: its size: %s", disk->path, strerror(errno));
		return -1;
	}
	device->config_bytes = CONFIG_BYTES;
	device->offered = disk->vud.vu.features & FEATURES;
	return 0;
}

struct device *disk_new(struct loop *loop, const struct memory *memory,
			const struct cell_id *cell, const char *path, const char *format,
			bool read_only)
{
	static unsigned int made;	/* disks are made in the same order by every keeper */
	struct disk *disk;
	struct device *device;
	char name[16];
	bool block;
	int error;

	if (disk_check(path, &block))
		return NULL;
	disk = calloc(1, sizeof(*disk));
	if (!disk)
		return NULL;
	device = &disk->vud.device;
	snprintf(name, sizeof(name), "disk%u", made++);
	vu_device_init(&disk->vud, loop, memory, cell, name);
	device->ops = &disk_ops;
	device->type = VIRTIO_ID_BLOCK;
	device->nr_queues = cell->cpus < QUEUES_MAX ? cell->cpus : QUEUES_MAX;
	for (unsigned int i = 0; i < device->nr_queues; i++)
		device->queues[i].max = QUEUE_SIZE;
	/* It is a libvhost-user back end, which keeps the list if it is given one. */
	disk->vud.extra = VHOST_USER_PROTOCOL_INFLIGHT_SHMFD;
	disk->path = strdup(path);
	disk->read_only = read_only;
	if (disk->path && !disk_command(disk, format, block) && !disk_connect(disk))
		return device;
	error = errno;
	disk_free(device);
	errno = error;
	return NULL;
}
