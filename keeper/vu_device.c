// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vu_device.c - life of a device that a vhost-user back end serves
 */
#include "vu_device.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <linux/virtio_config.h>

#include "event.h"

#define NS_PER_MS	1000000ULL
#define ANSWER_MS	10000
#define DRAIN_MS	10000
#define END_MS		10000
/* A back end that dies this often, each time so soon, cannot stand its rings. */
#define DEATHS_MAX	5
#define SOON_NS		(500 * NS_PER_MS)
#define RETRY_NS	(1000 * NS_PER_MS)
#define RETRY_SHIFT_MAX	5

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 * NS_PER_MS + now.tv_nsec;
}

static struct vu_device *vu_device_of(struct device *device)
{
	return (struct vu_device *)device;
}

static const char *error_text(void)
{
	return errno == EPROTO ? "it does not keep to the vhost-user protocol" : strerror(errno);
}

/* After this every exchange has to begin anew. */
static void connection_end(struct vu_device *vud, int timeout_ms)
{
	int saved = errno;

	backend_end(&vud->backend, timeout_ms);
	vud->vu.socket = -1;
	errno = saved;
}

static int connection_begin(struct vu_device *vud, bool adopted)
{
	struct vhost_user *vu = &vud->vu;

	vu->socket = vud->backend.socket;
	vu->timeout_ms = ANSWER_MS;
	if ((!adopted || !vhost_user_resync(vu)) &&
	    !vhost_user_negotiate(vu, vud->extra, adopted &&
				  vud->backend.record->progress == BACKEND_READY))
		return 0;
	connection_end(vud, 0);
	return -1;
}

int vu_device_connect(struct vu_device *vud)
{
	const char *command = vud->backend.argv[0];
	int adopted = backend_adopt(&vud->backend);

	/* One that is just dying can be found, but does not answer. */
	if (adopted > 0 && !connection_begin(vud, true))
		return 0;
	if (adopted < 0 || backend_spawn(&vud->backend)) {
		keeper_log(&vud->device, "cannot run %s: %s", command, strerror(errno));
		return -1;
	}
	if (!connection_begin(vud, false))
		return 0;
	/* What it said is in the log and tells more than a closed connection. */
	if (errno != ECONNRESET)
		keeper_log(&vud->device, "%s: %s", command, error_text());
	return -1;
}

/* The file is there before any queue is started, so without it nothing was begun. */
static bool queues_untouched(const struct device *device)
{
	for (unsigned int i = 0; i < device->nr_queues; i++)
		if (queue_used_index(device, i))
			return false;
	return true;
}

static int inflight_find(struct vu_device *vud, unsigned int queue_size, bool resumed)
{
	const struct device *device = &vud->device;

	if (resumed && !inflight_open(&vud->inflight, device->nr_queues, queue_size))
		return 0;
	if (resumed && !(errno == ENOENT && queues_untouched(device)))
		return -1;
	return inflight_create(&vud->inflight, device->nr_queues, queue_size);
}

static int inflight_setup(struct vu_device *vud, bool resumed)
{
	struct device *device = &vud->device;

	if (!(vud->vu.protocol & VHOST_USER_PROTOCOL_INFLIGHT_SHMFD)) {
		if (!resumed)
			return 0;
		errno = ENOTSUP;	/* nobody knows what the dead one had taken */
		return -1;
	}
	if (inflight_find(vud, device->queues[0].max, resumed))
		return -1;
	return vhost_user_set_inflight(&vud->vu, &vud->inflight.region);
}

/* Notifications in both directions may have been lost while nobody listened. */
static void queues_wake(struct device *device)
{
	for (unsigned int i = 0; i < device->nr_queues; i++) {
		if (!device->queues[i].size)
			continue;
		event_signal(device->queues[i].kick);
		event_signal(device->queues[i].call);
	}
}

static int queues_start(struct vu_device *vud, const uint16_t *bases)
{
	struct device *device = &vud->device;

	for (unsigned int i = 0; i < device->nr_queues; i++) {
		if (!device->queues[i].size)
			continue;
		if (vhost_user_start_queue(&vud->vu, i, &device->queues[i],
					   bases ? bases[i] : queue_used_index(device, i)))
			return -1;
	}
	vud->backend.record->progress = BACKEND_READY;
	vud->ready_ns = clock_ns();
	vud->failures = 0;
	queues_wake(device);
	return 0;
}

/* Tell a fresh back end everything. With @resumed it goes on where a dead one was. */
static int backend_setup(struct vu_device *vud, bool resumed)
{
	struct device *device = &vud->device;

	if (device->accepted & ~vud->vu.features) {
		errno = ENOTSUP;
		return -1;
	}
	vud->backend.record->progress = BACKEND_BEGUN;
	if (vhost_user_set_features(&vud->vu, device->accepted) ||
	    vhost_user_set_memory(&vud->vu, device->memory) || inflight_setup(vud, resumed) ||
	    queues_start(vud, NULL))
		return -1;
	if (resumed && vud->resumed_fresh)
		vud->resumed_fresh(vud);
	return 0;
}

static bool requests_drained(struct vu_device *vud, int timeout_ms)
{
	const struct timespec step = { .tv_nsec = NS_PER_MS };

	for (int waited = 0; inflight_count(&vud->inflight); waited++) {
		if (waited >= timeout_ms)
			return false;
		nanosleep(&step, NULL);
	}
	return true;
}

