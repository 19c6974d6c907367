// SPDX-License-Identifier: GPL-2.0-or-later
/* balance_decide.c - from what the looks have shown to a move, or the reason for none */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "balance.h"

#define SAMPLES		(COMB_BALANCE_LOOKS_MAX + 1)
/* A job that has used less of what it could have had waits for something else than a CPU. */
#define BUSY		0.5
/* Of a cell's free RAM, what a job may take: half. */
#define ROOM(bytes)	((bytes) / 2)
#define WHY_SIZE	160

/**
 * struct view - a cell, with what it was like on average over the last looks
 * @load: what is runnable for each CPU
 */
struct view {
	const struct comb_balance_kernel *kernel;
	const struct comb_balance_cell *cell;
	double runnable;
	double load;
};

/**
 * struct wish - a job, and how much it wants
 * @share: CPUs it has had on average
 * @demand: CPUs it could use
 */
struct wish {
	const struct comb_balance_job *job;
	const struct comb_balance_task *task;
	double share;
	double demand;
};

/* All cells of a look, the most loaded first, and its jobs, in the order they are considered. */
struct choice {
	const struct comb_balance *balance;
	const struct comb_balance_look *look;
	struct view *views;
	const struct comb_balance_job **jobs;
	struct comb_balance_decision *decision;
};

/* Below a load of 1 a job has all the CPUs it can use: less is not better. */
static double one_or_more(double load)
{
	return load > 1 ? load : 1;
}

static double seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

static bool within(uint64_t now_ns, uint64_t then_ns, unsigned int ms)
{
	return now_ns - then_ns < ms * 1000000ULL;
}

static struct view view_of(const struct comb_balance *balance,
			   const struct comb_balance_kernel *kernel)
{
	struct view view = { .kernel = kernel, .cell = comb_balance_cell(balance, kernel->name) };
	unsigned int looks = balance->conf.looks, sum = 0;

	if (looks > view.cell->seen)
		looks = view.cell->seen;
	for (unsigned int i = 1; i <= looks; i++)
		sum += view.cell->runnable[(view.cell->seen - i) % COMB_BALANCE_LOOKS_MAX];
	view.runnable = (double)sum / looks;
	view.load = view.runnable / kernel->cpus;
	return view;
}

static int compare_views(const void *a, const void *b)
{
	const struct view *one = a, *other = b;

	if (one->load != other->load)
		return one->load > other->load ? -1 : 1;
	return strcmp(other->kernel->name, one->kernel->name);
}

/*
 * The one that has computed longest first: what has run long will, as a rule, run on for long
 * (Harchol-Balter and Downey, "Exploiting Process Lifetime Distributions for Dynamic Load
 * Balancing", 1997). Of equals the smallest, which is moved soonest.
 */
static int compare_jobs(const void *a, const void *b)
{
	const struct comb_balance_job *one = *(const struct comb_balance_job *const *)a;
	const struct comb_balance_job *other = *(const struct comb_balance_job *const *)b;

	if (one->cpu_ns != other->cpu_ns)
		return one->cpu_ns > other->cpu_ns ? -1 : 1;
	if (one->rss != other->rss)
		return one->rss < other->rss ? -1 : 1;
	return strcmp(one->name, other->name);
}

static bool is_overloaded(const struct choice *choice, const struct view *view)
{
	return view->cell->overloaded >= choice->balance->conf.looks;
}

/* Idle, and jobs of @from could be there. */
static bool is_partner(const struct choice *choice, const struct view *from,
		       const struct view *view)
{
	return view->cell->idle >= choice->balance->conf.looks &&
	       !strcmp(view->kernel->group, from->kernel->group);
}

