/* SPDX-License-Identifier: GPL-2.0-or-later */
/* balance_scene.h - what comb balance sees of the cells; lib/balance.h decides */
#ifndef CMD_BALANCE_SCENE_H
#define CMD_BALANCE_SCENE_H

#include "balance.h"
#include "cli.h"
#include "kernels.h"
#include "move.h"

/**
 * struct balance_job - a movable job; its id is its name for lib/balance.h
 * @job: it
 * @cell: where it is
 */
struct balance_job {
	struct move_job job;
	char cell[COMB_NAME_SIZE];
};

/**
 * struct balance_scene - all cells that take part, and their jobs, at one moment
 * @look: the same for lib/balance.h; points into the rest
 * @infos: of look.jobs, in the same order
 */
struct balance_scene {
	struct comb_balance_look look;
	struct comb_balance_kernel *cells;
	struct comb_balance_job *jobs;
	struct balance_job *infos;
	struct kernel *kernels;
	size_t nr_kernels;
	struct comb_strings groups;
};

/*
 * Look at all cells that run and have a definition; one that gives no answer is left out. Free
 * @scene in every case.
 */
int balance_scene_look(struct cli *cli, struct balance_scene *scene, struct comb_error *err);
void balance_scene_free(struct balance_scene *scene);
/* The job of that id, or NULL. */
const struct balance_job *balance_scene_job(const struct balance_scene *scene, const char *id);

#endif
