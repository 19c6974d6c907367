// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernels.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"

/* One thread's work. */
struct looker {
	struct cli *cli;
	struct kernel *kernel;
	unsigned int flags;
	int64_t timeout_ms;
	pthread_t thread;
	bool threaded;
};

static int read_from(const char *data, size_t size, struct comb_snapshot *snapshot,
		     struct comb_error *err)
{
	FILE *in = fmemopen((void *)data, size ? size : 1, "r");
	int result;

	if (!in)
		return comb_out_of_memory(err);
	result = comb_snapshot_read(in, snapshot, err);
	fclose(in);
	return result;
}

/* The host's goes through the same text: one reader, the same bounds. */
static int look_here(struct kernel *kernel, unsigned int flags)
{
	char *data = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&data, &size);
	int result;

	if (!out)
		return comb_out_of_memory(&kernel->err);
	result = comb_snapshot_write(out, "/proc", flags, &kernel->err);
	if (fclose(out) && !result)
		result = comb_out_of_memory(&kernel->err);
	if (!result)
		result = read_from(data, size, &kernel->snapshot, &kernel->err);
	free(data);
	return result;
}

/* What an agent is asked; @argv must live as long as the request. */
static void make_request(struct execwire_request *request, char *argv[3], unsigned int flags)
{
	static char *none[] = { NULL };

	argv[0] = flags & COMB_SNAPSHOT_PROCESSES ? "processes" : "summary";
	argv[1] = flags & COMB_SNAPSHOT_THREADS ? "threads" : NULL;
	argv[2] = NULL;
	*request = (struct execwire_request){
		.what = EXECWIRE_SNAPSHOT, .argv = argv, .environment = none,
	};
}

static int look_there(struct cli *cli, struct kernel *kernel, unsigned int flags,
		      int64_t timeout_ms)
{
	struct execwire_request request;
	struct answer answer;
	char *argv[3];
	int result;

	if (cli_need_root("looking into a cell", &kernel->err))
		return -1;
	make_request(&request, argv, flags);
	result = ask_cell(cli, kernel->name, &request, COMB_SNAPSHOT_BYTES_MAX, timeout_ms,
			  &answer, &kernel->err);
	if (!result)
		result = read_from(answer.data, answer.size, &kernel->snapshot, &kernel->err);
	free(answer.data);
	return result;
}

void kernel_snapshot_over(struct kernel *kernel, int fd, unsigned int flags, uint64_t end)
{
	struct execwire_request request;
	struct answer answer = { 0 };
	char *argv[3];

	memset(&kernel->err, 0, sizeof(kernel->err));
	memset(&kernel->snapshot, 0, sizeof(kernel->snapshot));
	kernel->taken_ns = cli_now_ns();
	make_request(&request, argv, flags);
	kernel->failed = ask_over(fd, &request, COMB_SNAPSHOT_BYTES_MAX, end, NULL, NULL,
				  &answer, &kernel->err) ||
			 read_from(answer.data, answer.size, &kernel->snapshot, &kernel->err);
	free(answer.data);
}

void kernel_snapshot(struct cli *cli, struct kernel *kernel, unsigned int flags,
		     int64_t timeout_ms)
{
	memset(&kernel->err, 0, sizeof(kernel->err));
	memset(&kernel->snapshot, 0, sizeof(kernel->snapshot));
	kernel->taken_ns = cli_now_ns();
	if (!strcmp(kernel->name, "host"))
		kernel->failed = look_here(kernel, flags);
	else
		kernel->failed = look_there(cli, kernel, flags, timeout_ms);
}

void kernel_clear(struct kernel *kernel)
{
	comb_snapshot_free(&kernel->snapshot);
}

static bool runs(struct cli *cli, const char *name)
{
	struct comb_error ignored = { 0 };
	struct comb_observation seen;
	struct comb_cell cell;
	bool result;

	if (cells_open(cli, name, &cell, &ignored))
		return false;
	result = !cells_observe(&cell, &seen, &ignored) &&
		 (seen.state == COMB_STATE_RUNNING || seen.state == COMB_STATE_HUNG);
	comb_cell_close(&cell);
	return result;
}

