// SPDX-License-Identifier: GPL-2.0-or-later
#include "up.h"

#include "boot.h"
#include "cells.h"
#include "halt.h"
#include "size.h"

int up_clear(struct work *work)
{
	struct comb_error *err = &work->err;
	struct comb_observation seen;

	if (halt_open_held(work))
		return -1;
	if (work->cell.fd < 0)
		return 0;
	if (cells_observe(&work->cell, &seen, err))
		return -1;
	if (cells_is_down(seen.state) && (work->cell.get.flags & COMB_CELL_STARTED)) {
		cli_progress(work->cli, "%s: is %s, taking its resources back", work->name,
			     comb_state_name(seen.state));
		return work->cli->dry_run ? 0 : halt_give_back(work);
	}
	comb_fail(err, COMB_TAKEN, seen.state == COMB_STATE_LOADING ?
		  "another program is making it" : "is %s already", comb_state_name(seen.state));
	return comb_hint(err, "comb restart %s", work->name);
}

static bool all_failed(const struct work *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!list[i].failed)
			return false;
	return true;
}

int up_start(struct work *list, size_t count, struct comb_error *err)
{
	/* Each has its own error then, and needs no other. */
	if (all_failed(list, count))
		return 0;
	/* Neither kernels nor CPUs matter on a machine without the module. */
	if (cells_device(list->cli, true, err) < 0)
		return -1;
	work_parallel(list, count, boot_prepare);
	if (list->cli->dry_run)
		return boot_choose(list, count, err);
	boot_open_bridges(list, count);
	if (boot_take_cpus(list, count, err))
		return -1;
	work_parallel(list, count, boot_run);
	return 0;
}

int up_explain(struct work *work)
{
	char cpus[256], memory[32];

	cli_say(work->cli, "%s: would take %s and %s and boot %s", work->name,
		cli_cpus(&work->cpus, cpus, sizeof(cpus)),
		comb_size_format(work->def.memory, memory, sizeof(memory)),
		work->boot->file.path);
	return 0;
}

static void fill(struct json_object *cell, const struct work *work)
{
	struct json_object *phases;

	cli_json_bool(cell, "done", work->done);
	cli_json_cpus(cell, "cpus", &work->cpus);
	cli_json_number(cell, "memory", work->bytes);
	phases = cli_json_array(cell, "phases");
	for (unsigned int i = 0; i < work->nr_phases; i++) {
		struct json_object *phase = cli_json_object(phases);

		cli_json_text(phase, "name", work->phase[i].name);
		cli_json_number(phase, "ns", work->phase[i].ns);
	}
}

void up_json(const struct work *list, size_t count)
{
	work_json(list, count, fill);
}
