// SPDX-License-Identifier: GPL-2.0-or-later
/* test_placement.c - which cell gets the next piece of work */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "placement.h"

#define CELLS	3
#define SECOND	1000000000ULL
#define NOW	(1000 * SECOND)

/* Some kernels, each with room for the processes of a test. */
static struct world {
	struct comb_snapshot snapshots[CELLS];
	struct comb_process processes[CELLS][64];
	struct comb_candidate list[CELLS];
	struct comb_placements placed;
} world;

static int world_make(void **state)
{
	static const char *const names[] = { "a", "b", "c" };

	(void)state;
	memset(&world, 0, sizeof(world));
	for (int i = 0; i < CELLS; i++) {
		world.snapshots[i] = (struct comb_snapshot){
			.mem_total = 1 << 30, .mem_available = 1 << 29, .nr_cpus = 1,
			.psi_memory = -1, .psi_io = -1, .processes = world.processes[i],
		};
		world.list[i] = (struct comb_candidate){ names[i], &world.snapshots[i] };
	}
	return 0;
}

static int world_end(void **state)
{
	(void)state;
	comb_placements_free(&world.placed);
	return 0;
}

static size_t choose(uint64_t now)
{
	return comb_placement_choose(world.list, CELLS, &world.placed, now);
}

/* One more piece of work: placed, and not started yet. */
static size_t place(uint64_t now)
{
	struct comb_placement placement = { .owner = 1, .placed_ns = now };
	size_t chosen = choose(now);

	strcpy(placement.cell, world.list[chosen].name);
	assert_int_equal(comb_placements_add(&world.placed, &placement), 0);
	return chosen;
}

/* A process in a cell */
static struct comb_process *run(size_t cell, pid_t session, char process_state)
{
	struct comb_snapshot *snapshot = &world.snapshots[cell];
	struct comb_process *process = &snapshot->processes[snapshot->nr_processes++];

	*process = (struct comb_process){
		.pid = session, .session = session, .state = process_state,
		.running = process_state == 'R', .comm = "program",
	};
	return process;
}

/* Somebody's program with so many threads that run, the only one in the cell */
static void load(size_t cell, unsigned int tasks)
{
	world.snapshots[cell].nr_processes = 0;
	run(cell, 9, 'R')->running = tasks;
}

static void assert_spread(const unsigned int *got, unsigned int a, unsigned int b, unsigned int c)
{
	if (got[0] != a || got[1] != b || got[2] != c)
		fail_msg("%u, %u, %u and not %u, %u, %u", got[0], got[1], got[2], a, b, c);
}

/* All at once: no kernel has had the time to show anything. */
static void test_burst_is_spread(void **state)
{
	unsigned int got[CELLS] = { 0 };

	(void)state;
	for (int i = 0; i < 12; i++)
		got[place(NOW)]++;
	assert_spread(got, 4, 4, 4);
}

/*
 * The same while those placed before start one after the other: what runs already must not be
 * counted twice, what does not yet must not be forgotten.
 */
static void test_burst_while_it_starts(void **state)
{
	unsigned int got[CELLS] = { 0 };

	(void)state;
	for (int i = 0; i < 12; i++) {
		size_t cell = place(NOW + i * SECOND / 10);

		got[cell]++;
		if (i % 3)
			continue;
		/* It shows up as running, or loads its program first. */
		world.placed.list[world.placed.count - 1].pid = 100 + i;
		run(cell, 100 + i, i % 2 ? 'R' : 'D');
	}
	assert_spread(got, 4, 4, 4);
}

/*
 * In each cell agents look around, one for each who chooses, a kernel thread works for them, and
 * what was just placed in the first one runs before anybody knows as which process. None of it is
 * a load.
 */
