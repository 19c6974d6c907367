// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <device.h>	/* of the library: the cell file */

#include "backend.h"
#include "bus.h"
#include "cellconfig.h"
#include "cellevent.h"
#include "devices.h"
#include "event.h"
#include "log.h"
#include "ready.h"

/* How soon to look again at a ring that was full. */
#define AGAIN_NS	10000000ULL

/**
 * struct worker - everything it has
 * @job: what to do
 * @cell: one cell file, which eventfds are tied to: no other process gets it
 * @memory_cell: another one, for mappings and back ends
 * @memory: the cell's RAM
 * @loop: the event loop
 * @state: the state file
 * @bus: the devices
 * @channel: message rings, once the cell has started
 * @cell_watch: of @cell
 * @messages: of the bus's eventfd
 * @again: timer for a ring that was full
 * @stop: eventfd, signalled by SIGTERM
 * @gone: the cell has been given back
 * @err: why it fails
 */
struct worker {
	const struct worker_job *job;
	struct comb_cell cell;
	struct comb_cell memory_cell;
	struct memory memory;
	struct loop *loop;
	struct state *state;
	struct bus bus;
	struct channel channel;
	struct loop_watch cell_watch;
	struct loop_watch messages;
	struct loop_watch again;
	struct loop_watch stop;
	bool gone;
	struct comb_error err;
};

static int stop_event = -1;

static void stop_caught(int number)
{
	int error = errno;

	(void)number;
	event_signal(stop_event);
	errno = error;
}

static void pipe_caught(int number)
{
	(void)number;
}

/* ---- the cell's life ---- */

static bool is_down(uint32_t state)
{
	return state == COMB_STATE_STOPPED || state == COMB_STATE_PANIC ||
	       state == COMB_STATE_LOST;
}

static void serve(struct worker *worker)
{
	if (bus_serve(&worker->bus))
		loop_timer_set(worker->loop, &worker->again, AGAIN_NS);
}

static void cell_began(struct worker *worker)
{
	const struct comb_cell_get *get = &worker->cell.get;

	if (get->mailbox_offset > worker->memory.bytes ||
	    worker->memory.bytes - get->mailbox_offset < COMB_MAILBOX_SIZE ||
	    channel_open(&worker->channel, worker->memory.base + get->mailbox_offset,
			 worker->cell.fd)) {
		keeper_log(NULL, "the cell's mailbox is not of version %d",
			   COMB_MAILBOX_VERSION);
		return;
	}
	worker->state->started_ns = get->started_ns;
	worker->bus.ended = is_down(get->state);
	bus_start(&worker->bus, &worker->channel);
	serve(worker);
}

static void cell_look(struct worker *worker)
{
	struct comb_error err = { 0 };

	if (comb_cell_refresh(&worker->cell, &err)) {
		keeper_log(NULL, "%s", err.what);
		worker->gone = err.status == COMB_NO_CELL;
		loop_end(worker->loop);
		return;
	}
	if (!(worker->cell.get.flags & COMB_CELL_STARTED))
		return;
	if (!worker->bus.channel)
		cell_began(worker);
	else if (!worker->bus.ended && is_down(worker->cell.get.state))
		bus_stop(&worker->bus);
}

static void cell_ready(struct loop_watch *watch, uint32_t events)
{
	struct worker *worker = watch->data;

	if (events & (EPOLLHUP | EPOLLERR)) {
		worker->gone = true;
		loop_end(worker->loop);
	} else {
		cell_look(worker);
	}
}

static void messages_ready(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	event_take(watch->fd);
	serve(watch->data);
}

static void again_ready(struct loop_watch *watch, uint32_t events)
{
	(void)events;
	loop_timer_take(watch);
	serve(watch->data);
}

static void stop_ready(struct loop_watch *watch, uint32_t events)
{
	struct worker *worker = watch->data;

	(void)events;
	loop_end(worker->loop);
}

/* ---- set up ---- */

static int fail_errno(struct worker *worker, const char *what)
{
	return comb_fail(&worker->err, COMB_FAILED, "%s: %s", what, strerror(errno));
}

static int open_cell(struct worker *worker)
{
	struct comb_error *err = &worker->err;
	const char *name = worker->job->name;
	int status, device = comb_device_open(false, err);

	if (device < 0)
		return -1;
	status = comb_cell_open(device, name, &worker->cell, err) ||
		 comb_cell_open(device, name, &worker->memory_cell, err) ||
		 comb_cell_refresh(&worker->cell, err);
	close(device);
	return status ? -1 : 0;
}

static int map_memory(struct worker *worker)
{
	struct memory *memory = &worker->memory;
	const struct comb_cell *cell = &worker->cell;

	memory->fd = worker->memory_cell.fd;
	memory->nr_ranges = cell->get.nr_ranges;
	if (memory->nr_ranges && memory->nr_ranges <= COMB_CELL_RANGES_MAX)
		memcpy(memory->ranges, cell->ranges,
		       memory->nr_ranges * sizeof(memory->ranges[0]));
	return memory_map(memory) ? fail_errno(worker, "its RAM cannot be mapped") : 0;
}

