// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kmsg_follow RAM SECONDS - follow the log of the machine whose RAM is the file RAM
 *
 * Prints "<PRIORITY>[TIME] TEXT" for each record, one line for each line of its
 * text; text found without the symbols has "<>[]" in front. Ends when the log
 * holds a panic, status 0, or after SECONDS, status 1. Talks about sources on stderr.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kmsg.h"

#define POLL_US	2000

static uint64_t last = UINT64_MAX;

static int record_print(const struct comb_kmsg_record *record, void *arg)
{
	const char *text = record->text, *end = text + record->length;

	(void)arg;
	if (record->partial)
		return -1;
	if (last != UINT64_MAX && record->sequence <= last)
		fprintf(stderr, "sequence %" PRIu64 " after %" PRIu64 "\n", record->sequence, last);
	last = record->sequence;
	do {
		size_t length = strcspn(text, "\n");

		if (length > (size_t)(end - text))
			length = (size_t)(end - text);
		if (record->time_ns == UINT64_MAX)
			printf("<>[] ");
		else
			printf("<%u>[%5" PRIu64 ".%06" PRIu64 "] ",
			       record->facility * 8u + record->level,
			       record->time_ns / 1000000000, record->time_ns / 1000 % 1000000);
		printf("%.*s\n", (int)length, text);
		text += length + 1;
	} while (text < end);
	return 0;
}

int main(int argc, char **argv)
{
	struct comb_range ranges[2] = {
		{ .start = 0, .bytes = 0xa0000 },
		{ .start = 0x100000, .offset = 0x100000 },
	};
	struct comb_ram ram = { .ranges = ranges, .nr_ranges = 2 };
	time_t deadline = time(NULL) + (argc == 3 ? atoi(argv[2]) : 0);
	enum comb_kmsg_source source = COMB_KMSG_NONE;
	struct comb_kmsg *kmsg = NULL;
	bool panic = false;
	char line[256];
	struct stat st;
	uint64_t next = 0;
	int fd;

	if (argc != 3 || (fd = open(argv[1], O_RDONLY)) < 0 || fstat(fd, &st) < 0)
		return 2;
	ram.size = (uint64_t)st.st_size;
	ranges[1].bytes = ram.size - ranges[1].start;
	ram.data = mmap(NULL, ram.size, PROT_READ, MAP_SHARED, fd, 0);
	if (ram.data == MAP_FAILED)
		return 2;
	while (!panic && time(NULL) < deadline) {
		if (source != COMB_KMSG_RINGBUFFER) {
			comb_kmsg_free(kmsg);
			kmsg = comb_kmsg_find(&ram, NULL);
			if (!kmsg)
				return 2;
			if (comb_kmsg_source(kmsg) != source)
				fprintf(stderr, "source %d at %" PRIu64 "\n",
					comb_kmsg_source(kmsg), next);
			source = comb_kmsg_source(kmsg);
		}
		panic = source == COMB_KMSG_RINGBUFFER && comb_kmsg_panic(kmsg, line, sizeof(line));
		if (panic)
			usleep(500000);
		next = comb_kmsg_read(kmsg, next, record_print, NULL);
		fflush(stdout);
		usleep(POLL_US);
	}
	if (panic)
		fprintf(stderr, "panic: %s\n", line);
	comb_kmsg_free(kmsg);
	return panic ? 0 : 1;
}
