// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "hostfile.h"

#define HEADER_SIZE	110u	/* "070701" and 13 fields of 8 hexadecimal digits */
#define PADDING		4u
#define BLOCK		512u	/* what cpio(1) and every boot loader pad archives to */
#define TRAILER		"TRAILER!!!"

struct cpio_entry {
	char *path;		/* without leading slash */
	char *source;		/* file to read, or NULL: data */
	void *data;
	uint32_t size;
	mode_t mode;
	dev_t device;
	size_t order;		/* later wins */
	bool implied;		/* a parent nobody asked for */
};

struct cpio {
	struct cpio_entry *entries;
	size_t nr, capacity;
	size_t added;		/* ever: the order of the next one */
};

struct cpio *cpio_new(void)
{
	return calloc(1, sizeof(struct cpio));
}

static void entry_clear(struct cpio_entry *entry)
{
	free(entry->path);
	free(entry->source);
	free(entry->data);
}

void cpio_free(struct cpio *cpio)
{
	if (!cpio)
		return;
	for (size_t i = 0; i < cpio->nr; i++)
		entry_clear(&cpio->entries[i]);
	free(cpio->entries);
	free(cpio);
}

/* A copy of @path in the form the archive holds: "a/b". NULL: out of memory, or .. in it. */
static char *path_normalize(const char *path, bool *bad)
{
	char *copy = malloc(strlen(path) + 1), *to = copy;

	*bad = false;
	while (copy && *path) {
		size_t length = strcspn(path, "/");

		if (length == 2 && memcmp(path, "..", 2) == 0)
			*bad = true;
		if (length > NAME_MAX)
			*bad = true;
		if (length > 0 && !(length == 1 && *path == '.')) {
			if (to != copy)
				*to++ = '/';
			memcpy(to, path, length);
			to += length;
		}
		path += length;
		path += strspn(path, "/");
	}
	if (!copy)
		return NULL;
	*to = '\0';
	if (to == copy || to - copy >= PATH_MAX)
		*bad = true;
	if (*bad) {
		free(copy);
		return NULL;
	}
	return copy;
}

/* Takes what @entry holds; its path is set here. */
static int entry_add(struct cpio *cpio, const char *path, struct cpio_entry *entry,
		     struct comb_error *err)
{
	bool bad;

	if (cpio->nr == cpio->capacity) {
		size_t capacity = cpio->capacity ? 2 * cpio->capacity : 64;
		void *grown = reallocarray(cpio->entries, capacity, sizeof(*entry));

		if (!grown)
			goto err_memory;
		cpio->entries = grown;
		cpio->capacity = capacity;
	}
	entry->path = path_normalize(path, &bad);
	if (!entry->path && bad) {
		entry_clear(entry);
		comb_fail(err, COMB_USAGE, "%s cannot be a path in an initramfs", path);
		return comb_hint(err, "give an absolute path without \"..\"");
	}
	if (!entry->path)
		goto err_memory;
	entry->order = cpio->added++;
	cpio->entries[cpio->nr++] = *entry;
	return 0;

err_memory:
	entry_clear(entry);
	return hostfile_memory(err);
}

int cpio_add_directory(struct cpio *cpio, const char *path, mode_t mode, struct comb_error *err)
{
	struct cpio_entry entry = { .mode = S_IFDIR | (mode & 07777) };

	return entry_add(cpio, path, &entry, err);
}

int cpio_add_link(struct cpio *cpio, const char *path, const char *target, struct comb_error *err)
{
	struct cpio_entry entry = { .mode = S_IFLNK | 0777, .data = strdup(target) };

	if (!entry.data)
		return hostfile_memory(err);
	entry.size = (uint32_t)strlen(target);
	return entry_add(cpio, path, &entry, err);
}

int cpio_add_node(struct cpio *cpio, const char *path, mode_t mode, dev_t device,
		  struct comb_error *err)
{
	struct cpio_entry entry = { .mode = mode, .device = device };

