// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "treewire.h"

/* No O_NOFOLLOW at the top, O_NONBLOCK because it may have become a FIFO. */
#define OPEN_FLAGS	(O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

struct sender {
	FILE *out;
	struct tree_talk *talk;
	unsigned int depth;
	char path[4096];	/* for warnings */
};

static void send_children(struct sender *s, int fd);

static void entry_from(struct tree_entry *entry, enum tree_type type, const char *name,
		       const struct stat *st)
{
	memset(entry, 0, sizeof(*entry));
	entry->type = type;
	entry->mode = st->st_mode & 01777;
	entry->seconds = st->st_mtim.tv_sec;
	entry->nanoseconds = st->st_mtim.tv_nsec;
	snprintf(entry->name, sizeof(entry->name), "%s", name);
}

static void send_content(struct sender *s, int fd)
{
	char data[TREE_CHUNK_MAX];
	ssize_t got;

	while ((got = read(fd, data, sizeof(data)))) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			tree_warn(s->talk, "cannot read %s: %s", s->path, strerror(errno));
			tree_number_write(s->out, TREE_CHUNK_BAD);
			return;
		}
		tree_number_write(s->out, got);
		if (fwrite(data, got, 1, s->out) != 1)
			return;
	}
	tree_number_write(s->out, 0);
}

/* An open file or directory; closes it. -1: it is neither. */
static int send_open(struct sender *s, int fd, const char *name, const struct stat *st)
{
	bool directory = S_ISDIR(st->st_mode);
	struct tree_entry entry;

	if (!directory && !S_ISREG(st->st_mode)) {
		close(fd);
		tree_warn(s->talk, "left out %s: neither file nor directory nor link", s->path);
		return -1;
	}
	if (directory && s->depth == TREE_DEPTH_MAX) {
		close(fd);
		tree_warn(s->talk, "left out %s: too deep", s->path);
		return -1;
	}
	entry_from(&entry, directory ? TREE_DIRECTORY : TREE_FILE, name, st);
	tree_entry_write(s->out, &entry);
	if (!directory) {
		send_content(s, fd);
		close(fd);
		return 0;
	}
	s->depth++;
	send_children(s, fd);
	s->depth--;
	tree_entry_write(s->out, &(struct tree_entry){ .type = TREE_UP });
	return 0;
}

static void send_link(struct sender *s, int at, const char *name, const struct stat *st)
{
	struct tree_entry entry;
	ssize_t length;

	entry_from(&entry, TREE_LINK, name, st);
	length = readlinkat(at, name, entry.target, sizeof(entry.target) - 1);
	if (length <= 0)
		tree_warn(s->talk, "cannot read %s: %s", s->path, strerror(errno));
	else
		tree_entry_write(s->out, &entry);
}

static void send_child(struct sender *s, int at, const char *name)
{
	struct stat st;
	int fd;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW)) {
		tree_warn(s->talk, "cannot read %s: %s", s->path, strerror(errno));
		return;
	}
	if (S_ISLNK(st.st_mode)) {
		send_link(s, at, name, &st);
		return;
	}
	/* Opening a device may do things. */
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
		tree_warn(s->talk, "left out %s: neither file nor directory nor link", s->path);
		return;
	}
	fd = openat(at, name, OPEN_FLAGS | O_NOFOLLOW);
	if (fd >= 0 && !fstat(fd, &st)) {
		send_open(s, fd, name, &st);
		return;
	}
	tree_warn(s->talk, "cannot read %s: %s", s->path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void send_children(struct sender *s, int fd)
{
	size_t length = strlen(s->path);
	DIR *directory = fdopendir(fd);
	struct dirent *child;

	if (!directory) {
		tree_warn(s->talk, "cannot read %s: %s", s->path, strerror(errno));
		close(fd);
		return;
	}
	while (!ferror(s->out)) {
		errno = 0;
		child = readdir(directory);
		if (!child)
			break;
		if (!strcmp(child->d_name, ".") || !strcmp(child->d_name, ".."))
			continue;
		snprintf(s->path + length, sizeof(s->path) - length, "/%s", child->d_name);
		send_child(s, dirfd(directory), child->d_name);
		s->path[length] = '\0';
	}
	if (!ferror(s->out) && errno)
		tree_warn(s->talk, "cannot read %s: %s", s->path, strerror(errno));
	closedir(directory);
}

static int send_top(struct sender *s, const char *path, struct comb_error *err)
{
	struct stat st;
	int fd;

	if (!stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return comb_fail(err, COMB_FAILED, "%s is neither file nor directory", path);
	fd = open(path, OPEN_FLAGS);
	if (fd < 0 || fstat(fd, &st)) {
		comb_fail(err, COMB_FAILED, "cannot read %s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (send_open(s, fd, "", &st))
		return comb_fail(err, COMB_FAILED, "%s is neither file nor directory", path);
	return 0;
}

int tree_send(FILE *out, const char *path, struct tree_talk *talk, struct comb_error *err)
{
	struct sender *s = calloc(1, sizeof(*s));
	int result;

	if (!s)
		return comb_out_of_memory(err);
	s->out = out;
	s->talk = talk;
	snprintf(s->path, sizeof(s->path), "%s", path);
	fwrite(TREE_MAGIC, TREE_MAGIC_BYTES, 1, out);
	errno = 0;
	result = send_top(s, path, err);
	tree_entry_write(out, &(struct tree_entry){ .type = result ? TREE_FAILED : TREE_UP });
	if ((fflush(out) || ferror(out)) && !result)
		result = comb_fail(err, COMB_FAILED, "the copy was cut off: %s", strerror(errno));
	free(s);
	return result;
}
