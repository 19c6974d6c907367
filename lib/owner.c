// SPDX-License-Identifier: GPL-2.0-or-later
#include "owner.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

bool comb_owner_read_cpus(const char *path, struct comb_cpuset *cpus)
{
	FILE *file = fopen(path, "re");
	char text[4096 + 1];
	size_t length;

	memset(cpus, 0, sizeof(*cpus));
	if (!file)
		return false;
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	return !comb_cpuset_parse(cpus, text, NULL);
}

bool comb_owner_find(const char *sysfs, unsigned int cpu, char name[COMB_NAME_SIZE])
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *cells;

	snprintf(path, sizeof(path), "%s/cells", sysfs);
	cells = opendir(path);
	if (!cells)
		return false;
	while (!found && (entry = readdir(cells))) {
		struct comb_cpuset cpus;

		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= COMB_NAME_SIZE)
			continue;
		snprintf(path, sizeof(path), "%s/cells/%s/cpus", sysfs, entry->d_name);
		if (!comb_owner_read_cpus(path, &cpus) || !comb_cpuset_has(&cpus, cpu))
			continue;
		strcpy(name, entry->d_name);
		found = true;
	}
	closedir(cells);
	return found;
}
