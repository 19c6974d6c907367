// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Simulated cells and jobs under lib/balance.c over hours, with many seeds: jobs end up spread,
 * work that does not change comes to rest, and none is sent to and fro whatever the load does.
 *
 * Slow in valgrind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "balance.h"

#define CELLS_MAX	8
#define JOBS_MAX	48
#define MOVES_MAX	4096
#define STEP_S		0.5
#define NOWHERE		CELLS_MAX
#define SEEDS		40

/**
 * struct sim_job - a job
 * @cell: where it is; NOWHERE: on its way
 * @threads: how many, when it computes
 * @on_s, @off_s: it computes for so long, then it sleeps; @off_s 0: it always computes
 * @left_s: CPU time until its end
 * @arrives_s: when it is there again after a move
 */
struct sim_job {
	bool alive;
	unsigned int cell, target;
	unsigned int threads;
	double on_s, off_s, phase_s;
	double left_s;
	double cpu_s;
	double arrives_s;
	char name[COMB_BALANCE_JOB_SIZE];
	unsigned int nr_moves;
	double moved_s[MOVES_MAX];
	unsigned int moved_from[MOVES_MAX];
};

struct sim {
	uint64_t random;
	unsigned int nr_cells;
	unsigned int cpus[CELLS_MAX];
	double pressure[CELLS_MAX];
	double swing_s;		/* in each cell in turns, two tasks that are no jobs, for so long */
	struct sim_job jobs[JOBS_MAX];
	unsigned int nr_jobs;
	unsigned int next_id;
	double now_s;
	double done_s;		/* all CPU time that jobs have had */
	unsigned int moves;
	double last_move_s;
	bool balanced;		/* or nobody moves anything */
	double noise;		/* how often one more task is seen than there is */
	double fails;		/* how often a move fails */
	struct comb_balance balance;
};

static const char *const cell_names[CELLS_MAX] = { "a", "b", "c", "d", "e", "f", "g", "h" };

/* 0 to 1, xorshift64* */
static double chance(struct sim *sim)
{
	sim->random ^= sim->random >> 12;
	sim->random ^= sim->random << 25;
	sim->random ^= sim->random >> 27;
	return (double)((sim->random * 0x2545f4914f6cdd1dULL) >> 11) / (double)(1ULL << 53);
}

static void sim_init(struct sim *sim, unsigned int seed, unsigned int cells, unsigned int cpus,
		     const struct comb_balance_conf *conf)
{
	memset(sim, 0, sizeof(*sim));
	sim->random = 0x9e3779b97f4a7c15ULL * (seed + 1);
	sim->nr_cells = cells;
	for (unsigned int i = 0; i < cells; i++)
		sim->cpus[i] = cpus;
	sim->balanced = true;
	sim->now_s = 1000;
	comb_balance_init(&sim->balance, conf);
}

static struct sim_job *add_job(struct sim *sim, unsigned int cell, double left_s)
{
	struct sim_job *job = &sim->jobs[0];

	while (job < &sim->jobs[JOBS_MAX] && job->alive)
		job++;
	if (job == &sim->jobs[JOBS_MAX])
		return NULL;
	memset(job, 0, sizeof(*job));
	job->alive = true;
	job->cell = cell;
	job->threads = 1;
	job->left_s = left_s;
	snprintf(job->name, sizeof(job->name), "job%u", ++sim->next_id);
	return job;
}

static bool computes(const struct sim *sim, const struct sim_job *job)
{
	double period = job->on_s + job->off_s, at = sim->now_s + job->phase_s;

	return job->off_s == 0 || at - period * (double)(uint64_t)(at / period) < job->on_s;
}

static unsigned int runnable(const struct sim *sim, unsigned int cell)
{
	unsigned int count = 0;

	if (sim->swing_s > 0 && (uint64_t)(sim->now_s / sim->swing_s) % sim->nr_cells == cell)
		count = 2;
	for (unsigned int i = 0; i < JOBS_MAX; i++)
		if (sim->jobs[i].alive && sim->jobs[i].cell == cell && computes(sim, &sim->jobs[i]))
			count += sim->jobs[i].threads;
	return count;
}

