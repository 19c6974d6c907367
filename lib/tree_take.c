// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "treewire.h"

/* A directory being filled; mode and time are set when nothing is added any more. */
struct level {
	int fd;
	struct tree_entry entry;
};

struct taker {
	FILE *in;
	struct tree_talk *talk;
	struct comb_error *err;
	unsigned int depth;
	struct level *levels[TREE_DEPTH_MAX];
	char data[TREE_CHUNK_MAX];
};

static int taker_cut_off(struct taker *t)
{
	return comb_fail(t->err, COMB_FAILED, "the copy was cut off");
}

static int taker_garbled(struct taker *t)
{
	return comb_fail(t->err, COMB_FAILED, "the sender sent what makes no sense");
}

static void set_times(struct taker *t, int fd, const char *name, const struct tree_entry *entry)
{
	struct timespec times[] = {
		{ .tv_nsec = UTIME_NOW },
		{ .tv_sec = entry->seconds, .tv_nsec = entry->nanoseconds },
	};
	int result;

	if (entry->type == TREE_LINK)
		result = utimensat(fd, name, times, AT_SYMLINK_NOFOLLOW);
	else
		result = futimens(fd, times);
	if (result)
		tree_warn(t->talk, "cannot set the time of %s: %s", name, strerror(errno));
}

static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t put = write(fd, data, size);

		if (put < 0 && errno != EINTR)
			return -1;
		if (put > 0) {
			data += put;
			size -= put;
		}
	}
	return 0;
}

/* Read a file's chunks into @fd; -1 there: only read them. */
static int take_content(struct taker *t, int fd, const char *name)
{
	uint32_t length;

	for (;;) {
		if (!tree_number_read(t->in, &length))
			return taker_cut_off(t);
		if (!length)
			return 0;
		if (length == TREE_CHUNK_BAD) {
			tree_warn(t->talk, "%s is not complete", name);
			return 0;
		}
		if (length > TREE_CHUNK_MAX)
			return taker_garbled(t);
		if (fread(t->data, length, 1, t->in) != 1)
			return taker_cut_off(t);
		if (fd >= 0 && write_all(fd, t->data, length))
			return comb_fail(t->err, COMB_FAILED, "cannot write %s: %s", name,
					 strerror(errno));
	}
}

/* Replace what is there, as long as it is no directory. */
static int create_file(int at, const char *name)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
	int fd = openat(at, name, flags, 0600);

	if (fd < 0 && errno == EEXIST && !unlinkat(at, name, 0))
		fd = openat(at, name, flags, 0600);
	return fd;
}

static int take_file(struct taker *t, int fd, const char *name, const struct tree_entry *entry)
{
	struct stat st;
	int result;

	if (fd < 0)
		tree_warn(t->talk, "cannot create %s: %s", name, strerror(errno));
	result = take_content(t, fd, name);
	if (fd < 0)
		return result;
	/* A device or pipe the user named as the destination stays what it is. */
	if (!result && !fstat(fd, &st) && S_ISREG(st.st_mode)) {
		if (fchmod(fd, entry->mode & 0777))
			tree_warn(t->talk, "cannot set the mode of %s: %s", name, strerror(errno));
		set_times(t, fd, name, entry);
	}
	if (close(fd) && !result)
		result = comb_fail(t->err, COMB_FAILED, "cannot write %s: %s", name,
				   strerror(errno));
	return result;
}

