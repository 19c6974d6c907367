// SPDX-License-Identifier: GPL-2.0-or-later
/* prepare.c - what a cell boots, read and built before anything is taken from the host */
#include "boot.h"

#include <errno.h>
#include <fcntl.h>
#include <libkmod.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backing.h"
#include "backings.h"
#include "cells.h"
#include "clusters.h"
#include "initramfs.h"
#include "modprobe.h"

#define AGENT_MODULE	"comb_cell"

/*
 * What each cell loads beside its user's modules, as far as its kernel has them:
 * the agent, then drivers of the devices the host may offer through it.
 */
static const char *const agent_modules[] = {
	AGENT_MODULE, "virtio_console", "virtio_rng", "vmw_vsock_virtio_transport",
	"virtio_net", "virtio_blk", "virtiofs", "overlay",
};

/* What may be on a disk that is the root: it cannot be asked for modules. */
static const char *const disk_modules[] = { "ext4", "xfs", "btrfs" };

#define NR_AGENT_MODULES	(sizeof(agent_modules) / sizeof(agent_modules[0]))
#define NR_DISK_MODULES		(sizeof(disk_modules) / sizeof(disk_modules[0]))
/* Far beyond any kernel or initramfs; keeps a wrong path from eating all memory. */
#define FILE_BYTES_MAX	(4ULL << 30)

void boot_free(struct work *work)
{
	struct boot *boot = work->boot;

	if (!boot)
		return;
	boot_close_bridges(boot);
	comb_kernel_file_free(&boot->file);
	free(boot->kernel_data);
	free(boot->initrd);
	free(boot->append);
	free(boot);
	work->boot = NULL;
}

static int read_all(int fd, void *data, size_t size)
{
	size_t at = 0;

	while (at < size) {
		ssize_t got = read(fd, (char *)data + at, size - at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			/* It has become shorter meanwhile. */
			errno = got ? errno : EIO;
			return -1;
		}
		at += got;
	}
	return 0;
}

/* Not mapped but read: a package upgrade may replace the file at any time. */
static int read_file(const char *path, void **data, size_t *size, struct comb_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	*data = NULL;
	if (fd < 0 || fstat(fd, &st))
		goto err_read;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > FILE_BYTES_MAX) {
		close(fd);
		comb_fail(err, COMB_USAGE, "%s is no regular file of at most 4G", path);
		return comb_hint(err, "ls -l %s", path);
	}
	*size = st.st_size;
	*data = malloc(*size ? *size : 1);
	if (!*data || read_all(fd, *data, *size))
		goto err_read;
	close(fd);
	return 0;

err_read:
	comb_fail(err, COMB_USAGE, "cannot read %s: %s", path, strerror(errno));
	comb_hint(err, "ls -l %s", path);
	if (fd >= 0)
		close(fd);
	free(*data);
	*data = NULL;
	return -1;
}

int boot_read_kernel(struct boot *boot, const struct comb_definition *def, struct comb_error *err)
{
	size_t size;

	if (comb_kernel_find(&boot->file, def->kernel, "/", err) ||
	    read_file(boot->file.path, &boot->kernel_data, &size, err))
		return -1;
	if (!comb_bzimage_parse(&boot->kernel, boot->kernel_data, size, err))
		return 0;
	comb_prefix(err, "%s", boot->file.path);
	return err->hint[0] ? -1 : comb_hint(err, "ls /boot/vmlinuz-*");
}

bool boot_has_module(const char *modules_dir, const char *name)
{
	const char *no_config = NULL;
	struct kmod_list *list = NULL;
	struct kmod_ctx *ctx;
	bool found = false;

	if (!modules_dir)
		return false;
	ctx = kmod_new(modules_dir, &no_config);
	if (!ctx)
		return false;
	if (!kmod_module_new_from_lookup(ctx, name, &list) && list)
		found = true;
	kmod_module_unref_list(list);
	kmod_unref(ctx);
	return found;
}

static void warn_no_agent(const struct work *work)
{
	const struct boot *boot = work->boot;
	const char *release = boot->file.release;
	char hint[256];

	cli_say(work->cli,
		"%s: warning: no comb_cell.ko for %s: no heartbeat, no orderly stop\n"
		"try: %s", work->name, release, comb_modules_hint(release, hint, sizeof(hint)));
}

/* Appends those that Comb needs; none is missed if the kernel has it built in. */
static void add_own_modules(const struct work *work, struct comb_initramfs *what,
			    const char **modules)
{
	memcpy(modules + what->nr_modules, agent_modules, sizeof(agent_modules));
	what->nr_modules += NR_AGENT_MODULES;
	what->optional_modules = NR_AGENT_MODULES;
	if (comb_root_kind(work->def.root) != COMB_ROOT_DISK)
		return;
	memcpy(modules + what->nr_modules, disk_modules, sizeof(disk_modules));
	what->nr_modules += NR_DISK_MODULES;
	what->optional_modules += NR_DISK_MODULES;
}

static int build_initramfs(struct work *work)
{
	struct comb_definition *def = &work->def;
	struct boot *boot = work->boot;
	const char **modules = cli_calloc(def->modules.count + NR_AGENT_MODULES + NR_DISK_MODULES,
					  sizeof(*modules));
	struct comb_initramfs what = {
		.modules_dir = boot->file.modules,
		.modules = modules,
		.nr_modules = def->modules.count,
		.files = &def->files,
		.command = &def->command,
		.hostname = def->name,
	};
	CLI_AUTOFREE char *privates = NULL;
	char init[PATH_MAX];
	int result = -1;

	for (size_t i = 0; i < def->modules.count; i++)
		modules[i] = def->modules.list[i];
	boot->agent = boot_has_module(boot->file.modules, AGENT_MODULE);
	if (boot->agent)
		add_own_modules(work, &what, modules);
	else
		warn_no_agent(work);
	what.init = init;
	if (def->cluster) {
		privates = clusters_privates_text(def, &work->err);
		if (!privates)
			goto out;
		what.privates = privates;
	}
	if (!cli_find_program("comb-init", init, sizeof(init), &work->err))
		result = comb_initramfs_build(&what, &boot->initrd, &boot->initrd_size,
					      &work->err);
out:
	free(modules);
	return result;
}

int boot_load(struct work *work)
{
	if (!comb_definition_load(&work->def, cli_config_dir(), work->name, &work->err))
		return 0;
	return work->err.status == COMB_NO_CELL ? cells_unknown(work->name, &work->err) : -1;
}

int boot_prepare(struct work *work)
{
	uint64_t since = cli_now_ns();

	boot_free(work);
	work->boot = cli_calloc(1, sizeof(*work->boot));
	if (backings_check(&work->def, &work->err))
		return -1;
	if (boot_read_kernel(work->boot, &work->def, &work->err))
		return -1;
	if (work->def.initrd) {
		if (read_file(work->def.initrd, &work->boot->initrd, &work->boot->initrd_size,
			      &work->err))
			return -1;
	} else if (build_initramfs(work)) {
		return -1;
	}
	work_phase(work, "prepare", since);
	return 0;
}
