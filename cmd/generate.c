// SPDX-License-Identifier: GPL-2.0-or-later
/* generate.c - comb --generate WHAT, for the build */
#include "generate.h"

#include <string.h>

#include "cli.h"

static const struct {
	const char *what;
	void (*print)(void);
} generators[] = {
	{ "bash", generate_bash },
	{ "zsh", generate_zsh },
	{ "fish", generate_fish },
	{ "man-verbs", generate_man_verbs },
	{ "man-options", generate_man_options },
	{ "man-keys", generate_man_keys },
};

int cli_generate(const char *what, struct comb_error *err)
{
	for (size_t i = 0; i < sizeof(generators) / sizeof(generators[0]); i++) {
		if (strcmp(what, generators[i].what))
			continue;
		generators[i].print();
		return 0;
	}
	comb_fail(err, COMB_USAGE, "cannot generate \"%s\"", what);
	return comb_hint(err, "bash, zsh, fish, man-verbs, man-options or man-keys");
}
