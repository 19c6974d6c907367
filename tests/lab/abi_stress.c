// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * abi_stress - several processes at once, and machines with other CPUs
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"

#define SECONDS	15

static void cell_loop(const char *name, uint32_t cpu, time_t end)
{
	unsigned int rounds = 0;

	while (time(NULL) < end) {
		int fd = cell_create(name);

		if (fd < 0)
			_exit(1);
		cell_add_cpus(fd, &cpu, 1, 0, NULL);
		if (!cell_add_memory(fd, 32 * MIB, 0, -1, NULL)) {
			char *ram = mmap(NULL, 32 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

			memset(ram, 0xee, 32 * MIB);
			if (rounds % 2)
				cell_command(fd, COMB_CELL_DESTROY, 0);
			munmap(ram, 32 * MIB);
		}
		close(fd);
		rounds++;
	}
	_exit(rounds < 3);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	/* Refusals are part of the game. */
	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		errno = 0;
	close(fd);
}

/* Somebody else plays with CPUs at the same time. */
static void hotplug_loop(time_t end)
{
	while (time(NULL) < end) {
		write_file("/sys/devices/system/cpu/cpu1/online", "0");
		write_file("/sys/devices/system/cpu/cpu3/online", "1");
		write_file("/sys/devices/system/cpu/cpu1/online", "1");
		write_file("/sys/devices/system/cpu/cpu2/online", "1");
	}
	write_file("/sys/devices/system/cpu/cpu1/online", "1");
	_exit(0);
}

static void reader_loop(time_t end)
{
	static const char * const files[] = {
		"cells/left/ranges", "cells/right/state", "lent_cpus", "cells/left/cpus",
	};
	struct comb_cell_name name = ARG(comb_cell_name, .name = "left");

	while (time(NULL) < end) {
		for (unsigned int i = 0; i < sizeof(files) / sizeof(files[0]); i++)
			sysfs_number(files[i]);
		int fd = ioctl(control, COMB_CELL_OPEN, &name);

		if (fd >= 0) {
			char *ram = mmap(NULL, 32 * MIB, PROT_READ, MAP_SHARED, fd, 0);

			cell_get(fd, NULL);
			if (ram != MAP_FAILED)
				munmap(ram, 32 * MIB);
			close(fd);
		}
	}
	_exit(0);
}

void test_stress(void)
{
	time_t end = time(NULL) + SECONDS;
	int status, bad = 0;

	if (!fork())
		cell_loop("left", 2, end);
	if (!fork())
		cell_loop("right", 3, end);
	if (!fork())
		cell_loop("third", 2, end);
	if (!fork())
		hotplug_loop(end);
	if (!fork())
		reader_loop(end);
	while (wait(&status) > 0)
		bad += status != 0;
	check(!bad, "%d s of everything at once", SECONDS);
}

/* CPUs 2 and 3 are one core, 4 and 5 another. */
void test_siblings(void)
{
	int cell = cell_create("core");
	struct comb_cpu cpus[2];
	struct comb_cell_get get = ARG(comb_cell_get, .nr_cpus = 2, .cpus = (uintptr_t)cpus);
	uint32_t culprit;

	check_errno(cell_add_cpus(cell, &(uint32_t){ 3 }, 1, 0, &culprit), EXDEV, "half a core");
	check(culprit == 3, "culprit is the half");
	check_errno(cell_add_cpus(cell, (uint32_t[]){ 2, 4 }, 2, 0, NULL), EXDEV, "two halves");
	check_errno(cell_add_cpus(cell, &(uint32_t){ 1 }, 1, 0, NULL), EXDEV, "sibling of CPU 0");
	check(!cell_add_cpus(cell, (uint32_t[]){ 2, 3 }, 2, 0, NULL), "a whole core");
	check(!ioctl(cell, COMB_CELL_GET, &get) && cpus[0].core == 2 && cpus[1].core == 2,
	      "both say which core");
	check(cell_add_cpus(cell, &(uint32_t){ 5 }, 1, COMB_CPUS_SPLIT_CORES, NULL) == 0,
	      "half a core on request");
	close(cell);
	check(sysconf(_SC_NPROCESSORS_ONLN) == 6, "all are back");
}
