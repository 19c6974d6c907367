/* SPDX-License-Identifier: GPL-2.0-or-later */
/* image_fixture.h - a machine, a kernel and a cell to plan images for */
#ifndef IMAGE_FIXTURE_H
#define IMAGE_FIXTURE_H

#include "bzimage.h"
#include "image.h"
#include "synthetic_bzimage.h"

#define MIB	0x100000ull
#define GIB	0x40000000ull

static uint8_t file[SYNTHETIC_SIGNED_SIZE];
static struct comb_bzimage kernel;
static const struct comb_cpu cpus[] = { { 2, 2, 0, 2 }, { 3, 3, 0, 2 } };
static struct comb_range ranges[COMB_CELL_RANGES_MAX];
static struct comb_image image;
static struct comb_error err;

static inline struct comb_machine machine(unsigned int nr)
{
	uint64_t offset = 0;

	for (unsigned int i = 0; i < nr; i++) {
		ranges[i].offset = offset;
		offset += ranges[i].bytes;
	}
	return (struct comb_machine){
		.info = { .boot_apic_id = 0, .tsc_khz = 2345678, .lapic_address = 0xfee00000 },
		.cpus = cpus,
		.nr_cpus = 2,
		.ranges = ranges,
		.nr_ranges = nr,
		.low_start = 0x10000,
		.low_bytes = COMB_LOW_SIZE,
	};
}

static inline struct comb_boot boot(void)
{
	struct comb_boot b = { .name = "db", .cell_id = 3, .kernel = &kernel,
			       .heartbeat_ms = 1000, .wall_ns = 1234567890123456789ull,
			       .wall_tsc = 42 };

	for (unsigned int i = 0; i < sizeof(b.seed); i++)
		b.seed[i] = (uint8_t)(i + 1);
	return b;
}

static inline int setup(void **state)
{
	(void)state;
	synthetic_make(file);
	memset(&err, 0, sizeof(err));
	return comb_bzimage_parse(&kernel, file, SYNTHETIC_SIZE, &err);
}

#endif
