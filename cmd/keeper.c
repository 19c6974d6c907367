// SPDX-License-Identifier: GPL-2.0-or-later
#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backing.h"
#include "boot.h"
#include "netconf.h"

#define READY_S		30
#define GONE_MS		5000
#define STOPPED_MS	1000
#define LOOK_MS		10
/* Where the keeper finds the pipe it says "ready" on. */
#define READY_FD	3

extern char **environ;

bool keeper_wanted(const struct work *work)
{
	/* A user's own initramfs may bring comb_cell.ko itself. */
	return work->def.devices && (work->boot->agent || work->def.initrd);
}

static bool is_asked_for(const struct work *work, enum comb_key_id id,
			 enum comb_watch_case what)
{
	return work->def.origin[id].where && work->def.watch.actions[what];
}

bool keeper_watches(const struct work *work)
{
	return keeper_wanted(work) || is_asked_for(work, COMB_KEY_ON_PANIC, COMB_WATCH_PANIC) ||
	       is_asked_for(work, COMB_KEY_ON_HANG, COMB_WATCH_HANG) ||
	       is_asked_for(work, COMB_KEY_ON_REBOOT, COMB_WATCH_REBOOT);
}

static int write_definition(struct work *work)
{
	char path[PATH_MAX];

	/* A keeper that only watches. */
	if (!keeper_wanted(work) &&
	    comb_definition_set(&work->def, COMB_KEY_DEVICES, "no", "comb start", 0, &work->err))
		return -1;

	snprintf(path, sizeof(path), "%s/%s", cli_run_dir(), work->name);
	if (mkdir(path, 0700) && errno != EEXIST) {
		comb_fail(&work->err, COMB_FAILED, "cannot make %s: %s", path, strerror(errno));
		return comb_hint(&work->err, "ls -ld %s", cli_run_dir());
	}
	return comb_definition_save(&work->def, path, true, &work->err);
}

/* Signals that this process blocks or ignores are none of the keeper's. @ready: a pipe, or -1 */
static int spawn(pid_t *child, char *const argv[], int ready)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int err;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (ready >= 0)
		posix_spawn_file_actions_adddup2(&actions, ready, READY_FD);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
				 POSIX_SPAWN_SETSID);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	err = posix_spawn(child, argv[0], &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return err;
}

/* Everything the keeper says on its pipe until it closes it, cut off at @size. */
static bool read_answer(int fd, char *answer, size_t size)
{
	uint64_t end = cli_now_ns() + READY_S * 1000000000ULL;
	size_t used = 0;

	while (used < size - 1) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		uint64_t now = cli_now_ns();
		ssize_t got;

		if (now >= end)
			return false;
		if (poll(&pfd, 1, (end - now) / 1000000 + 1) <= 0)
			continue;
		got = read(fd, answer + used, size - 1 - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		used += got;
	}
	answer[used] = '\0';
	return true;
}

/* One line: what happened. A second: what to do. */
static int take_error(struct work *work, char *answer)
{
	char *rest = answer, *what = strsep(&rest, "\n"), *hint = rest ? strsep(&rest, "\n") : NULL;

	comb_fail(&work->err, COMB_FAILED, "%s", *what ? what : "comb-keeper ended at once");
	if (hint && *hint)
		return comb_hint(&work->err, "%s", hint);
	return comb_hint(&work->err, "comb-keeper --foreground %s", work->name);
}

static int wait_ready(struct work *work, pid_t child, int fd)
{
	char answer[1024];
	int status;

	if (!read_answer(fd, answer, sizeof(answer))) {
		kill(child, SIGKILL);
		comb_fail(&work->err, COMB_TIMEOUT, "its devices are not ready after %d s", READY_S);
		comb_hint(&work->err, "comb-keeper --foreground %s", work->name);
	} else if (strcmp(answer, "ready\n")) {
		take_error(work, answer);
	}
	/* The supervisor goes on in the background. */
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return work->err.status ? -1 : 0;
}

int keeper_start(struct work *work)
{
	CLI_AUTOFREE char *directory = cli_format("%s/%s", cli_run_dir(), work->name);
	char path[PATH_MAX], fd_text[16];
	char *argv[] = { path, "--ready-fd", fd_text, "--config", directory, (char *)work->name,
			 NULL };
	int ends[2], err, result;
	pid_t child;

	if (write_definition(work) || cli_find_program("comb-keeper", path, sizeof(path),
						       &work->err))
		return -1;
	snprintf(fd_text, sizeof(fd_text), "%d", READY_FD);
	if (pipe2(ends, O_CLOEXEC))
		return comb_fail(&work->err, COMB_FAILED, "no pipe: %s", strerror(errno));
	/* dup2() onto itself would leave it close-on-exec. */
	if (ends[1] == READY_FD) {
		int moved = fcntl(ends[1], F_DUPFD_CLOEXEC, READY_FD + 1);

		close(ends[1]);
		ends[1] = moved;
	}
	err = ends[1] < 0 ? errno : spawn(&child, argv, ends[1]);
	close(ends[1]);
	if (err) {
		comb_fail(&work->err, COMB_FAILED, "cannot run %s: %s", path, strerror(err));
		result = comb_hint(&work->err, "install Comb again, or --devices no");
	} else {
		result = wait_ready(work, child, ends[0]);
	}
	close(ends[0]);
	return result;
}

