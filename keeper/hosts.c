// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netaddr.h>

#include "device.h"
#include "names.h"
#include "textfile.h"

#define HOSTS_FILE	"/etc/hosts"
/* How cells call the host; no cell can be called so. */
#define HOST_NAME	"host"

/* The host finds itself without Comb; other lines win over those Comb would add. */
static bool is_news(const char *name, void *rest)
{
	return strcmp(name, HOST_NAME) && !names_has(rest, name);
}

static char *merged(const char *text, const char *list)
{
	char *rest, *news = NULL, *result = NULL;

	rest = names_merge(text, "");
	if (rest)
		news = names_filter(list, is_news, rest);
	if (news)
		result = names_merge(text, news);
	free(news);
	free(rest);
	return result;
}

static void publish(const char *list)
{
	char *text = textfile_read(HOSTS_FILE), *result = NULL;

	/* Without the file this machine resolves names in another way. */
	if (!text && errno == ENOENT)
		return;
	if (text)
		result = merged(text, list);
	if (!result || textfile_replace(HOSTS_FILE, result))
		keeper_log(NULL, "%s stays as it is: %s", HOSTS_FILE,
			   errno == EINVAL ? "the lines that mark Comb's part are damaged" :
			   strerror(errno));
	free(result);
	free(text);
}

static void store(char *list)
{
	if (!list || textfile_replace(HOSTS_LIST, list))
		keeper_log(NULL, "cannot write %s: %s", HOSTS_LIST, strerror(errno));
	else
		publish(list);
	free(list);
}

/* A cell has a directory as long as it or its keeper lives. */
static bool is_there(const char *name, void *context)
{
	char path[128];

	(void)context;
	snprintf(path, sizeof(path), "/run/comb/%.64s", name);
	return !strcmp(name, HOST_NAME) || !access(path, F_OK);
}

static bool is_other(const char *name, void *context)
{
	return strcmp(name, context);
}

void hosts_add(uint32_t address, const char *names)
{
	char text[COMB_NET_TEXT], *list, *living = NULL;

	list = textfile_read(HOSTS_LIST);
	if (list)
		living = names_filter(list, is_there, NULL);
	comb_net_format(address, text);
	store(names_add(living ? living : "", text, names));
	free(living);
	free(list);
}

void hosts_remove(const char *name)
{
	char *list = textfile_read(HOSTS_LIST);

	if (!list)
		return;
	store(names_filter(list, is_other, (void *)name));
	free(list);
}

void hosts_clear(void)
{
	publish("");
	unlink(HOSTS_LIST);
}
