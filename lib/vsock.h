/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vsock.h - how the host and its cells are numbered in AF_VSOCK */
#ifndef COMB_VSOCK_H
#define COMB_VSOCK_H

/*
 * Context ID of the cell with this number (1 to COMB_CELLS_MAX). Far away from
 * the small numbers that people give to virtual machines; 0x636f is "co".
 */
#define COMB_VSOCK_CID(id)	(0x636f0000u + (id))

#endif
