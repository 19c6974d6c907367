/* SPDX-License-Identifier: GPL-2.0-or-later */
/* definition_file.h - what reading and writing definitions share */
#ifndef COMB_DEFINITION_FILE_H
#define COMB_DEFINITION_FILE_H

/* A definition has a dozen lines; a long Command= may hold a whole script. */
#define COMB_DEFINITION_SIZE_MAX	(256 * 1024)

#endif
