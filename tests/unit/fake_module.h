/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_module.h - answers COMB_* requests in place of comb.ko
 *
 * The test's own ioctl() takes the place of the C library's. The cell file is a memfd.
 */
#ifndef FAKE_MODULE_H
#define FAKE_MODULE_H

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "comb.h"

static struct {
	struct comb_cell_get get;
	struct comb_cpu cpus[8];
	struct comb_range ranges[8];
	struct comb_bridge bridges[8];
	struct comb_bridge bridge;	/* the one there is, for opening */
	unsigned int fail_request;	/* _IOC_NR of the request that fails, once or always */
	int fail_errno;
	unsigned int fail_times;
	uint32_t culprit;
	uint64_t available;
	unsigned int calls[16];		/* by _IOC_NR & 15 */
	struct comb_cell_memory memory;
	uint32_t added[8];
	unsigned int rung;
	void (*on_ring)(void);
	void (*on_get)(void);
} module;

static int fake_get(struct comb_cell_get *get)
{
	struct comb_cell_get asked = *get;

	*get = module.get;
	get->cpus = asked.cpus;
	get->ranges = asked.ranges;
	get->bridges = asked.bridges;
	for (uint32_t i = 0; i < asked.nr_cpus && i < module.get.nr_cpus; i++)
		((struct comb_cpu *)(uintptr_t)asked.cpus)[i] = module.cpus[i];
	for (uint32_t i = 0; i < asked.nr_ranges && i < module.get.nr_ranges; i++)
		((struct comb_range *)(uintptr_t)asked.ranges)[i] = module.ranges[i];
	for (uint32_t i = 0; i < asked.nr_bridges && i < module.get.nr_bridges; i++)
		((struct comb_bridge *)(uintptr_t)asked.bridges)[i] = module.bridges[i];
	return 0;
}

static int fake_bridge(struct comb_bridge_open *open)
{
	int fd = memfd_create("bridge", MFD_CLOEXEC);

	if (open->bytes) {
		module.bridge = (struct comb_bridge){ .bytes = open->bytes };
		memcpy(module.bridge.name, open->name, sizeof(open->name));
	}
	return ftruncate(fd, (off_t)module.bridge.bytes) ? -1 : fd;
}

static int fake_fail(unsigned long request, void *argument)
{
	module.fail_times--;
	if (request == COMB_CELL_ADD_CPUS)
		((struct comb_cell_cpus *)argument)->culprit = module.culprit;
	if (request == COMB_BRIDGE_OPEN)
		((struct comb_bridge_open *)argument)->available = module.available;
	if (request == COMB_CELL_ADD_MEMORY)
		((struct comb_cell_memory *)argument)->available = module.available;
	errno = module.fail_errno;
	return -1;
}

int ioctl(int fd, unsigned long request, ...)
{
	struct comb_cell_cpus *cpus;
	void *argument;
	va_list args;

	(void)fd;
	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	module.calls[_IOC_NR(request) & 15]++;
	/* Every argument structure begins with its size and the version. */
	if (((uint32_t *)argument)[0] != _IOC_SIZE(request) ||
	    ((uint32_t *)argument)[1] != COMB_ABI_VERSION) {
		errno = EINVAL;
		return -1;
	}
	if (module.fail_times && module.fail_request == _IOC_NR(request))
		return fake_fail(request, argument);
	switch (request) {
	case COMB_CELL_CREATE:
	case COMB_CELL_OPEN:
		strcpy(module.get.name, ((struct comb_cell_name *)argument)->name);
		fd = memfd_create("cell", MFD_CLOEXEC);
		return ftruncate(fd, (off_t)module.get.memory_bytes) ? -1 : fd;
	case COMB_CELL_GET:
		if (module.on_get)
			module.on_get();
		return fake_get(argument);
	case COMB_CELL_ADD_CPUS:
		cpus = argument;
		memcpy(module.added, (void *)(uintptr_t)cpus->cpus,
		       (cpus->nr < 8 ? cpus->nr : 8) * sizeof(module.added[0]));
		return 0;
	case COMB_CELL_ADD_MEMORY:
		module.memory = *(struct comb_cell_memory *)argument;
		return 0;
	case COMB_CELL_RING:
		module.rung = ((struct comb_cell_command *)argument)->argument;
		if (module.on_ring)
			module.on_ring();
		return 0;
	case COMB_BRIDGE_OPEN:
		return fake_bridge(argument);
	case COMB_BRIDGE_GET:
		((struct comb_bridge_get *)argument)->bridge = module.bridge;
		return 0;
	case COMB_CELL_ADD_BRIDGE:
		module.bridges[module.get.nr_bridges++] = module.bridge;
		return 0;
	default:
		return 0;
	}
}

static inline void fake_fails(unsigned long request, int error, unsigned int times)
{
	module.fail_request = _IOC_NR(request);
	module.fail_errno = error;
	module.fail_times = times;
}

#endif
