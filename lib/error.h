/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * error.h - one error, built where the facts are, printed once by the caller
 *
 * Functions that can fail take a struct comb_error as their last argument and
 * return 0, or -1 with the error filled in. Pointer-returning functions return
 * NULL. The caller owns the struct; nothing in it is allocated.
 */
#ifndef COMB_ERROR_H
#define COMB_ERROR_H

/* Also the exit statuses of comb(1). */
enum comb_status {
	COMB_OK = 0,
	COMB_FAILED = 1,
	COMB_USAGE = 2,		/* bad command line or definition */
	COMB_NO_CELL = 3,	/* no such cell, or it is not running */
	COMB_TAKEN = 4,		/* a CPU, memory or a name belongs to another */
	COMB_UNSUITABLE = 5,	/* this machine or kernel cannot do it */
	COMB_TIMEOUT = 6,
};

/**
 * struct comb_error - what happened, and what to do about it
 * @status: what kind of failure; COMB_OK in a fresh one
 * @what: one line without "comb: " and without a newline
 * @hint: one line without "try: ", a command where possible; may be empty
 */
struct comb_error {
	enum comb_status status;
	char what[512];
	char hint[256];
};

/* Fill in @err (may be NULL) and return -1. The hint is cleared. */
int comb_fail(struct comb_error *err, enum comb_status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Set the hint of an error made by comb_fail() and return -1. */
int comb_hint(struct comb_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* comb_fail() for an allocation that failed; returns -1. */
int comb_out_of_memory(struct comb_error *err);

/* Put "PREFIX: " in front of what; return -1. */
int comb_prefix(struct comb_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * What another kernel has said goes to somebody's terminal: all but printable ASCII
 * becomes "?". As UTF-8, C1 control characters would pass.
 */
void comb_make_printable(char *text);

#endif
