// SPDX-License-Identifier: GPL-2.0-or-later
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

void table_init(struct table *table, size_t columns, const char *const heading[])
{
	memset(table, 0, sizeof(*table));
	table->columns = columns;
	table_row(table, heading);
}

void table_row(struct table *table, const char *const texts[])
{
	size_t used = table->rows * table->columns;
	char **cells = cli_calloc(used + table->columns, sizeof(*cells));

	if (used)
		memcpy(cells, table->cells, used * sizeof(*cells));
	for (size_t i = 0; i < table->columns; i++)
		cells[used + i] = cli_format("%s", texts[i] && *texts[i] ? texts[i] : "-");
	free(table->cells);
	table->cells = cells;
	table->rows++;
}

/* Green what works, red what does not, yellow what is on its way. */
static const char *state_colour(const char *text)
{
	static const struct {
		const char *state;
		const char *colour;
	} colours[] = {
		{ "running", "\033[32m" }, { "loading", "\033[33m" }, { "booting", "\033[33m" },
		{ "stopping", "\033[33m" }, { "panic", "\033[31m" }, { "hung", "\033[31m" },
		{ "lost", "\033[31m" },
	};

	for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
		if (!strcmp(text, colours[i].state))
			return colours[i].colour;
	return "";
}

static void print_cell(const char *text, size_t width, bool last, const char *colour)
{
	/* The padding stays outside the colour, the last column has none. */
	printf("%s%s%s", colour, text, *colour ? "\033[0m" : "");
	if (!last)
		printf("%*s", (int)(width - strlen(text) + 2), "");
}

void table_print(const struct table *table, bool colour, int state_column)
{
	size_t width[TABLE_COLUMNS_MAX] = { 0 };

	for (size_t i = 0; i < table->rows * table->columns; i++) {
		size_t length = strlen(table->cells[i]);

		if (length > width[i % table->columns])
			width[i % table->columns] = length;
	}
	for (size_t row = 0; row < table->rows; row++) {
		for (size_t i = 0; i < table->columns; i++) {
			const char *text = table->cells[row * table->columns + i];
			bool paint = colour && row && (int)i == state_column;

			print_cell(text, width[i], i + 1 == table->columns,
				   paint ? state_colour(text) : "");
		}
		putchar('\n');
	}
}

void table_free(struct table *table)
{
	for (size_t i = 0; i < table->rows * table->columns; i++)
		free(table->cells[i]);
	free(table->cells);
}
