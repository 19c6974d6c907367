/* SPDX-License-Identifier: GPL-2.0-or-later */
/* definition_assert.h - what the tests of definitions share */
#ifndef DEFINITION_ASSERT_H
#define DEFINITION_ASSERT_H

#include <stdlib.h>

#include "definition.h"

/* @expected: NULL if the key must be unset */
static void assert_value(const struct comb_definition *def, enum comb_key_id id,
			 const char *expected)
{
	char *value = comb_definition_get(def, id);

	if (expected) {
		assert_non_null(value);
		assert_string_equal(value, expected);
	} else {
		assert_null(value);
	}
	free(value);
}

#endif
