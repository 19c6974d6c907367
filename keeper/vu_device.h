/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vu_device.h - what devices served by a vhost-user back end have in common
 *
 * One back-end process serves one life of the driver: it ends when the driver
 * resets the device, and another begins with the next start(). If it dies in
 * between it is started again with the list of requests it had not finished,
 * which is in a file of the cell's directory. If the keeper dies the back end
 * goes on, and the next keeper takes it over.
 */
#ifndef KEEPER_VU_DEVICE_H
#define KEEPER_VU_DEVICE_H

#include "backend.h"
#include "device.h"
#include "inflight.h"
#include "kinds.h"
#include "vhost_user.h"

/**
 * struct vu_device - the common part; kinds embed it as their first member
 * @device: the device
 * @backend: its process; argv and prepare are set by the kind
 * @vu: the connection
 * @inflight: unfinished requests
 * @extra: protocol features it has without saying so
 * @resumed_fresh: optional: a new back end goes on in the place of a dead one
 */
struct vu_device {
	struct device device;
	struct backend backend;
	struct vhost_user vu;
	struct inflight inflight;
	uint64_t extra;
	void (*resumed_fresh)(struct vu_device *vud);
	/* Its own. */
	bool started;
	struct loop_watch retry;
	uint64_t ready_ns;
	unsigned int deaths;
	unsigned int failures;
};

/*
 * Fill in all but ops, queues, type, argv, prepare and extra. @name is of the
 * files, such as "disk0", and the same for the next keeper. All queues have
 * the same maximum.
 */
void vu_device_init(struct vu_device *vud, struct loop *loop, const struct memory *memory,
		    const struct cell_id *cell, const char *name);

/* Find or start the back end and learn its features. 0, or -1 with a line in the log. */
int vu_device_connect(struct vu_device *vud);

/* For struct device_ops */
int vu_device_start(struct device *device);
void vu_device_stop(struct device *device);
bool vu_device_is_idle(const struct device *device);
void vu_device_abandon(struct device *device);

/* End the back end and remove all files, but those of one that was never taken over. */
void vu_device_close(struct vu_device *vud);

#endif
