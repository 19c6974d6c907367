// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * job_criu.c - a job between two kernels: stopped, written down, made again, going on
 *
 * Both copies of a job are stopped from the moment there are two until one of them is gone.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <procfile.h>

#include "job.h"

#define STOPPED		"stopped"
#define PIDFILE		"pid"
#define LOG		"log"
#define PROGRAM		"program-"
/* For all processes to stop; CRIU's own 10 s are too few on a busy machine. */
#define TIMEOUT_S	"120"
/* What CRIU has found out about the kernel, until the next boot */
#define CRIU_KNOWS	"/run/criu.kdat"
#define GONE_MS		10000
#define PAUSE_MS	10

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	return 1;
}

static void pause_ms(int ms)
{
	struct timespec time = { .tv_nsec = ms * 1000000L };

	nanosleep(&time, NULL);
}

/* The process's number in its own PID namespace: the last of NSpid. */
static pid_t inner_pid(pid_t pid)
{
	char path[32], line[256], *last;
	pid_t result = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, "NSpid:", 6))
			continue;
		last = strrchr(line, '\t');
		result = last ? atoi(last) : 0;
	}
	if (file)
		fclose(file);
	return result;
}

/* Whoever was stopped before shall not go on with the others. */
static int note_stopped(const char *id, pid_t init)
{
	char path[PATH_MAX];
	pid_t *list;
	size_t count, length;
	FILE *file;

	job_images(id, path);
	length = strlen(path);
	snprintf(path + length, sizeof(path) - length, "/" STOPPED);
	file = fopen(path, "we");
	if (!file)
		return -1;
	count = job_processes(init, &list);
	for (size_t i = 0; i < count; i++)
		if (procstat_state(list[i]) == 'T')
			fprintf(file, "%d\n", (int)inner_pid(list[i]));
	free(list);
	return fclose(file);
}

static bool was_stopped(const char *id, pid_t inner)
{
	char path[PATH_MAX];
	bool found = false;
	size_t length;
	FILE *file;
	int pid;

	job_images(id, path);
	length = strlen(path);
	snprintf(path + length, sizeof(path) - length, "/" STOPPED);
	file = fopen(path, "re");
	while (file && !found && fscanf(file, "%d", &pid) == 1)
		found = pid == inner;
	if (file)
		fclose(file);
	return found;
}

static void go_on(const char *id, pid_t init)
{
	pid_t *list;
	size_t count = job_processes(init, &list);

	for (size_t i = 0; i < count; i++)
		if (!was_stopped(id, inner_pid(list[i])))
			kill(list[i], SIGCONT);
	free(list);
}

static const int hang_ups[] = { SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGPIPE };

static void treat_hang_ups(sighandler_t how)
{
	for (size_t i = 0; i < sizeof(hang_ups) / sizeof(hang_ups[0]); i++)
		signal(hang_ups[i], how);
}

/* A session of its own: what ends this process's must not leave a job half stopped. */
static int run_criu(char *const argv[])
{
	int status, null;
	pid_t pid = fork();

	if (!pid) {
		setsid();
		treat_hang_ups(SIG_DFL);
		null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		close_range(3, ~0U, 0);
		execvp(argv[0], argv);
		_exit(EXECWIRE_NOT_FOUND);
	}
	if (pid < 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Of these files of CRIU's it is that say what the kernel cannot do, which may not matter. */
static bool is_noise(const char *error)
{
	static const char *const files[] = { "util.c", "tun.c", "kerndat.c", "libnetlink.c" };
	size_t length = strcspn(error, ":");

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		size_t tail = strlen(files[i]);

		if (length > tail && !strncmp(error + length - tail, files[i], tail))
			return true;
	}
	return false;
}

int job_prepare(const char *id)
{
	char *argv[] = { "criu", "check", NULL };

	(void)id;
	if (access(CRIU_KNOWS, F_OK))
		run_criu(argv);
	return 0;
}

/* CRIU's first "Error (FILE:LINE): WHY" of use: those after it follow from it. */
static const char *criu_words(const char *directory, char *words, size_t size)
{
	char path[PATH_MAX], line[1024], *at = NULL;
	FILE *log;

	snprintf(path, sizeof(path), "%.4000s/" LOG, directory);
	log = fopen(path, "re");
	while (log && !at && fgets(line, sizeof(line), log)) {
		at = strstr(line, "Error (");
		at = at && !is_noise(at) ? strstr(at, "): ") : NULL;
	}
	if (log)
		fclose(log);
	snprintf(words, size, "%s", at ? at + 3 : "criu does not say why");
	words[strcspn(words, "\n")] = '\0';
	return words;
}

/*
 * The program its PID 1 is, for a cell whose agent is another version. So may this cell's be, if
 * the job has come from elsewhere.
 */
static int add_program(const char *directory, pid_t init)
{
	char program[PATH_MAX], path[PATH_MAX];
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)init);
	length = readlink(path, program, sizeof(program) - 1);
	if (length <= 0)
		return -1;
	program[length] = '\0';
	snprintf(path, sizeof(path), "%.4000s%.90s", directory, strrchr(program, '/'));
	return link(program, path);
}

