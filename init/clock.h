/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock.h - how much time has passed, whatever happens to the clock on the wall */
#ifndef INIT_CLOCK_H
#define INIT_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC in milliseconds */
int64_t clock_ms(void);

#endif
