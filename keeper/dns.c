// SPDX-License-Identifier: GPL-2.0-or-later
#include "dns.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <comb.h>

#include "device.h"
#include "hosts.h"
#include "textfile.h"
#include "tool.h"

#define DNS_CONF	NETWORK_DIR "/dnsmasq.conf"
#define DNS_PID		NETWORK_DIR "/dnsmasq.pid"
#define DNS_LEASES	NETWORK_DIR "/dnsmasq.leases"

/* True if this process is the dnsmasq that was started with Comb's file. */
static bool is_ours(long pid)
{
	char path[64], command[256] = "";
	size_t got;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%ld/cmdline", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	got = fread(command, 1, sizeof(command) - 1, file);
	fclose(file);
	return memmem(command, got, DNS_CONF, strlen(DNS_CONF)) != NULL;
}

int dns_pidfd(void)
{
	char *text = textfile_read(DNS_PID);
	long pid = text ? strtol(text, NULL, 10) : 0;
	int fd;

	free(text);
	if (pid <= 1 || pid > INT32_MAX)
		return -1;
	fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	/* Asked after it was opened: the number cannot change hands any more. */
	if (fd >= 0 && is_ours(pid))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int conf_write(const struct comb_net *net, unsigned int mtu)
{
	char gateway[COMB_NET_TEXT], network[COMB_NET_TEXT], mask[COMB_NET_TEXT], *text = NULL;
	FILE *file;
	size_t size;
	int status;

	file = open_memstream(&text, &size);
	if (!file)
		return -1;
	comb_net_format(net->address, gateway);
	comb_net_format(net->address & comb_net_mask(net->prefix), network);
	comb_net_format(comb_net_mask(net->prefix), mask);
	fprintf(file, "# Written by comb-keeper\n"
		"interface=" COMB_NET_BRIDGE "\nexcept-interface=lo\nbind-interfaces\n"
		"listen-address=%s\nno-hosts\naddn-hosts=" HOSTS_LIST "\n"
		"domain-needed\nbogus-priv\nlocal-ttl=0\n"
		"pid-file=" DNS_PID "\ndhcp-leasefile=" DNS_LEASES "\n"
		"dhcp-authoritative\nno-ping\ndhcp-range=%s,static,%s,infinite\n",
		gateway, network, mask);
	if (mtu != 1500)
		fprintf(file, "dhcp-option=option:mtu,%u\n", mtu);
	for (unsigned int id = 1; id <= COMB_CELLS_MAX; id++) {
		char own[COMB_NET_TEXT];
		uint32_t address;
		uint8_t mac[6];

		if (comb_net_cell(net, id, &address))
			break;
		comb_net_format(address, own);
		comb_net_mac(id, mac);
		fprintf(file, "dhcp-host=%02x:%02x:%02x:%02x:%02x:%02x,%s\n", mac[0], mac[1],
			mac[2], mac[3], mac[4], mac[5], own);
	}
	if (fclose(file)) {
		free(text);
		return -1;
	}
	status = textfile_replace(DNS_CONF, text);
	free(text);
	return status;
}

void dns_begin(const struct comb_net *net, unsigned int mtu)
{
	static const char *const dnsmasq[] = { "dnsmasq", "--conf-file=" DNS_CONF, NULL };
	int fd = dns_pidfd(), status;

	if (fd >= 0) {
		close(fd);
		return;
	}
	if (conf_write(net, mtu)) {
		keeper_log(NULL, "no DNS for cells: cannot write %s: %s", DNS_CONF,
			   strerror(errno));
		return;
	}
	status = tool_run(dnsmasq, NULL);
	if (!status)
		return;
	if (status < 0)
		keeper_log(NULL, "no DNS for cells: cannot run dnsmasq (package dnsmasq-base): %s",
			   strerror(errno));
	else
		keeper_log(NULL, "no DNS for cells: dnsmasq ended with status %d", status);
	unlink(DNS_CONF);
}

static void dns_signal(int fd, int signal)
{
	syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0);
}

void dns_reload(void)
{
	int fd = dns_pidfd();

	if (fd < 0)
		return;
	dns_signal(fd, SIGHUP);
	close(fd);
}

void dns_end(void)
{
	struct pollfd watch = { .fd = dns_pidfd(), .events = POLLIN };

	if (watch.fd >= 0) {
		dns_signal(watch.fd, SIGTERM);
		if (poll(&watch, 1, 1000) <= 0)
			dns_signal(watch.fd, SIGKILL);
		close(watch.fd);
	}
	unlink(DNS_PID);
	unlink(DNS_LEASES);
	unlink(DNS_CONF);
}
