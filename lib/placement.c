// SPDX-License-Identifier: GPL-2.0-or-later
#include "placement.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A snapshot may say anything: no sum or product of these overflows. */
#define TASKS_MAX	(1u << 22)

int comb_placements_add(struct comb_placements *placements, const struct comb_placement *placement)
{
	struct comb_placement *list = reallocarray(placements->list, placements->count + 1,
						   sizeof(*list));

	if (!list)
		return -1;
	list[placements->count++] = *placement;
	placements->list = list;
	return 0;
}

void comb_placements_free(struct comb_placements *placements)
{
	free(placements->list);
	memset(placements, 0, sizeof(*placements));
}

static bool line_parse(const char *line, struct comb_placement *placement)
{
	struct comb_error ignored;
	int end = -1;

	_Static_assert(COMB_NAME_SIZE == 32, "the width in the format below");
	memset(placement, 0, sizeof(*placement));
	if (sscanf(line, "%31s %d %" SCNu64 " %" SCNu64 " %d%n", placement->cell,
		   &placement->owner, &placement->owner_start, &placement->placed_ns,
		   &placement->pid, &end) != 5 || end < 0 || line[end] != '\n')
		return false;
	return placement->owner > 0 && placement->pid >= 0 &&
	       !comb_name_check(placement->cell, &ignored);
}

int comb_placements_read(FILE *in, struct comb_placements *placements)
{
	struct comb_placement placement;
	char *line = NULL;
	size_t size = 0;
	int result = 0;

	memset(placements, 0, sizeof(*placements));
	while (!result && getline(&line, &size, in) > 0)
		if (line_parse(line, &placement))
			result = comb_placements_add(placements, &placement);
	free(line);
	return result;
}

void comb_placements_write(FILE *out, const struct comb_placements *placements)
{
	for (size_t i = 0; i < placements->count; i++) {
		const struct comb_placement *p = &placements->list[i];

		fprintf(out, "%s %d %" PRIu64 " %" PRIu64 " %d\n", p->cell, p->owner,
			p->owner_start, p->placed_ns, p->pid);
	}
}

void comb_placements_sweep(struct comb_placements *placements,
			   bool (*lives)(pid_t pid, uint64_t start))
{
	size_t kept = 0;

	for (size_t i = 0; i < placements->count; i++)
		if (lives(placements->list[i].owner, placements->list[i].owner_start))
			placements->list[kept++] = placements->list[i];
	placements->count = kept;
}

/*
 * Does it belong to the work placed as @pid? That leads a session. What a movable job's first
 * process starts has a session of its own.
 */
static bool belongs(const struct comb_snapshot *snapshot, const struct comb_process *process,
		    pid_t pid)
{
	const struct comb_process *leader;

	if (process->session == pid)
		return true;
	leader = comb_snapshot_find(snapshot, process->session, 0);
	return leader && leader->ppid == pid;
}

/* Its tasks which run, could, or will as soon as they have what they read. */
static uint64_t placed_tasks(const struct comb_snapshot *snapshot, pid_t pid)
{
	uint64_t tasks = 0;

	for (size_t i = 0; i < snapshot->nr_processes; i++) {
		const struct comb_process *process = &snapshot->processes[i];

		if (belongs(snapshot, process, pid))
			tasks += process->running || process->state != 'D' ? process->running : 1;
	}
	return tasks;
}

static uint64_t cpus_of(const struct comb_snapshot *snapshot)
{
	return !snapshot->nr_cpus ? 1 : snapshot->nr_cpus < TASKS_MAX ? snapshot->nr_cpus :
	       TASKS_MAX;
}

static bool is_placed(const struct comb_placements *placements,
		      const struct comb_candidate *candidate, const struct comb_process *process)
{
	for (size_t i = 0; i < placements->count; i++) {
		const struct comb_placement *p = &placements->list[i];

		if (p->pid && !strcmp(p->cell, candidate->name) &&
		    belongs(candidate->snapshot, process, p->pid))
			return true;
	}
	return false;
}

static bool is_young(const struct comb_snapshot *snapshot, const struct comb_process *process)
{
	uint64_t start_ns = comb_snapshot_ns(snapshot, process->start_ticks);

	return start_ns >= snapshot->uptime_ns ||
	       snapshot->uptime_ns - start_ns < COMB_PLACEMENT_YOUNG_NS;
}

/* Does a process of the agent's wait for it? The one that looks has a session of its own. */
static bool is_agents_child(const struct comb_snapshot *snapshot,
			    const struct comb_process *process, pid_t agents_session)
{
	const struct comb_process *parent = comb_snapshot_find(snapshot, process->ppid, 0);

	return parent && parent->session == agents_session;
}

