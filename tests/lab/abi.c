// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * abi - the interface of comb.ko, request by request
 *
 * usage: abi GROUP	one group of checks, see groups[]
 *        abi die WHEN	die while owning a cell, see die()
 *
 * Needs CPUs 0 to 3; siblings wants two threads a core, slices 20 CPUs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "abi.h"

int control;

void check(bool good, const char *format, ...)
{
	va_list args;

	printf(good ? "ok " : "not ok ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

void check_errno(long ret, int want, const char *what)
{
	int err = ret < 0 ? errno : 0;

	if (ret < 0 && err == want)
		check(true, "%s: %s", what, strerrorname_np(want));
	else
		check(false, "%s: %s, wanted %s", what, err ? strerrorname_np(err) : "no error",
		      strerrorname_np(want));
}

int cell_create(const char *name)
{
	struct comb_cell_name arg = ARG(comb_cell_name);

	memcpy(arg.name, name, strnlen(name, sizeof(arg.name)));
	return ioctl(control, COMB_CELL_CREATE, &arg);
}

int cell_add_cpus(int fd, const uint32_t *cpus, uint32_t nr, uint32_t flags, uint32_t *culprit)
{
	struct comb_cell_cpus arg = ARG(comb_cell_cpus, .nr = nr, .flags = flags,
					.cpus = (uintptr_t)cpus);
	int ret = ioctl(fd, COMB_CELL_ADD_CPUS, &arg);

	if (culprit)
		*culprit = arg.culprit;
	return ret;
}

int cell_add_memory(int fd, uint64_t bytes, uint64_t min_range, int node, uint64_t *available)
{
	struct comb_cell_memory arg = ARG(comb_cell_memory, .bytes = bytes,
					  .min_range = min_range, .node = node);
	int ret = ioctl(fd, COMB_CELL_ADD_MEMORY, &arg);

	if (available)
		*available = arg.available;
	return ret;
}

int cell_open(const char *name)
{
	struct comb_cell_name arg = ARG(comb_cell_name);

	memcpy(arg.name, name, strnlen(name, sizeof(arg.name)));
	return ioctl(control, COMB_CELL_OPEN, &arg);
}

int cell_set_event(int fd, uint32_t kind, uint16_t device, uint16_t queue, int event)
{
	struct comb_cell_event arg = ARG(comb_cell_event, .kind = kind, .device = device,
					 .queue = queue, .fd = event);

	return ioctl(fd, COMB_CELL_SET_EVENT, &arg);
}

int cell_command(int fd, unsigned long command, uint32_t argument)
{
	struct comb_cell_command arg = ARG(comb_cell_command, .argument = argument);

	return ioctl(fd, command, &arg);
}

struct comb_cell_get cell_get(int fd, struct comb_range *range)
{
	struct comb_cell_get arg = ARG(comb_cell_get, .ranges = (uintptr_t)range,
				       .nr_ranges = range ? 1 : 0);

	if (ioctl(fd, COMB_CELL_GET, &arg) < 0)
		memset(&arg, 0xff, sizeof(arg));
	return arg;
}

static bool sysfs_read(const char *file, char *text, size_t size)
{
	char path[256];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), SYSFS "%s", file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, size - 1);
		close(fd);
	}
	text[n < 0 ? 0 : n] = 0;
	text[strcspn(text, "\n")] = 0;
	return n >= 0;
}

bool sysfs_is(const char *file, const char *want)
{
	char text[4096];

	return sysfs_read(file, text, sizeof(text)) && !strcmp(text, want);
}

uint64_t sysfs_number(const char *file)
{
	char text[64];

	return sysfs_read(file, text, sizeof(text)) ? strtoull(text, NULL, 0) : UINT64_MAX;
}

bool cpu_set_online(int cpu, char what)
{
	char path[80];
	bool done;
	int fd;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	done = fd >= 0 && write(fd, &what, 1) == 1;
	close(fd);
	return done;
}

void check_limbo_ends(const int pipes[2], char byte)
{
	char found = 0;

	check(read(pipes[0], &found, 1) == 1 && found == byte, "and unchanged");
	close(pipes[0]);
	close(pipes[1]);
	for (int tries = 0; tries < 50 && sysfs_number("limbo_memory"); tries++)
		usleep(100000);
	check(!sysfs_number("limbo_memory"), "nothing stays in limbo");
}

/*
 * Die by SIGKILL while owning a cell: with "empty" nothing, "cpus" two CPUs,
 * "memory" CPUs and RAM, "mapped" RAM in use, "during" while a thread of
 * control is inside the request for RAM.
 */
static void die(const char *when)
{
	static const uint32_t cpus[] = { 2, 3 };
	int fd = cell_create("victim");

	if (fd < 0)
		exit(1);
	if (!strcmp(when, "empty"))
		raise(SIGKILL);
	if (cell_add_cpus(fd, cpus, 2, 0, NULL))
		exit(1);
	if (!strcmp(when, "cpus"))
		raise(SIGKILL);
	if (!strcmp(when, "during")) {
		pid_t parent = getpid();

		if (!fork()) {
			close(fd);
			usleep(30000);
			kill(parent, SIGKILL);
			_exit(0);
		}
		/* Again and again, until the signal arrives in the middle. */
		for (;;)
			if (cell_add_memory(fd, 64 * MIB, 0, -1, NULL))
				pause();
	}
	if (cell_add_memory(fd, 256 * MIB, 0, -1, NULL))
		exit(1);
	if (!strcmp(when, "mapped")) {
		char *ram = mmap(NULL, 64 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		if (ram == MAP_FAILED)
			exit(1);
		memset(ram, 0x5a, 64 * MIB);
	}
	raise(SIGKILL);
}

static const struct { const char *name; void (*run)(void); } groups[] = {
	{ "refusals", test_refusals },
	{ "take", test_take },
	{ "limbo", test_limbo },
	{ "start", test_start },
	{ "slices", test_slices },
	{ "siblings", test_siblings },
	{ "stress", test_stress },
	{ "bridges", test_bridges },
	{ "events", test_events },
	{ "events-stress", test_events_stress },
};

int main(int argc, char **argv)
{
	control = open(COMB_DEVICE, O_RDWR | O_CLOEXEC);
	if (control < 0) {
		check(false, "open " COMB_DEVICE);
		return 1;
	}
	if (argc == 3 && !strcmp(argv[1], "die"))
		die(argv[2]);
	for (unsigned int i = 0; argc == 2 && i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (strcmp(argv[1], groups[i].name))
			continue;
		groups[i].run();
		return 0;
	}
	return 2;
}
