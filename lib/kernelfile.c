// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernelfile.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bzimage.h"

/* Stock images have 6 to 16 MiB; nothing larger than this is one. */
#define IMAGE_MAX	(512L << 20)
#define IMAGE_PREFIX	"vmlinuz-"

/* ---- what is installed ---- */

/* Kernel packages and make install leave copies such as vmlinuz-6.1.0.old behind. */
static bool is_release(const char *text)
{
	const char *tail = strrchr(text, '.');

	if (!isdigit((unsigned char)text[0]) || strstr(text, ".dpkg-"))
		return false;
	return !tail || (strcmp(tail, ".old") && strcmp(tail, ".bak"));
}

static int compare_newest_first(const void *a, const void *b)
{
	return strverscmp(*(char *const *)b, *(char *const *)a);
}

static bool strings_have(const struct comb_strings *strings, const char *text)
{
	for (size_t i = 0; i < strings->count; i++)
		if (!strcmp(strings->list[i], text))
			return true;
	return false;
}

/*
 * Add the releases that the entries of @root/@directory stand for: those with @prefix
 * before the release, and if @file is set only where that file is below.
 */
static int releases_scan(struct comb_strings *releases, const char *root, const char *directory,
			 const char *prefix, const char *file, struct comb_error *err)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int status = 0;
	DIR *stream;

	snprintf(path, sizeof(path), "%s/%s", root, directory);
	stream = opendir(path);
	if (!stream)
		return errno == ENOENT || errno == ENOTDIR ? 0 :
		       comb_fail(err, COMB_FAILED, "%s: %s", path, strerror(errno));
	while (!status && (entry = readdir(stream))) {
		const char *release = entry->d_name + strlen(prefix);

		if (strncmp(entry->d_name, prefix, strlen(prefix)) || !is_release(release) ||
		    strings_have(releases, release))
			continue;
		if (file) {
			snprintf(path, sizeof(path), "%s/%s/%s/%s", root, directory, release, file);
			if (access(path, F_OK))
				continue;
		}
		if (comb_strings_add(releases, release))
			status = comb_out_of_memory(err);
	}
	closedir(stream);
	return status;
}

int comb_kernel_list(struct comb_strings *releases, const char *root, struct comb_error *err)
{
	int status = releases_scan(releases, root, "boot", IMAGE_PREFIX, NULL, err);

	if (!status)
		status = releases_scan(releases, root, "usr/lib/modules", "", "vmlinuz", err);
	if (releases->count)
		qsort(releases->list, releases->count, sizeof(*releases->list),
		      compare_newest_first);
	return status;
}

/* ---- one image ---- */

/* The whole file; errors name it. */
static void *image_read(const char *path, size_t *size, struct comb_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	uint8_t *data = NULL;
	size_t used = 0;
	ssize_t got = 1;

	if (fd < 0 || fstat(fd, &status)) {
		comb_fail(err, errno == ENOENT ? COMB_USAGE : COMB_FAILED, "%s: %s", path,
			  strerror(errno));
		comb_hint(err, "ls /boot/vmlinuz-*");
		goto out;
	}
	if (!S_ISREG(status.st_mode) || status.st_size > IMAGE_MAX) {
		comb_fail(err, COMB_USAGE, "%s: not a kernel image", path);
		comb_hint(err, "a file such as /boot/vmlinuz-RELEASE");
		goto out;
	}
	data = malloc((size_t)status.st_size + 1);
	if (!data) {
		comb_out_of_memory(err);
		goto out;
	}
	while (used < (size_t)status.st_size && got) {
		got = read(fd, data + used, (size_t)status.st_size - used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			comb_fail(err, COMB_FAILED, "%s: %s", path, strerror(errno));
			free(data);
			data = NULL;
			break;
		}
		used += (size_t)got;
	}
	*size = used;
out:
	if (fd >= 0)
		close(fd);
	return data;
}

