// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Definitions in the file system: DIR/NAME.cell and the drop-ins in DIR/NAME.cell.d, and the
 * same of clusters, DIR/NAME.cluster
 */
#include "definition_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cluster.h"

static const struct definition_kind cells = {
	.suffix = ".cell", .title = "Cell", .none = "cell", .create = "comb create",
	.change = "comb edit %s, or comb rm %s",
};

static void free_text(char **text)
{
	free(*text);
}

static void close_file(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define CLEANUP(fn) __attribute__((cleanup(fn)))

static int file_fail(struct comb_error *err, const char *path)
{
	int error = errno;

	comb_fail(err, COMB_FAILED, "%s: %s", path, strerror(error));
	if (error == EACCES || error == EPERM)
		comb_hint(err, "sudo comb ...");
	return -1;
}

static int not_there(struct comb_error *err, const char *name, const struct definition_kind *kind)
{
	comb_fail(err, COMB_NO_CELL, "%s: no such %s", name, kind->none);
	return comb_hint(err, "comb ls, or %s %s", kind->create, name);
}

static bool ends_in(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length > tail && !strcmp(text + length - tail, end);
}

/* All of a file of at most COMB_DEFINITION_SIZE_MAX bytes; errno is set on failure. */
static char *file_read(const char *path, size_t *length)
{
	/* Not blocking, in case it is a FIFO. */
	CLEANUP(close_file) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	char *text;
	ssize_t got;

	if (fd < 0 || fstat(fd, &status))
		return NULL;
	if (!S_ISREG(status.st_mode)) {
		errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
		return NULL;
	}
	text = malloc(COMB_DEFINITION_SIZE_MAX + 1);
	if (!text)
		return NULL;
	/* One byte more than allowed, so that the parser sees it is too long. */
	for (*length = 0; *length <= COMB_DEFINITION_SIZE_MAX; *length += (size_t)got) {
		got = read(fd, text + *length, COMB_DEFINITION_SIZE_MAX + 1 - *length);
		if (!got)
			break;
		if (got < 0 && errno == EINTR)
			got = 0;
		if (got < 0) {
			free(text);
			return NULL;
		}
	}
	return text;
}

static int file_load(struct comb_definition *def, const char *path, struct comb_error *err)
{
	CLEANUP(free_text) char *text = NULL;
	size_t length;

	text = file_read(path, &length);
	if (!text)
		return file_fail(err, path);
	return comb_definition_parse(def, text, length, path, err);
}

static int is_drop_in(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && ends_in(entry->d_name, ".conf");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/*
 * Call @fn with the path of each drop-in, in order, until one fails.
 * @dropins: DIR/NAME.cell.d, which need not exist.
 */
static int drop_ins_each(const char *dropins, int (*fn)(void *arg, const char *path,
							struct comb_error *err),
			 void *arg, struct comb_error *err)
{
	struct dirent **entries;
	int count = scandir(dropins, &entries, is_drop_in, by_name);
	int status = 0;

	if (count < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : file_fail(err, dropins);
	for (int i = 0; i < count; i++) {
		CLEANUP(free_text) char *path = NULL;

		if (!status && asprintf(&path, "%s/%s", dropins, entries[i]->d_name) < 0) {
			path = NULL;
			status = comb_out_of_memory(err);
		}
		if (!status)
			status = fn(arg, path, err);
		free(entries[i]);
	}
	free(entries);
	return status;
}

static int drop_in_load(void *def, const char *path, struct comb_error *err)
{
	return file_load(def, path, err);
}

/* A definition's file, which must exist, and the directory of its drop-ins; the caller frees both. */
static int find_files(const char *dir, const char *name, const struct definition_kind *kind,
		      char **path, char **dropins, struct comb_error *err)
{
	if (asprintf(path, "%s/%s%s", dir, name, kind->suffix) < 0)
		return *path = NULL, comb_out_of_memory(err);
	if (asprintf(dropins, "%s.d", *path) < 0)
		return *dropins = NULL, comb_out_of_memory(err);
	if (access(*path, F_OK) && (errno == ENOENT || errno == ENOTDIR))
		return not_there(err, name, kind);
	return 0;
}

int definition_files_load(struct comb_definition *def, const char *dir, const char *name,
			  const struct definition_kind *kind, struct comb_error *err)
{
	CLEANUP(free_text) char *path = NULL;
	CLEANUP(free_text) char *dropins = NULL;

	if (find_files(dir, name, kind, &path, &dropins, err) || file_load(def, path, err))
		return -1;
	return drop_ins_each(dropins, drop_in_load, def, err);
}

int comb_definition_load_copy(struct comb_definition *def, const char *dir, const char *name,
			      struct comb_error *err)
{
	comb_definition_init(def, "");
	if (comb_name_check(name, err))
		return -1;
	comb_definition_init(def, name);
	return definition_files_load(def, dir, name, &cells, err);
}

int comb_definition_load(struct comb_definition *def, const char *dir, const char *name,
			 struct comb_error *err)
{
	CLEANUP(free_text) char *cluster = NULL;

	if (comb_definition_load_copy(def, dir, name, err))
		return -1;
	if (!def->cluster)
		return 0;
	cluster = strdup(def->cluster);
	comb_definition_free(def);
	if (!cluster)
		return comb_out_of_memory(err);
	/* What is said later wins: the cluster first, then the cell once more. */
	if (comb_cluster_begin(def, dir, name, cluster, err) ||
	    definition_files_load(def, dir, name, &cells, err))
		return -1;
	return comb_cluster_check_cell(def, dir, err);
}

/* The lines of one key: one a list entry. */
static int key_write(FILE *out, const struct comb_definition *def, const struct comb_key *key,
		     const char **section)
{
	CLEANUP(free_text) char *text = NULL;
	char *rest, *line;

	/* Values that are at their default may follow a change of it. */
	if (!def->origin[key->id].where)
		return 0;
	text = comb_definition_get(def, key->id);
	if (!text) {
		errno = ENOMEM;
		return -1;
	}
	if (!*section || strcmp(*section, key->section))
		fprintf(out, "\n[%s]\n", key->section);
	*section = key->section;
	rest = text;
	while ((line = strsep(&rest, "\n")))
		fprintf(out, "%s=%s\n", key->key, line);
	return 0;
}

static int definition_write(FILE *out, const struct comb_definition *def,
			    const struct definition_kind *kind)
{
	const char *section = NULL;

	fprintf(out, "# %s %s; comb.cell(5) explains the keys.\n", kind->title, def->name);
	for (size_t i = 0; i < COMB_KEYS; i++)
		if (key_write(out, def, &comb_keys[i], &section))
			return -1;
	if (fflush(out) || ferror(out))
		return -1;
	if (ftell(out) > COMB_DEFINITION_SIZE_MAX) {
		errno = EFBIG;
		return -1;
	}
	return fsync(fileno(out));
}

static int directory_sync(const char *dir)
{
	CLEANUP(close_file) int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : fsync(fd);
}

/* Write @temporary and give it the name @path; without @replace only if that is free. */
static int definition_publish(const struct comb_definition *def, char *temporary,
			      const char *path, bool replace, const struct definition_kind *kind,
			      struct comb_error *err)
{
	int fd = mkostemp(temporary, O_CLOEXEC);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	int status;

	if (!out) {
		file_fail(err, temporary);
		if (fd >= 0) {
			close(fd);
			unlink(temporary);
		}
		return -1;
	}
	status = fchmod(fd, 0644) || definition_write(out, def, kind) ? file_fail(err, path) : 0;
	fclose(out);
	if (!status && replace) {
		if (!rename(temporary, path))
			return 0;
		status = file_fail(err, path);
	} else if (!status && link(temporary, path)) {
		if (errno == EEXIST) {
			status = comb_fail(err, COMB_TAKEN, "%s: exists already", def->name);
			comb_hint(err, kind->change, def->name, def->name);
		} else {
			status = file_fail(err, path);
		}
	}
	unlink(temporary);
	return status;
}

int definition_files_save(const struct comb_definition *def, const char *dir, bool replace,
			  const struct definition_kind *kind, struct comb_error *err)
{
	CLEANUP(free_text) char *path = NULL;
	CLEANUP(free_text) char *temporary = NULL;

	if (comb_name_check(def->name, err))
		return -1;
	if (asprintf(&path, "%s/%s%s", dir, def->name, kind->suffix) < 0)
		return path = NULL, comb_out_of_memory(err);
	if (asprintf(&temporary, "%s/.%s.XXXXXX", dir, def->name) < 0)
		return temporary = NULL, comb_out_of_memory(err);
	if (mkdir(dir, 0755) && errno != EEXIST)
		return file_fail(err, dir);
	if (definition_publish(def, temporary, path, replace, kind, err))
		return -1;
	return directory_sync(dir) ? file_fail(err, dir) : 0;
}

int comb_definition_save(const struct comb_definition *def, const char *dir, bool replace,
			 struct comb_error *err)
{
	return definition_files_save(def, dir, replace, &cells, err);
}

static int drop_in_remove(void *arg, const char *path, struct comb_error *err)
{
	(void)arg;
	return unlink(path) && errno != ENOENT ? file_fail(err, path) : 0;
}

int definition_files_remove(const char *dir, const char *name, const struct definition_kind *kind,
			    struct comb_error *err)
{
	CLEANUP(free_text) char *path = NULL;
	CLEANUP(free_text) char *dropins = NULL;

	if (comb_name_check(name, err))
		return -1;
	if (find_files(dir, name, kind, &path, &dropins, err))
		return -1;
	/* The definition goes last, so that a failure leaves something to remove again. */
	if (drop_ins_each(dropins, drop_in_remove, NULL, err))
		return -1;
	/* Stays if someone keeps other files there; they have no effect. */
	rmdir(dropins);
	if (unlink(path))
		return errno == ENOENT ? not_there(err, name, kind) : file_fail(err, path);
	return directory_sync(dir) ? file_fail(err, dir) : 0;
}

int comb_definition_remove(const char *dir, const char *name, struct comb_error *err)
{
	return definition_files_remove(dir, name, &cells, err);
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int definition_files_list(const char *dir, struct comb_strings *names,
			  const struct definition_kind *kind, struct comb_error *err)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;
	int status = 0;

	if (!stream)
		return errno == ENOENT ? 0 : file_fail(err, dir);
	while (!status && (errno = 0, entry = readdir(stream))) {
		char *dot = strrchr(entry->d_name, '.');

		if (!ends_in(entry->d_name, kind->suffix))
			continue;
		*dot = '\0';
		if (!comb_name_check(entry->d_name, NULL) &&
		    comb_strings_add(names, entry->d_name))
			status = comb_out_of_memory(err);
	}
	if (!status && errno)
		status = file_fail(err, dir);
	closedir(stream);
	if (names->count)
		qsort(names->list, names->count, sizeof(*names->list), compare_texts);
	return status;
}

int comb_definition_list(const char *dir, struct comb_strings *names, struct comb_error *err)
{
	return definition_files_list(dir, names, &cells, err);
}
