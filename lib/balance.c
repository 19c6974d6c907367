// SPDX-License-Identifier: GPL-2.0-or-later
/* balance.c - what is remembered from look to look */
#include "balance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES	(COMB_BALANCE_LOOKS_MAX + 1)

void comb_balance_init(struct comb_balance *balance, const struct comb_balance_conf *conf)
{
	*balance = (struct comb_balance){ .conf = *conf };
}

void comb_balance_free(struct comb_balance *balance)
{
	free(balance->cells);
	free(balance->tasks);
	*balance = (struct comb_balance){ .conf = balance->conf };
}

struct comb_balance_cell *comb_balance_cell(const struct comb_balance *balance, const char *name)
{
	for (size_t i = 0; i < balance->nr_cells; i++)
		if (!strcmp(balance->cells[i].name, name))
			return &balance->cells[i];
	return NULL;
}

struct comb_balance_task *comb_balance_task(const struct comb_balance *balance, const char *name)
{
	for (size_t i = 0; i < balance->nr_tasks; i++)
		if (!strcmp(balance->tasks[i].name, name))
			return &balance->tasks[i];
	return NULL;
}

static struct comb_balance_cell *cell_add(struct comb_balance *balance, const char *name)
{
	struct comb_balance_cell *cells = reallocarray(balance->cells, balance->nr_cells + 1,
						       sizeof(*cells));

	if (!cells)
		return NULL;
	balance->cells = cells;
	cells += balance->nr_cells++;
	*cells = (struct comb_balance_cell){ 0 };
	snprintf(cells->name, sizeof(cells->name), "%s", name);
	return cells;
}

static struct comb_balance_task *task_add(struct comb_balance *balance,
					  const struct comb_balance_job *job)
{
	struct comb_balance_task *tasks = reallocarray(balance->tasks, balance->nr_tasks + 1,
						       sizeof(*tasks));

	if (!tasks)
		return NULL;
	balance->tasks = tasks;
	tasks += balance->nr_tasks++;
	*tasks = (struct comb_balance_task){ 0 };
	snprintf(tasks->name, sizeof(tasks->name), "%s", job->name);
	snprintf(tasks->cell, sizeof(tasks->cell), "%s", job->cell);
	return tasks;
}

static bool is_overloaded(const struct comb_balance_conf *conf,
			  const struct comb_balance_kernel *kernel)
{
	return kernel->runnable > kernel->cpus &&
	       (kernel->pressure < 0 || kernel->pressure >= 100 * (int)conf->pressure);
}

static bool is_idle(const struct comb_balance_conf *conf, const struct comb_balance_kernel *kernel)
{
	return kernel->runnable < kernel->cpus &&
	       kernel->pressure <= 100 * (int)conf->idle_pressure;
}

static int take_kernel(struct comb_balance *balance, const struct comb_balance_kernel *kernel)
{
	struct comb_balance_cell *cell = comb_balance_cell(balance, kernel->name);

	if (!cell)
		cell = cell_add(balance, kernel->name);
	if (!cell)
		return -1;
	cell->runnable[cell->seen++ % COMB_BALANCE_LOOKS_MAX] = kernel->runnable;
	cell->overloaded = is_overloaded(&balance->conf, kernel) ? cell->overloaded + 1 : 0;
	cell->idle = is_idle(&balance->conf, kernel) ? cell->idle + 1 : 0;
	cell->there = true;
	return 0;
}

/* It has moved at @time_ns, whoever did that. */
static void task_moved(struct comb_balance_task *task, const char *to, uint64_t time_ns)
{
	/* The oldest one makes room. */
	if (task->nr_left == COMB_BALANCE_LEFT_MAX) {
		memmove(task->left, task->left + 1, sizeof(task->left) - sizeof(task->left[0]));
		task->nr_left--;
	}
	snprintf(task->left[task->nr_left].cell, sizeof(task->left[0].cell), "%s", task->cell);
	task->left[task->nr_left++].time_ns = time_ns;
	snprintf(task->cell, sizeof(task->cell), "%s", to);
	task->seen = 0;
	task->moved = true;
	task->failed = false;
	task->moved_ns = time_ns;
}

