// SPDX-License-Identifier: GPL-2.0-or-later
#include "table.h"

#include <stdint.h>
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

	if (table->rows == table->room) {
		size_t room = 2 * table->room + 8;
		char **cells = cli_calloc(room * table->columns, sizeof(*cells));

		if (used)
			memcpy(cells, table->cells, used * sizeof(*cells));
		free(table->cells);
		table->cells = cells;
		table->room = room;
	}
	for (size_t i = 0; i < table->columns; i++)
		table->cells[used + i] = cli_format("%s", texts[i] && *texts[i] ? texts[i] : "-");
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

/* @left: columns of the line that may be used. Returns what is left behind it. */
static size_t print_cell(const char *text, size_t width, bool right, bool last, const char *colour,
			 size_t left)
{
	size_t length = strlen(text), before = right ? width - length : 0;

	if (before > left)
		before = left;
	if (length > left - before)
		length = left - before;
	/* The padding stays outside the colour, the last column has none. */
	printf("%*s%s%.*s%s", (int)before, "", colour, (int)length, text, *colour ? "\033[0m" : "");
	left -= before + length;
	width += 2 - before - strlen(text);
	if (last || left < width)
		return last ? left : 0;
	printf("%*s", (int)width, "");
	return left - width;
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
		size_t left = table->most ? table->most : SIZE_MAX;

		for (size_t i = 0; i < table->columns; i++) {
			const char *text = table->cells[row * table->columns + i];
			bool paint = colour && row && (int)i == state_column;

			left = print_cell(text, width[i], table->right[i], i + 1 == table->columns,
					  paint ? state_colour(text) : "", left);
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
