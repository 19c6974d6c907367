// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bzimage.c - read a Linux/x86 bzImage
 *
 * The file is: boot sector and setup code (setup_sects + 1 sectors), then the
 * protected-mode kernel (syssize paragraphs), then possibly a signature. Newer
 * images are PE files at the same time, and only the PE header knows how long
 * the signature is.
 */
#include "bzimage.h"

#include <asm/bootparam.h>
#include <string.h>

#define SECTOR_SIZE		512u
#define PARAGRAPH_SIZE		16u
#define SETUP_HEADER_OFFSET	offsetof(struct boot_params, hdr)
/* The jump at 0x200 skips the header: its displacement tells where it ends. */
#define JUMP_DISPLACEMENT	0x201u
#define JUMP_END		0x202u
#define SETUP_HEADER_LIMIT	offsetof(struct boot_params, edd_mbr_sig_buffer)
#define SETUP_MAGIC		0x53726448u	/* "HdrS" */
#define BOOT_FLAG		0xaa55u
/* 2.12 brought xloadflags, and with it a defined 64-bit entry. */
#define PROTOCOL_MIN		0x020cu
#define DEFAULT_SETUP_SECTS	4u
#define ENTRY_64_OFFSET		0x200u

/* Microsoft PE/COFF specification: offsets within the file headers. */
#define PE_OFFSET_FIELD		0x3cu
#define PE_SIGNATURE		0x00004550u	/* "PE", 0, 0 */
#define PE_OPTIONAL_HEADER	24u
#define PE32PLUS_MAGIC		0x020bu
#define PE32PLUS_DIRECTORIES	108u		/* NumberOfRvaAndSizes */
#define PE_DIRECTORY_SIZE	8u
#define PE_DIRECTORY_SIGNATURE	4u		/* Certificate Table */

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static int fail_truncated(uint64_t expected, size_t size, struct comb_error *err)
{
	comb_fail(err, COMB_USAGE, "the kernel image is truncated: %zu of %llu bytes", size,
		  (unsigned long long)expected);
	return comb_hint(err, "install the kernel package again");
}

static int fail_not_bzimage(struct comb_error *err)
{
	comb_fail(err, COMB_USAGE, "this is not a Linux kernel image (bzImage) for x86");
	return comb_hint(err, "give a file such as /boot/vmlinuz-RELEASE");
}

/*
 * The end of the signature of a signed image. A file cut there still boots, but
 * it is not the file that was installed; whatever lost its end lost it by accident.
 */
static int check_signature(const uint8_t *data, size_t size, struct comb_error *err)
{
	uint64_t header, directory, end;

	if (data[0] != 'M' || data[1] != 'Z')
		return 0;
	header = get32(data + PE_OFFSET_FIELD);
	if (header + PE_OPTIONAL_HEADER + 2 > size || get32(data + header) != PE_SIGNATURE)
		return 0;
	if (get16(data + header + PE_OPTIONAL_HEADER) != PE32PLUS_MAGIC)
		return 0;
	directory = header + PE_OPTIONAL_HEADER + PE32PLUS_DIRECTORIES;
	if (directory + 4 > size || get32(data + directory) <= PE_DIRECTORY_SIGNATURE)
		return 0;
	directory += 4 + PE_DIRECTORY_SIGNATURE * PE_DIRECTORY_SIZE;
	if (directory + PE_DIRECTORY_SIZE > size)
		return 0;
	/* The only directory whose address is a file offset. */
	end = (uint64_t)get32(data + directory) + get32(data + directory + 4);
	if (end > size)
		return fail_truncated(end, size, err);
	return 0;
}

/* Copy the first word of the version string ("6.1.0-56-amd64 (debian-...) ..."). */
static void read_release(struct comb_bzimage *image, const struct setup_header *hdr)
{
	uint64_t start = (uint64_t)hdr->kernel_version + SECTOR_SIZE;
	size_t len = 0;

	if (!hdr->kernel_version)
		return;
	while (start + len < image->payload && len < sizeof(image->release) - 1) {
		uint8_t c = image->data[start + len];

		if (c <= ' ' || c > '~')
			break;
		image->release[len++] = (char)c;
	}
	image->release[len] = '\0';
}

