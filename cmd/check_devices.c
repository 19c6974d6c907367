// SPDX-License-Identifier: GPL-2.0-or-later
/* check_devices.c - what cells' virtual devices stand on: without it cells run, but bare */
#include "check.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "backing.h"
#include "boot.h"

/* As the keeper finds it, which runs it by its name. */
static bool in_path(const char *program)
{
	CLI_AUTOFREE char *path = cli_format("%s", getenv("PATH") ?: "/usr/sbin:/usr/bin");
	char *rest = path, *directory;

	while ((directory = strsep(&rest, ":"))) {
		CLI_AUTOFREE char *file = cli_format("%s/%s", directory, program);

		if (!access(file, X_OK))
			return true;
	}
	return false;
}

/* Is the device there, or a module that brings it? */
static bool has_driver(const char *device, const char *module)
{
	struct utsname name;
	char modules[PATH_MAX];

	if (!access(device, F_OK))
		return true;
	if (uname(&name))
		return false;
	snprintf(modules, sizeof(modules), "/lib/modules/%s", name.release);
	return boot_has_module(modules, module);
}

static void look_vsock(const struct check_facts *facts, struct check_result *result)
{
	(void)facts;
	if (has_driver("/dev/vhost-vsock", "vhost_vsock")) {
		check_say(result, CHECK_OK, "vhost_vsock");
		return;
	}
	check_say(result, CHECK_WARN, "no vhost_vsock: no run, exec, shell, cp");
	check_fix(result, "a kernel with CONFIG_VHOST_VSOCK, such as Debian's");
}

static void look_files(const struct check_facts *facts, struct check_result *result)
{
	const char *daemon = !access(COMB_VIRTIOFSD_C, X_OK) ? COMB_VIRTIOFSD_C :
			     !access(COMB_VIRTIOFSD_RUST, X_OK) ? COMB_VIRTIOFSD_RUST : NULL;

	(void)facts;
	if (daemon) {
		check_say(result, CHECK_OK, "%s", daemon);
		return;
	}
	check_say(result, CHECK_WARN, "no virtiofsd: no --share, no --root host, so no run");
	check_fix(result, "apt-get install virtiofsd, on Debian 12 qemu-system-common");
}

static void look_disks(const struct check_facts *facts, struct check_result *result)
{
	(void)facts;
	if (!access(COMB_STORAGE_DAEMON, X_OK)) {
		check_say(result, CHECK_OK, COMB_STORAGE_DAEMON);
		return;
	}
	check_say(result, CHECK_WARN, "no qemu-storage-daemon: no --disk");
	check_fix(result, "apt-get install " COMB_STORAGE_PACKAGE);
}

static void look_network(const struct check_facts *facts, struct check_result *result)
{
	(void)facts;
	if (!has_driver("/dev/net/tun", "tun") || !has_driver("/dev/vhost-net", "vhost_net")) {
		check_say(result, CHECK_WARN, "no tun or vhost_net: no network");
		check_fix(result, "a kernel with CONFIG_TUN and CONFIG_VHOST_NET, such as Debian's");
	} else if (!in_path("nft")) {
		check_say(result, CHECK_WARN, "no nft: cells do not reach beyond this machine");
		check_fix(result, "apt-get install nftables");
	} else if (!in_path("dnsmasq")) {
		check_say(result, CHECK_WARN, "no dnsmasq: cells have no name service");
		check_fix(result, "apt-get install dnsmasq-base");
	} else {
		check_say(result, CHECK_OK, "tun, vhost_net, nft, dnsmasq");
	}
}

const struct check check_devices[] = {
	{ "vsock", look_vsock },
	{ "files", look_files },
	{ "disks", look_disks },
	{ "network", look_network },
	{ NULL, NULL }
};
