/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quote.h - argument vectors as one line of text, as in systemd's ExecStart=
 *
 * Words are separated by blanks. "..." and '...' keep blanks; both may begin
 * and end anywhere in a word. A backslash is special everywhere: \n \t \r \s
 * (blank) \\ \" \' and \xHH (not \x00).
 */
#ifndef COMB_QUOTE_H
#define COMB_QUOTE_H

#include "definition.h"
#include "error.h"

/* Append the words of @text to @argv. COMB_USAGE on an open quote or a bad escape. */
int comb_quote_split(struct comb_strings *argv, const char *text, struct comb_error *err);

/* The line comb_quote_split() makes @argv of; allocated, NULL if out of memory. */
char *comb_quote_join(const struct comb_strings *argv);

#endif
