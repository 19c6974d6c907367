// SPDX-License-Identifier: GPL-2.0-or-later
/* talk.c - everything that goes to stderr, and questions */
#include "cli.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Cells are started in parallel: one line at a time. */
static pthread_mutex_t talk_lock = PTHREAD_MUTEX_INITIALIZER;

static void talk(const char *fmt, va_list args)
{
	pthread_mutex_lock(&talk_lock);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	pthread_mutex_unlock(&talk_lock);
}

void cli_say(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	if (cli->quiet)
		return;
	va_start(args, fmt);
	talk(fmt, args);
	va_end(args);
}

void cli_progress(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	if (cli->quiet || !(cli->talk_tty || cli->verbose))
		return;
	va_start(args, fmt);
	talk(fmt, args);
	va_end(args);
}

/* Errors made deep down may or may not name the cell already. */
bool cli_names_cell(const char *what, const char *name)
{
	size_t length = strlen(name);

	return !strncmp(what, name, length) && what[length] == ':';
}

/* Of an error that nobody knows a remedy for, a place to look. */
static const char *usual_hint(enum comb_status status)
{
	return status == COMB_USAGE ? "comb --help" : "comb check, then dmesg | tail";
}

static void report_json(struct cli *cli, const char *name, const struct comb_error *err,
			const char *hint)
{
	struct json_object *error = cli_json_object(cli_json_array(cli->out, "errors"));

	cli_json_text(error, "cell", name);
	cli_json_number(error, "status", err->status);
	cli_json_text(error, "what", err->what);
	cli_json_text(error, "hint", hint);
}

void cli_report(struct cli *cli, const char *name, const struct comb_error *err)
{
	const char *hint = err->hint[0] ? err->hint : usual_hint(err->status);
	bool add = name && !cli_names_cell(err->what, name);

	pthread_mutex_lock(&talk_lock);
	fprintf(stderr, "comb: %s%s%s\ntry: %s\n", add ? name : "", add ? ": " : "", err->what,
		hint);
	pthread_mutex_unlock(&talk_lock);
	if (!cli->status)
		cli->status = err->status ? err->status : COMB_FAILED;
	if (cli->out)
		report_json(cli, name, err, hint);
}

bool cli_confirm(const struct cli *cli, const char *fmt, ...)
{
	char answer[16];
	va_list args;

	if (cli->yes || !isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return true;
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputs(" [y/N] ", stderr);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

uint64_t cli_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

const char *cli_seconds(uint64_t ns, char *buffer, size_t size)
{
	snprintf(buffer, size, "%.2f s", ns / 1e9);
	return buffer;
}

const char *cli_cpus(const struct comb_cpuset *cpus, char *buffer, size_t size)
{
	int used = snprintf(buffer, size, comb_cpuset_count(cpus) == 1 ? "CPU " : "CPUs ");

	comb_cpuset_format(cpus, buffer + used, size - used);
	return buffer;
}

int cli_need_root(const char *what, struct comb_error *err)
{
	if (geteuid() == 0)
		return 0;
	comb_fail(err, COMB_UNSUITABLE, "%s needs root", what);
	return comb_hint(err, "sudo comb ...");
}
