/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netaddr.h - which addresses the host and its cells have on the private bridge
 *
 * Everything follows from the bridge's own address and the cell's number, so
 * that comb, comb-keeper and comb-init agree without talking. Addresses are
 * IPv4 in host byte order. No allocation, no files: comb-init links it too.
 */
#ifndef COMB_NETADDR_H
#define COMB_NETADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMB_NET_BRIDGE		"combbr0"
/* "255.255.255.255" and its NUL. */
#define COMB_NET_TEXT		16

/**
 * struct comb_net - the private network
 * @address: of the host's bridge
 * @prefix: length of the network's prefix, 8 to 30
 */
struct comb_net {
	uint32_t address;
	unsigned int prefix;
};

/**
 * struct comb_net_setup - what a cell is told on its command line
 * @address: its own
 * @prefix: length of the network's prefix, 1 to 32
 * @gateway: the host, inside the same network
 */
struct comb_net_setup {
	uint32_t address;
	unsigned int prefix;
	uint32_t gateway;
};

/* Network mask of a prefix of 0 to 32 bits. */
uint32_t comb_net_mask(unsigned int prefix);

void comb_net_format(uint32_t address, char text[COMB_NET_TEXT]);

/*
 * Read "A.B.C.D/PREFIX". The address must be one a host can have: neither the
 * network's own nor its broadcast address. 0, or -1 with errno EINVAL.
 */
int comb_net_parse(struct comb_net *net, const char *text);

/*
 * The address of cell @id (1 and up): the @id-th of the network's addresses
 * that the bridge does not have itself. 0, or -1 with errno ERANGE.
 */
int comb_net_cell(const struct comb_net *net, unsigned int id, uint32_t *address);

/*
 * 52:43:4f:4d:42:ID, a locally administered address; the bridge has ID 0. The
 * other direction: true if @mac is a cell's or the bridge's.
 */
void comb_net_mac(unsigned int id, uint8_t mac[6]);
/*
 * 52:43:XX:XX:XX:ID for a network on which other machines may have cells, too, with the same
 * numbers. @machine, the text of /etc/machine-id, makes the difference.
 */
void comb_net_mac_abroad(const char *machine, unsigned int id, uint8_t mac[6]);
bool comb_net_is_mac(const uint8_t mac[6]);

/*
 * The word of the kernel command line that tells cell @id,
 * "comb.net=ADDRESS/PREFIX,GATEWAY". 0, or -1 with errno ERANGE.
 */
int comb_net_word(const struct comb_net *net, unsigned int id, char *word, size_t size);

/*
 * Find that word in a kernel command line; the last one counts. 1: found, 0:
 * there is none, -1 with errno EINVAL: it makes no sense.
 */
int comb_net_find(struct comb_net_setup *setup, const char *cmdline);

#endif
