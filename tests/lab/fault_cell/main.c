// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - insmod fault_cell.ko fault=NAME; see fault.h
 *
 * The module stays: threads and callbacks of a fault may be in its code for good.
 */
#include <linux/module.h>
#include <linux/string.h>

#include "fault.h"

static char *fault = "";
module_param(fault, charp, 0444);
MODULE_PARM_DESC(fault, "what goes wrong");

static int __init fault_init(void)
{
	unsigned int i;

	for (i = 0; i < nr_faults; i++) {
		if (strcmp(faults[i].name, fault))
			continue;
		pr_info("fault_cell: %s\n", fault);
		return faults[i].inject();
	}
	pr_err("fault_cell: there is no fault \"%s\"\n", fault);
	return -EINVAL;
}
module_init(fault_init);

MODULE_DESCRIPTION("Comb: faults of a cell's kernel");
MODULE_AUTHOR("The Comb authors");
MODULE_LICENSE("GPL");
