/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log.h - what keeper_log() (device.h) has said */
#ifndef KEEPER_LOG_H
#define KEEPER_LOG_H

#include <sys/types.h>

/* The last line that is no hint, without "comb-keeper: "; "" if there was none. */
const char *keeper_log_last(void);
/* What to do about it: the line "try: ..." that has followed, without "try: "; or "". */
const char *keeper_log_hint(void);
/* stderr is a file of the keeper's own: emptied now and then if it is longer than @bytes. */
void keeper_log_limit(off_t bytes);

#endif
