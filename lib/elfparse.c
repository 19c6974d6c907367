// SPDX-License-Identifier: GPL-2.0-or-later
#include <elf.h>
#include <string.h>

#include "elfdeps.h"

#define SEGMENTS_MAX	128u
#define DYNAMIC_MAX	4096u

struct elf_image {
	const uint8_t *data;
	size_t size;
	Elf64_Phdr segments[SEGMENTS_MAX];
	unsigned int nr_segments;
};

/* @length bytes at file offset @offset, or NULL. */
static const uint8_t *image_at(const struct elf_image *image, uint64_t offset, uint64_t length)
{
	if (offset > image->size || length > image->size - offset)
		return NULL;
	return image->data + offset;
}

/* File offset of virtual address @address, and how many bytes of its segment follow. */
static bool image_offset(const struct elf_image *image, uint64_t address, uint64_t *offset,
			 uint64_t *left)
{
	for (unsigned int i = 0; i < image->nr_segments; i++) {
		const Elf64_Phdr *segment = &image->segments[i];

		if (segment->p_type != PT_LOAD || address < segment->p_vaddr ||
		    address - segment->p_vaddr >= segment->p_filesz)
			continue;
		*left = segment->p_filesz - (address - segment->p_vaddr);
		*offset = segment->p_offset + (address - segment->p_vaddr);
		return *offset >= segment->p_offset;
	}
	return false;
}

static bool image_open(struct elf_image *image, const uint8_t *data, size_t size)
{
	Elf64_Ehdr header;
	const uint8_t *table;

	image->data = data;
	image->size = size;
	if (size < sizeof(header))
		return false;
	memcpy(&header, data, sizeof(header));
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
	    header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
	    header.e_machine != EM_X86_64 ||
	    (header.e_type != ET_EXEC && header.e_type != ET_DYN) ||
	    header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum > SEGMENTS_MAX)
		return false;
	table = image_at(image, header.e_phoff, header.e_phnum * sizeof(Elf64_Phdr));
	if (!table)
		return false;
	image->nr_segments = header.e_phnum;
	memcpy(image->segments, table, header.e_phnum * sizeof(Elf64_Phdr));
	return true;
}

/* The NUL-terminated string at @offset of the string table, or NULL. */
static const char *string_at(const uint8_t *strings, uint64_t size, uint64_t offset)
{
	if (offset >= size || !memchr(strings + offset, '\0', size - offset))
		return NULL;
	return (const char *)strings + offset;
}

/* Find the string table; DT_STRSZ is not trusted beyond its segment. */
static const uint8_t *strings_find(const struct elf_image *image, const uint8_t *dynamic,
				   uint64_t entries, uint64_t *size)
{
	uint64_t address = 0, offset, left;
	Elf64_Dyn entry;

	*size = 0;
	for (uint64_t i = 0; i < entries; i++) {
		memcpy(&entry, dynamic + i * sizeof(entry), sizeof(entry));
		if (entry.d_tag == DT_NULL)
			break;
		if (entry.d_tag == DT_STRTAB)
			address = entry.d_un.d_ptr;
		if (entry.d_tag == DT_STRSZ)
			*size = entry.d_un.d_val;
	}
	if (!image_offset(image, address, &offset, &left))
		return NULL;
	if (*size > left)
		*size = left;
	return image_at(image, offset, *size);
}

static bool dynamic_read(const struct elf_image *image, const Elf64_Phdr *segment,
			 struct elf_needs *needs)
{
	const uint8_t *dynamic = image_at(image, segment->p_offset, segment->p_filesz);
	uint64_t entries = segment->p_filesz / sizeof(Elf64_Dyn), size;
	const uint8_t *strings;
	Elf64_Dyn entry;

	if (!dynamic)
		return false;
	if (entries > DYNAMIC_MAX)
		entries = DYNAMIC_MAX;
	strings = strings_find(image, dynamic, entries, &size);
	if (!strings)
		return false;
	for (uint64_t i = 0; i < entries; i++) {
		const char *text;

		memcpy(&entry, dynamic + i * sizeof(entry), sizeof(entry));
		if (entry.d_tag == DT_NULL)
			break;
		if (entry.d_tag != DT_NEEDED && entry.d_tag != DT_RPATH &&
		    entry.d_tag != DT_RUNPATH)
			continue;
		text = string_at(strings, size, entry.d_un.d_val);
		if (!text || (entry.d_tag == DT_NEEDED && needs->nr_needed == ELF_NEEDED_MAX))
			return false;
		if (entry.d_tag == DT_NEEDED)
			needs->needed[needs->nr_needed++] = text;
		else if (entry.d_tag == DT_RPATH)
			needs->rpath = text;
		else
			needs->runpath = text;
	}
	return true;
}

bool elf_parse(const uint8_t *data, size_t size, struct elf_needs *needs)
{
	struct elf_image image;

	memset(needs, 0, sizeof(*needs));
	if (!image_open(&image, data, size))
		return false;
	for (unsigned int i = 0; i < image.nr_segments; i++) {
		const Elf64_Phdr *segment = &image.segments[i];
		const uint8_t *name;

		if (segment->p_type == PT_INTERP) {
			name = image_at(&image, segment->p_offset, segment->p_filesz);
			if (!name)
				return false;
			needs->interpreter = string_at(name, segment->p_filesz, 0);
			if (!needs->interpreter)
				return false;
		}
		if (segment->p_type == PT_DYNAMIC && !dynamic_read(&image, segment, needs))
			return false;
	}
	/* RUNPATH replaces RPATH (ld.so(8)). */
	if (needs->runpath)
		needs->rpath = NULL;
	return true;
}
