// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "netaddr.h"
#include "netconf.h"

static void test_parse(void **state)
{
	static const char * const bad[] = {
		"", "10.86.0.1", "10.86.0.1/", "10.86.0.1/33", "10.86.0.1/24 ", "10.86.0.256/24",
		"10.86.0/24", "10.86.0.1.2/24", "010.86.0.1/24", "10.86.0.1/024", "10.86.0.0/24",
		"10.86.0.255/24", "10.86.0.1/31", "10.86.0.1/7", "10..0.1/24", "-1.0.0.1/24",
		"10.86.0.1/99999999999", "1.2.3.4444/24",
	};
	struct comb_net net;

	(void)state;
	assert_int_equal(comb_net_parse(&net, "10.86.0.1/24"), 0);
	assert_int_equal(net.address, 0x0a560001);
	assert_int_equal(net.prefix, 24);
	assert_int_equal(comb_net_parse(&net, "255.0.0.1/8"), 0);
	assert_int_equal(comb_net_parse(&net, "192.168.0.1/30"), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(comb_net_parse(&net, bad[i]), -1);
}

static void test_cells(void **state)
{
	static const struct {
		const char *net;
		unsigned int id;
		const char *word;
	} table[] = {
		{ "10.86.0.1/24", 1, "comb.net=10.86.0.2/24,10.86.0.1" },
		{ "10.86.0.1/24", 64, "comb.net=10.86.0.65/24,10.86.0.1" },
		{ "10.86.0.254/24", 1, "comb.net=10.86.0.1/24,10.86.0.254" },
		{ "10.86.0.2/24", 1, "comb.net=10.86.0.1/24,10.86.0.2" },
		{ "10.86.0.2/24", 2, "comb.net=10.86.0.3/24,10.86.0.2" },
		{ "10.0.0.1/8", 300, "comb.net=10.0.1.45/8,10.0.0.1" },
		{ "10.86.0.1/30", 1, "comb.net=10.86.0.2/30,10.86.0.1" },
		{ "10.86.0.1/30", 2, NULL },
		{ "10.86.0.1/24", 253, "comb.net=10.86.0.254/24,10.86.0.1" },
		{ "10.86.0.1/24", 254, NULL },
		{ "10.86.0.1/24", 0, NULL },
		{ "10.86.0.1/24", UINT32_MAX, NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct comb_net_setup setup;
		struct comb_net net;
		uint32_t address;
		char word[64];

		assert_int_equal(comb_net_parse(&net, table[i].net), 0);
		if (!table[i].word) {
			assert_int_equal(comb_net_word(&net, table[i].id, word, 64), -1);
			assert_int_equal(errno, ERANGE);
			continue;
		}
		assert_int_equal(comb_net_word(&net, table[i].id, word, 64), 0);
		assert_string_equal(word, table[i].word);
		assert_int_equal(comb_net_word(&net, table[i].id, word, strlen(word)), -1);
		assert_int_equal(comb_net_find(&setup, table[i].word), 1);
		assert_int_equal(comb_net_cell(&net, table[i].id, &address), 0);
		assert_int_equal(setup.address, address);
		assert_int_equal(setup.prefix, net.prefix);
		assert_int_equal(setup.gateway, net.address);
	}
}

static void test_find(void **state)
{
	static const char * const none[] = {
		"", "quiet", "xcomb.net=1.2.3.4/8,1.2.3.5", "comb.nets=1", "comb.net",
	};
	static const char * const bad[] = {
		"comb.net=", "comb.net=1.2.3.4", "comb.net=1.2.3.4/24", "comb.net=1.2.3.4/24,",
		"comb.net=1.2.3.4/24,1.2.4.1", "comb.net=1.2.3.4/0,1.2.3.1",
		"comb.net=1.2.3.4/24,1.2.3.1x", "comb.net=1.2.3.4/24,1.2.3.1,",
		"comb.net=1.2.3.4/24,1.2.3.1 comb.net=1",
	};
	struct comb_net_setup setup;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(comb_net_find(&setup, none[i]), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(comb_net_find(&setup, bad[i]), -1);
	assert_int_equal(comb_net_find(&setup, "a comb.net=1.2.3.4/24,1.2.3.1\n"), 1);
	assert_int_equal(comb_net_find(&setup, "comb.net=x comb.net=1.2.3.4/24,1.2.3.9 b"), 1);
	assert_int_equal(setup.gateway, 0x01020309);
}

static void test_mac(void **state)
{
	static const uint8_t want[6] = { 0x52, 0x43, 0x4f, 0x4d, 0x42, 0x40 };
	uint8_t mac[6];

	(void)state;
	comb_net_mac(64, mac);
	assert_memory_equal(mac, want, 6);
	assert_true(comb_net_is_mac(mac));
	/* Unicast and locally administered (IEEE 802, 8.2). */
	assert_int_equal(mac[0] & 3, 2);
	mac[1]++;
	assert_false(comb_net_is_mac(mac));
}

static void test_mac_abroad(void **state)
{
	static const char one[] = "0123456789abcdef0123456789abcdef\n";
	static const char two[] = "0123456789abcdef0123456789abcdee\n";
	uint8_t mac[6], again[6], other[6];

	(void)state;
	comb_net_mac_abroad(one, 7, mac);
	assert_true(comb_net_is_mac(mac));
	assert_int_equal(mac[0] & 3, 2);
	assert_int_equal(mac[5], 7);
	comb_net_mac_abroad("0123456789abcdef0123456789abcdef", 7, again);
	assert_memory_equal(mac, again, 6);
	/* Cells of the same number on another machine, and others of this one */
	comb_net_mac_abroad(two, 7, other);
	assert_memory_not_equal(mac, other, 6);
	comb_net_mac_abroad(one, 8, other);
	assert_memory_equal(mac, other, 5);
	assert_int_equal(other[5], 8);
	/* FNV-1a of nothing is its offset, 0x811c9dc5. */
	comb_net_mac_abroad("", 1, mac);
	assert_int_equal(mac[2], 0xc5 ^ 0x81);
	assert_int_equal(mac[3], 0x9d);
	assert_int_equal(mac[4], 0x1c);
}

static void test_conf(void **state)
{
	static const struct {
		const char *text, *what;
	} bad[] = {
		{ "[Network]\nAddress=10.0.0.0/24\n", "f:2: \"10.0.0.0/24\" is not an address" },
		{ "[Network]\nMtu=70000\n", "f:2: \"70000\" is not an MTU" },
		{ "[Network]\nMtu=-1\n", "f:2: \"-1\" is not an MTU" },
		{ "[Network]\nNat=maybe\n", "f:2: \"maybe\" is neither" },
		{ "[Network]\nMTU=1500\n", "f:2: \"MTU\" is no key" },
		{ "[Net]\n\nNat=no\n", "f:3: \"Net\" is no section" },
		{ "[Network]\nNat\n", "f:2: this line is neither" },
	};
	struct comb_netconf conf;

	(void)state;
	comb_netconf_init(&conf);
	assert_int_equal(comb_netconf_parse(&conf, "# nothing\n", "f", NULL), 0);
	assert_int_equal(conf.net.address, 0x0a560001);
	assert_true(conf.nat && !conf.chosen && conf.mtu == 1500);
	assert_int_equal(comb_netconf_parse(&conf, "[Network]\nAddress=192.168.7.1/16\nMtu=65520\n"
					    "Nat=no\n", "f", NULL), 0);
	assert_int_equal(conf.net.address, 0xc0a80701);
	assert_true(!conf.nat && conf.chosen && conf.mtu == 65520 && conf.net.prefix == 16);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct comb_error err = {0};

		comb_netconf_init(&conf);
		assert_int_equal(comb_netconf_parse(&conf, bad[i].text, "f", &err), -1);
		assert_int_equal(err.status, COMB_USAGE);
		assert_memory_equal(err.what, bad[i].what, strlen(bad[i].what));
		assert_true(*err.hint);
	}
	assert_int_equal(comb_netconf_load(&conf, "/nonexistent/comb.conf", NULL), 0);
	assert_int_equal(comb_netconf_load(&conf, "/proc", NULL), -1);
}

#define HEADING "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
#define ROUTE(name, to, mask) name "\t" to "\t00000000\t0001\t0\t0\t0\t" mask "\t0\t0\t0\n"

static void test_choose(void **state)
{
	static const struct {
		const char *routes;
		uint32_t address;
	} table[] = {
		{ "", 0x0a560001 },
		{ HEADING, 0x0a560001 },
		{ HEADING ROUTE("eth0", "00000000", "00000000"), 0x0a560001 },
		{ HEADING ROUTE("eth0", "0000560A", "00FFFFFF"), 0x0a560101 },
		{ HEADING ROUTE("combbr0", "0000560A", "00FFFFFF"), 0x0a560001 },
		/* A part of it is enough; so is all of it and more. */
		{ HEADING ROUTE("eth0", "8000560A", "80FFFFFF"), 0x0a560101 },
		{ HEADING ROUTE("eth0", "0000560A", "00FEFFFF"), 0x0a560201 },
		{ HEADING ROUTE("eth0", "0000560A", "00FCFFFF"), 0x0a560401 },
		{ HEADING ROUTE("eth0", "0100560A", "FFFFFFFF")
		  ROUTE("eth1", "0001560A", "00FFFFFF"), 0x0a560201 },
	};
	struct comb_netconf conf;
	struct comb_net net;

	(void)state;
	comb_netconf_init(&conf);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(comb_net_choose(&net, &conf, table[i].routes), 0);
		assert_int_equal(net.address, table[i].address);
		assert_int_equal(net.prefix, 24);
	}
	assert_int_equal(comb_net_choose(&net, &conf,
					 HEADING ROUTE("vpn", "0000000A", "000000FF")), -1);
	assert_int_equal(errno, EADDRNOTAVAIL);
	conf.chosen = true;
	assert_int_equal(comb_net_choose(&net, &conf,
					 HEADING ROUTE("vpn", "0000000A", "000000FF")), 0);
	assert_int_equal(net.address, 0x0a560001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_mac),
		cmocka_unit_test(test_mac_abroad),
		cmocka_unit_test(test_conf),
		cmocka_unit_test(test_choose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
