// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <netaddr.h>

#include "files.h"
#include "log.h"
#include "resolver.h"

#define RESOLV	"/etc/resolv.conf"
#define HOSTS	"/etc/hosts"

static bool is_local_server(const char *line, size_t length)
{
	static const char word[] = "nameserver";
	const char *at = line + sizeof(word) - 1, *end = line + length;

	if (length < sizeof(word) || strncmp(line, word, sizeof(word) - 1) ||
	    (*at != ' ' && *at != '\t'))
		return false;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return !strncmp(at, "127.", 4) || !strncmp(at, "::1", 3);
}

char *resolver_text(const char *gateway, const char *old)
{
	size_t room = strlen("nameserver \n\n") + strlen(gateway) + strlen(old) + 1, length;
	char *text = malloc(room), *to;

	if (!text)
		return NULL;
	to = text + sprintf(text, "nameserver %s\n", gateway);
	for (; *old; old += length) {
		length = strcspn(old, "\n");
		length += old[length] == '\n';
		if (!is_local_server(old, length))
			to = mempcpy(to, old, length);
	}
	if (to[-1] != '\n')
		*to++ = '\n';
	*to = '\0';
	return text;
}

/* In the place of what is there, which may be a link to a file of the host's /run. */
static void put_file(const char *path, const char *text)
{
	size_t size = strlen(text);
	int fd;

	if (unlink(path) && errno != ENOENT) {
		log_say("cannot replace %s: %s", path, strerror(errno));
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, size) != (ssize_t)size)
		log_say("cannot write %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void put_hosts(const char *own, const char *gateway)
{
	char name[256] = "", text[512];

	if (!access(HOSTS, F_OK))
		return;
	if (gethostname(name, sizeof(name) - 1) || !*name)
		strcpy(name, "localhost");
	snprintf(text, sizeof(text), "127.0.0.1 localhost\n::1 localhost\n%s %s\n%s host\n", own,
		 name, gateway);
	put_file(HOSTS, text);
}

/* The private network as the kernel command line says. */
static bool find_network(struct comb_net_setup *setup)
{
	size_t size;
	char *cmdline = file_read("/proc/cmdline", &size);
	bool found = cmdline && comb_net_find(setup, cmdline) > 0;

	free(cmdline);
	return found;
}

char *resolver_own(void)
{
	struct comb_net_setup setup;
	char gateway[COMB_NET_TEXT], *old, *text;
	size_t size;

	if (!find_network(&setup))
		return NULL;
	comb_net_format(setup.gateway, gateway);
	old = file_read(RESOLV, &size);
	text = resolver_text(gateway, old ? old : "");
	free(old);
	return text;
}

void resolver_setup(void)
{
	char own[COMB_NET_TEXT], gateway[COMB_NET_TEXT], *text;
	struct comb_net_setup setup;

	if (!find_network(&setup) || (mkdir("/etc", 0755) && errno != EEXIST))
		return;
	text = resolver_own();
	if (text)
		put_file(RESOLV, text);
	free(text);
	comb_net_format(setup.address, own);
	comb_net_format(setup.gateway, gateway);
	put_hosts(own, gateway);
}
