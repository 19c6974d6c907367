// SPDX-License-Identifier: GPL-2.0-or-later
#include "private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <conffile.h>
#include <netconf.h>

#include "device.h"
#include "dns.h"
#include "hosts.h"
#include "link.h"
#include "names.h"
#include "nat.h"
#include "textfile.h"

#define LOCK_PATH	NETWORK_DIR "/lock"
#define MEMBERS_PATH	NETWORK_DIR "/members"
/* The bridge's alias says whose it is, and lives exactly as long. */
#define ALIAS_PATH	"/sys/class/net/" COMB_NET_BRIDGE "/ifalias"
#define ALIAS		"comb: private network"

/* A file with the lock @how (flock(2)); -1 with errno. */
static int lock_open(const char *path, int how)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600), error;

	if (fd < 0)
		return -1;
	while (flock(fd, how)) {
		if (errno == EINTR)
			continue;
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static bool bridge_is_ours(void)
{
	char *alias = textfile_read(ALIAS_PATH);
	bool ours = alias && !strncmp(alias, ALIAS, strlen(ALIAS));

	free(alias);
	return ours;
}

static int bridge_mark(void)
{
	FILE *file = fopen(ALIAS_PATH, "we");

	if (!file)
		return -1;
	fputs(ALIAS, file);
	return fclose(file) ? -1 : 0;
}

static void bridge_remove(void)
{
	if (!bridge_is_ours())
		return;
	if (link_set_up(COMB_NET_BRIDGE, false) || link_remove_bridge(COMB_NET_BRIDGE))
		keeper_log(NULL, "cannot remove %s: %s", COMB_NET_BRIDGE, strerror(errno));
}

static int bridge_set_up(const struct private_network *network)
{
	uint8_t mac[6];

	/* One that changed with its ports would make the cells lose the host. */
	comb_net_mac(0, mac);
	if (link_set_mac(COMB_NET_BRIDGE, mac))
		return -1;
	/*
	 * A bridge whose MTU was set follows its ports' no more. Setting what it
	 * is already would not count.
	 */
	if (link_set_mtu(COMB_NET_BRIDGE, network->mtu + 1) ||
	    link_set_mtu(COMB_NET_BRIDGE, network->mtu))
		return -1;
	if (link_set_address(COMB_NET_BRIDGE, &network->net))
		return -1;
	return link_set_up(COMB_NET_BRIDGE, true);
}

static int bridge_make(const struct private_network *network)
{
	int error;

	if (link_add_bridge(COMB_NET_BRIDGE))
		return -1;
	if (!bridge_mark() && !bridge_set_up(network))
		return 0;
	error = errno;
	link_set_up(COMB_NET_BRIDGE, false);
	link_remove_bridge(COMB_NET_BRIDGE);
	errno = error;
	return -1;
}

/* The bridge, with the address that comb also finds. */
static int bridge_begin(struct private_network *network, const struct comb_netconf *conf)
{
	struct comb_error err = {0};
	char address[COMB_NET_TEXT];

	if (comb_net_current(&network->net, &err)) {
		keeper_log(NULL, "%s", err.what);
		errno = EADDRNOTAVAIL;
		return -1;
	}
	network->mtu = conf->mtu;
	if (link_exists(COMB_NET_BRIDGE)) {
		/* The last step is missing if its keeper was killed in the middle. */
		if (bridge_is_ours() && !link_is_up(COMB_NET_BRIDGE))
			return bridge_set_up(network);
		return link_get_mtu(COMB_NET_BRIDGE, &network->mtu);
	}
	if (bridge_make(network)) {
		keeper_log(NULL, "cannot make the bridge %s: %s", COMB_NET_BRIDGE,
			   strerror(errno));
		return -1;
	}
	if (network->net.address != conf->net.address) {
		comb_net_format(network->net.address, address);
		keeper_log(NULL, "10.86.0.0/24 is routed elsewhere: cells are on %s/%u", address,
			   network->net.prefix);
	}
	return 0;
}

static void watch_begin(struct private_network *network, int pidfd,
			void (*ready)(struct loop_watch *watch, uint32_t events))
{
	network->watch = (struct loop_watch){ .fd = pidfd, .ready = ready, .data = network };
	if (pidfd >= 0 && loop_add(network->loop, &network->watch, EPOLLIN)) {
		close(pidfd);
		network->watch.fd = -1;
	}
}

static void watch_end(struct private_network *network)
{
	if (network->watch.fd < 0)
		return;
	loop_remove(network->loop, &network->watch);
	close(network->watch.fd);
	network->watch.fd = -1;
}

/* All members notice; the first that gets the lock starts another one. */
static void dns_ended(struct loop_watch *watch, uint32_t events)
{
	struct private_network *network = watch->data;
	int lock;

	(void)events;
	watch_end(network);
	if (!network->restarts) {
		keeper_log(NULL, "dnsmasq ends again and again: no DNS for cells");
		return;
	}
	network->restarts--;
	lock = lock_open(LOCK_PATH, LOCK_EX);
	if (lock < 0)
		return;
	dns_begin(&network->net, network->mtu);
	watch_begin(network, dns_pidfd(), dns_ended);
	close(lock);
}

static void helper_reap(struct private_network *network)
{
	while (network->helper && waitpid(network->helper, NULL, 0) < 0 && errno == EINTR)
		;
	network->helper = 0;
}

static void helper_ended(struct loop_watch *watch, uint32_t events)
{
	struct private_network *network = watch->data;

	(void)events;
	watch_end(network);
	helper_reap(network);
	watch_begin(network, dns_pidfd(), dns_ended);
}

static void services_begin(const struct private_network *network, bool nat)
{
	if (nat)
		nat_begin(&network->net);
	dns_begin(&network->net, network->mtu);
	dns_reload();
}

/*
 * nft and dnsmasq take longer than all the rest, and the cell need not wait for
 * them. The helper has the lock, too, and so keeps it until it has finished.
 */
static void services_fork(struct private_network *network, bool nat, int lock)
{
	network->helper = fork();
	if (!network->helper) {
		/* The keeper's devices must end with the keeper. */
		if (lock != 3)
			dup3(lock, 3, O_CLOEXEC);
		close_range(4, ~0U, 0);
		services_begin(network, nat);
		_exit(0);
	}
	if (network->helper > 0) {
		watch_begin(network, (int)syscall(SYS_pidfd_open, network->helper, 0),
			    helper_ended);
		return;
	}
	network->helper = 0;
	services_begin(network, nat);
	watch_begin(network, dns_pidfd(), dns_ended);
}

static void add_names(const struct private_network *network, const struct cell_id *cell)
{
	char line[COMB_NET_TEXT + sizeof("host ") + 256] = "", *names;
	uint32_t address;

	comb_net_format(network->net.address, line);
	names = stpcpy(line + strlen(line), " ");
	strcpy(names, "host ");
	if (gethostname(names + strlen(names), 255))
		strcpy(names, "host");
	hosts_add(network->net.address, names);
	/* It would take the line away, and with it the name "host". */
	if (names_has(line, cell->name))
		keeper_log(NULL, "the host has the name %s: it does not lead to the cell",
			   cell->name);
	else if (comb_net_cell(&network->net, cell->id, &address))
		keeper_log(NULL, "the private network has no address for cell number %u",
			   cell->id);
	else
		hosts_add(address, cell->name);
}

static int join_locked(struct private_network *network, const struct cell_id *cell, int lock)
{
	struct comb_netconf conf;
	struct comb_error err = {0};

	if (comb_netconf_load(&conf, COMB_CONF_FILE, &err)) {
		keeper_log(NULL, "%s", err.what);
		errno = EINVAL;
		return -1;
	}
	network->members = lock_open(MEMBERS_PATH, LOCK_SH);
	if (network->members < 0)
		return -1;
	if (bridge_begin(network, &conf)) {
		int error = errno;

		close(network->members);
		network->members = -1;
		errno = error;
		return -1;
	}
	add_names(network, cell);
	services_fork(network, conf.nat, lock);
	return 0;
}

int private_join(struct private_network *network, struct loop *loop,
		 const struct cell_id *cell)
{
	int lock, status, error;

	*network = (struct private_network){
		.loop = loop, .members = -1, .restarts = 5, .watch = { .fd = -1 },
	};
	strcpy(network->cell, cell->name);
	mkdir("/run/comb", 0755);
	mkdir(NETWORK_DIR, 0755);
	lock = lock_open(LOCK_PATH, LOCK_EX);
	if (lock < 0) {
		error = errno;
		keeper_log(NULL, "cannot lock %s: %s", LOCK_PATH, strerror(error));
		errno = error;
		return -1;
	}
	status = join_locked(network, cell, lock);
	error = errno;
	close(lock);
	errno = error;
	return status;
}

static void leave_locked(int members, const char *cell)
{
	/* Nobody else has a shared lock: this was the last one. */
	if (!flock(members, LOCK_EX | LOCK_NB)) {
		dns_end();
		nat_end();
		hosts_clear();
		bridge_remove();
		unlink(MEMBERS_PATH);
	} else {
		hosts_remove(cell);
		dns_reload();
	}
}

void private_leave(struct private_network *network)
{
	int lock;

	if (!network->loop || network->members < 0)
		return;
	watch_end(network);
	lock = lock_open(LOCK_PATH, LOCK_EX);
	helper_reap(network);
	if (lock < 0)
		keeper_log(NULL, "cannot lock %s: %s", LOCK_PATH, strerror(errno));
	else
		leave_locked(network->members, network->cell);
	close(network->members);
	network->members = -1;
	if (lock >= 0)
		close(lock);
}

void private_sweep(const char *cell)
{
	int lock = lock_open(LOCK_PATH, LOCK_EX), members;

	/* No network was ever made. */
	if (lock < 0)
		return;
	members = open(MEMBERS_PATH, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (members >= 0) {
		leave_locked(members, cell);
		close(members);
	}
	close(lock);
}
