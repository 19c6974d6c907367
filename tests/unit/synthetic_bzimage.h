/* SPDX-License-Identifier: GPL-2.0-or-later */
/* synthetic_bzimage.h - a bzImage that has everything but a kernel */
#ifndef SYNTHETIC_BZIMAGE_H
#define SYNTHETIC_BZIMAGE_H

#include <asm/bootparam.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SYNTHETIC_SETUP_SECTS	7u
#define SYNTHETIC_PAYLOAD	((SYNTHETIC_SETUP_SECTS + 1) * 512u)
#define SYNTHETIC_PAYLOAD_SIZE	0x6000u
#define SYNTHETIC_SIGNATURE	1472u
#define SYNTHETIC_SIZE		(SYNTHETIC_PAYLOAD + SYNTHETIC_PAYLOAD_SIZE)
#define SYNTHETIC_SIGNED_SIZE	(SYNTHETIC_SIZE + SYNTHETIC_SIGNATURE)
#define SYNTHETIC_INIT_SIZE	0x2f00000u
#define SYNTHETIC_RELEASE	"6.1.0-synthetic"
#define SYNTHETIC_VERSION_AT	0x600u
#define SYNTHETIC_PE		0x80u

/* The setup header as a packed copy, to be changed and put back. */
static inline struct setup_header synthetic_header(const uint8_t *image)
{
	struct setup_header hdr;

	memcpy(&hdr, image + offsetof(struct boot_params, hdr), sizeof(hdr));
	return hdr;
}

static inline void synthetic_set_header(uint8_t *image, struct setup_header hdr)
{
	memcpy(image + offsetof(struct boot_params, hdr), &hdr, sizeof(hdr));
}

/* Fill @image (SYNTHETIC_SIGNED_SIZE bytes); the first SYNTHETIC_SIZE are unsigned. */
static inline void synthetic_make(uint8_t *image)
{
	static const char version[] = SYNTHETIC_RELEASE " (someone@somewhere) #1 SMP";
	struct setup_header hdr = {
		.setup_sects = SYNTHETIC_SETUP_SECTS,
		.syssize = SYNTHETIC_PAYLOAD_SIZE / 16,
		.boot_flag = 0xaa55,
		.jump = 0x6aeb,		/* over the header, to 0x26c */
		.header = 0x53726448,
		.version = 0x20f,
		.kernel_version = SYNTHETIC_VERSION_AT - 512,
		.loadflags = LOADED_HIGH,
		.initrd_addr_max = 0x7fffffff,
		.kernel_alignment = 0x200000,
		.relocatable_kernel = 1,
		.min_alignment = 21,
		.xloadflags = XLF_KERNEL_64 | XLF_CAN_BE_LOADED_ABOVE_4G,
		.cmdline_size = 2047,
		.payload_offset = 0x400,
		.payload_length = SYNTHETIC_PAYLOAD_SIZE - 0x800,
		.pref_address = 0x1000000,
		.init_size = SYNTHETIC_INIT_SIZE,
	};

	for (unsigned int i = 0; i < SYNTHETIC_SIGNED_SIZE; i++)
		image[i] = i < SYNTHETIC_PAYLOAD ? 0 : (uint8_t)(i * 37 + (i >> 8));
	synthetic_set_header(image, hdr);
	memcpy(image + SYNTHETIC_VERSION_AT, version, sizeof(version));
}

/* Make a PE file of it, with a signature at its end. */
static inline void synthetic_sign(uint8_t *image)
{
	uint32_t pe = SYNTHETIC_PE, directories = 6;
	uint32_t certificate[2] = { SYNTHETIC_SIZE, SYNTHETIC_SIGNATURE };
	uint16_t magic = 0x20b;

	memcpy(image, "MZ", 2);
	memcpy(image + 0x3c, &pe, 4);
	memcpy(image + pe, "PE\0", 4);
	memcpy(image + pe + 24, &magic, 2);
	memcpy(image + pe + 24 + 108, &directories, 4);
	memcpy(image + pe + 24 + 112 + 4 * 8, certificate, 8);
}

#endif