	return entry_add(cpio, path, &entry, err);
}

static int size_check(const char *path, uint64_t size, struct comb_error *err)
{
	if (size <= UINT32_MAX)
		return 0;
	comb_fail(err, COMB_USAGE, "%s is too large for an initramfs", path);
	return comb_hint(err, "a file in it can have 4 GiB at most");
}

int cpio_add_data(struct cpio *cpio, const char *path, mode_t mode, void *data, size_t size,
		  struct comb_error *err)
{
	struct cpio_entry entry = { .mode = S_IFREG | (mode & 07777), .data = data };

	if (size_check(path, size, err) < 0) {
		free(data);
		return -1;
	}
	entry.size = (uint32_t)size;
	return entry_add(cpio, path, &entry, err);
}

int cpio_add_file(struct cpio *cpio, const char *path, mode_t mode, const char *source,
		  uint64_t size, struct comb_error *err)
{
	struct cpio_entry entry = { .mode = S_IFREG | (mode & 07777) };

	if (size_check(source, size, err) < 0)
		return -1;
	entry.size = (uint32_t)size;
	entry.source = strdup(source);
	if (!entry.source)
		return hostfile_memory(err);
	return entry_add(cpio, path, &entry, err);
}

int cpio_has(const struct cpio *cpio, const char *path)
{
	path += strspn(path, "/");
	for (size_t i = 0; i < cpio->nr; i++)
		if (strcmp(cpio->entries[i].path, path) == 0)
			return 1;
	return 0;
}

static int entry_compare(const void *a, const void *b)
{
	const struct cpio_entry *left = a, *right = b;
	int order = strcmp(left->path, right->path);

	if (order)
		return order;
	/* Implied parents first, so that the last one of a path is the one to keep. */
	if (left->implied != right->implied)
		return left->implied ? -1 : 1;
	return left->order < right->order ? -1 : left->order > right->order;
}

/* Add a directory for each parent of each entry; most are duplicates, dropped below. */
static int parents_add(struct cpio *cpio, struct comb_error *err)
{
	size_t nr = cpio->nr;

	for (size_t i = 0; i < nr; i++) {
		char *slash = strrchr(cpio->entries[i].path, '/');
		const char *parent = cpio->entries[i].path;

		/* A child of the same directory just before has seen to it. */
		if (!slash || (i > 0 && strncmp(cpio->entries[i - 1].path, parent,
						(size_t)(slash - parent) + 1) == 0))
			continue;
		for (char *end = strchr(parent, '/'); end; end = strchr(end + 1, '/')) {
			struct cpio_entry entry = { .mode = S_IFDIR | 0755, .implied = true };
			int failed;

			*end = '\0';
			failed = entry_add(cpio, parent, &entry, err);
			*end = '/';
			if (failed)
				return -1;
		}
	}
	return 0;
}

/* Sort, keep one entry a path, and make sure that parents are directories. */
static int entries_settle(struct cpio *cpio, struct comb_error *err)
{
	size_t kept = 0;

	if (cpio->nr)
		qsort(cpio->entries, cpio->nr, sizeof(cpio->entries[0]), entry_compare);
	if (parents_add(cpio, err) < 0)
		return -1;
	if (cpio->nr)
		qsort(cpio->entries, cpio->nr, sizeof(cpio->entries[0]), entry_compare);
	for (size_t i = 0; i < cpio->nr; i++) {
		struct cpio_entry *entry = &cpio->entries[i], *last;
		bool parent;

		if (kept == 0 || strcmp(cpio->entries[kept - 1].path, entry->path) != 0) {
			cpio->entries[kept] = *entry;
			if (kept++ != i)
				memset(entry, 0, sizeof(*entry));
			continue;
		}
		last = &cpio->entries[kept - 1];
		parent = last->implied;
		entry_clear(last);
		*last = *entry;
		last->implied = parent;
		memset(entry, 0, sizeof(*entry));
	}
	cpio->nr = kept;
	for (size_t i = 0; i < cpio->nr; i++) {
		if (!cpio->entries[i].implied || S_ISDIR(cpio->entries[i].mode))
			continue;
		comb_fail(err, COMB_USAGE, "/%s is no directory, but a file is to go below it",
			  cpio->entries[i].path);
		return comb_hint(err, "give one of them another place: --file SRC:DST");
	}
	return 0;
}

