/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mapfile.h - a small file that is mapped as a whole, and outlives its writer */
#ifndef KEEPER_MAPFILE_H
#define KEEPER_MAPFILE_H

#include <stddef.h>

/*
 * Map @path shared, readable and writable by root only, with exactly @size bytes; made if
 * it is missing, in which case it is zero. NULL: errno. Give it back with munmap().
 */
void *mapfile_open(const char *path, size_t size);

#endif
