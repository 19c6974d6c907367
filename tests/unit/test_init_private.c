// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_init_private.c - private parts, mounted over a root for real
 *
 * Each test has a mount name space and a root of its own, which needs root.
 */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "../../init/private.c"
#include "../../init/files.c"

static char trouble[512];
static const char *resolver;

/* What these say in a cell is in its log. */
void log_trouble(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(trouble, sizeof(trouble), format, args);
	va_end(args);
}

char *resolver_own(void)
{
	return resolver ? strdup(resolver) : NULL;
}

static void put(const char *path, const char *text)
{
	assert_int_equal(write_text(path, text, 0644), 0);
}

static void assert_text(const char *path, const char *wanted)
{
	size_t size;
	char *text = file_read(path, &size);

	assert_non_null(text);
	assert_string_equal(text, wanted);
	free(text);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

/* Mounts of this process only; its root is a directory of its own, empty and in RAM. */
static void enter_root(void)
{
	static const char place[] = "/tmp";

	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("tmpfs", place, "tmpfs", 0, "mode=755"), 0);
	assert_int_equal(chroot(place) || chdir("/"), 0);
	assert_int_equal(directories_make("/etc/comb") || directories_make("/run"), 0);
	trouble[0] = '\0';
	resolver = "nameserver 10.86.0.1\n";
}

/* As comb-init does: the list is read before the root is there, and is about that. */
static void mount_list(const char *text)
{
	char *list;

	put("/etc/comb/private", text);
	list = private_read();
	assert_non_null(list);
	private_mount(list);
	free(list);
}

/* What a test changes must not be there for the next one. */
static void in_child(void (*test)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		enter_root();
		test();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void check_files(void)
{
	char target[64];
	ssize_t length;

	put("/etc/hostname", "shared\n");
	put("/etc/resolv.conf", "nameserver 192.0.2.1\n");
	mount_list("file /etc/machine-id 0123456789abcdef0123456789abcdef\n"
		   "file /etc/hostname web-1\n"
		   "resolver /etc/resolv.conf\n");
	assert_string_equal(trouble, "");
	assert_text("/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	assert_text("/etc/hostname", "web-1\n");
	assert_text("/etc/resolv.conf", "nameserver 10.86.0.1\n");
	/* systemd must not write the one into the root. */
	length = readlink("/run/systemd/system/systemd-machine-id-commit.service", target,
			  sizeof(target));
	assert_int_equal(length, 9);
	assert_memory_equal(target, "/dev/null", 9);
	/* The root itself is as it was, with an empty file where there was none. */
	assert_int_equal(umount("/etc/hostname") || umount("/etc/machine-id"), 0);
	assert_text("/etc/hostname", "shared\n");
	assert_text("/etc/machine-id", "");
}

static void check_directories(void)
{
	static const char list[] = "ram /tmp\n"
		"kept /var/spool/own /var/lib/comb/private/web-1/var/spool/own\n"
		"kept /var/lib/comb /var/lib/comb/private/web-1/var/lib/comb\n";

	assert_int_equal(directories_make("/tmp") || directories_make("/var/spool/own") ||
			 directories_make("/var/lib/comb"), 0);
	assert_int_equal(chmod("/tmp", 01777) || chmod("/var/spool/own", 02750) ||
			 chown("/var/spool/own", 8, 12), 0);
	put("/tmp/shared", "");
	put("/var/lib/comb/shared", "");
	mount_list(list);
	assert_string_equal(trouble, "");
	assert_int_equal(access("/tmp/shared", F_OK), -1);
	assert_int_equal(access("/var/lib/comb/shared", F_OK), -1);
	assert_int_equal(mode_of("/tmp"), 01777);
	assert_int_equal(mode_of("/var/spool/own"), 02750);
	put("/tmp/mine", "");
	put("/var/lib/comb/mine", "1");
	put("/var/spool/own/mine", "2");
	assert_int_equal(chmod("/var/spool/own", 0700), 0);
	assert_int_equal(umount("/var/lib/comb") || umount("/var/spool/own") || umount("/tmp"), 0);
	assert_text("/var/lib/comb/private/web-1/var/lib/comb/mine", "1");
	assert_int_equal(access("/var/spool/own/mine", F_OK), -1);
	/* The next start: what was kept is there, as its user left it. */
	mount_list(list);
	assert_string_equal(trouble, "");
	assert_int_equal(access("/tmp/mine", F_OK), -1);
	assert_text("/var/lib/comb/mine", "1");
	assert_text("/var/spool/own/mine", "2");
	assert_int_equal(mode_of("/var/spool/own"), 0700);
}

static void check_links(void)
{
	assert_int_equal(symlink("../run/resolve/stub.conf", "/etc/resolv.conf"), 0);
	mount_list("resolver /etc/resolv.conf\n");
	assert_string_equal(trouble, "");
	assert_int_equal(access("/run/resolve", F_OK), -1);
	/* A cell on no private network keeps what the root says. */
	assert_int_equal(unlink("/etc/resolv.conf"), 0);
	put("/etc/resolv.conf", "nameserver 192.0.2.1\n");
	resolver = NULL;
	mount_list("resolver /etc/resolv.conf\n");
	assert_text("/etc/resolv.conf", "nameserver 192.0.2.1\n");
}

static void check_trouble(void)
{
	static const char *const bad[] = {
		"file\n", "file x y\n", "ram tmp\n", "nothing /tmp\n", "kept /tmp\n", "kept /tmp x\n",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		trouble[0] = '\0';
		mount_list(bad[i]);
		assert_string_not_equal(trouble, "");
	}
	/* The others are mounted all the same. */
	put("/file", "");
	trouble[0] = '\0';
	mount_list("ram /file/tmp\nfile /etc/hostname web-1\n");
	assert_string_equal(trouble, "cannot make /file/tmp private: Not a directory");
	assert_text("/etc/hostname", "web-1\n");
}

static void no_list(void)
{
	assert_null(private_read());
	private_mount(NULL);
	assert_string_equal(trouble, "");
	assert_int_equal(access("/run/comb", F_OK), -1);
}

static void generated_files(void **state)
{
	(void)state;
	in_child(check_files);
}

static void directories(void **state)
{
	(void)state;
	in_child(check_directories);
}

static void links_stay(void **state)
{
	(void)state;
	in_child(check_links);
}

static void bad_lists(void **state)
{
	(void)state;
	in_child(check_trouble);
}

static void a_cell_of_no_cluster(void **state)
{
	(void)state;
	in_child(no_list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(generated_files),
		cmocka_unit_test(directories),
		cmocka_unit_test(links_stay),
		cmocka_unit_test(bad_lists),
		cmocka_unit_test(a_cell_of_no_cluster),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
