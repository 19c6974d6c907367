// SPDX-License-Identifier: GPL-2.0-or-later
#include "bridge.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "definition.h"
#include "request.h"
#include "size.h"

static int bad_text(const char *text, struct comb_error *err)
{
	comb_fail(err, COMB_USAGE, "\"%.60s\" is no NAME[:SIZE]", text);
	return comb_hint(err, "ring:64M, or ring for a bridge that is there");
}

int comb_bridge_parse(struct comb_bridge *bridge, const char *text, struct comb_error *err)
{
	const char *size = strchrnul(text, ':');
	uint64_t bytes;

	*bridge = (struct comb_bridge){ 0 };
	if ((size_t)(size - text) >= sizeof(bridge->name))
		return bad_text(text, err);
	memcpy(bridge->name, text, (size_t)(size - text));
	if (comb_name_check(bridge->name, NULL))
		return bad_text(text, err);
	if (!*size)
		return 0;
	if (comb_size_parse(&bytes, size + 1, NULL) || bytes > 1ULL << 52)
		return bad_text(text, err);
	bridge->bytes = bytes;
	if (!(bridge->bytes % COMB_MEMORY_UNIT))
		return 0;
	comb_fail(err, COMB_USAGE, "the size of bridge %s is no multiple of 2M: %.40s",
		  bridge->name, size + 1);
	return comb_hint(err, "%s:%lluM", bridge->name,
			 (unsigned long long)(bridge->bytes / COMB_MEMORY_UNIT + 1) * 2);
}

static int other_size(int device, const struct comb_bridge *wanted, struct comb_error *err)
{
	struct comb_bridge any = { 0 };
	struct comb_bridge_get get = { .size = sizeof(get), .version = COMB_ABI_VERSION };
	char has[32], asked[32];
	int fd, status;

	memcpy(any.name, wanted->name, sizeof(any.name));
	fd = comb_bridge_open(device, &any, -1, err);
	if (fd < 0)
		return -1;
	status = comb_request_do(fd, COMB_BRIDGE_GET, &get);
	close(fd);
	if (status)
		return comb_request_fail("describe the bridge", err);
	comb_fail(err, COMB_TAKEN, "bridge %s has %s, not %s", wanted->name,
		  comb_size_format(get.bridge.bytes, has, sizeof(has)),
		  comb_size_format(wanted->bytes, asked, sizeof(asked)));
	return comb_hint(err, "--bridge %s, or: comb bridges", wanted->name);
}

static int no_memory(const struct comb_bridge_open *asked, struct comb_error *err)
{
	comb_fail(err, COMB_TAKEN, "only %llu MiB of RAM can be had in one piece, "
		  "bridge %s wants %llu MiB", (unsigned long long)asked->available >> 20,
		  asked->name, (unsigned long long)asked->bytes >> 20);
	if (asked->available)
		return comb_hint(err, "--bridge %s:%lluM", asked->name,
				 (unsigned long long)asked->available >> 20);
	return comb_hint(err, "sysctl vm.drop_caches=3 vm.compact_memory=1");
}

int comb_bridge_open(int device, const struct comb_bridge *wanted, int node,
		     struct comb_error *err)
{
	struct comb_bridge_open argument = {
		.size = sizeof(argument), .version = COMB_ABI_VERSION,
		.bytes = wanted->bytes, .node = node < 0 ? -1 : node,
	};
	int fd;

	memcpy(argument.name, wanted->name, sizeof(argument.name));
	fd = comb_request_do(device, COMB_BRIDGE_OPEN, &argument);
	if (fd >= 0)
		return fd;
	switch (errno) {
	case ENOENT:
		comb_fail(err, COMB_USAGE, "there is no bridge %s yet, and no size for it",
			  wanted->name);
		return comb_hint(err, "--bridge %s:64M", wanted->name);
	case ERANGE:
		return other_size(device, wanted, err);
	case ENOMEM:
		return no_memory(&argument, err);
	case ENOSPC:
		comb_fail(err, COMB_TAKEN, "there are %d bridges already", COMB_BRIDGES_MAX);
		return comb_hint(err, "comb bridges");
	case ENXIO:
		comb_fail(err, COMB_USAGE, "there is no memory on a NUMA node %d", node);
		return comb_hint(err, "comb topo");
	default:
		return comb_request_fail("open the bridge", err);
	}
}

int comb_cell_add_bridge(struct comb_cell *cell, int bridge, struct comb_error *err)
{
	struct comb_cell_bridge argument = {
		.size = sizeof(argument), .version = COMB_ABI_VERSION, .fd = bridge,
	};

	if (!comb_request_do(cell->fd, COMB_CELL_ADD_BRIDGE, &argument))
		return comb_cell_refresh(cell, err);
	if (errno == EEXIST) {
		comb_fail(err, COMB_USAGE, "it names a bridge twice");
		return comb_hint(err, "comb edit %s", cell->get.name);
	}
	return comb_request_fail("add a bridge", err);
}
