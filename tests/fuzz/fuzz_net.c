// SPDX-License-Identifier: GPL-2.0-or-later
/* Any text as a kernel command line, an address, comb.conf and a route table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "balance.h"
#include "netconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_setup(const char *text)
{
	char own[COMB_NET_TEXT], gateway[COMB_NET_TEXT], word[64];
	struct comb_net_setup setup, again;

	if (comb_net_find(&setup, text) != 1)
		return;
	comb_net_format(setup.address, own);
	comb_net_format(setup.gateway, gateway);
	snprintf(word, sizeof(word), "comb.net=%s/%u,%s", own, setup.prefix, gateway);
	if (comb_net_find(&again, word) != 1 || again.address != setup.address ||
	    again.prefix != setup.prefix || again.gateway != setup.gateway)
		abort();
	/* What is accepted stands in the text as it would be written. */
	if (!strstr(text, word))
		abort();
}

/* Every cell's address is another one, inside the network, and not the host's. */
static void check_net(const struct comb_net *net)
{
	uint32_t mask = comb_net_mask(net->prefix), address, before = net->address & mask;

	for (unsigned int id = 1; id < 300; id++) {
		if (comb_net_cell(net, id, &address))
			return;
		if (address <= before || (address ^ net->address) & mask ||
		    address == net->address || address == (net->address | ~mask))
			abort();
		before = address;
	}
}

/* What is accepted is something to go by. */
static void check_balance(const char *text)
{
	struct comb_balance_conf conf;

	comb_balance_conf_init(&conf);
	if (comb_balance_conf_parse(&conf, text, "fuzz", NULL))
		return;
	if (conf.interval_ms < 100 || !conf.looks || conf.looks > COMB_BALANCE_LOOKS_MAX ||
	    !conf.margin || conf.pressure > 100 || conf.idle_pressure >= conf.pressure)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct comb_netconf conf;
	struct comb_net net;

	memcpy(text, data, size);
	text[size] = '\0';
	check_setup(text);
	if (!comb_net_parse(&net, text))
		check_net(&net);
	comb_netconf_init(&conf);
	if (!comb_netconf_parse(&conf, text, "fuzz", NULL))
		check_net(&conf.net);
	check_balance(text);
	comb_netconf_init(&conf);
	if (!comb_net_choose(&net, &conf, text) && comb_net_routed(text, &net, COMB_NET_BRIDGE))
		abort();
	free(text);
	return 0;
}
