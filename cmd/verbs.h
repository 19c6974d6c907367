/* SPDX-License-Identifier: GPL-2.0-or-later */
/* verbs.h - one function a verb, see struct cli_verb */
#ifndef CMD_VERBS_H
#define CMD_VERBS_H

#include "cli.h"

/* Ids of the verbs' own options, for cli_given(). */
enum verb_option {
	OPTION_LINES,
	OPTION_PREVIOUS,
	OPTION_FOLLOW,
	OPTION_STATE,
	OPTION_TTY,
	OPTION_NO_TTY,
	OPTION_ENV,
	OPTION_CWD,
	OPTION_NAME,
	OPTION_STARTED,
	OPTION_ONCE,
	OPTION_USER,
	OPTION_COMMAND,
	OPTION_PID,
	OPTION_SORT,
	OPTION_KERNEL_THREADS,
	OPTION_SIGNAL,
	OPTION_INTERVAL,
	OPTION_COUNT,
	OPTION_BATCH,
	OPTION_CELLS,
	OPTION_MOVABLE,
	OPTION_STOP,
	OPTION_NODES_ONLY,
	OPTION_OUTPUT,
	OPTION_KERNEL,
	OPTION_ANY,
	OPTION_STDIN,
};

/* cluster_verbs.c: the sub-verbs of cluster */
extern const struct cli_verb cluster_verbs[];

int verb_all(struct cli *cli, struct comb_error *err);
int verb_balance(struct cli *cli, struct comb_error *err);
int verb_bridges(struct cli *cli, struct comb_error *err);
int verb_check(struct cli *cli, struct comb_error *err);
int verb_cluster_create(struct cli *cli, struct comb_error *err);
int verb_cluster_kill(struct cli *cli, struct comb_error *err);
int verb_cluster_ls(struct cli *cli, struct comb_error *err);
int verb_cluster_mpi(struct cli *cli, struct comb_error *err);
int verb_cluster_private(struct cli *cli, struct comb_error *err);
int verb_cluster_resize(struct cli *cli, struct comb_error *err);
int verb_cluster_restart(struct cli *cli, struct comb_error *err);
int verb_cluster_rm(struct cli *cli, struct comb_error *err);
int verb_cluster_show(struct cli *cli, struct comb_error *err);
int verb_cluster_slurm(struct cli *cli, struct comb_error *err);
int verb_cluster_start(struct cli *cli, struct comb_error *err);
int verb_cluster_stop(struct cli *cli, struct comb_error *err);
int verb_console(struct cli *cli, struct comb_error *err);
int verb_cp(struct cli *cli, struct comb_error *err);
int verb_create(struct cli *cli, struct comb_error *err);
int verb_drain(struct cli *cli, struct comb_error *err);
int verb_dump(struct cli *cli, struct comb_error *err);
int verb_edit(struct cli *cli, struct comb_error *err);
int verb_events(struct cli *cli, struct comb_error *err);
int verb_exec(struct cli *cli, struct comb_error *err);
int verb_generate(struct cli *cli, struct comb_error *err);
int verb_help(struct cli *cli, struct comb_error *err);
int verb_kill(struct cli *cli, struct comb_error *err);
int verb_logs(struct cli *cli, struct comb_error *err);
int verb_ls(struct cli *cli, struct comb_error *err);
int verb_mv(struct cli *cli, struct comb_error *err);
int verb_ps(struct cli *cli, struct comb_error *err);
int verb_release(struct cli *cli, struct comb_error *err);
int verb_restart(struct cli *cli, struct comb_error *err);
int verb_rm(struct cli *cli, struct comb_error *err);
int verb_run(struct cli *cli, struct comb_error *err);
int verb_shell(struct cli *cli, struct comb_error *err);
int verb_show(struct cli *cli, struct comb_error *err);
int verb_signal(struct cli *cli, struct comb_error *err);
int verb_start(struct cli *cli, struct comb_error *err);
int verb_stop(struct cli *cli, struct comb_error *err);
int verb_sysrq(struct cli *cli, struct comb_error *err);
int verb_top(struct cli *cli, struct comb_error *err);
int verb_topo(struct cli *cli, struct comb_error *err);
int verb_upgrade(struct cli *cli, struct comb_error *err);
int verb_validate(struct cli *cli, struct comb_error *err);
int verb_wait(struct cli *cli, struct comb_error *err);

#endif
