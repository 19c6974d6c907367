// SPDX-License-Identifier: GPL-2.0-or-later
/* top_watch.c - a thread a kernel, so that one that does not answer stops nobody; see top.h */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "top.h"

/* Who does not answer is not asked more often than this. */
#define FAILED_MS	2000

/**
 * struct source - one kernel that is asked
 * @fresh: its last answer, if @has_fresh nobody has taken it yet
 * @wanted: it is in the list of kernels
 * @ended: its thread has nothing left to do
 */
struct source {
	struct top_watch *watch;
	struct source *next;
	pthread_t thread;
	char name[COMB_NAME_SIZE];
	struct kernel fresh;
	bool has_fresh;
	bool wanted;
	bool ended;
};

/* All but @cli, @wake_fd and @names is under @lock. */
struct top_watch {
	struct cli *cli;
	int wake_fd;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned int interval_ms;
	bool paused;
	bool over;
	struct source *sources;
	struct comb_strings names;	/* of the last update */
};

static void put_answer(struct source *source, struct kernel *answer)
{
	if (source->has_fresh)
		kernel_clear(&source->fresh);
	source->fresh = *answer;
	source->has_fresh = true;
	eventfd_write(source->watch->wake_fd, 1);
}

/* Until it is time to ask again. The watch is locked. */
static void wait_turn(struct source *source, uint64_t asked_ns, unsigned int least_ms)
{
	struct top_watch *watch = source->watch;

	while (!watch->over && source->wanted) {
		unsigned int ms = watch->interval_ms > least_ms ? watch->interval_ms : least_ms;
		uint64_t next = asked_ns + ms * 1000000ULL;
		struct timespec until = { .tv_sec = next / 1000000000, .tv_nsec = next % 1000000000 };

		if (watch->paused)
			pthread_cond_wait(&watch->changed, &watch->lock);
		else if (cli_now_ns() >= next)
			return;
		else
			pthread_cond_timedwait(&watch->changed, &watch->lock, &until);
	}
}

static void *ask_again(void *arg)
{
	struct source *source = arg;
	struct top_watch *watch = source->watch;
	struct kernel answer;

	pthread_mutex_lock(&watch->lock);
	while (!watch->over && source->wanted) {
		pthread_mutex_unlock(&watch->lock);
		memset(&answer, 0, sizeof(answer));
		strcpy(answer.name, source->name);
		kernel_snapshot(watch->cli, &answer, COMB_SNAPSHOT_PROCESSES,
				cli_timeout_ms(watch->cli, KERNELS_TIMEOUT_S));
		pthread_mutex_lock(&watch->lock);
		put_answer(source, &answer);
		wait_turn(source, answer.taken_ns, answer.failed ? FAILED_MS : 0);
	}
	source->ended = true;
	pthread_mutex_unlock(&watch->lock);
	return NULL;
}

struct top_watch *top_watch_start(struct cli *cli, int wake_fd, unsigned int interval_ms)
{
	struct top_watch *watch = cli_calloc(1, sizeof(*watch));
	pthread_condattr_t attributes;

	watch->cli = cli;
	watch->wake_fd = wake_fd;
	watch->interval_ms = interval_ms;
	pthread_mutex_init(&watch->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&watch->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	return watch;
}

void top_watch_pace(struct top_watch *watch, unsigned int interval_ms, bool paused)
{
	pthread_mutex_lock(&watch->lock);
	watch->interval_ms = interval_ms;
	watch->paused = paused;
	pthread_cond_broadcast(&watch->changed);
	pthread_mutex_unlock(&watch->lock);
}

static void free_source(struct source *source)
{
	pthread_join(source->thread, NULL);
	if (source->has_fresh)
		kernel_clear(&source->fresh);
	free(source);
}

/* One for a name that has none that will go on. The watch is locked. */
static void need_source(struct top_watch *watch, const char *name)
{
	struct source *source;

	for (source = watch->sources; source; source = source->next)
		if (!strcmp(source->name, name) && !source->ended) {
			source->wanted = true;
			return;
		}
	source = cli_calloc(1, sizeof(*source));
	source->watch = watch;
	source->wanted = true;
	snprintf(source->name, sizeof(source->name), "%s", name);
	if (pthread_create(&source->thread, NULL, ask_again, source)) {
		free(source);
		return;
	}
	source->next = watch->sources;
	watch->sources = source;
}

static void list_names(struct top_watch *watch, struct comb_strings *names)
{
	struct comb_strings cells;
	struct comb_error ignored;

	memset(names, 0, sizeof(*names));
	for (size_t i = 0; i < watch->cli->nr_names; i++)
		comb_strings_add(names, watch->cli->names[i]);
	if (names->count)
		return;
	comb_strings_add(names, "host");
	/* Those that are down are shown, too: they say why. */
	if (!cells_list("cells", &cells, &ignored))
		for (size_t i = 0; i < cells.count; i++)
			comb_strings_add(names, cells.list[i]);
	comb_strings_free(&cells);
}

static bool same_names(const struct comb_strings *a, const struct comb_strings *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->list[i], b->list[i]))
			return false;
	return true;
}

/* Forget those that nobody wants any more and that are not at work. The watch is locked. */
static void sweep(struct top_watch *watch)
{
	struct source **at = &watch->sources;

	while (*at) {
		struct source *source = *at;

		if (!source->ended) {
			at = &source->next;
			continue;
		}
		*at = source->next;
		free_source(source);
	}
}

/* The sources are the names' again. The watch is locked. */
static bool update_names(struct top_watch *watch, struct top *top)
{
	struct comb_strings names;
	bool same;

	list_names(watch, &names);
	same = same_names(&names, &watch->names);
	for (struct source *source = watch->sources; source; source = source->next)
		source->wanted = false;
	for (size_t i = 0; i < names.count; i++)
		need_source(watch, names.list[i]);
	if (!same) {
		top_kernels(top, names.list, names.count);
		pthread_cond_broadcast(&watch->changed);
	}
	comb_strings_free(&watch->names);
	watch->names = names;
	return !same;
}

bool top_watch_update(struct top_watch *watch, struct top *top)
{
	bool changed;

	/* The device is opened here and not by several threads at a time. */
	if (!geteuid() && cells_module_loaded()) {
		struct comb_error ignored = { 0 };

		cells_device(watch->cli, false, &ignored);
	}
	pthread_mutex_lock(&watch->lock);
	changed = update_names(watch, top);
	for (struct source *source = watch->sources; source; source = source->next) {
		if (!source->has_fresh)
			continue;
		source->has_fresh = false;
		top_take(top, &source->fresh);
		changed = true;
	}
	sweep(watch);
	pthread_mutex_unlock(&watch->lock);
	if (changed)
		top_rows(top);
	return changed;
}

void top_watch_end(struct top_watch *watch)
{
	pthread_mutex_lock(&watch->lock);
	watch->over = true;
	pthread_cond_broadcast(&watch->changed);
	pthread_mutex_unlock(&watch->lock);
	ask_interrupt();
	while (watch->sources) {
		struct source *source = watch->sources;

		watch->sources = source->next;
		free_source(source);
	}
	comb_strings_free(&watch->names);
	pthread_cond_destroy(&watch->changed);
	pthread_mutex_destroy(&watch->lock);
	free(watch);
}
