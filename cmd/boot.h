/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot.h - bring cells up
 *
 * Three steps. Preparing (kernel, initramfs) takes nothing from the host, so a
 * bad definition disturbs nobody; choosing and taking CPUs is done for all
 * cells under one lock; the rest runs in parallel, one thread a cell.
 */
#ifndef CMD_BOOT_H
#define CMD_BOOT_H

#include "bzimage.h"
#include "image.h"
#include "kernelfile.h"
#include "work.h"

#define BOOT_TIMEOUT_S	60

/**
 * struct boot - what a cell boots
 * @file: its kernel
 * @kernel: @kernel_data parsed
 * @initrd: generated, or read from the definition's file
 * @append: from boot_append(), or NULL
 * @bridges: files of the bridges it gets, until the cell has them
 * @nr_bridges: how many
 * @agent: comb_cell.ko is in the generated initramfs
 */
struct boot {
	struct comb_kernel_file file;
	void *kernel_data;
	struct comb_bzimage kernel;
	void *initrd;
	size_t initrd_size;
	char *append;
	int bridges[COMB_CELL_BRIDGES_MAX];
	unsigned int nr_bridges;
	bool agent;
};

/* Steps for work_each() and work_parallel(). */
int boot_load(struct work *work);	/* the definition */
int boot_prepare(struct work *work);	/* kernel and initramfs into memory */
int boot_run(struct work *work);	/* memory, image, start, wait */

/* bridges.c: open those of all that have not failed, then give them to a cell. */
void boot_open_bridges(struct work *list, size_t count);
int boot_add_bridges(struct work *work);
void boot_close_bridges(struct boot *boot);

/* Choose and take CPUs for all that have not failed. */
int boot_take_cpus(struct work *list, size_t count, struct comb_error *err);
/* Choose only (dry run): work->cpus. The caller holds lock_choice() or does not care. */
int boot_choose(struct work *list, size_t count, struct comb_error *err);

void boot_free(struct work *work);

/* Read a kernel image and check that a cell can boot it. */
int boot_read_kernel(struct boot *boot, const struct comb_definition *def, struct comb_error *err);
/* Is there a module @name (or one of that alias) for this kernel? */
bool boot_has_module(const char *modules_dir, const char *name);
/* The end of the kernel command line: words for comb-init, then the user's. Kept in @boot. */
const char *boot_append(struct work *work);
/* What boot_run() hands to comb_image_plan(), apart from clock and seed. */
void boot_describe(struct work *work, struct comb_boot *boot);
/* CPUs and RAM as the module tells them. */
void boot_machine(const struct comb_cell *cell, const struct comb_info *info,
		  struct comb_machine *machine);

#endif
