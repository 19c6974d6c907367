// SPDX-License-Identifier: GPL-2.0-or-later
#include "definition.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backing.h"
#include "cluster.h"
#include "definition_value.h"
#include "quote.h"
#include "size.h"

#define MEMORY_DEFAULT	(512ULL << 20)
/* MAX_NUMNODES of Debian's kernels is 1024. */
#define NODE_MAX	1023

int comb_name_check(const char *name, struct comb_error *err)
{
	size_t length = strlen(name);
	bool good = isalnum((unsigned char)name[0]);

	if (!length) {
		comb_fail(err, COMB_USAGE, "a cell's name cannot be empty");
		return comb_hint(err, "a name such as web");
	}
	if (length >= COMB_NAME_SIZE) {
		comb_fail(err, COMB_USAGE, "the name \"%.16s...\" is too long (%zu characters)",
			  name, length);
		return comb_hint(err, "at most %d characters", COMB_NAME_SIZE - 1);
	}
	if (!strcmp(name, "host")) {
		comb_fail(err, COMB_USAGE, "\"host\" is the name of the first kernel");
		return comb_hint(err, "another name");
	}
	for (const char *at = name; *at && good; at++)
		good = isalnum((unsigned char)*at) || strchr("_.-", *at);
	/* A name becomes part of paths and host names. */
	if (!good || strstr(name, "..")) {
		comb_fail(err, COMB_USAGE, "\"%s\" is no name for a cell", name);
		return comb_hint(err, "letters, digits, _ - and single dots, a letter or digit first");
	}
	return 0;
}

void comb_definition_init(struct comb_definition *def, const char *name)
{
	memset(def, 0, sizeof(*def));
	snprintf(def->name, sizeof(def->name), "%s", name);
	def->ncpus = 1;
	def->memory = MEMORY_DEFAULT;
	def->node = -1;
	def->devices = true;
	def->heartbeat_ms = COMB_HEARTBEAT_MS;
	for (int id = COMB_KEY_HUNG; id < COMB_KEYS; id++)
		comb_watch_reset(&def->watch, (enum comb_key_id)id);
}

void comb_definition_free(struct comb_definition *def)
{
	free(def->kernel);
	free(def->initrd);
	free(def->append);
	comb_strings_free(&def->command);
	comb_strings_free(&def->files);
	comb_strings_free(&def->modules);
	free(def->root);
	free(def->init);
	comb_strings_free(&def->shares);
	comb_strings_free(&def->disks);
	comb_strings_free(&def->bridges);
	free(def->cluster);
	comb_strings_free(&def->privates);
	free(def->net);
	free(def->watch.dump_dir);
	for (size_t i = 0; i < COMB_KEYS; i++)
		free(def->origin[i].where);
	memset(def, 0, sizeof(*def));
	def->node = -1;
}

static int origin_set(struct comb_origin *origin, const char *where, unsigned int line,
		      struct comb_error *err)
{
	char *copy = strdup(where);

	if (!copy)
		return comb_out_of_memory(err);
	free(origin->where);
	origin->where = copy;
	origin->line = line;
	return 0;
}

