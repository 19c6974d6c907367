/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bzimage.h - read a Linux/x86 bzImage (Documentation/arch/x86/boot.rst) */
#ifndef COMB_BZIMAGE_H
#define COMB_BZIMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/**
 * struct comb_bzimage - what the setup header of a bzImage says
 * @data: the whole file (borrowed)
 * @size: its length in bytes
 * @setup_header: offset of the setup header in @data (0x1f1)
 * @setup_header_size: its length in bytes
 * @payload: offset of the protected-mode kernel in @data
 * @payload_size: its length in bytes, from syssize
 * @init_size: memory the kernel needs from its load address on until it has
 *	read the memory map, in bytes; not below @payload_size
 * @alignment: required alignment of the load address, in bytes, a power of two
 * @pref_address: preferred load address; loaded lower, the kernel would move
 *	itself up to it without looking at the memory map
 * @entry_offset: offset of the 64-bit entry point from the load address (0x200)
 * @cmdline_size: longest command line, without the NUL
 * @version: boot protocol, 0x20f for 2.15
 * @above_4g: kernel, initramfs and command line may lie above 4 GiB
 * @release: utsname release, NUL-terminated, "" if the image does not tell
 */
struct comb_bzimage {
	const uint8_t *data;
	size_t size;
	size_t setup_header;
	size_t setup_header_size;
	size_t payload;
	size_t payload_size;
	uint64_t init_size;
	uint64_t alignment;
	uint64_t pref_address;
	uint64_t entry_offset;
	size_t cmdline_size;
	unsigned int version;
	bool above_4g;
	char release[65];
};

/*
 * Never reads beyond @size. COMB_USAGE with a reason: no bzImage, truncated (the
 * signature at its end included), no 64-bit entry (XLF_KERNEL_64), not
 * relocatable, boot protocol older than 2.12.
 */
int comb_bzimage_parse(struct comb_bzimage *image, const void *data, size_t size,
		       struct comb_error *err);

#endif
