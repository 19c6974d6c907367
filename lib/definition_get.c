// SPDX-License-Identifier: GPL-2.0-or-later
/* definition_get.c - values of a definition as texts */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "definition_value.h"
#include "quote.h"
#include "size.h"

static char *lines_join(const struct comb_strings *strings)
{
	size_t size = 1;
	char *text, *out;

	if (!strings->count)
		return NULL;
	for (size_t i = 0; i < strings->count; i++)
		size += strlen(strings->list[i]) + 1;
	out = text = malloc(size);
	if (!text)
		return NULL;
	for (size_t i = 0; i < strings->count; i++) {
		if (i)
			*out++ = '\n';
		out = stpcpy(out, strings->list[i]);
	}
	return text;
}

static char *cpus_text(const struct comb_cpuset *cpus)
{
	size_t size = comb_cpuset_format(cpus, NULL, 0) + 1;
	char *text = size > 1 ? malloc(size) : NULL;

	if (text)
		comb_cpuset_format(cpus, text, size);
	return text;
}

/* The form for tables where it is exact, mebibytes elsewhere. */
static char *memory_text(uint64_t bytes)
{
	char text[32];
	uint64_t again;

	comb_size_format(bytes, text, sizeof(text));
	if (!comb_size_parse(&again, text, NULL) && again == bytes)
		return strdup(text);
	return comb_value_number_text(bytes >> 20, "M");
}

char *comb_definition_get(const struct comb_definition *def, enum comb_key_id id)
{
	switch (id) {
	case COMB_KEY_CPUS:
		return cpus_text(&def->cpus);
	case COMB_KEY_NCPUS:
		return comb_cpuset_count(&def->cpus) ? NULL : comb_value_number_text(def->ncpus, "");
	case COMB_KEY_MEMORY:
		return memory_text(def->memory);
	case COMB_KEY_NODE:
		return def->node < 0 ? strdup("any") : comb_value_number_text((unsigned int)def->node, "");
	case COMB_KEY_KERNEL:
		return def->kernel ? strdup(def->kernel) : NULL;
	case COMB_KEY_INITRD:
		return def->initrd ? strdup(def->initrd) : NULL;
	case COMB_KEY_APPEND:
		return def->append ? strdup(def->append) : NULL;
	case COMB_KEY_COMMAND:
		return def->command.count ? comb_quote_join(&def->command) : NULL;
	case COMB_KEY_FILE:
		return lines_join(&def->files);
	case COMB_KEY_MODULES:
		return lines_join(&def->modules);
	case COMB_KEY_ROOT:
		return strdup(def->root ?: "none");
	case COMB_KEY_INIT:
		return def->init ? strdup(def->init) : NULL;
	case COMB_KEY_SHARE:
		return lines_join(&def->shares);
	case COMB_KEY_DISK:
		return lines_join(&def->disks);
	case COMB_KEY_DEVICES:
		return strdup(def->devices ? "yes" : "no");
	case COMB_KEY_NET:
		return strdup(def->net ?: "private");
	case COMB_KEY_BRIDGE:
		return lines_join(&def->bridges);
	case COMB_KEY_CLUSTER:
		return def->cluster ? strdup(def->cluster) : NULL;
	case COMB_KEY_PRIVATE:
		return lines_join(&def->privates);
	case COMB_KEY_HEARTBEAT:
		return comb_value_time_text(def->heartbeat_ms);
	default:
		return comb_watch_get(&def->watch, id);
	}
}
