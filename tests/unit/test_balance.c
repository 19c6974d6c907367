// SPDX-License-Identifier: GPL-2.0-or-later
/* Single decisions of lib/balance.c, and [Balance] of comb.conf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "balance.h"

#define SECOND		1000000000ULL
#define GIB		(1ULL << 30)
#define KERNELS_MAX	4
#define JOBS_MAX	4

/* Two one-CPU cells, two jobs in the first one that have computed for long. */
struct scene {
	struct comb_balance balance;
	struct comb_balance_kernel kernels[KERNELS_MAX];
	struct comb_balance_job jobs[JOBS_MAX];
	size_t nr_kernels, nr_jobs;
	uint64_t time_ns;
	struct comb_balance_decision decision;
	/* CPU time each job gets from one look to the next, in seconds */
	double gets[JOBS_MAX];
	char notes[1024];
};

static void note(void *arg, const char *job, const char *why)
{
	struct scene *scene = arg;
	size_t used = strlen(scene->notes);

	snprintf(scene->notes + used, sizeof(scene->notes) - used, "%s: %s\n", job, why);
}

static void scene_init(struct scene *scene)
{
	struct comb_balance_conf conf;

	comb_balance_conf_init(&conf);
	*scene = (struct scene){
		.kernels = {
			{ .name = "a", .group = "", .cpus = 1, .runnable = 2, .pressure = 9000,
			  .available = GIB },
			{ .name = "b", .group = "", .cpus = 1, .available = GIB },
		},
		.jobs = {
			{ .name = "job0", .cell = "a", .cpu_ns = 100 * SECOND, .threads = 1 },
			{ .name = "job1", .cell = "a", .cpu_ns = 200 * SECOND, .threads = 1 },
		},
		.nr_kernels = 2, .nr_jobs = 2,
		.gets = { 2.5, 2.5 },
		.time_ns = 1000 * SECOND,
	};
	comb_balance_init(&scene->balance, &conf);
	scene->balance.note = note;
	scene->balance.arg = scene;
}

static bool look(struct scene *scene)
{
	struct comb_balance_look look = {
		.time_ns = scene->time_ns,
		.kernels = scene->kernels, .nr_kernels = scene->nr_kernels,
		.jobs = scene->jobs, .nr_jobs = scene->nr_jobs,
	};

	*scene->notes = '\0';
	assert_int_equal(comb_balance_step(&scene->balance, &look, &scene->decision, NULL), 0);
	assert_true(*scene->decision.reason);
	scene->time_ns += 5 * SECOND;
	for (size_t i = 0; i < scene->nr_jobs; i++) {
		scene->jobs[i].time_ns += 5 * SECOND;
		scene->jobs[i].cpu_ns += (uint64_t)(scene->gets[i] * 1e9);
	}
	return scene->decision.move;
}

/* How many looks until something moves; 0: nothing does within @most. */
static unsigned int looks_until_move(struct scene *scene, unsigned int most)
{
	for (unsigned int i = 1; i <= most; i++)
		if (look(scene))
			return i;
	return 0;
}

/* Nothing moves within 100 looks, and @why is among the reasons. */
static void assert_stays(struct scene *scene, const char *why)
{
	assert_int_equal(looks_until_move(scene, 100), 0);
	if (!strstr(scene->decision.reason, why) && !strstr(scene->notes, why))
		fail_msg("\"%s\" is not in \"%s\", \"%s\"", why, scene->decision.reason,
			 scene->notes);
	comb_balance_free(&scene->balance);
}

static void test_moves(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	/* What a job has used is known from two looks on: Looks= intervals take one look more. */
	assert_int_equal(looks_until_move(&scene, 100), 4);
	/* The one that has computed longest. */
	assert_string_equal(scene.decision.job, "job1");
	assert_string_equal(scene.decision.from, "a");
	assert_string_equal(scene.decision.to, "b");
	assert_string_equal(scene.decision.reason,
			    "a has 2.0 tasks for 1 CPU, b 0.0 for 1; the job got 0.50 CPUs and has "
			    "used 208 s; the load it meets falls from 2.00 to 1.00");
	comb_balance_free(&scene.balance);
}