/* The CPUs are shared equally by all threads. */
static void run_cells(struct sim *sim)
{
	double share[CELLS_MAX + 1] = { 0 };

	for (unsigned int i = 0; i < sim->nr_cells; i++) {
		unsigned int tasks = runnable(sim, i);

		share[i] = tasks > sim->cpus[i] ? (double)sim->cpus[i] / tasks : 1;
		/* exp(-0.5 / 10): an average over 10 s, as the kernel has it */
		sim->pressure[i] = sim->pressure[i] * 0.951 + (tasks > sim->cpus[i] ? 0.049 : 0);
	}
	for (unsigned int i = 0; i < JOBS_MAX; i++) {
		struct sim_job *job = &sim->jobs[i];
		double got = share[job->cell] * job->threads * STEP_S;

		if (!job->alive || job->cell == NOWHERE || !computes(sim, job))
			continue;
		job->cpu_s += got;
		job->left_s -= got;
		sim->done_s += got;
		job->alive = job->left_s > 0;
	}
}

static unsigned int cell_number(const char *name)
{
	unsigned int i = 0;

	while (strcmp(cell_names[i], name))
		i++;
	return i;
}

static struct sim_job *job_named(struct sim *sim, const char *name)
{
	for (unsigned int i = 0; i < JOBS_MAX; i++)
		if (sim->jobs[i].alive && !strcmp(sim->jobs[i].name, name))
			return &sim->jobs[i];
	fail_msg("%s is no job", name);
	return NULL;
}

/* It is away for a while, which whoever balances waits for. */
static void act(struct sim *sim, const struct comb_balance_decision *decision)
{
	struct sim_job *job = job_named(sim, decision->job);
	double takes_s = 1 + 5 * chance(sim);

	assert_string_equal(cell_names[job->cell], decision->from);
	assert_string_not_equal(decision->from, decision->to);
	if (chance(sim) < sim->fails) {
		comb_balance_failed(&sim->balance, decision, (uint64_t)(sim->now_s * 1e9));
		return;
	}
	assert_true(job->nr_moves < MOVES_MAX);
	job->moved_from[job->nr_moves] = job->cell;
	job->moved_s[job->nr_moves++] = sim->now_s;
	job->cell = NOWHERE;
	job->target = cell_number(decision->to);
	job->arrives_s = sim->now_s + takes_s;
	while (sim->now_s < job->arrives_s) {
		run_cells(sim);
		sim->now_s += STEP_S;
	}
	job->cell = job->target;
	job->cpu_s = 0;
	sim->moves++;
	sim->last_move_s = sim->now_s;
	comb_balance_moved(&sim->balance, decision, (uint64_t)(sim->now_s * 1e9));
}

static void look(struct sim *sim)
{
	struct comb_balance_kernel kernels[CELLS_MAX];
	struct comb_balance_job jobs[JOBS_MAX];
	struct comb_balance_decision decision;
	struct comb_balance_look look = { .time_ns = (uint64_t)(sim->now_s * 1e9),
					  .kernels = kernels, .nr_kernels = sim->nr_cells,
					  .jobs = jobs };

	for (unsigned int i = 0; i < sim->nr_cells; i++)
		kernels[i] = (struct comb_balance_kernel){
			.name = cell_names[i], .group = "", .cpus = sim->cpus[i],
			.runnable = runnable(sim, i) + (chance(sim) < sim->noise),
			.pressure = (int)(sim->pressure[i] * 10000), .available = 1ULL << 30,
		};
	for (unsigned int i = 0; i < JOBS_MAX; i++)
		if (sim->jobs[i].alive)
			jobs[look.nr_jobs++] = (struct comb_balance_job){
				.name = sim->jobs[i].name, .cell = cell_names[sim->jobs[i].cell],
				.time_ns = look.time_ns,
				.cpu_ns = (uint64_t)(sim->jobs[i].cpu_s * 1e9),
				.threads = sim->jobs[i].threads, .rss = 1 << 20,
			};
	assert_int_equal(comb_balance_step(&sim->balance, &look, &decision, NULL), 0);
	if (decision.move)
		act(sim, &decision);
}

