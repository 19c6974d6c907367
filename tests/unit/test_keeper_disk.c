// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_keeper_disk.c - block devices through a real qemu-storage-daemon
 *
 * Not in valgrind, which does not know pidfd_open(2).
 */
#include "virtio_driver.h"

#include <sys/file.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>

#include "../../keeper/inflight.h"

#define DISK_BYTES	(64u << 20)
#define SLOTS		24u		/* requests at once on each queue */
#define SLOT_BYTES	(256u << 10)
#define QUEUE_SIZE	256u
#define SECTOR		512u

static char image[64];
static const char *format;
static bool read_only;

/* One request: three descriptors. */
static struct slot {
	struct virtio_blk_outhdr *header;
	uint8_t *data;
	uint8_t *status;
} slots[QUEUES][SLOTS];

static struct device *disk_make(struct loop *loop)
{
	return disk_new(loop, &rig.memory, &rig.cell, image, format, read_only);
}

static void start(bool resumed)
{
	keeper_start(disk_make, ~(1ULL << VIRTIO_RING_F_EVENT_IDX), resumed);
	assert_int_equal(rig.answer.error, 0);
}

static void image_make(const char *as)
{
	char command[200];

	format = as;
	read_only = false;
	strcpy(image, "/tmp/comb-image,XXXXXX");
	close(mkstemp(image));
	snprintf(command, sizeof(command), "qemu-img create -q -f %s %s %u", as, image,
		 DISK_BYTES);
	assert_int_equal(system(command), 0);
}

static void disk_up(unsigned int ranges, const char *as)
{
	image_make(as);
	rig_up(ranges, "disk0", QUEUE_SIZE);
	for (unsigned int i = 0; i < QUEUES; i++) {
		for (unsigned int j = 0; j < SLOTS; j++) {
			slots[i][j].header = ram_take(sizeof(struct virtio_blk_outhdr));
			slots[i][j].status = ram_take(1);
			slots[i][j].data = ram_take(SLOT_BYTES);
		}
	}
}

static void disk_down(void)
{
	rig_down();
	unlink(image);
}

static void slot_submit(unsigned int index, unsigned int number, uint32_t type, uint64_t sector,
			uint32_t bytes)
{
	struct slot *slot = &slots[index][number];
	struct vring_desc *desc = &rig.queues[index].desc[number * 3];
	uint16_t into = type == VIRTIO_BLK_T_IN ? VRING_DESC_F_WRITE : 0;

	*slot->header = (struct virtio_blk_outhdr) { .type = type, .sector = sector };
	*slot->status = 0xff;
	desc[0] = (struct vring_desc) {
		ram_physical(slot->header), sizeof(*slot->header), VRING_DESC_F_NEXT,
		number * 3 + (bytes ? 1 : 2)
	};
	desc[1] = (struct vring_desc) {
		ram_physical(slot->data), bytes, VRING_DESC_F_NEXT | into, number * 3 + 2
	};
	desc[2] = (struct vring_desc) { ram_physical(slot->status), 1, VRING_DESC_F_WRITE, 0 };
	queue_submit(index, number * 3);
}

static void one(unsigned int index, uint32_t type, uint64_t sector, uint32_t bytes)
{
	slot_submit(index, 0, type, sector, bytes);
	queue_kick(index);
	queue_wait(index, 1);
	assert_int_equal(*slots[index][0].status, VIRTIO_BLK_S_OK);
}

/* Where slot @number of queue @index writes in round @round, and what. */
static uint64_t slot_sector(unsigned int index, unsigned int number)
{
	return (uint64_t)(index * SLOTS + number) * SLOT_BYTES / SECTOR;
}

static uint8_t slot_byte(unsigned int index, unsigned int number, unsigned int round)
{
	return 1 + (index * SLOTS + number) * 5 + round * 71;
}

static void write_all(unsigned int round)
{
	for (unsigned int i = 0; i < QUEUES; i++) {
		for (unsigned int j = 0; j < SLOTS; j++) {
			memset(slots[i][j].data, slot_byte(i, j, round), SLOT_BYTES);
			slot_submit(i, j, VIRTIO_BLK_T_OUT, slot_sector(i, j), SLOT_BYTES);
		}
		queue_kick(i);
	}
}

static void wait_all(void)
{
	for (unsigned int i = 0; i < QUEUES; i++) {
		unsigned int left = 0;

		for (unsigned int j = 0; j < QUEUE_SIZE; j++)
			left += rig.queues[i].submitted[j] - rig.queues[i].completed[j];
		queue_wait(i, left);
		for (unsigned int j = 0; j < SLOTS; j++)
			assert_int_equal(*slots[i][j].status, VIRTIO_BLK_S_OK);
	}
}

