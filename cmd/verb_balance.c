// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_balance.c - comb balance */
#include "verbs.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "balance_scene.h"
#include "conffile.h"
#include "eventlog.h"
#include "lock.h"
#include "signal_block.h"

#define LOOK_TIMEOUT_S	30

/**
 * struct balancer - one run of comb balance
 * @once: it ends with the first decision
 * @scene: of the present look
 * @stays: its jobs that might move and do not, and why
 * @said: the reason that was told last, so that it is not told again with each look
 * @ending: signals that end it; blocked, so that a move is not cut off
 */
struct balancer {
	struct cli *cli;
	struct comb_balance balance;
	bool once;
	struct balance_scene scene;
	struct comb_strings stays;
	char said[sizeof(((struct comb_balance_decision *)0)->reason)];
	sigset_t ending;
};

/* Told with the decision, if there is any news in that. */
static void note_stay(void *arg, const char *id, const char *why)
{
	struct balancer *balancer = arg;
	const struct balance_job *job = balance_scene_job(&balancer->scene, id);
	char text[400];

	snprintf(text, sizeof(text), "%s:%d (%s) stays: %s", job->cell, job->job.pid,
		 job->job.command, why);
	comb_strings_add(&balancer->stays, text);
}

static int read_conf(struct comb_balance_conf *conf, struct comb_error *err)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/comb.conf", cli_config_dir());
	return comb_balance_conf_load(conf, path, err);
}

/* Its place among the events is with the cell that the job leaves. */
static void tell_event(const struct balancer *balancer,
		       const struct comb_balance_decision *decision,
		       const struct balance_job *job, const struct comb_error *failed)
{
	struct comb_error err = { 0 };
	char reason[600];
	struct comb_event event = {
		.cell = decision->from, .event = "balance", .reason = reason,
		.error = failed ? failed->what : NULL, .detected_ns = UINT64_MAX,
	};

	snprintf(reason, sizeof(reason), "%d (%s) to %s: %s", job->job.pid, job->job.command,
		 decision->to, decision->reason);
	if (comb_eventlog_append(cli_run_dir(), &event, &err))
		cli_say(balancer->cli, "%s: warning: %s", decision->from, err.what);
}

