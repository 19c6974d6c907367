// SPDX-License-Identifier: GPL-2.0-or-later
/* The cell file: requests, and their errors in words. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "definition.h"
#include "device.h"
#include "kmsg.h"
#include "owner.h"
#include "request.h"

#define SYSFS_CPU	"/sys/devices/system/cpu"

static int cell_get(int device, unsigned long number, const char *name, struct comb_cell *cell,
		    struct comb_error *err)
{
	struct comb_cell_name argument = {
		.size = sizeof(argument), .version = COMB_ABI_VERSION,
	};

	memset(cell, 0, sizeof(*cell));
	cell->fd = -1;
	if (comb_name_check(name, err))
		return -1;
	strcpy(argument.name, name);
	cell->fd = comb_request_do(device, number, &argument);
	if (cell->fd >= 0)
		return 0;
	switch (errno) {
	case EEXIST:
		comb_fail(err, COMB_TAKEN, "a cell of this name is there already");
		return comb_hint(err, "comb ls");
	case ENOSPC:
		comb_fail(err, COMB_TAKEN, "there are %d cells already", COMB_CELLS_MAX);
		return comb_hint(err, "comb stop one of: comb ls");
	case ENOENT:
		comb_fail(err, COMB_NO_CELL, "is not running");
		return comb_hint(err, "comb start %s", name);
	default:
		return comb_request_fail("open the cell", err);
	}
}

static int cell_begin(int device, unsigned long number, const char *name, struct comb_cell *cell,
		      struct comb_error *err)
{
	if (cell_get(device, number, name, cell, err))
		return -1;
	if (!comb_cell_refresh(cell, err))
		return 0;
	comb_cell_close(cell);
	return -1;
}

int comb_cell_create(int device, const char *name, struct comb_cell *cell, struct comb_error *err)
{
	return cell_begin(device, COMB_CELL_CREATE, name, cell, err);
}

int comb_cell_open(int device, const char *name, struct comb_cell *cell, struct comb_error *err)
{
	return cell_begin(device, COMB_CELL_OPEN, name, cell, err);
}

static void cell_unmap(struct comb_cell *cell)
{
	comb_kmsg_free(cell->log);
	cell->log = NULL;
	if (cell->memory)
		munmap(cell->memory, cell->get.memory_bytes);
	cell->memory = NULL;
}

void comb_cell_close(struct comb_cell *cell)
{
	cell_unmap(cell);
	if (cell->fd >= 0)
		close(cell->fd);
	free(cell->cpus);
	free(cell->ranges);
	memset(cell, 0, sizeof(*cell));
	cell->fd = -1;
}

/* ---- facts ---- */

int comb_cell_refresh(struct comb_cell *cell, struct comb_error *err)
{
	unsigned int nr_cpus = cell->get.nr_cpus, nr_ranges = cell->get.nr_ranges;
	struct comb_range *ranges = NULL;
	struct comb_cpu *cpus = NULL;
	struct comb_cell_get get;

	/* Both may grow between two calls. */
	for (;;) {
		cpus = calloc(nr_cpus + 1, sizeof(*cpus));
		ranges = calloc(nr_ranges + 1, sizeof(*ranges));
		if (!cpus || !ranges) {
			comb_out_of_memory(err);
			goto err_free;
		}
		get = (struct comb_cell_get){
			.size = sizeof(get), .version = COMB_ABI_VERSION,
			.nr_cpus = nr_cpus, .nr_ranges = nr_ranges,
			.nr_bridges = COMB_CELL_BRIDGES_MAX,
			.cpus = nr_cpus ? (uintptr_t)cpus : 0,
			.ranges = nr_ranges ? (uintptr_t)ranges : 0,
			.bridges = (uintptr_t)cell->bridges,
		};
		if (comb_request_do(cell->fd, COMB_CELL_GET, &get)) {
			comb_request_fail("describe the cell", err);
			goto err_free;
		}
		if (get.nr_cpus <= nr_cpus && get.nr_ranges <= nr_ranges)
			break;
		nr_cpus = get.nr_cpus;
		nr_ranges = get.nr_ranges;
		free(cpus);
		free(ranges);
	}
	/* A mapping shows the RAM the cell had then. */
	if (cell->memory && get.memory_bytes != cell->get.memory_bytes)
		cell_unmap(cell);
	free(cell->cpus);
	free(cell->ranges);
	cell->get = get;
	cell->cpus = cpus;
	cell->ranges = ranges;
	return 0;

err_free:
	free(cpus);
	free(ranges);
	return -1;
}

