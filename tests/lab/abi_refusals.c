// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * abi_refusals - every argument that comb.ko must refuse
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi.h"

static void test_heads(int cell)
{
	struct comb_info info = ARG(comb_info);
	struct { struct comb_info info; uint64_t more; } larger = { .info = info };
	unsigned long larger_cmd = _IOC(_IOC_READ | _IOC_WRITE, 'K', 0xc0, sizeof(larger));

	check_errno(ioctl(control, COMB_GET_INFO, NULL), EFAULT, "null argument");
	check_errno(ioctl(control, COMB_GET_INFO, (void *)-4096L), EFAULT, "kernel address");
	info.size--;
	check_errno(ioctl(control, COMB_GET_INFO, &info), EINVAL, "short size");
	info = ARG(comb_info, .reserved = { 0, 0, 0, 1 });
	check_errno(ioctl(control, COMB_GET_INFO, &info), EINVAL, "reserved field");
	info = ARG(comb_info);
	info.version++;
	check_errno(ioctl(control, COMB_GET_INFO, &info), EINVAL, "other version");
	larger.info.size = sizeof(larger);
	check(!ioctl(control, larger_cmd, &larger), "a larger structure with zeros is taken");
	larger.info = ARG(comb_info);
	larger.info.size = sizeof(larger);
	larger.more = 1;
	check_errno(ioctl(control, larger_cmd, &larger), E2BIG, "a larger structure with more");
	check_errno(ioctl(control, COMB_CELL_STOP, &info), ENOTTY, "cell request, control file");
	check_errno(ioctl(cell, COMB_GET_INFO, &info), ENOTTY, "control request, cell file");
	check_errno(ioctl(control, _IO('K', 0xff), &info), ENOTTY, "unknown request");
	check_errno(ioctl(control, _IOWR('L', 0xc0, info), &info), ENOTTY, "other type");
}

static void test_names(void)
{
	static const char * const bad[] = {
		"", ".x", "-x", "_x", "a/b", "a b", "a\n", "\xc3\xa4",
		"01234567890123456789012345678901",
	};
	struct comb_cell_name arg;
	char what[80];
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(what, sizeof(what), "bad name %u", i);
		check_errno(cell_create(bad[i]), EINVAL, what);
	}
	arg = ARG(comb_cell_name, .name = "x\0y");
	check_errno(ioctl(control, COMB_CELL_CREATE, &arg), EINVAL, "rest of name not zero");
	check_errno(cell_create("refused"), EEXIST, "name taken");
	arg = ARG(comb_cell_name, .name = "nobody");
	check_errno(ioctl(control, COMB_CELL_OPEN, &arg), ENOENT, "open of no cell");
}

static void test_cpus(int cell)
{
	uint32_t culprit = 77;

	check_errno(cell_add_cpus(cell, NULL, 1, 0, NULL), EFAULT, "null CPU list");
	check_errno(cell_add_cpus(cell, &(uint32_t){ 2 }, 0, 0, NULL), EINVAL, "no CPU");
	check_errno(cell_add_cpus(cell, &(uint32_t){ 2 }, COMB_CELL_CPUS_MAX + 1, 0, NULL), EINVAL,
		    "too many CPUs");
	check_errno(cell_add_cpus(cell, &(uint32_t){ 2 }, 1, 4, NULL), EINVAL, "unknown flag");
	check_errno(cell_add_cpus(cell, (uint32_t[]){ 2, 2 }, 2, 0, &culprit), EINVAL, "CPU twice");
	check_errno(cell_add_cpus(cell, &(uint32_t){ 0 }, 1, 0, &culprit), EBUSY, "boot CPU");
	check(culprit == 0, "culprit is the boot CPU");
	check_errno(cell_add_cpus(cell, (uint32_t[]){ 2, 4000000000u }, 2, 0, &culprit), ENXIO,
		    "no such CPU");
	check(culprit == 4000000000u, "culprit is the CPU that is none");
	check_errno(cell_add_cpus(cell, (uint32_t[]){ 2, 0 }, 2, 0, &culprit), EBUSY,
		    "boot CPU second");
	check(sysfs_is("lent_cpus", ""), "nothing is lent after refusals");
	check(sysfs_number("low_slices_free") == sysfs_number("low_slices"),
	      "no slice is lent after refusals");
}

