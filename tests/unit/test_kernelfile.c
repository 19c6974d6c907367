// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernelfile.h"
#include "synthetic_bzimage.h"

static char root[] = "/tmp/comb-kernels-XXXXXX";

static int make_root(void **state)
{
	(void)state;
	strcpy(root + strlen(root) - 6, "XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

static void below(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s", root, name);
}

static void make_directory(const char *name)
{
	char path[512];

	below(path, sizeof(path), name);
	for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	mkdir(path, 0755);
}

/* An image of @release below the root, or one that does not tell it. */
static void make_image(const char *name, const char *release)
{
	static uint8_t image[SYNTHETIC_SIGNED_SIZE];
	char path[512], *slash;
	FILE *file;

	synthetic_make(image);
	strcpy((char *)image + SYNTHETIC_VERSION_AT, release);
	snprintf(path, sizeof(path), "%s", name);
	slash = strrchr(path, '/');
	*slash = '\0';
	make_directory(path);
	below(path, sizeof(path), name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(image, SYNTHETIC_SIZE, 1, file), 1);
	assert_int_equal(fclose(file), 0);
}

static void make_boot_image(const char *release)
{
	char name[128];

	snprintf(name, sizeof(name), "boot/vmlinuz-%s", release);
	make_image(name, release);
}

static void assert_found(const char *what, const char *path, const char *release,
			 const char *modules)
{
	struct comb_kernel_file file;
	struct comb_error err = {0};
	char expected[512];

	if (comb_kernel_find(&file, what, root, &err))
		fail_msg("%s: %s", what, err.what);
	below(expected, sizeof(expected), path);
	assert_string_equal(file.path, expected);
	assert_string_equal(file.release, release);
	if (modules) {
		assert_non_null(file.modules);
		below(expected, sizeof(expected), modules);
		assert_string_equal(file.modules, expected);
	} else {
		assert_null(file.modules);
	}
	comb_kernel_file_free(&file);
}

static void assert_refused(const char *what, const char *words, const char *hint)
{
	struct comb_kernel_file file;
	struct comb_error err = {0};

	assert_int_equal(comb_kernel_find(&file, what, root, &err), -1);
	assert_int_equal(err.status, COMB_USAGE);
	assert_non_null(strstr(err.what, words));
	assert_non_null(strstr(err.hint, hint));
	assert_null(file.path);
	assert_null(file.release);
}

static void test_releases(void **state)
{
	struct comb_strings releases = {0};
	struct comb_error err = {0};

	(void)state;
	make_boot_image("6.1.0-9-amd64");
	make_boot_image("6.1.0-50-amd64");
	make_boot_image("6.12.95+deb12-amd64");
	make_boot_image("6.12.95+deb12-amd64.old");
	make_boot_image("5.10.0-46-amd64");
	make_boot_image("5.10.0-46-cloud-amd64");
	make_image("boot/initrd.img-6.1.0-9-amd64", "");
	make_image("usr/lib/modules/7.3.4+deb13-amd64/vmlinuz", "7.3.4+deb13-amd64");
	make_image("usr/lib/modules/6.1.0-9-amd64/vmlinuz", "6.1.0-9-amd64");
	make_directory("usr/lib/modules/7.3.4+deb13-amd64/kernel");
	make_directory("lib/modules/6.1.0-50-amd64/kernel");
	make_directory("lib/modules/6.1.0-9-amd64/build");

	assert_int_equal(comb_kernel_list(&releases, root, &err), 0);
	assert_int_equal(releases.count, 6);
	assert_string_equal(releases.list[0], "7.3.4+deb13-amd64");
	assert_string_equal(releases.list[1], "6.12.95+deb12-amd64");
	assert_string_equal(releases.list[2], "6.1.0-50-amd64");
	assert_string_equal(releases.list[3], "6.1.0-9-amd64");
	assert_string_equal(releases.list[5], "5.10.0-46-amd64");
	comb_strings_free(&releases);

	assert_found("6.1.0-50-amd64", "boot/vmlinuz-6.1.0-50-amd64", "6.1.0-50-amd64",
		     "lib/modules/6.1.0-50-amd64");
	assert_found("6.1", "boot/vmlinuz-6.1.0-50-amd64", "6.1.0-50-amd64",
		     "lib/modules/6.1.0-50-amd64");
	assert_found("6.1.0-9", "boot/vmlinuz-6.1.0-9-amd64", "6.1.0-9-amd64", NULL);
	assert_found("6.12", "boot/vmlinuz-6.12.95+deb12-amd64", "6.12.95+deb12-amd64", NULL);
	assert_found("5.10.0-46-c", "boot/vmlinuz-5.10.0-46-cloud-amd64", "5.10.0-46-cloud-amd64",
		     NULL);
	assert_found("7", "usr/lib/modules/7.3.4+deb13-amd64/vmlinuz", "7.3.4+deb13-amd64",
		     "usr/lib/modules/7.3.4+deb13-amd64");
	assert_refused("5.10", "5.10 may be any of 5.10.0-46-cloud-amd64, 5.10.0-46-amd64",
		       "--kernel 5.10.0-46-");
	assert_refused("6.99", "no kernel 6.99 is installed",
		       "one of: 7.3.4+deb13-amd64, 6.12.95+deb12-amd64");
	assert_refused("6.1.0-5", "no kernel 6.1.0-5 is installed", "one of: ");
	assert_refused("", "no kernel  is installed", "one of: ");
	assert_refused(NULL, "the image of the running kernel", "--kernel with one of: ");
}

static void test_running_release(void **state)
{
	char name[256], image[256];
	struct utsname uts;

	(void)state;
	assert_int_equal(uname(&uts), 0);
	make_boot_image(uts.release);
	snprintf(image, sizeof(image), "boot/vmlinuz-%s", uts.release);
	snprintf(name, sizeof(name), "lib/modules/%s/kernel", uts.release);
	make_directory(name);
	*strrchr(name, '/') = '\0';
	assert_found(NULL, image, uts.release, name);
}

static void test_nothing_installed(void **state)
{
	(void)state;
	assert_refused("6.1", "no kernel 6.1 is installed", "apt install linux-image-amd64");
}

static void test_paths(void **state)
{
	char path[512];

	(void)state;
	make_image("unpacked/boot/vmlinuz-6.1.7-x", "6.1.7-x");
	make_directory("unpacked/lib/modules/6.1.7-x/kernel");
	make_directory("lib/modules/6.1.7-x/kernel");
	make_image("elsewhere/bzImage", "6.1.7-x");
	make_image("new/usr/lib/modules/7.3/vmlinuz", "7.3");
	make_directory("new/usr/lib/modules/7.3/kernel");
	make_image("old/vmlinuz-4.4-y", "");
	make_image("old/bzImage", "");
	make_image("old/evil", "../../etc");

	/* The package's own modules come before those that are installed. */
	below(path, sizeof(path), "unpacked/boot/vmlinuz-6.1.7-x");
	assert_found(path, "unpacked/boot/vmlinuz-6.1.7-x", "6.1.7-x",
		     "unpacked/lib/modules/6.1.7-x");
	below(path, sizeof(path), "elsewhere/bzImage");
	assert_found(path, "elsewhere/bzImage", "6.1.7-x", "lib/modules/6.1.7-x");
	below(path, sizeof(path), "new/usr/lib/modules/7.3/vmlinuz");
	assert_found(path, "new/usr/lib/modules/7.3/vmlinuz", "7.3", "new/usr/lib/modules/7.3");
	below(path, sizeof(path), "old/vmlinuz-4.4-y");
	assert_found(path, "old/vmlinuz-4.4-y", "4.4-y", NULL);
	below(path, sizeof(path), "old/bzImage");
	assert_refused(path, "does not tell its release", "vmlinuz-RELEASE");
	below(path, sizeof(path), "old/evil");
	assert_refused(path, "\"../../etc\" is no release", "");
	below(path, sizeof(path), "old/missing");
	assert_refused(path, "/old/missing: No such file", "vmlinuz");
	assert_refused(root, "not a kernel image", "vmlinuz");
	assert_refused("/dev/zero", "not a kernel image", "vmlinuz");
	assert_refused("/proc/self/exe", "not a Linux kernel image", "vmlinuz");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_releases, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_running_release, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_nothing_installed, make_root, remove_root),
		cmocka_unit_test_setup_teardown(test_paths, make_root, remove_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