/* After some time to come twice or to be written over. */
static void verify_all(unsigned int round)
{
	wait_ms(20);
	for (unsigned int i = 0; i < QUEUES; i++) {
		assert_int_equal(queue_collect(i), 0);
		for (unsigned int j = 0; j < SLOTS; j++) {
			uint8_t wanted = slot_byte(i, j, round);
			const uint8_t *data = slots[i][0].data;

			memset(slots[i][0].data, 0, SLOT_BYTES);
			one(i, VIRTIO_BLK_T_IN, slot_sector(i, j), SLOT_BYTES);
			assert_int_equal(data[0], wanted);
			assert_int_equal(memcmp(data, data + 1, SLOT_BYTES - 1), 0);
		}
	}
}

static void test_read_write(void **state)
{
	struct virtio_blk_config config;

	(void)state;
	disk_up(14, "raw");
	start(false);
	memcpy(&config, rig.answer.config, sizeof(config));
	assert_int_equal(config.capacity, DISK_BYTES / SECTOR);
	assert_int_equal(config.num_queues, QUEUES);
	assert_int_equal(rig.answer.nr_queues, QUEUES);
	assert_true(rig.answer.offered & 1ULL << VIRTIO_BLK_F_FLUSH);
	assert_false(rig.answer.offered & 1ULL << VIRTIO_BLK_F_RO);
	assert_false(rig.answer.offered & 1ULL << VHOST_USER_F_PROTOCOL_FEATURES);
	write_all(0);
	wait_all();
	one(1, VIRTIO_BLK_T_FLUSH, 0, 0);
	verify_all(0);
	assert_int_equal(keeper_end(), 0);
	disk_down();
}

/* Nine ranges and more do not fit into one memory table. */
static void test_one_range(void **state)
{
	(void)state;
	disk_up(8, "qcow2");
	start(false);
	memset(slots[0][0].data, 0x5a, SECTOR);
	one(0, VIRTIO_BLK_T_OUT, 77, SECTOR);
	memset(slots[0][0].data, 0, SECTOR);
	one(0, VIRTIO_BLK_T_IN, 77, SECTOR);
	assert_int_equal(slots[0][0].data[SECTOR - 1], 0x5a);
	assert_int_equal(keeper_end(), 0);
	disk_down();
}

static unsigned int backend_unfinished(void)
{
	struct inflight inflight;
	unsigned int count;

	inflight_init(&inflight, rig.cell.directory, rig.name);
	assert_int_equal(inflight_open(&inflight, rig.answer.nr_queues, rig.setup[0].max), 0);
	count = inflight_count(&inflight);
	inflight_close(&inflight);
	return count;
}

/*
 * Stop the back end at a moment when it has taken requests and not finished
 * them all. False: it was too quick.
 */
static bool catch_in_the_middle(void)
{
	pid_t pid = backend_pid();
	char path[64], text[512], state = 0;
	FILE *file;

	kill(pid, SIGSTOP);
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (int i = 0; i < 1000 && state != 'T'; i++) {
		wait_ms(1);
		file = fopen(path, "r");
		assert_non_null(file);
		if (fgets(text, sizeof(text), file))
			state = strrchr(text, ')')[2];
		fclose(file);
	}
	assert_int_equal(state, 'T');
	if (backend_unfinished())
		return true;
	kill(pid, SIGCONT);
	return false;
}

static unsigned int rounds;

static void write_until_caught(void)
{
	for (unsigned int tries = 0; tries < 200; tries++) {
		write_all(++rounds);
		wait_ms(tries % 4);
		if (catch_in_the_middle())
			return;
		wait_all();
	}
	fail_msg("the back end is never in the middle of something");
}

static void test_backend_killed(void **state)
{
	(void)state;
	disk_up(14, "raw");
	start(false);
	for (unsigned int i = 0; i < 3; i++) {
		pid_t before;

		write_until_caught();
		before = backend_pid();
		kill(before, SIGKILL);
		wait_all();
		assert_int_not_equal(backend_pid(), before);
		verify_all(rounds);
		wait_ms(100);
	}
	assert_int_equal(keeper_end(), 0);
	disk_down();
}

static void test_backend_killed_qcow2(void **state)
{
	(void)state;
	disk_up(14, "qcow2");
	start(false);
	write_until_caught();
	kill(backend_pid(), SIGKILL);
	wait_all();
	verify_all(rounds);
	assert_int_equal(keeper_end(), 0);
	disk_down();
}

