// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosttree.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elfdeps.h"
#include "hostfile.h"

#define DEPTH_MAX		64u
#define INTERPRETERS_MAX	4u	/* binfmt_script gives up after four as well */
#define SCRIPT_LINE		256u	/* BINPRM_BUF_SIZE */

struct tree {
	struct cpio *cpio;
	const char *root;	/* the directory SRC names, without symbolic links, or NULL */
};

static int fail_errno(const char *path, struct comb_error *err)
{
	comb_fail(err, COMB_USAGE, "%s: %s", path, strerror(errno));
	return comb_hint(err, "ls -ld %s", path);
}

static int library_add(const char *source, const char *path, void *arg, struct comb_error *err)
{
	struct cpio *cpio = arg;
	struct stat st;

	if (cpio_has(cpio, path))
		return 0;
	if (stat(source, &st) < 0)
		return fail_errno(source, err);
	return cpio_add_file(cpio, path, st.st_mode, source, (uint64_t)st.st_size, err);
}

static int program_add(struct cpio *cpio, const char *source, const char *path,
		       unsigned int depth, struct comb_error *err);

/* "env NAME": NAME from where a cell without PATH settings has its programs. */
static int env_target_add(struct cpio *cpio, const char *name, unsigned int depth,
			  struct comb_error *err)
{
	static const char *const dirs[] = { "/usr/bin", "/bin", "/usr/sbin", "/sbin",
					    "/usr/local/bin" };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dirs[i], name);
		if (access(path, X_OK) == 0)
			return program_add(cpio, path, path, depth + 1, err);
	}
	comb_fail(err, COMB_USAGE, "%s, which a script is to be run by, is not there", name);
	return comb_hint(err, "install %s", name);
}

static int script_needs_add(struct cpio *cpio, const char *source, unsigned int depth,
			    struct comb_error *err)
{
	char line[SCRIPT_LINE + 1], *interpreter, *argument, *rest = NULL;
	const char *slash;
	void *data;
	size_t size;

	if (hostfile_read(source, SCRIPT_LINE, &data, &size, err) < 0)
		return -1;
	memcpy(line, data, size);
	free(data);
	line[size] = '\0';
	if (strncmp(line, "#!", 2) != 0 || depth >= INTERPRETERS_MAX)
		return 0;
	line[strcspn(line, "\n")] = '\0';
	interpreter = strtok_r(line + 2, " \t", &rest);
	argument = strtok_r(NULL, " \t", &rest);
	if (!interpreter || *interpreter != '/')
		return 0;
	if (access(interpreter, X_OK) < 0) {
		comb_fail(err, COMB_USAGE, "%s needs %s, which is not there", source, interpreter);
		return comb_hint(err, "install %s, or change the script's first line", interpreter);
	}
	if (!cpio_has(cpio, interpreter) &&
	    program_add(cpio, interpreter, interpreter, depth + 1, err) < 0)
		return -1;
	slash = strrchr(interpreter, '/');
	if (strcmp(slash, "/env") == 0 && argument && *argument != '-' && !strchr(argument, '/'))
		return env_target_add(cpio, argument, depth, err);
	return 0;
}

static int needs_add(struct cpio *cpio, const char *source, const char *path, unsigned int depth,
		     struct comb_error *err)
{
	if (script_needs_add(cpio, source, depth, err) < 0)
		return -1;
	return elf_closure(source, path, library_add, cpio, err);
}

static int program_add(struct cpio *cpio, const char *source, const char *path,
		       unsigned int depth, struct comb_error *err)
{
	struct stat st;

	if (stat(source, &st) < 0)
		return fail_errno(source, err);
	if (cpio_add_file(cpio, path, st.st_mode, source, (uint64_t)st.st_size, err) < 0)
		return -1;
	return needs_add(cpio, source, path, depth, err);
}

