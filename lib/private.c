// SPDX-License-Identifier: GPL-2.0-or-later
#include "private.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "backing.h"
#include "definition_value.h"

static const char *const names[] = {
	[COMB_PRIVATE_FILE] = "file", [COMB_PRIVATE_RESOLVER] = "resolver",
	[COMB_PRIVATE_RAM] = "ram", [COMB_PRIVATE_KEPT] = "kept",
	[COMB_PRIVATE_OVERLAY] = "overlay",
};

/* What a root directory is covered with; the cells' kept parts lie below the last. */
static const char *const kept[] = { "/var/tmp", "/var/lib/comb" };

/* Not even the user may give these: they are private already, or make a cell what it is. */
static const char *const reserved[] = {
	"/", "/dev", "/etc", "/proc", "/run", "/sys", "/tmp", "/var", "/var/lib", "/var/lib/comb",
	"/var/tmp",
};

const char *comb_private_kind_name(enum comb_private_kind kind)
{
	return names[kind];
}

/* A machine-id is a UUID without its dashes. */
static int id_parse(uuid_t uuid, const char *id, struct comb_error *err)
{
	size_t length = strspn(id, "0123456789abcdef");
	char text[UUID_STR_LEN];

	if (length == 32 && (!id[32] || id[32] == '\n')) {
		snprintf(text, sizeof(text), "%.8s-%.4s-%.4s-%.4s-%.12s", id, id + 8, id + 12,
			 id + 16, id + 20);
		if (!uuid_parse(text, uuid) && !uuid_is_null(uuid))
			return 0;
	}
	comb_fail(err, COMB_UNSUITABLE,
		  "this machine has no /etc/machine-id to make those of a cluster's cells from");
	return comb_hint(err, "systemd-machine-id-setup");
}

int comb_machine_id(char id[COMB_MACHINE_ID_SIZE], const char *host_id, const char *cluster,
		    const char *cell, struct comb_error *err)
{
	/* No name has a slash. */
	char name[2 * COMB_NAME_SIZE + 1];
	uuid_t host, own;
	char *to = id;

	if (id_parse(host, host_id, err))
		return -1;
	snprintf(name, sizeof(name), "%s/%s", cluster, cell);
	uuid_generate_sha1(own, host, name, strlen(name));
	for (size_t i = 0; i < sizeof(own); i++)
		to += sprintf(to, "%02x", own[i]);
	return 0;
}

/* @from may be NULL. */
static int part_add(struct comb_privates *parts, enum comb_private_kind kind, const char *path,
		    const char *from, bool always, struct comb_error *err)
{
	struct comb_private *list = reallocarray(parts->list, parts->count + 1, sizeof(*list));

	if (!list)
		return comb_out_of_memory(err);
	parts->list = list;
	list += parts->count++;
	*list = (struct comb_private){
		.kind = kind, .path = strdup(path), .from = from ? strdup(from) : NULL,
		.always = always,
	};
	return list->path && (list->from || !from) ? 0 : comb_out_of_memory(err);
}

/* A directory of its own, in the root if that keeps it. */
static int directory_add(struct comb_privates *parts, const struct comb_definition *def,
			 const char *path, bool keeps, struct comb_error *err)
{
	char *from;
	int status;

	if (!keeps)
		return part_add(parts, COMB_PRIVATE_RAM, path, NULL, false, err);
	if (asprintf(&from, COMB_PRIVATE_DIR "/%s%s", def->name, path) < 0)
		return comb_out_of_memory(err);
	status = part_add(parts, COMB_PRIVATE_KEPT, path, from, false, err);
	free(from);
	return status;
}

static int files_add(struct comb_privates *parts, const struct comb_definition *def,
		     const char *host_id, struct comb_error *err)
{
	bool directory = comb_root_kind(def->root) == COMB_ROOT_DIRECTORY;
	char id[COMB_MACHINE_ID_SIZE];

	if (comb_machine_id(id, host_id, def->cluster, def->name, err) ||
	    part_add(parts, COMB_PRIVATE_FILE, "/etc/machine-id", id, false, err) ||
	    part_add(parts, COMB_PRIVATE_FILE, "/etc/hostname", def->name, false, err))
		return -1;
	/* comb-init writes it into a root in RAM anyway. */
	if (strcmp(def->net ?: "private", "private"))
		return 0;
	return part_add(parts, COMB_PRIVATE_RESOLVER, "/etc/resolv.conf", NULL, !directory, err);
}

int comb_privates_list(const struct comb_definition *def, const char *host_id, bool lasts,
		       struct comb_privates *parts, struct comb_error *err)
{
	bool directory = comb_root_kind(def->root) == COMB_ROOT_DIRECTORY;
	bool keeps = directory && lasts;
	int status;

	*parts = (struct comb_privates){ 0 };
	status = files_add(parts, def, host_id, err);
	if (!status)
		status = part_add(parts, COMB_PRIVATE_RAM, "/run", NULL, true, err);
	/* That of the host's root is always the cell's own. */
	if (!status)
		status = part_add(parts, COMB_PRIVATE_RAM, "/tmp", NULL, !directory, err);
	for (size_t i = 0; !status && i < def->privates.count; i++)
		status = directory_add(parts, def, def->privates.list[i], keeps, err);
	for (size_t i = 0; !status && i < sizeof(kept) / sizeof(kept[0]); i++)
		status = directory_add(parts, def, kept[i], keeps, err);
	if (!status && !directory)
		status = part_add(parts, COMB_PRIVATE_OVERLAY, "/", NULL, true, err);
	return status;
}

void comb_privates_free(struct comb_privates *parts)
{
	for (size_t i = 0; i < parts->count; i++) {
		free(parts->list[i].path);
		free(parts->list[i].from);
	}
	free(parts->list);
	*parts = (struct comb_privates){ 0 };
}

char *comb_privates_text(const struct comb_privates *parts)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < parts->count; i++) {
		const struct comb_private *part = &parts->list[i];

		if (!part->always)
			fprintf(out, "%s %s%s%s\n", names[part->kind], part->path,
				part->from ? " " : "", part->from ?: "");
	}
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}

/* It becomes a word of comb-init's list, and a mount point. */
static bool is_directory_name(const char *path)
{
	for (const char *at = path; *at; at++)
		if (isspace((unsigned char)*at))
			return false;
	return path[0] == '/' && path[strlen(path) - 1] != '/' && !strstr(path, "//") &&
	       !strstr(path, "/./") && !strstr(path, "/../") && strcmp(path + 1, "..") &&
	       strcmp(strrchr(path, '/'), "/.") && strcmp(strrchr(path, '/'), "/..");
}

int comb_value_private(struct comb_definition *def, const char *value, struct comb_error *err)
{
	if (comb_value_text(value, err))
		return -1;
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		if (strcmp(value, reserved[i]))
			continue;
		comb_fail(err, COMB_USAGE, "%s cannot be made private, or is private already",
			  value);
		return comb_hint(err, "comb cluster private, or a directory such as /var/spool/job");
	}
	if (!is_directory_name(value)) {
		comb_fail(err, COMB_USAGE, "\"%.60s\" is no absolute path of a directory in the root",
			  value);
		return comb_hint(err, "a path such as /var/spool/job, without blanks");
	}
	return comb_strings_add(&def->privates, value) ? comb_out_of_memory(err) : 0;
}