/* Give a key the value it has without being mentioned. */
static void key_reset(struct comb_definition *def, enum comb_key_id id)
{
	char **texts[] = {
		[COMB_KEY_KERNEL] = &def->kernel,
		[COMB_KEY_INITRD] = &def->initrd,
		[COMB_KEY_APPEND] = &def->append,
		[COMB_KEY_ROOT] = &def->root,
		[COMB_KEY_INIT] = &def->init,
		[COMB_KEY_NET] = &def->net,
		[COMB_KEY_CLUSTER] = &def->cluster,
	};

	switch (id) {
	case COMB_KEY_CPUS:
		memset(&def->cpus, 0, sizeof(def->cpus));
		break;
	case COMB_KEY_NCPUS:
		def->ncpus = 1;
		break;
	case COMB_KEY_MEMORY:
		def->memory = MEMORY_DEFAULT;
		break;
	case COMB_KEY_NODE:
		def->node = -1;
		break;
	case COMB_KEY_KERNEL:
	case COMB_KEY_INITRD:
	case COMB_KEY_APPEND:
	case COMB_KEY_ROOT:
	case COMB_KEY_INIT:
	case COMB_KEY_NET:
	case COMB_KEY_CLUSTER:
		free(*texts[id]);
		*texts[id] = NULL;
		break;
	case COMB_KEY_COMMAND:
		comb_strings_free(&def->command);
		break;
	case COMB_KEY_FILE:
		comb_strings_free(&def->files);
		break;
	case COMB_KEY_MODULES:
		comb_strings_free(&def->modules);
		break;
	case COMB_KEY_SHARE:
		comb_strings_free(&def->shares);
		break;
	case COMB_KEY_DISK:
		comb_strings_free(&def->disks);
		break;
	case COMB_KEY_BRIDGE:
		comb_strings_free(&def->bridges);
		break;
	case COMB_KEY_PRIVATE:
		comb_strings_free(&def->privates);
		break;
	case COMB_KEY_DEVICES:
		def->devices = true;
		break;
	case COMB_KEY_HEARTBEAT:
		def->heartbeat_ms = COMB_HEARTBEAT_MS;
		break;
	default:
		comb_watch_reset(&def->watch, id);
		break;
	}
	free(def->origin[id].where);
	def->origin[id] = (struct comb_origin){0};
}

static int cpus_set(struct comb_definition *def, const char *value, struct comb_error *err)
{
	struct comb_cpuset cpus;

	if (comb_cpuset_parse(&cpus, value, err))
		return -1;
	if (comb_cpuset_count(&cpus) > COMB_CELL_CPUS_MAX) {
		comb_fail(err, COMB_USAGE, "%u CPUs are more than a cell can have",
			  comb_cpuset_count(&cpus));
		return comb_hint(err, "at most %d", COMB_CELL_CPUS_MAX);
	}
	def->cpus = cpus;
	return 0;
}

/*
 * Cpus= and NCpus= exclude each other: said in one place they contradict, and
 * what is said later (a drop-in, the command line) replaces what was said first.
 */
static int rival_check(struct comb_definition *def, enum comb_key_id id, const char *where,
		       struct comb_error *err)
{
	enum comb_key_id rival = id == COMB_KEY_CPUS ? COMB_KEY_NCPUS : COMB_KEY_CPUS;
	const char *other = def->origin[rival].where;

	if (id != COMB_KEY_CPUS && id != COMB_KEY_NCPUS)
		return 0;
	if (!other || strcmp(other, where))
		return 0;
	if (def->origin[rival].line)
		comb_fail(err, COMB_USAGE, "%s= excludes %s= (line %u)", comb_keys[id].key,
			  comb_keys[rival].key, def->origin[rival].line);
	else
		comb_fail(err, COMB_USAGE, "--%s excludes --%s", comb_keys[id].option,
			  comb_keys[rival].option);
	return comb_hint(err, "one of the two");
}

static int node_set(struct comb_definition *def, const char *value, struct comb_error *err)
{
	unsigned int node;

	if (!strcmp(value, "any") || !strcmp(value, "-1")) {
		def->node = -1;
		return 0;
	}
	if (comb_value_number(&node, value, 0, NODE_MAX, "NUMA node", err))
		return -1;
	def->node = (int)node;
	return 0;
}

static int text_set(char **text, char *value, struct comb_error *err)
{
	if (!value)
		return comb_out_of_memory(err);
	free(*text);
	*text = value;
	return 0;
}

static int path_set(char **text, const char *value, unsigned int line, struct comb_error *err)
{
	char *path;

	if (comb_value_text(value, err))
		return -1;
	path = comb_value_path(value, line, err);
	return path ? text_set(text, path, err) : -1;
}

static int kernel_set(struct comb_definition *def, const char *value, unsigned int line,
		      struct comb_error *err)
{
	if (strchr(value, '/'))
		return path_set(&def->kernel, value, line, err);
	if (comb_value_text(value, err))
		return -1;
	return text_set(&def->kernel, strdup(value), err);
}

