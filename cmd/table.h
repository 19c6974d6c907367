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
 */
struct table {
	size_t columns;
	char **cells;
	size_t rows;
};

/* The heading: @columns strings. */
void table_init(struct table *table, size_t columns, const char *const heading[]);
/* Append a row; NULL and "" become "-". Texts are copied. */
void table_row(struct table *table, const char *const texts[]);
/* @state_column: coloured by what it says if @colour; -1 for none. */
void table_print(const struct table *table, bool colour, int state_column);
void table_free(struct table *table);

#endif
