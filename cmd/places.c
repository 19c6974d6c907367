// SPDX-License-Identifier: GPL-2.0-or-later
/* places.c - where definitions, locks, logs and Comb's own programs are */
#include "cli.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *place(const char *variable, const char *usual)
{
	const char *moved = secure_getenv(variable);

	return moved && *moved ? moved : usual;
}

const char *cli_config_dir(void)
{
	return place("COMB_CONFIG_DIR", COMB_DEFINITION_DIR);
}

const char *cli_run_dir(void)
{
	return place("COMB_RUN_DIR", "/run/comb");
}

const char *cli_log_dir(void)
{
	return place("COMB_LOG_DIR", "/var/log/comb");
}

/* A build tree has them beside comb; installed they are in sbin and lib/comb. */
int cli_find_program(const char *name, char *path, size_t size, struct comb_error *err)
{
	static const char *const places[] = { "", "../lib/comb/" };
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[length > 0 ? length : 0] = '\0';
	if (strrchr(self, '/'))
		strrchr(self, '/')[1] = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, size, "%s%s%s", self, places[i], name);
		if (!access(path, R_OK))
			return 0;
	}
	comb_fail(err, COMB_UNSUITABLE, "%s is missing", path);
	return comb_hint(err, "install Comb again");
}