static void test_cells(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	scene.kernels[0].runnable = 1;
	assert_stays(&scene, "no cell is overloaded");

	/* Many tasks that do not wait for each other are no load. */
	scene_init(&scene);
	scene.kernels[0].pressure = 3999;
	assert_stays(&scene, "no cell is overloaded");
	scene_init(&scene);
	scene.kernels[0].pressure = 4000;
	assert_int_equal(looks_until_move(&scene, 100), 4);
	comb_balance_free(&scene.balance);

	/* A kernel that tells no pressure. */
	scene_init(&scene);
	scene.kernels[0].pressure = scene.kernels[1].pressure = -1;
	assert_int_equal(looks_until_move(&scene, 100), 4);
	comb_balance_free(&scene.balance);

	scene_init(&scene);
	scene.kernels[1].runnable = 1;
	assert_stays(&scene, "no other cell is idle");
	scene_init(&scene);
	scene.kernels[1].pressure = 1001;
	assert_stays(&scene, "no other cell is idle");
	scene_init(&scene);
	scene.kernels[1].group = "other";
	assert_stays(&scene, "no other cell is idle");
	scene_init(&scene);
	scene.nr_kernels = 1;
	assert_stays(&scene, "no other cell is idle");
	scene_init(&scene);
	scene.nr_jobs = 0;
	assert_stays(&scene, "no job in it can move");
}

static void test_jobs(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	scene.nr_jobs = 1;
	scene.jobs[0].fixed = "it has a vsock socket";
	assert_stays(&scene, "job0: it has a vsock socket");

	/* Short ones end by themselves. */
	scene_init(&scene);
	scene.nr_jobs = 1;
	scene.jobs[0].cpu_ns = 0;
	scene.gets[0] = 0;
	assert_stays(&scene, "it is no long one yet: 0.0 s");

	/* One that was stopped, or sleeps. */
	scene_init(&scene);
	scene.nr_jobs = 1;
	scene.gets[0] = 0;
	assert_stays(&scene, "it uses little CPU: 0.00 CPUs");
	scene_init(&scene);
	scene.nr_jobs = 1;
	scene.gets[0] = 1.2;
	assert_stays(&scene, "it uses little CPU: 0.24 CPUs");

	/* Of four on one CPU, a quarter of it is all that one can have. */
	scene_init(&scene);
	scene.kernels[0].runnable = 4;
	scene.gets[0] = scene.gets[1] = 1.2;
	assert_int_equal(looks_until_move(&scene, 100), 4);
	comb_balance_free(&scene.balance);

	scene_init(&scene);
	scene.nr_jobs = 1;
	scene.jobs[0].rss = GIB / 2 + 1;
	assert_stays(&scene, "its 512 MiB are too much for b");

	/* The other one goes if the first one cannot. */
	scene_init(&scene);
	scene.jobs[1].fixed = "it cannot";
	assert_int_equal(looks_until_move(&scene, 100), 4);
	assert_string_equal(scene.decision.job, "job0");
	assert_string_equal(scene.notes, "job1: it cannot\n");
	comb_balance_free(&scene.balance);

	/* Of equals, the smallest. */
	scene_init(&scene);
	scene.jobs[1].cpu_ns = scene.jobs[0].cpu_ns;
	scene.jobs[0].rss = 2;
	scene.jobs[1].rss = 1;
	assert_int_equal(looks_until_move(&scene, 100), 4);
	assert_string_equal(scene.decision.job, "job1");
	comb_balance_free(&scene.balance);

	/* Its child has ended, and its time with it: nothing is known for a while. */
	scene_init(&scene);
	scene.nr_jobs = 1;
	look(&scene);
	look(&scene);
	scene.jobs[0].cpu_ns = 50 * SECOND;
	assert_int_equal(looks_until_move(&scene, 100), 4);
	comb_balance_free(&scene.balance);
}

