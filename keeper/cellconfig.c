// SPDX-License-Identifier: GPL-2.0-or-later
#include "cellconfig.h"

int cellconfig_load(struct comb_definition *def, const char *copy, const char *config,
		    const char *name, struct comb_error *err)
{
	if (!comb_definition_load_copy(def, copy, name, err))
		return 0;
	if (err->status != COMB_NO_CELL)
		return -1;
	comb_definition_free(def);
	*err = (struct comb_error){ 0 };
	/* One that nobody has defined has what every cell has. */
	if (comb_definition_load(def, config, name, err) && err->status != COMB_NO_CELL)
		return -1;
	*err = (struct comb_error){ 0 };
	return comb_definition_save(def, copy, true, err);
}
