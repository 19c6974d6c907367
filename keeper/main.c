// SPDX-License-Identifier: GPL-2.0-or-later
/* main.c - comb-keeper: the host's side of one cell's devices */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <definition.h>
#include <device.h>	/* of the library: the cell file */
#include <vanish.h>

#include "action.h"
#include "ready.h"
#include "rundir.h"
#include "supervisor.h"
#include "sweep.h"
#include "watcher.h"
#include "worker.h"

/**
 * struct options - the command line
 * @name: the cell
 * @config: where its definition is
 * @ready_fd: where to say that it is ready, or -1
 * @foreground: do not become a daemon
 * @sweep: serve nothing, remove what is left of a cell that is gone
 * @act: serve nothing, do what [Watch] asks for; see action_run()
 */
struct options {
	const char *name;
	const char *config;
	int ready_fd;
	bool foreground;
	bool sweep;
	const char *act;
};

enum {
	OPTION_FOREGROUND = 256, OPTION_READY_FD, OPTION_CONFIG, OPTION_SWEEP, OPTION_ACT,
	OPTION_HELP, OPTION_VERSION,
};

static const struct option long_options[] = {
	{ "foreground", no_argument, NULL, OPTION_FOREGROUND },
	{ "ready-fd", required_argument, NULL, OPTION_READY_FD },
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "sweep", no_argument, NULL, OPTION_SWEEP },
	{ "act", required_argument, NULL, OPTION_ACT },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ 0 },
};

static void say_help(void)
{
	puts("usage: comb-keeper [OPTIONS] CELL\n"
	     "\n"
	     "Serves the virtual devices of a cell, and watches it, until it is given back.\n"
	     "Usually started by comb start.\n"
	     "\n"
	     "  --foreground    stay in the foreground, messages on stderr\n"
	     "  --ready-fd N    write a line to file descriptor N when the cell may start\n"
	     "  --config DIR    where CELL.cell is (default: " COMB_DEFINITION_DIR ")\n"
	     "  --sweep         remove what a killed keeper has left of a cell that is gone\n"
	     "  --act TASK      do what [Watch] asks for; used by the watcher\n"
	     "  --help          this text\n"
	     "  --version       the version");
}

static int fail(const char *what, const char *about, const char *hint)
{
	fprintf(stderr, "comb-keeper: %s%s\ntry: %s\n", what, about, hint);
	return COMB_USAGE;
}

static int fail_error(const char *name, const struct comb_error *err)
{
	fprintf(stderr, "comb-keeper: %s: %s\ntry: %s\n", name, err->what,
		err->hint[0] ? err->hint : "comb-keeper --help");
	return err->status;
}

static int read_fd(const char *text)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || *end || end == text || value < 0 || value > INT_MAX ||
	    fcntl((int)value, F_GETFD) < 0 || fcntl((int)value, F_SETFD, FD_CLOEXEC))
		return -1;
	return (int)value;
}

static int read_cell(int argc, char *argv[], struct options *options)
{
	struct comb_error err = { 0 };

	if (optind == argc)
		return fail("no cell given", "", "comb-keeper --help");
	if (optind + 1 < argc)
		return fail("too many arguments: ", argv[optind + 1], "comb-keeper --help");
	options->name = argv[optind];
	return comb_name_check(options->name, &err) ? fail_error(options->name, &err) : -1;
}

/* The exit status, or -1 to go on. */
static int read_options(int argc, char *argv[], struct options *options)
{
	const char *moved = secure_getenv("COMB_CONFIG_DIR");
	int option;

	*options = (struct options){
		.config = moved && *moved ? moved : COMB_DEFINITION_DIR, .ready_fd = -1,
	};
	opterr = 0;
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) >= 0) {
		switch (option) {
		case OPTION_FOREGROUND:
			options->foreground = true;
			break;
		case OPTION_READY_FD:
			options->ready_fd = read_fd(optarg);
			if (options->ready_fd < 0)
				return fail("no open file descriptor: ", optarg,
					    "comb-keeper --help");
			break;
		case OPTION_CONFIG:
			options->config = optarg;
			break;
		case OPTION_SWEEP:
			options->sweep = true;
			break;
		case OPTION_ACT:
			options->act = optarg;
			break;
		case OPTION_HELP:
			say_help();
			return 0;
		case OPTION_VERSION:
			puts("comb-keeper " COMB_VERSION);
			return 0;
		default:
			return fail("no such option, or no value: ", argv[optind - 1],
				    "comb-keeper --help");
		}
	}
	return read_cell(argc, argv, options);
}

static int run_worker(void *data, int ready_fd)
{
	return worker_run(data, ready_fd);
}

