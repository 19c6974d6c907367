// SPDX-License-Identifier: GPL-2.0-or-later
#include "upgrade.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

static int check(const char *name, const char *kernel, const char *path, struct comb_error *err)
{
	struct comb_definition def;
	int result = comb_definition_load(&def, cli_config_dir(), name, err);

	if (!result && (!def.kernel || strcmp(def.kernel, kernel))) {
		comb_fail(err, COMB_FAILED, "its definition says Kernel=%s still, after %s",
			  def.kernel ? def.kernel : "", path);
		result = comb_hint(err, "comb show %s", name);
	}
	comb_definition_free(&def);
	return result;
}

int upgrade_write(const char *name, const char *kernel, struct comb_error *err)
{
	CLI_AUTOFREE char *directory = cli_format("%s/%s.cell.d", cli_config_dir(), name);
	CLI_AUTOFREE char *path = cli_format("%s/90-kernel.conf", directory);
	CLI_AUTOFREE char *fresh = cli_format("%s.new", path);
	FILE *file = NULL;
	int failed;

	if (!mkdir(directory, 0755) || errno == EEXIST)
		file = fopen(fresh, "we");
	failed = !file ||
		 fprintf(file, "# Written by comb upgrade\n[Boot]\nKernel=%s\n", kernel) < 0 ||
		 fflush(file) || fsync(fileno(file));
	if (file && fclose(file))
		failed = 1;
	if (!failed && !rename(fresh, path))
		return check(name, kernel, path, err);
	comb_fail(err, COMB_FAILED, "it runs the new kernel, but cannot write %s: %s", path,
		  strerror(errno));
	unlink(fresh);
	return comb_hint(err, "comb edit %s", name);
}
