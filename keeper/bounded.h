/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bounded.h - run a program for a limited time */
#ifndef KEEPER_BOUNDED_H
#define KEEPER_BOUNDED_H

#include <stdbool.h>
#include <stddef.h>

#include <error.h>

/* Path of comb(1): beside this program, or where it is installed. false: there is none. */
bool bounded_find_comb(char *path, size_t size);

/*
 * Run @argv in a process group of its own and with @environment, and kill the group after @seconds.
 * What it prints goes nowhere, but the first line is what @err says if it fails. The exit status, or -1
 * if it did not run, was killed, or took too long; *@err is filled in unless it is 0.
 */
int bounded_run(char *const argv[], char *const environment[], int seconds,
		struct comb_error *err);

#endif
