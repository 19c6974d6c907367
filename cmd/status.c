// SPDX-License-Identifier: GPL-2.0-or-later
#include "status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

void status_host(struct status *status)
{
	struct timespec boot = { 0 };
	struct utsname name;

	memset(status, 0, sizeof(*status));
	strcpy(status->name, "host");
	status->held = true;
	status->seen.state = COMB_STATE_RUNNING;
	strcpy(status->seen.health, "ok");
	if (!uname(&name))
		snprintf(status->seen.kernel, sizeof(status->seen.kernel), "%s", name.release);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	status->seen.uptime_ns = boot.tv_sec * 1000000000ULL + boot.tv_nsec;
	comb_owner_read_cpus("/sys/devices/system/cpu/online", &status->cpus);
	status->seen.cpus_online = comb_cpuset_count(&status->cpus);
	status->memory = cells_memory_total() - cells_memory_lent();
}

int status_cell(struct cli *cli, const char *name, struct status *status, struct comb_error *err)
{
	struct comb_cell cell;
	int result;

	memset(status, 0, sizeof(*status));
	snprintf(status->name, sizeof(status->name), "%s", name);
	status->defined = cells_defined(name);
	status->seen.state = COMB_STATE_STOPPED;
	if (geteuid()) {
		status_from_sysfs(status);
		return status->held || status->defined ? 0 : cells_unknown(name, err);
	}
	if (cells_open(cli, name, &cell, err)) {
		if (err->status != COMB_NO_CELL || !status->defined)
			return -1;
		memset(err, 0, sizeof(*err));
		return 0;
	}
	result = cells_observe(&cell, &status->seen, err);
	status->held = true;
	cells_cpus(&cell, &status->cpus);
	status->memory = cell.get.memory_bytes;
	comb_cell_close(&cell);
	/* Destroyed between the two: it is as if it had not been there. */
	if (result && err->status == COMB_NO_CELL && status->defined) {
		memset(err, 0, sizeof(*err));
		memset(&status->seen, 0, sizeof(status->seen));
		status->held = false;
		status->memory = 0;
		memset(&status->cpus, 0, sizeof(status->cpus));
		return 0;
	}
	return result;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Definitions and cells the module has; a cell may have lost its definition. */
static int all_names(struct comb_strings *names, struct comb_error *err)
{
	struct comb_strings held = { 0 };

	if (comb_definition_list(cli_config_dir(), names, err) || cells_list("cells", &held, err))
		return -1;
	for (size_t i = 0; i < held.count; i++)
		if (!cells_defined(held.list[i]))
			comb_strings_add(names, held.list[i]);
	comb_strings_free(&held);
	if (names->count)
		qsort(names->list, names->count, sizeof(*names->list), compare);
	return 0;
}

/* @asked: by the user; one that was only listed may be gone by now, which is no error. */
static void look(struct cli *cli, const char *name, bool asked, struct status_list *all)
{
	struct status *status = &all->list[all->count];
	struct comb_error why = { 0 };

	if (!strcmp(name, "host")) {
		status_host(status);
		all->count++;
		return;
	}
	if (!comb_name_check(name, &why) && !status_cell(cli, name, status, &why))
		all->count++;
	else if (asked || why.status != COMB_NO_CELL)
		cli_report(cli, name, &why);
}

int status_all(struct cli *cli, struct status_list *all, struct comb_error *err)
{
	struct comb_strings names = { 0 };
	int result = 0;

	memset(all, 0, sizeof(*all));
	if (!cli->nr_names)
		result = all_names(&names, err);
	all->list = cli_calloc(cli->nr_names + names.count + 1, sizeof(*all->list));
	if (!cli->nr_names && !result)
		look(cli, "host", true, all);
	for (size_t i = 0; i < cli->nr_names; i++)
		look(cli, cli->names[i], true, all);
	for (size_t i = 0; !result && i < names.count; i++)
		look(cli, names.list[i], false, all);
	comb_strings_free(&names);
	return result;
}

void status_free(struct status_list *all)
{
	free(all->list);
	memset(all, 0, sizeof(*all));
}

struct json_object *status_json(const struct status *status, struct json_object *array)
{
	const struct comb_observation *seen = &status->seen;
	struct json_object *cell = cli_json_object(array);

	cli_json_text(cell, "name", status->name);
	cli_json_text(cell, "state", comb_state_name(seen->state));
	cli_json_bool(cell, "defined", status->defined);
	cli_json_cpus(cell, "cpus", &status->cpus);
	cli_json_number(cell, "memory", status->memory);
	cli_json_text(cell, "kernel", seen->kernel[0] ? seen->kernel : NULL);
	if (seen->uptime_ns)
		cli_json_number(cell, "uptime_ns", seen->uptime_ns);
	else
		cli_json_null(cell, "uptime_ns");
	cli_json_text(cell, "health", seen->health[0] ? seen->health : NULL);
	cli_json_text(cell, "reason", seen->reason[0] ? seen->reason : NULL);
	if (seen->cpus_online)
		cli_json_number(cell, "cpus_online", seen->cpus_online);
	else
		cli_json_null(cell, "cpus_online");
	if (status->closed)
		cli_json_null(cell, "agent");
	else
		cli_json_bool(cell, "agent", seen->agent);
	return cell;
}

const char *status_uptime(uint64_t ns, char *buffer, size_t size)
{
	unsigned int s = ns / 1000000000;

	if (!ns)
		buffer[0] = '\0';
	else if (s < 60)
		snprintf(buffer, size, "%us", s);
	else if (s < 3600)
		snprintf(buffer, size, "%um%02us", s / 60, s % 60);
	else if (s < 86400)
		snprintf(buffer, size, "%uh%02um", s / 3600, s / 60 % 60);
	else
		snprintf(buffer, size, "%ud%02uh", s / 86400, s / 3600 % 24);
	return buffer;
}
