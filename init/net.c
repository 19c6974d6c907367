// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <netaddr.h>

#include "log.h"
#include "net.h"

/* The device appears when the host's keeper has told the kernel about it. */
#define TRIES		250
#define PAUSE_MS	20

static void put_address(struct sockaddr *to, uint32_t address)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(address) };

	memcpy(to, &in, sizeof(in));
}

/* Known by its address: --net may have given others, too. */
static bool find_interface(int fd, char name[IFNAMSIZ])
{
	struct if_nameindex *list = if_nameindex();
	bool found = false;

	for (size_t i = 0; list && list[i].if_name && !found; i++) {
		struct ifreq request = { 0 };

		strncpy(request.ifr_name, list[i].if_name, IFNAMSIZ - 1);
		found = !ioctl(fd, SIOCGIFHWADDR, &request) &&
			request.ifr_hwaddr.sa_family == ARPHRD_ETHER &&
			comb_net_is_mac((const uint8_t *)request.ifr_hwaddr.sa_data);
		if (found)
			strcpy(name, request.ifr_name);
	}
	if (list)
		if_freenameindex(list);
	return found;
}

static int set_address(int fd, const char *name, const struct comb_net_setup *setup)
{
	struct ifreq request = { 0 };

	strcpy(request.ifr_name, name);
	put_address(&request.ifr_addr, setup->address);
	if (ioctl(fd, SIOCSIFADDR, &request))
		return -1;
	put_address(&request.ifr_netmask, comb_net_mask(setup->prefix));
	if (ioctl(fd, SIOCSIFNETMASK, &request) || ioctl(fd, SIOCGIFFLAGS, &request))
		return -1;
	request.ifr_flags |= IFF_UP;
	return ioctl(fd, SIOCSIFFLAGS, &request);
}

static int set_route(int fd, const struct comb_net_setup *setup)
{
	struct rtentry route = { .rt_flags = RTF_UP | RTF_GATEWAY };

	put_address(&route.rt_dst, 0);
	put_address(&route.rt_genmask, 0);
	put_address(&route.rt_gateway, setup->gateway);
	return ioctl(fd, SIOCADDRT, &route) && errno != EEXIST ? -1 : 0;
}

void net_setup(const char *cmdline)
{
	struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	struct comb_net_setup setup;
	char name[IFNAMSIZ];
	int found = comb_net_find(&setup, cmdline), fd, tries = 0;

	if (!found)
		return;
	fd = found < 0 ? -1 : socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		log_trouble("cannot set up the network: %s", strerror(errno));
		return;
	}
	while (!find_interface(fd, name) && ++tries < TRIES)
		nanosleep(&pause, NULL);
	if (tries == TRIES)
		log_trouble("the host has given no network device");
	else if (set_address(fd, name, &setup) || set_route(fd, &setup))
		log_trouble("cannot set up %s: %s", name, strerror(errno));
	close(fd);
}
