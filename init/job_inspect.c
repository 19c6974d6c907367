// SPDX-License-Identifier: GPL-2.0-or-later
/* job_inspect.c - what keeps a running job where it is, and what it needs elsewhere */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <movable.h>
#include <procfile.h>

#include "job.h"
#include "job_shared.h"

/* One process of the job, as this kernel numbers it; @first is the job's own PID 1. */
struct subject {
	pid_t pid;
	bool first;
	char name[32];
	struct job_shared *shared;
};

static void refuse(const struct subject *subject, const char *why)
{
	printf("no %d %s %s\n", (int)subject->pid, subject->name, why);
}

/* As a file the target must have, too. */
static void want(const struct subject *subject, const char *path, const struct stat *st,
		 uint64_t fs, bool written)
{
	struct movable_file file = {
		.fs = fs, .mode = st->st_mode, .ino = st->st_ino, .size = st->st_size,
		.mtime_ns = st->st_mtim.tv_sec * 1000000000LL + st->st_mtim.tv_nsec,
		.written = written, .path = path,
	};
	char line[PATH_MAX + 256];

	if (movable_write(&file, line, sizeof(line)) < 0)
		refuse(subject, "has a file open whose name no line can hold");
	else
		puts(line);
}

/* @path: where in /proc the file is; @link: what it is called. */
static void look_at_file(const struct subject *subject, const char *path, const char *link,
			 bool written)
{
	char words[PATH_MAX + 64];
	const char *why;
	struct statfs fs;
	struct stat st;

	/* A process may close a file, or end, at any time. */
	if (stat(path, &st))
		return;
	if (S_ISSOCK(st.st_mode) || statfs(path, &fs))
		memset(&fs, 0, sizeof(fs));
	why = movable_open(link, &st, fs.f_type, written, words, sizeof(words));
	if (why)
		refuse(subject, why);
	else if (*link == '/' && st.st_nlink && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
		want(subject, link, &st, fs.f_type, written);
}

static ssize_t read_link(const char *path, char link[PATH_MAX])
{
	ssize_t length = readlink(path, link, PATH_MAX - 1);

	link[length > 0 ? length : 0] = '\0';
	return length;
}

/* Its flags say whether it is written to; further lines, what else hangs on it. */
static bool look_at_fdinfo(const struct subject *subject, int fd)
{
	char path[64], line[512];
	unsigned int flags = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)subject->pid, fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		const char *why = movable_fdinfo(line);

		if (why)
			refuse(subject, why);
		sscanf(line, "flags: %o", &flags);
	}
	if (file)
		fclose(file);
	return (flags & O_ACCMODE) != O_RDONLY;
}

static void look_at_fd(int fd, const char *link, void *arg)
{
	const struct subject *subject = arg;
	bool written = look_at_fdinfo(subject, fd);
	char path[64], words[128];
	const char *why;

	/* comb-job lets go of its client before a move, and listens to nobody from outside. */
	if (!strncmp(link, "socket:", 7) && subject->first)
		return;
	if (!strncmp(link, "socket:", 7)) {
		why = job_shared_socket(subject->shared, subject->pid, fd, words, sizeof(words));
		if (why)
			refuse(subject, why);
		return;
	}
	if (job_shared_outside(subject->shared, link))
		refuse(subject, "has a pipe to a process that would stay");
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)subject->pid, fd);
	look_at_file(subject, path, link, written);
}

static void look_at_mappings(const struct subject *subject)
{
	char path[PATH_MAX], line[PATH_MAX + 128], words[PATH_MAX + 64], before[PATH_MAX] = "";
	const char *file, *why;
	bool written;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)subject->pid);
	maps = fopen(path, "re");
	while (maps && fgets(line, sizeof(line), maps)) {
		line[strcspn(line, "\n")] = '\0';
		why = movable_mapping(line, &file, &written, words, sizeof(words));
		if (why)
			refuse(subject, why);
		if (job_shared_memory(subject->shared, line))
			refuse(subject, "shares memory with a process that would stay");
		/* A program is mapped in several pieces, one after the other. */
		if (!file || (!strcmp(file, before) && !written))
			continue;
		snprintf(before, sizeof(before), "%s", file);
		/* comb-job's own program goes along. */
		if (strncmp(file, JOB_DIR "/", sizeof(JOB_DIR)))
			look_at_file(subject, file, file, written);
	}
	if (maps)
		fclose(maps);
}

static void look_at_namespaces(const struct subject *subject, pid_t init)
{
	/* The cell's own, which every job shares; then the job's. */
	static const char *const kinds[] = { "mnt", "net", "ipc", "uts", "user", "pid_for_children",
					     "time_for_children" };
	char path[64], here[PATH_MAX], there[PATH_MAX], why[PATH_MAX + 64];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)subject->pid, kinds[i]);
		if (read_link(path, there) < 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)init, kinds[i]);
		if (read_link(path, here) < 0 || !strcmp(here, there))
			continue;
		snprintf(why, sizeof(why), "has a namespace of its own, %s", there);
		refuse(subject, why);
	}
}

