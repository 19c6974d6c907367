// SPDX-License-Identifier: GPL-2.0-or-later
#include "devices.h"

/* A keeper that is started again must give each device the number it had. */
enum number {
	NUMBER_CONSOLE = 1,
	NUMBER_RNG = 2,
};

/* Takes over @device, which may be NULL. */
static int add(struct bus *bus, struct device *device, unsigned int number)
{
	if (!device)
		return -1;
	if (!device_add(bus, device, number))
		return 0;
	device->ops->free(device);
	return -1;
}

int devices_make(struct bus *bus, const struct comb_definition *def, const struct cell_id *cell)
{
	(void)def;
	if (add(bus, console_new(bus->loop, bus->memory, cell), NUMBER_CONSOLE) ||
	    add(bus, rng_new(bus->loop, bus->memory, cell), NUMBER_RNG))
		return -1;
	return 0;
}
