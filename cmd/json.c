// SPDX-License-Identifier: GPL-2.0-or-later
/* json.c - members of the object that --json prints */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* How many bytes the character at @at has; 0 if it is none. RFC 3629, 4 */
static size_t utf8_length(const unsigned char *at, size_t left)
{
	static const struct {
		unsigned char first, last, low, high;	/* first byte, range of the second */
		size_t length;
	} forms[] = {
		{ 0x00, 0x7f, 0, 0, 1 },
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (*at < forms[i].first || *at > forms[i].last)
			continue;
		if (left < forms[i].length ||
		    (forms[i].length > 1 && (at[1] < forms[i].low || at[1] > forms[i].high)))
			return 0;
		for (size_t next = 2; next < forms[i].length; next++)
			if ((at[next] & 0xc0) != 0x80)
				return 0;
		return forms[i].length;
	}
	return 0;
}

void cli_json_bytes(struct json_object *object, const char *key, const char *data, size_t size)
{
	static const char unknown[] = "\xef\xbf\xbd";
	/* At most three times as long */
	char *text = cli_calloc(size, 3), *end = text;

	while (size) {
		size_t length = utf8_length((const unsigned char *)data, size);

		if (length)
			end = mempcpy(end, data, length);
		else
			end = mempcpy(end, unknown, sizeof(unknown) - 1);
		data += length ? length : 1;
		size -= length ? length : 1;
	}
	json_object_object_add(object, key, have(json_object_new_string_len(text, end - text)));
	free(text);
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
