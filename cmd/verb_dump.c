// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_dump.c - comb dump */
#include "verbs.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "agent.h"
#include "cells.h"
#include "dumpfile.h"
#include "registers.h"
#include "signal_block.h"
#include "size.h"
#include "vanish.h"
#include "vmcore.h"

#define PROGRESS_NS	1000000000ull

/*
 * These end it, but not before FILE.part is gone. As a descriptor, so that none is missed on the
 * way into a write that blocks. A limit of sizes is an error like others.
 */
static int catch_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, 0 };

	signal(SIGXFSZ, SIG_IGN);
	return signal_block_open(numbers, SFD_CLOEXEC, NULL);
}

/**
 * struct dump - a dump on its way
 * @name: the cell
 * @core: what is written
 * @file: where to
 * @shown_ns: when progress was told last
 * @signals: can be read when it is to end
 */
struct dump {
	struct cli *cli;
	const char *name;
	struct comb_vmcore core;
	struct dumpfile file;
	uint64_t shown_ns;
	int signals;
};

static void show_progress(struct dump *dump)
{
	uint64_t now = cli_now_ns();
	char done[32], all[32];

	if (now - dump->shown_ns < PROGRESS_NS)
		return;
	dump->shown_ns = now;
	cli_progress(dump->cli, "%s: %s of %s", dump->name,
		     comb_size_format(dump->file.bytes, done, sizeof(done)),
		     comb_size_format(dump->core.bytes, all, sizeof(all)));
}

static int take_piece(const void *data, uint64_t bytes, void *arg)
{
	struct dump *dump = arg;

	/* Zeros that come from nowhere need not be written: the cell was given back. */
	if (comb_vanish_seen()) {
		errno = ESTALE;
		return -1;
	}
	show_progress(dump);
	return dumpfile_write(&dump->file, data, bytes);
}

static int write_core(struct dump *dump, struct comb_cell *cell, struct comb_error *err)
{
	errno = ENOMEM;
	if (comb_vmcore_write(&dump->core, take_piece, dump)) {
		int error = errno;

		/* Given back meanwhile: that says more than what came of it. */
		if (comb_vanish_seen() && comb_cell_refresh(cell, err))
			return -1;
		errno = error;
		return dumpfile_fail(&dump->file, err);
	}
	/* The same, behind the last page. */
	return comb_cell_refresh(cell, err) ? -1 : dumpfile_commit(&dump->file, err);
}

static void tell_result(struct dump *dump, const struct comb_observation *seen)
{
	const struct comb_vmcore *core = &dump->core;
	struct cli *cli = dump->cli;
	struct json_object *cell;
	char size[32];

	cli_say(cli, "%s: %s written to %s, registers of %u of %u CPUs", dump->name,
		comb_size_format(core->bytes, size, sizeof(size)), dump->file.path,
		core->nr_registers, core->nr_cpus);
	if (!core->vmcoreinfo)
		cli_say(cli, "%s: no VMCOREINFO is left in its RAM: crash and makedumpfile need help",
			dump->name);
	if (!cells_is_down(seen->state) && seen->state != COMB_STATE_HUNG)
		cli_say(cli, "%s: it is %s, so the dump is not of one moment", dump->name,
			comb_state_name(seen->state));
	if (!cli->out)
		return;
	cell = cli_json_object(cli_json_array(cli->out, "cells"));
	cli_json_text(cell, "name", dump->name);
	cli_json_text(cell, "state", comb_state_name(seen->state));
	cli_json_text(cell, "file", dump->file.path);
	cli_json_number(cell, "bytes", core->bytes);
	cli_json_number(cell, "ranges", core->nr_ranges);
	cli_json_bool(cell, "vmcoreinfo", core->vmcoreinfo);
	cli_json_bool(cell, "addresses", core->addresses);
	cli_json_number(cell, "cpus", core->nr_cpus);
	cli_json_number(cell, "registers", core->nr_registers);
}

static int plan_core(struct dump *dump, struct comb_cell *cell, struct comb_error *err)
{
	struct comb_ram ram = {
		.data = cell->memory, .size = cell->get.memory_bytes,
		.ranges = cell->ranges, .nr_ranges = cell->get.nr_ranges,
	};
	CLI_AUTOFREE struct comb_registers *cpus = cli_calloc(cell->get.nr_cpus, sizeof(*cpus));
	struct comb_kmsg *kmsg = comb_kmsg_find(&ram, err);
	int result;

	if (!kmsg)
		return -1;
	comb_cell_registers(cell, cpus);
	result = comb_vmcore_plan(&dump->core, &ram, kmsg, cpus, cell->get.nr_cpus, err);
	comb_kmsg_free(kmsg);
	return result;
}

static int dump_cell(struct dump *dump, struct comb_cell *cell, struct comb_error *err)
{
	const char *path = dump->cli->names[1];
	struct comb_observation seen;
	char size[32];
	int result;

	if (cells_observe(cell, &seen, err))
		return -1;
	/* An open file stays that of one start. */
	if (cells_check_started(dump->cli, cell, dump->name, err))
		return -1;
	if (!(cell->get.flags & COMB_CELL_STARTED)) {
		comb_fail(err, COMB_NO_CELL, "has no kernel yet");
		return comb_hint(err, "comb wait %s --state running", dump->name);
	}
	if (dump->cli->dry_run) {
		cli_say(dump->cli, "%s: would write %s to %s", dump->name,
			comb_size_format(cell->get.memory_bytes, size, sizeof(size)), path);
		return 0;
	}
	if (comb_cell_map(cell, false, err) || plan_core(dump, cell, err))
		return -1;
	result = dumpfile_open(&dump->file, path, dump->cli->yes, dump->signals, err);
	if (!result)
		result = write_core(dump, cell, err);
	dumpfile_close(&dump->file);
	if (!result)
		tell_result(dump, &seen);
	comb_vmcore_free(&dump->core);
	return result;
}

int verb_dump(struct cli *cli, struct comb_error *err)
{
	struct dump dump = { .cli = cli, .name = cli->names[0] };
	struct comb_error why = { 0 };
	struct comb_cell cell;

	if (comb_name_check(dump.name, err))
		return -1;
	if (!strcmp(cli->names[1], "-") && agent_refuse_json(cli, err))
		return -1;
	if (cells_module_loaded() && cli_need_root("reading a cell's memory", err))
		return -1;
	dump.signals = catch_signals();
	if (dump.signals < 0)
		return comb_fail(err, COMB_FAILED, "no descriptor for signals: %s", strerror(errno));
	if (cells_open(cli, dump.name, &cell, &why) || dump_cell(&dump, &cell, &why))
		cli_report(cli, dump.name, &why);
	comb_cell_close(&cell);
	close(dump.signals);
	return 0;
}