static int run_watcher(void *data)
{
	return watcher_run(data);
}

/* @answer: where to say that it is ready, or why it is not; -1: on stderr */
static int serve(const struct options *options, const struct rundir *rundir, int answer)
{
	struct worker_job job = {
		.name = options->name,
		.config = options->config,
		.rundir = rundir,
		.log = !options->foreground,
	};
	struct supervisor supervisor = {
		.rundir = rundir,
		.log = !options->foreground,
		.ready_fd = answer,
		.worker = run_worker,
		.watcher = run_watcher,
		.data = &job,
	};
	struct comb_error err = { 0 };
	int status = COMB_FAILED;

	if (!rundir_write_pid(rundir, &err))
		status = supervisor_run(&supervisor, &err);
	action_tidy(options->name);
	if (!status)
		return 0;
	if (answer < 0)
		return fail_error(options->name, &err);
	ready_error(supervisor.ready_fd, &err);
	return status;
}

static int become_daemon(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || setsid() < 0 || chdir("/") || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0)
		return -1;
	close(null);
	return 0;
}

/* Wait for the daemon's answer, and pass it on. */
static int wait_ready(const struct options *options, pid_t daemon, int pipe)
{
	struct comb_error err = { .status = COMB_FAILED };
	char text[sizeof(err.what) + sizeof(err.hint) + 2];
	char *rest = text, *what;
	int status = 0;
	ssize_t got;

	do
		got = read(pipe, text, sizeof(text) - 1);
	while (got < 0 && errno == EINTR);
	text[got > 0 ? got : 0] = '\0';
	if (options->ready_fd >= 0 && got > 0)
		dprintf(options->ready_fd, "%s", text);
	what = strsep(&rest, "\n");
	if (!strcmp(what, "ready"))
		return 0;
	while (waitpid(daemon, &status, 0) < 0)
		if (errno != EINTR)
			return COMB_FAILED;
	if (WIFEXITED(status) && WEXITSTATUS(status))
		err.status = WEXITSTATUS(status);
	comb_fail(&err, err.status, "%s", *what ? what : "the keeper has died");
	if (rest)
		comb_hint(&err, "%s", strsep(&rest, "\n"));
	return options->ready_fd >= 0 ? (int)err.status : fail_error(options->name, &err);
}

static int background_fail(const struct options *options)
{
	struct comb_error err;

	comb_fail(&err, COMB_FAILED, "cannot become a daemon: %s", strerror(errno));
	if (options->ready_fd >= 0)
		ready_error(options->ready_fd, &err);
	return fail_error(options->name, &err);
}

static int serve_in_background(const struct options *options, const struct rundir *rundir)
{
	pid_t daemon = -1;
	int pipe[2];

	if (!pipe2(pipe, O_CLOEXEC))
		daemon = fork();
	if (daemon < 0)
		return background_fail(options);
	if (daemon) {
		close(pipe[1]);
		return wait_ready(options, daemon, pipe[0]);
	}
	close(pipe[0]);
	if (become_daemon())
		return background_fail(options);
	if (options->ready_fd >= 0) {
		close(options->ready_fd);
		/* Who reads answers has no need for messages on its terminal. */
		rundir_log(rundir);
	}
	return serve(options, rundir, pipe[1]);
}

static bool cell_exists(const char *name)
{
	struct comb_error ignored = { 0 };
	struct comb_cell cell;
	int device = comb_device_open(false, &ignored);
	bool exists;

	if (device < 0)
		return false;
	exists = !comb_cell_open(device, name, &cell, &ignored);
	if (exists)
		comb_cell_close(&cell);
	close(device);
	return exists;
}

static int clean_up(const char *name, const struct rundir *rundir)
{
	struct comb_error err;

	if (!cell_exists(name)) {
		sweep(rundir);
		action_tidy(name);
		return 0;
	}
	comb_fail(&err, COMB_TAKEN, "is still there");
	comb_hint(&err, "comb kill %s", name);
	return fail_error(name, &err);
}

int main(int argc, char *argv[])
{
	struct comb_error err = { 0 };
	struct options options;
	struct rundir rundir;
	int status = read_options(argc, argv, &options);

	if (status >= 0)
		return status;
	umask(0022);
	comb_vanish_survive();
	if (options.act)
		return action_run(options.name, options.act);
	if (rundir_open(&rundir, options.name, &err)) {
		if (options.ready_fd < 0)
			return fail_error(options.name, &err);
		ready_error(options.ready_fd, &err);
		return err.status;
	}
	if (options.sweep)
		return clean_up(options.name, &rundir);
	if (options.foreground)
		return serve(&options, &rundir, options.ready_fd);
	return serve_in_background(&options, &rundir);
}
