// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <linux/magic.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>

#include "movable.h"

#define FUSE	0x65735546
#define EXT4	0xef53

static char why[256];

static const char *open_file(const char *link, mode_t mode, dev_t device, uint64_t fs, bool written)
{
	struct stat st = { .st_mode = mode, .st_rdev = device, .st_nlink = 1, .st_size = 10 };

	return movable_open(link, &st, fs, written, why, sizeof(why));
}

static void test_files(void **state)
{
	(void)state;
	assert_null(open_file("/srv/x", S_IFREG, 0, FUSE, true));
	assert_null(open_file("/srv/x", S_IFREG, 0, NFS_SUPER_MAGIC, true));
	assert_null(open_file("/usr/bin/x", S_IFREG, 0, OVERLAYFS_SUPER_MAGIC, false));
	assert_null(open_file("/usr/bin/x", S_IFREG, 0, EXT4, false));
	assert_string_equal(open_file("/var/x", S_IFREG, 0, OVERLAYFS_SUPER_MAGIC, true),
			    "writes to /var/x, which is on no share");
	assert_string_equal(open_file("/tmp/x", S_IFREG, 0, TMPFS_MAGIC, false),
			    "has /tmp/x open, which is in this cell only");
	assert_string_equal(open_file("/proc/7/maps", S_IFREG, 0, PROC_SUPER_MAGIC, false),
			    "has /proc/7/maps open, which is about this kernel");
	assert_non_null(open_file("/sys/kernel", S_IFDIR, 0, SYSFS_MAGIC, false));
	/* A working directory is nothing but a name. */
	assert_null(open_file("/tmp", S_IFDIR, 0, TMPFS_MAGIC, false));
	assert_non_null(open_file("/srv/a\nb", S_IFREG, 0, FUSE, false));
	assert_null(open_file("/memfd:x (deleted)", S_IFREG, 0, TMPFS_MAGIC, true));
}

static void test_deleted(void **state)
{
	struct stat st = { .st_mode = S_IFREG, .st_size = MOVABLE_DELETED_MAX };

	(void)state;
	assert_null(movable_open("/tmp/x (deleted)", &st, TMPFS_MAGIC, true, why, sizeof(why)));
	st.st_size++;
	assert_non_null(movable_open("/tmp/x (deleted)", &st, TMPFS_MAGIC, true, why,
				     sizeof(why)));
	/* A name like that of a file that is there. */
	st.st_nlink = 1;
	assert_null(movable_open("/srv/x (deleted)", &st, FUSE, true, why, sizeof(why)));
	st.st_nlink = 0;
	st.st_mode = S_IFDIR;
	assert_non_null(movable_open("/srv/d (deleted)", &st, FUSE, false, why, sizeof(why)));
}

static void test_devices_and_objects(void **state)
{
	static const unsigned int harmless[] = { 3, 5, 7, 8, 9 };

	(void)state;
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		assert_null(open_file("/dev/x", S_IFCHR, makedev(1, harmless[i]), 0, true));
	assert_string_equal(open_file("/dev/mem", S_IFCHR, makedev(1, 1), 0, false),
			    "has a device open, /dev/mem");
	assert_string_equal(open_file("/dev/pts/0", S_IFCHR, makedev(136, 0), 0, true),
			    "has a terminal open, /dev/pts/0");
	assert_non_null(open_file("/dev/vda", S_IFBLK, makedev(1, 3), 0, false));
	assert_null(open_file("anon_inode:[eventfd]", 0, 0, 0, true));
	assert_null(open_file("anon_inode:[timerfd]", 0, 0, 0, true));
	assert_string_equal(open_file("anon_inode:[io_uring]", 0, 0, 0, true),
			    "has a kernel object open, [io_uring]");
	assert_non_null(open_file("anon_inode:kvm-vm", 0, 0, 0, true));
	assert_non_null(open_file("anon_inode:[pidfd]", 0, 0, 0, true));
	assert_null(open_file("pipe:[12]", S_IFIFO, 0, PIPEFS_MAGIC, true));
	assert_non_null(open_file("/srv/fifo", S_IFIFO, 0, FUSE, true));
	assert_non_null(open_file("net:[4026531840]", 0, 0, NSFS_MAGIC, false));
}

static const char *open_socket(int domain, int type, bool connected, bool here, bool outside)
{
	return movable_socket(domain, type, connected, here, outside, why, sizeof(why));
}

static void test_sockets(void **state)
{
	(void)state;
	assert_null(open_socket(AF_UNIX, SOCK_STREAM, true, false, false));
	assert_non_null(open_socket(AF_UNIX, SOCK_DGRAM, true, false, true));
	assert_null(open_socket(AF_INET, SOCK_STREAM, false, false, false));
	assert_null(open_socket(AF_INET6, SOCK_DGRAM, true, false, false));
	assert_string_equal(open_socket(AF_INET, SOCK_STREAM, true, false, false),
			    "has a TCP connection");
	assert_string_equal(open_socket(AF_INET6, SOCK_RAW, false, false, false),
			    "has a raw socket");
	assert_string_equal(open_socket(AF_INET, SOCK_STREAM, false, true, false),
			    "has a socket with this cell's own address");
	assert_string_equal(open_socket(AF_VSOCK, SOCK_STREAM, false, false, false),
			    "has a vsock socket");
	assert_string_equal(open_socket(AF_PACKET, SOCK_RAW, false, false, false),
			    "has a packet socket");
	assert_string_equal(open_socket(99, SOCK_RAW, false, false, false),
			    "has a socket of family 99");
}

