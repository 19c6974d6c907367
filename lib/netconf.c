// SPDX-License-Identifier: GPL-2.0-or-later
#include "netconf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conffile.h"
#include "number.h"

#define DEFAULT_NETWORK	0x0a560001u	/* 10.86.0.1 */
/* More routes than this are a router's; what is beyond is not looked at. */
#define ROUTES_BYTES_MAX (4u << 20)

void comb_netconf_init(struct comb_netconf *conf)
{
	*conf = (struct comb_netconf){
		.net = { .address = DEFAULT_NETWORK, .prefix = 24 },
		.mtu = COMB_NETCONF_MTU,
		.nat = true,
	};
}

static bool read_mtu(unsigned int *mtu, const char *value)
{
	int64_t number = comb_number(value, 576, COMB_NETCONF_MTU_MAX);

	if (number < 0)
		return false;
	*mtu = (unsigned int)number;
	return true;
}

static enum comb_conf_result refuse(struct comb_error *err, const char *hint, const char *value,
				    const char *why)
{
	comb_fail(err, COMB_USAGE, "\"%.64s\" %s", value, why);
	comb_hint(err, "%s", hint);
	return COMB_CONF_REFUSED;
}

static enum comb_conf_result set_key(void *arg, const char *key, const char *value,
				     struct comb_error *err)
{
	struct comb_netconf *conf = arg;

	if (!strcmp(key, "Address")) {
		if (comb_net_parse(&conf->net, value))
			return refuse(err, "Address=10.86.0.1/24", value,
				      "is not an address with a prefix of 8 to 30 bits");
		conf->chosen = true;
	} else if (!strcmp(key, "Mtu")) {
		if (!read_mtu(&conf->mtu, value))
			return refuse(err, "Mtu=1500", value, "is not an MTU of 576 to 65520");
	} else if (!strcmp(key, "Nat")) {
		conf->nat = !strcmp(value, "yes");
		if (!conf->nat && strcmp(value, "no"))
			return refuse(err, "Nat=yes", value, "is neither yes nor no");
	} else {
		return COMB_CONF_NO_KEY;
	}
	return COMB_CONF_SET;
}

static const struct comb_conf_section network = {
	.name = "Network", .keys = "Address=, Mtu= or Nat=", .set = set_key,
};

int comb_netconf_parse(struct comb_netconf *conf, const char *text, const char *file,
		       struct comb_error *err)
{
	return comb_conf_parse(&network, conf, text, file, err);
}

int comb_netconf_load(struct comb_netconf *conf, const char *path, struct comb_error *err)
{
	comb_netconf_init(conf);
	return comb_conf_load(&network, conf, path, err);
}

bool comb_net_routed(const char *routes, const struct comb_net *net, const char *except)
{
	const char *line = strchr(routes, '\n');	/* the first line is a heading */

	for (; line && line[1]; line = strchr(line + 1, '\n')) {
		unsigned int destination, mask, own = comb_net_mask(net->prefix);
		char name[32];

		if (sscanf(line + 1, "%31s %x %*x %*x %*d %*d %*d %x", name, &destination,
			   &mask) != 3)
			continue;
		/* Both are in network byte order, printed as if they were numbers. */
		destination = ntohl(destination);
		mask = ntohl(mask);
		if (!mask || !strcmp(name, except))
			continue;
		if (!((destination ^ net->address) & mask & own))
			return true;
	}
	return false;
}

int comb_net_choose(struct comb_net *net, const struct comb_netconf *conf, const char *routes)
{
	*net = conf->net;
	if (conf->chosen || !comb_net_routed(routes, net, COMB_NET_BRIDGE))
		return 0;
	for (unsigned int n = 0; n < 256; n++) {
		*net = (struct comb_net){ .address = DEFAULT_NETWORK + (n << 8), .prefix = 24 };
		if (!comb_net_routed(routes, net, COMB_NET_BRIDGE))
			return 0;
	}
	errno = EADDRNOTAVAIL;
	return -1;
}

/* 1: the bridge's address is in @net; 0: there is none; -1 with errno. */
static int bridge_address(struct comb_net *net)
{
	struct ifaddrs *list, *each;
	int found = 0;

	if (getifaddrs(&list))
		return -1;
	for (each = list; each && !found; each = each->ifa_next) {
		uint32_t mask;

		if (!each->ifa_addr || each->ifa_addr->sa_family != AF_INET ||
		    !each->ifa_netmask || strcmp(each->ifa_name, COMB_NET_BRIDGE))
			continue;
		net->address = ntohl(((struct sockaddr_in *)each->ifa_addr)->sin_addr.s_addr);
		mask = ntohl(((struct sockaddr_in *)each->ifa_netmask)->sin_addr.s_addr);
		net->prefix = (unsigned int)__builtin_popcount(mask);
		found = 1;
	}
	freeifaddrs(list);
	return found;
}

int comb_net_current(struct comb_net *net, struct comb_error *err)
{
	struct comb_netconf conf;
	char *routes;
	int status;

	if (comb_netconf_load(&conf, COMB_CONF_FILE, err))
		return -1;
	status = bridge_address(net);
	if (status > 0)
		return 0;
	if (status < 0)
		return comb_fail(err, COMB_FAILED, "cannot list network addresses: %s",
				 strerror(errno));
	routes = comb_text_read("/proc/net/route", ROUTES_BYTES_MAX);
	status = comb_net_choose(net, &conf, routes ? routes : "");
	free(routes);
	if (!status)
		return 0;
	comb_fail(err, COMB_TAKEN, "all of 10.86.0.0/16 is routed elsewhere");
	return comb_hint(err, "Address=ADDRESS/PREFIX under [Network] in %s", COMB_CONF_FILE);
}
