// SPDX-License-Identifier: GPL-2.0-or-later
/* top_header.c - meters and facts of all kernels, in words; see top.h */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "top.h"

/* "NN[|||||     45.0%] " has to be readable, and more of them are better than longer ones. */
#define METER_WIDTH	19
#define METER_MIN	8
#define NAME_MOST	12
#define LINE_SIZE	512

char *top_meter(char *buffer, size_t width, unsigned int tenths, const char *text)
{
	size_t inside = width - 2, length = strlen(text), bar;

	if (tenths > 1000)
		tenths = 1000;
	if (length + 2 > inside)
		length = 0;
	/* A blank parts the bar from the text. */
	bar = length ? inside - length - 1 : inside;
	buffer[0] = '[';
	memset(buffer + 1, ' ', inside);
	memset(buffer + 1, '|', (bar * tenths + 500) / 1000);
	memcpy(buffer + 1 + inside - length, text, length);
	buffer[width - 1] = ']';
	buffer[width] = '\0';
	return buffer;
}

/**
 * struct writer - lines of one kernel
 * @line: what there is of the present one
 * @column: where meters begin
 * @meter: columns a meter takes, its label and a blank behind it included
 */
struct writer {
	struct comb_strings *lines;
	char line[LINE_SIZE];
	size_t width, column, meter;
};

static void end_line(struct writer *w)
{
	size_t length = strlen(w->line);

	if (length > w->width)
		length = w->width;
	while (length && w->line[length - 1] == ' ')
		length--;
	w->line[length] = '\0';
	comb_strings_add(w->lines, w->line);
	snprintf(w->line, sizeof(w->line), "%*s", (int)w->column, "");
}

static void add_meter(struct writer *w, const char *label, unsigned int tenths, const char *text)
{
	char meter[LINE_SIZE];
	size_t used = strlen(w->line);

	if (used + w->meter > w->width + 1 && used > w->column) {
		end_line(w);
		used = strlen(w->line);
	}
	top_meter(meter, w->meter - strlen(label) - 1, tenths, text);
	snprintf(w->line + used, sizeof(w->line) - used, "%s%s ", label, meter);
}

/* What fits behind the meters, or into a line of its own. */
static void add_facts(struct writer *w, const char *facts)
{
	size_t used = strlen(w->line);

	if (used + strlen(facts) > w->width && used > w->column) {
		end_line(w);
		used = strlen(w->line);
	}
	snprintf(w->line + used, sizeof(w->line) - used, "%s", facts);
}

static unsigned int memory_tenths(const struct comb_snapshot *s)
{
	uint64_t used = s->mem_total - s->mem_available;

	return (unsigned int)((unsigned __int128)used * 1000 / s->mem_total);
}

/* "1.2G" */
static char *rounded(uint64_t bytes, char buffer[16])
{
	static const char units[] = "KMGTP";
	double size = (double)bytes / 1024;
	int unit = 0;

	for (; size >= 1000 && units[unit + 1]; unit++)
		size /= 1024;
	snprintf(buffer, 16, size < 10 ? "%.1f%c" : "%.0f%c", size, units[unit]);
	return buffer;
}

static void memory_text(const struct comb_snapshot *s, char *text, size_t size)
{
	char used[16], total[16];

	snprintf(text, size, "%s/%s", rounded(s->mem_total - s->mem_available, used),
		 rounded(s->mem_total, total));
}

static void facts_text(const struct comb_snapshot *s, char *text, size_t size)
{
	size_t used = snprintf(text, size, "load %u.%02u, %u running", s->load_centi / 100,
			       s->load_centi % 100, s->runnable);

	/* How much of the time some of its tasks had to wait for a CPU. */
	if (s->psi_cpu >= 0 && used < size)
		snprintf(text + used, size - used, ", %u%% wait", (s->psi_cpu + 50) / 100);
}