/* What is decided is data. With --json and without --once, a line is an object. */
static void print_move(const struct balancer *balancer,
		       const struct comb_balance_decision *decision,
		       const struct balance_job *job, const struct comb_error *failed)
{
	struct cli *cli = balancer->cli;
	const char *did = cli->dry_run ? "would move" : failed ? "cannot move" : "moved";
	struct json_object *move;

	if (!cli->json) {
		printf("%s:%d (%s) %s to %s: %s\n", decision->from, job->job.pid,
		       job->job.command, did, decision->to,
		       failed ? failed->what : decision->reason);
		fflush(stdout);
		return;
	}
	move = cli_json_object(cli->out ? cli_json_array(cli->out, "moves") : NULL);
	if (!cli->out)
		cli_json_number(move, "comb", CLI_JSON_VERSION);
	cli_json_text(move, "job", job->job.id);
	cli_json_number(move, "pid", (uint64_t)job->job.pid);
	cli_json_text(move, "command", job->job.command);
	cli_json_text(move, "from", decision->from);
	cli_json_text(move, "to", decision->to);
	cli_json_bool(move, "moved", !cli->dry_run && !failed);
	cli_json_text(move, "reason", decision->reason);
	cli_json_text(move, "error", failed ? failed->what : NULL);
	if (cli->out)
		return;
	puts(json_object_to_json_string_ext(move, JSON_C_TO_STRING_PLAIN |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	fflush(stdout);
	json_object_put(move);
}

static void act(struct balancer *balancer, const struct comb_balance_decision *decision)
{
	const struct balance_job *job = balance_scene_job(&balancer->scene, decision->job);
	struct cli *cli = balancer->cli;
	struct comb_error err = { 0 };
	struct move_result result;
	bool failed = move_to(cli, job->job.id, decision->from, decision->to, &result, &err);

	tell_event(balancer, decision, job, failed ? &err : NULL);
	print_move(balancer, decision, job, failed ? &err : NULL);
	if (failed)
		comb_balance_failed(&balancer->balance, decision, cli_now_ns());
	else
		comb_balance_moved(&balancer->balance, decision, cli_now_ns());
	/* Whoever goes on can only wait for better times. */
	if (failed && balancer->once)
		cli_report(cli, decision->from, &err);
}

/* What would happen, or why nothing does. The same reason again is no news. */
static void explain(struct balancer *balancer, const struct comb_balance_decision *decision)
{
	struct cli *cli = balancer->cli;
	void (*say)(const struct cli *cli, const char *fmt, ...) = cli->dry_run ? cli_say :
								   cli_progress;

	if (!strcmp(balancer->said, decision->reason))
		return;
	snprintf(balancer->said, sizeof(balancer->said), "%s", decision->reason);
	for (size_t i = 0; i < balancer->stays.count; i++)
		say(cli, "%s", balancer->stays.list[i]);
	if (!decision->move)
		say(cli, "nothing moves: %s", decision->reason);
	else if (cli->dry_run)
		print_move(balancer, decision, balance_scene_job(&balancer->scene, decision->job),
			   NULL);
}

/* An overloaded cell is the last one that may be left out for being slow. */
static int look_patiently(struct balancer *balancer, struct comb_error *err)
{
	struct cli *cli = balancer->cli;
	int64_t given = cli->timeout_ms;
	int result;

	/* Moves have a limit of their own. */
	cli->timeout_ms = cli_timeout_ms(cli, LOOK_TIMEOUT_S);
	result = balance_scene_look(cli, &balancer->scene, err);
	cli->timeout_ms = given;
	return result;
}

/* One look. *@moves: something was decided. */
static int look_once(struct balancer *balancer, bool *moves, struct comb_error *err)
{
	struct comb_balance_decision decision;
	int result = look_patiently(balancer, err);

	if (!result)
		result = comb_balance_step(&balancer->balance, &balancer->scene.look, &decision,
					   err);
	if (!result) {
		*moves = decision.move;
		explain(balancer, &decision);
		if (decision.move && !balancer->cli->dry_run)
			act(balancer, &decision);
	}
	comb_strings_free(&balancer->stays);
	balance_scene_free(&balancer->scene);
	return result;
}

/* Until @when_ns. True: a signal has come that ends this. */
static bool wait_until(const struct balancer *balancer, uint64_t when_ns)
{
	uint64_t now = cli_now_ns(), left = when_ns > now ? when_ns - now : 0;
	struct timespec time = { .tv_sec = (time_t)(left / 1000000000),
				 .tv_nsec = (long)(left % 1000000000) };

	return sigtimedwait(&balancer->ending, NULL, &time) > 0;
}

/* The result of --once, if an object is wanted: "moves", and why there are no more. */
static void end_json(const struct balancer *balancer)
{
	if (!balancer->cli->out)
		return;
	cli_json_array(balancer->cli->out, "moves");
	cli_json_text(balancer->cli->out, "reason", balancer->said);
}

static int run(struct balancer *balancer, struct comb_error *err)
{
	const struct comb_balance_conf *conf = &balancer->balance.conf;
	bool moves = false, ended = false;

	/* Looks= intervals have one look more. */
	for (unsigned int looks = 1; !ended; looks++) {
		uint64_t next = cli_now_ns() + conf->interval_ms * 1000000ULL;

		if (look_once(balancer, &moves, err))
			return -1;
		if (balancer->once && (moves || looks > conf->looks))
			break;
		ended = wait_until(balancer, next);
	}
	end_json(balancer);
	return 0;
}

static void balancer_init(struct balancer *balancer, struct cli *cli,
			  const struct comb_balance_conf *conf)
{
	*balancer = (struct balancer){ .cli = cli, .once = cli_given(cli, OPTION_ONCE) };
	comb_balance_init(&balancer->balance, conf);
	balancer->balance.note = note_stay;
	balancer->balance.arg = balancer;
	signal_block((const int[]){ SIGINT, SIGTERM, SIGHUP, 0 }, &balancer->ending, NULL);
}

int verb_balance(struct cli *cli, struct comb_error *err)
{
	struct comb_balance_conf conf;
	struct balancer balancer;
	int lock = -1, result;

	if (cli_need_root("balancing cells", err) || read_conf(&conf, err))
		return -1;
	/* Who only looks is in nobody's way. */
	if (!cli->dry_run) {
		lock = lock_balance(err);
		if (lock < 0)
			return -1;
	}
	if (!cli_given(cli, OPTION_ONCE)) {
		/* Lines of their own, and no object at the end. */
		json_object_put(cli->out);
		cli->out = NULL;
	}
	balancer_init(&balancer, cli, &conf);
	result = run(&balancer, err);
	comb_balance_free(&balancer.balance);
	if (lock >= 0)
		close(lock);
	return result;
}
