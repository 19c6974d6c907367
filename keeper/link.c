// SPDX-License-Identifier: GPL-2.0-or-later
#include "link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* One request about interface @name on a socket of its own. */
static int link_request(const char *name, unsigned long request, struct ifreq *data)
{
	int fd, status, error;

	if (strlen(name) >= IFNAMSIZ) {
		errno = ENODEV;
		return -1;
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	strcpy(data->ifr_name, name);
	status = ioctl(fd, request, data);
	error = errno;
	close(fd);
	errno = error;
	return status < 0 ? -1 : 0;
}

bool link_exists(const char *name)
{
	return if_nametoindex(name) != 0;
}

bool link_is_bridge(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/net/%.15s/bridge", name);
	return !access(path, F_OK);
}

bool link_is_up(const char *name)
{
	struct ifreq data = {0};

	return !link_request(name, SIOCGIFFLAGS, &data) && data.ifr_flags & IFF_UP;
}

int link_set_up(const char *name, bool up)
{
	struct ifreq data = {0};

	if (link_request(name, SIOCGIFFLAGS, &data))
		return -1;
	if (up)
		data.ifr_flags |= IFF_UP;
	else
		data.ifr_flags &= ~IFF_UP;
	return link_request(name, SIOCSIFFLAGS, &data);
}

int link_get_mtu(const char *name, unsigned int *mtu)
{
	struct ifreq data = {0};

	if (link_request(name, SIOCGIFMTU, &data))
		return -1;
	*mtu = (unsigned int)data.ifr_mtu;
	return 0;
}

int link_set_mtu(const char *name, unsigned int mtu)
{
	struct ifreq data = { .ifr_mtu = (int)mtu };

	return link_request(name, SIOCSIFMTU, &data);
}

int link_set_mac(const char *name, const uint8_t mac[6])
{
	struct ifreq data = { .ifr_hwaddr.sa_family = ARPHRD_ETHER };

	memcpy(data.ifr_hwaddr.sa_data, mac, 6);
	return link_request(name, SIOCSIFHWADDR, &data);
}

static int link_set_ip(const char *name, unsigned long request, uint32_t value)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(value),
	};
	struct ifreq data = {0};

	memcpy(&data.ifr_addr, &address, sizeof(address));
	return link_request(name, request, &data);
}

int link_set_address(const char *name, const struct comb_net *net)
{
	uint32_t mask = comb_net_mask(net->prefix);

	if (link_set_ip(name, SIOCSIFADDR, net->address) ||
	    link_set_ip(name, SIOCSIFNETMASK, mask))
		return -1;
	return link_set_ip(name, SIOCSIFBRDADDR, net->address | ~mask);
}

/* Requests about bridges carry the name, or the port's index, as such. */
static int bridge_request(unsigned long request, const void *data)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int status, error;

	if (fd < 0)
		return -1;
	status = ioctl(fd, request, data);
	error = errno;
	close(fd);
	errno = error;
	return status < 0 ? -1 : 0;
}

int link_add_bridge(const char *name)
{
	return bridge_request(SIOCBRADDBR, name);
}

int link_remove_bridge(const char *name)
{
	return bridge_request(SIOCBRDELBR, name);
}

int link_join_bridge(const char *bridge, const char *port)
{
	struct ifreq data = { .ifr_ifindex = (int)if_nametoindex(port) };

	if (!data.ifr_ifindex)
		return -1;
	return link_request(bridge, SIOCBRADDIF, &data);
}
