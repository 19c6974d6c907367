// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cluster_map.c - FILE TEXT: write TEXT to FILE through a shared mapping, and unmap it
 *
 * For the lab test "cluster", which reads it in another cell.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	size_t size = argc == 3 ? strlen(argv[2]) : 0;
	int fd = size ? open(argv[1], O_RDWR | O_CREAT, 0644) : -1;
	char *map;

	if (fd < 0 || ftruncate(fd, (off_t)size)) {
		perror("cluster_map: FILE TEXT");
		return 1;
	}
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		perror("cluster_map: mmap");
		return 1;
	}
	memcpy(map, argv[2], size);
	return munmap(map, size) || close(fd) ? 1 : 0;
}