static int open_directory(int at, const char *name)
{
	if (mkdirat(at, name, 0700) && errno != EEXIST)
		return -1;
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* What cannot be entered is read and dropped: its level has no descriptor. */
static int enter(struct taker *t, int fd, const char *name, const struct tree_entry *entry)
{
	struct level *level;

	if (t->depth == TREE_DEPTH_MAX) {
		if (fd >= 0)
			close(fd);
		return taker_garbled(t);
	}
	level = malloc(sizeof(*level));
	if (!level) {
		if (fd >= 0)
			close(fd);
		return comb_out_of_memory(t->err);
	}
	if (fd < 0 && name)
		tree_warn(t->talk, "cannot create directory %s: %s", name, strerror(errno));
	level->fd = fd;
	level->entry = *entry;
	t->levels[t->depth++] = level;
	return 0;
}

static void leave(struct taker *t, bool complete)
{
	struct level *level = t->levels[--t->depth];
	const char *name = level->entry.name;

	if (level->fd >= 0 && complete) {
		if (fchmod(level->fd, level->entry.mode & 01777))
			tree_warn(t->talk, "cannot set the mode of %s: %s", name, strerror(errno));
		set_times(t, level->fd, name, &level->entry);
	}
	if (level->fd >= 0)
		close(level->fd);
	free(level);
}

static void take_link(struct taker *t, int at, const struct tree_entry *entry)
{
	const char *name = entry->name;

	if (symlinkat(entry->target, at, name) &&
	    (errno != EEXIST || unlinkat(at, name, 0) || symlinkat(entry->target, at, name)))
		tree_warn(t->talk, "cannot create %s: %s", name, strerror(errno));
	else
		set_times(t, at, name, entry);
}

/* Something inside a directory. */
static int take_child(struct taker *t, const struct tree_entry *entry)
{
	int at = t->levels[t->depth - 1]->fd;
	const char *name = entry->name;

	if (!*name)
		return taker_garbled(t);
	if (entry->type == TREE_FILE)
		return at < 0 ? take_content(t, -1, name) :
				take_file(t, create_file(at, name), name, entry);
	if (entry->type == TREE_DIRECTORY)
		return at < 0 ? enter(t, -1, NULL, entry) :
				enter(t, open_directory(at, name), name, entry);
	if (at >= 0)
		take_link(t, at, entry);
	return 0;
}

static int take_children(struct taker *t)
{
	struct tree_entry entry;

	while (t->depth) {
		int result = tree_entry_read(t->in, &entry);

		if (result <= 0)
			return result ? taker_garbled(t) : taker_cut_off(t);
		if (entry.type == TREE_FAILED)
			return taker_garbled(t);
		if (entry.type == TREE_UP)
			leave(t, true);
		else if (take_child(t, &entry))
			return -1;
	}
	return 0;
}

static int make_top(struct taker *t, const char *path, struct tree_entry *top)
{
	int fd;

	snprintf(top->name, sizeof(top->name), "%s", basename(path));
	if (top->type == TREE_FILE) {
		/* As cp(1) does: links are followed and devices written to. */
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);
		if (fd >= 0)
			return take_file(t, fd, path, top);
	} else {
		if (mkdir(path, 0700) && errno != EEXIST)
			goto err;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0)
			return enter(t, fd, path, top) ? -1 : take_children(t);
	}
err:
	return comb_fail(t->err, COMB_FAILED, "cannot create %s: %s", path, strerror(errno));
}

static int read_top(struct taker *t, struct tree_entry *top)
{
	char magic[TREE_MAGIC_BYTES];
	int result;

	if (fread(magic, sizeof(magic), 1, t->in) != 1)
		return taker_cut_off(t);
	if (memcmp(magic, TREE_MAGIC, sizeof(magic)))
		return taker_garbled(t);
	result = tree_entry_read(t->in, top);
	if (!result)
		return taker_cut_off(t);
	if (result > 0 && top->type == TREE_FAILED)
		return comb_fail(t->err, COMB_FAILED, "there is nothing to copy");
	if (result < 0 || (top->type != TREE_FILE && top->type != TREE_DIRECTORY))
		return taker_garbled(t);
	return 0;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

int tree_take(FILE *in, const char *where, const char *name, struct tree_talk *talk,
	      struct comb_error *err)
{
	struct taker *t = calloc(1, sizeof(*t));
	char *path = NULL;
	struct tree_entry top, last;
	int result = -1;

	if (!t || asprintf(&path, "%s%s%s", where, is_directory(where) ? "/" : "",
			   is_directory(where) ? name : "") < 0) {
		comb_out_of_memory(err);
		goto out;
	}
	t->in = in;
	t->talk = talk;
	t->err = err;
	if (read_top(t, &top) || make_top(t, path, &top))
		goto out;
	/* Without it the sender may have died in the middle of a file's chunks. */
	if (tree_entry_read(in, &last) == 1 && last.type == TREE_UP)
		result = 0;
	else
		taker_cut_off(t);
out:
	while (t && t->depth)
		leave(t, false);
	free(t);
	free(path);
	return result;
}
