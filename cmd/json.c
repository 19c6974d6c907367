// SPDX-License-Identifier: GPL-2.0-or-later
/* json.c - members of the object that --json prints */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>

static struct json_object *have(struct json_object *object)
{
	if (!object) {
		fputs("comb: out of memory\ntry: free some memory\n", stderr);
		exit(COMB_FAILED);
	}
	return object;
}

struct json_object *cli_json_object(struct json_object *array)
{
	struct json_object *object = have(json_object_new_object());

	if (array)
		json_object_array_add(array, object);
	return object;
}

void cli_json_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text ? have(json_object_new_string(text)) : NULL);
}

void cli_json_number(struct json_object *object, const char *key, uint64_t number)
{
	json_object_object_add(object, key, have(json_object_new_uint64(number)));
}

void cli_json_bool(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, have(json_object_new_boolean(value)));
}

void cli_json_null(struct json_object *object, const char *key)
{
	json_object_object_add(object, key, NULL);
}

struct json_object *cli_json_array(struct json_object *object, const char *key)
{
	struct json_object *array;

	if (json_object_object_get_ex(object, key, &array))
		return array;
	array = have(json_object_new_array());
	json_object_object_add(object, key, array);
	return array;
}

void cli_json_cpus(struct json_object *object, const char *key, const struct comb_cpuset *cpus)
{
	struct json_object *array = cli_json_array(object, key);

	for (int cpu = comb_cpuset_next(cpus, 0); cpu >= 0; cpu = comb_cpuset_next(cpus, cpu + 1))
		json_object_array_add(array, have(json_object_new_int(cpu)));
}

void cli_json_strings(struct json_object *object, const char *key,
		      const struct comb_strings *strings)
{
	struct json_object *array = cli_json_array(object, key);

	for (size_t i = 0; i < strings->count; i++)
		json_object_array_add(array, have(json_object_new_string(strings->list[i])));
}