static int check_header(const struct setup_header *hdr, struct comb_error *err)
{
	if (!(hdr->loadflags & LOADED_HIGH)) {
		comb_fail(err, COMB_USAGE, "the kernel image is a zImage");
		return comb_hint(err, "give a bzImage, such as /boot/vmlinuz-RELEASE");
	}
	if (hdr->version < PROTOCOL_MIN) {
		comb_fail(err, COMB_USAGE, "the kernel is too old: boot protocol %u.%02u, need 2.12",
			  hdr->version >> 8, hdr->version & 0xff);
		return comb_hint(err, "use Linux 5.10 or newer");
	}
	if (!(hdr->xloadflags & XLF_KERNEL_64)) {
		comb_fail(err, COMB_USAGE, "the kernel is a 32-bit one");
		return comb_hint(err, "use a kernel built for x86-64 (amd64)");
	}
	if (!hdr->relocatable_kernel) {
		comb_fail(err, COMB_USAGE, "the kernel is not relocatable");
		return comb_hint(err, "use a kernel built with CONFIG_RELOCATABLE");
	}
	if (!hdr->kernel_alignment || hdr->kernel_alignment & (hdr->kernel_alignment - 1))
		return comb_fail(err, COMB_USAGE, "the kernel asks for a bad alignment: 0x%x",
				 hdr->kernel_alignment);
	return 0;
}

static int check_extent(const struct comb_bzimage *image, const struct setup_header *hdr,
			struct comb_error *err)
{
	uint64_t end = (uint64_t)image->payload + image->payload_size;

	if (end > image->size)
		return fail_truncated(end, image->size, err);
	if (!image->payload_size)
		return comb_fail(err, COMB_USAGE, "the kernel image is empty: syssize is 0");
	if (image->payload_size <= ENTRY_64_OFFSET)
		return comb_fail(err, COMB_USAGE, "the kernel image has no room for its entry point");
	if ((uint64_t)hdr->payload_offset + hdr->payload_length > image->payload_size)
		return comb_fail(err, COMB_USAGE,
				 "the kernel image contradicts itself: payload beyond syssize");
	return check_signature(image->data, image->size, err);
}

int comb_bzimage_parse(struct comb_bzimage *image, const void *data, size_t size,
		       struct comb_error *err)
{
	const uint8_t *bytes = data;
	struct setup_header hdr = { 0 };
	size_t end, len;

	*image = (struct comb_bzimage){ .data = bytes, .size = size };
	if (size < SETUP_HEADER_LIMIT)
		return fail_not_bzimage(err);
	end = JUMP_END + bytes[JUMP_DISPLACEMENT];
	if (end > SETUP_HEADER_LIMIT)
		end = SETUP_HEADER_LIMIT;
	image->setup_header = SETUP_HEADER_OFFSET;
	image->setup_header_size = end - SETUP_HEADER_OFFSET;
	/* Fields beyond the end of an older header stay zero. */
	len = image->setup_header_size < sizeof(hdr) ? image->setup_header_size : sizeof(hdr);
	memcpy(&hdr, bytes + SETUP_HEADER_OFFSET, len);
	if (hdr.boot_flag != BOOT_FLAG || hdr.header != SETUP_MAGIC)
		return fail_not_bzimage(err);
	if (check_header(&hdr, err))
		return -1;

	image->payload = ((hdr.setup_sects ?: DEFAULT_SETUP_SECTS) + 1) * SECTOR_SIZE;
	image->payload_size = (size_t)hdr.syssize * PARAGRAPH_SIZE;
	if (check_extent(image, &hdr, err))
		return -1;
	image->init_size = hdr.init_size > image->payload_size ? hdr.init_size :
							       image->payload_size;
	image->alignment = hdr.kernel_alignment;
	image->pref_address = hdr.pref_address;
	image->entry_offset = ENTRY_64_OFFSET;
	image->cmdline_size = hdr.cmdline_size;
	image->version = hdr.version;
	image->above_4g = hdr.xloadflags & XLF_CAN_BE_LOADED_ABOVE_4G;
	read_release(image, &hdr);
	return 0;
}
