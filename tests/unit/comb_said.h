/* SPDX-License-Identifier: GPL-2.0-or-later */
/* comb_said.h - what comb, run by run_comb.h, has to say */
#ifndef COMB_SAID_H
#define COMB_SAID_H

#include "run_comb.h"

static inline void assert_said(const char *text)
{
	if (!strstr(said_out, text))
		fail_msg("\"%s\" is not in:\n%s", text, said_out);
}

/*
 * Status @wanted, nothing on stdout and exactly "comb: ..." and "try: ..." on stderr, with @what in
 * one of the two and @hint in the second.
 */
static inline void assert_refused(int status, int wanted, const char *what, const char *hint)
{
	const char *second = strstr(said_err, "\ntry: ");

	assert_int_equal(status, wanted);
	assert_string_equal(said_out, "");
	assert_memory_equal(said_err, "comb: ", 6);
	assert_non_null(second);
	if (!strstr(said_err, what) || !strstr(second, hint))
		fail_msg("\"%s\" or \"%s\" is not in:\n%s", what, hint, said_err);
	assert_string_equal(strchr(second + 1, '\n'), "\n");
}

#endif