static void test_who_looks_is_no_load(void **state)
{
	unsigned int got[CELLS] = { 0 };

	(void)state;
	for (int cell = 0; cell < CELLS; cell++) {
		world.snapshots[cell].hz = 100;
		world.snapshots[cell].uptime_ns = 100 * SECOND;
		run(cell, 1, 'S')->comm = "agent";
		for (pid_t pid = 2; pid < 5 + 2 * cell; pid++) {
			struct comb_process *agent = run(cell, pid, 'R');

			/* It serves a connection, or has a session of its own in which it looks. */
			agent->comm = "agent";
			agent->ppid = 1;
			if (pid % 2)
				agent->session = 1;
		}
		world.snapshots[cell].self = 2;
		run(cell, 40, 'R')->kernel_thread = true;
	}
	for (int i = 0; i < 8; i++) {
		size_t cell = place(NOW);

		got[cell]++;
		if (cell)
			continue;
		*run(cell, 50 + i, 'R') = (struct comb_process){
			.pid = 50 + i, .ppid = 1, .session = 50 + i, .state = 'R', .running = 1,
			.start_ticks = 9500, .comm = "program",
		};
	}
	assert_spread(got, 3, 3, 2);
}

/* One cell is busy with work of others. */
static void test_loaded_cell_is_avoided(void **state)
{
	unsigned int got[CELLS] = { 0 };

	(void)state;
	for (int i = 0; i < 6; i++)
		run(0, 50 + i, 'R');
	for (int i = 0; i < 12; i++)
		got[place(NOW)]++;
	assert_spread(got, 0, 6, 6);
	/* From here on it is their turn, one after the other. */
	for (int i = 0; i < 6; i++)
		got[place(NOW)]++;
	assert_spread(got, 2, 8, 8);
}

static void test_by_number_of_cpus(void **state)
{
	unsigned int got[CELLS] = { 0 };

	(void)state;
	world.snapshots[0].nr_cpus = 4;
	world.snapshots[2].nr_cpus = 2;
	for (int i = 0; i < 14; i++)
		got[place(NOW)]++;
	assert_spread(got, 8, 2, 4);
}

/* Work that sleeps is no load for ever; work that has not started yet is. */
static void test_placements_grow_old(void **state)
{
	uint64_t later = NOW + COMB_PLACEMENT_YOUNG_NS;

	(void)state;
	assert_int_equal(place(NOW), 0);
	world.placed.list[0].pid = 7;
	run(0, 7, 'S');
	assert_int_equal(comb_placement_load(&world.list[0], &world.placed, NOW),
			 COMB_PLACEMENT_TASK);
	assert_int_equal(comb_placement_load(&world.list[0], &world.placed, later), 0);
	world.placed.list[0].pid = 0;
	assert_int_equal(comb_placement_load(&world.list[0], &world.placed, later),
			 COMB_PLACEMENT_TASK);
}

/* make -j3 is three; two threads of one process are two. */
static void test_work_of_several_tasks(void **state)
{
	(void)state;
	place(NOW);
	world.placed.list[0].pid = 7;
	run(0, 7, 'R');
	run(0, 7, 'R')->running = 2;
	run(0, 7, 'D');
	assert_int_equal(comb_placement_load(&world.list[0], &world.placed, NOW),
			 4 * COMB_PLACEMENT_TASK);
}

/* The program of a movable job leads a session of its own, and is counted once all the same. */
static void test_movable_job(void **state)
{
	(void)state;
	place(NOW);
	world.placed.list[0].pid = 7;
	run(0, 7, 'S');
	run(0, 8, 'R')->ppid = 7;
	run(0, 9, 'R')->session = 8;
	run(0, 10, 'R');
	assert_int_equal(comb_placement_load(&world.list[0], &world.placed, NOW),
			 3 * COMB_PLACEMENT_TASK);
	assert_int_equal(comb_placement_load(&world.list[0], &world.placed,
					     NOW + COMB_PLACEMENT_YOUNG_NS),
			 3 * COMB_PLACEMENT_TASK);
}

