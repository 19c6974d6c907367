// SPDX-License-Identifier: GPL-2.0-or-later
#include "restarts.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* First line: "announced" or "-", and the count. Then one time a line. */
#define ANNOUNCED	"announced"
#define SUFFIX		".restarts"

static void file_path(char path[PATH_MAX], const char *dir, const char *name, const char *suffix)
{
	snprintf(path, PATH_MAX, "%s/.%s" SUFFIX "%s", dir, name, suffix);
}

static bool load(const char *path, struct comb_restarts *restarts)
{
	FILE *in = fopen(path, "re");
	char word[16] = "";
	uint64_t at;

	*restarts = (struct comb_restarts){ 0 };
	if (!in)
		return false;
	if (fscanf(in, "%15s %u", word, &restarts->count) == 2)
		while (restarts->nr_at < COMB_RESTARTS_MAX && fscanf(in, "%" SCNu64, &at) == 1)
			restarts->at_ns[restarts->nr_at++] = at;
	fclose(in);
	return !strcmp(word, ANNOUNCED);
}

static int save(const char *dir, const char *name, const char *word,
		const struct comb_restarts *restarts)
{
	char path[PATH_MAX], fresh[PATH_MAX];
	bool failed;
	FILE *out;

	file_path(path, dir, name, "");
	file_path(fresh, dir, name, ".new");
	out = fopen(fresh, "we");
	if (!out)
		return -1;
	fprintf(out, "%s %u\n", word, restarts->count);
	for (unsigned int i = 0; i < restarts->nr_at; i++)
		fprintf(out, "%" PRIu64 "\n", restarts->at_ns[i]);
	failed = ferror(out);
	return fclose(out) || failed || rename(fresh, path) ? -1 : 0;
}

bool comb_restarts_load(const char *dir, const char *name, struct comb_restarts *restarts)
{
	char path[PATH_MAX];

	file_path(path, dir, name, "");
	load(path, restarts);
	return !access(path, F_OK);
}

static int write_fail(const char *dir, const char *name, struct comb_error *err)
{
	comb_fail(err, COMB_FAILED, "cannot write %s/.%s.restarts: %s", dir, name,
		  strerror(errno));
	return comb_hint(err, "df %s", dir);
}

int comb_restarts_announce(const char *dir, const char *name,
			   const struct comb_restarts *restarts, struct comb_error *err)
{
	return save(dir, name, ANNOUNCED, restarts) ? write_fail(dir, name, err) : 0;
}

int comb_restarts_keep(const char *dir, const char *name,
		       const struct comb_restarts *restarts, struct comb_error *err)
{
	return save(dir, name, "-", restarts) ? write_fail(dir, name, err) : 0;
}

void comb_restarts_begin(const char *dir, const char *name)
{
	struct comb_restarts restarts;
	char path[PATH_MAX];

	file_path(path, dir, name, "");
	if (!load(path, &restarts) || save(dir, name, "-", &restarts))
		unlink(path);
}

void comb_restarts_forget(const char *dir, const char *name)
{
	char path[PATH_MAX];

	file_path(path, dir, name, "");
	unlink(path);
}

void comb_restarts_purge(const char *dir, const char *name)
{
	char path[PATH_MAX];

	comb_restarts_forget(dir, name);
	snprintf(path, sizeof(path), "%s/.%s.action", dir, name);
	unlink(path);
}

static int is_history(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name), end = strlen(SUFFIX);

	return entry->d_name[0] == '.' && length > end &&
	       !strcmp(entry->d_name + length - end, SUFFIX);
}

void comb_restarts_forget_all(const char *dir)
{
	struct dirent **entries;
	char path[PATH_MAX];
	int found = scandir(dir, &entries, is_history, NULL);

	for (int i = 0; i < found; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
		unlink(path);
		free(entries[i]);
	}
	if (found >= 0)
		free(entries);
}
