// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_edit.c - comb edit */
#include "verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cells.h"
#include "checkdef.h"
#include "deffile.h"
#include "lock.h"

struct edit {
	const char *name;
	char path[PATH_MAX];
	char copy[PATH_MAX];
};

static int fail_errno(struct comb_error *err, const char *what, const char *path)
{
	comb_fail(err, COMB_FAILED, "cannot %s %s: %s", what, path, strerror(errno));
	return comb_hint(err, "ls -ld %s", cli_config_dir());
}

/* In the same directory, so that it can be renamed; its name is no definition's. */
static int make_copy(struct edit *edit, struct comb_error *err)
{
	int from = open(edit->path, O_RDONLY | O_CLOEXEC), to;
	ssize_t sent;

	if (from < 0)
		return fail_errno(err, "read", edit->path);
	to = mkostemp(edit->copy, O_CLOEXEC);
	if (to < 0) {
		close(from);
		edit->copy[0] = '\0';
		return fail_errno(err, "write in", cli_config_dir());
	}
	do
		sent = sendfile(to, from, NULL, 1 << 20);
	while (sent > 0);
	if (sent < 0 || fchmod(to, 0644))
		fail_errno(err, "copy", edit->path);
	close(from);
	if (close(to) && !sent) {
		sent = -1;
		fail_errno(err, "copy", edit->path);
	}
	return sent < 0 ? -1 : 0;
}

static const char *editor_command(void)
{
	const char *editor = getenv("VISUAL");

	if (!editor || !*editor)
		editor = getenv("EDITOR");
	return editor && *editor ? editor : "vi";
}

static int run_editor(const char *file, struct comb_error *err)
{
	const char *editor = editor_command();
	/* By the shell: $EDITOR may have options. */
	char *script = cli_format("exec %s \"$1\"", editor);
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", script, "sh", file, NULL);
		_exit(127);
	}
	free(script);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!status)
		return 0;
	comb_fail(err, COMB_FAILED, "the editor \"%s\" failed, nothing was changed", editor);
	return comb_hint(err, "EDITOR=nano comb edit NAME");
}

static int check_copy(struct cli *cli, const struct edit *edit, struct comb_error *err)
{
	struct comb_definition def;
	int result = deffile_read(&def, edit->copy, edit->name, err);

	if (!result)
		result = checkdef(cli, &def, err);
	comb_definition_free(&def);
	return result;
}

static bool is_again(void)
{
	char answer[16];

	fputs("edit again? [Y/n] ", stderr);
	return fgets(answer, sizeof(answer), stdin) && answer[0] != 'n' && answer[0] != 'N';
}

static int edit_until_valid(struct cli *cli, struct edit *edit, struct comb_error *err)
{
	for (;;) {
		if (run_editor(edit->copy, err))
			return -1;
		if (!check_copy(cli, edit, err))
			break;
		fprintf(stderr, "comb: %s: %s\ntry: %s\n", edit->name, err->what, err->hint);
		if (!is_again()) {
			comb_prefix(err, "nothing was changed");
			return -1;
		}
		memset(err, 0, sizeof(*err));
	}
	if (rename(edit->copy, edit->path))
		return fail_errno(err, "replace", edit->path);
	edit->copy[0] = '\0';
	return 0;
}

static int edit_cell(struct cli *cli, const char *name, struct comb_error *err)
{
	struct edit edit = { .name = name };
	int lock, result;

	lock = lock_cell(name, 0, err);
	if (lock < 0)
		return -1;
	snprintf(edit.path, sizeof(edit.path), "%s/%s.cell", cli_config_dir(), name);
	snprintf(edit.copy, sizeof(edit.copy), "%s/.%s.edit-XXXXXX", cli_config_dir(), name);
	result = make_copy(&edit, err) ? -1 : edit_until_valid(cli, &edit, err);
	if (edit.copy[0])
		unlink(edit.copy);
	close(lock);
	if (!result)
		cli_say(cli, "%s: changed%s", name,
			cells_module_loaded() ? ", in force at its next start" : "");
	return result;
}

int verb_edit(struct cli *cli, struct comb_error *err)
{
	struct comb_error why = { 0 };
	const char *name = cli->names[0];

	if (!cells_defined(name))
		return cells_unknown(name, err);
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		comb_fail(err, COMB_USAGE, "an editor needs a terminal");
		return comb_hint(err, "change %s/%s.cell, then comb validate %s", cli_config_dir(),
				 name, name);
	}
	if (cli->dry_run) {
		cli_say(cli, "%s: would run %s on a copy of %s/%s.cell", name, editor_command(),
			cli_config_dir(), name);
		return 0;
	}
	if (cli_need_root("changing a definition", err))
		return -1;
	if (edit_cell(cli, name, &why))
		cli_report(cli, name, &why);
	return 0;
}
