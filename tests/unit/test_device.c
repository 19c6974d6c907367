// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "device.h"
#include "fake_module.h"
#include "owner.h"

#define MEMORY	(4ULL << 20)
#define BOX	0x10000u

static struct comb_cell cell;

static int open_cell(void **state)
{
	struct comb_error err = {0};

	(void)state;
	memset(&module, 0, sizeof(module));
	module.get.state = COMB_STATE_LOADING;
	module.get.nr_cpus = 2;
	module.get.nr_ranges = 1;
	module.get.memory_bytes = MEMORY;
	module.cpus[0].cpu = 4;
	module.cpus[1].cpu = 5;
	module.ranges[0].bytes = MEMORY;
	return comb_cell_open(99, "web", &cell, &err);
}

static int close_cell(void **state)
{
	(void)state;
	comb_cell_close(&cell);
	/* Twice does no harm. */
	comb_cell_close(&cell);
	return 0;
}

static void test_open(void **state)
{
	(void)state;
	assert_true(cell.fd >= 0);
	assert_string_equal(cell.get.name, "web");
	assert_int_equal(cell.get.nr_cpus, 2);
	assert_int_equal(cell.cpus[1].cpu, 5);
	assert_true(cell.ranges[0].bytes == MEMORY);
	assert_null(cell.memory);
}

static void assert_open_fails(unsigned long request, int error, enum comb_status status,
			      const char *what)
{
	struct comb_cell other;
	struct comb_error err = {0};

	fake_fails(request, error, 1);
	assert_int_equal(request == COMB_CELL_CREATE ?
			 comb_cell_create(99, "db", &other, &err) :
			 comb_cell_open(99, "db", &other, &err), -1);
	assert_int_equal(err.status, status);
	assert_string_equal(err.what, what);
	assert_true(err.hint[0]);
	assert_int_equal(other.fd, -1);
	comb_cell_close(&other);
}

static void test_open_fails(void **state)
{
	struct comb_error err = {0};
	struct comb_cell other;

	(void)state;
	assert_open_fails(COMB_CELL_CREATE, EEXIST, COMB_TAKEN,
			  "a cell of this name is there already");
	assert_open_fails(COMB_CELL_CREATE, ENOSPC, COMB_TAKEN, "there are 64 cells already");
	assert_open_fails(COMB_CELL_OPEN, ENOENT, COMB_NO_CELL, "is not running");
	assert_open_fails(COMB_CELL_OPEN, EPERM, COMB_UNSUITABLE, "comb needs root");
	assert_open_fails(COMB_CELL_GET, ENODEV, COMB_NO_CELL, "has been given back meanwhile");
	assert_int_equal(comb_cell_open(99, "a/b", &other, &err), -1);
	assert_int_equal(err.status, COMB_USAGE);
	assert_int_equal(other.fd, -1);
}

static void test_signals_do_not_interrupt(void **state)
{
	struct comb_error err = {0};

	(void)state;
	fake_fails(COMB_CELL_STOP, EINTR, 3);
	assert_int_equal(comb_cell_stop(&cell, &err), 0);
	assert_int_equal(module.calls[_IOC_NR(COMB_CELL_STOP) & 15], 4);
}

static void assert_cpus_fail(int error, uint32_t culprit, enum comb_status status,
			     const char *words, const char *hint)
{
	struct comb_error err = {0};
	struct comb_cpuset cpus;

	assert_int_equal(comb_cpuset_parse(&cpus, "2,6-7", NULL), 0);
	fake_fails(COMB_CELL_ADD_CPUS, error, 1);
	module.culprit = culprit;
	assert_int_equal(comb_cell_add_cpus(&cell, &cpus, 0, &err), -1);
	assert_int_equal(err.status, status);
	assert_ptr_equal(strstr(err.what, words), err.what);
	assert_string_equal(err.hint, hint);
}

static void test_add_cpus(void **state)
{
	struct comb_error err = {0};
	struct comb_cpuset cpus = {0};

	(void)state;
	assert_int_equal(comb_cell_add_cpus(&cell, &cpus, 0, &err), -1);
	assert_int_equal(err.status, COMB_USAGE);
	assert_int_equal(comb_cpuset_parse(&cpus, "2,6-7", NULL), 0);
	assert_int_equal(comb_cell_add_cpus(&cell, &cpus, 0, &err), 0);
	assert_int_equal(module.added[0], 2);
	assert_int_equal(module.added[2], 7);

	assert_cpus_fail(EBUSY, 0, COMB_TAKEN, "CPU 0 is the host's boot CPU", "comb topo");
	assert_cpus_fail(EBUSY, 7, COMB_TAKEN, "the host cannot do without CPU 7", "comb topo");
	assert_cpus_fail(ENXIO, 9999, COMB_USAGE,
			 "CPU 9999 does not exist (this machine has 0", "comb topo");
	assert_cpus_fail(EAGAIN, 6, COMB_TAKEN, "CPU 6 is offline in the host", "chcpu -e 6");
	assert_cpus_fail(EXDEV, 7777, COMB_USAGE, "CPU 7777 is one thread of a core", "comb topo");
	assert_cpus_fail(ENOSPC, 2, COMB_TAKEN, "no memory below 1 MiB",
			 "comb stop another cell: comb ls");
	assert_cpus_fail(EIO, 2, COMB_FAILED, "the host's kernel does not let go of CPU 2",
			 "dmesg | tail");
	assert_cpus_fail(EINPROGRESS, 2, COMB_TAKEN, "has been started already", "comb ls");
}