/* The back end does not notice; requests made meanwhile wait. */
static void test_keeper_killed(void **state)
{
	pid_t backend;

	(void)state;
	disk_up(14, "raw");
	start(false);
	backend = backend_pid();
	for (unsigned int i = 0; i < 3; i++) {
		write_until_caught();
		keeper_kill();
		kill(backend, SIGCONT);
		start(true);
		assert_int_equal(backend_pid(), backend);
		wait_all();
		verify_all(rounds);
	}
	write_until_caught();
	keeper_kill();
	kill(backend, SIGCONT);
	wait_ms(100);
	start(true);
	wait_all();
	keeper_kill();
	write_all(++rounds);	/* its kicks reach nobody */
	start(true);
	wait_all();
	verify_all(rounds);
	assert_int_equal(backend_pid(), backend);
	assert_int_equal(keeper_end(), 0);
	disk_down();
}

static void test_both_killed(void **state)
{
	(void)state;
	disk_up(14, "raw");
	start(false);
	write_until_caught();
	keeper_kill();
	kill(backend_pid(), SIGKILL);
	start(true);
	wait_all();
	verify_all(rounds);
	/* And what a keeper that never returned has left is swept. */
	keeper_kill();
	assert_int_equal(kill(backend_pid(), 0), 0);
	backend_end_all(rig.cell.directory);
	assert_int_equal(backend_pid(), 0);
	disk_down();
}

/* Broken, then the keeper died: the next one takes it over only to end it. */
static void test_abandoned(void **state)
{
	struct loop *loop = loop_new();
	struct device *device;
	char path[192];
	pid_t backend;
	int fd;

	(void)state;
	disk_up(14, "raw");
	start(false);
	write_all(++rounds);
	backend = backend_pid();
	keeper_kill();
	device = disk_make(loop);
	assert_non_null(device);
	assert_int_equal(backend_pid(), backend);
	device->ops->abandon(device);
	snprintf(path, sizeof(path), "%s/disk0.backend", rig.cell.directory);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	/* Had it not ended, a reset could not be answered. */
	assert_false(device->ops->is_idle(device));
	close(fd);
	assert_true(device->ops->is_idle(device));
	device->ops->free(device);
	loop_free(loop);
	disk_down();
}

static void test_image_taken(void **state)
{
	struct cell_id other;
	struct loop *loop = loop_new();

	(void)state;
	disk_up(14, "raw");
	start(false);
	other = rig.cell;
	snprintf(other.directory, sizeof(other.directory), "/tmp/comb-other.XXXXXX");
	assert_non_null(mkdtemp(other.directory));
	assert_null(disk_new(loop, &rig.memory, &other, image, format, false));
	assert_int_equal(errno, EBUSY);
	assert_null(disk_new(loop, &rig.memory, &other, "/nonexistent", format, false));
	assert_int_equal(errno, ENOENT);
	assert_int_equal(rmdir(other.directory), 0);
	loop_free(loop);
	assert_int_equal(keeper_end(), 0);
	disk_down();
}

static void test_read_only(void **state)
{
	(void)state;
	disk_up(14, "raw");
	read_only = true;
	start(false);
	assert_true(rig.answer.offered & 1ULL << VIRTIO_BLK_F_RO);
	slot_submit(0, 0, VIRTIO_BLK_T_OUT, 0, SECTOR);
	queue_kick(0);
	queue_wait(0, 1);
	assert_int_equal(*slots[0][0].status, VIRTIO_BLK_S_IOERR);
	assert_int_equal(keeper_end(), 0);
	disk_down();
}

/* A ring that no back end can read breaks the device, and nothing else. */
static void test_hostile_ring(void **state)
{
	(void)state;
	disk_up(14, "raw");
	start(false);
	rig.queues[0].avail->ring[0] = QUEUE_SIZE + 5;
	__atomic_store_n(&rig.queues[0].avail->idx, 1, __ATOMIC_RELEASE);
	queue_kick(0);
	wait_ms(1500);
	assert_int_equal(WEXITSTATUS(keeper_end()), 2);
	disk_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_write),
		cmocka_unit_test(test_one_range),
		cmocka_unit_test(test_backend_killed),
		cmocka_unit_test(test_backend_killed_qcow2),
		cmocka_unit_test(test_keeper_killed),
		cmocka_unit_test(test_both_killed),
		cmocka_unit_test(test_abandoned),
		cmocka_unit_test(test_image_taken),
		cmocka_unit_test(test_read_only),
		cmocka_unit_test(test_hostile_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
