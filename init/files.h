/* SPDX-License-Identifier: GPL-2.0-or-later */
/* files.h - what libcomb left for comb-init in /etc (see lib/initramfs.h), and directories */
#ifndef COMB_INIT_FILES_H
#define COMB_INIT_FILES_H

#include <stdbool.h>
#include <stddef.h>

/* Files of this size or larger are refused. */
#define FILE_MAX_BYTES (1u << 20)

/*
 * Read a whole file. The caller frees the result, which has a NUL after its
 * last byte. NULL with errno set on failure, EFBIG for a file that is too large.
 */
char *file_read(const char *path, size_t *size);

/*
 * The next line of a text that is changed in the course of it, without white
 * space at either end; empty lines are left out. NULL at the end.
 */
char *file_next_line(char **cursor);

/*
 * Cut NUL-terminated strings into an argument vector, as execvp() wants it.
 * The caller frees the vector; its strings are inside @data, which must have a
 * NUL at data[size]. NULL with errno set: ENOENT no argument, EINVAL the
 * program's name is empty, ENOMEM.
 */
char **file_argv(char *data, size_t size);

/*
 * Does a kernel command line (modprobe.blacklist=A,B) forbid the module in file
 * @path? As modprobe does, "-" and "_" are taken for the same.
 */
bool module_is_blacklisted(const char *cmdline, const char *path);

/* A directory and those above it, mode 0755, as far as they are not there. -1 with errno set. */
int directories_make(const char *path);

#endif