/* A program of many threads, and cells of unequal size. */
static void test_margin(void **state)
{
	struct scene scene;

	(void)state;
	/* Three tasks for two CPUs, 1.5 each: the best there is elsewhere is 1. */
	scene_init(&scene);
	scene.kernels[0].cpus = 2;
	scene.kernels[0].runnable = 3;
	scene.gets[0] = scene.gets[1] = 3.3;
	assert_int_equal(looks_until_move(&scene, 100), 4);
	comb_balance_free(&scene.balance);
	scene_init(&scene);
	scene.kernels[0].cpus = 5;
	scene.kernels[0].runnable = 6;
	scene.gets[0] = scene.gets[1] = 4.1;
	assert_stays(&scene, "in b it would meet a load of 1.00, here it is 1.20");

	/* Four threads on four CPUs beside another program; one CPU is no better. */
	scene_init(&scene);
	scene.nr_jobs = 1;
	scene.kernels[0].cpus = 4;
	scene.kernels[0].runnable = 6;
	scene.jobs[0].threads = 4;
	scene.gets[0] = 4 / 1.5 * 5;
	assert_stays(&scene, "in b it would meet a load of 4.00, here it is 1.50");
	scene_init(&scene);
	scene.nr_jobs = 1;
	scene.kernels[0].cpus = 4;
	scene.kernels[0].runnable = 6;
	scene.kernels[1].cpus = 4;
	scene.jobs[0].threads = 4;
	scene.gets[0] = 4 / 1.5 * 5;
	assert_int_equal(looks_until_move(&scene, 100), 4);
	comb_balance_free(&scene.balance);
}

/* The most loaded cell's job goes to the least loaded one. */
static void test_which(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	scene.nr_kernels = 4;
	scene.kernels[2] = scene.kernels[0];
	scene.kernels[2].name = "c";
	scene.kernels[2].runnable = 3;
	scene.kernels[3] = scene.kernels[1];
	scene.kernels[3].name = "d";
	scene.kernels[3].cpus = 4;
	scene.kernels[1].cpus = 4;
	scene.kernels[1].runnable = 1;
	scene.jobs[0].cell = "c";
	assert_int_equal(looks_until_move(&scene, 100), 4);
	assert_string_equal(scene.decision.job, "job0");
	assert_string_equal(scene.decision.to, "d");
	/* It cannot: the next overloaded cell's turn. */
	comb_balance_failed(&scene.balance, &scene.decision, scene.time_ns);
	assert_true(look(&scene));
	assert_string_equal(scene.decision.job, "job1");
	assert_string_equal(scene.decision.to, "d");
	comb_balance_free(&scene.balance);
}

/* One look that says otherwise, and it begins anew. */
static void test_looks(void **state)
{
	struct scene scene;

	(void)state;
	for (unsigned int which = 0; which < 4; which++) {
		scene_init(&scene);
		for (unsigned int i = 0; i < 60; i++) {
			bool odd = i % 3 == 2;

			scene.kernels[0].runnable = odd && which == 0 ? 1 : 2;
			scene.kernels[0].pressure = odd && which == 1 ? 2000 : 9000;
			scene.kernels[1].runnable = odd && which == 2 ? 1 : 0;
			scene.nr_kernels = odd && which == 3 ? 1 : 2;
			assert_false(look(&scene));
		}
		comb_balance_free(&scene.balance);
	}
}

/* The first job is in @to now, and both cells are as full as @runnable says. */
static void is_in(struct scene *scene, const char *to, unsigned int runnable_a,
		  unsigned int runnable_b)
{
	scene->jobs[0].cell = to;
	scene->jobs[0].cpu_ns = 100 * SECOND;
	scene->kernels[0].runnable = runnable_a;
	scene->kernels[0].pressure = runnable_a > 1 ? 9000 : 0;
	scene->kernels[1].runnable = runnable_b;
	scene->kernels[1].pressure = runnable_b > 1 ? 9000 : 0;
}

static void test_rest(void **state)
{
	struct scene scene;
	unsigned int looks;

	(void)state;
	scene_init(&scene);
	scene.nr_jobs = 1;
	assert_int_equal(looks_until_move(&scene, 100), 4);
	/* Other work comes to b as soon as it is there; a third cell is idle. */
	scene.nr_kernels = 3;
	scene.kernels[2] = scene.kernels[1];
	scene.kernels[2].name = "c";
	comb_balance_moved(&scene.balance, &scene.decision, scene.time_ns);
	is_in(&scene, "b", 0, 2);
	scene.kernels[0].cpus = 0x1000;
	looks = looks_until_move(&scene, 1000);
	/* 2 minutes are 24 looks. */
	assert_int_equal(looks, 25);
	/* The emptiest by far is a, which it has left. */
	assert_string_equal(scene.decision.to, "c");
	comb_balance_free(&scene.balance);
}