/* What a job has used over the last looks. false: it has not been there for so long. */
static bool measure(struct wish *wish, const struct view *from, unsigned int looks)
{
	const struct comb_balance_task *task = wish->task;
	unsigned int last = task->seen - 1, first = last - looks;
	uint64_t cpu, time;

	if (task->seen <= looks)
		return false;
	time = task->sample[last % SAMPLES].time_ns - task->sample[first % SAMPLES].time_ns;
	cpu = task->sample[last % SAMPLES].cpu_ns - task->sample[first % SAMPLES].cpu_ns;
	/* A child that has ended takes its time with it. */
	if (task->sample[last % SAMPLES].cpu_ns < task->sample[first % SAMPLES].cpu_ns)
		cpu = 0;
	wish->share = time ? (double)cpu / (double)time : 0;
	wish->demand = wish->share * one_or_more(from->load);
	if (wish->demand > wish->job->threads)
		wish->demand = wish->job->threads;
	return true;
}

/* Does the job stay wherever there is room, and why? */
static bool stays(const struct choice *choice, struct wish *wish, const struct view *from,
		  char why[WHY_SIZE])
{
	const struct comb_balance_conf *conf = &choice->balance->conf;
	const struct comb_balance_task *task = wish->task;
	uint64_t now = choice->look->time_ns;

	if (wish->job->fixed)
		snprintf(why, WHY_SIZE, "%s", wish->job->fixed);
	else if (task->failed && within(now, task->failed_ns, conf->retry_ms))
		snprintf(why, WHY_SIZE, "moving it has failed %.0f s ago",
			 seconds(now - task->failed_ns));
	else if (task->moved && within(now, task->moved_ns, conf->rest_ms))
		snprintf(why, WHY_SIZE, "it has moved %.0f s ago", seconds(now - task->moved_ns));
	else if (wish->job->cpu_ns < conf->long_ms * 1000000ULL)
		snprintf(why, WHY_SIZE, "it is no long one yet: %.1f s of CPU time",
			 seconds(wish->job->cpu_ns));
	else if (!measure(wish, from, conf->looks))
		snprintf(why, WHY_SIZE, "it has not been seen for long enough");
	else if (wish->demand < BUSY)
		snprintf(why, WHY_SIZE, "it uses little CPU: %.2f CPUs of late", wish->share);
	else
		return false;
	return true;
}

static bool has_left(const struct comb_balance_task *task, const char *cell, uint64_t now_ns,
		     unsigned int return_ms)
{
	for (unsigned int i = 0; i < task->nr_left; i++)
		if (!strcmp(task->left[i].cell, cell) &&
		    within(now_ns, task->left[i].time_ns, return_ms))
			return true;
	return false;
}

static double load_with(const struct view *to, const struct wish *wish)
{
	return (to->runnable + (wish->demand > 1 ? wish->demand : 1)) / to->kernel->cpus;
}

/* Is it no good for the job to be there, and why? */
static bool shuns(const struct choice *choice, const struct wish *wish, const struct view *from,
		  const struct view *to, char why[WHY_SIZE])
{
	const struct comb_balance_conf *conf = &choice->balance->conf;
	double after = load_with(to, wish);

	if (has_left(wish->task, to->kernel->name, choice->look->time_ns, conf->return_ms))
		snprintf(why, WHY_SIZE, "it has come from %s", to->kernel->name);
	else if (wish->job->rss > ROOM(to->kernel->available))
		snprintf(why, WHY_SIZE, "its %" PRIu64 " MiB are too much for %s",
			 wish->job->rss >> 20, to->kernel->name);
	else if (one_or_more(after) * (1 + conf->margin / 100.0) > from->load)
		snprintf(why, WHY_SIZE, "in %s it would meet a load of %.2f, here it is %.2f",
			 to->kernel->name, after, from->load);
	else
		return false;
	return true;
}