static void assert_memory_fails(int error, uint64_t available, int node, const char *what,
				const char *hint)
{
	struct comb_error err = {0};

	fake_fails(COMB_CELL_ADD_MEMORY, error, 1);
	module.available = available;
	assert_int_equal(comb_cell_add_memory(&cell, 4096ULL << 20, node, &err), -1);
	assert_string_equal(err.what, what);
	assert_string_equal(err.hint, hint);
}

static void test_add_memory(void **state)
{
	struct comb_error err = {0};

	(void)state;
	assert_int_equal(comb_cell_add_memory(&cell, 512ULL << 20, -1, &err), 0);
	assert_true(module.memory.bytes == 512ULL << 20);
	assert_int_equal(module.memory.node, -1);
	assert_memory_fails(ENOMEM, 812ULL << 20, -1,
			    "only 812 MiB of contiguous RAM can be had, 4096 MiB asked",
			    "--memory 812M");
	assert_memory_fails(ENOSPC, 2ULL << 20, 1,
			    "only 2 MiB of contiguous RAM can be had on node 1, 4096 MiB asked",
			    "sysctl vm.drop_caches=3 vm.compact_memory=1");
	assert_memory_fails(ENXIO, 0, 5, "there is no memory on a NUMA node 5", "comb topo");
}

static void test_refresh_follows_growth(void **state)
{
	struct comb_error err = {0};

	(void)state;
	module.get.nr_cpus = 5;
	module.get.nr_ranges = 3;
	module.cpus[4].cpu = 42;
	module.ranges[2].bytes = 123;
	assert_int_equal(comb_cell_refresh(&cell, &err), 0);
	assert_int_equal(cell.get.nr_cpus, 5);
	assert_int_equal(cell.cpus[4].cpu, 42);
	assert_true(cell.ranges[2].bytes == 123);
	module.get.nr_cpus = 0;
	module.get.nr_ranges = 0;
	assert_int_equal(comb_cell_refresh(&cell, &err), 0);
	assert_int_equal(cell.get.nr_cpus, 0);
}

static void test_map(void **state)
{
	struct comb_error err = {0};
	uint8_t byte = 0x5a;

	(void)state;
	assert_int_equal(comb_cell_map(&cell, true, &err), 0);
	cell.memory[MEMORY - 1] = byte;
	assert_int_equal(pread(cell.fd, &byte, 1, MEMORY - 1), 1);
	assert_int_equal(byte, 0x5a);
	module.get.memory_bytes = 2 * MEMORY;
	assert_int_equal(comb_cell_refresh(&cell, &err), 0);
	assert_null(cell.memory);
	cell.get.memory_bytes = 0;
	assert_int_equal(comb_cell_map(&cell, true, &err), -1);
	assert_string_equal(err.what, "has no memory yet");
}

static void test_start_and_destroy(void **state)
{
	struct comb_cell_start start = { .entry = 1 };
	struct comb_error err = {0};

	(void)state;
	assert_int_equal(comb_cell_start(&cell, &start, &err), 0);
	fake_fails(COMB_CELL_START, ETIMEDOUT, 1);
	assert_int_equal(comb_cell_start(&cell, &start, &err), -1);
	assert_string_equal(err.what, "its first CPU (4) does not start");
	assert_int_equal(comb_cell_map(&cell, false, &err), 0);
	fake_fails(COMB_CELL_DESTROY, EIO, 1);
	assert_int_equal(comb_cell_destroy(&cell, &err), -1);
	assert_int_equal(err.status, COMB_FAILED);
	assert_null(cell.memory);
	assert_int_equal(comb_cell_destroy(&cell, &err), 0);
	fake_fails(COMB_CELL_DESTROY, ENODEV, 1);
	assert_int_equal(comb_cell_destroy(&cell, &err), 0);
}

/* ---- requests ---- */

static struct comb_mailbox_host *host;
static struct comb_mailbox_cell *said;

