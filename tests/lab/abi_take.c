// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * abi_take - CPUs and RAM go to a cell and come back
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "abi.h"

static sigjmp_buf bus_return;

static void on_bus(int signal)
{
	(void)signal;
	siglongjmp(bus_return, 1);
}

static bool raises_sigbus(volatile char *address)
{
	struct sigaction action = { .sa_handler = on_bus }, old;
	bool raised = true;

	sigaction(SIGBUS, &action, &old);
	if (!sigsetjmp(bus_return, 1)) {
		(void)*address;
		raised = false;
	}
	sigaction(SIGBUS, &old, NULL);
	return raised;
}

static bool is_zero(const uint64_t *words, uint64_t bytes)
{
	for (uint64_t i = 0; i < bytes / 8; i++)
		if (words[i])
			return false;
	return true;
}

static void check_cpus(int cell)
{
	struct comb_cpu cpus[2];
	struct comb_cell_get get = ARG(comb_cell_get, .nr_cpus = 2, .cpus = (uintptr_t)cpus);
	uint32_t culprit;
	int other;

	check(!cell_add_cpus(cell, (uint32_t[]){ 3, 2 }, 2, 0, NULL), "take CPUs 3 and 2");
	check(sysconf(_SC_NPROCESSORS_ONLN) == 2, "two are left");
	check(sysfs_is("lent_cpus", "2-3") && sysfs_is("cells/taker/cpus", "2-3"), "sysfs: 2-3");
	check(!cpu_set_online(2, '1'), "nobody can bring it online");
	check(!ioctl(cell, COMB_CELL_GET, &get) && get.nr_cpus == 2 && cpus[0].cpu == 3 &&
	      cpus[1].cpu == 2 && cpus[0].apic_id != cpus[1].apic_id, "they are listed in order");
	check(get.low_start >= 0x10000 && get.low_start + get.low_bytes <= 0xa0000 &&
	      get.low_bytes == COMB_LOW_SIZE, "slice at %#llx", (unsigned long long)get.low_start);
	other = cell_create("other");
	check_errno(cell_add_cpus(other, &(uint32_t){ 2 }, 1, 0, &culprit), EBUSY, "taken CPU");
	check(culprit == 2, "culprit is the taken CPU");
	close(other);
}

static void check_mapping(int cell, const struct comb_range *range)
{
	char *ram, *part;
	struct iovec from = { .iov_len = 8192 }, to = { .iov_len = 8192 };
	char *buffer = malloc(8192);

	ram = mmap(NULL, range->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, cell, 0);
	check(ram != MAP_FAILED, "map it");
	check(is_zero((uint64_t *)ram, range->bytes), "it is zero");
	part = mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, cell, 6 * MIB);
	check(part != MAP_FAILED, "map a part");
	memset(part, 0xa5, 4 * MIB);
	check(!memcmp(ram + 6 * MIB, part, 4 * MIB), "both mappings show the same");
	check(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, cell, 0) == MAP_FAILED, "no private mapping");
	check(mmap(NULL, 4096, PROT_READ, MAP_SHARED, cell, range->bytes) == MAP_FAILED,
	      "no mapping beyond the end");
	check(lseek(cell, 0, SEEK_END) == (off_t)range->bytes, "lseek tells the size");

	from.iov_base = buffer;
	to.iov_base = ram + 20 * MIB - 4096;
	memset(buffer, 0x3c, 8192);
	check(process_vm_writev(getpid(), &from, 1, &to, 1, 0) == 8192 &&
	      !memcmp(to.iov_base, buffer, 8192), "get_user_pages() works");
	free(buffer);
	check(!cell_command(cell, COMB_CELL_DESTROY, 0), "destroy");
	check(raises_sigbus(ram) && raises_sigbus(part), "access raises SIGBUS then");
	munmap(ram, range->bytes);
	munmap(part, 4 * MIB);
}

static void check_dead(int cell)
{
	struct comb_cell_get get = ARG(comb_cell_get);
	struct pollfd poller = { .fd = cell, .events = POLLIN };

	check_errno(ioctl(cell, COMB_CELL_GET, &get), ENODEV, "get of a destroyed cell");
	check_errno(cell_command(cell, COMB_CELL_DESTROY, 0), ENODEV, "destroy twice");
	check(mmap(NULL, 4096, PROT_READ, MAP_SHARED, cell, 0) == MAP_FAILED && errno == ENODEV,
	      "mmap of a destroyed cell");
	check(poll(&poller, 1, 0) == 1 && poller.revents & POLLHUP, "poll of a destroyed cell");
}