static int take_job(struct comb_balance *balance, const struct comb_balance_job *job,
		    uint64_t now_ns)
{
	struct comb_balance_task *task = comb_balance_task(balance, job->name);

	if (!task) {
		task = task_add(balance, job);
		if (!task)
			return -1;
	}
	if (strcmp(task->cell, job->cell))
		task_moved(task, job->cell, now_ns);
	task->sample[task->seen % SAMPLES].time_ns = job->time_ns;
	task->sample[task->seen++ % SAMPLES].cpu_ns = job->cpu_ns;
	task->there = true;
	return 0;
}

/* Until then a job that comes back may not do all that a new one may. */
static bool has_past(const struct comb_balance *balance, const struct comb_balance_task *task,
		     uint64_t now_ns)
{
	const struct comb_balance_conf *conf = &balance->conf;
	uint64_t longest = conf->return_ms > conf->rest_ms ? conf->return_ms : conf->rest_ms;

	return (task->moved && now_ns - task->moved_ns < longest * 1000000) ||
	       (task->failed && now_ns - task->failed_ns < conf->retry_ms * 1000000ULL);
}

/*
 * A cell that was not seen this time is forgotten. Of a job, what was measured: one that is in a
 * cell that gave no answer still has moved when it did.
 */
static void forget(struct comb_balance *balance, uint64_t now_ns)
{
	size_t kept = 0;

	for (size_t i = 0; i < balance->nr_cells; i++)
		if (balance->cells[i].there)
			balance->cells[kept++] = balance->cells[i];
	balance->nr_cells = kept;
	kept = 0;
	for (size_t i = 0; i < balance->nr_tasks; i++) {
		struct comb_balance_task *task = &balance->tasks[i];

		if (!task->there)
			task->seen = 0;
		if (task->there || has_past(balance, task, now_ns))
			balance->tasks[kept++] = *task;
	}
	balance->nr_tasks = kept;
}

int comb_balance_step(struct comb_balance *balance, const struct comb_balance_look *look,
		      struct comb_balance_decision *decision, struct comb_error *err)
{
	for (size_t i = 0; i < balance->nr_cells; i++)
		balance->cells[i].there = false;
	for (size_t i = 0; i < balance->nr_tasks; i++)
		balance->tasks[i].there = false;
	for (size_t i = 0; i < look->nr_kernels; i++)
		if (take_kernel(balance, &look->kernels[i]))
			return comb_out_of_memory(err);
	for (size_t i = 0; i < look->nr_jobs; i++)
		if (take_job(balance, &look->jobs[i], look->time_ns))
			return comb_out_of_memory(err);
	forget(balance, look->time_ns);
	return comb_balance_decide(balance, look, decision, err);
}

/* What was seen of it is no longer true. */
static void look_anew(struct comb_balance *balance, const char *name)
{
	struct comb_balance_cell *cell = comb_balance_cell(balance, name);

	if (cell)
		cell->seen = cell->overloaded = cell->idle = 0;
}

void comb_balance_moved(struct comb_balance *balance,
			const struct comb_balance_decision *decision, uint64_t time_ns)
{
	struct comb_balance_task *task = comb_balance_task(balance, decision->job);

	look_anew(balance, decision->from);
	look_anew(balance, decision->to);
	if (task)
		task_moved(task, decision->to, time_ns);
}

void comb_balance_failed(struct comb_balance *balance,
			 const struct comb_balance_decision *decision, uint64_t time_ns)
{
	struct comb_balance_task *task = comb_balance_task(balance, decision->job);

	if (!task)
		return;
	task->failed = true;
	task->failed_ns = time_ns;
}