static void add_full(struct writer *w, const struct top_kernel *kernel)
{
	const struct comb_snapshot *s = &kernel->now.snapshot;
	char label[16], text[64];

	for (size_t i = 0; i < s->nr_cpus; i++) {
		unsigned int tenths = top_cpu_tenths(kernel, i);

		snprintf(label, sizeof(label), "%3u", s->cpus[i].id);
		snprintf(text, sizeof(text), "%u.%u%%", tenths / 10, tenths % 10);
		add_meter(w, label, tenths, text);
	}
	memory_text(s, text, sizeof(text));
	add_meter(w, "Mem", memory_tenths(s), text);
	facts_text(s, text, sizeof(text));
	add_facts(w, text);
	end_line(w);
}

/* One line: a character a CPU, from idle to busy. */
static void add_compact(struct writer *w, const struct top_kernel *kernel)
{
	static const char levels[] = " .:-=+*#%@";
	const struct comb_snapshot *s = &kernel->now.snapshot;
	size_t used = strlen(w->line), most = w->width > used + 30 ? w->width - used - 30 : 1;
	char text[64];

	if (most > sizeof(w->line) / 2)
		most = sizeof(w->line) / 2;
	w->line[used++] = '[';
	for (size_t i = 0; i < s->nr_cpus && i < most; i++)
		w->line[used++] = levels[top_cpu_tenths(kernel, i) * 9 / 1000];
	w->line[used++] = s->nr_cpus > most ? '>' : ']';
	memory_text(s, text, sizeof(text));
	snprintf(w->line + used, sizeof(w->line) - used, " %zu CPU%s, Mem %s", s->nr_cpus,
		 s->nr_cpus == 1 ? "" : "s", text);
	end_line(w);
}

static void begin(struct writer *w, const struct top_kernel *kernel)
{
	snprintf(w->line, sizeof(w->line), "%-*.*s ", (int)w->column - 1, (int)w->column - 1,
		 kernel->now.name);
}

static void add_kernel(struct writer *w, const struct top_kernel *kernel, bool compact)
{
	begin(w, kernel);
	if (!kernel->answered || kernel->now.failed) {
		size_t used = strlen(w->line);

		snprintf(w->line + used, sizeof(w->line) - used, "%s",
			 kernel->answered ? kernel->now.err.what : "...");
		comb_make_printable(w->line);
		end_line(w);
	} else if (compact) {
		add_compact(w, kernel);
	} else {
		add_full(w, kernel);
	}
}

static void writer_init(struct writer *w, const struct top *top, size_t width,
			struct comb_strings *lines)
{
	size_t fit;

	memset(w, 0, sizeof(*w));
	w->lines = lines;
	w->width = width < LINE_SIZE - 1 ? width : LINE_SIZE - 1;
	for (size_t i = 0; i < top->nr_kernels; i++)
		if (strlen(top->kernels[i].now.name) > w->column)
			w->column = strlen(top->kernels[i].now.name);
	if (w->column > NAME_MOST)
		w->column = NAME_MOST;
	w->column++;
	fit = w->width > w->column ? (w->width - w->column + 1) / METER_WIDTH : 0;
	w->meter = fit ? (w->width - w->column + 1) / fit : METER_WIDTH;
	if (w->meter < METER_MIN)
		w->meter = METER_MIN;
	/* Long ones say no more. */
	if (w->meter > 2 * METER_WIDTH)
		w->meter = 2 * METER_WIDTH;
}

static void cut(struct comb_strings *lines, size_t width, size_t most, size_t kernels)
{
	char *last;

	if (lines->count <= most || !most)
		return;
	while (lines->count > most)
		free(lines->list[--lines->count]);
	last = cli_format("and %zu more", kernels - (most - 1));
	if (strlen(last) > width)
		last[width] = '\0';
	free(lines->list[most - 1]);
	lines->list[most - 1] = last;
	lines->list[most] = NULL;
}

void top_header(const struct top *top, size_t width, size_t most, struct comb_strings *lines)
{
	struct writer w;

	memset(lines, 0, sizeof(*lines));
	writer_init(&w, top, width, lines);
	for (size_t i = 0; i < top->nr_kernels; i++)
		add_kernel(&w, &top->kernels[i], false);
	if (lines->count <= most)
		return;
	comb_strings_free(lines);
	for (size_t i = 0; i < top->nr_kernels; i++)
		add_kernel(&w, &top->kernels[i], true);
	cut(lines, width, most, top->nr_kernels);
}