static bool is_below(const char *path, const char *root)
{
	size_t length = strlen(root);

	return strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static int link_add(const struct tree *tree, const char *source, const char *path,
		    struct comb_error *err)
{
	char target[PATH_MAX], *real = realpath(source, NULL);
	ssize_t length = readlink(source, target, sizeof(target) - 1);
	struct stat st;
	int result;

	if (length < 0) {
		free(real);
		return fail_errno(source, err);
	}
	target[length] = '\0';
	if (!real || is_below(real, tree->root) || stat(real, &st) < 0 || !S_ISREG(st.st_mode))
		result = cpio_add_link(tree->cpio, path, target, err);
	else
		result = cpio_add_file(tree->cpio, path, st.st_mode, real, (uint64_t)st.st_size,
				       err);
	free(real);
	return result;
}

static int member_add(const struct tree *tree, const char *source, const char *path,
		      unsigned int depth, struct comb_error *err);

static int directory_add(const struct tree *tree, const char *source, const char *path,
			 mode_t mode, unsigned int depth, struct comb_error *err)
{
	struct dirent **names;
	int nr, result;

	if (depth > DEPTH_MAX) {
		comb_fail(err, COMB_USAGE, "%s is nested too deeply", source);
		return comb_hint(err, "name a directory with at most %u levels", DEPTH_MAX);
	}
	result = cpio_add_directory(tree->cpio, path, mode, err);
	nr = scandir(source, &names, NULL, NULL);
	if (nr < 0)
		return fail_errno(source, err);
	for (int i = 0; i < nr; i++) {
		const char *name = names[i]->d_name;
		char *from = NULL, *to = NULL;

		if (result == 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
			if (asprintf(&from, "%s/%s", source, name) < 0 ||
			    asprintf(&to, "%s/%s", path, name) < 0)
				result = hostfile_memory(err);
			else
				result = member_add(tree, from, to, depth + 1, err);
		}
		free(from);
		free(to);
		free(names[i]);
	}
	free(names);
	return result;
}

static int member_add(const struct tree *tree, const char *source, const char *path,
		      unsigned int depth, struct comb_error *err)
{
	struct comb_error missing = { 0 };
	struct stat st;

	if (lstat(source, &st) < 0)
		return fail_errno(source, err);
	if (S_ISDIR(st.st_mode))
		return directory_add(tree, source, path, st.st_mode, depth, err);
	if (S_ISLNK(st.st_mode))
		return link_add(tree, source, path, err);
	if (S_ISSOCK(st.st_mode))
		return 0;	/* worthless without the process that listens on it */
	if (!S_ISREG(st.st_mode))
		return cpio_add_node(tree->cpio, path, st.st_mode, st.st_rdev, err);
	if (cpio_add_file(tree->cpio, path, st.st_mode, source, (uint64_t)st.st_size, err) < 0)
		return -1;
	if (needs_add(tree->cpio, source, path, 0, &missing) == 0 || missing.status == COMB_USAGE)
		return 0;
	*err = missing;
	return -1;
}

static int source_add(struct cpio *cpio, const char *source, const char *path,
		      struct comb_error *err)
{
	struct tree tree = { .cpio = cpio };
	struct stat st;
	char *real;
	int result;

	if (stat(source, &st) < 0)
		return fail_errno(source, err);
	if (S_ISREG(st.st_mode))
		return program_add(cpio, source, path, 0, err);
	if (!S_ISDIR(st.st_mode)) {
		comb_fail(err, COMB_USAGE, "%s is neither a file nor a directory", source);
		return comb_hint(err, "ls -ld %s", source);
	}
	real = realpath(source, NULL);
	if (!real)
		return fail_errno(source, err);
	tree.root = real;
	result = directory_add(&tree, real, path, st.st_mode, 0, err);
	free(real);
	return result;
}

/* Where the last ":/" is, or NULL. */
static const char *spec_split(const char *spec)
{
	const char *at = NULL;

	for (const char *next = strstr(spec, ":/"); next; next = strstr(next + 1, ":/"))
		at = next;
	return at;
}

int hosttree_add(struct cpio *cpio, const char *spec, struct comb_error *err)
{
	const char *at = spec_split(spec);
	char *source = at ? strndup(spec, (size_t)(at - spec)) : strdup(spec);
	char *own = source ? path_clean(source) : NULL, *path = NULL;
	int result;

	if (!own)
		goto err_memory;
	if (!*source) {
		comb_fail(err, COMB_USAGE, "\"%s\" names no file", spec);
		result = comb_hint(err, "--file SRC, or --file SRC:DST with DST absolute");
		goto out;
	}
	if (!at)
		path = strdup(own);
	else if (at[strlen(at) - 1] != '/')
		path = strdup(at + 1);
	else if (asprintf(&path, "%s%s", at + 1, strrchr(own, '/') + 1) < 0)
		path = NULL;
	if (!path)
		goto err_memory;
	result = source_add(cpio, source, path, err);
out:
	free(path);
	free(own);
	free(source);
	return result;

err_memory:
	result = hostfile_memory(err);
	goto out;
}
