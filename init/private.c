// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "log.h"
#include "private.h"
#include "resolver.h"

#define LIST	"/etc/comb/private"
/* In RAM, like all of /run. */
#define PLACE	"/run/comb/private"
#define UNITS	"/run/systemd/system"
#define COMMIT	UNITS "/systemd-machine-id-commit.service"

struct private_part private_parse(char *line)
{
	struct private_part part = { .from = "" };
	char *rest = line, *kind = strsep(&rest, " "), *path = rest ? strsep(&rest, " ") : NULL;

	if (!path || *path != '/')
		return part;
	part.kind = kind;
	part.path = path;
	if (rest)
		part.from = rest;
	return part;
}

char *private_read(void)
{
	size_t size;
	char *list = file_read(LIST, &size);

	if (!list && errno != ENOENT)
		log_trouble("cannot read " LIST ": %s", strerror(errno));
	return list;
}

static int write_text(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	ssize_t size = (ssize_t)strlen(text), put;

	if (fd < 0)
		return -1;
	put = write(fd, text, size);
	return close(fd) || put != size ? -1 : 0;
}

/* The root must have something to mount on; the same for all cells, and empty. */
static int make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);

	return fd < 0 ? -1 : close(fd);
}

static int mount_file(const char *path, const char *text)
{
	char own[sizeof(PLACE) + 256];

	snprintf(own, sizeof(own), PLACE "%s", strrchr(path, '/'));
	if (write_text(own, text, 0644) || make_file(path))
		return -1;
	return mount(own, path, "none", MS_BIND, NULL);
}

static int mount_line(const struct private_part *part)
{
	char text[256];

	snprintf(text, sizeof(text), "%s\n", part->from);
	return mount_file(part->path, text);
}

static int mount_resolver(const struct private_part *part)
{
	struct stat st;
	char *text;
	int result;

	/* It leads to /run, where each cell has its own. */
	if (!lstat(part->path, &st) && S_ISLNK(st.st_mode))
		return 0;
	text = resolver_own();
	result = text ? mount_file(part->path, text) : 0;
	free(text);
	return result;
}

/* What covers a directory has its owner and mode: a daemon may insist on them. */
static int find_covered(const char *path, struct stat *st)
{
	return directories_make(path) || stat(path, st) ? -1 : 0;
}

static int mount_ram(const struct private_part *part)
{
	char options[96];
	struct stat st;

	if (find_covered(part->path, &st))
		return -1;
	snprintf(options, sizeof(options), "mode=%o,uid=%u,gid=%u", st.st_mode & 07777, st.st_uid,
		 st.st_gid);
	return mount("tmpfs", part->path, "tmpfs", MS_NOSUID | MS_NODEV, options);
}

/* One that is there stays as it is. */
static int make_kept(const char *path, const struct stat *like)
{
	char above[4096];

	snprintf(above, sizeof(above), "%.*s", (int)(strrchr(path, '/') - path), path);
	if (directories_make(above))
		return -1;
	if (mkdir(path, 0700))
		return errno == EEXIST ? 0 : -1;
	return chown(path, like->st_uid, like->st_gid) || chmod(path, like->st_mode & 07777) ?
		       -1 : 0;
}

static int mount_kept(const struct private_part *part)
{
	struct stat st;

	if (*part->from != '/') {
		errno = EINVAL;
		return -1;
	}
	if (find_covered(part->path, &st) || make_kept(part->from, &st))
		return -1;
	return mount(part->from, part->path, "none", MS_BIND, NULL);
}

static const struct {
	const char *kind;
	int (*mount)(const struct private_part *part);
} kinds[] = {
	{ "file", mount_line }, { "resolver", mount_resolver }, { "ram", mount_ram },
	{ "kept", mount_kept },
};

/*
 * systemd takes a machine-id in RAM for one that is to be stored, and would write it into the
 * root that all cells share.
 */
static void keep_uncommitted(void)
{
	if (directories_make(UNITS) || (symlink("/dev/null", COMMIT) && errno != EEXIST))
		log_trouble("cannot mask " COMMIT ": %s", strerror(errno));
}

static void mount_part(const struct private_part *part)
{
	for (size_t i = 0; part->kind && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(part->kind, kinds[i].kind))
			continue;
		if (kinds[i].mount(part))
			log_trouble("cannot make %s private: %s", part->path, strerror(errno));
		return;
	}
	log_trouble(LIST " makes no sense: %s", part->kind ? part->kind : "no path");
}

void private_mount(char *list)
{
	char *line;

	if (!list)
		return;
	if (directories_make(PLACE)) {
		log_trouble("cannot make " PLACE ": %s", strerror(errno));
		return;
	}
	while ((line = file_next_line(&list))) {
		struct private_part part = private_parse(line);

		mount_part(&part);
	}
	keep_uncommitted();
}
