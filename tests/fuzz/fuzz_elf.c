// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_elf.c - headers and dynamic section of a user's program
 *
 * An input that starts with an odd byte gets a file header that passes the
 * first checks, so that what follows is reached.
 */
#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "elfdeps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every string must end inside the file. */
static void string_check(const uint8_t *data, size_t size, const char *text)
{
	if (text && (const uint8_t *)text + strlen(text) >= data + size)
		abort();
}

static void header_make(uint8_t *data, size_t size)
{
	Elf64_Ehdr header;

	memcpy(&header, data, sizeof(header));
	memcpy(header.e_ident, ELFMAG, SELFMAG);
	header.e_ident[EI_CLASS] = ELFCLASS64;
	header.e_ident[EI_DATA] = ELFDATA2LSB;
	header.e_type = ET_DYN;
	header.e_machine = EM_X86_64;
	header.e_phentsize = sizeof(Elf64_Phdr);
	header.e_phoff = sizeof(header);
	header.e_phnum = (uint16_t)((size - sizeof(header)) / sizeof(Elf64_Phdr) % 8);
	memcpy(data, &header, sizeof(header));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct elf_needs needs;

	if (!copy)
		abort();
	if (size)
		memcpy(copy, data, size);
	if (size > sizeof(Elf64_Ehdr) && data[0] % 2)
		header_make(copy, size);
	if (elf_parse(copy, size, &needs)) {
		string_check(copy, size, needs.interpreter);
		string_check(copy, size, needs.rpath);
		string_check(copy, size, needs.runpath);
		for (unsigned int i = 0; i < needs.nr_needed; i++)
			string_check(copy, size, needs.needed[i]);
	}
	free(copy);
	return 0;
}
