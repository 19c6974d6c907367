/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log.h - what keeper_log() (device.h) has said */
#ifndef KEEPER_LOG_H
#define KEEPER_LOG_H

/* The last line, without "comb-keeper: "; "" if there was none. */
const char *keeper_log_last(void);

#endif
