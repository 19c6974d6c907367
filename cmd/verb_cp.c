// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_cp.c - comb cp: between host and cell, by the agent's own copying (lib/tree.h) */
#include "verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"
#include "tree.h"

/**
 * struct place - SRC or DST
 * @cell: its cell, "" for the host
 * @path: path there, or "-"
 */
struct place {
	char cell[COMB_NAME_SIZE];
	const char *path;
};

/* As scp does: a colon before the first slash ends a name. */
static int parse_place(struct place *place, const char *text, struct comb_error *err)
{
	size_t length = strcspn(text, ":/");

	place->cell[0] = '\0';
	place->path = text;
	if (text[length] != ':')
		return 0;
	if (length < sizeof(place->cell)) {
		memcpy(place->cell, text, length);
		place->cell[length] = '\0';
	}
	if (!length || length >= sizeof(place->cell) || comb_name_check(place->cell, err)) {
		comb_fail(err, COMB_USAGE, "%s: no cell has such a name", text);
		return comb_hint(err, "./%s for a file with a colon in its name", text);
	}
	place->path = text + length + 1;
	if (*place->path == '/')
		return 0;
	comb_fail(err, COMB_USAGE, "%s: a path in a cell begins with /", text);
	return comb_hint(err, "%s:/root/%s", place->cell, place->path);
}

static int parse_places(const struct cli *cli, struct place *from, struct place *to,
			struct comb_error *err)
{
	if (parse_place(from, cli->names[0], err) || parse_place(to, cli->names[1], err))
		return -1;
	if (!from->cell[0] != !to->cell[0])
		return 0;
	comb_fail(err, COMB_USAGE, from->cell[0] ? "both places are in cells" :
		  "neither place is in a cell");
	return comb_hint(err, from->cell[0] ? "comb cp %s - | comb cp - %s" :
			 "comb cp %s CELL:/PATH", cli->names[0], cli->names[1]);
}

/* What the copy is called in a directory: chosen here, never by the sender. */
static int base_name(const struct place *from, char name[NAME_MAX + 1], struct comb_error *err)
{
	CLI_AUTOFREE char *path = strdup(from->path);
	CLI_AUTOFREE char *full = NULL;
	const char *base;
	size_t length;

	/* "." and ".." have a name, too; only the host's can be asked for. */
	if (!from->cell[0])
		full = realpath(from->path, NULL);
	length = path ? strlen(path) : 0;
	while (length > 1 && path[length - 1] == '/')
		path[--length] = '\0';
	base = path && strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	if (base && full && (!strcmp(base, ".") || !strcmp(base, "..")))
		base = strrchr(full, '/') + 1;
	if (!base || !*base || !strcmp(base, ".") || !strcmp(base, "..") ||
	    strlen(base) > NAME_MAX) {
		comb_fail(err, COMB_USAGE, "%s has no name of its own", from->path);
		return comb_hint(err, "name the file or directory itself");
	}
	strcpy(name, base);
	return 0;
}

static void warn(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "comb: %s\n", text);
}

/* The host's half, in a process of its own; @fd is the cell's other half. */
static void __attribute__((noreturn)) copy_here(bool send, int fd, const char *path,
						const char *name)
{
	struct tree_talk talk = { .warn = warn };
	struct comb_error err = { 0 };
	FILE *stream = fdopen(fd, send ? "w" : "r");
	int result;

	if (!stream)
		_exit(COMB_FAILED);
	/* Cut off by the other half, which says why. */
	signal(SIGPIPE, SIG_DFL);
	result = send ? tree_send(stream, path, &talk, &err) :
			tree_take(stream, path, name, &talk, &err);
	if (result)
		fprintf(stderr, "comb: %s\n", err.what);
	fflush(stderr);
	_exit(result || talk.warnings ? COMB_FAILED : COMB_OK);
}

static int wait_here(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -1;
}

static int judge(struct cli *cli, int result, bool here_failed, struct comb_error *err)
{
	/* 125 is for verbs that end with a command's status; here it was the agent's. */
	if (result && err->status > COMB_TIMEOUT)
		err->status = COMB_FAILED;
	if (result)
		return -1;
	if (cli->status)
		cli->status = COMB_FAILED;
	if (!here_failed && !cli->status)
		return 0;
	comb_fail(err, COMB_FAILED, "not everything was copied");
	cli->status = COMB_OK;
	return comb_hint(err, "see above");
}

/* One half runs in the cell, the other here, a pipe between it and the connection. */
static int copy_tree(struct cli *cli, const struct place *from, const struct place *to, int fd,
		     struct comb_error *err)
{
	bool send = !from->cell[0];
	const char *cell = send ? to->cell : from->cell;
	char name[NAME_MAX + 1], *none[] = { NULL }, *argv[] = { NULL, NULL, NULL };
	struct client_run run = { .request = { .argv = argv, .environment = none },
				  .in = STDIN_FILENO, .out = STDOUT_FILENO,
				  .error = STDERR_FILENO };
	int ends[2], result;
	pid_t pid;

	if (base_name(from, name, err) || pipe2(ends, O_CLOEXEC)) {
		close(fd);
		return err->status ? -1 : comb_fail(err, COMB_FAILED, "no pipe");
	}
	argv[0] = (char *)(send ? to->path : from->path);
	argv[1] = send ? name : NULL;
	run.request.what = send ? EXECWIRE_TREE_TAKE : EXECWIRE_TREE_SEND;
	*(send ? &run.in : &run.out) = ends[!send];
	pid = fork();
	if (!pid) {
		close(ends[!send]);
		close(fd);
		copy_here(send, ends[send], send ? from->path : to->path, name);
	}
	close(ends[send]);
	if (pid < 0) {
		close(fd);
		close(ends[!send]);
		return comb_fail(err, COMB_FAILED, "no process: %s", strerror(errno));
	}
	/* Nothing of this program's own comes over stdin. */
	if (!send)
		run.in = -1;
	result = agent_run(cli, cell, fd, &run, err);
	close(ends[!send]);
	return judge(cli, result, wait_here(pid), err);
}

/* "-": just bytes. */
static int copy_bytes(struct cli *cli, const struct place *from, const struct place *to, int fd,
		      struct comb_error *err)
{
	bool send = !from->cell[0];
	char *none[] = { NULL }, *argv[] = { (char *)(send ? to->path : from->path), NULL };
	struct client_run run = {
		.request = { .what = send ? EXECWIRE_FILE_TAKE : EXECWIRE_FILE_SEND,
			     .argv = argv, .environment = none },
		.in = send ? STDIN_FILENO : -1, .out = STDOUT_FILENO, .error = STDERR_FILENO,
	};

	return judge(cli, agent_run(cli, send ? to->cell : from->cell, fd, &run, err), false, err);
}

int verb_cp(struct cli *cli, struct comb_error *err)
{
	struct place from, to;
	bool bytes;
	int fd;

	if (parse_places(cli, &from, &to, err))
		return -1;
	bytes = !strcmp(from.path, "-") || !strcmp(to.path, "-");
	if (bytes && !strcmp(to.path, "-") && agent_refuse_json(cli, err))
		return -1;
	fd = agent_open(cli, from.cell[0] ? from.cell : to.cell, err);
	if (fd < 0)
		return -1;
	if (cli->dry_run) {
		close(fd);
		cli_say(cli, "would copy %s to %s", cli->names[0], cli->names[1]);
		return 0;
	}
	return (bytes ? copy_bytes : copy_tree)(cli, &from, &to, fd, err);
}
