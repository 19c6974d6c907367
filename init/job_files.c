// SPDX-License-Identifier: GPL-2.0-or-later
/* job_files.c - JOB_DIR: which jobs there are, and the program that is their PID 1 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <procfile.h>

#include "job.h"

#define ID_MAX		32
#define SUFFIX		".job"
#define FNV_BASIS	0xcbf29ce484222325u
#define FNV_PRIME	0x100000001b3u

bool job_id_ok(const char *id)
{
	size_t length = strlen(id);

	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)id[i]))
			return false;
	return length && length <= ID_MAX;
}

int job_make_dir(void)
{
	return mkdir(JOB_DIR, 0700) && errno != EEXIST ? -1 : 0;
}

static void note_path(const char *id, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, JOB_DIR "/%s" SUFFIX, id);
}

void job_images(const char *id, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, JOB_DIR "/%s", id);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st;
	(void)type;
	(void)place;
	remove(path);
	return 0;
}

void job_remove_images(const char *id)
{
	char path[PATH_MAX];

	job_images(id, path);
	nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* FNV-1a of a whole file: programs of different versions have different names. */
static uint64_t file_hash(int fd)
{
	uint64_t hash = FNV_BASIS;
	uint8_t data[4096];
	ssize_t got;

	while ((got = read(fd, data, sizeof(data))) > 0)
		for (ssize_t i = 0; i < got; i++)
			hash = (hash ^ data[i]) * FNV_PRIME;
	return hash;
}

static int copy_program(int from, const char *path)
{
	char fresh[PATH_MAX];
	off_t at = 0;
	ssize_t sent = 1;
	int to;

	snprintf(fresh, sizeof(fresh), JOB_DIR "/.%d", (int)getpid());
	to = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	if (to < 0)
		return -1;
	while (sent > 0)
		sent = sendfile(to, from, &at, 1 << 20);
	if (close(to) || sent < 0 || rename(fresh, path)) {
		unlink(fresh);
		return -1;
	}
	return 0;
}

int job_program(char path[PATH_MAX])
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), result = -1;

	if (from < 0 || job_make_dir())
		goto out;
	snprintf(path, PATH_MAX, JOB_DIR "/program-%016llx", (unsigned long long)file_hash(from));
	result = access(path, X_OK) ? copy_program(from, path) : 0;
out:
	if (from >= 0)
		close(from);
	return result;
}

int job_note(const char *id, pid_t pid)
{
	char path[PATH_MAX], fresh[PATH_MAX];
	FILE *file;
	int failed;

	if (job_make_dir())
		return -1;
	note_path(id, path);
	snprintf(fresh, sizeof(fresh), JOB_DIR "/.%s", id);
	file = fopen(fresh, "we");
	if (!file)
		return -1;
	failed = fprintf(file, "%d %" PRIu64 "\n", (int)pid, procstat_start(pid)) < 0;
	failed |= fclose(file);
	return failed || rename(fresh, path) ? -1 : 0;
}

void job_forget(const char *id)
{
	char path[PATH_MAX];

	note_path(id, path);
	unlink(path);
}

pid_t job_pid(const char *id)
{
	unsigned long long ticks;
	char path[PATH_MAX];
	FILE *file;
	int pid, got;

	note_path(id, path);
	file = fopen(path, "re");
	if (!file)
		return 0;
	got = fscanf(file, "%d %llu", &pid, &ticks);
	fclose(file);
	return got == 2 && pid > 0 && ticks && procstat_start(pid) == ticks && procstat_state(pid) != 'Z' ?
	       pid : 0;
}

int job_lock(const char *id)
{
	char path[PATH_MAX];
	int fd;

	if (job_make_dir())
		return -1;
	snprintf(path, sizeof(path), JOB_DIR "/%s.lock", id);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	while (fd >= 0 && flock(fd, LOCK_EX) && errno == EINTR)
		;
	return fd;
}

void job_each(bool (*each)(const char *id, pid_t pid, void *arg), void *arg)
{
	DIR *directory = opendir(JOB_DIR);
	struct dirent *entry;
	bool more = true;

	while (directory && more && (entry = readdir(directory))) {
		char *dot = strrchr(entry->d_name, '.');
		pid_t pid;

		if (!dot || dot == entry->d_name || strcmp(dot, SUFFIX))
			continue;
		*dot = '\0';
		pid = job_pid(entry->d_name);
		if (pid)
			more = each(entry->d_name, pid, arg);
	}
	if (directory)
		closedir(directory);
}