/* Is it an image, and of which release? Old images do not tell; then the file's name does. */
static char *image_release(const char *path, struct comb_error *err)
{
	const char *name = strrchr(path, '/');
	struct comb_bzimage image;
	char *release = NULL;
	size_t size;
	void *data;

	data = image_read(path, &size, err);
	if (!data)
		return NULL;
	name = name ? name + 1 : path;
	if (comb_bzimage_parse(&image, data, size, err)) {
		comb_prefix(err, "%s", path);
	} else if (strchr(image.release, '/')) {
		/* It becomes part of paths. */
		comb_fail(err, COMB_USAGE, "%s: \"%s\" is no release", path, image.release);
	} else if (image.release[0]) {
		release = strdup(image.release);
		if (!release)
			comb_out_of_memory(err);
	} else if (!strncmp(name, IMAGE_PREFIX, strlen(IMAGE_PREFIX))) {
		release = strdup(name + strlen(IMAGE_PREFIX));
		if (!release)
			comb_out_of_memory(err);
	} else {
		comb_fail(err, COMB_USAGE, "%s: the image does not tell its release", path);
		comb_hint(err, "name the file vmlinuz-RELEASE");
	}
	free(data);
	return release;
}

/* ---- its modules ---- */

/* A directory that only leads to headers ("build") has no modules. */
static bool has_modules(const char *path)
{
	char kernel[PATH_MAX];
	struct stat status;

	return (size_t)snprintf(kernel, sizeof(kernel), "%s/kernel", path) < sizeof(kernel) &&
	       !stat(kernel, &status) && S_ISDIR(status.st_mode);
}

/* @prefix/lib/modules/@release if it holds modules; NULL if not, or out of memory. */
static char *modules_below(const char *prefix, const char *release)
{
	static const char *const places[] = {"lib/modules", "usr/lib/modules"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char *path;

		if (asprintf(&path, "%s/%s/%s", prefix, places[i], release) < 0)
			return NULL;
		if (has_modules(path))
			return path;
		free(path);
	}
	return NULL;
}

/*
 * The modules of the image at @path. An unpacked package brings them along: beside
 * .../boot/vmlinuz-R, or around .../lib/modules/R/vmlinuz. Those are of the same build
 * for certain; what is installed under that release may not be.
 */
static char *modules_find(const char *path, const char *release, const char *root)
{
	char *directory = strdup(path), *found = NULL, *slash, *parent;

	if (!directory)
		return NULL;
	slash = strrchr(directory, '/');
	if (slash) {
		*slash = '\0';
		if (has_modules(directory)) {
			found = strdup(directory);
		} else {
			parent = strrchr(directory, '/');
			if (parent && !strcmp(parent, "/boot")) {
				*parent = '\0';
				found = modules_below(directory, release);
			}
		}
	}
	free(directory);
	/* "/" and a path below it give one slash only. */
	return found ?: modules_below(strcmp(root, "/") ? root : "", release);
}

/* ---- finding ---- */

static int file_fill(struct comb_kernel_file *file, char *path, const char *root,
		     struct comb_error *err)
{
	file->path = path;
	if (!path)
		return comb_out_of_memory(err);
	file->release = image_release(path, err);
	if (!file->release)
		return -1;
	file->modules = modules_find(path, file->release, root);
	return 0;
}

/* Path of the image of an installed release, NULL if there is none. */
static char *installed_image(const char *release, const char *root)
{
	static const char *const forms[] = {"%s/boot/vmlinuz-%s", "%s/usr/lib/modules/%s/vmlinuz"};

	for (size_t i = 0; i < 2; i++) {
		char *path;

		if (asprintf(&path, forms[i], strcmp(root, "/") ? root : "", release) < 0)
			return NULL;
		if (!access(path, F_OK))
			return path;
		free(path);
	}
	return NULL;
}

/* "6.1" stands for 6.1.0-50 but not for 6.12: a number is not cut in two. */
static bool is_abbreviation(const char *what, const char *release)
{
	size_t length = strlen(what);

	if (!length || strncmp(what, release, length))
		return false;
	return !isdigit((unsigned char)what[length - 1]) ||
	       !isdigit((unsigned char)release[length]);
}

