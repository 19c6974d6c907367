/* SPDX-License-Identifier: GPL-2.0-or-later */
/* modprobe.h - load a kernel module */
#ifndef COMB_MODPROBE_H
#define COMB_MODPROBE_H

#include "error.h"

/*
 * Run modprobe on @module and wait for it. COMB_UNSUITABLE with its last line of
 * complaint, and what helps against the usual reasons.
 */
int comb_modprobe(const char *module, struct comb_error *err);

#endif