/* Returns bytes of RAM. */
static uint64_t look_at_status(struct subject *subject)
{
	unsigned long long rss = 0, shared = 0, tracer = 0;
	char path[64], line[512];
	FILE *status;

	snprintf(subject->name, sizeof(subject->name), "?");
	snprintf(path, sizeof(path), "/proc/%d/status", (int)subject->pid);
	status = fopen(path, "re");
	while (status && fgets(line, sizeof(line), status)) {
		sscanf(line, "Name: %31[^\n]", subject->name);
		sscanf(line, "TracerPid: %llu", &tracer);
		sscanf(line, "RssAnon: %llu", &rss);
		sscanf(line, "RssShmem: %llu", &shared);
	}
	if (status)
		fclose(status);
	/* One word, so that a line can be taken apart. */
	for (char *at = subject->name; *at; at++)
		if (*at <= ' ')
			*at = '_';
	if (tracer)
		refuse(subject, "is being traced");
	return (rss + shared) << 10;
}

static void look_at_places(const struct subject *subject)
{
	static const char *const places[] = { "cwd", "root" };
	char path[64], link[PATH_MAX];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)subject->pid, places[i]);
		if (read_link(path, link) > 0)
			look_at_file(subject, path, link, false);
	}
	if (link[0] && strcmp(link, "/"))
		refuse(subject, "has a root directory of its own");
}

static uint64_t available(void)
{
	unsigned long long kib = 0;
	char line[256];
	FILE *file = fopen("/proc/meminfo", "re");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %llu", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib << 10;
}

static bool has_criu(void)
{
	static const char *const places[] = {
		"/usr/local/sbin/criu", "/usr/local/bin/criu", "/usr/sbin/criu", "/usr/bin/criu",
		"/sbin/criu",
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (!access(places[i], X_OK))
			return true;
	return false;
}

int job_inspect(const char *id)
{
	struct job_shared shared;
	uint64_t bytes = 0;
	pid_t init = job_pid(id), *list;
	size_t count;

	if (!init) {
		fprintf(stderr, "no such job\n");
		return 1;
	}
	if (!has_criu())
		puts("no 0 cell has no criu");
	count = job_processes(init, &list);
	job_shared_gather(&shared, list, count);
	for (size_t i = 0; i < count; i++) {
		struct subject subject = { .pid = list[i], .first = list[i] == init,
					   .shared = &shared };

		/* Its files are ended with it. */
		if (procstat_state(list[i]) == 'Z')
			continue;
		bytes += look_at_status(&subject);
		look_at_namespaces(&subject, init);
		look_at_places(&subject);
		job_each_fd(list[i], look_at_fd, &subject);
		look_at_mappings(&subject);
	}
	if (bytes > available())
		printf("no 0 cell has not %llu MiB of RAM for the images\n",
		       (unsigned long long)(bytes >> 20) + 1);
	printf("need %llu\n", (unsigned long long)bytes);
	job_shared_free(&shared);
	free(list);
	return fflush(stdout) ? 1 : 0;
}

static void fit_file(const struct movable_file *here)
{
	struct movable_file there = { .path = here->path };
	struct statvfs volume;
	struct statfs fs;
	struct stat st;
	char words[PATH_MAX + 64];
	const char *why;
	bool read_only = false;

	if (!stat(here->path, &st) && !statfs(here->path, &fs)) {
		there.mode = st.st_mode;
		there.fs = fs.f_type;
		there.ino = st.st_ino;
		there.size = st.st_size;
		there.mtime_ns = st.st_mtim.tv_sec * 1000000000LL + st.st_mtim.tv_nsec;
		read_only = !statvfs(here->path, &volume) && (volume.f_flag & ST_RDONLY);
	}
	why = movable_same(here, &there, read_only, words, sizeof(words));
	if (why)
		printf("no %s\n", why);
}

int job_fits(char *const argv[])
{
	/* Once in the images, once restored. */
	uint64_t bytes = argv[0] ? 2 * strtoull(argv[0], NULL, 10) : 0;
	struct movable_file file;

	if (!argv[0] || job_make_dir()) {
		fprintf(stderr, "cannot make " JOB_DIR ": %s\n", strerror(errno));
		return 1;
	}
	if (!has_criu())
		puts("no it has no criu");
	if (bytes > available())
		printf("no it has not %llu MiB of RAM left\n",
		       (unsigned long long)(bytes >> 20) + 1);
	for (int i = 1; argv[i]; i++) {
		if (!movable_read(argv[i], &file))
			fit_file(&file);
		else
			printf("no what the other cell's agent says makes no sense\n");
	}
	return fflush(stdout) ? 1 : 0;
}