int comb_cell_map(struct comb_cell *cell, bool writable, struct comb_error *err)
{
	void *memory;

	if (cell->memory)
		return 0;
	if (!cell->get.memory_bytes)
		return comb_fail(err, COMB_FAILED, "has no memory yet");
	memory = mmap(NULL, cell->get.memory_bytes, PROT_READ | (writable ? PROT_WRITE : 0),
		      MAP_SHARED, cell->fd, 0);
	if (memory == MAP_FAILED)
		return comb_request_fail("map the cell's memory", err);
	cell->memory = memory;
	return 0;
}

/* ---- CPUs ---- */

static int cpu_missing(unsigned int cpu, struct comb_error *err)
{
	struct comb_cpuset cpus, lent;
	char list[200];

	comb_owner_read_cpus(SYSFS_CPU "/present", &cpus);
	comb_owner_read_cpus(COMB_SYSFS "/lent_cpus", &lent);
	for (int i = comb_cpuset_next(&lent, 0); i >= 0;
	     i = comb_cpuset_next(&lent, (unsigned int)i + 1))
		comb_cpuset_add(&cpus, (unsigned int)i);
	comb_cpuset_format(&cpus, list, sizeof(list));
	comb_fail(err, COMB_USAGE, "CPU %u does not exist (this machine has %s)", cpu, list);
	return comb_hint(err, "comb topo");
}

static int cpu_busy(unsigned int cpu, struct comb_error *err)
{
	char owner[COMB_NAME_SIZE];

	if (comb_owner_find(COMB_SYSFS, cpu, owner))
		comb_fail(err, COMB_TAKEN, "CPU %u belongs to cell %s", cpu, owner);
	else if (!cpu)
		comb_fail(err, COMB_TAKEN, "CPU 0 is the host's boot CPU");
	else
		comb_fail(err, COMB_TAKEN, "the host cannot do without CPU %u", cpu);
	return comb_hint(err, "comb topo");
}

/* One thread of a core was asked for; a cell gets whole cores. */
static int cpu_half(unsigned int cpu, struct comb_error *err)
{
	struct comb_cpuset siblings;
	char path[PATH_MAX], list[200];

	snprintf(path, sizeof(path), SYSFS_CPU "/cpu%u/topology/thread_siblings_list", cpu);
	if (!comb_owner_read_cpus(path, &siblings)) {
		comb_fail(err, COMB_USAGE, "CPU %u is one thread of a core", cpu);
		return comb_hint(err, "comb topo");
	}
	comb_cpuset_format(&siblings, list, sizeof(list));
	comb_fail(err, COMB_USAGE, "CPU %u is one thread of a core: CPUs %s go together", cpu, list);
	return comb_hint(err, "--cpus %s", list);
}

static int cpus_fail(unsigned int cpu, struct comb_error *err)
{
	switch (errno) {
	case ENXIO:
		return cpu_missing(cpu, err);
	case EBUSY:
		return cpu_busy(cpu, err);
	case EXDEV:
		return cpu_half(cpu, err);
	case EAGAIN:
		comb_fail(err, COMB_TAKEN, "CPU %u is offline in the host", cpu);
		return comb_hint(err, "chcpu -e %u", cpu);
	case ENOSPC:
		comb_fail(err, COMB_TAKEN, "no memory below 1 MiB is left to start CPUs from");
		return comb_hint(err, "comb stop another cell: comb ls");
	case EIO:
		comb_fail(err, COMB_FAILED, "the host's kernel does not let go of CPU %u", cpu);
		return comb_hint(err, "dmesg | tail");
	default:
		return comb_request_fail("take CPUs", err);
	}
}

