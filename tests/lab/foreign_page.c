// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * foreign_page - a page of one kernel, written by another through /dev/mem
 *
 * usage: foreign_page hold		have a page, print its physical address, wait until it
 *					changes: "changed"
 *        foreign_page write ADDRESS	change it
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE		4096
#define WAIT_S		60
/* Documentation/admin-guide/mm/pagemap.rst: bits 0 to 54 are the page frame number */
#define PAGEMAP_PFN	((1ULL << 55) - 1)

static int page_hold(void)
{
	volatile uint8_t *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry;

	if (page == MAP_FAILED || fd < 0)
		return 1;
	memset((void *)page, 'h', PAGE);
	if (pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)page / PAGE * sizeof(entry))) !=
	    sizeof(entry))
		return 1;
	printf("0x%llx\n", (unsigned long long)((entry & PAGEMAP_PFN) * PAGE));
	fflush(stdout);
	for (int i = 0; i < WAIT_S * 10 && page[0] == 'h'; i++)
		usleep(100000);
	puts(page[0] == 'c' ? "changed" : "unchanged");
	return page[0] != 'c';
}

static int page_write(uint64_t address)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC);
	uint8_t *page;

	if (fd < 0) {
		perror("/dev/mem");
		return 1;
	}
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)address);
	if (page == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	page[0] = 'c';
	return 0;
}

int main(int argc, char *argv[])
{
	if (argc == 2 && !strcmp(argv[1], "hold"))
		return page_hold();
	if (argc == 3 && !strcmp(argv[1], "write"))
		return page_write(strtoull(argv[2], NULL, 0));
	fprintf(stderr, "usage: foreign_page hold | write ADDRESS\n");
	return 2;
}
