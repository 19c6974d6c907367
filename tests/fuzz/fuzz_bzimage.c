// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_bzimage.c - damaged kernel images: parse, and load what is taken
 *
 * The first byte chooses: odd, the rest is the file; even, the rest is XORed over
 * a good image (so that the empty input is a good one) whose length is cut by the
 * second byte.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../unit/synthetic_bzimage.h"
#include "image.h"

#define MEMORY	(128ull << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void load(const struct comb_bzimage *kernel)
{
	static const struct comb_cpu cpu = { 1, 1, 0, 1 };
	static const struct comb_range range = { 5ull << 30, MEMORY, 0, 0, 0 };
	static struct comb_image image;
	static uint8_t *memory;
	struct comb_machine machine = {
		.info = { .tsc_khz = 1000000, .lapic_address = 0xfee00000 },
		.cpus = &cpu, .nr_cpus = 1, .ranges = &range, .nr_ranges = 1,
		.low_start = 0x10000, .low_bytes = COMB_LOW_SIZE,
	};
	struct comb_boot boot = { .name = "fuzz", .kernel = kernel };
	struct comb_error err = { 0 };

	if (!memory)
		memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		abort();
	if (comb_image_plan(&image, &machine, &boot, &err)) {
		if (!err.status || !err.what[0])
			abort();
		return;
	}
	if (comb_image_write(&image, &machine, &boot, memory, MEMORY, &err))
		abort();
	if (memcmp(memory + (image.kernel - range.start), kernel->data + kernel->payload,
		   kernel->payload_size))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = SYNTHETIC_SIGNED_SIZE;
	struct comb_bzimage kernel;
	struct comb_error err = { 0 };
	uint8_t *file;

	if (size && data[0] & 1) {
		len = size - 1;
		file = malloc(len + 1);
		memcpy(file, data + 1, len);
	} else {
		file = malloc(len);
		synthetic_make(file);
		synthetic_sign(file);
		for (size_t i = 2; i < size && i - 2 < len; i++)
			file[i - 2] ^= data[i];
		if (size > 1)
			len -= len * data[1] / 256;
	}
	/* Exactly as long as it says, so that a read beyond it is seen. */
	file = realloc(file, len ? len : 1);
	if (comb_bzimage_parse(&kernel, file, len, &err)) {
		if (err.status != COMB_USAGE || !err.what[0])
			abort();
	} else {
		if (kernel.payload + kernel.payload_size > len ||
		    strlen(kernel.release) >= sizeof(kernel.release) ||
		    kernel.setup_header + kernel.setup_header_size > len)
			abort();
		load(&kernel);
	}
	free(file);
	return 0;
}
