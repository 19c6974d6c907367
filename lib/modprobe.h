/* SPDX-License-Identifier: GPL-2.0-or-later */
/* modprobe.h - load a kernel module */
#ifndef COMB_MODPROBE_H
#define COMB_MODPROBE_H

#include <stddef.h>

#include "error.h"

/*
 * Run modprobe on @module and wait for it. COMB_UNSUITABLE with its last line of
 * complaint, and what helps against the usual reasons.
 */
int comb_modprobe(const char *module, struct comb_error *err);

/*
 * What gets Comb's modules for kernel @release, into @text of @size bytes: DKMS, where the
 * package comb-dkms is installed, builds them as soon as there are headers. Returns @text.
 */
const char *comb_modules_hint(const char *release, char *text, size_t size);

#endif