/* SRC[:DST]; SRC cannot contain a colon. */
static int file_add(struct comb_definition *def, const char *value, unsigned int line,
		    struct comb_error *err)
{
	size_t length = strcspn(value, ":");
	char *source, *path, *entry;
	int status;

	if (comb_value_text(value, err))
		return -1;
	if (!length || (value[length] && value[length + 1] != '/')) {
		comb_fail(err, COMB_USAGE, "\"%.60s\" is no SRC:DST", value);
		return comb_hint(err, "a file here, or file:/path/in/the/cell");
	}
	source = strndup(value, length);
	if (!source)
		return comb_out_of_memory(err);
	path = comb_value_path(source, line, err);
	free(source);
	if (!path)
		return -1;
	if (strchr(path, ':')) {
		comb_fail(err, COMB_USAGE, "\"%.60s\" has a colon in its path", path);
		free(path);
		return comb_hint(err, "a directory without a colon in its name");
	}
	if (asprintf(&entry, "%s%s", path, value + length) < 0) {
		free(path);
		return comb_out_of_memory(err);
	}
	free(path);
	status = comb_strings_add(&def->files, entry);
	free(entry);
	return status ? comb_out_of_memory(err) : 0;
}

static int modules_add(struct comb_definition *def, const char *value, struct comb_error *err)
{
	char *words = strdup(value), *rest = words, *word;
	int status = words ? 0 : comb_out_of_memory(err);

	/* Check all before the first is taken. */
	while (!status && (word = strsep(&rest, " \t,")))
		if (*word)
			status = comb_value_module(word, err);
	if (!status)
		rest = strcpy(words, value);
	while (!status && (word = strsep(&rest, " \t,")))
		if (*word && comb_strings_add(&def->modules, word))
			status = comb_out_of_memory(err);
	free(words);
	return status;
}

static int command_set(struct comb_definition *def, const char *value, struct comb_error *err)
{
	struct comb_strings argv = {0};

	if (comb_quote_split(&argv, value, err)) {
		comb_strings_free(&argv);
		return -1;
	}
	comb_strings_free(&def->command);
	def->command = argv;
	return 0;
}

/* "none" is what a cell has without the key. */
static int root_set(struct comb_definition *def, const char *value, unsigned int line,
		    struct comb_error *err)
{
	if (!strcmp(value, "none")) {
		free(def->root);
		def->root = NULL;
		return 0;
	}
	return strcmp(value, "host") ? path_set(&def->root, value, line, err)
				     : text_set(&def->root, strdup(value), err);
}

/* A path inside the cell: it must be absolute everywhere, and one word. */
static int init_set(struct comb_definition *def, const char *value, struct comb_error *err)
{
	if (comb_value_text(value, err))
		return -1;
	if (value[0] == '/' && !strpbrk(value, " \t\""))
		return text_set(&def->init, strdup(value), err);
	comb_fail(err, COMB_USAGE, "\"%.60s\" is no absolute path of a program", value);
	return comb_hint(err, "/sbin/init");
}

static int net_set(struct comb_definition *def, const char *value, struct comb_error *err)
{
	return comb_net_check(value, err) ? -1 : text_set(&def->net, strdup(value), err);
}

static int cluster_set(struct comb_definition *def, const char *value, struct comb_error *err)
{
	return comb_cluster_name_check(value, err) ? -1 :
						     text_set(&def->cluster, strdup(value), err);
}

