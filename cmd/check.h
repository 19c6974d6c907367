/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check.h - requirements of `comb check` */
#ifndef CMD_CHECK_H
#define CMD_CHECK_H

#include "cli.h"
#include "comb.h"

enum check_level {
	CHECK_OK,
	CHECK_WARN,	/* cells run, but not at their best */
	CHECK_FAIL,	/* cells cannot run */
};

/**
 * struct check_result - one requirement of this machine
 * @level: how it stands
 * @text: what was found
 * @fix: the command that helps, "" if @level is CHECK_OK
 */
struct check_result {
	enum check_level level;
	char text[256];
	char fix[256];
};

/**
 * struct check_facts - what several requirements look at
 * @info: from the module; valid if @have_info
 * @why: why the module could not be asked
 */
struct check_facts {
	struct cli *cli;
	struct comb_info info;
	bool have_info;
	struct comb_error why;
};

/* One requirement: a name of one word and how to find out. */
struct check {
	const char *name;
	void (*look)(const struct check_facts *facts, struct check_result *result);
};

/* Ended by a NULL name. */
extern const struct check check_machine[];	/* check_machine.c: hardware and host kernel */
extern const struct check check_software[];	/* check_software.c: what is installed */
extern const struct check check_devices[];	/* check_devices.c: what serves virtual devices */

void check_say(struct check_result *result, enum check_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void check_fix(struct check_result *result, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* First line of a file without its newline; false if it cannot be read. */
bool check_read(const char *path, char *line, size_t size);

#endif