static void check_fragments(void)
{
	uint64_t spare = 0, available = 0;
	int cell = cell_create("pieces"), ret;

	check(!cell_add_memory(cell, 2 * MIB, 0, 0, NULL), "2 MiB of node 0");
	check(!cell_add_memory(cell, 64 * MIB, 64 * MIB, -1, NULL), "64 MiB in one piece");
	check(cell_get(cell, NULL).nr_ranges == 2 &&
	      cell_get(cell, NULL).memory_bytes == 66 * MIB, "two ranges, 66 MiB");
	cell_add_memory(cell, 1ULL << 40, 0, -1, &spare);
	/* Nearly all there is: in one piece it depends on the machine's holes. */
	errno = 0;
	ret = cell_add_memory(cell, spare - 64 * MIB, spare - 64 * MIB, -1, &available);
	check(!ret || (errno == ENOMEM && available < spare), "%llu MiB in one piece: %s",
	      (unsigned long long)(spare / MIB - 64), ret ? "not here" : "done");
	check(cell_get(cell, NULL).memory_bytes == 66 * MIB + (ret ? 0 : spare - 64 * MIB),
	      "all or nothing of it");
	close(cell);
	check(sysfs_number("lent_memory") == 0, "all is back");
}

/* More one-CPU cells than slices would do, if there were as many CPUs. */
static void check_one_cpu(void)
{
	int cell = cell_create("one");

	check(!cell_add_cpus(cell, &(uint32_t){ 3 }, 1, 0, NULL), "one CPU");
	check(!cell_add_cpus(cell, &(uint32_t){ 2 }, 1, 0, NULL), "and another one later");
	check(cell_get(cell, NULL).nr_cpus == 2, "two CPUs");
	close(cell);
	check(sysconf(_SC_NPROCESSORS_ONLN) == 4, "closing gives them back");
}

void test_take(void)
{
	int cell = cell_create("taker"), again;
	struct comb_cell_name name = ARG(comb_cell_name, .name = "taker");
	struct comb_range range;
	struct comb_cell_get get;

	check(cell >= 0, "create");
	check(sysfs_is("cells/taker/state", "loading"), "sysfs: loading");
	check_cpus(cell);
	check(!cell_add_memory(cell, 128 * MIB, 128 * MIB, -1, NULL), "take 128 MiB");
	get = cell_get(cell, &range);
	check(get.nr_ranges == 1 && range.bytes == 128 * MIB && range.offset == 0 &&
	      range.start % (2 * MIB) == 0 && range.start >= 16 * MIB, "one range at %#llx",
	      (unsigned long long)range.start);
	check(sysfs_number("lent_memory") == 128 * MIB, "sysfs: 128 MiB");
	again = ioctl(control, COMB_CELL_OPEN, &name);
	check(again >= 0 && cell_get(again, NULL).id == get.id, "open it by name");
	check(fcntl(again, F_GETFD) & FD_CLOEXEC, "close-on-exec");
	check_mapping(cell, &range);
	check_dead(cell);
	check_dead(again);
	check(sysconf(_SC_NPROCESSORS_ONLN) == 4, "all CPUs are back");
	check(access(SYSFS "cells/taker", F_OK) < 0, "sysfs: the cell is gone");
	close(again);
	close(cell);
	check_one_cpu();
	check_fragments();
}

/* Pages in a pipe are still used when their cell is gone. */
void test_limbo(void)
{
	int cell = cell_create("limbo"), pipes[2];
	struct iovec iov = { .iov_len = 16 * 4096 };
	char *ram;

	check(!cell_add_memory(cell, 16 * MIB, 0, -1, NULL) && !pipe(pipes), "16 MiB, a pipe");
	ram = mmap(NULL, 16 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, cell, 0);
	memset(ram, 0x77, 16 * MIB);
	iov.iov_base = ram + MIB;
	check(vmsplice(pipes[1], &iov, 1, SPLICE_F_NONBLOCK) == 16 * 4096, "16 pages in a pipe");
	check(!cell_command(cell, COMB_CELL_DESTROY, 0), "destroy");
	check(sysfs_number("limbo_memory") == 16 * 4096, "they are in limbo");
	check_limbo_ends(pipes, 0x77);
	munmap(ram, 16 * MIB);
	close(cell);
}
