// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_bzimage.c - reading bzImages
 *
 * COMB_TEST_KERNELS may name real images, separated by colons; those of the lab
 * are used if it is not set.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bzimage.h"
#include "synthetic_bzimage.h"

static uint8_t image[SYNTHETIC_SIGNED_SIZE];

/* Parse the first @size bytes at the very end of readable memory. */
static int parse(struct comb_bzimage *bz, const uint8_t *data, size_t size,
		 struct comb_error *err)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t len = (size + page - 1) / page * page;
	uint8_t *map = mmap(NULL, len + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	int ret;

	assert_true(map != MAP_FAILED);
	assert_int_equal(mprotect(map + len, page, PROT_NONE), 0);
	memcpy(map + len - size, data, size);
	memset(err, 0, sizeof(*err));
	ret = comb_bzimage_parse(bz, map + len - size, size, err);
	munmap(map, len + page);
	return ret;
}

static void assert_refused(size_t size, const char *reason)
{
	struct comb_bzimage bz;
	struct comb_error err;

	assert_int_equal(parse(&bz, image, size, &err), -1);
	assert_int_equal(err.status, COMB_USAGE);
	if (!strstr(err.what, reason))
		fail_msg("\"%s\" does not say \"%s\"", err.what, reason);
}

static void reads_every_field(void **state)
{
	struct comb_bzimage bz;
	struct comb_error err;

	(void)state;
	synthetic_make(image);
	assert_int_equal(parse(&bz, image, SYNTHETIC_SIZE, &err), 0);
	assert_int_equal(bz.size, SYNTHETIC_SIZE);
	assert_int_equal(bz.setup_header, 0x1f1);
	assert_int_equal(bz.setup_header + bz.setup_header_size, 0x26c);
	assert_int_equal(bz.payload, SYNTHETIC_PAYLOAD);
	assert_int_equal(bz.payload_size, SYNTHETIC_PAYLOAD_SIZE);
	assert_int_equal(bz.init_size, SYNTHETIC_INIT_SIZE);
	assert_int_equal(bz.alignment, 0x200000);
	assert_int_equal(bz.pref_address, 0x1000000);
	assert_int_equal(bz.entry_offset, 0x200);
	assert_int_equal(bz.cmdline_size, 2047);
	assert_int_equal(bz.version, 0x20f);
	assert_true(bz.above_4g);
	assert_string_equal(bz.release, SYNTHETIC_RELEASE);
}

static void refuses_every_truncation(void **state)
{
	(void)state;
	synthetic_make(image);
	for (size_t size = 0; size < 0x290; size++)
		assert_refused(size, "not a Linux kernel image");
	for (size_t size = 0x290; size < SYNTHETIC_SIZE; size += 511)
		assert_refused(size, "truncated");
	for (size_t size = SYNTHETIC_SIZE - 32; size < SYNTHETIC_SIZE; size++)
		assert_refused(size, "truncated");
	synthetic_sign(image);
	for (size_t size = 0x290; size < SYNTHETIC_SIGNED_SIZE; size += 13)
		assert_refused(size, "truncated");
	assert_refused(SYNTHETIC_SIGNED_SIZE - 1, "truncated");
}

static void accepts_a_signature_and_padding(void **state)
{
	struct comb_bzimage bz;
	struct comb_error err;

	(void)state;
	synthetic_make(image);
	assert_int_equal(parse(&bz, image, SYNTHETIC_SIGNED_SIZE, &err), 0);
	synthetic_sign(image);
	assert_int_equal(parse(&bz, image, SYNTHETIC_SIGNED_SIZE, &err), 0);
	assert_int_equal(bz.payload_size, SYNTHETIC_PAYLOAD_SIZE);
}

static void refuses_other_files(void **state)
{
	(void)state;
	memset(image, 0, sizeof(image));
	assert_refused(sizeof(image), "not a Linux kernel image");
	memcpy(image, "\177ELF\2\1\1", 7);
	assert_refused(sizeof(image), "not a Linux kernel image");
	synthetic_make(image);
	image[0x202] ^= 1;
	assert_refused(SYNTHETIC_SIZE, "not a Linux kernel image");
	synthetic_make(image);
	image[0x1fe] = 0;
	assert_refused(SYNTHETIC_SIZE, "not a Linux kernel image");
}

/* Change one field of the header and expect a refusal. */
#define assert_field_refused(field, value, reason)			\
	do {								\
		struct setup_header hdr_;				\
									\
		synthetic_make(image);					\
		hdr_ = synthetic_header(image);				\
		hdr_.field = (value);					\
		synthetic_set_header(image, hdr_);			\
		assert_refused(SYNTHETIC_SIZE, reason);			\
	} while (0)