static void test_pressure(void **state)
{
	(void)state;
	/* Nothing is runnable at the moment, but most of the time something has waited. */
	world.snapshots[0].psi_cpu = 9000;
	world.snapshots[1].psi_cpu = 100;
	world.snapshots[2].psi_cpu = 5000;
	assert_int_equal(choose(NOW), 1);
	/* It is no reason to count a task twice. */
	load(1, 1);
	assert_int_equal(comb_placement_load(&world.list[1], &world.placed, NOW),
			 COMB_PLACEMENT_TASK);
	assert_int_equal(choose(NOW), 2);
}

static void test_memory_pressure(void **state)
{
	(void)state;
	world.snapshots[0].psi_memory = COMB_PLACEMENT_PRESSURE + 1;
	world.snapshots[1].mem_available = world.snapshots[1].mem_total / 20;
	load(2, 40);
	assert_int_equal(choose(NOW), 2);
	/* If all are short of it, it is the load that counts. */
	world.snapshots[2].mem_available = 0;
	assert_int_equal(choose(NOW), 0);
}

static void test_equal_cells(void **state)
{
	(void)state;
	assert_int_equal(choose(NOW), 0);
	world.snapshots[1].mem_available++;
	assert_int_equal(choose(NOW), 1);
	assert_true(comb_placement_choose(world.list, 0, &world.placed, NOW) == SIZE_MAX);
}

/* A hostile cell's figures: it may repel or attract work, and nothing else. */
static void test_absurd_figures(void **state)
{
	(void)state;
	load(0, UINT32_MAX);
	world.snapshots[0].nr_cpus = 0;
	world.snapshots[1].psi_cpu = INT32_MAX;
	world.snapshots[1].nr_cpus = SIZE_MAX;
	load(2, 1);
	assert_int_equal(choose(NOW), 1);
	world.snapshots[1].nr_cpus = 1;
	assert_int_equal(choose(NOW), 1);
	load(2, 0);
	assert_int_equal(choose(NOW), 2);
}

static void read_text(const char *text)
{
	FILE *in = fmemopen((void *)text, strlen(text), "r");

	comb_placements_free(&world.placed);
	assert_non_null(in);
	assert_int_equal(comb_placements_read(in, &world.placed), 0);
	fclose(in);
}

static void test_file(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out;

	(void)state;
	/* Nonsense, a negative owner, a bad name, too much, the end of a line that is missing. */
	read_text("a 12 345 678 9\nnonsense\nb -1 1 1 0\n../b 1 1 1 0\nb 1 1 1 0 1\n"
		  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 1 1 1 0\n\nb 2 3 4 0\nc 1 2 3 4");
	assert_int_equal(world.placed.count, 2);
	assert_string_equal(world.placed.list[1].cell, "b");
	assert_int_equal(world.placed.list[0].owner, 12);
	assert_int_equal(world.placed.list[0].owner_start, 345);
	assert_int_equal(world.placed.list[0].placed_ns, 678);
	assert_int_equal(world.placed.list[0].pid, 9);
	out = open_memstream(&text, &size);
	assert_non_null(out);
	comb_placements_write(out, &world.placed);
	fclose(out);
	assert_string_equal(text, "a 12 345 678 9\nb 2 3 4 0\n");
	free(text);
}

static bool lives(pid_t pid, uint64_t start)
{
	return pid == 2 && start == 3;
}

static void test_sweep(void **state)
{
	(void)state;
	read_text("a 1 3 1 0\nb 2 3 1 0\nc 2 4 1 0\n");
	comb_placements_sweep(&world.placed, lives);
	assert_int_equal(world.placed.count, 1);
	assert_string_equal(world.placed.list[0].cell, "b");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_make, world_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_burst_is_spread),
		TEST(test_burst_while_it_starts),
		TEST(test_who_looks_is_no_load),
		TEST(test_loaded_cell_is_avoided),
		TEST(test_by_number_of_cpus),
		TEST(test_placements_grow_old),
		TEST(test_work_of_several_tasks),
		TEST(test_movable_job),
		TEST(test_pressure),
		TEST(test_memory_pressure),
		TEST(test_equal_cells),
		TEST(test_absurd_figures),
		TEST(test_file),
		TEST(test_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