/* Let time pass; @come is called once a second. */
static void run(struct sim *sim, double seconds, void (*come)(struct sim *sim))
{
	double end = sim->now_s + seconds, next_look = sim->now_s, next_come = sim->now_s;

	while (sim->now_s < end) {
		if (come && sim->now_s >= next_come) {
			come(sim);
			next_come += 1;
		}
		if (sim->balanced && sim->now_s >= next_look) {
			look(sim);
			next_look = sim->now_s + sim->balance.conf.interval_ms / 1e3;
		}
		run_cells(sim);
		sim->now_s += STEP_S;
	}
}

/* Each job: two moves are RestSec= apart, and a return to a cell it has left, ReturnSec=. */
static void check_moves(const struct sim *sim)
{
	for (unsigned int i = 0; i < JOBS_MAX; i++) {
		const struct sim_job *job = &sim->jobs[i];

		for (unsigned int m = 1; m < job->nr_moves; m++)
			assert_true(job->moved_s[m] - job->moved_s[m - 1] >=
				    sim->balance.conf.rest_ms / 1e3);
		for (unsigned int m = 0; m < job->nr_moves; m++) {
			bool last = m + 1 == job->nr_moves;
			unsigned int to = last ? job->cell : job->moved_from[m + 1];

			for (unsigned int before = 0; before <= m; before++)
				assert_true(to != job->moved_from[before] ||
					    job->moved_s[m] - job->moved_s[before] >=
					    sim->balance.conf.return_ms / 1e3);
		}
	}
}

static bool is_spread(const struct sim *sim)
{
	bool overloaded = false, idle = false;

	for (unsigned int i = 0; i < sim->nr_cells; i++) {
		overloaded |= runnable(sim, i) > sim->cpus[i];
		idle |= runnable(sim, i) < sim->cpus[i];
	}
	return !(overloaded && idle);
}

/* All in one cell, or at random: in the end no CPU is idle while jobs wait, and all is quiet. */
static void test_unchanging(void **state)
{
	struct comb_balance_conf conf;
	static struct sim sim;

	(void)state;
	comb_balance_conf_init(&conf);
	for (unsigned int seed = 0; seed < SEEDS; seed++) {
		unsigned int jobs;

		sim_init(&sim, seed, 2 + seed % 7, 1 + seed % 3, &conf);
		jobs = 1 + (unsigned int)(chance(&sim) * sim.nr_cells * sim.cpus[0] * 1.5);
		for (unsigned int i = 0; i < jobs; i++)
			add_job(&sim, seed % 2 ? 0 : (unsigned)(chance(&sim) * sim.nr_cells), 1e9);
		sim.fails = seed % 4 == 3 ? 0.2 : 0;
		run(&sim, 3600, NULL);
		assert_true(is_spread(&sim));
		assert_true(sim.moves <= jobs);
		assert_true(sim.last_move_s < 1000 + (sim.fails > 0 ? 3000 : 1200));
		check_moves(&sim);
		comb_balance_free(&sim.balance);
	}
}

/* Four jobs in one of three cells: as the lab test has it. */
static void test_four(void **state)
{
	struct comb_balance_conf conf;
	static struct sim sim;

	(void)state;
	comb_balance_conf_init(&conf);
	sim_init(&sim, 1, 3, 1, &conf);
	for (unsigned int i = 0; i < 4; i++)
		add_job(&sim, 0, 1e9);
	run(&sim, 120, NULL);
	assert_int_equal(sim.moves, 2);
	run(&sim, 24 * 3600, NULL);
	assert_int_equal(sim.moves, 2);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(runnable(&sim, i), i ? 1 : 2);
	comb_balance_free(&sim.balance);
}

