// SPDX-License-Identifier: GPL-2.0-or-later
#include "backing.h"

#include <ctype.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Cut ":WORD" off the end of @text, if it is there. */
static bool cut_word(char *text, const char *word)
{
	size_t length = strlen(text), tail = strlen(word) + 1;

	if (length <= tail || text[length - tail] != ':' || strcmp(text + length - tail + 1, word))
		return false;
	text[length - tail] = '\0';
	return true;
}

static int bad_share(const char *text, struct comb_error *err)
{
	comb_fail(err, COMB_USAGE, "\"%.60s\" is no DIR[:MOUNT][:ro]", text);
	return comb_hint(err, "/srv/data, /srv/data:/data or /srv/data:/data:ro");
}

int comb_share_parse(struct comb_share *share, const char *text, struct comb_error *err)
{
	char *colon;

	*share = (struct comb_share){ .path = strdup(text) };
	if (!share->path)
		return comb_out_of_memory(err);
	share->read_only = cut_word(share->path, "ro");
	colon = strchr(share->path, ':');
	if (colon)
		*colon++ = '\0';
	share->mount = strdup(colon ?: share->path);
	if (!share->mount)
		return comb_out_of_memory(err);
	/* The mount point becomes a word of the kernel's command line. */
	if (share->path[0] != '/' || share->mount[0] != '/' || strpbrk(share->mount, ": \t\",") ||
	    !strcmp(share->mount, "/"))
		return bad_share(text, err);
	return 0;
}

void comb_share_free(struct comb_share *share)
{
	free(share->path);
	free(share->mount);
	*share = (struct comb_share){ 0 };
}

int comb_disk_parse(struct comb_disk *disk, const char *text, struct comb_error *err)
{
	size_t length;

	*disk = (struct comb_disk){ .path = strdup(text) };
	if (!disk->path)
		return comb_out_of_memory(err);
	disk->read_only = cut_word(disk->path, "ro");
	if (cut_word(disk->path, "raw"))
		disk->format = "raw";
	else if (cut_word(disk->path, "qcow2"))
		disk->format = "qcow2";
	length = strlen(disk->path);
	if (!disk->format)
		disk->format = length > 6 && !strcmp(disk->path + length - 6, ".qcow2") ? "qcow2"
											: "raw";
	if (disk->path[0] == '/' && !strchr(disk->path, ':'))
		return 0;
	comb_fail(err, COMB_USAGE, "\"%.60s\" is no FILE[:raw|:qcow2][:ro]", text);
	return comb_hint(err, "/srv/disk.img, or /srv/disk.qcow2:ro");
}

void comb_disk_free(struct comb_disk *disk)
{
	free(disk->path);
	*disk = (struct comb_disk){ 0 };
}

static bool is_interface(const char *name)
{
	size_t length = strlen(name);

	if (!length || length >= IFNAMSIZ || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (const char *at = name; *at; at++)
		if (isspace((unsigned char)*at) || *at == '/' || *at == ':')
			return false;
	return true;
}

int comb_net_check(const char *text, struct comb_error *err)
{
	if (!strcmp(text, "none") || !strcmp(text, "private"))
		return 0;
	if (!strncmp(text, "bridge:", 7) && is_interface(text + 7))
		return 0;
	if (!strncmp(text, "tap:", 4) && is_interface(text + 4))
		return 0;
	comb_fail(err, COMB_USAGE, "\"%.60s\" is no network", text);
	return comb_hint(err, "none, private, bridge:NAME or tap:NAME");
}

enum comb_root comb_root_kind(const char *text)
{
	struct stat st;

	if (!text || !strcmp(text, "none"))
		return COMB_ROOT_NONE;
	if (!strcmp(text, "host"))
		return COMB_ROOT_HOST;
	return !stat(text, &st) && !S_ISDIR(st.st_mode) ? COMB_ROOT_DISK : COMB_ROOT_DIRECTORY;
}
