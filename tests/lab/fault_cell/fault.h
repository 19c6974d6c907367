/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fault.h - a module that breaks the kernel it is loaded into
 *
 * Each fault is one that a driver of the cell could have. None reaches for what is
 * another kernel's, but for those that the threat model lists as not contained.
 */
#ifndef FAULT_CELL_H
#define FAULT_CELL_H

/**
 * struct fault - one of the things that can go wrong
 * @name: what the parameter fault= takes
 * @inject: does it; some do not return, some go on after they have returned.
 *	0 or a negative errno: it cannot be had here
 */
struct fault {
	const char *name;
	int (*inject)(void);
};

extern const struct fault faults[];
extern const unsigned int nr_faults;

#endif
