/* SPDX-License-Identifier: GPL-2.0-or-later */
/* textfile.h - small text files, read as a whole and replaced as a whole */
#ifndef KEEPER_TEXTFILE_H
#define KEEPER_TEXTFILE_H

/* The text, for free(). NULL with errno; EFBIG above 4 MiB, EINVAL with a zero byte in it. */
char *textfile_read(const char *path);

/*
 * Put @text into the place of @path at once (a reader sees the old or the new
 * file). An existing file's owner and mode are kept, a new one gets root's 0644.
 * Nothing is written if it has this text. 0, or -1 with errno.
 */
int textfile_replace(const char *path, const char *text);

#endif
