// SPDX-License-Identifier: GPL-2.0-or-later
#include "kmsg.h"

#include <stdlib.h>
#include <string.h>

#include "printk.h"
#include "ram.h"
#include "rawlog.h"
#include "vmcoreinfo.h"

/* Where struct new_utsname may be: uts_namespace begins with it or with a reference count. */
#define UTS_SIZE	512u

struct comb_kmsg {
	struct comb_ram ram;
	struct comb_range ranges[COMB_CELL_RANGES_MAX];
	enum comb_kmsg_source source;
	struct vmcoreinfo info;		/* empty text: none */
	struct printk_ring ring;
	struct rawlog raw;
	int score;
};

/*
 * Does the kernel the data describes exist in this RAM? Its own idea of its
 * release must be where the data says.
 */
static bool release_matches(const struct vmcoreinfo *info, const struct ram_space *space)
{
	uint8_t uts[UTS_SIZE];

	return info->uts && space_read(space, info->uts, uts, sizeof(uts)) &&
	       memmem(uts, sizeof(uts), info->release, strlen(info->release) + 1);
}

/*
 * A RAM can hold several copies of VMCOREINFO: note and bare text of the kernel
 * that runs, of one that ran before a kexec, or a forgery in someone's file. A copy
 * whose ring buffer is there counts most, then one whose kernel is there, then notes.
 */
static bool candidate_consider(const struct vmcoreinfo *info, void *arg)
{
	struct comb_kmsg *kmsg = arg;
	struct ram_space space;
	struct printk_ring ring = { 0 };
	int score = 1 + info->is_note;

	if (vmcoreinfo_space(info, &kmsg->ram, &space)) {
		score += 2 * release_matches(info, &space);
		score += 4 * printk_open(&ring, info, &space);
	}
	if (score > kmsg->score) {
		kmsg->score = score;
		kmsg->info = *info;
		kmsg->ring = ring;
		kmsg->source = score > 4 ? COMB_KMSG_RINGBUFFER : COMB_KMSG_NONE;
	}
	return score == 8;
}

struct comb_kmsg *comb_kmsg_find(const struct comb_ram *ram, struct comb_error *err)
{
	struct comb_kmsg *kmsg = calloc(1, sizeof(*kmsg));

	if (!kmsg)
		goto err_memory;
	kmsg->ram = *ram;
	if (kmsg->ram.nr_ranges > COMB_CELL_RANGES_MAX)
		kmsg->ram.nr_ranges = COMB_CELL_RANGES_MAX;
	if (kmsg->ram.nr_ranges)
		memcpy(kmsg->ranges, ram->ranges, kmsg->ram.nr_ranges * sizeof(kmsg->ranges[0]));
	kmsg->ram.ranges = kmsg->ranges;
	if (vmcoreinfo_search(&kmsg->ram, candidate_consider, kmsg) < 0)
		goto err_memory;
	if (kmsg->source == COMB_KMSG_NONE && rawlog_find(&kmsg->ram, &kmsg->raw))
		kmsg->source = COMB_KMSG_RAW;
	return kmsg;

err_memory:
	free(kmsg);
	comb_fail(err, COMB_FAILED, "out of memory while searching a kernel's log");
	comb_hint(err, "free some memory and try again");
	return NULL;
}

void comb_kmsg_free(struct comb_kmsg *kmsg)
{
	free(kmsg);
}

enum comb_kmsg_source comb_kmsg_source(const struct comb_kmsg *kmsg)
{
	return kmsg->source;
}

const char *comb_kmsg_vmcoreinfo(const struct comb_kmsg *kmsg, size_t *length)
{
	if (kmsg->info.length == 0)
		return NULL;
	*length = kmsg->info.length;
	return kmsg->info.text;
}

bool comb_kmsg_space(const struct comb_kmsg *kmsg, struct ram_space *space)
{
	return kmsg->info.length && vmcoreinfo_space(&kmsg->info, &kmsg->ram, space);
}

const char *comb_kmsg_release(const struct comb_kmsg *kmsg)
{
	return kmsg->info.release;
}

uint64_t comb_kmsg_read(const struct comb_kmsg *kmsg, uint64_t from, comb_kmsg_fn fn, void *arg)
{
	switch (kmsg->source) {
	case COMB_KMSG_RINGBUFFER:
		return printk_read(&kmsg->ring, from, fn, arg);
	case COMB_KMSG_RAW:
		return rawlog_read(&kmsg->raw, from, fn, arg);
	case COMB_KMSG_NONE:
		break;
	}
	return from;
}

struct panic_line {
	bool found;
	char *line;
	size_t size;
};

static int panic_match(const struct comb_kmsg_record *record, void *arg)
{
	static const char prefix[] = "Kernel panic - not syncing";
	struct panic_line *panic = arg;
	size_t i;

	/* Another facility is user space writing to /dev/kmsg. */
	if (record->facility != 0 || record->length < sizeof(prefix) - 1 ||
	    memcmp(record->text, prefix, sizeof(prefix) - 1) != 0)
		return 0;
	panic->found = true;
	if (panic->size == 0)
		return 0;
	for (i = 0; i < record->length && i < panic->size - 1 && record->text[i] != '\n'; i++) {
		char c = record->text[i];

		panic->line[i] = c >= ' ' && c <= '~' ? c : '?';
	}
	panic->line[i] = '\0';
	return 0;
}

bool comb_kmsg_panic(const struct comb_kmsg *kmsg, char *line, size_t size)
{
	struct panic_line panic = { .line = line, .size = size };

	comb_kmsg_read(kmsg, 0, panic_match, &panic);
	return panic.found;
}
