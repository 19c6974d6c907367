// SPDX-License-Identifier: GPL-2.0-or-later
#include "modules.h"

#include <errno.h>
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decompress.h"
#include "hostfile.h"

/* @seen ends circles: a module is entered once, whether its file is in the list yet or not. */
struct walk {
	struct module_list *list;
	struct module_list seen;
	struct kmod_ctx *kmod;
	struct comb_error *err;
};

static int walk_name(struct walk *walk, const char *name, bool optional);

int modules_open(struct module_list *list, const char *dir, struct comb_error *err)
{
	char *index = NULL;

	memset(list, 0, sizeof(*list));
	list->dir = realpath(dir, NULL);
	if (!list->dir) {
		comb_fail(err, COMB_USAGE, "%s: %s", dir, strerror(errno));
		return comb_hint(err, "install the kernel's modules there, or use another kernel");
	}
	list->release = strrchr(list->dir, '/') + 1;
	if (asprintf(&index, "%s/modules.dep.bin", list->dir) < 0) {
		modules_close(list);
		return hostfile_memory(err);
	}
	if (access(index, R_OK) < 0) {
		comb_fail(err, COMB_USAGE, "%s: %s", index, strerror(errno));
		comb_hint(err, "depmod -b DIRECTORY %s (DIRECTORY has lib/modules/%s)",
			  list->release, list->release);
		free(index);
		modules_close(list);
		return -1;
	}
	free(index);
	return 0;
}

void modules_close(struct module_list *list)
{
	for (size_t i = 0; i < list->nr; i++)
		free(list->files[i]);
	free(list->files);
	free(list->dir);
	memset(list, 0, sizeof(*list));
}

static bool is_listed(const struct module_list *list, const char *file)
{
	for (size_t i = 0; i < list->nr; i++)
		if (strcmp(list->files[i], file) == 0)
			return true;
	return false;
}

static int file_append(struct module_list *list, const char *file, struct comb_error *err)
{
	char **files = reallocarray(list->files, list->nr + 1, sizeof(*files));

	if (!files)
		return hostfile_memory(err);
	list->files = files;
	files[list->nr] = strdup(file);
	if (!files[list->nr])
		return hostfile_memory(err);
	list->nr++;
	return 0;
}

/* Names in one "softdep" of a module: "pre: a b post: c". Missing ones do not matter. */
static int walk_softdep(struct walk *walk, char *text, const char *which)
{
	bool active = false;
	char *rest = NULL;

	for (char *word = strtok_r(text, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
		if (word[strlen(word) - 1] == ':')
			active = strcmp(word, which) == 0;
		else if (active && walk_name(walk, word, true) < 0)
			return -1;
	}
	return 0;
}

/* Values of @key in the module's .modinfo, each handed to walk_softdep() or walk_name(). */
static int walk_info(struct walk *walk, struct kmod_list *info, const char *key,
		     const char *which)
{
	struct kmod_list *item;
	int result = 0;

	kmod_list_foreach(item, info) {
		char *value, *rest = NULL;

		if (result < 0 || strcmp(kmod_module_info_get_key(item), key) != 0)
			continue;
		value = strdup(kmod_module_info_get_value(item));
		if (!value)
			return hostfile_memory(walk->err);
		if (which)
			result = walk_softdep(walk, value, which);
		for (char *name = which ? NULL : strtok_r(value, ",", &rest); name && result == 0;
		     name = strtok_r(NULL, ",", &rest))
			result = walk_name(walk, name, false);
		free(value);
	}
	return result;
}

/*
 * Dependencies come from the module itself, not from modules.dep, so that a file
 * outside the release's directory is treated like any other.
 */
static int walk_module(struct walk *walk, struct kmod_module *module)
{
	const char *file = kmod_module_get_path(module);
	struct kmod_list *info = NULL;
	int result;

	if (!file || is_listed(walk->list, file) || is_listed(&walk->seen, file))
		return 0;
	if (file_append(&walk->seen, file, walk->err) < 0)
		return -1;
	result = kmod_module_get_info(module, &info);
	if (result < 0) {
		comb_fail(walk->err, COMB_USAGE, "%s: %s", file, strerror(-result));
		return comb_hint(walk->err, "modinfo %s", file);
	}
	result = walk_info(walk, info, "softdep", "pre:");
	if (result == 0)
		result = walk_info(walk, info, "depends", NULL);
	if (result == 0)
		result = file_append(walk->list, file, walk->err);
	if (result == 0)
		result = walk_info(walk, info, "softdep", "post:");
	kmod_module_info_free_list(info);
	return result;
}

static int walk_path(struct walk *walk, const char *path)
{
	struct kmod_module *module;
	int result = kmod_module_new_from_path(walk->kmod, path, &module);

	if (result < 0) {
		comb_fail(walk->err, COMB_USAGE, "%s: %s", path, strerror(-result));
		return comb_hint(walk->err, "modinfo %s", path);
	}
	result = walk_module(walk, module);
	kmod_module_unref(module);
	return result;
}

static int walk_name(struct walk *walk, const char *name, bool optional)
{
	struct kmod_list *found = NULL, *item;
	int result;

	if (strchr(name, '/'))
		return walk_path(walk, name);
	result = kmod_module_new_from_lookup(walk->kmod, name, &found);
	if (result == 0 && !found && optional)
		return 0;
	if (result < 0 || !found) {
		comb_fail(walk->err, COMB_USAGE, "there is no module %s for kernel %s", name,
			  walk->list->release);
		return comb_hint(walk->err, "find %s -name '*.ko*'", walk->list->dir);
	}
	kmod_list_foreach(item, found) {
		struct kmod_module *module = kmod_module_get_module(item);

		if (result == 0)
			result = walk_module(walk, module);
		kmod_module_unref(module);
	}
	kmod_module_unref_list(found);
	return result;
}

int modules_add(struct module_list *list, const char *name, bool optional, struct comb_error *err)
{
	/* The host's modprobe.d (blacklists, install commands) says nothing about a cell. */
	static const char *const no_config[] = { NULL };
	struct walk walk = { .list = list, .err = err };
	int result;

	walk.kmod = kmod_new(list->dir, no_config);
	if (!walk.kmod)
		return hostfile_memory(err);
	result = walk_name(&walk, name, optional);
	kmod_unref(walk.kmod);
	modules_close(&walk.seen);
	return result;
}

char *module_path(const struct module_list *list, const char *file)
{
	static const char *const suffixes[] = { ".xz", ".zst", ".gz" };
	size_t length = strlen(list->dir);
	char *path = NULL;

	if (strncmp(file, list->dir, length) == 0 && file[length] == '/')
		length = asprintf(&path, "/lib/modules/%s%s", list->release, file + length) < 0;
	else
		length = asprintf(&path, "/lib/modules/%s/extra%s", list->release,
				  strrchr(file, '/')) < 0;
	if (length)
		return NULL;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		char *end = path + strlen(path) - strlen(suffixes[i]);

		if (end > path && strcmp(end, suffixes[i]) == 0)
			*end = '\0';
	}
	return path;
}

int module_read(const char *file, void **data, size_t *size, struct comb_error *err)
{
	void *bytes;

	if (hostfile_read(file, MODULE_BYTES_MAX, &bytes, size, err) < 0)
		return -1;
	if (decompress(&bytes, size, MODULE_BYTES_MAX, file, err) < 0) {
		free(bytes);
		return -1;
	}
	*data = bytes;
	return 0;
}
