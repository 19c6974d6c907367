// SPDX-License-Identifier: GPL-2.0-or-later
#include "netaddr.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WORD "comb.net="

static const uint8_t mac_prefix[5] = { 0x52, 0x43, 0x4f, 0x4d, 0x42 };
/* All of Comb's begin with these. */
#define MAC_COMMON	2

uint32_t comb_net_mask(unsigned int prefix)
{
	return prefix ? UINT32_MAX << (32 - prefix) : 0;
}

void comb_net_format(uint32_t address, char text[COMB_NET_TEXT])
{
	snprintf(text, COMB_NET_TEXT, "%u.%u.%u.%u", address >> 24, address >> 16 & 255,
		 address >> 8 & 255, address & 255);
}

/* A decimal number up to @max without leading zeros; some take those for octal. */
static bool take_number(const char **at, unsigned int max, unsigned int *value)
{
	const char *digit = *at;

	*value = 0;
	while (*digit >= '0' && *digit <= '9') {
		if (digit != *at && !*value)
			return false;
		*value = *value * 10 + (unsigned int)(*digit++ - '0');
		if (*value > max)
			return false;
	}
	if (digit == *at)
		return false;
	*at = digit;
	return true;
}

static bool take_address(const char **at, uint32_t *address)
{
	unsigned int byte;

	*address = 0;
	for (int i = 0; i < 4; i++) {
		if (i && *(*at)++ != '.')
			return false;
		if (!take_number(at, 255, &byte))
			return false;
		*address = *address << 8 | byte;
	}
	return true;
}

static bool take_prefix(const char **at, unsigned int *prefix)
{
	return *(*at)++ == '/' && take_number(at, 32, prefix) && *prefix;
}

int comb_net_parse(struct comb_net *net, const char *text)
{
	uint32_t host;

	errno = EINVAL;
	if (!take_address(&text, &net->address) || !take_prefix(&text, &net->prefix) || *text)
		return -1;
	/* No network of this class is anybody's own, and one needs room for two. */
	if (net->prefix < 8 || net->prefix > 30)
		return -1;
	host = net->address & ~comb_net_mask(net->prefix);
	return host && host != ~comb_net_mask(net->prefix) ? 0 : -1;
}

int comb_net_cell(const struct comb_net *net, unsigned int id, uint32_t *address)
{
	uint32_t host = ~comb_net_mask(net->prefix);
	uint32_t number = id;

	if (number && number < host && number >= (net->address & host))
		number++;
	if (!number || number >= host) {
		errno = ERANGE;
		return -1;
	}
	*address = (net->address & ~host) | number;
	return 0;
}

void comb_net_mac(unsigned int id, uint8_t mac[6])
{
	memcpy(mac, mac_prefix, sizeof(mac_prefix));
	mac[5] = (uint8_t)id;
}

/* FNV-1a (RFC 9923), 32 bits, folded to 24 */
void comb_net_mac_abroad(const char *machine, unsigned int id, uint8_t mac[6])
{
	uint32_t hash = 0x811c9dc5;

	for (; *machine && *machine != '\n'; machine++)
		hash = (hash ^ (uint8_t)*machine) * 0x01000193;
	hash = (hash >> 24) ^ (hash & 0xffffff);
	comb_net_mac(id, mac);
	for (int i = 0; i < 3; i++)
		mac[MAC_COMMON + i] = (uint8_t)(hash >> (8 * i));
}

bool comb_net_is_mac(const uint8_t mac[6])
{
	return !memcmp(mac, mac_prefix, MAC_COMMON);
}

int comb_net_word(const struct comb_net *net, unsigned int id, char *word, size_t size)
{
	char own[COMB_NET_TEXT], gateway[COMB_NET_TEXT];
	uint32_t address;
	int length;

	if (comb_net_cell(net, id, &address))
		return -1;
	comb_net_format(address, own);
	comb_net_format(net->address, gateway);
	length = snprintf(word, size, WORD "%s/%u,%s", own, net->prefix, gateway);
	if (length < 0 || (size_t)length >= size) {
		errno = ERANGE;
		return -1;
	}
	return 0;
}

static bool parse_setup(struct comb_net_setup *setup, const char *text)
{
	uint32_t mask;

	if (!take_address(&text, &setup->address) || !take_prefix(&text, &setup->prefix))
		return false;
	if (*text++ != ',' || !take_address(&text, &setup->gateway))
		return false;
	mask = comb_net_mask(setup->prefix);
	if ((setup->address ^ setup->gateway) & mask)
		return false;
	return !*text || *text == ' ' || *text == '\t' || *text == '\n';
}

int comb_net_find(struct comb_net_setup *setup, const char *cmdline)
{
	const char *at = cmdline, *last = NULL;

	while ((at = strstr(at, WORD))) {
		if (at == cmdline || at[-1] == ' ' || at[-1] == '\t')
			last = at;
		at++;
	}
	if (!last)
		return 0;
	if (parse_setup(setup, last + strlen(WORD)))
		return 1;
	errno = EINVAL;
	return -1;
}
