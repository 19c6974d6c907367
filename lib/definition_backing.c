// SPDX-License-Identifier: GPL-2.0-or-later
/* definition_backing.c - lists of what a cell's devices stand on */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backing.h"
#include "bridge.h"
#include "definition_value.h"

/* What begins with a path of the host, and goes on behind a colon. */
static char *path_and_rest(const char *value, unsigned int line, struct comb_error *err)
{
	size_t length = strcspn(value, ":");
	char *head, *path, *text = NULL;

	if (comb_value_text(value, err))
		return NULL;
	head = strndup(value, length);
	path = head ? comb_value_path(head, line, err) : NULL;
	if (!head || (path && asprintf(&text, "%s%s", path, value + length) < 0)) {
		comb_out_of_memory(err);
		text = NULL;
	}
	free(head);
	free(path);
	return text;
}

static int too_many(const char *what, unsigned int most, struct comb_error *err)
{
	comb_fail(err, COMB_USAGE, "a cell has at most %u %s", most, what);
	return comb_hint(err, "leave out the rest");
}

int comb_value_share(struct comb_definition *def, const char *value, unsigned int line,
		     struct comb_error *err)
{
	char *text = path_and_rest(value, line, err);
	struct comb_share share = { 0 };
	int status = -1;

	if (text && def->shares.count >= COMB_SHARES_MAX)
		too_many("shares", COMB_SHARES_MAX, err);
	else if (text && !comb_share_parse(&share, text, err))
		status = comb_strings_add(&def->shares, text) ? comb_out_of_memory(err) : 0;
	comb_share_free(&share);
	free(text);
	return status;
}

int comb_value_disk(struct comb_definition *def, const char *value, unsigned int line,
		    struct comb_error *err)
{
	char *text = path_and_rest(value, line, err);
	struct comb_disk disk = { 0 };
	int status = -1;

	if (text && def->disks.count >= COMB_DISKS_MAX)
		too_many("disks", COMB_DISKS_MAX, err);
	else if (text && !comb_disk_parse(&disk, text, err))
		status = comb_strings_add(&def->disks, text) ? comb_out_of_memory(err) : 0;
	comb_disk_free(&disk);
	free(text);
	return status;
}

int comb_value_bridge(struct comb_definition *def, const char *value, struct comb_error *err)
{
	struct comb_bridge bridge, other;

	if (comb_bridge_parse(&bridge, value, err))
		return -1;
	if (def->bridges.count >= COMB_CELL_BRIDGES_MAX)
		return too_many("bridges", COMB_CELL_BRIDGES_MAX, err);
	for (size_t i = 0; i < def->bridges.count; i++) {
		if (comb_bridge_parse(&other, def->bridges.list[i], err))
			return -1;
		if (!strcmp(bridge.name, other.name)) {
			comb_fail(err, COMB_USAGE, "bridge %s is given twice", bridge.name);
			return comb_hint(err, "leave out one of the two");
		}
	}
	return comb_strings_add(&def->bridges, value) ? comb_out_of_memory(err) : 0;
}
