// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * abi_event_stress - two processes set, signal and close eventfds of a cell at
 * random while it is made, kicks, is stopped and destroyed
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"
#include "abi_machine.h"

#define SECONDS		12
#define OPERATIONS	1000
#define NAME		"eventful"
#define POOL		8
/* Few enough to meet the other process often. */
#define DEVICES		3
#define QUEUES		3

static int pool[POOL];

/* Below @limit. */
static unsigned int any(unsigned int limit)
{
	return random() % limit;
}

static bool is_expected(int err)
{
	return err == EBUSY || err == ENOENT || err == ENODEV;
}

/* False for an error that cannot be. */
static bool operate(int *cell)
{
	unsigned int kind = any(3), which = any(POOL);
	int event = any(4) ? pool[which] : -1;

	switch (any(16)) {
	case 0:
		close(*cell);
		*cell = cell_open(NAME);
		return *cell >= 0 || errno == ENOENT;
	case 1:
	case 2:
		close(pool[which]);
		pool[which] = eventfd(any(2), EFD_CLOEXEC | EFD_NONBLOCK);
		return pool[which] >= 0;
	case 3:
	case 4:
	case 5:
		return !eventfd_write(pool[which], 1) || errno == EAGAIN;
	}
	if (*cell < 0) {
		*cell = cell_open(NAME);
		return *cell >= 0 || errno == ENOENT;
	}
	if (!cell_set_event(*cell, kind, kind ? 1 + any(DEVICES) : 0, kind ? any(QUEUES) : 0,
			    event))
		return true;
	if (errno == ENODEV) {
		close(*cell);
		*cell = -1;
		return true;
	}
	return is_expected(errno);
}

/* Exit status 0: all well; 1: a wrong error; 2: too slow to say anything. */
static void operate_until(time_t end, unsigned int seed)
{
	unsigned int done = 0;
	int cell = -1;

	srandom(seed);
	for (unsigned int i = 0; i < POOL; i++)
		pool[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	while (time(NULL) < end) {
		if (!operate(&cell))
			_exit(1);
		done++;
	}
	/* With all of them set. */
	_exit(done < OPERATIONS ? 2 : 0);
}

static void kick_all(struct machine *m)
{
	volatile struct comb_pending *pending =
		(void *)(m->ram + MAILBOX + COMB_MAILBOX_HOST_PENDING_OFF);

	for (unsigned int i = 1; i <= DEVICES; i++)
		pending->queues[i] = ~0ULL;
	m->args->devices = m->range.start + MAILBOX + COMB_MAILBOX_HOST_PENDING_OFF;
	m->args->device_bits = ~0ULL;
	m->args->queues = m->args->devices + offsetof(struct comb_pending, queues) + 8;
	m->args->queue_bits = ~0ULL;
	m->args->ring = PAYLOAD_KICK | 2;
}

static bool round_run(unsigned int round)
{
	struct machine m;

	if (!machine_make(&m, NAME, &(uint32_t){ 2 + round % 2 }, 1))
		return false;
	machine_doorbell(&m, 0, SECOND_VECTOR);
	if (machine_start(&m))
		return false;
	for (unsigned int i = 0; i < 50; i++) {
		volatile struct comb_pending *pending =
			(void *)(m.ram + MAILBOX + COMB_MAILBOX_CELL_PENDING_OFF);

		kick_all(&m);
		/* As a cell that looks at once: every call rings. */
		pending->devices = 0;
		usleep(any(2000));
	}
	/* A call after the stop must reach nobody, see abi. */
	if (round % 3 == 0 && cell_command(m.fd, COMB_CELL_STOP, 0))
		return false;
	return machine_end(&m);
}

/* The kernel gives the lowest free number: leaks make it grow. */
static long eventfd_number(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	char path[64], line[128];
	long number = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "eventfd-id:", 11))
			number = strtol(line + 11, NULL, 10);
	if (file)
		fclose(file);
	close(fd);
	return number;
}

static bool none_leaked(long before)
{
	/* The last ones go after an RCU grace period. */
	for (int i = 0; i < 50; i++) {
		if (eventfd_number() <= before)
			return true;
		usleep(100000);
	}
	return false;
}

void test_events_stress(void)
{
	long before = eventfd_number();
	time_t end = time(NULL) + SECONDS;
	unsigned int rounds = 0;
	int status, bad = 0;

	check(before >= 0, "eventfds have numbers");
	for (unsigned int seed = 1; seed <= 2; seed++)
		if (!fork())
			operate_until(end, seed);
	while (time(NULL) < end && round_run(rounds))
		rounds++;
	check(time(NULL) >= end && rounds > 2, "%u cells", rounds);
	while (wait(&status) > 0)
		bad += status != 0;
	check(!bad, "%d s of eventfds at random (status %#x)", SECONDS, status);
	check(none_leaked(before), "no eventfd is left");
}
