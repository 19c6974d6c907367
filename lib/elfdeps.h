/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * elfdeps.h - what a dynamic ELF program needs to run: its interpreter and libraries
 *
 * Formats: System V gABI, "Program Loading and Dynamic Linking"; search order:
 * ld.so(8). The cell's loader has no ld.so.cache, so only what it finds by itself
 * counts: RPATH, RUNPATH and the default directories.
 */
#ifndef COMB_ELFDEPS_H
#define COMB_ELFDEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define ELF_NEEDED_MAX	256u

/**
 * struct elf_needs - the dynamic section of one file; pointers go into the file's bytes
 * @interpreter: PT_INTERP or NULL
 * @rpath: DT_RPATH or NULL
 * @runpath: DT_RUNPATH or NULL
 * @needed: DT_NEEDED
 * @nr_needed: how many
 */
struct elf_needs {
	const char *interpreter;
	const char *rpath;
	const char *runpath;
	const char *needed[ELF_NEEDED_MAX];
	unsigned int nr_needed;
};

/*
 * Read the headers of an x86-64 ELF program or shared object of @size bytes at @data.
 * False: it is none, or its headers do not add up. A static one needs nothing.
 */
bool elf_parse(const uint8_t *data, size_t size, struct elf_needs *needs);

/* Called for each file: it is at @source and has to be at @path for the cell's loader. */
typedef int (*elf_file_fn)(const char *source, const char *path, void *arg,
			   struct comb_error *err);

/*
 * Call @fn for all that the program @source, which will be at @path, needs: its
 * interpreter and, directly or indirectly, libraries; each once. Nothing for a file
 * that is no dynamic x86-64 ELF file. COMB_USAGE, naming program and library, if one
 * cannot be found; whatever @fn returns if not 0.
 */
int elf_closure(const char *source, const char *path, elf_file_fn fn, void *arg,
		struct comb_error *err);

#endif