static void test_return(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	scene.nr_jobs = 1;
	assert_int_equal(looks_until_move(&scene, 100), 4);
	comb_balance_moved(&scene.balance, &scene.decision, scene.time_ns);
	is_in(&scene, "b", 0, 2);
	assert_int_equal(looks_until_move(&scene, 120), 0);
	assert_string_equal(scene.notes, "job0: it has come from a\n");
	/* After 10 minutes, 120 looks, it may. */
	assert_int_equal(looks_until_move(&scene, 100), 1);
	assert_string_equal(scene.decision.to, "a");
	comb_balance_free(&scene.balance);

	/* Also if neither it nor its cell was to be seen for a while. */
	scene_init(&scene);
	scene.nr_jobs = 1;
	assert_int_equal(looks_until_move(&scene, 100), 4);
	comb_balance_moved(&scene.balance, &scene.decision, scene.time_ns);
	is_in(&scene, "b", 0, 2);
	for (unsigned int i = 0; i < 50; i++) {
		scene.nr_jobs = 0;
		scene.nr_kernels = 1;
		assert_false(look(&scene));
	}
	scene.nr_jobs = 1;
	scene.nr_kernels = 2;
	assert_int_equal(looks_until_move(&scene, 100), 71);
	comb_balance_free(&scene.balance);

	/* Whoever has moved it. */
	scene_init(&scene);
	scene.nr_jobs = 1;
	assert_false(look(&scene));
	is_in(&scene, "b", 0, 2);
	assert_int_equal(looks_until_move(&scene, 1000), 121);
	assert_string_equal(scene.decision.to, "a");
	comb_balance_free(&scene.balance);
}

static void test_failed(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	scene.nr_jobs = 1;
	assert_int_equal(looks_until_move(&scene, 100), 4);
	comb_balance_failed(&scene.balance, &scene.decision, scene.time_ns);
	assert_int_equal(looks_until_move(&scene, 120), 0);
	assert_string_equal(scene.notes, "job0: moving it has failed 595 s ago\n");
	assert_int_equal(looks_until_move(&scene, 100), 1);
	comb_balance_free(&scene.balance);
}

/* A move of another job waits until both cells have been seen again. */
static void test_anew(void **state)
{
	struct scene scene;

	(void)state;
	scene_init(&scene);
	scene.kernels[0].runnable = 3;
	scene.kernels[1].cpus = 4;
	assert_int_equal(looks_until_move(&scene, 100), 4);
	comb_balance_moved(&scene.balance, &scene.decision, scene.time_ns);
	scene.nr_jobs = 1;
	scene.kernels[0].runnable = 2;
	scene.kernels[1].runnable = 1;
	assert_int_equal(looks_until_move(&scene, 100), 3);
	comb_balance_free(&scene.balance);
}

/* A process of one thread that has used 2 ticks, of 100 a second, and has 3 bytes. */
#define PROCESS(number, parent) \
	{ .pid = number, .ppid = parent, .threads = 1, .cpu_ticks = 2, .rss = 3 }

static void test_measure(void **state)
{
	struct comb_process processes[] = {
		PROCESS(1, 0), PROCESS(2, 0),
		/* A child whose number is smaller than its parent's. */
		PROCESS(5, 80), PROCESS(6, 5),
		/* A job within a job. */
		PROCESS(10, 1), PROCESS(11, 10), PROCESS(12, 11),
		/* What no honest cell says: rings, one with a job in it, and a parent not there. */
		PROCESS(20, 20), PROCESS(30, 31), PROCESS(31, 30), PROCESS(32, 31),
		PROCESS(40, 42), PROCESS(41, 40), PROCESS(42, 41), PROCESS(50, 999),
		PROCESS(80, 1),
	};
	const struct comb_snapshot seen = {
		.hz = 100, .uptime_ns = 7, .processes = processes,
		.nr_processes = sizeof(processes) / sizeof(processes[0]),
	};
	static const struct {
		pid_t pid;
		unsigned int members;
	} jobs[] = { { 80, 3 }, { 10, 1 }, { 11, 2 }, { 20, 1 }, { 41, 3 }, { 50, 1 }, { 7, 0 } };
	enum { JOBS = sizeof(jobs) / sizeof(jobs[0]) };
	struct comb_balance_job measured[JOBS] = { 0 };
	pid_t pids[JOBS];

	(void)state;
	for (size_t i = 0; i < JOBS; i++)
		pids[i] = jobs[i].pid;
	assert_int_equal(comb_balance_measure(measured, pids, JOBS, &seen, NULL), 0);
	for (size_t i = 0; i < JOBS; i++) {
		assert_int_equal(measured[i].cpu_ns, jobs[i].members * 20000000ULL);
		assert_int_equal(measured[i].threads, jobs[i].members ? jobs[i].members : 1);
		assert_int_equal(measured[i].rss, jobs[i].members * 3);
		assert_int_equal(measured[i].time_ns, 7);
	}
	assert_int_equal(comb_balance_measure(NULL, NULL, 0, &seen, NULL), 0);
}