/* It serves somebody, looks around, or has not become the program yet that it shall be. */
static bool is_agents(const struct comb_snapshot *snapshot, const struct comb_process *process,
		      const struct comb_process *self, pid_t agents_session)
{
	return process->session == agents_session ||
	       (!strcmp(process->comm, self->comm) &&
		is_agents_child(snapshot, process, agents_session));
}

/*
 * Tasks that nobody has placed. They are counted one by one and not taken from the kernel's own
 * number: each who chooses has the agent look around in each cell, and a dozen at once would be the
 * greatest load of all. @pending: those placed that are known by no PID yet.
 */
static uint64_t other_tasks(const struct comb_candidate *candidate,
			    const struct comb_placements *placements, uint64_t pending)
{
	const struct comb_snapshot *snapshot = candidate->snapshot;
	const struct comb_process *self = comb_snapshot_find(snapshot, snapshot->self, 0);
	const struct comb_process *agent =
		self ? comb_snapshot_find(snapshot, self->ppid, 0) : NULL;
	uint64_t tasks = 0, starting = 0;

	for (size_t i = 0; i < snapshot->nr_processes; i++) {
		const struct comb_process *process = &snapshot->processes[i];

		if (!process->running || process->kernel_thread ||
		    (agent && is_agents(snapshot, process, self, agent->session)) ||
		    is_placed(placements, candidate, process))
			continue;
		tasks += process->running;
		/* So that it is not counted once more until its PID is known. */
		if (agent && process->session == process->pid && is_young(snapshot, process) &&
		    is_agents_child(snapshot, process, agent->session))
			starting += process->running;
	}
	return tasks - (starting < pending ? starting : pending);
}

uint64_t comb_placement_load(const struct comb_candidate *candidate,
			     const struct comb_placements *placements, uint64_t now_ns)
{
	const struct comb_snapshot *snapshot = candidate->snapshot;
	uint64_t ours = 0, pending = 0, others, load, pressure;

	for (size_t i = 0; i < placements->count; i++) {
		const struct comb_placement *p = &placements->list[i];
		uint64_t tasks;

		if (strcmp(p->cell, candidate->name))
			continue;
		tasks = p->pid ? placed_tasks(snapshot, p->pid) : 0;
		if (!tasks && (!p->pid || now_ns - p->placed_ns < COMB_PLACEMENT_YOUNG_NS))
			tasks = 1;
		ours += tasks;
		pending += !p->pid;
	}
	others = other_tasks(candidate, placements, pending);
	load = ours + others < TASKS_MAX ? ours + others : TASKS_MAX;
	load *= COMB_PLACEMENT_TASK;
	/* Somebody has waited for a CPU for this part of the time, so all were taken. */
	pressure = snapshot->psi_cpu > 0 ? (unsigned int)snapshot->psi_cpu : 0;
	pressure = cpus_of(snapshot) * (pressure < 10000 ? pressure : 10000) / 100;
	return load > pressure ? load : pressure;
}

bool comb_placement_short_of_memory(const struct comb_snapshot *snapshot)
{
	return snapshot->psi_memory > COMB_PLACEMENT_PRESSURE ||
	       snapshot->mem_available < snapshot->mem_total / COMB_PLACEMENT_MEMORY;
}

/* Negative: @a is the better one. */
static int compare(const struct comb_candidate *a, uint64_t load_a,
		   const struct comb_candidate *b, uint64_t load_b)
{
	bool short_a = comb_placement_short_of_memory(a->snapshot);
	bool short_b = comb_placement_short_of_memory(b->snapshot);
	/* (load + 1) / CPUs without the division */
	uint64_t share_a = (load_a + COMB_PLACEMENT_TASK) * cpus_of(b->snapshot);
	uint64_t share_b = (load_b + COMB_PLACEMENT_TASK) * cpus_of(a->snapshot);

	if (short_a != short_b)
		return short_a - short_b;
	if (share_a != share_b)
		return share_a < share_b ? -1 : 1;
	if (a->snapshot->mem_available != b->snapshot->mem_available)
		return a->snapshot->mem_available > b->snapshot->mem_available ? -1 : 1;
	return 0;
}

size_t comb_placement_choose(const struct comb_candidate *list, size_t count,
			     const struct comb_placements *placements, uint64_t now_ns)
{
	size_t best = SIZE_MAX;
	uint64_t best_load = 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t load = comb_placement_load(&list[i], placements, now_ns);

		if (best != SIZE_MAX && compare(&list[i], load, &list[best], best_load) >= 0)
			continue;
		best = i;
		best_load = load;
	}
	return best;
}
