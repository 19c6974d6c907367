/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tool.h - programs the keeper runs for a moment: nft, dnsmasq, modprobe */
#ifndef KEEPER_TOOL_H
#define KEEPER_TOOL_H

/*
 * Run argv[0], found in PATH, with @input as its standard input (NULL: none) and
 * wait for its end. Its output goes where the keeper's messages go. The exit
 * status, 128 + n for a signal, or -1 with errno: ENOENT it is not installed.
 */
int tool_run(const char *const argv[], const char *input);

/*
 * open(2) a device of the kernel for reading and writing; if it is not there,
 * @module is loaded first. The descriptor, or -1 with errno.
 */
int tool_open_device(const char *path, const char *module, int flags);

#endif
