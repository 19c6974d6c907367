// SPDX-License-Identifier: GPL-2.0-or-later
/* show_text.c - the facts of `comb show` for people */
#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "size.h"
#include "status.h"

#define LABEL	15

static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return value;
}

static const char *text(struct json_object *object, const char *key)
{
	struct json_object *value = member(object, key);

	return value ? json_object_get_string(value) : "-";
}

static uint64_t number(struct json_object *object, const char *key)
{
	return json_object_get_uint64(member(object, key));
}

static void print_line(const char *label, const char *value)
{
	printf("  %-*s %s\n", LABEL, label, value);
}

static void print_size(const char *label, uint64_t bytes)
{
	char buffer[32];

	print_line(label, comb_size_format(bytes, buffer, sizeof(buffer)));
}

static void print_cpus(struct json_object *object)
{
	struct json_object *cpus = member(object, "cpus");
	struct comb_cpuset set = { 0 };
	char buffer[1024];

	for (size_t i = 0; cpus && i < json_object_array_length(cpus); i++)
		comb_cpuset_add(&set, json_object_get_int(json_object_array_get_idx(cpus, i)));
	if (!comb_cpuset_count(&set))
		return;
	comb_cpuset_format(&set, buffer, sizeof(buffer));
	print_line("cpus", buffer);
}

static void print_status(struct json_object *kernel)
{
	uint64_t uptime = number(kernel, "uptime_ns");
	char buffer[32];

	printf("%s\n", text(kernel, "name"));
	if (!member(kernel, "state"))
		return;
	print_line("state", text(kernel, "state"));
	if (member(kernel, "health"))
		print_line("health", text(kernel, "health"));
	if (member(kernel, "reason"))
		print_line("reason", text(kernel, "reason"));
	if (uptime)
		print_line("uptime", status_uptime(uptime, buffer, sizeof(buffer)));
	if (member(kernel, "kernel"))
		print_line("kernel", text(kernel, "kernel"));
	print_cpus(kernel);
	if (number(kernel, "memory"))
		print_size("memory", number(kernel, "memory"));
}

/* A list has one entry a line; the place stands behind the first. */
static void print_key(struct json_object *key)
{
	struct json_object *value = member(key, "value");
	const char *line = value ? json_object_get_string(value) : "-", *end;
	char where[512];

	snprintf(where, sizeof(where), "%s", text(key, "where"));
	if (member(key, "line"))
		snprintf(where + strlen(where), sizeof(where) - strlen(where), ":%" PRIu64,
			 number(key, "line"));
	end = strchrnul(line, '\n');
	printf("  %-*s %-24.*s %s\n", LABEL, text(key, "key"), (int)(end - line), line, where);
	while (*end) {
		line = end + 1;
		end = strchrnul(line, '\n');
		printf("  %-*s %.*s\n", LABEL, "", (int)(end - line), line);
	}
}

static void print_each(struct json_object *object, const char *key, const char *heading,
		       void (*print)(struct json_object *element))
{
	struct json_object *array = member(object, key);

	if (!array || !json_object_array_length(array))
		return;
	printf("\n%s\n", heading);
	for (size_t i = 0; i < json_object_array_length(array); i++)
		print(json_object_array_get_idx(array, i));
}

static void print_cpu(struct json_object *cpu)
{
	printf("  CPU %-10" PRIu64 " APIC ID %" PRIu64 ", node %" PRIu64
	       ", core of CPU %" PRIu64 "\n", number(cpu, "cpu"), number(cpu, "apic_id"),
	       number(cpu, "node"), number(cpu, "core"));
}

static void print_extent(struct json_object *range, const char *what)
{
	uint64_t start = number(range, "start"), bytes = number(range, "bytes");
	char size[32];

	printf("  %#018" PRIx64 "-%#018" PRIx64 "  %8s  %s\n", start, start + bytes - 1,
	       comb_size_format(bytes, size, sizeof(size)), what);
}

static void print_range(struct json_object *range)
{
	char node[32];

	snprintf(node, sizeof(node), "node %" PRIu64, number(range, "node"));
	print_extent(range, node);
}

static void print_bridge(struct json_object *bridge)
{
	print_extent(bridge, text(bridge, "name"));
}

static void print_e820(struct json_object *entry)
{
	static const char *const types[] = { "?", "usable", "reserved", "ACPI" };
	uint64_t type = number(entry, "type");

	print_extent(entry, types[type < 4 ? type : 0]);
}

static void print_low(struct json_object *low)
{
	if (low)
		print_extent(low, json_object_get_boolean(member(low, "shared")) ?
			     "low memory, shared" : "low memory");
}

static void print_addresses(struct json_object *at)
{
	char line[64];

	if (!at)
		return;
	puts("\nImage");
	json_object_object_foreach(at, key, value) {
		snprintf(line, sizeof(line), "%#" PRIx64, json_object_get_uint64(value));
		print_line(key, line);
	}
}

void show_print_cell(struct json_object *cell)
{
	struct json_object *image = member(cell, "image");

	print_status(cell);
	print_each(cell, "definition", "Definition", print_key);
	if (image) {
		puts("\nBoots");
		print_line("image", text(image, "path"));
		print_line("release", text(image, "release"));
		print_line("modules", text(image, "modules"));
	}
	if (member(cell, "command_line"))
		print_line("command line", text(cell, "command_line"));
	print_each(cell, "cpu_list", "CPUs", print_cpu);
	print_each(cell, "ranges", "RAM", print_range);
	print_low(member(cell, "low_memory"));
	print_each(cell, "bridges", "Bridges", print_bridge);
	print_addresses(member(cell, "addresses"));
	print_each(cell, "memory_map", "Memory map", print_e820);
}

void show_print_host(struct json_object *host)
{
	static const char *const numbers[] = {
		"boot_apic_id", "lapic_address", "tsc_khz", "low_slices", "low_slices_free",
		"cells", "doorbells",
	};
	char line[64];

	print_status(host);
	print_size("memory lent", number(host, "memory_lent"));
	print_line("comb.ko", json_object_get_boolean(member(host, "module")) ?
		   "loaded" : "not loaded");
	if (!member(host, "x2apic"))
		return;
	print_line("APIC mode", json_object_get_boolean(member(host, "x2apic")) ?
		   "x2APIC" : "xAPIC");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		snprintf(line, sizeof(line), strstr(numbers[i], "address") ? "%#" PRIx64 :
			 "%" PRIu64, number(host, numbers[i]));
		print_line(numbers[i], line);
	}
}
