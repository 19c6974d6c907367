// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_keeper_fs.c - shared directories through a real virtiofsd
 *
 * Not in valgrind, which does not know pidfd_open(2).
 */
#include "virtio_driver.h"

#include <sys/mount.h>
#include <linux/fuse.h>
#include <linux/virtio_config.h>
#include <linux/virtio_fs.h>

#define QUEUE_SIZE	1024u
#define REQUESTS	1u	/* the queue they go to */
#define BUFFER		65536u
#define SLOTS		16u
#define TEXT		"what is shared\n"

static char directory[64];
static const char *shared;
static bool read_only, coherent;

/* One request: two descriptors. */
static struct slot {
	uint8_t *request;
	uint8_t *answer;
} slots[SLOTS];

static uint64_t unique;

static struct device *fs_make(struct loop *loop)
{
	return fs_new(loop, &rig.memory, &rig.cell, "a tag", shared, read_only, coherent);
}

static void start(bool resumed)
{
	keeper_start(fs_make, ~0ULL & ~(1ULL << VIRTIO_RING_F_EVENT_IDX), resumed);
	assert_int_equal(rig.answer.error, 0);
}

static void file_write(const char *name, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void file_remove(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	assert_int_equal(remove(path), 0);
}

static void fs_up(void)
{
	/* A comma and a backslash must reach the server unharmed. */
	strcpy(directory, "/tmp/comb-share,\\XXXXXX");
	assert_non_null(mkdtemp(directory));
	shared = directory;
	read_only = coherent = false;
	file_write("file", TEXT);
	rig_up(3, "fs0", QUEUE_SIZE);
	for (unsigned int i = 0; i < SLOTS; i++) {
		slots[i].request = ram_take(BUFFER);
		slots[i].answer = ram_take(BUFFER);
	}
}

static void fs_down(void)
{
	file_remove("file");
	assert_int_equal(rmdir(directory), 0);
	rig_down();
}

static void slot_submit(unsigned int number, uint32_t opcode, uint64_t node, const void *body,
			size_t bytes)
{
	struct slot *slot = &slots[number];
	struct vring_desc *desc = &rig.queues[REQUESTS].desc[number * 2];
	struct fuse_in_header *header = (struct fuse_in_header *)slot->request;

	*header = (struct fuse_in_header) {
		.len = sizeof(*header) + bytes,
		.opcode = opcode,
		.unique = ++unique,
		.nodeid = node,
	};
	memcpy(header + 1, body, bytes);
	memset(slot->answer, 0xee, BUFFER);
	desc[0] = (struct vring_desc) {
		ram_physical(slot->request), header->len, VRING_DESC_F_NEXT, number * 2 + 1
	};
	desc[1] = (struct vring_desc) {
		ram_physical(slot->answer), BUFFER, VRING_DESC_F_WRITE, 0
	};
	queue_submit(REQUESTS, number * 2);
}

/* The error, 0 or negative; the answer is behind the header in slot 0. */
static int ask(uint32_t opcode, uint64_t node, const void *body, size_t bytes)
{
	const struct fuse_out_header *header = (void *)slots[0].answer;

	slot_submit(0, opcode, node, body, bytes);
	queue_kick(REQUESTS);
	queue_wait(REQUESTS, 1);
	assert_int_equal(header->unique, unique);
	return header->error;
}

static const void *answer(void)
{
	return slots[0].answer + sizeof(struct fuse_out_header);
}

static void session_begin(void)
{
	struct fuse_init_in init = {
		.major = FUSE_KERNEL_VERSION,
		.minor = 36,
		.max_readahead = BUFFER,
		.flags = FUSE_SUBMOUNTS,
	};
	const struct fuse_init_out *out = answer();

	assert_int_equal(ask(FUSE_INIT, 0, &init, sizeof(init)), 0);
	assert_int_equal(out->major, FUSE_KERNEL_VERSION);
}

static int lookup(uint64_t parent, const char *name, uint64_t *node)
{
	const struct fuse_entry_out *entry = answer();
	int error = ask(FUSE_LOOKUP, parent, name, strlen(name) + 1);

	*node = error ? 0 : entry->nodeid;
	return error;
}

static int file_open(uint64_t node, uint32_t flags, uint64_t *handle)
{
	struct fuse_open_in in = { .flags = flags };
	const struct fuse_open_out *out = answer();
	int error = ask(FUSE_OPEN, node, &in, sizeof(in));

	*handle = error ? 0 : out->fh;
	return error;
}

static int file_read(uint64_t node, uint64_t handle)
{
	struct fuse_read_in in = { .fh = handle, .size = 4096 };

	return ask(FUSE_READ, node, &in, sizeof(in));
}

static int file_create(uint64_t parent, const char *name)
{
	struct {
		struct fuse_create_in in;
		char name[32];
	} body = { .in = { .flags = O_CREAT | O_RDWR, .mode = S_IFREG | 0644 } };

	strcpy(body.name, name);
	return ask(FUSE_CREATE, parent, &body, sizeof(body.in) + strlen(name) + 1);
}

static void test_read(void **state)
{
	struct virtio_fs_config config;
	uint64_t node, handle;

	(void)state;
	fs_up();
	start(false);
	memcpy(&config, rig.answer.config, sizeof(config));
	assert_string_equal((char *)config.tag, "a tag");
	assert_int_equal(config.num_request_queues, 1);
	assert_int_equal(rig.answer.nr_queues, 2);
	session_begin();
	assert_int_equal(lookup(FUSE_ROOT_ID, "none", &node), -ENOENT);
	assert_int_equal(lookup(FUSE_ROOT_ID, "file", &node), 0);
	assert_int_equal(file_open(node, O_RDWR, &handle), 0);
	assert_int_equal(file_read(node, handle), 0);
	assert_memory_equal(answer(), TEXT, strlen(TEXT));
	assert_int_equal(file_create(FUSE_ROOT_ID, "new"), 0);
	file_remove("new");
	assert_int_equal(keeper_end(), 0);
	fs_down();
}

/*
 * How long names and attributes are good for: a second, or, if other cells write here, too, not at
 * all. Either way the cell's kernel keeps pages while a file is open, and maps them.
 */
static void test_memory_of_names(void **state)
{
	const struct fuse_entry_out *entry = answer();
	const struct fuse_open_out *opened = answer();
	uint64_t node, handle;

	(void)state;
	for (int i = 0; i < 2; i++) {
		fs_up();
		coherent = i;
		start(false);
		session_begin();
		assert_int_equal(lookup(FUSE_ROOT_ID, "file", &node), 0);
		assert_int_equal(entry->entry_valid, coherent ? 0 : 1);
		assert_int_equal(entry->attr_valid, coherent ? 0 : 1);
		assert_int_equal(entry->entry_valid_nsec, 0);
		assert_int_equal(entry->attr_valid_nsec, 0);
		assert_int_equal(file_open(node, O_RDWR, &handle), 0);
		assert_int_equal(opened->open_flags & (FOPEN_DIRECT_IO | FOPEN_KEEP_CACHE), 0);
		assert_int_equal(keeper_end(), 0);
		fs_down();
	}
}

/* The server, its open files and its numbers for them go on. */
static void test_keeper_killed(void **state)
{
	uint64_t node, handle;
	pid_t backend;

	(void)state;
	fs_up();
	start(false);
	session_begin();
	backend = backend_pid();
	assert_int_equal(lookup(FUSE_ROOT_ID, "file", &node), 0);
	assert_int_equal(file_open(node, O_RDONLY, &handle), 0);
	for (unsigned int i = 0; i < 3; i++) {
		struct fuse_read_in in = { .fh = handle, .size = 4096 };

		for (unsigned int j = 0; j < SLOTS; j++)
			slot_submit(j, FUSE_READ, node, &in, sizeof(in));
		if (i != 1)
			queue_kick(REQUESTS);
		keeper_kill();
		start(true);
		queue_wait(REQUESTS, SLOTS);
		for (unsigned int j = 0; j < SLOTS; j++)
			assert_memory_equal(slots[j].answer + sizeof(struct fuse_out_header),
					    TEXT, strlen(TEXT));
		assert_int_equal(backend_pid(), backend);
		wait_ms(10);
		assert_int_equal(queue_collect(REQUESTS), 0);
	}
	assert_int_equal(keeper_end(), 0);
	fs_down();
}

/*
 * What it knew is gone. Requests come back, once, with errors; none is taken
 * for another file's; a new session works.
 */
static void test_backend_killed(void **state)
{
	struct fuse_read_in in = { .size = 4096 };
	uint64_t node;
	pid_t backend;

	(void)state;
	fs_up();
	start(false);
	session_begin();
	assert_int_equal(lookup(FUSE_ROOT_ID, "file", &node), 0);
	assert_int_equal(file_open(node, O_RDONLY, &in.fh), 0);
	backend = backend_pid();
	for (unsigned int j = 0; j < SLOTS; j++)
		slot_submit(j, FUSE_READ, node, &in, sizeof(in));
	kill(-backend, SIGSTOP);
	/* Threads that run on other CPUs stop a little later. */
	wait_ms(50);
	queue_kick(REQUESTS);
	kill(-backend, SIGKILL);
	queue_wait(REQUESTS, SLOTS);
	for (unsigned int j = 0; j < SLOTS; j++) {
		const struct fuse_out_header *header = (void *)slots[j].answer;

		assert_int_equal(header->error, -EIO);
	}
	assert_int_not_equal(backend_pid(), backend);
	session_begin();
	assert_int_equal(lookup(FUSE_ROOT_ID, "file", &node), 0);
	assert_int_equal(keeper_end(), 0);
	fs_down();
}

/*
 * A keeper that finds the directory gone fails before it has taken the server over.
 * The next one, or whoever cleans up, must still be able to.
 */
static void test_directory_gone(void **state)
{
	char moved[80];
	uint64_t node;
	pid_t backend;

	(void)state;
	fs_up();
	start(false);
	session_begin();
	assert_int_equal(lookup(FUSE_ROOT_ID, "file", &node), 0);
	backend = backend_pid();
	keeper_kill();
	snprintf(moved, sizeof(moved), "%s.moved", directory);
	assert_int_equal(rename(directory, moved), 0);
	keeper_start(fs_make, 0, true);
	assert_int_equal(rig.answer.error, ENOENT);
	assert_int_equal(keeper_end(), 0);
	assert_int_equal(backend_pid(), backend);
	assert_int_equal(rename(moved, directory), 0);
	start(true);
	assert_int_equal(backend_pid(), backend);
	assert_int_equal(lookup(FUSE_ROOT_ID, "file", &node), 0);
	assert_int_equal(keeper_end(), 0);
	fs_down();
}

/* Refused by the host's kernel, also in file systems below. */
static void test_read_only(void **state)
{
	uint64_t node, handle;
	char below[128];

	(void)state;
	fs_up();
	snprintf(below, sizeof(below), "%s/below", directory);
	assert_int_equal(mkdir(below, 0755), 0);
	assert_int_equal(mount("test", below, "tmpfs", 0, ""), 0);
	read_only = true;
	start(false);
	session_begin();
	assert_int_equal(file_create(FUSE_ROOT_ID, "new"), -EROFS);
	assert_int_equal(lookup(FUSE_ROOT_ID, "file", &node), 0);
	assert_int_equal(file_open(node, O_RDWR, &handle), -EROFS);
	assert_int_equal(file_open(node, O_RDONLY, &handle), 0);
	assert_int_equal(lookup(FUSE_ROOT_ID, "below", &node), 0);
	assert_int_equal(file_create(node, "new"), -EROFS);
	/* The host itself still can. */
	file_write("below/own", TEXT);
	assert_int_equal(lookup(node, "own", &node), 0);
	assert_int_equal(keeper_end(), 0);
	assert_int_equal(umount(below), 0);
	file_remove("below");
	fs_down();
}

static void test_root(void **state)
{
	static const char *const hidden[] = { "proc", "sys", "dev", "run" };
	uint64_t node, inside;

	(void)state;
	fs_up();
	shared = "/";
	read_only = true;
	start(false);
	session_begin();
	assert_int_equal(lookup(FUSE_ROOT_ID, "etc", &node), 0);
	assert_int_equal(lookup(node, "passwd", &inside), 0);
	assert_int_equal(file_create(FUSE_ROOT_ID, "new"), -EROFS);
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		static const char *const known[] = { "self", "kernel", "null", "lock" };

		assert_int_equal(lookup(FUSE_ROOT_ID, hidden[i], &node), 0);
		assert_int_equal(lookup(node, known[i], &inside), -ENOENT);
	}
	assert_int_equal(keeper_end(), 0);
	fs_down();
}

static void test_refused(void **state)
{
	struct loop *loop = loop_new();
	char tag[38];

	(void)state;
	fs_up();
	memset(tag, 'x', sizeof(tag));
	tag[37] = '\0';
	assert_null(fs_new(loop, &rig.memory, &rig.cell, tag, directory, false, false));
	assert_int_equal(errno, EINVAL);
	assert_null(fs_new(loop, &rig.memory, &rig.cell, "x", "/nonexistent", false, false));
	assert_int_equal(errno, ENOENT);
	assert_null(fs_new(loop, &rig.memory, &rig.cell, "x", "/etc/passwd", false, false));
	assert_int_equal(errno, ENOTDIR);
	loop_free(loop);
	fs_down();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_memory_of_names),
		cmocka_unit_test(test_keeper_killed),
		cmocka_unit_test(test_backend_killed),
		cmocka_unit_test(test_directory_gone),
		cmocka_unit_test(test_read_only),
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
