// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_vmcoreinfo.c - the text of a note, alone and found in RAM
 *
 * The input is tried as it is, and as a list of edits of a good note: where (2 bytes),
 * what to put there (1 byte).
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/synthetic_kernel.h"
#include "ram.h"
#include "vmcoreinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool space_open(const struct vmcoreinfo *info, void *arg)
{
	struct ram_space space;

	vmcoreinfo_space(info, arg, &space);
	return false;
}

static void ram_search(const uint8_t *data, size_t size)
{
	struct comb_range ranges[2] = {
		{ .start = 0x1000000, .bytes = size / 2, .offset = 0 },
		{ .start = 0x100000000, .bytes = UINT64_MAX, .offset = size / 2 },
	};
	struct comb_ram ram = { data, size, ranges, 2 };

	vmcoreinfo_search(&ram, space_open, &ram);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct synthetic sk = { .levels = 4 };
	struct vmcoreinfo info;
	char note[SK_PAGE];
	uint8_t page[2 * SK_PAGE] = { 0 };
	size_t length;

	vmcoreinfo_parse(&info, (const char *)data, size);
	ram_search(data, size);

	length = sk_vmcoreinfo(&sk, note, sizeof(note));
	for (size_t at = 0; at + 3 <= size; at += 3)
		note[(data[at] | (unsigned int)data[at + 1] << 8) % length] = (char)data[at + 2];
	vmcoreinfo_parse(&info, note, length);
	sk_put_note(page, note, length);
	ram_search(page, sizeof(page));
	return 0;
}
