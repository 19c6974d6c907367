// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_cluster_slurm.c - comb cluster slurm */
#include "verbs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engines.h"

static int fail_file(const char *path, struct comb_error *err)
{
	comb_fail(err, COMB_FAILED, "cannot write %s: %s", path, strerror(errno));
	return comb_hint(err, "make room, or name another directory with --output");
}

/* By a second file and a rename, so that a daemon never reads half of it. */
static int replace_file(const char *path, const char *text, struct comb_error *err)
{
	CLI_AUTOFREE char *fresh = cli_format("%s.XXXXXX", path);
	int fd = mkstemp(fresh), bad;
	FILE *f;

	if (fd < 0)
		return fail_file(path, err);
	fchmod(fd, 0644);
	f = fdopen(fd, "w");
	if (!f) {
		close(fd);
		bad = 1;
	} else {
		bad = fputs(text, f) < 0 || fflush(f) || fsync(fd);
		bad = fclose(f) || bad;
	}
	if (!bad && !rename(fresh, path))
		return 0;
	fail_file(path, err);
	unlink(fresh);
	return -1;
}

/* Slurm of every other cluster reads the same places: nothing is overwritten unasked. */
static int refuse_existing(const struct cli *cli, const char *path, struct comb_error *err)
{
	if (cli->yes || access(path, F_OK))
		return 0;
	comb_fail(err, COMB_TAKEN, "%s exists already", path);
	return comb_hint(err, "-y to replace it, or another directory with --output");
}

static int save(struct cli *cli, const char *dir, const char *conf, const char *cgroup,
		struct comb_error *err)
{
	CLI_AUTOFREE char *conf_path = cli_format("%s/slurm.conf", dir);
	CLI_AUTOFREE char *cgroup_path = cli_format("%s/cgroup.conf", dir);

	if (refuse_existing(cli, conf_path, err) || refuse_existing(cli, cgroup_path, err))
		return -1;
	if (cli->dry_run) {
		cli_say(cli, "would write %s and %s", conf_path, cgroup_path);
		return 0;
	}
	if (mkdir(dir, 0755) && errno != EEXIST)
		return fail_file(dir, err);
	/* slurm.conf last: where it is, the other one is, too. */
	if (replace_file(cgroup_path, cgroup, err) || replace_file(conf_path, conf, err))
		return -1;
	cli_say(cli, "%s and %s written; run munged, slurmctld and /usr/lib/comb/comb-slurm",
		conf_path, cgroup_path);
	return 0;
}

/* What a writer writes, for free(). */
static char *conf_text(const struct comb_slurm *slurm, const struct engine_cells *cells)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f && slurm)
		comb_slurm_write(f, slurm, cells->nodes, cells->count);
	else if (f && cells)
		comb_slurm_write_nodes(f, cells->nodes, cells->count);
	else if (f)
		comb_slurm_write_cgroup(f);
	if (f && !fclose(f))
		return text;
	fputs("comb: out of memory\ntry: free some memory\n", stderr);
	exit(COMB_FAILED);
}

static int deliver(struct cli *cli, const struct comb_slurm *slurm,
		   const struct engine_cells *cells, struct comb_error *err)
{
	CLI_AUTOFREE char *conf = conf_text(slurm, cells);
	CLI_AUTOFREE char *cgroup = conf_text(NULL, NULL);
	const char *dir = cli_given(cli, OPTION_OUTPUT);

	if (dir && save(cli, dir, conf, cgroup, err))
		return -1;
	if (cli->out) {
		engines_json(cli->out, cells);
		cli_json_text(cli->out, "slurm_conf", conf);
		cli_json_text(cli->out, "cgroup_conf", cgroup);
	} else if (!dir) {
		fputs(conf, stdout);
	}
	return 0;
}

int verb_cluster_slurm(struct cli *cli, struct comb_error *err)
{
	bool nodes_only = cli_given(cli, OPTION_NODES_ONLY);
	char address[COMB_ENGINE_ADDRESS], host[65];
	struct engine_cells cells;
	struct comb_slurm slurm = { .host = host, .address = address };
	int result;

	if (nodes_only && cli_given(cli, OPTION_OUTPUT)) {
		comb_fail(err, COMB_USAGE, "--nodes-only prints and --output writes files");
		return comb_hint(err, "comb cluster slurm --nodes-only >>/etc/slurm/slurm.conf");
	}
	result = engines_find(cli, &cells, err);
	if (!result && cells.count && !nodes_only)
		result = engines_address(&cells, address, sizeof(address), err);
	if (!result && cells.count) {
		gethostname(host, sizeof(host));
		host[sizeof(host) - 1] = '\0';
		/* slurmctld compares it with its own, up to the first dot. */
		host[strcspn(host, ".")] = '\0';
		slurm.cluster = cells.cluster ? cells.cluster : "comb";
		result = deliver(cli, nodes_only ? NULL : &slurm, &cells, err);
	}
	engines_free(&cells);
	return result;
}