static int open_state(struct worker *worker)
{
	const struct comb_cell_get *get = &worker->cell.get;
	char path[160];

	snprintf(path, sizeof(path), "%s/devices", worker->job->rundir->path);
	worker->state = state_open(path, get->id, get->started_ns, &worker->bus.resumed);
	if (!worker->state)
		return fail_errno(worker, path);
	/* Left by a keeper of another cell of this name. */
	if (!worker->bus.resumed) {
		rundir_unlink(worker->job->rundir, "console.log");
		backend_end_all(worker->job->rundir->path);
	}
	return 0;
}

static int make_devices(struct worker *worker)
{
	struct comb_definition def;
	struct cell_id id = {
		.id = worker->cell.get.id,
		.cpus = worker->cell.get.nr_cpus,
	};
	int status;

	snprintf(id.name, sizeof(id.name), "%s", worker->job->name);
	snprintf(id.directory, sizeof(id.directory), "%s", worker->job->rundir->path);
	status = cellconfig_load(&def, worker->job->rundir->path, worker->job->config,
				 worker->job->name, &worker->err);
	if (!status && def.devices && devices_make(&worker->bus, &def, &id)) {
		comb_fail(&worker->err, COMB_FAILED, "%s", keeper_log_last());
		status = comb_hint(&worker->err, "%s", keeper_log_hint());
	}
	comb_definition_free(&def);
	return status;
}

static int watch_all(struct worker *worker)
{
	struct loop_watch watch = { .data = worker };

	worker->again = worker->cell_watch = worker->messages = worker->stop = watch;
	worker->again.ready = again_ready;
	worker->cell_watch.ready = cell_ready;
	worker->cell_watch.fd = worker->cell.fd;
	worker->messages.ready = messages_ready;
	worker->messages.fd = worker->bus.messages;
	worker->stop.ready = stop_ready;
	worker->stop.fd = stop_event;
	if (loop_add(worker->loop, &worker->cell_watch, EPOLLIN) ||
	    loop_add(worker->loop, &worker->messages, EPOLLIN) ||
	    loop_add(worker->loop, &worker->stop, EPOLLIN))
		return fail_errno(worker, "epoll");
	if (cell_event_set(worker->cell.fd, COMB_EVENT_MESSAGES, worker->bus.messages, 0, 0))
		return fail_errno(worker, "no eventfd can be tied to it");
	return 0;
}

static int catch_signals(void)
{
	/* Handlers, because back ends must not inherit blocked or ignored signals. */
	struct sigaction stop = { .sa_handler = stop_caught, .sa_flags = SA_RESTART };
	struct sigaction ignore = { .sa_handler = pipe_caught, .sa_flags = SA_RESTART };

	stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return stop_event < 0 || sigaction(SIGTERM, &stop, NULL) ||
	       sigaction(SIGINT, &stop, NULL) || sigaction(SIGHUP, &stop, NULL) ||
	       sigaction(SIGPIPE, &ignore, NULL) ? -1 : 0;
}

static int set_up(struct worker *worker)
{
	struct bus *bus = &worker->bus;

	if (catch_signals())
		return fail_errno(worker, "signals");
	worker->loop = loop_new();
	bus->messages = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!worker->loop || bus->messages < 0)
		return fail_errno(worker, "event loop");
	if (open_cell(worker) || map_memory(worker) || open_state(worker))
		return -1;
	bus->loop = worker->loop;
	bus->memory = &worker->memory;
	bus->cell = worker->cell.fd;
	bus->state = worker->state;
	return watch_all(worker) || make_devices(worker) ? -1 : 0;
}

/* While the cell goes on its back ends do too: this end is like any other death. */
static bool is_needed_no_more(const struct worker *worker)
{
	return worker->gone || !(worker->bus.resumed || worker->bus.channel);
}

/* It could not even begin: there is nothing another keeper could go on with. */
static bool has_never_served(const struct worker *worker)
{
	return worker->err.status && worker->state && is_needed_no_more(worker);
}

static void give_back(struct worker *worker)
{
	bool vain = has_never_served(worker);

	if (is_needed_no_more(worker))
		bus_free(&worker->bus);
	state_close(worker->state);
	memory_unmap(&worker->memory);
	comb_cell_close(&worker->cell);
	comb_cell_close(&worker->memory_cell);
	if (worker->loop) {
		loop_timer_free(worker->loop, &worker->again);
		loop_free(worker->loop);
	}
	if (worker->bus.messages >= 0)
		close(worker->bus.messages);
	if (worker->gone || vain)
		rundir_remove(worker->job->rundir);
}

int worker_run(const struct worker_job *job, int ready_fd)
{
	struct worker worker = {
		.job = job,
		.cell.fd = -1,
		.memory_cell.fd = -1,
		.bus.messages = -1,
	};

	if (set_up(&worker)) {
		ready_error(ready_fd, &worker.err);
	} else {
		if (job->log)
			rundir_log(job->rundir);
		ready_line(ready_fd);
		/* What has happened before the first poll() is seen now. */
		cell_look(&worker);
		if (!worker.gone && loop_run(worker.loop)) {
			fail_errno(&worker, "epoll");
			keeper_log(NULL, "%s", worker.err.what);
		}
	}
	give_back(&worker);
	return worker.err.status;
}
