/* SPDX-License-Identifier: GPL-2.0-or-later */
/* setup.h - from what the kernel leaves to a system programs can run in */
#ifndef COMB_INIT_SETUP_H
#define COMB_INIT_SETUP_H

/* File systems, log, standard descriptors, host name, loopback, sysctls. */
void setup_system(void);

/* Load the modules of /etc/comb/modules. Failures are logged. */
void setup_modules(void);

/* Log who this is, then that it is ready (COMB_READY_LINE in lib/observe.h). */
void setup_announce(void);

#endif