/* What comb_cell.ko does when it is rung. */
static void take_request(void)
{
	assert_true(said->pending & COMB_PENDING_CONTROL);
	said->pending = 0;
	said->request_done = host->request_seq;
}

static void make_mailbox(void)
{
	struct comb_error err = {0};

	module.get.mailbox_offset = BOX;
	module.get.flags = COMB_CELL_STARTED;
	module.on_ring = take_request;
	assert_int_equal(comb_cell_refresh(&cell, &err), 0);
	assert_int_equal(comb_cell_map(&cell, true, &err), 0);
	host = (void *)(cell.memory + BOX + COMB_MAILBOX_HOST_OFF);
	said = (void *)(cell.memory + BOX + COMB_MAILBOX_CELL_OFF);
}

static void test_request(void **state)
{
	struct comb_error err = {0};

	(void)state;
	make_mailbox();
	said->nr_doorbells = 0xffffffff;
	said->doorbells[3].vector = 100;
	assert_int_equal(comb_cell_request(&cell, COMB_REQUEST_SYSRQ, 's', &err), 0);
	assert_int_equal(host->request, COMB_REQUEST_SYSRQ);
	assert_int_equal(host->request_argument, 's');
	assert_int_equal(host->request_seq, 1);
	assert_int_equal(module.rung, 3);
	assert_int_equal(said->request_done, 1);
	assert_int_equal(comb_cell_request(&cell, COMB_REQUEST_STOP, 0, &err), 0);
	assert_int_equal(host->request_seq, 2);

	/* A cell that does not take requests delays the next one, no more. */
	module.on_ring = NULL;
	assert_int_equal(comb_cell_request(&cell, COMB_REQUEST_SYSRQ, 'b', &err), 0);
	assert_int_equal(comb_cell_request(&cell, COMB_REQUEST_STOP, 0, &err), 0);
	assert_int_equal(host->request_seq, 4);
	assert_int_equal(host->request, COMB_REQUEST_STOP);
}

static void assert_deaf(void)
{
	struct comb_error err = {0};

	assert_int_equal(comb_cell_request(&cell, COMB_REQUEST_STOP, 0, &err), -1);
	assert_int_equal(err.status, COMB_NO_CELL);
	assert_string_equal(err.hint, "comb kill web");
}

static void test_request_to_the_deaf(void **state)
{
	(void)state;
	assert_deaf();			/* not started */
	make_mailbox();
	assert_deaf();			/* no doorbells */
	said->nr_doorbells = 2;
	assert_deaf();			/* none with a vector */
	assert_int_equal(host->request_seq, 0);
	said->doorbells[1].vector = 50;
	fake_fails(COMB_CELL_RING, ENOTCONN, 1);
	assert_deaf();
	cell.get.mailbox_offset = MEMORY - 4096;
	assert_deaf();
	cell.get.mailbox_offset = UINT64_MAX - 4095;
	assert_deaf();
}

static void test_info(void **state)
{
	struct comb_error err = {0};
	struct comb_info info;

	(void)state;
	fake_fails(COMB_GET_INFO, EINTR, 1);
	assert_int_equal(comb_device_info(99, &info, &err), 0);
	fake_fails(COMB_GET_INFO, EINVAL, 1);
	assert_int_equal(comb_device_info(99, &info, &err), -1);
	assert_int_equal(err.status, COMB_UNSUITABLE);
	assert_non_null(strstr(err.what, "another version"));
}

static void put(const char *root, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/cells/%s", root, name);
	mkdir(path, 0755);
	strcat(path, "/cpus");
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void test_owner(void **state)
{
	char root[] = "/tmp/comb-owner-XXXXXX", path[64], name[COMB_NAME_SIZE];

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_false(comb_owner_find(root, 1, name));
	snprintf(path, sizeof(path), "%s/cells", root);
	assert_int_equal(mkdir(path, 0755), 0);
	put(root, "web", "2-3\n");
	put(root, "db", "6,8\n");
	put(root, "empty", "\n");
	assert_true(comb_owner_find(root, 8, name));
	assert_string_equal(name, "db");
	assert_true(comb_owner_find(root, 2, name));
	assert_string_equal(name, "web");
	assert_false(comb_owner_find(root, 4, name));
	snprintf(path, sizeof(path), "rm -rf '%s'", root);
	assert_int_equal(system(path), 0);
}

#define cell_test(test) cmocka_unit_test_setup_teardown(test, open_cell, close_cell)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cell_test(test_open),
		cell_test(test_open_fails),
		cell_test(test_signals_do_not_interrupt),
		cell_test(test_add_cpus),
		cell_test(test_add_memory),
		cell_test(test_refresh_follows_growth),
		cell_test(test_map),
		cell_test(test_start_and_destroy),
		cell_test(test_request),
		cell_test(test_request_to_the_deaf),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