static int value_set(struct comb_definition *def, enum comb_key_id id, const char *value,
		     unsigned int line, struct comb_error *err)
{
	switch (id) {
	case COMB_KEY_CPUS:
		return cpus_set(def, value, err);
	case COMB_KEY_NCPUS:
		return comb_value_number(&def->ncpus, value, 1, COMB_CELL_CPUS_MAX,
					 "number of CPUs", err);
	case COMB_KEY_MEMORY:
		return comb_value_memory(&def->memory, value, err);
	case COMB_KEY_NODE:
		return node_set(def, value, err);
	case COMB_KEY_KERNEL:
		return kernel_set(def, value, line, err);
	case COMB_KEY_INITRD:
		return path_set(&def->initrd, value, line, err);
	case COMB_KEY_APPEND:
		return comb_value_text(value, err) ? -1 : text_set(&def->append, strdup(value), err);
	case COMB_KEY_COMMAND:
		return command_set(def, value, err);
	case COMB_KEY_FILE:
		return file_add(def, value, line, err);
	case COMB_KEY_MODULES:
		return modules_add(def, value, err);
	case COMB_KEY_ROOT:
		return root_set(def, value, line, err);
	case COMB_KEY_INIT:
		return init_set(def, value, err);
	case COMB_KEY_SHARE:
		return comb_value_share(def, value, line, err);
	case COMB_KEY_DISK:
		return comb_value_disk(def, value, line, err);
	case COMB_KEY_DEVICES:
		return comb_value_bool(&def->devices, value, err);
	case COMB_KEY_NET:
		return net_set(def, value, err);
	case COMB_KEY_BRIDGE:
		return comb_value_bridge(def, value, err);
	case COMB_KEY_CLUSTER:
		return cluster_set(def, value, err);
	case COMB_KEY_PRIVATE:
		return comb_value_private(def, value, err);
	case COMB_KEY_HEARTBEAT:
		return comb_value_time(&def->heartbeat_ms, value, COMB_HEARTBEAT_MIN_MS,
				       COMB_HEARTBEAT_MAX_MS, "a heartbeat every", "10ms to 60s",
				       err);
	default:
		return comb_watch_set(&def->watch, id, value, line, err);
	}
}

/*
 * On the command line an empty value is more likely an unset shell variable
 * than the wish for a default; only texts may be empty there.
 */
static int empty_set(struct comb_definition *def, enum comb_key_id id, unsigned int line,
		     struct comb_error *err)
{
	if (!line && id != COMB_KEY_APPEND && !comb_keys[id].repeats) {
		comb_fail(err, COMB_USAGE, "the value of %s is empty", comb_keys[id].key);
		return comb_hint(err, "--%s %s", comb_keys[id].option ?: "", comb_keys[id].argument);
	}
	key_reset(def, id);
	return 0;
}

int comb_definition_set(struct comb_definition *def, enum comb_key_id id, const char *value,
			const char *where, unsigned int line, struct comb_error *err)
{
	size_t length;
	char *trimmed;
	int status;

	if ((unsigned int)id >= COMB_KEYS)
		return comb_fail(err, COMB_FAILED, "unknown key number %d", id);
	value += strspn(value, " \t");
	length = strlen(value);
	while (length && strchr(" \t\r\n", value[length - 1]))
		length--;
	if (!length)
		return empty_set(def, id, line, err);
	if (rival_check(def, id, where, err))
		return -1;
	trimmed = strndup(value, length);
	if (!trimmed)
		return comb_out_of_memory(err);
	status = value_set(def, id, trimmed, line, err);
	free(trimmed);
	if (status)
		return -1;
	if (id == COMB_KEY_CPUS)
		key_reset(def, COMB_KEY_NCPUS);
	if (id == COMB_KEY_NCPUS)
		key_reset(def, COMB_KEY_CPUS);
	return origin_set(&def->origin[id], where, line, err);
}

int comb_definition_set_command(struct comb_definition *def, char *const argv[],
				const char *where, struct comb_error *err)
{
	struct comb_strings copy = {0};

	for (size_t i = 0; argv[i]; i++) {
		if (comb_strings_add(&copy, argv[i])) {
			comb_strings_free(&copy);
			return comb_out_of_memory(err);
		}
	}
	key_reset(def, COMB_KEY_COMMAND);
	if (!copy.count)
		return 0;
	def->command = copy;
	return origin_set(&def->origin[COMB_KEY_COMMAND], where, 0, err);
}