static void test_conf(void **state)
{
	static const struct {
		const char *text, *what;
	} bad[] = {
		{ "[Balance]\nIntervalSec=0\n", "f:2: IntervalSec 0 is out of range" },
		{ "[Balance]\nIntervalSec=25h\n", "f:2: IntervalSec 25h is out of range" },
		{ "[Balance]\nRestSec=soon\n", "f:2: \"soon\" is no time" },
		{ "[Balance]\nLooks=0\n", "f:2: \"0\" is no Looks" },
		{ "[Balance]\nLooks=21\n", "f:2: \"21\" is no Looks" },
		{ "[Balance]\nLooks=3%\n", "f:2: \"3%\" is no Looks" },
		{ "[Balance]\nPressure=101%\n", "f:2: \"101\" is no Pressure" },
		{ "[Balance]\nPressure=%\n", "f:2: \"\" is no Pressure" },
		{ "[Balance]\nMargin=0\n", "f:2: \"0\" is no Margin" },
		{ "[Balance]\nMargin=1111111111111111111%\n", "f:2: \"11111" },
		{ "[Balance]\n\nintervalsec=5\n", "f:3: \"intervalsec\" is no key of [Balance]" },
		{ "[Balancing]\nLooks=3\n", "f:2: \"Balancing\" is no section" },
		{ "[Balance]\nLooks\n", "f:2: this line is neither" },
		{ "[Balance]\nPressure=20\nIdlePressure=20%\n",
		  "f: IdlePressure=20% is not below Pressure=20%" },
	};
	struct comb_balance_conf conf;

	(void)state;
	comb_balance_conf_init(&conf);
	assert_int_equal(comb_balance_conf_parse(&conf, "[Network]\nMTU=x\n", "f", NULL), 0);
	assert_true(conf.interval_ms == 5000 && conf.looks == 3 && conf.pressure == 40 &&
		    conf.idle_pressure == 10 && conf.margin == 25 && conf.long_ms == 10000 &&
		    conf.rest_ms == 120000 && conf.return_ms == 600000 &&
		    conf.retry_ms == 600000);
	assert_int_equal(comb_balance_conf_parse(&conf, "[Balance]\nIntervalSec=250ms\nLooks=20\n"
						 "Pressure=60%\nIdlePressure=0\nMargin=1000%\n"
						 "LongSec=0\nRestSec=1min\nReturnSec=1h\n"
						 "RetrySec=1.5s\n", "f", NULL), 0);
	assert_true(conf.interval_ms == 250 && conf.looks == 20 && conf.pressure == 60 &&
		    conf.idle_pressure == 0 && conf.margin == 1000 && conf.long_ms == 0 &&
		    conf.rest_ms == 60000 && conf.return_ms == 3600000 &&
		    conf.retry_ms == 1500);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct comb_error err = {0};

		comb_balance_conf_init(&conf);
		assert_int_equal(comb_balance_conf_parse(&conf, bad[i].text, "f", &err), -1);
		assert_int_equal(err.status, COMB_USAGE);
		assert_memory_equal(err.what, bad[i].what, strlen(bad[i].what));
		assert_true(*err.hint);
	}
	assert_int_equal(comb_balance_conf_load(&conf, "/nonexistent/comb.conf", NULL), 0);
	assert_int_equal(conf.looks, 3);
	assert_int_equal(comb_balance_conf_load(&conf, "/proc", NULL), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_jobs),
		cmocka_unit_test(test_margin),
		cmocka_unit_test(test_which),
		cmocka_unit_test(test_looks),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_return),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_anew),
		cmocka_unit_test(test_measure),
		cmocka_unit_test(test_conf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
