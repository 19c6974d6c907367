// SPDX-License-Identifier: GPL-2.0-or-later
/* top_batch.c - comb top for scripts: the same in lines, or objects, again and again; see top.h */
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "top.h"

/* Of the meters, if stdout has no width of its own. */
#define USUAL_WIDTH	80

static void print_header(const struct top *top)
{
	struct comb_strings lines;
	struct winsize size;
	bool known = !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col;

	top_header(top, known ? size.ws_col : USUAL_WIDTH, SIZE_MAX, &lines);
	for (size_t i = 0; i < lines.count; i++)
		puts(lines.list[i]);
	comb_strings_free(&lines);
}

static void print_text(const struct top *top, bool first)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S", &tm);
	printf("%scomb top %s, %zu kernel%s, %zu processes\n", first ? "" : "\n", stamp,
	       top->nr_kernels, top->nr_kernels == 1 ? "" : "s", top->nr_processes);
	print_header(top);
	putchar('\n');
	process_print(top->rows, top->nr_rows);
}

static void kernel_object(const struct top_kernel *kernel, struct json_object *kernels,
			  struct json_object *errors)
{
	struct json_object *object, *cpus, *cpu, *failed;

	if (kernel->now.failed || !kernel->answered) {
		failed = cli_json_object(errors);
		cli_json_text(failed, "cell", kernel->now.name);
		cli_json_number(failed, "status", kernel->now.err.status);
		cli_json_text(failed, "what", kernel->now.err.what);
		cli_json_text(failed, "hint", kernel->now.err.hint);
		return;
	}
	object = kernel_json(&kernel->now, kernels);
	cpus = cli_json_array(object, "cpus");
	for (size_t i = 0; i < kernel->now.snapshot.nr_cpus; i++) {
		cpu = json_object_array_get_idx(cpus, i);
		cli_json_number(cpu, "busy_tenths", top_cpu_tenths(kernel, i));
	}
}

/* One line: whoever reads them need not wait for the end. */
static void print_object(const struct top *top)
{
	struct json_object *all = cli_json_object(NULL), *array, *errors;

	cli_json_number(all, "comb", CLI_JSON_VERSION);
	array = cli_json_array(all, "kernels");
	errors = cli_json_array(all, "errors");
	for (size_t i = 0; i < top->nr_kernels; i++)
		kernel_object(&top->kernels[i], array, errors);
	array = cli_json_array(all, "processes");
	for (size_t i = 0; i < top->nr_rows; i++) {
		struct json_object *row = process_json(&top->rows[i], array);

		cli_json_number(row, "cpu_tenths", top->rows[i].cpu_tenths);
	}
	puts(json_object_to_json_string_ext(all, JSON_C_TO_STRING_PLAIN |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(all);
}

/* All kernels once; those that do not answer say why. */
static int look(struct cli *cli, struct top *top, struct comb_error *err)
{
	struct kernel *list;
	size_t count;
	char **names;

	if (kernels_snapshot(cli, cli->names, cli->nr_names, COMB_SNAPSHOT_PROCESSES, &list,
			     &count, err))
		return -1;
	names = cli_calloc(count, sizeof(*names));
	for (size_t i = 0; i < count; i++)
		names[i] = list[i].name;
	top_kernels(top, names, count);
	for (size_t i = 0; i < count; i++) {
		struct kernel answer = list[i];

		top_take(top, &answer);
	}
	free(names);
	free(list);
	top_rows(top);
	return 0;
}

static void wait_until(uint64_t ns)
{
	struct timespec until = { .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL))
		;
}

int top_batch(struct cli *cli, struct top *top, const struct top_options *options,
	      struct comb_error *err)
{
	uint64_t next = cli_now_ns();

	/* Lines of their own, and no object at the end. */
	json_object_put(cli->out);
	cli->out = NULL;
	/* What is told is about the time from here on, so this look is not. */
	if (look(cli, top, err))
		return -1;
	for (unsigned int i = 0; !options->count || i < options->count; i++) {
		next += options->interval_ms * 1000000ULL;
		wait_until(next);
		if (look(cli, top, err))
			return -1;
		if (cli->json)
			print_object(top);
		else
			print_text(top, !i);
		fflush(stdout);
		if (ferror(stdout))
			break;
		/* Who cannot keep up does not try to. */
		if (next < cli_now_ns())
			next = cli_now_ns();
	}
	for (size_t i = 0; i < top->nr_kernels; i++)
		if (top->kernels[i].now.failed)
			cli_report(cli, top->kernels[i].now.name, &top->kernels[i].now.err);
	return 0;
}