static int dump(const char *id, pid_t init)
{
	char directory[PATH_MAX], number[16], words[512];
	char *argv[] = { "criu", "dump", "-t", number, "-D", directory, "-o", LOG, "-v2",
			 "--leave-stopped", "--manage-cgroups=ignore", "--timeout", TIMEOUT_S,
			 NULL };
	int status;

	job_images(id, directory);
	snprintf(number, sizeof(number), "%d", (int)init);
	job_remove_images(id);
	if (mkdir(directory, 0700) || note_stopped(id, init) || add_program(directory, init))
		return fail(directory, strerror(errno));
	status = run_criu(argv);
	if (status == EXECWIRE_NOT_FOUND)
		return fail("criu", "not found");
	return status ? fail("criu dump", criu_words(directory, words, sizeof(words))) : 0;
}

int job_hold(const char *id)
{
	int lock = job_lock(id), failed;
	pid_t init = job_pid(id);
	char why[256], images[PATH_MAX], byte;

	treat_hang_ups(SIG_IGN);
	if (lock < 0 || !init)
		return fail(id, "no such job");
	if (job_pause(id, why, sizeof(why)))
		return fail(id, why);
	failed = dump(id, init);
	if (failed) {
		go_on(id, init);
		job_remove_images(id);
		return failed;
	}
	/* What it has written must be in the files before anybody reads them elsewhere. */
	sync();
	puts("held");
	fflush(stdout);
	close(lock);
	while (read(0, &byte, 1) > 0 || errno == EINTR)
		errno = 0;
	lock = job_lock(id);
	/* Without images it goes on already, and who was stopped before is known no more. */
	job_images(id, images);
	if (job_pid(id) == init && !access(images, F_OK)) {
		go_on(id, init);
		job_remove_images(id);
	}
	close(lock);
	return 0;
}

/* comb-job's program as the images have it. */
static int place_program(const char *directory)
{
	DIR *images = opendir(directory);
	char from[PATH_MAX], to[PATH_MAX];
	struct dirent *entry;
	int result = -1;

	while (images && result && (entry = readdir(images))) {
		if (strncmp(entry->d_name, PROGRAM, sizeof(PROGRAM) - 1))
			continue;
		snprintf(from, sizeof(from), "%.3000s/%s", directory, entry->d_name);
		snprintf(to, sizeof(to), JOB_DIR "/%s", entry->d_name);
		result = link(from, to) && errno != EEXIST ? -1 : 0;
	}
	if (images)
		closedir(images);
	return result;
}

static pid_t read_pidfile(const char *path)
{
	FILE *file = fopen(path, "re");
	int pid = 0;

	if (file && fscanf(file, "%d", &pid) != 1)
		pid = 0;
	if (file)
		fclose(file);
	return pid;
}

int job_restore(const char *id)
{
	char directory[PATH_MAX], pidfile[PATH_MAX], words[512];
	char *argv[] = { "criu", "restore", "-D", directory, "-o", LOG, "-v2", "-d",
			 "--leave-stopped", "--manage-cgroups=ignore", "--pidfile", pidfile,
			 NULL };
	int lock = job_lock(id), status;
	pid_t pid;

	if (lock < 0 || job_pid(id))
		return fail(id, "it is here already");
	/* CRIU goes on without this process, and of a copy that is not noted nobody would know. */
	treat_hang_ups(SIG_IGN);
	job_images(id, directory);
	snprintf(pidfile, sizeof(pidfile), "%.4000s/" PIDFILE, directory);
	if (place_program(directory))
		return fail(directory, "its images are not whole");
	status = run_criu(argv);
	pid = status ? 0 : read_pidfile(pidfile);
	if (!pid || job_note(id, pid)) {
		fail("criu restore", pid ? strerror(errno) :
		     criu_words(directory, words, sizeof(words)));
		if (pid)
			kill(pid, SIGKILL);
		job_remove_images(id);
		return 1;
	}
	printf("restored %d\n", (int)pid);
	return fflush(stdout) ? 1 : 0;
}

int job_go(const char *id)
{
	int lock = job_lock(id);
	pid_t init = job_pid(id);

	if (lock < 0 || !init)
		return fail(id, "no such job");
	/* All of it. */
	treat_hang_ups(SIG_IGN);
	go_on(id, init);
	job_remove_images(id);
	puts("going");
	return fflush(stdout) ? 1 : 0;
}

int job_kill(const char *id)
{
	int lock = job_lock(id);
	pid_t init = job_pid(id);

	if (lock < 0)
		return fail(id, strerror(errno));
	/* It ends when the last process of its namespace has. */
	if (init)
		kill(init, SIGKILL);
	for (int left = GONE_MS; job_pid(id); left -= PAUSE_MS) {
		if (left <= 0)
			return fail(id, "it cannot be killed");
		pause_ms(PAUSE_MS);
	}
	job_forget(id);
	job_remove_images(id);
	puts("killed");
	return fflush(stdout) ? 1 : 0;
}