/* Jobs of all kinds come and go: half of them short, some with threads, some that often sleep. */
static void come_and_go(struct sim *sim)
{
	struct sim_job *job;

	if (chance(sim) > 0.02)
		return;
	job = add_job(sim, (unsigned int)(chance(sim) * chance(sim) * sim->nr_cells),
		      chance(sim) < 0.5 ? 20 * chance(sim) : 600 * chance(sim));
	if (!job)
		return;
	if (chance(sim) < 0.2)
		job->threads = 2;
	if (chance(sim) < 0.3) {
		job->on_s = 1 + 30 * chance(sim);
		job->off_s = 1 + 30 * chance(sim);
		job->phase_s = 60 * chance(sim);
	}
}

static double run_random(struct sim *sim, unsigned int seed, bool balanced,
			 const struct comb_balance_conf *conf)
{
	sim_init(sim, seed, 3 + seed % 4, 1 + seed % 2, conf);
	sim->balanced = balanced;
	sim->noise = 0.1;
	sim->fails = 0.05;
	run(sim, 4 * 3600, come_and_go);
	check_moves(sim);
	comb_balance_free(&sim->balance);
	return sim->done_s;
}

/* Moves obey the rules, and they pay: what comes is done sooner. */
static void test_random(void **state)
{
	struct comb_balance_conf conf;
	static struct sim sim;
	double with = 0, without = 0;
	unsigned int moves = 0;

	(void)state;
	comb_balance_conf_init(&conf);
	for (unsigned int seed = 0; seed < SEEDS; seed++) {
		without += run_random(&sim, seed, false, &conf);
		with += run_random(&sim, seed, true, &conf);
		moves += sim.moves;
	}
	print_message("%u moves in %u hours; %.0f s of work done, %.0f without\n", moves,
		      SEEDS * 4, with, without);
	assert_true(moves > SEEDS);
	assert_true(with > without * 1.05);
}

/*
 * The worst there is: other work goes round the cells, so that each in turn is overloaded, and
 * each job always finds an idle one.
 */
static unsigned int run_swinging(unsigned int seed, const struct comb_balance_conf *conf)
{
	static struct sim sim;
	const double hours_ms = 4 * 3600e3;

	sim_init(&sim, seed, 2 + seed % 3, 1, conf);
	sim.swing_s = 20 + 4 * seed;
	for (unsigned int i = 1; i < sim.nr_cells; i++)
		add_job(&sim, i, 1e9);
	run(&sim, hours_ms / 1e3, NULL);
	for (unsigned int i = 0; i < JOBS_MAX; i++) {
		assert_true(sim.jobs[i].nr_moves <= hours_ms / (conf->rest_ms + 1) + 1);
		/* Out of each cell once in ReturnSec=, but for the first one. */
		assert_true(sim.jobs[i].nr_moves <=
			    (hours_ms / (conf->return_ms + 1) + 1) * sim.nr_cells);
	}
	check_moves(&sim);
	comb_balance_free(&sim.balance);
	return sim.moves;
}

/* Without what keeps it from that, the same code sends jobs to and fro: what is held back. */
static void test_swinging(void **state)
{
	struct comb_balance_conf conf, rash;
	unsigned int moves = 0, rash_moves = 0;

	(void)state;
	comb_balance_conf_init(&conf);
	rash = conf;
	rash.looks = 1;
	rash.pressure = 11;
	rash.margin = 1;
	rash.long_ms = rash.rest_ms = rash.return_ms = 0;
	for (unsigned int seed = 0; seed < SEEDS; seed++) {
		moves += run_swinging(seed, &conf);
		rash_moves += run_swinging(seed, &rash);
	}
	print_message("%u moves, %u without rest\n", moves, rash_moves);
	assert_true(rash_moves > 2 * moves);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unchanging),
		cmocka_unit_test(test_four),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_swinging),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