static void test_mappings(void **state)
{
	const char *file;
	bool written;

	(void)state;
#define LINE(rights, path) "7f0000000000-7f0000001000 " rights " 00001000 fe:01 1234       " path
#define MAPPED(line) movable_mapping(line, &file, &written, why, sizeof(why))
	assert_null(MAPPED(LINE("r-xp", "/usr/lib/a b.so")));
	assert_string_equal(file, "/usr/lib/a b.so");
	assert_false(written);
	assert_null(MAPPED(LINE("rw-s", "/srv/x")));
	assert_true(written);
	assert_null(MAPPED(LINE("rw-p", "/srv/x")));
	assert_false(written);
	assert_null(MAPPED("7f00-7f01 rw-p 00000000 00:00 0 "));
	assert_null(file);
	assert_null(MAPPED("7f00-7f01 rw-p 00000000 00:00 0                          [heap]"));
	assert_null(MAPPED(LINE("rw-s", "/dev/zero (deleted)")));
	assert_null(file);
	assert_string_equal(MAPPED(LINE("rw-s", "/SYSV00000000 (deleted)")),
			    "has System V shared memory");
	assert_non_null(MAPPED(LINE("rw-s", "/dev/mem")));
	assert_null(MAPPED(LINE("rw-s", "/dev/shm/x")));
	assert_string_equal(file, "/dev/shm/x");
	assert_non_null(MAPPED(LINE("r-xp", "/usr/lib/a.so (deleted)")));
	assert_non_null(MAPPED(LINE("rw-s", "anon_inode:[io_uring]")));
	assert_non_null(MAPPED("what is this"));
	assert_null(MAPPED(""));
}

static void test_fdinfo(void **state)
{
	(void)state;
	assert_null(movable_fdinfo("flags:\t02100001\n"));
	assert_string_equal(movable_fdinfo("lock:\t1: FLOCK  ADVISORY  WRITE 7 fe:01:9 0 EOF\n"),
			    "has a lock on a file");
	assert_string_equal(movable_fdinfo("lock:\t1: LEASE  ACTIVE    READ 7 fe:01:9 0 EOF\n"),
			    "has a lease on a file");
	assert_non_null(movable_fdinfo("fanotify flags:0 event-flags:0\n"));
}

static const char *compare(const struct movable_file *here, const struct movable_file *there,
			   bool read_only)
{
	return movable_same(here, there, read_only, why, sizeof(why));
}

static void test_same(void **state)
{
	struct movable_file here = { .fs = FUSE, .mode = S_IFREG, .ino = 5, .size = 10,
				     .mtime_ns = 7, .written = true, .path = "/srv/x" };
	struct movable_file there = here;

	(void)state;
	assert_null(compare(&here, &there, false));
	/* It is being written to. */
	there.size = 99;
	there.mtime_ns = 99;
	assert_null(compare(&here, &there, false));
	assert_string_equal(compare(&here, &there, true), "/srv/x cannot be written there");
	there.ino = 6;
	assert_string_equal(compare(&here, &there, false), "/srv/x is another file there");
	there = here;
	there.fs = EXT4;
	assert_non_null(compare(&here, &there, false));
	there.mode = 0;
	assert_string_equal(compare(&here, &there, false), "/srv/x is not there");
	there.mode = S_IFDIR;
	assert_string_equal(compare(&here, &there, false), "/srv/x is something else there");
	/* A copy is known by its size and time: inodes are the file system's own. */
	here = (struct movable_file){ .fs = EXT4, .mode = S_IFREG, .ino = 5, .size = 10,
				      .mtime_ns = 7, .path = "/bin/x" };
	there = here;
	there.ino = 6;
	assert_null(compare(&here, &there, true));
	there.mtime_ns = 8;
	assert_non_null(compare(&here, &there, true));
	here.mode = there.mode = S_IFDIR;
	assert_null(compare(&here, &there, true));
}

static void test_lines(void **state)
{
	struct movable_file file = { .fs = UINT64_MAX, .mode = S_IFREG | 0644, .ino = UINT64_MAX,
				     .size = UINT64_MAX, .mtime_ns = INT64_MIN, .written = true,
				     .path = "/a b/c" };
	static const char *const bad[] = {
		"", "file", "file 1 2 3 4 5 6", "file 1 100644 3 4 5 1 relative",
		"file 1 100644 3 4 5 1 ", "fil 1 100644 3 4 5 1 /x", "file x 100644 3 4 5 1 /x",
	};
	struct movable_file back;
	char line[256];

	(void)state;
	assert_true(movable_write(&file, line, sizeof(line)) > 0);
	assert_int_equal(movable_read(line, &back), 0);
	assert_true(back.fs == file.fs && back.mode == file.mode && back.ino == file.ino &&
		    back.size == file.size && back.mtime_ns == file.mtime_ns && back.written);
	assert_string_equal(back.path, "/a b/c");
	assert_int_equal(movable_write(&file, line, 20), -1);
	file.path = "/a\nb";
	assert_int_equal(movable_write(&file, line, sizeof(line)), -1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(movable_read(bad[i], &back), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_deleted),
		cmocka_unit_test(test_devices_and_objects),
		cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_mappings),
		cmocka_unit_test(test_fdinfo),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
