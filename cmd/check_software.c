// SPDX-License-Identifier: GPL-2.0-or-later
/* check_software.c - requirements on what is installed */
#include "check.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "boot.h"
#include "kernelfile.h"
#include "modprobe.h"

static void look_kernels(const struct check_facts *facts, struct check_result *result)
{
	struct comb_strings releases = { 0 };
	struct comb_error err = { 0 };
	size_t used;

	(void)facts;
	if (comb_kernel_list(&releases, "/", &err) || !releases.count) {
		check_say(result, CHECK_FAIL, "no kernel image for cells in /boot");
		check_fix(result, "apt-get install linux-image-cloud-amd64");
	} else {
		check_say(result, CHECK_OK, "%zu for cells:", releases.count);
		for (size_t i = 0; i < releases.count; i++) {
			used = strlen(result->text);
			snprintf(result->text + used, sizeof(result->text) - used, " %s",
				 releases.list[i]);
		}
	}
	comb_strings_free(&releases);
}

static void look_agent(const struct check_facts *facts, struct check_result *result)
{
	struct comb_kernel_file file;
	struct comb_error err = { 0 };
	char hint[256];

	(void)facts;
	if (comb_kernel_find(&file, NULL, "/", &err)) {
		check_say(result, CHECK_WARN, "%s", err.what);
		check_fix(result, "%s", err.hint);
		return;
	}
	if (boot_has_module(file.modules, "comb_cell")) {
		check_say(result, CHECK_OK, "comb_cell.ko is there for %s", file.release);
	} else {
		check_say(result, CHECK_WARN,
			  "no comb_cell.ko for %s: no heartbeat, no orderly stop", file.release);
		check_fix(result, "%s", comb_modules_hint(file.release, hint, sizeof(hint)));
	}
	comb_kernel_file_free(&file);
}

static void look_program(const char *name, struct check_result *result)
{
	struct comb_error err = { 0 };
	char path[PATH_MAX];

	if (!cli_find_program(name, path, sizeof(path), &err)) {
		check_say(result, CHECK_OK, "%s", path);
		return;
	}
	check_say(result, CHECK_FAIL, "%s", err.what);
	check_fix(result, "%s", err.hint);
}

static void look_init(const struct check_facts *facts, struct check_result *result)
{
	(void)facts;
	look_program("comb-init", result);
}

static void look_keeper(const struct check_facts *facts, struct check_result *result)
{
	(void)facts;
	look_program("comb-keeper", result);
}

/* Cells whose root is the host's use it, too. */
static void look_criu(const struct check_facts *facts, struct check_result *result)
{
	static const char *const places[] = { "/usr/sbin/criu", "/usr/bin/criu",
					      "/usr/local/sbin/criu" };

	(void)facts;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (access(places[i], X_OK))
			continue;
		check_say(result, CHECK_OK, "%s", places[i]);
		return;
	}
	check_say(result, CHECK_WARN, "no criu: jobs cannot move between cells with --root host");
	check_fix(result, "apt-get install criu");
}

const struct check check_software[] = {
	{ "kernels", look_kernels },
	{ "agent", look_agent },
	{ "init", look_init },
	{ "keeper", look_keeper },
	{ "criu", look_criu },
	{ NULL, NULL }
};
