// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_generate.c - comb generate: what ssh and ClusterShell need to know of cells */
#include "verbs.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "status.h"

/* ssh's name of cell web is web.comb: "web" may be a machine. */
#define SUFFIX	".comb"

/* This program, as others should call it: its directory is not on everybody's PATH. */
static void own_path(char path[PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (length > 0)
		path[length] = '\0';
	else
		strcpy(path, "comb");
}

/*
 * sshd's files are the cell's. A public key in its usual place is taken for authorized: who has
 * the private one beside it, on the same file system, is that user. ssh turns %% into %.
 */
static void print_ssh(const char *comb)
{
	printf("# ssh CELL" SUFFIX ", made by comb generate ssh\n"
	       "#\n"
	       "#   comb generate ssh >/etc/ssh/ssh_config.d/comb.conf\n"
	       "#\n"
	       "# The way in is that of comb exec: it needs root here, /usr/sbin/sshd and host keys\n"
	       "# among the cell's files, and no network and no sshd that runs. A key pair of one's\n"
	       "# own (ssh-keygen) in ~/.ssh is enough if the cell has the same files; in others it\n"
	       "# must be authorized. Nothing is between this kernel and the cell's that could\n"
	       "# pretend to be the cell, so no host key is asked about.\n"
	       "Host *" SUFFIX "\n"
	       "\tProxyCommand /bin/sh -c 'exec %s exec --no-tty \"${1%%%%" SUFFIX "}\" -- /bin/sh -c "
	       "\"mkdir -p -m 755 /run/sshd && exec /usr/sbin/sshd -i -e -o LogLevel=ERROR "
	       "-o PermitRootLogin=prohibit-password -o \\\"AuthorizedKeysFile=.ssh/authorized_keys "
	       ".ssh/id_ed25519.pub .ssh/id_ecdsa.pub .ssh/id_rsa.pub\\\"\"' sh '%%h'\n"
	       "\tCheckHostIP no\n"
	       "\tStrictHostKeyChecking no\n"
	       "\tUserKnownHostsFile /dev/null\n"
	       "\tGlobalKnownHostsFile /dev/null\n"
	       "\tLogLevel ERROR\n", comb);
}

/* $GROUP and $NODE are ClusterShell's. */
static void print_clustershell(const char *comb)
{
	printf("# Cells as groups of ClusterShell, made by comb generate clustershell\n"
	       "#\n"
	       "#   comb generate clustershell >/etc/clustershell/groups.conf.d/comb.conf\n"
	       "#   clush -w @comb:running uname -r\n"
	       "#\n"
	       "# Nodes are called as ssh knows them, CELL" SUFFIX ": see comb generate ssh.\n"
	       "[comb]\n"
	       "map: %s generate nodes $GROUP\n"
	       "all: %s generate nodes\n"
	       "list: %s generate groups\n"
	       "reverse: %s generate groups $NODE\n"
	       "cache_time: 5\n", comb, comb, comb, comb);
}

/* All groups a cell is in. */
static void groups_of(const struct status *status, struct comb_strings *groups)
{
	CLI_AUTOFREE char *kernel = cli_format("kernel-%s", status->seen.kernel);
	struct comb_error ignored = { 0 };
	struct comb_definition def;

	comb_strings_add(groups, "cells");
	if (status->seen.state == COMB_STATE_RUNNING)
		comb_strings_add(groups, "running");
	if (status->seen.kernel[0])
		comb_strings_add(groups, kernel);
	if (!comb_definition_load(&def, cli_config_dir(), status->name, &ignored) && def.cluster) {
		CLI_AUTOFREE char *cluster = cli_format("cluster-%s", def.cluster);

		comb_strings_add(groups, cluster);
	}
	comb_definition_free(&def);
}

static bool has(const struct comb_strings *groups, const char *group)
{
	for (size_t i = 0; i < groups->count; i++)
		if (!strcmp(groups->list[i], group))
			return true;
	return false;
}

static void print_nodes(const struct status_list *all, const char *group)
{
	/* The first one is the host, which is no cell. */
	for (size_t i = 1; i < all->count; i++) {
		struct comb_strings groups = { 0 };

		groups_of(&all->list[i], &groups);
		if (!group || has(&groups, group))
			printf("%s" SUFFIX "\n", all->list[i].name);
		comb_strings_free(&groups);
	}
}

/* Those of one node, or of all; each once. */
static void print_groups(const struct status_list *all, const char *node)
{
	size_t length = node ? strlen(node) : 0, suffix = strlen(SUFFIX);
	struct comb_strings groups = { 0 };

	if (length > suffix && !strcmp(node + length - suffix, SUFFIX))
		length -= suffix;
	for (size_t i = 1; i < all->count; i++) {
		const char *name = all->list[i].name;
		struct comb_strings own = { 0 };

		if (node && (strlen(name) != length || strncmp(name, node, length)))
			continue;
		groups_of(&all->list[i], &own);
		for (size_t n = 0; n < own.count; n++)
			if (!has(&groups, own.list[n]))
				comb_strings_add(&groups, own.list[n]);
		comb_strings_free(&own);
	}
	for (size_t i = 0; i < groups.count; i++)
		puts(groups.list[i]);
	comb_strings_free(&groups);
}

static int print_list(struct cli *cli, const char *what, const char *of, struct comb_error *err)
{
	struct status_list all;
	int result;

	/* Not the names that status_all() should look at. */
	cli->nr_names = 0;
	result = status_all(cli, &all, err);
	if (!result && !strcmp(what, "nodes"))
		print_nodes(&all, of);
	else if (!result)
		print_groups(&all, of);
	status_free(&all);
	return result;
}

int verb_generate(struct cli *cli, struct comb_error *err)
{
	const char *what = cli->nr_names ? cli->names[0] : "";
	const char *of = cli->nr_names > 1 ? cli->names[1] : NULL;
	bool list = !strcmp(what, "nodes") || !strcmp(what, "groups");
	char comb[PATH_MAX];

	if (cli->json) {
		comb_fail(err, COMB_USAGE, "generate: a text, there is no place for --json");
		return comb_hint(err, "comb --json ls");
	}
	own_path(comb);
	if (cli->nr_names <= 2 && list)
		return print_list(cli, what, of, err);
	if (cli->nr_names == 1 && !strcmp(what, "ssh")) {
		print_ssh(comb);
		return 0;
	}
	if (cli->nr_names == 1 && !strcmp(what, "clustershell")) {
		print_clustershell(comb);
		return 0;
	}
	if (cli->nr_names > 1)
		comb_fail(err, COMB_USAGE, "generate: too many words behind %s", what);
	else
		comb_fail(err, COMB_USAGE, *what ? "cannot generate \"%s\"" :
			  "generate: nothing is named%s", what);
	return comb_hint(err, "comb generate %s", cli->verb->usage);
}
