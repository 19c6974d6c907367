// SPDX-License-Identifier: GPL-2.0-or-later
#include "elfdeps.h"

#include <elf.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hostfile.h"

#define OBJECTS_MAX	1024u

/* Where a loader without a cache looks: glibc's defaults on Debian, and elsewhere. */
static const char *const default_dirs[] = {
	"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu",
	"/lib64", "/usr/lib64", "/lib", "/usr/lib",
};

/* One loaded file, in breadth-first order as the loader does it. */
struct elf_object {
	char *source;		/* on the host */
	char *path;		/* in the cell */
	void *data;
	struct elf_needs needs;
	const struct elf_object *parent;
};

struct closure {
	struct elf_object *objects[OBJECTS_MAX];
	unsigned int nr;
	const char *interpreter;
	elf_file_fn fn;
	void *arg;
	struct comb_error *err;
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void object_free(struct elf_object *object)
{
	if (!object)
		return;
	free(object->source);
	free(object->path);
	free(object->data);
	free(object);
}

/* Returns 0 with *@object NULL if @source is no dynamic x86-64 ELF file. */
static int object_open(const char *source, const char *path, const struct elf_object *parent,
		       struct elf_object **object, struct comb_error *err)
{
	struct elf_object *made;
	size_t size;
	void *data;