static uint64_t align_up(uint64_t value, uint64_t unit)
{
	return (value + unit - 1) / unit * unit;
}

static uint64_t entry_bytes(const char *path, uint32_t size)
{
	return align_up(HEADER_SIZE + strlen(path) + 1, PADDING) + align_up(size, PADDING);
}

static int source_read(const struct cpio_entry *entry, uint8_t *to, struct comb_error *err)
{
	int fd = open(entry->source, O_RDONLY | O_CLOEXEC);
	uint32_t done = 0;
	ssize_t got = 0;

	if (fd < 0) {
		comb_fail(err, COMB_USAGE, "%s: %s", entry->source, strerror(errno));
		return comb_hint(err, "ls -l %s", entry->source);
	}
	while (done < entry->size) {
		got = read(fd, to + done, entry->size - done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		done += (uint32_t)got;
	}
	if (got < 0)
		comb_fail(err, COMB_FAILED, "%s: %s", entry->source, strerror(errno));
	else if (done < entry->size)
		comb_fail(err, COMB_FAILED, "%s became shorter while it was read", entry->source);
	close(fd);
	return done < entry->size ? comb_hint(err, "try again when nobody writes to it") : 0;
}

/* Writes the entry at @to, which is zeroed; returns its length. */
static uint64_t header_write(const struct cpio_entry *entry, uint32_t inode, uint8_t *to)
{
	char header[HEADER_SIZE + 1];
	bool device = S_ISCHR(entry->mode) || S_ISBLK(entry->mode);
	size_t name = strlen(entry->path) + 1;

	snprintf(header, sizeof(header),
		 "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		 inode, entry->mode, 0, 0, S_ISDIR(entry->mode) ? 2 : 1, 0, entry->size, 0, 0,
		 device ? major(entry->device) : 0, device ? minor(entry->device) : 0,
		 (unsigned int)name, 0);
	memcpy(to, header, HEADER_SIZE);
	memcpy(to + HEADER_SIZE, entry->path, name);
	return align_up(HEADER_SIZE + name, PADDING);
}

int cpio_write(struct cpio *cpio, void **data, size_t *size, struct comb_error *err)
{
	struct cpio_entry trailer = { .path = (char *)TRAILER };
	uint64_t bytes = entry_bytes(TRAILER, 0);
	uint8_t *archive, *to;

	if (entries_settle(cpio, err) < 0)
		return -1;
	for (size_t i = 0; i < cpio->nr; i++)
		bytes += entry_bytes(cpio->entries[i].path, cpio->entries[i].size);
	bytes = align_up(bytes, BLOCK);
	if (bytes > CPIO_BYTES_MAX) {
		comb_fail(err, COMB_USAGE, "the initramfs would have %llu MiB, more than %llu",
			  (unsigned long long)bytes >> 20, CPIO_BYTES_MAX >> 20);
		return comb_hint(err, "add fewer files");
	}
	archive = calloc(1, bytes);
	if (!archive)
		return hostfile_memory(err);
	to = archive;
	for (size_t i = 0; i < cpio->nr; i++) {
		const struct cpio_entry *entry = &cpio->entries[i];

		to += header_write(entry, (uint32_t)i + 1, to);
		if (entry->source && source_read(entry, to, err) < 0) {
			free(archive);
			return -1;
		}
		if (entry->data)
			memcpy(to, entry->data, entry->size);
		to += align_up(entry->size, PADDING);
	}
	header_write(&trailer, 0, to);
	*data = archive;
	*size = bytes;
	return 0;
}