/* Any process of a keeper holds this lock. */
static bool keeper_lives(const char *path)
{
	CLI_AUTOFREE char *lock = cli_format("%s/lock", path);
	int fd = open(lock, O_RDONLY | O_CLOEXEC);
	bool lives;

	if (fd < 0)
		return false;
	lives = flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
	close(fd);
	return lives;
}

/* It says itself what goes wrong. */
static void keeper_run(const char *name, char *option)
{
	struct comb_error ignored = { 0 };
	char path[PATH_MAX];
	char *argv[] = { path, option ?: (char *)name, option ? (char *)name : NULL, NULL };
	pid_t child;

	if (cli_find_program("comb-keeper", path, sizeof(path), &ignored) ||
	    spawn(&child, argv, -1))
		return;
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

void keeper_revive(const char *name)
{
	CLI_AUTOFREE char *path = cli_format("%s/%s", cli_run_dir(), name);

	if (!access(path, F_OK) && !keeper_lives(path))
		keeper_run(name, NULL);
}

void keeper_wait(const struct cli *cli, const char *name)
{
	uint64_t since = cli_now_ns(), end = since + GONE_MS * 1000000ULL;
	CLI_AUTOFREE char *path = cli_format("%s/%s", cli_run_dir(), name);
	CLI_AUTOFREE char *definition = cli_format("%s/%s.cell", path, name);
	bool swept = false, woken = false, ended = false;

	while (!access(path, F_OK)) {
		if (!swept && !keeper_lives(path)) {
			/* Back ends live on without a keeper that was killed. */
			keeper_run(name, "--sweep");
			swept = true;
			continue;
		}
		if (!woken && cli_now_ns() - since >= STOPPED_MS * 1000000ULL) {
			/* It ends by itself then. For systemd a SIGKILL would be a failure. */
			keeper_signal(path, SIGCONT);
			woken = true;
		}
		if (cli_now_ns() < end) {
			poll(NULL, 0, LOOK_MS);
			continue;
		}
		if (!ended && keeper_lives(path)) {
			/* No other one could serve a cell of this name. */
			cli_say(cli, "%s: warning: its keeper did not end and was killed", name);
			keeper_signal(path, SIGKILL);
			ended = true;
			end = cli_now_ns() + GONE_MS * 1000000ULL;
			continue;
		}
		unlink(definition);
		if (rmdir(path))
			cli_say(cli, "%s: warning: its keeper has left files in %s", name, path);
		return;
	}
}

static void add_word(char **words, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add_word(char **words, const char *fmt, ...)
{
	char *word, *both;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&word, fmt, args) < 0)
		abort();
	va_end(args);
	both = cli_format("%s%s%s", *words, **words ? " " : "", word);
	free(word);
	free(*words);
	*words = both;
}

static void add_root(char **words, const struct comb_definition *def)
{
	switch (comb_root_kind(def->root)) {
	case COMB_ROOT_NONE:
		return;
	case COMB_ROOT_HOST:
		add_word(words, "comb.root=virtiofs:" COMB_ROOT_TAG ":host");
		break;
	case COMB_ROOT_DIRECTORY:
		add_word(words, "comb.root=virtiofs:" COMB_ROOT_TAG ":rw");
		break;
	case COMB_ROOT_DISK:
		add_word(words, "comb.root=disk:/dev/vda");
		break;
	}
	if (def->init)
		add_word(words, "comb.init=%s", def->init);
}

/* The keeper has made the bridge by now; without one the cell is told what it will be. */
static void add_net(char **words, const struct work *work)
{
	const char *what = work->def.net ?: "private";
	struct comb_error ignored = { 0 };
	struct comb_net net;
	char word[64];

	if (!strcmp(what, "private") && !comb_net_current(&net, &ignored) &&
	    !comb_net_word(&net, work->cell.get.id, word, sizeof(word)))
		add_word(words, "%s", word);
}

char *keeper_words(const struct work *work)
{
	const struct comb_definition *def = &work->def;
	char *words = cli_format("%s", "");

	if (!keeper_wanted(work))
		return words;
	add_root(&words, def);
	for (size_t i = 0; i < def->shares.count; i++) {
		struct comb_share share;

		if (!comb_share_parse(&share, def->shares.list[i], NULL))
			add_word(&words, "comb.share=share%zu:%s%s", i, share.mount,
				 share.read_only ? ":ro" : "");
		comb_share_free(&share);
	}
	add_net(&words, work);
	return words;
}