static void decide_move(struct choice *choice, const struct wish *wish, const struct view *from,
			const struct view *to)
{
	struct comb_balance_decision *decision = choice->decision;

	decision->move = true;
	snprintf(decision->job, sizeof(decision->job), "%s", wish->job->name);
	snprintf(decision->from, sizeof(decision->from), "%s", from->kernel->name);
	snprintf(decision->to, sizeof(decision->to), "%s", to->kernel->name);
	snprintf(decision->reason, sizeof(decision->reason),
		 "%s has %.1f tasks for %u CPU%s, %s %.1f for %u; the job got %.2f CPUs and has "
		 "used %.0f s; the load it meets falls from %.2f to %.2f", from->kernel->name,
		 from->runnable, from->kernel->cpus, from->kernel->cpus == 1 ? "" : "s",
		 to->kernel->name, to->runnable, to->kernel->cpus, wish->share,
		 seconds(wish->job->cpu_ns), from->load, load_with(to, wish));
}

/* Try the idle cells for one job, the least loaded first. */
static bool place_job(struct choice *choice, const struct comb_balance_job *job,
		      const struct view *from)
{
	const struct comb_balance *balance = choice->balance;
	struct wish wish = { .job = job, .task = comb_balance_task(balance, job->name) };
	char why[WHY_SIZE];

	if (!stays(choice, &wish, from, why)) {
		for (size_t i = choice->look->nr_kernels; i-- > 0;) {
			const struct view *to = &choice->views[i];

			if (!is_partner(choice, from, to) || shuns(choice, &wish, from, to, why))
				continue;
			decide_move(choice, &wish, from, to);
			return true;
		}
	}
	snprintf(choice->decision->reason, sizeof(choice->decision->reason), "%s stays: %s",
		 job->name, why);
	if (balance->note)
		balance->note(balance->arg, job->name, why);
	return false;
}

static bool has_partner(const struct choice *choice, const struct view *from)
{
	for (size_t i = 0; i < choice->look->nr_kernels; i++)
		if (is_partner(choice, from, &choice->views[i]))
			return true;
	return false;
}

/* Try the jobs of one overloaded cell. */
static bool relieve(struct choice *choice, const struct view *from)
{
	char *reason = choice->decision->reason;
	size_t size = sizeof(choice->decision->reason);

	if (!has_partner(choice, from)) {
		snprintf(reason, size, "%s is overloaded, but no other cell is idle",
			 from->kernel->name);
		return false;
	}
	snprintf(reason, size, "%s is overloaded, but no job in it can move", from->kernel->name);
	for (size_t i = 0; i < choice->look->nr_jobs; i++)
		if (!strcmp(choice->jobs[i]->cell, from->kernel->name) &&
		    place_job(choice, choice->jobs[i], from))
			return true;
	return false;
}

int comb_balance_decide(const struct comb_balance *balance, const struct comb_balance_look *look,
			struct comb_balance_decision *decision, struct comb_error *err)
{
	struct choice choice = {
		.balance = balance, .look = look, .decision = decision,
		.views = calloc(look->nr_kernels + 1, sizeof(*choice.views)),
		.jobs = calloc(look->nr_jobs + 1, sizeof(*choice.jobs)),
	};
	int status = choice.views && choice.jobs ? 0 : comb_out_of_memory(err);

	*decision = (struct comb_balance_decision){ .reason = "no cell is overloaded" };
	for (size_t i = 0; !status && i < look->nr_kernels; i++)
		choice.views[i] = view_of(balance, &look->kernels[i]);
	for (size_t i = 0; !status && i < look->nr_jobs; i++)
		choice.jobs[i] = &look->jobs[i];
	if (!status) {
		qsort(choice.views, look->nr_kernels, sizeof(*choice.views), compare_views);
		qsort(choice.jobs, look->nr_jobs, sizeof(choice.jobs[0]), compare_jobs);
	}
	for (size_t i = 0; !status && i < look->nr_kernels; i++)
		if (is_overloaded(&choice, &choice.views[i]) && relieve(&choice, &choice.views[i]))
			break;
	free(choice.views);
	free(choice.jobs);
	return status;
}