static void refuses_kernels_it_cannot_boot(void **state)
{
	(void)state;
	assert_field_refused(xloadflags, XLF_CAN_BE_LOADED_ABOVE_4G, "32-bit");
	assert_field_refused(relocatable_kernel, 0, "not relocatable");
	assert_field_refused(version, 0x20b, "too old");
	assert_field_refused(loadflags, 0, "zImage");
	assert_field_refused(kernel_alignment, 0, "alignment");
	assert_field_refused(kernel_alignment, 0x300000, "alignment");
}

static void refuses_contradictions(void **state)
{
	(void)state;
	assert_field_refused(syssize, 0, "empty");
	assert_field_refused(syssize, 0x20, "entry point");
	assert_field_refused(syssize, 0xffffffff, "truncated");
	assert_field_refused(setup_sects, 255, "truncated");
	assert_field_refused(payload_offset, SYNTHETIC_PAYLOAD_SIZE, "beyond syssize");
	assert_field_refused(payload_length, 0xffffffff, "beyond syssize");
}

static void reads_defaults(void **state)
{
	struct setup_header hdr;
	struct comb_bzimage bz;
	struct comb_error err;

	(void)state;
	synthetic_make(image);
	hdr = synthetic_header(image);
	hdr.setup_sects = 0;
	hdr.init_size = 16;
	hdr.xloadflags = XLF_KERNEL_64;
	synthetic_set_header(image, hdr);
	assert_int_equal(parse(&bz, image, SYNTHETIC_SIZE, &err), 0);
	assert_int_equal(bz.payload, 5 * 512);
	assert_int_equal(bz.init_size, SYNTHETIC_PAYLOAD_SIZE);
	assert_false(bz.above_4g);
}

static void bounds_the_release(void **state)
{
	struct setup_header hdr;
	struct comb_bzimage bz;
	struct comb_error err;

	(void)state;
	synthetic_make(image);
	hdr = synthetic_header(image);
	hdr.kernel_version = 0xffff;		/* beyond the setup code */
	synthetic_set_header(image, hdr);
	assert_int_equal(parse(&bz, image, SYNTHETIC_SIZE, &err), 0);
	assert_string_equal(bz.release, "");
	hdr.kernel_version = 0;
	synthetic_set_header(image, hdr);
	assert_int_equal(parse(&bz, image, SYNTHETIC_SIZE, &err), 0);
	assert_string_equal(bz.release, "");
	/* No end: 64 characters, and not one of the payload. */
	hdr.kernel_version = SYNTHETIC_VERSION_AT - 512;
	synthetic_set_header(image, hdr);
	memset(image + SYNTHETIC_VERSION_AT, 'v', SYNTHETIC_PAYLOAD - SYNTHETIC_VERSION_AT);
	assert_int_equal(parse(&bz, image, SYNTHETIC_SIZE, &err), 0);
	assert_int_equal(strlen(bz.release), 64);
	hdr.kernel_version = SYNTHETIC_PAYLOAD - 512 - 3;
	synthetic_set_header(image, hdr);
	memset(image + SYNTHETIC_PAYLOAD, 'p', 100);
	assert_int_equal(parse(&bz, image, SYNTHETIC_SIZE, &err), 0);
	assert_string_equal(bz.release, "vvv");
}

static void check_real(const char *path)
{
	struct comb_error err = { 0 };
	struct comb_bzimage bz;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *data;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	assert_true(data != MAP_FAILED);
	close(fd);
	if (comb_bzimage_parse(&bz, data, (size_t)st.st_size, &err))
		fail_msg("%s: %s", path, err.what);
	assert_non_null(strstr(path, bz.release));
	assert_true(strlen(bz.release) > 0);
	assert_true(bz.init_size >= bz.payload_size);
	for (off_t size = 0; size < st.st_size; size += 4096) {
		if (!comb_bzimage_parse(&bz, data, (size_t)size, &err))
			fail_msg("%s: taken although cut at %lld", path, (long long)size);
	}
	munmap(data, (size_t)st.st_size);
}

static void reads_real_kernels(void **state)
{
	char *list = getenv("COMB_TEST_KERNELS") ? strdup(getenv("COMB_TEST_KERNELS")) : NULL;
	char *rest = list;
	glob_t found;

	(void)state;
	if (list) {
		for (char *path; (path = strsep(&rest, ":"));)
			check_real(path);
		free(list);
		return;
	}
	if (glob("build/lab/kernels/*/boot/vmlinuz-*", 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		check_real(found.gl_pathv[i]);
	globfree(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_field),
		cmocka_unit_test(refuses_every_truncation),
		cmocka_unit_test(accepts_a_signature_and_padding),
		cmocka_unit_test(refuses_other_files),
		cmocka_unit_test(refuses_kernels_it_cannot_boot),
		cmocka_unit_test(refuses_contradictions),
		cmocka_unit_test(reads_defaults),
		cmocka_unit_test(bounds_the_release),
		cmocka_unit_test(reads_real_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
