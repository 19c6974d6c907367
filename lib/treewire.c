// SPDX-License-Identifier: GPL-2.0-or-later
#include "treewire.h"

#include <stdbool.h>
#include <string.h>

#include "execwire.h"

void tree_number_write(FILE *out, uint32_t number)
{
	uint8_t bytes[4];

	execwire_put32(bytes, number);
	fwrite(bytes, sizeof(bytes), 1, out);
}

int tree_number_read(FILE *in, uint32_t *number)
{
	uint8_t bytes[4];

	if (fread(bytes, sizeof(bytes), 1, in) != 1)
		return 0;
	*number = execwire_get32(bytes);
	return 1;
}

void tree_entry_write(FILE *out, const struct tree_entry *entry)
{
	uint8_t bytes[TREE_ENTRY_BYTES] = { entry->type };
	size_t name = strlen(entry->name), target = strlen(entry->target);

	execwire_put32(bytes + 4, entry->mode);
	execwire_put32(bytes + 8, entry->seconds);
	execwire_put32(bytes + 12, (uint64_t)entry->seconds >> 32);
	execwire_put32(bytes + 16, entry->nanoseconds);
	execwire_put32(bytes + 20, name);
	execwire_put32(bytes + 24, target);
	fwrite(bytes, sizeof(bytes), 1, out);
	fwrite(entry->name, 1, name, out);
	fwrite(entry->target, 1, target, out);
}

/* One component, so that it can lead nowhere else. */
static bool name_is_good(const char *name, size_t length)
{
	return strlen(name) == length && !strchr(name, '/') && strcmp(name, ".") &&
	       strcmp(name, "..");
}

int tree_entry_read(FILE *in, struct tree_entry *entry)
{
	uint8_t bytes[TREE_ENTRY_BYTES];
	uint32_t name, target;

	if (fread(bytes, sizeof(bytes), 1, in) != 1)
		return 0;
	memset(entry, 0, sizeof(*entry));
	entry->type = bytes[0];
	entry->mode = execwire_get32(bytes + 4);
	entry->seconds = execwire_get32(bytes + 8) |
			 (uint64_t)execwire_get32(bytes + 12) << 32;
	entry->nanoseconds = execwire_get32(bytes + 16);
	name = execwire_get32(bytes + 20);
	target = execwire_get32(bytes + 24);
	if (entry->type < TREE_FILE || entry->type > TREE_FAILED || name > TREE_NAME_MAX ||
	    target > TREE_TARGET_MAX || entry->nanoseconds > 999999999)
		return -1;
	if ((name && fread(entry->name, name, 1, in) != 1) ||
	    (target && fread(entry->target, target, 1, in) != 1))
		return 0;
	if (!name_is_good(entry->name, name) || strlen(entry->target) != target ||
	    (entry->type == TREE_LINK) != (target > 0))
		return -1;
	return 1;
}

void tree_warn(struct tree_talk *talk, const char *format, ...)
{
	char text[1024];
	va_list args;

	talk->warnings++;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* Names may be another kernel's. */
	comb_make_printable(text);
	talk->warn(talk->arg, text);
}
