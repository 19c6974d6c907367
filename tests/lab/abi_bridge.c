// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * abi_bridge - bridges: RAM that cells and the host share
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi.h"

#define DEVICE(name)	COMB_BRIDGE_DIR "/" name

static int bridge_open(const char *name, uint64_t bytes)
{
	struct comb_bridge_open arg = ARG(comb_bridge_open, .bytes = bytes, .node = -1);

	memcpy(arg.name, name, strnlen(name, sizeof(arg.name)));
	return ioctl(control, COMB_BRIDGE_OPEN, &arg);
}

static int bridge_add(int cell, int bridge)
{
	struct comb_cell_bridge arg = ARG(comb_cell_bridge, .fd = bridge);

	return ioctl(cell, COMB_CELL_ADD_BRIDGE, &arg);
}

static void *bridge_map(int fd, uint64_t bytes, int protection)
{
	void *memory = mmap(NULL, bytes, protection, MAP_SHARED, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

/* The device goes when its bridge does; both are noticed at once. */
static bool bridge_is_gone(const char *name)
{
	char path[128];
	bool sysfs;

	snprintf(path, sizeof(path), SYSFS "bridges/%s", name);
	sysfs = access(path, F_OK) && errno == ENOENT;
	snprintf(path, sizeof(path), COMB_BRIDGE_DIR "/%s", name);
	return sysfs && access(path, F_OK) && errno == ENOENT;
}

static void check_refusals(void)
{
	struct comb_bridge_open arg = ARG(comb_bridge_open, .bytes = 2 * MIB, .node = -1,
					  .name = "r", .flags = 1);
	struct comb_bridge_get get = ARG(comb_bridge_get);
	int cell, fd;

	check_errno(ioctl(control, COMB_BRIDGE_OPEN, &arg), EINVAL, "flags");
	arg.flags = 0;
	arg.reserved = 1;
	check_errno(ioctl(control, COMB_BRIDGE_OPEN, &arg), EINVAL, "reserved field");
	arg.reserved = 0;
	arg.node = 99;
	check_errno(ioctl(control, COMB_BRIDGE_OPEN, &arg), ENXIO, "no such node");
	arg.node = -2;
	check_errno(ioctl(control, COMB_BRIDGE_OPEN, &arg), EINVAL, "bad node");
	arg.node = -1;
	arg.version = 2;
	check_errno(ioctl(control, COMB_BRIDGE_OPEN, &arg), EINVAL, "version");
	check_errno(ioctl(control, COMB_BRIDGE_OPEN, NULL), EFAULT, "no argument");
	check_errno(bridge_open("", 2 * MIB), EINVAL, "no name");
	check_errno(bridge_open("../x", 2 * MIB), EINVAL, "a path");
	check_errno(bridge_open("r", 4096), EINVAL, "a page");
	check_errno(bridge_open("r", 0), ENOENT, "not there, no size");
	arg.version = COMB_ABI_VERSION;
	arg.bytes = 1ULL << 50;
	check_errno(ioctl(control, COMB_BRIDGE_OPEN, &arg), ENOMEM, "1 PiB");
	check(arg.available && arg.available < 1ULL << 40, "at best %llu MiB",
	      (unsigned long long)arg.available >> 20);
	check_errno(bridge_open("r", UINT64_MAX & ~(2 * MIB - 1)), ENOMEM, "as much as there is");

	fd = bridge_open("r", 2 * MIB);
	cell = cell_create("r");
	check(fd >= 0 && cell >= 0, "a bridge and a cell of one name");
	check_errno(bridge_open("r", 4 * MIB), ERANGE, "another size");
	check_errno(bridge_add(cell, control), EBADF, "the control file is no bridge");
	check_errno(bridge_add(cell, cell), EBADF, "a cell is no bridge");
	check_errno(bridge_add(cell, -1), EBADF, "no file");
	check_errno(bridge_add(fd, fd), ENOTTY, "a bridge is no cell");
	check_errno(ioctl(cell, COMB_BRIDGE_GET, &get), ENOTTY, "a cell, asked as a bridge");
	get.version = 9;
	check_errno(ioctl(fd, COMB_BRIDGE_GET, &get), EINVAL, "version of GET");
	check(!bridge_add(cell, fd), "add");
	check_errno(bridge_add(cell, fd), EEXIST, "twice");
	close(cell);
	close(fd);
}

static void check_window(void)
{
	int fd = bridge_open("w", 4 * MIB), again = bridge_open("w", 0), device, reader;
	struct comb_bridge_get get = ARG(comb_bridge_get);
	char text[16] = "", *ram, *same;
	struct stat st;

	check(fd >= 0 && again >= 0, "opened twice, once without a size");
	if (ioctl(fd, COMB_BRIDGE_GET, &get))
		memset(&get, 0xff, sizeof(get));
	check(get.bridge.bytes == 4 * MIB && !get.cells && get.files == 2 &&
	      !strcmp(get.bridge.name, "w") && get.bridge.start >= 16 * MIB &&
	      !(get.bridge.start % COMB_MEMORY_UNIT), "4 MiB at %#llx",
	      (unsigned long long)get.bridge.start);
	check(sysfs_number("bridges/w/size") == 4 * MIB && sysfs_is("bridges/w/files", "2") &&
	      sysfs_is("bridges/w/cells", "0"), "sysfs says so, too");
	check(sysfs_number("lent_memory") == 4 * MIB, "it counts as lent");
	check(!stat(DEVICE("w"), &st) && S_ISCHR(st.st_mode) && (st.st_mode & 0777) == 0600,
	      "its device is root's");
	device = open(DEVICE("w"), O_RDWR | O_CLOEXEC);
	reader = open(DEVICE("w"), O_RDONLY | O_CLOEXEC);
	ram = bridge_map(fd, 4 * MIB, PROT_READ | PROT_WRITE);
	same = bridge_map(device, 4 * MIB, PROT_READ | PROT_WRITE);
	check(ram && same && lseek(device, 0, SEEK_END) == (off_t)(4 * MIB), "mapped, and its size");
	check(!ram[0] && !memcmp(ram, ram + 1, 4 * MIB - 1), "clear");
	strcpy(ram + 4 * MIB - 8, "end");
	check(!strcmp(same + 4 * MIB - 8, "end"), "both mappings show the same");
	check(pread(reader, text, 8, (off_t)(4 * MIB) - 8) == 8 && !strcmp(text, "end"), "read");
	check(pread(reader, text, 8, (off_t)(4 * MIB)) == 0, "the end is the end");
	check(pwrite(device, "hello", 6, 0) == 6 && !strcmp(ram, "hello"), "write");
	check_errno(pwrite(device, "x", 1, (off_t)(4 * MIB)), ENOSPC, "write behind the end");
	check_errno(bridge_map(fd, 6 * MIB, PROT_READ) ? 0 : -1, EINVAL, "map more than there is");
	check_errno(bridge_map(reader, MIB, PROT_WRITE) ? 0 : -1, EACCES, "write by a reader");
	check(bridge_map(reader, MIB, PROT_READ) != NULL, "a reader maps it");
	check(!madvise(same, 4 * MIB, MADV_DONTNEED) && !strcmp(same, "hello"), "mapped again");
	close(again);
	close(fd);
	close(device);
	close(reader);
	check(!strcmp(ram, "hello") && !bridge_is_gone("w"), "a mapping keeps it");
	/* All of them, whatever the reader's was. */
	munmap(ram, 4 * MIB);
	munmap(same, 4 * MIB);
	check(!bridge_is_gone("w"), "so does the reader's");
}

/* Who forgets its mappings and files: the kernel ends them. */
static void in_child(void (*run)(void))
{
	pid_t child = fork();

	if (!child) {
		run();
		fflush(stdout);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void check_cells(void)
{
	int fd = bridge_open("c", 2 * MIB), one = cell_create("one"), two = cell_create("two");
	struct comb_bridge bridge = { 0 };
	struct comb_cell_get get = ARG(comb_cell_get, .nr_bridges = 1,
				       .bridges = (uintptr_t)&bridge);
	char text[8] = "";
	int again;

	check(!bridge_add(one, fd) && !bridge_add(two, fd), "one bridge, two cells");
	check(pwrite(fd, "stays", 6, 0) == 6, "the host writes");
	check(!close(fd), "and leaves");
	check(!ioctl(one, COMB_CELL_GET, &get) && get.nr_bridges == 1 &&
	      !strcmp(bridge.name, "c") && bridge.bytes == 2 * MIB, "a cell tells of it");
	check(sysfs_is("cells/two/bridges", "c") && sysfs_is("bridges/c/cells", "2") &&
	      sysfs_is("bridges/c/files", "0"), "sysfs says so, too");
	check(!cell_command(one, COMB_CELL_DESTROY, 0), "the first cell is destroyed");
	again = open(DEVICE("c"), O_RDWR | O_CLOEXEC);
	check(pread(again, text, 6, 0) == 6 && !strcmp(text, "stays"), "the bridge is as it was");
	check(sysfs_is("bridges/c/cells", "1"), "one cell left");
	close(again);
	close(two);
	check(bridge_is_gone("c"), "gone with the last cell, which was not even started");
	close(one);
}

static void check_many(void)
{
	int fd[COMB_BRIDGES_MAX], cell = cell_create("many"), n, added = 0;
	char name[16];

	for (n = 0; n < COMB_BRIDGES_MAX; n++) {
		snprintf(name, sizeof(name), "m%d", n);
		fd[n] = bridge_open(name, 2 * MIB);
		if (fd[n] < 0)
			break;
	}
	check(n == COMB_BRIDGES_MAX, "%d bridges", n);
	check_errno(bridge_open("more", 2 * MIB), ENOSPC, "one more");
	while (added < n && !bridge_add(cell, fd[added]))
		added++;
	check(errno == ENOSPC && added == COMB_CELL_BRIDGES_MAX, "%d of them in a cell", added);
	close(cell);
	while (n > 0)
		close(fd[--n]);
	check(!sysfs_number("lent_memory"), "all are gone");
}

/* Pages that somebody still holds must not be used for anything else. */
static void check_limbo(void)
{
	int fd = bridge_open("l", 2 * MIB), pipes[2];
	struct iovec iov = { .iov_len = 4096 };
	char *ram = bridge_map(fd, 2 * MIB, PROT_READ | PROT_WRITE);

	memset(ram, 0x66, 2 * MIB);
	iov.iov_base = ram;
	check(!pipe(pipes) && vmsplice(pipes[1], &iov, 1, SPLICE_F_NONBLOCK) == 4096,
	      "a page in a pipe");
	munmap(ram, 2 * MIB);
	close(fd);
	check(bridge_is_gone("l") && sysfs_number("limbo_memory") == 4096, "it is in limbo");
	check_limbo_ends(pipes, 0x66);
}

/* Opening by name and by device while the last user leaves, again and again. */
static void check_race(void)
{
	pid_t children[4];
	int good = 1, status;

	for (int i = 0; i < 4; i++) {
		children[i] = fork();
		if (children[i])
			continue;
		for (int round = 0; round < 300; round++) {
			int fd = i % 2 ? open(DEVICE("race"), O_RDWR | O_CLOEXEC) :
					 bridge_open("race", 2 * MIB);
			char byte = 1;

			if (fd < 0 && i % 2 == 0)
				_exit(1);
			if (fd >= 0 && (pwrite(fd, &byte, 1, 5) != 1 || close(fd)))
				_exit(2);
		}
		_exit(0);
	}
	for (int i = 0; i < 4; i++)
		good &= waitpid(children[i], &status, 0) == children[i] && !status;
	check(good, "four processes open and close it");
	check(bridge_is_gone("race"), "and it is gone");
}

void test_bridges(void)
{
	check_refusals();
	check(bridge_is_gone("r"), "gone with the last file");
	in_child(check_window);
	check(bridge_is_gone("w"), "gone with the last mapping");
	check_cells();
	check_many();
	check_limbo();
	check_race();
}