int comb_cell_add_cpus(struct comb_cell *cell, const struct comb_cpuset *cpus, uint32_t flags,
		       struct comb_error *err)
{
	unsigned int count = comb_cpuset_count(cpus);
	struct comb_cell_cpus argument = {
		.size = sizeof(argument), .version = COMB_ABI_VERSION, .flags = flags,
		.nr = count,
	};
	uint32_t *list;
	int status;

	if (!count || count > COMB_CELL_CPUS_MAX)
		return comb_fail(err, COMB_USAGE, "a cell has 1 to %d CPUs, not %u",
				 COMB_CELL_CPUS_MAX, count);
	list = calloc(count, sizeof(*list));
	if (!list)
		return comb_out_of_memory(err);
	for (int i = comb_cpuset_next(cpus, 0), at = 0; i >= 0;
	     i = comb_cpuset_next(cpus, (unsigned int)i + 1))
		list[at++] = (uint32_t)i;
	argument.cpus = (uintptr_t)list;
	status = comb_request_do(cell->fd, COMB_CELL_ADD_CPUS, &argument);
	if (status)
		status = cpus_fail(argument.culprit, err);
	free(list);
	return status ? -1 : comb_cell_refresh(cell, err);
}

/* ---- memory ---- */

static unsigned long long mib(uint64_t bytes)
{
	return bytes >> 20;
}

static int memory_fail(const struct comb_cell_memory *asked, struct comb_error *err)
{
	char where[32] = "";

	if (errno == ENXIO) {
		comb_fail(err, COMB_USAGE, "there is no memory on a NUMA node %d", asked->node);
		return comb_hint(err, "comb topo");
	}
	if (errno != ENOMEM && errno != ENOSPC)
		return comb_request_fail("take memory", err);
	if (asked->node >= 0)
		snprintf(where, sizeof(where), " on node %d", asked->node);
	comb_fail(err, COMB_TAKEN, "only %llu MiB of contiguous RAM can be had%s, %llu MiB asked",
		  mib(asked->available), where, mib(asked->bytes));
	if (asked->available >= COMB_MEMORY_MIN)
		return comb_hint(err, "--memory %lluM", mib(asked->available));
	return comb_hint(err, "sysctl vm.drop_caches=3 vm.compact_memory=1");
}

int comb_cell_add_memory(struct comb_cell *cell, uint64_t bytes, int node, struct comb_error *err)
{
	struct comb_cell_memory argument = {
		.size = sizeof(argument), .version = COMB_ABI_VERSION,
		.bytes = bytes, .node = node < 0 ? -1 : node,
	};

	if (comb_request_do(cell->fd, COMB_CELL_ADD_MEMORY, &argument))
		return memory_fail(&argument, err);
	return comb_cell_refresh(cell, err);
}

/* ---- life ---- */

int comb_cell_start(struct comb_cell *cell, const struct comb_cell_start *start,
		    struct comb_error *err)
{
	struct comb_cell_start argument = *start;

	argument.size = sizeof(argument);
	argument.version = COMB_ABI_VERSION;
	if (!comb_request_do(cell->fd, COMB_CELL_START, &argument))
		return comb_cell_refresh(cell, err);
	if (errno == ETIMEDOUT) {
		comb_fail(err, COMB_FAILED, "its first CPU (%u) does not start",
			  cell->get.nr_cpus ? cell->cpus[0].cpu : 0);
		return comb_hint(err, "comb kill %s, then other CPUs", cell->get.name);
	}
	return comb_request_fail("start the cell", err);
}

static int cell_command(struct comb_cell *cell, unsigned long number, uint32_t argument)
{
	struct comb_cell_command command = {
		.size = sizeof(command), .version = COMB_ABI_VERSION, .argument = argument,
	};

	return comb_request_do(cell->fd, number, &command);
}