/* What follows the version: "rt-amd64" in 6.1.0-50-rt-amd64. */
static const char *flavour_of(const char *release)
{
	for (const char *dash = strchr(release, '-'); dash; dash = strchr(dash + 1, '-'))
		if (isalpha((unsigned char)dash[1]))
			return dash + 1;
	return "";
}

static void list_append(char *text, size_t size, const char *word)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s%s", used ? ", " : "", word);
}

static int not_installed(const char *what, bool running, const struct comb_strings *releases,
			 struct comb_error *err)
{
	char list[200] = "";
	size_t i;

	for (i = 0; i < releases->count; i++) {
		if (strlen(list) + strlen(releases->list[i]) + 8 > sizeof(list))
			break;
		list_append(list, sizeof(list), releases->list[i]);
	}
	if (i < releases->count)
		list_append(list, sizeof(list), "...");
	if (running)
		comb_fail(err, COMB_USAGE, "the image of the running kernel %s is not in /boot", what);
	else
		comb_fail(err, COMB_USAGE, "no kernel %.80s is installed", what);
	if (!releases->count)
		return comb_hint(err, "apt install linux-image-amd64");
	return comb_hint(err, running ? "--kernel with one of: %s" : "one of: %s", list);
}

static int several_flavours(const char *what, const struct comb_strings *matches,
			    struct comb_error *err)
{
	char list[400] = "";

	for (size_t i = 0; i < matches->count; i++)
		list_append(list, sizeof(list), matches->list[i]);
	comb_fail(err, COMB_USAGE, "%.40s may be any of %s", what, list);
	return comb_hint(err, "--kernel %s", matches->list[0]);
}

/* The installed release that @what abbreviates: the newest, if all are of one flavour. */
static int abbreviation_resolve(const char *what, const char *root, char **release,
				struct comb_error *err)
{
	struct comb_strings releases = {0}, matches = {0};
	bool same = true;
	int status;

	status = comb_kernel_list(&releases, root, err);
	for (size_t i = 0; i < releases.count && !status; i++) {
		if (!is_abbreviation(what, releases.list[i]))
			continue;
		if (comb_strings_add(&matches, releases.list[i]))
			status = comb_out_of_memory(err);
		else
			same &= !strcmp(flavour_of(matches.list[0]), flavour_of(releases.list[i]));
	}
	if (!status && !matches.count)
		status = not_installed(what, false, &releases, err);
	else if (!status && !same)
		status = several_flavours(what, &matches, err);
	else if (!status && !(*release = strdup(matches.list[0])))
		status = comb_out_of_memory(err);
	comb_strings_free(&releases);
	comb_strings_free(&matches);
	return status;
}

static int running_find(struct comb_kernel_file *file, const char *root, struct comb_error *err)
{
	struct comb_strings releases = {0};
	struct utsname name;
	char *path;

	if (uname(&name))
		return comb_fail(err, COMB_FAILED, "uname: %s", strerror(errno));
	path = installed_image(name.release, root);
	if (path)
		return file_fill(file, path, root, err);
	if (!comb_kernel_list(&releases, root, err))
		not_installed(name.release, true, &releases, err);
	comb_strings_free(&releases);
	return -1;
}

int comb_kernel_find(struct comb_kernel_file *file, const char *what, const char *root,
		     struct comb_error *err)
{
	char *release = NULL, *path;
	int status;

	memset(file, 0, sizeof(*file));
	if (!what)
		status = running_find(file, root, err);
	else if (strchr(what, '/'))
		status = file_fill(file, strdup(what), root, err);
	else if ((path = installed_image(what, root)))
		status = file_fill(file, path, root, err);
	else
		status = abbreviation_resolve(what, root, &release, err);
	if (release) {
		status = file_fill(file, installed_image(release, root), root, err);
		free(release);
	}
	if (status)
		comb_kernel_file_free(file);
	return status;
}

void comb_kernel_file_free(struct comb_kernel_file *file)
{
	free(file->path);
	free(file->release);
	free(file->modules);
	memset(file, 0, sizeof(*file));
}
