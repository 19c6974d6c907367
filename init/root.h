/* SPDX-License-Identifier: GPL-2.0-or-later */
/* root.h - from the initramfs to the root and the shares the host gives */
#ifndef COMB_INIT_ROOT_H
#define COMB_INIT_ROOT_H

#include <stdbool.h>

#include "words.h"

/*
 * Mount the root and make it "/", with the initramfs's /dev, /proc, /sys and /run, and free the
 * initramfs. True if it is there; otherwise the log says why and "/" is still the initramfs.
 */
bool root_switch(const struct words *words);

/* Mount the shares. Failures are logged. */
void root_shares(const struct words *words);

/*
 * Become the root's own first program. It finds the agent as a service in /run, if it is
 * systemd and has none. Returns on failure, which is logged.
 */
void root_init(const char *program);

#endif
