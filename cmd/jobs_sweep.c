// SPDX-License-Identifier: GPL-2.0-or-later
/* jobs_sweep.c - records of jobs that are no more and whose comb exec was killed */
#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "jobs.h"
#include "lock.h"

/* Nobody is asked: who starts a job does not want to wait for a cell that does not answer. */
static bool has_ended(struct cli *cli, const char *name)
{
	struct comb_error err = { 0 };
	struct comb_observation seen;
	struct comb_cell cell;
	bool ended;

	if (!name[0])
		return true;
	if (cells_open(cli, name, &cell, &err))
		return err.status == COMB_NO_CELL;
	ended = cells_observe(&cell, &seen, &err) ? err.status == COMB_NO_CELL :
		cells_is_down(seen.state);
	comb_cell_close(&cell);
	return ended;
}

static void sweep_one(struct cli *cli, const char *id)
{
	struct comb_error ignored = { 0 };
	struct jobs_record record;
	int lock = lock_job(id, 0, &ignored);

	/* Somebody works with it. */
	if (lock < 0)
		return;
	snprintf(record.id, sizeof(record.id), "%s", id);
	if (jobs_read(&record, &ignored) ||
	    (has_ended(cli, record.cell) && has_ended(cli, record.to))) {
		jobs_remove(id);
		lock_job_forget(id);
	}
	close(lock);
}

void jobs_sweep(struct cli *cli)
{
	CLI_AUTOFREE char *directory = cli_format("%s/jobs", cli_run_dir());
	DIR *records = opendir(directory);
	struct dirent *entry;

	while (records && (entry = readdir(records)))
		if (entry->d_name[0] != '.')
			sweep_one(cli, entry->d_name);
	if (records)
		closedir(records);
}
