/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show.h - facts as JSON, and JSON as text: what --json prints and what people read is the same */
#ifndef CMD_SHOW_H
#define CMD_SHOW_H

#include "cli.h"

/* Everything about a cell; errors as in status_cell(). */
struct json_object *show_cell(struct cli *cli, const char *name, struct comb_error *err);
/* Everything about the machine. */
struct json_object *show_host(struct cli *cli, struct comb_error *err);

void show_print_cell(struct json_object *cell);
void show_print_host(struct json_object *host);

#endif