int kernels_running(struct cli *cli, struct comb_strings *names, struct comb_error *err)
{
	struct comb_strings all;

	memset(names, 0, sizeof(*names));
	if (cells_list("cells", &all, err))
		return -1;
	/* Without root nobody knows; then each says why it cannot be looked into. */
	for (size_t i = 0; i < all.count; i++)
		if (geteuid() || runs(cli, all.list[i]))
			comb_strings_add(names, all.list[i]);
	comb_strings_free(&all);
	return 0;
}

static void *look_thread(void *arg)
{
	struct looker *looker = arg;

	kernel_snapshot(looker->cli, looker->kernel, looker->flags, looker->timeout_ms);
	return NULL;
}

static void look_all(struct cli *cli, struct kernel *list, size_t count, unsigned int flags)
{
	struct looker *lookers = cli_calloc(count, sizeof(*lookers));

	for (size_t i = 0; i < count; i++) {
		lookers[i] = (struct looker){ .cli = cli, .kernel = &list[i], .flags = flags,
			.timeout_ms = cli_timeout_ms(cli, KERNELS_TIMEOUT_S) };
		lookers[i].threaded = !pthread_create(&lookers[i].thread, NULL, look_thread,
						      &lookers[i]);
	}
	for (size_t i = 0; i < count; i++) {
		if (lookers[i].threaded)
			pthread_join(lookers[i].thread, NULL);
		else
			look_thread(&lookers[i]);
	}
	free(lookers);
}

/* Those that were only listed may have gone down meanwhile, which is no error. */
static size_t drop_gone(struct kernel *list, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (!list[i].failed || list[i].err.status != COMB_NO_CELL)
			list[kept++] = list[i];
	return kept;
}

int kernels_snapshot(struct cli *cli, char *const names[], size_t count, unsigned int flags,
		     struct kernel **list, size_t *nr, struct comb_error *err)
{
	struct comb_strings running = { 0 };
	size_t all;

	*list = NULL;
	*nr = 0;
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], "host") && comb_name_check(names[i], err))
			return -1;
	/* Opened here, not by several threads at a time. */
	if (!geteuid() && cells_module_loaded() && cells_device(cli, false, err) < 0)
		return -1;
	if (!count && kernels_running(cli, &running, err))
		return -1;
	all = count ? count : running.count + 1;
	*list = cli_calloc(all, sizeof(**list));
	for (size_t i = 0; i < all; i++)
		snprintf((*list)[i].name, sizeof((*list)[i].name), "%s",
			 count ? names[i] : i ? running.list[i - 1] : "host");
	comb_strings_free(&running);
	look_all(cli, *list, all, flags);
	*nr = count ? all : drop_gone(*list, all);
	return 0;
}

void kernels_free(struct kernel *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		kernel_clear(&list[i]);
	free(list);
}

static void psi_json(struct json_object *object, const char *key, int centi)
{
	if (centi < 0)
		cli_json_null(object, key);
	else
		cli_json_number(object, key, centi);
}

struct json_object *kernel_json(const struct kernel *kernel, struct json_object *array)
{
	struct json_object *object = cli_json_object(array), *cpus;
	const struct comb_snapshot *s = &kernel->snapshot;

	cli_json_text(object, "cell", kernel->name);
	cli_json_number(object, "uptime_ns", s->uptime_ns);
	cli_json_number(object, "load_centi", s->load_centi);
	cli_json_number(object, "runnable", s->runnable);
	cli_json_number(object, "memory", s->mem_total);
	cli_json_number(object, "memory_available", s->mem_available);
	psi_json(object, "pressure_cpu_centi", s->psi_cpu);
	psi_json(object, "pressure_memory_centi", s->psi_memory);
	psi_json(object, "pressure_io_centi", s->psi_io);
	cpus = cli_json_array(object, "cpus");
	for (size_t i = 0; i < s->nr_cpus; i++) {
		struct json_object *cpu = cli_json_object(cpus);

		cli_json_number(cpu, "cpu", s->cpus[i].id);
		cli_json_number(cpu, "busy_ns", comb_snapshot_ns(s, s->cpus[i].busy));
		cli_json_number(cpu, "total_ns", comb_snapshot_ns(s, s->cpus[i].total));
	}
	return object;
}

void kernels_report(struct cli *cli, const struct kernel *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].failed)
			cli_report(cli, list[i].name, &list[i].err);
}