	*object = NULL;
	if (hostfile_read(source, SELFMAG, &data, &size, err) < 0)
		return -1;
	if (size < SELFMAG || memcmp(data, ELFMAG, SELFMAG) != 0) {
		free(data);
		return 0;
	}
	free(data);
	made = calloc(1, sizeof(*made));
	if (!made)
		return hostfile_memory(err);
	made->source = strdup(source);
	made->path = path_clean(path);
	made->parent = parent;
	if (!made->source || !made->path) {
		object_free(made);
		return hostfile_memory(err);
	}
	if (hostfile_read(source, SIZE_MAX, &made->data, &size, err) < 0) {
		object_free(made);
		return -1;
	}
	if (elf_parse(made->data, size, &made->needs))
		*object = made;
	else
		object_free(made);
	return 0;
}

static bool is_known(const struct closure *closure, const char *name)
{
	if (closure->interpreter && strcmp(base_name(closure->interpreter), name) == 0)
		return true;
	for (unsigned int i = 1; i < closure->nr; i++)
		if (strcmp(base_name(closure->objects[i]->path), base_name(name)) == 0)
			return true;
	return false;
}

/*
 * Take the library at @dir/@name, if there is one of the right kind, to be at
 * @cell_dir/@name. Returns 1 if taken, 0 if not, -1 on failure.
 */
static int library_try(struct closure *closure, const struct elf_object *parent, const char *dir,
		       const char *cell_dir, const char *name)
{
	char source[PATH_MAX], path[PATH_MAX];
	struct elf_object *object;

	if (snprintf(source, sizeof(source), "%s/%s", dir, name) >= (int)sizeof(source) ||
	    snprintf(path, sizeof(path), "%s/%s", cell_dir, name) >= (int)sizeof(path) ||
	    access(source, R_OK) < 0)
		return 0;
	/* What cannot be read here, a directory say, may still be somewhere else. */
	if (object_open(source, path, parent, &object, NULL) < 0 || !object)
		return 0;
	if (closure->nr == OBJECTS_MAX) {
		comb_fail(closure->err, COMB_USAGE, "%s needs more than %u libraries",
			  closure->objects[0]->source, OBJECTS_MAX);
		comb_hint(closure->err, "link it statically");
		object_free(object);
		return -1;
	}
	closure->objects[closure->nr++] = object;
	return closure->fn(source, object->path, closure->arg, closure->err) ? -1 : 1;
}

/* Write @entry with the leading $ORIGIN replaced; false if it has another variable. */
static bool origin_expand(const char *entry, size_t length, const char *file, char *to)
{
	static const char *const names[] = { "$ORIGIN", "${ORIGIN}" };
	int directory = (int)(base_name(file) - file);

	for (unsigned int i = 0; i < 2; i++) {
		size_t skip = strlen(names[i]);

		if (length < skip || memcmp(entry, names[i], skip) != 0)
			continue;
		if (memchr(entry + skip, '$', length - skip))
			return false;
		return snprintf(to, PATH_MAX, "%.*s/%.*s", directory, file,
				(int)(length - skip), entry + skip) < PATH_MAX;
	}
	/* A relative directory depends on where the program is started: no use here. */
	if (length == 0 || *entry != '/' || memchr(entry, '$', length))
		return false;
	return snprintf(to, PATH_MAX, "%.*s", (int)length, entry) < PATH_MAX;
}

/* Try each directory of @list, the RPATH or RUNPATH of @owner. Returns as library_try(). */
static int list_search(struct closure *closure, const struct elf_object *parent,
		       const struct elf_object *owner, const char *list, const char *name)
{
	char dir[PATH_MAX], cell_dir[PATH_MAX];
	char *real = realpath(owner->source, NULL);
	int found = 0;

	if (!real)
		return 0;
	while (*list && found == 0) {
		size_t length = strcspn(list, ":");

		if (origin_expand(list, length, real, dir) &&
		    origin_expand(list, length, owner->path, cell_dir))
			found = library_try(closure, parent, dir, cell_dir, name);
		list += length;
		list += *list == ':';
	}
	free(real);
	return found;
}

/* Directories only ld.so.cache knows: what is found there moves to a default one. */
static int configured_search(struct closure *closure, const struct elf_object *parent,
			     const char *name)
{
	const char *cell_dir = access(default_dirs[0], F_OK) == 0 ? default_dirs[0] : "/lib64";
	char line[PATH_MAX];
	glob_t files;
	int found = 0;

	if (glob("/etc/ld.so.conf.d/*.conf", 0, NULL, &files) != 0)
		return 0;
	for (size_t i = 0; i < files.gl_pathc && found == 0; i++) {
		FILE *file = fopen(files.gl_pathv[i], "re");

		while (file && found == 0 && fgets(line, sizeof(line), file)) {
			line[strcspn(line, " \t\r\n#")] = '\0';
			if (line[0] == '/')
				found = library_try(closure, parent, line, cell_dir, name);
		}
		if (file)
			fclose(file);
	}
	globfree(&files);
	return found;
}

static int library_search(struct closure *closure, const struct elf_object *parent,
			  const char *name)
{
	int found = 0;

	if (strchr(name, '/')) {
		char *slash = strrchr(name, '/'), dir[PATH_MAX];

		snprintf(dir, sizeof(dir), "%.*s", (int)(slash - name), name);
		return *name == '/' ? library_try(closure, parent, dir, dir, slash + 1) : 0;
	}
	/* RPATH counts for what a library needs as well, RUNPATH only for its owner. */
	for (const struct elf_object *owner = parent; owner && !parent->needs.runpath && !found;
	     owner = owner->parent)
		if (owner->needs.rpath)
			found = list_search(closure, parent, owner, owner->needs.rpath, name);
	if (!found && parent->needs.runpath)
		found = list_search(closure, parent, parent, parent->needs.runpath, name);
	for (size_t i = 0; i < sizeof(default_dirs) / sizeof(default_dirs[0]) && !found; i++)
		found = library_try(closure, parent, default_dirs[i], default_dirs[i], name);
	return found ? found : configured_search(closure, parent, name);
}

static int needed_add(struct closure *closure, const struct elf_object *object)
{
	for (unsigned int i = 0; i < object->needs.nr_needed; i++) {
		const char *name = object->needs.needed[i];
		int found = is_known(closure, name) ? 1 : library_search(closure, object, name);

		if (found < 0)
			return -1;
		if (found)
			continue;
		comb_fail(closure->err, COMB_USAGE, "%s needs %s, which is not there",
			  object->source, name);
		return comb_hint(closure->err, "ldd %s, and install the package that has %s",
				 object->source, name);
	}
	return 0;
}

int elf_closure(const char *source, const char *path, elf_file_fn fn, void *arg,
		struct comb_error *err)
{
	struct closure *closure = calloc(1, sizeof(*closure));
	int result;

	if (!closure)
		return hostfile_memory(err);
	closure->fn = fn;
	closure->arg = arg;
	closure->err = err;
	result = object_open(source, path, NULL, &closure->objects[0], err);
	if (result < 0 || !closure->objects[0])
		goto out;
	closure->nr = 1;
	closure->interpreter = closure->objects[0]->needs.interpreter;
	if (closure->interpreter && access(closure->interpreter, R_OK) < 0) {
		comb_fail(err, COMB_USAGE, "%s needs %s, which is not there", source,
			  closure->interpreter);
		result = comb_hint(err, "install the C library it was built for");
		goto out;
	}
	if (closure->interpreter)
		result = fn(closure->interpreter, closure->interpreter, arg, err);
	for (unsigned int i = 0; i < closure->nr && result == 0; i++)
		result = needed_add(closure, closure->objects[i]);
out:
	for (unsigned int i = 0; i < closure->nr; i++)
		object_free(closure->objects[i]);
	free(closure);
	return result;
}