static void test_memory(int cell)
{
	uint64_t available = 77;

	check_errno(cell_add_memory(cell, 0, 0, -1, NULL), EINVAL, "no bytes");
	check_errno(cell_add_memory(cell, 4096, 0, -1, NULL), EINVAL, "bytes not aligned");
	check_errno(cell_add_memory(cell, 4 * MIB, MIB, -1, NULL), EINVAL, "minimum not aligned");
	check_errno(cell_add_memory(cell, 4 * MIB, 6 * MIB, -1, NULL), EINVAL, "minimum too large");
	check_errno(cell_add_memory(cell, 4 * MIB, 0, -2, NULL), EINVAL, "node -2");
	check_errno(cell_add_memory(cell, 4 * MIB, 0, 999, NULL), ENXIO, "no such node");
	check_errno(cell_add_memory(cell, 1ULL << 40, 0, -1, &available), ENOMEM, "a terabyte");
	check(available && available < 1ULL << 40 && available % (2 * MIB) == 0,
	      "%llu MiB could be had", (unsigned long long)(available / MIB));
	check_errno(cell_add_memory(cell, -(2 * MIB), 0, -1, NULL), ENOMEM, "all of 2^64");
	check(sysfs_number("lent_memory") == 0, "no memory is lent after refusals");
}

static void test_start_refusals(int cell)
{
	struct comb_cell_start start = ARG(comb_cell_start);

	check_errno(ioctl(cell, COMB_CELL_START, &start), ENODATA, "start of an empty cell");
	check_errno(cell_command(cell, COMB_CELL_STOP, 1), EINVAL, "stop with an argument");
	check_errno(cell_command(cell, COMB_CELL_RING, 0), ENOTCONN, "ring before the start");
	check_errno(cell_command(cell, COMB_CELL_RING, 64), EINVAL, "ring of doorbell 64");
	check(!cell_command(cell, COMB_CELL_STOP, 0), "stop while loading does nothing");
	check(cell_get(cell, NULL).state == COMB_STATE_LOADING, "still loading");
	check(mmap(NULL, 4096, PROT_READ, MAP_SHARED, cell, 0) == MAP_FAILED, "mmap of nothing");
}

static void test_unprivileged(int cell)
{
	int status;

	if (!fork()) {
		struct comb_info info = ARG(comb_info);

		if (setuid(65534))
			_exit(1);
		check_errno(ioctl(control, COMB_GET_INFO, &info), EPERM, "control file, no root");
		check_errno(cell_command(cell, COMB_CELL_DESTROY, 0), EPERM, "cell file, no root");
		_exit(0);
	}
	wait(&status);
	check(!status, "child");
}

static void test_many(void)
{
	int fds[COMB_CELLS_MAX];
	unsigned int i, made = 0;
	char name[32];

	for (i = 0; i < COMB_CELLS_MAX; i++) {
		snprintf(name, sizeof(name), "many%u", i);
		fds[i] = cell_create(name);
		made += fds[i] >= 0;
	}
	/* One exists already. */
	check(made == COMB_CELLS_MAX - 1, "%u cells more", made);
	check_errno(cell_create("onemore"), ENOSPC, "more than COMB_CELLS_MAX");
	close(fds[0]);
	fds[0] = cell_create("reuse");
	check(fds[0] >= 0 && cell_get(fds[0], NULL).id == 2, "the lowest free number is used");
	for (i = 0; i < COMB_CELLS_MAX; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

void test_refusals(void)
{
	struct comb_info info = ARG(comb_info);
	int cell = cell_create("refused");

	check(cell >= 0, "create");
	check(!ioctl(control, COMB_GET_INFO, &info) && info.cells == 1 && info.tsc_khz &&
	      info.low_slices && info.low_slices == info.low_slices_free && info.doorbells,
	      "info: %u slices, TSC %llu kHz", info.low_slices, (unsigned long long)info.tsc_khz);
	test_heads(cell);
	test_names();
	test_cpus(cell);
	test_memory(cell);
	test_start_refusals(cell);
	test_unprivileged(cell);
	test_many();
	close(cell);
	check(!ioctl(control, COMB_GET_INFO, &info) && !info.cells, "closing destroys");
}
