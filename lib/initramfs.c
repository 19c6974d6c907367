// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cpio.h"
#include "hostfile.h"
#include "hosttree.h"
#include "modules.h"

/* Mount points and the like; 01777 is what /tmp is everywhere. */
static const struct {
	const char *path;
	mode_t mode;
} directories[] = {
	{ "/dev", 0755 }, { "/etc", 0755 }, { "/proc", 0555 }, { "/root", 0700 },
	{ "/run", 0755 }, { "/sys", 0555 }, { "/tmp", 01777 },
};

/* Opened by the kernel (console) and by libraries (null) before devtmpfs is mounted. */
static const struct {
	const char *path;
	mode_t mode;
	unsigned int major, minor;
} nodes[] = {
	{ "/dev/console", S_IFCHR | 0600, 5, 1 },
	{ "/dev/null", S_IFCHR | 0666, 1, 3 },
};

static int skeleton_add(struct cpio *cpio, struct comb_error *err)
{
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		if (cpio_add_directory(cpio, directories[i].path, directories[i].mode, err) < 0)
			return -1;
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++)
		if (cpio_add_node(cpio, nodes[i].path, nodes[i].mode,
				  makedev(nodes[i].major, nodes[i].minor), err) < 0)
			return -1;
	return 0;
}

static int files_add(struct cpio *cpio, const struct comb_strings *files, struct comb_error *err)
{
	for (size_t i = 0; files && i < files->count; i++)
		if (hosttree_add(cpio, files->list[i], err) < 0)
			return -1;
	return 0;
}

static int init_add(struct cpio *cpio, const char *init, struct comb_error *err)
{
	struct stat st;

	if (stat(init, &st) < 0) {
		comb_fail(err, COMB_FAILED, "%s, a cell's first program: %s", init,
			  strerror(errno));
		return comb_hint(err, "install Comb completely");
	}
	return cpio_add_file(cpio, "/init", 0755, init, (uint64_t)st.st_size, err);
}

/* A file from text, which is a FILE made by open_memstream(). Closes it. */
static int stream_add(struct cpio *cpio, const char *path, FILE *stream, char **text, size_t *size,
		      struct comb_error *err)
{
	if (fclose(stream) != 0) {
		free(*text);
		return hostfile_memory(err);
	}
	return cpio_add_data(cpio, path, 0644, *text, *size, err);
}

static int command_add(struct cpio *cpio, const struct comb_strings *command,
		       struct comb_error *err)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return hostfile_memory(err);
	for (size_t i = 0; command && i < command->count; i++)
		fwrite(command->list[i], 1, strlen(command->list[i]) + 1, stream);
	return stream_add(cpio, "/etc/comb/command", stream, &text, &size, err);
}

static int hostname_add(struct cpio *cpio, const char *hostname, struct comb_error *err)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return hostfile_memory(err);
	fprintf(stream, "%s\n", hostname);
	return stream_add(cpio, "/etc/hostname", stream, &text, &size, err);
}

static int privates_add(struct cpio *cpio, const char *privates, struct comb_error *err)
{
	char *copy = strdup(privates);

	if (!copy)
		return hostfile_memory(err);
	return cpio_add_data(cpio, "/etc/comb/private", 0644, copy, strlen(copy), err);
}

static int module_add(struct cpio *cpio, const struct module_list *list, const char *file,
		      FILE *index, struct comb_error *err)
{
	char *path = module_path(list, file);
	void *data;
	size_t size;
	int result;

	if (!path)
		return hostfile_memory(err);
	result = module_read(file, &data, &size, err);
	if (result == 0) {
		fprintf(index, "%s\n", path);
		result = cpio_add_data(cpio, path, 0644, data, size, err);
	}
	free(path);
	return result;
}

static int modules_collect(const struct comb_initramfs *what, struct module_list *list,
			   struct comb_error *err)
{
	size_t required = what->nr_modules - what->optional_modules;

	if (what->optional_modules > what->nr_modules)
		required = 0;
	if (!what->modules_dir && required == 0)
		return 0;
	if (!what->modules_dir) {
		comb_fail(err, COMB_USAGE, "module %s is wanted, but the kernel has no modules",
			  what->modules[0]);
		return comb_hint(err, "use a kernel whose /lib/modules/RELEASE is there");
	}
	if (modules_open(list, what->modules_dir, err) < 0)
		return -1;
	for (size_t i = 0; i < what->nr_modules; i++)
		if (modules_add(list, what->modules[i], i >= required, err) < 0)
			return -1;
	return 0;
}

static int modules_put(struct cpio *cpio, const struct comb_initramfs *what,
		       struct comb_error *err)
{
	struct module_list list = { 0 };
	char *text = NULL;
	size_t size = 0;
	FILE *index = open_memstream(&text, &size);
	int result;

	if (!index)
		return hostfile_memory(err);
	result = modules_collect(what, &list, err);
	for (size_t i = 0; i < list.nr && result == 0; i++)
		result = module_add(cpio, &list, list.files[i], index, err);
	modules_close(&list);
	if (result == 0)
		return stream_add(cpio, "/etc/comb/modules", index, &text, &size, err);
	fclose(index);
	free(text);
	return result;
}

/* A busybox the user brought serves as shell too, unless there is one. */
static int shell_add(struct cpio *cpio, struct comb_error *err)
{
	static const char *const places[] = { "/bin/busybox", "/usr/bin/busybox", "/sbin/busybox" };

	if (cpio_has(cpio, "/bin/sh"))
		return 0;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (cpio_has(cpio, places[i]))
			return cpio_add_link(cpio, "/bin/sh", places[i], err);
	return 0;
}

int comb_initramfs_build(const struct comb_initramfs *what, void **data, size_t *size,
			 struct comb_error *err)
{
	struct cpio *cpio = cpio_new();
	int result;

	if (!cpio)
		return hostfile_memory(err);
	/* Later wins: the user may replace /etc/hostname, but not what Comb boots by. */
	result = skeleton_add(cpio, err);
	if (result == 0 && what->hostname)
		result = hostname_add(cpio, what->hostname, err);
	if (result == 0)
		result = files_add(cpio, what->files, err);
	if (result == 0)
		result = shell_add(cpio, err);
	if (result == 0)
		result = modules_put(cpio, what, err);
	if (result == 0)
		result = command_add(cpio, what->command, err);
	if (result == 0 && what->privates)
		result = privates_add(cpio, what->privates, err);
	if (result == 0)
		result = init_add(cpio, what->init, err);
	if (result == 0)
		result = cpio_write(cpio, data, size, err);
	cpio_free(cpio);
	return result;
}
