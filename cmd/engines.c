// SPDX-License-Identifier: GPL-2.0-or-later
#include "engines.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clusters.h"
#include "netconf.h"
#include "status.h"
#include "verbs.h"

/* The interface of "bridge:NAME" and "tap:NAME", or NULL. */
static const char *own_device(const struct comb_definition *def)
{
	const char *colon = def->net ? strchr(def->net, ':') : NULL;

	return colon ? colon + 1 : NULL;
}

/*
 * Cells on the private network know each other's names, and their addresses may change. What
 * a network of the user's does only its user knows: an address given by comb.net=, or a name.
 */
static void find_address(struct cli *cli, const struct comb_definition *def,
			 struct comb_engine_node *node)
{
	struct comb_net_setup setup;
	char text[COMB_NET_TEXT];

	if (!own_device(def))
		return;
	if (comb_net_find(&setup, def->append ? def->append : "") != 1) {
		cli_say(cli, "%s: has no comb.net= in Append=, so its name must be known to all on %s",
			node->name, def->net);
		return;
	}
	comb_net_format(setup.address, text);
	snprintf(node->address, sizeof(node->address), "%s", text);
}

static int check_network(const struct comb_definition *def, struct comb_error *err)
{
	if (def->devices && (!def->net || strcmp(def->net, "none")))
		return 0;
	comb_fail(err, COMB_USAGE, "has no network");
	return comb_hint(err, "comb edit %s, Net=private or bridge:NAME", def->name);
}

/* One whose definition has been removed while it runs is what comb run makes: all defaults. */
static int load_definition(const struct status *status, struct comb_definition *def,
			   struct comb_error *err)
{
	if (status->defined)
		return comb_definition_load(def, cli_config_dir(), status->name, err);
	comb_definition_init(def, status->name);
	return 0;
}

static int add_node(struct cli *cli, struct engine_cells *cells,
		    const struct comb_topology *topology, const struct status *status,
		    struct comb_error *err)
{
	struct comb_engine_node *node = &cells->nodes[cells->count];
	struct comb_definition def;
	int result;

	snprintf(node->name, sizeof(node->name), "%s", status->name);
	result = load_definition(status, &def, err);
	if (!result)
		result = check_network(&def, err);
	if (!result) {
		find_address(cli, &def, node);
		node->memory = status->held ? status->memory : def.memory;
		if (status->held)
			comb_engine_cpus(node, topology, &status->cpus);
		else if (comb_cpuset_count(&def.cpus))
			comb_engine_cpus(node, topology, &def.cpus);
		else
			comb_engine_cpus_later(node, topology, def.ncpus);
		if (!cells->count++)
			snprintf(cells->device, sizeof(cells->device), "%s",
				 own_device(&def) ? own_device(&def) : COMB_NET_BRIDGE);
	}
	comb_definition_free(&def);
	return result;
}

static bool is_wanted(const struct cli *cli, const struct status *status)
{
	if (!strcmp(status->name, "host"))
		return false;
	return cli->nr_names || (status->held && !cells_is_down(status->seen.state));
}

/* The cells of a cluster in its place; nothing else has its name. */
static int add_names(struct engine_cells *cells, const char *name, struct comb_strings *names,
		     struct comb_error *err)
{
	if (!clusters_defined(name) || cells_defined(name))
		return comb_strings_add(names, name) ? comb_out_of_memory(err) : 0;
	cells->cluster = name;
	return clusters_cells(name, names, err);
}

/* Look at what is named, or at everything. */
static int look(struct cli *cli, struct engine_cells *cells, struct status_list *all,
		struct comb_error *err)
{
	struct comb_strings names = { 0 };
	struct cli named = *cli;
	int result = 0;

	for (size_t i = 0; !result && i < cli->nr_names; i++)
		result = add_names(cells, cli->names[i], &names, err);
	if (cli->nr_names > 1)
		cells->cluster = NULL;
	named.names = names.list;
	named.nr_names = names.count;
	/* A cluster without cells is not all cells. */
	if (!result && (names.count || !cli->nr_names))
		result = status_all(&named, all, err);
	cli->status = named.status;
	cli->device = named.device;
	comb_strings_free(&names);
	return result;
}

int engines_find(struct cli *cli, struct engine_cells *cells, struct comb_error *err)
{
	struct comb_topology topology = { 0 };
	struct status_list all = { 0 };
	int result;

	memset(cells, 0, sizeof(*cells));
	result = look(cli, cells, &all, err);
	if (!result)
		result = cells_topology(cli, &topology, err);
	cells->nodes = cli_calloc(all.count + 1, sizeof(*cells->nodes));
	for (size_t i = 0; !result && i < all.count; i++) {
		struct comb_error why = { 0 };

		if (is_wanted(cli, &all.list[i]) &&
		    add_node(cli, cells, &topology, &all.list[i], &why))
			cli_report(cli, all.list[i].name, &why);
	}
	/* What was named and cannot be one has been told. */
	if (!result && !cells->count && cli->status == COMB_OK) {
		result = comb_fail(err, COMB_NO_CELL, "there is no cell that could be a node");
		comb_hint(err, "comb start NAME, or name cells");
	}
	comb_topology_free(&topology);
	status_free(&all);
	return result;
}

void engines_free(struct engine_cells *cells)
{
	free(cells->nodes);
	memset(cells, 0, sizeof(*cells));
}

/* The first IPv4 address of @device. */
static int device_address(const char *device, char *address, size_t size)
{
	struct ifaddrs *list, *i;
	bool found = false;

	if (getifaddrs(&list))
		return -1;
	for (i = list; i && !found; i = i->ifa_next) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)i->ifa_addr;

		found = in && in->sin_family == AF_INET && !strcmp(i->ifa_name, device) &&
			inet_ntop(AF_INET, &in->sin_addr, address, size);
	}
	freeifaddrs(list);
	return found ? 0 : -1;
}

int engines_address(const struct engine_cells *cells, char *address, size_t size,
		    struct comb_error *err)
{
	struct comb_net net;
	char text[COMB_NET_TEXT];

	if (!strcmp(cells->device, COMB_NET_BRIDGE)) {
		if (comb_net_current(&net, err))
			return -1;
		comb_net_format(net.address, text);
		snprintf(address, size, "%s", text);
		return 0;
	}
	if (!device_address(cells->device, address, size))
		return 0;
	comb_fail(err, COMB_FAILED, "the host has no IPv4 address on %s", cells->device);
	return comb_hint(err, "ip address add ADDRESS/PREFIX dev %s", cells->device);
}

void engines_json(struct json_object *out, const struct engine_cells *cells)
{
	struct json_object *array = cli_json_array(out, "nodes");

	for (size_t i = 0; i < cells->count; i++) {
		const struct comb_engine_node *node = &cells->nodes[i];
		struct json_object *object = cli_json_object(array);

		cli_json_text(object, "name", node->name);
		cli_json_text(object, "address", node->address[0] ? node->address : NULL);
		cli_json_number(object, "cpus", node->cpus);
		cli_json_number(object, "sockets", node->sockets);
		cli_json_number(object, "cores_per_socket", node->cores);
		cli_json_number(object, "threads_per_core", node->threads);
		cli_json_number(object, "memory", node->memory);
	}
}
