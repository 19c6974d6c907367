// SPDX-License-Identifier: GPL-2.0-or-later
#include "nat.h"

#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "hosts.h"
#include "textfile.h"
#include "tool.h"

/* Interfaces whose forwarding Comb has switched on, one a line. */
#define FORWARDING_FILE	NETWORK_DIR "/forwarding"
#define INTERFACES_MAX	16

struct interfaces {
	unsigned int count;
	char names[INTERFACES_MAX][IFNAMSIZ];
};

static bool forwarding_get(const char *interface)
{
	char path[96], *text;
	bool on;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%.15s/forwarding", interface);
	text = textfile_read(path);
	on = text && *text == '1';
	free(text);
	return on;
}

static int forwarding_set(const char *interface, bool on)
{
	char path[96];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%.15s/forwarding", interface);
	file = fopen(path, "we");
	if (!file)
		return -1;
	fputs(on ? "1" : "0", file);
	return fclose(file) ? -1 : 0;
}

static void interfaces_read(struct interfaces *list)
{
	char *text = textfile_read(FORWARDING_FILE), *save, *name;

	*list = (struct interfaces){0};
	if (!text)
		return;
	for (name = strtok_r(text, "\n", &save); name && list->count < INTERFACES_MAX;
	     name = strtok_r(NULL, "\n", &save))
		snprintf(list->names[list->count++], IFNAMSIZ, "%s", name);
	free(text);
}

static int interfaces_write(const struct interfaces *list)
{
	char text[INTERFACES_MAX * (IFNAMSIZ + 1) + 1] = "", *to = text;

	for (unsigned int i = 0; i < list->count; i++)
		to += sprintf(to, "%s\n", list->names[i]);
	return textfile_replace(FORWARDING_FILE, text);
}

static bool interfaces_have(const struct interfaces *list, const char *name)
{
	for (unsigned int i = 0; i < list->count; i++)
		if (!strcmp(list->names[i], name))
			return true;
	return false;
}

/* The interface of the default route with the smallest metric. */
static bool find_uplink(char name[IFNAMSIZ])
{
	char *routes = textfile_read("/proc/net/route"), *line, *save;
	unsigned int best = UINT_MAX;
	bool found = false;

	if (!routes)
		return false;
	for (line = strtok_r(routes, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		unsigned int destination, mask, metric;
		char interface[IFNAMSIZ];

		if (sscanf(line, "%15s %x %*x %*x %*d %*d %u %x", interface, &destination,
			   &metric, &mask) != 4 || destination || mask)
			continue;
		if (found && metric >= best)
			continue;
		best = metric;
		strcpy(name, interface);
		found = true;
	}
	free(routes);
	return found;
}

/* Put an interface on the list if its forwarding has to be switched on. */
static int interfaces_add(struct interfaces *list, const char *name)
{
	if (forwarding_get(name) || interfaces_have(list, name))
		return 0;
	if (list->count == INTERFACES_MAX) {
		errno = ENOSPC;
		return -1;
	}
	strcpy(list->names[list->count++], name);
	return 0;
}

static int forwarding_switch_on(const struct interfaces *list)
{
	for (unsigned int i = 0; i < list->count; i++)
		/* One that has gone in the meantime forwards nothing. */
		if (forwarding_set(list->names[i], true) && errno != ENOENT)
			return -1;
	return 0;
}

static int rules_load(const struct comb_net *net, const struct interfaces *switched)
{
	static const char *const nft[] = { "nft", "-f", "-", NULL };
	char network[COMB_NET_TEXT], rules[4096];
	size_t used;

	comb_net_format(net->address & comb_net_mask(net->prefix), network);
	used = (size_t)snprintf(rules, sizeof(rules),
		"add table ip comb\n"
		"delete table ip comb\n"
		"table ip comb {\n"
		"chain postrouting {\n"
		"type nat hook postrouting priority 100; policy accept;\n"
		"ip saddr %s/%u oifname != \"" COMB_NET_BRIDGE "\" masquerade\n"
		"}\n"
		"chain forward {\n"
		"type filter hook forward priority 0; policy accept;\n"
		"iifname \"" COMB_NET_BRIDGE "\" accept\n"
		"oifname \"" COMB_NET_BRIDGE "\" ct state established,related accept\n"
		"oifname \"" COMB_NET_BRIDGE "\" drop\n", network, net->prefix);
	/* Nobody else gets a router out of what was switched on for cells. */
	for (unsigned int i = 0; i < switched->count; i++) {
		if (!strcmp(switched->names[i], COMB_NET_BRIDGE))
			continue;
		used += (size_t)snprintf(rules + used, sizeof(rules) - used,
					 "iifname \"%s\" drop\n", switched->names[i]);
	}
	snprintf(rules + used, sizeof(rules) - used, "}\n}\n");
	return tool_run(nft, rules);
}

void nat_begin(const struct comb_net *net)
{
	struct interfaces switched;
	char uplink[IFNAMSIZ];
	int status;

	if (!find_uplink(uplink)) {
		keeper_log(NULL, "no NAT: this machine has no default route");
		return;
	}
	/* Written down first: what was switched on is known whatever happens next. */
	interfaces_read(&switched);
	if (interfaces_add(&switched, COMB_NET_BRIDGE) || interfaces_add(&switched, uplink) ||
	    interfaces_write(&switched)) {
		keeper_log(NULL, "no NAT: cannot write %s: %s", FORWARDING_FILE, strerror(errno));
		return;
	}
	status = rules_load(net, &switched);
	if (!status && !forwarding_switch_on(&switched))
		return;
	if (!status)
		keeper_log(NULL, "no NAT: cannot switch on forwarding: %s", strerror(errno));
	else if (status < 0)
		keeper_log(NULL, "no NAT: cannot run nft (package nftables): %s", strerror(errno));
	else
		keeper_log(NULL, "no NAT: nft ended with status %d", status);
	nat_end();
}

void nat_end(void)
{
	static const char *const nft[] = { "nft", "-f", "-", NULL };
	struct interfaces switched;

	if (access(FORWARDING_FILE, F_OK))
		return;
	interfaces_read(&switched);
	for (unsigned int i = 0; i < switched.count; i++)
		/* Forwarding that was switched on for all since then is somebody else's wish. */
		if (!forwarding_get("all"))
			forwarding_set(switched.names[i], false);
	unlink(FORWARDING_FILE);
	tool_run(nft, "add table ip comb\ndelete table ip comb\n");
}
