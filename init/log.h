/* SPDX-License-Identifier: GPL-2.0-or-later */
/* log.h - the kernel log is the only place a cell can always speak to */
#ifndef COMB_INIT_LOG_H
#define COMB_INIT_LOG_H

#include <stddef.h>

/* Call as soon as /dev is mounted. What is logged before is lost. */
void log_open(void);

/* "comb-init: ..." */
void log_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for what keeps the cell from being what it was meant to be: COMB_TROUBLE_LINE. */
void log_trouble(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line as it is, at most LINE_MAX_BYTES. A lines_emit; @context is not used. */
void log_line(void *context, const char *text, size_t length);

#endif