/*
 * Give an adopted back end this keeper's eventfds. Nobody has kicked it since
 * the last keeper died, so it comes to rest by itself. It must have: a queue
 * that is started again looks up what is unfinished and does that once more.
 */
static int backend_reattach(struct vu_device *vud)
{
	struct device *device = &vud->device;
	uint16_t bases[COMB_QUEUES_MAX];
	unsigned int size = device->queues[0].max;
	bool tracked = vud->vu.protocol & VHOST_USER_PROTOCOL_INFLIGHT_SHMFD;

	if ((tracked && inflight_open(&vud->inflight, device->nr_queues, size)) ||
	    !requests_drained(vud, DRAIN_MS))
		return -1;
	vud->backend.record->progress = BACKEND_BEGUN;
	for (unsigned int i = 0; i < device->nr_queues; i++)
		if (device->queues[i].size && vhost_user_stop_queue(&vud->vu, i, &bases[i]))
			return -1;
	if (!requests_drained(vud, 0))
		return -1;
	return queues_start(vud, bases);
}

/*
 * In the place of one that died. -1: there is none, it is worth trying later.
 * One that dies over the rings does so whenever it looks at them.
 */
static int backend_restart(struct vu_device *vud)
{
	struct device *device = &vud->device;

	for (;;) {
		if (vud->deaths >= DEATHS_MAX) {
			device_break(device, "%s ends again and again", vud->backend.argv[0]);
			return 0;
		}
		if (vu_device_connect(vud))
			return -1;
		if (!backend_setup(vud, true))
			return 0;
		connection_end(vud, 0);
		keeper_log(device, "%s cannot go on: %s", vud->backend.argv[0], error_text());
		vud->deaths++;
	}
}

static void backend_retry(struct vu_device *vud)
{
	unsigned int shift = vud->failures < RETRY_SHIFT_MAX ? vud->failures : RETRY_SHIFT_MAX;

	vud->failures++;
	if (loop_timer_set(vud->device.loop, &vud->retry, RETRY_NS << shift))
		device_break(&vud->device, "no timer: %s", strerror(errno));
}

static void retry_ready(struct loop_watch *watch, uint32_t events)
{
	struct vu_device *vud = watch->data;

	(void)events;
	loop_timer_take(watch);
	if (vud->started && vud->backend.socket < 0 && backend_restart(vud))
		backend_retry(vud);
}

static void backend_died(struct backend *backend)
{
	struct vu_device *vud = backend->data;

	vud->vu.socket = -1;
	if (!vud->started)
		return;		/* start() makes another */
	if (!(vud->vu.protocol & VHOST_USER_PROTOCOL_INFLIGHT_SHMFD)) {
		device_break(&vud->device, "its back end is gone, and the requests it had with it");
		return;
	}
	vud->deaths = clock_ns() - vud->ready_ns < SOON_NS ? vud->deaths + 1 : 1;
	if (backend_restart(vud))
		backend_retry(vud);
}

void vu_device_init(struct vu_device *vud, struct loop *loop, const struct memory *memory,
		    const struct cell_id *cell, const char *name)
{
	vud->device.loop = loop;
	vud->device.memory = memory;
	backend_init(&vud->backend, &vud->device, loop, cell->directory, name);
	vud->backend.died = backend_died;
	vud->backend.data = vud;
	inflight_init(&vud->inflight, cell->directory, name);
	vud->vu.socket = -1;
	vud->retry = (struct loop_watch) { .fd = -1, .ready = retry_ready, .data = vud };
}

int vu_device_start(struct device *device)
{
	struct vu_device *vud = vu_device_of(device);
	bool used = vud->backend.socket >= 0 &&
		vud->backend.record->progress != BACKEND_FRESH;

	if (used && !device->resumed) {
		connection_end(vud, END_MS);
		used = false;
	}
	vud->deaths = 0;
	vud->failures = 0;
	if (used && !backend_reattach(vud))
		goto started;
	if (used) {
		keeper_log(device, "%s cannot be taken over (%s); starting another",
			   vud->backend.argv[0], error_text());
		connection_end(vud, 0);
	}
	if (vud->backend.socket < 0 && vu_device_connect(vud))
		return -1;
	if (backend_setup(vud, device->resumed)) {
		connection_end(vud, 0);
		keeper_log(device, "%s: %s", vud->backend.argv[0], error_text());
		return -1;
	}
started:
	vud->started = true;
	return 0;
}

void vu_device_stop(struct device *device)
{
	struct vu_device *vud = vu_device_of(device);

	vud->started = false;
	loop_timer_free(device->loop, &vud->retry);
	connection_end(vud, END_MS);
	/* Not removed: if the keeper dies now, the next one starts the device again. */
	inflight_close(&vud->inflight);
}

/* A process that waits for a dead disk or server cannot even be killed. */
bool vu_device_is_idle(const struct device *device)
{
	return !backend_is_stray(&((const struct vu_device *)device)->backend);
}

void vu_device_abandon(struct device *device)
{
	struct vu_device *vud = vu_device_of(device);

	if (vud->backend.socket >= 0 && vud->backend.record->progress != BACKEND_FRESH)
		connection_end(vud, 0);
}

void vu_device_close(struct vu_device *vud)
{
	vud->started = false;
	loop_timer_free(vud->device.loop, &vud->retry);
	vud->vu.socket = -1;
	if (backend_free(&vud->backend, END_MS))
		inflight_close(&vud->inflight);
	else
		inflight_remove(&vud->inflight);
}
