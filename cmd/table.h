/* SPDX-License-Identifier: GPL-2.0-or-later */
/* table.h - columns on stdout */
#ifndef CMD_TABLE_H
#define CMD_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#define TABLE_COLUMNS_MAX	8

/**
 * struct table - rows of text, printed with every column as wide as it needs
 * @columns: how many
 * @cells: rows * columns strings
 * @rows: how many, the heading included
 * @room: how many fit into @cells
 * @right: columns of numbers, aligned at the right
 * @most: lines are cut off here; 0: they are not
 */
struct table {
	size_t columns;
	char **cells;
	size_t rows;
	size_t room;
	bool right[TABLE_COLUMNS_MAX];
	size_t most;
};

/* The heading: @columns strings. */
void table_init(struct table *table, size_t columns, const char *const heading[]);
/* Append a row; NULL and "" become "-". Texts are copied. */
void table_row(struct table *table, const char *const texts[]);
/* @state_column: coloured by what it says if @colour; -1 for none. */
void table_print(const struct table *table, bool colour, int state_column);
void table_free(struct table *table);

#endif