int comb_cell_stop(struct comb_cell *cell, struct comb_error *err)
{
	return cell_command(cell, COMB_CELL_STOP, 0) ? comb_request_fail("stop the cell", err) : 0;
}

int comb_cell_destroy(struct comb_cell *cell, struct comb_error *err)
{
	/* Nothing may look at the mapping once it is revoked. */
	cell_unmap(cell);
	if (!cell_command(cell, COMB_CELL_DESTROY, 0))
		return 0;
	/* Another program was faster: what was wanted is done. */
	if (errno == ENODEV)
		return 0;
	if (errno == EIO) {
		comb_fail(err, COMB_FAILED, "a CPU does not come back; everything else is returned");
		return comb_hint(err, "comb kill %s once more, or reboot the machine",
				 cell->get.name);
	}
	return comb_request_fail("give the cell back", err);
}

/* ---- requests ---- */

#define TAKEN_WAIT_MS	500

/* The first doorbell the cell has published, or -1. It may have written anything. */
static int doorbell_find(const struct comb_mailbox_cell *said)
{
	uint32_t count = __atomic_load_n(&said->nr_doorbells, __ATOMIC_ACQUIRE);

	for (uint32_t i = 0; i < count && i < COMB_DOORBELLS_MAX; i++)
		if (__atomic_load_n(&said->doorbells[i].vector, __ATOMIC_RELAXED))
			return (int)i;
	return -1;
}

static void request_post(struct comb_mailbox_host *host, struct comb_mailbox_cell *said,
			 enum comb_request what, uint32_t argument)
{
	uint32_t sequence = host->request_seq;

	/* There is room for one: let the cell take the one before, if it still can. */
	for (int i = 0; i < TAKEN_WAIT_MS &&
	     __atomic_load_n(&said->request_done, __ATOMIC_ACQUIRE) != sequence; i++)
		usleep(1000);
	__atomic_store_n(&host->request, (uint32_t)what, __ATOMIC_RELAXED);
	__atomic_store_n(&host->request_argument, argument, __ATOMIC_RELAXED);
	__atomic_store_n(&host->request_seq, sequence + 1, __ATOMIC_RELEASE);
	__atomic_fetch_or(&said->pending, COMB_PENDING_CONTROL, __ATOMIC_SEQ_CST);
}

static int not_connected(const struct comb_cell *cell, struct comb_error *err)
{
	comb_fail(err, COMB_NO_CELL, "does not listen: it has no comb_cell.ko, or is not running");
	return comb_hint(err, "comb kill %s", cell->get.name);
}

int comb_cell_request(struct comb_cell *cell, enum comb_request what, uint32_t argument,
		      struct comb_error *err)
{
	struct comb_mailbox_cell *said;
	struct comb_mailbox_host *host;
	int doorbell, status;
	uint8_t *box;

	if (!(cell->get.flags & COMB_CELL_STARTED) ||
	    cell->get.mailbox_offset > cell->get.memory_bytes ||
	    cell->get.memory_bytes - cell->get.mailbox_offset < COMB_MAILBOX_SIZE)
		return not_connected(cell, err);
	/* Of its own, because cell->memory may be read-only. */
	box = mmap(NULL, COMB_MAILBOX_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, cell->fd,
		   (off_t)cell->get.mailbox_offset);
	if (box == MAP_FAILED)
		return comb_request_fail("map the mailbox", err);
	host = (void *)(box + COMB_MAILBOX_HOST_OFF);
	said = (void *)(box + COMB_MAILBOX_CELL_OFF);
	doorbell = doorbell_find(said);
	if (doorbell < 0) {
		status = not_connected(cell, err);
		goto out;
	}
	request_post(host, said, what, argument);
	/* Always, not only if nothing was pending: an earlier ring may have failed. */
	status = cell_command(cell, COMB_CELL_RING, (uint32_t)doorbell);
	if (status)
		status = errno == ENOTCONN ? not_connected(cell, err) :
					     comb_request_fail("ring the cell", err);
out:
	munmap(box, COMB_MAILBOX_SIZE);
	return status;
}
