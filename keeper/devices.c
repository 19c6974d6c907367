// SPDX-License-Identifier: GPL-2.0-or-later
#include "devices.h"

#include <linux/virtio_ids.h>
#include <stdio.h>
#include <string.h>

#include <backing.h>

/*
 * A keeper that is started again must give each device the number it had: the
 * definition is the same one, and what is missing leaves its number free.
 */
enum number {
	NUMBER_CONSOLE = 1,
	NUMBER_RNG = 2,
	NUMBER_VSOCK = 3,
	NUMBER_NET = 4,
	NUMBER_FILES = 5,	/* file systems, then disks */
};

/**
 * struct maker - devices being made
 * @bus: where they go
 * @def: the cell's definition
 * @cell: what they want to know of it
 * @number: of the next file system or disk
 */
struct maker {
	struct bus *bus;
	const struct comb_definition *def;
	const struct cell_id *cell;
	unsigned int number;
};

/* Takes over @device, which may be NULL. */
static int add(struct bus *bus, struct device *device, unsigned int number)
{
	if (!device)
		return -1;
	if (!device_add(bus, device, number))
		return 0;
	device->ops->free(device);
	return -1;
}

static int add_vsock(struct bus *bus, const struct cell_id *cell)
{
	bool had = bus->resumed && bus->state->devices[NUMBER_VSOCK].type == VIRTIO_ID_VSOCK;

	if (!add(bus, vsock_new(bus->loop, bus->memory, cell, had), NUMBER_VSOCK))
		return 0;
	if (had)
		return -1;
	/* A kernel without vhost_vsock still has cells, but nobody to talk to in them. */
	keeper_log(NULL, "going on without vsock");
	return 0;
}

static int add_net(struct maker *maker)
{
	struct bus *bus = maker->bus;
	const char *net = maker->def->net ?: "private";

	if (!strcmp(net, "none"))
		return 0;
	return add(bus, net_new(bus->loop, bus->memory, maker->cell, net), NUMBER_NET);
}

static int add_files(struct maker *maker, const char *tag, const char *path, bool read_only)
{
	struct bus *bus = maker->bus;
	bool coherent = maker->def->cluster;

	return add(bus, fs_new(bus->loop, bus->memory, maker->cell, tag, path, read_only, coherent),
		   maker->number++);
}

static int add_share(struct maker *maker, unsigned int index)
{
	struct comb_error err = { 0 };
	struct comb_share share;
	char tag[16];
	int status;

	snprintf(tag, sizeof(tag), "share%u", index);
	status = comb_share_parse(&share, maker->def->shares.list[index], &err);
	if (status)
		keeper_log(NULL, "%s", err.what);
	else
		status = add_files(maker, tag, share.path, share.read_only);
	comb_share_free(&share);
	return status;
}

static int add_disk(struct maker *maker, const char *text)
{
	struct bus *bus = maker->bus;
	struct comb_error err = { 0 };
	struct comb_disk disk;
	int status = comb_disk_parse(&disk, text, &err);

	if (status)
		keeper_log(NULL, "%s", err.what);
	else
		status = add(bus, disk_new(bus->loop, bus->memory, maker->cell, disk.path,
					   disk.format, disk.read_only), maker->number++);
	comb_disk_free(&disk);
	return status;
}

static int add_all_files(struct maker *maker)
{
	const struct comb_definition *def = maker->def;
	enum comb_root root = comb_root_kind(def->root);

	if (root == COMB_ROOT_HOST && add_files(maker, COMB_ROOT_TAG, "/", true))
		return -1;
	if (root == COMB_ROOT_DIRECTORY && add_files(maker, COMB_ROOT_TAG, def->root, false))
		return -1;
	for (unsigned int i = 0; i < def->shares.count; i++)
		if (add_share(maker, i))
			return -1;
	if (root == COMB_ROOT_DISK && add_disk(maker, def->root))
		return -1;
	for (unsigned int i = 0; i < def->disks.count; i++)
		if (add_disk(maker, def->disks.list[i]))
			return -1;
	return 0;
}

int devices_make(struct bus *bus, const struct comb_definition *def, const struct cell_id *cell)
{
	struct maker maker = {
		.bus = bus, .def = def, .cell = cell, .number = NUMBER_FILES,
	};

	if (add(bus, console_new(bus->loop, bus->memory, cell), NUMBER_CONSOLE) ||
	    add(bus, rng_new(bus->loop, bus->memory, cell), NUMBER_RNG))
		return -1;
	if (add_vsock(bus, cell))
		return -1;
	return add_net(&maker) || add_all_files(&maker) ? -1 : 0;
}
