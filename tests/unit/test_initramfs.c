// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_initramfs.c - archives with programs and modules in them, unpacked and used
 *
 * Makes programs, libraries and modules with cc and depmod; running them in the
 * unpacked archive needs root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "initramfs.h"

static char top[] = "/tmp/test_initramfs.XXXXXX";
static char output[1 << 16];
static struct comb_error err;

static struct {
	struct comb_initramfs what;
	struct comb_strings files, command;
	char *file_list[8], *command_list[8];
	const char *modules[8];
} job;

/* Run "sh -c COMMAND" in @top; its output is in @output. Returns its status. */
static int shell(const char *format, ...)
{
	char command[4096];
	va_list args;
	size_t size;
	FILE *pipe;
	int used = snprintf(command, sizeof(command), "exec 2>&1; export LC_ALL=C TZ=UTC; cd %s; ",
			    top);

	va_start(args, format);
	vsnprintf(command + used, sizeof(command) - (size_t)used, format, args);
	va_end(args);
	pipe = popen(command, "re");
	assert_non_null(pipe);
	size = fread(output, 1, sizeof(output) - 1, pipe);
	output[size] = '\0';
	return pclose(pipe);
}

static void must(int status)
{
	if (status != 0)
		fail_msg("status %d: %s", status, output);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static int make_top(void **state)
{
	(void)state;
	return mkdtemp(top) ? 0 : -1;
}

static int remove_top(void **state)
{
	(void)state;
	return nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int setup(void **state)
{
	(void)state;
	memset(&job, 0, sizeof(job));
	memset(&err, 0, sizeof(err));
	job.files.list = job.file_list;
	job.command.list = job.command_list;
	job.what = (struct comb_initramfs){
		.init = "/bin/sh", .modules = job.modules, .files = &job.files,
		.command = &job.command, .hostname = "web",
	};
	return 0;
}

static void add_file(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	assert_true(vasprintf(&job.file_list[job.files.count++], format, args) >= 0);
	va_end(args);
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < job.files.count; i++)
		free(job.file_list[i]);
	return 0;
}

static int build(void)
{
	char path[64];
	void *data;
	size_t size;
	FILE *file;

	if (comb_initramfs_build(&job.what, &data, &size, &err) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/archive", top);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	free(data);
	return 0;
}

static void must_build(void)
{
	if (build() < 0)
		fail_msg("%s", err.what);
	must(shell("cpio --quiet -itv <archive"));
}

static void must_unpack(void)
{
	must_build();
	must(shell("rm -rf unpacked && mkdir unpacked && cd unpacked && "
		   "cpio --quiet -idm --no-absolute-filenames <../archive"));
}

static void must_list(const char *line)
{
	if (!strstr(output, line))
		fail_msg("\"%s\" is not in:\n%s", line, output);
}

static void test_skeleton(void **state)
{
	(void)state;
	job.command_list[0] = (char *)"echo";
	job.command_list[1] = (char *)"two words";
	job.command_list[2] = (char *)"";
	job.command.count = 3;
	must_build();
	must_list("crw-------   1 root     root       5,   1 Jan  1  1970 dev/console\n");
	must_list("crw-rw-rw-   1 root     root       1,   3 Jan  1  1970 dev/null\n");
	must_list(" proc\n");
	must_list("drwxrwxrwt   2 root     root            0 Jan  1  1970 tmp\n");
	must_list(" etc/comb/modules\n");
	must(shell("cpio --quiet -i --to-stdout etc/hostname <archive"));
	assert_string_equal(output, "web\n");
	must(shell("cpio --quiet -i --to-stdout etc/comb/command <archive"));
	assert_memory_equal(output, "echo\0two words\0\0\0", 17);
	must(shell("cpio --quiet -i --to-stdout init <archive | cmp - /bin/sh"));
	must(shell("cp archive first"));
	must_build();
	must(shell("cmp first archive"));
}

static void test_places(void **state)
{
	(void)state;
	must(shell("mkdir -p 'a:b/sub' && echo 1 >'a:b/one' && chmod 604 a:b/one && "
		   "ln -s one a:b/inside && ln -s ../outside a:b/outside && echo 2 >outside && "
		   "ln -s /no/where a:b/dangling && ln -s a:b/one named && mkfifo a:b/sub/fifo"));
	add_file("%s/a:b:/dst", top);
	add_file("%s/named", top);
	add_file("%s/outside:/dst/", top);
	add_file("%s/outside:/etc/hostname", top);
	add_file("%s/outside:/init", top);
	must_build();
	must_list("-rw----r--   1 root     root            2 Jan  1  1970 dst/one\n");
	must_list(" dst/inside -> one\n");
	must_list(" dst/dangling -> /no/where\n");
	must_list("-rw-r--r--   1 root     root            2 Jan  1  1970 dst/outside\n");
	must_list("prw-r--r--   1 root     root            0 Jan  1  1970 dst/sub/fifo\n");
	must(shell("cpio --quiet -i --to-stdout %s/named <archive", top + 1));
	assert_string_equal(output, "1\n");
	must(shell("cpio --quiet -i --to-stdout etc/hostname <archive"));
	assert_string_equal(output, "2\n");
	must(shell("cpio --quiet -i --to-stdout init <archive | cmp - /bin/sh"));
}

static void test_missing(void **state)
{
	static const char *const bad[] = { "/nonexistent", "/nonexistent:/x", "/bin/ls:/../x", "",
					   "/dev/null", ":/x" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		setup(state);
		job.file_list[0] = (char *)bad[i];
		job.files.count = 1;
		assert_int_equal(build(), -1);
		assert_int_equal(err.status, COMB_USAGE);
		assert_true(err.what[0] && err.hint[0]);
	}
	job.files.count = 0;
	job.what.init = "/nonexistent";
	assert_int_equal(build(), -1);
	assert_non_null(strstr(err.what, "/nonexistent"));
}

static void test_program(void **state)
{
	(void)state;
	must(shell("printf '#!/usr/bin/env  cat\\nhello\\n' >script && chmod 755 script"));
	add_file("/bin/ls");
	add_file("%s/script:/script", top);
	must_unpack();
	if (geteuid() != 0)
		skip();
	must(shell("chroot unpacked /bin/ls /etc/comb"));
	assert_string_equal(output, "command\nmodules\n");
	must(shell("chroot unpacked /script"));
	assert_string_equal(output, "#!/usr/bin/env  cat\nhello\n");
}

static void test_origin(void **state)
{
	(void)state;
	must(shell("mkdir -p app/bin app/lib && cd app && "
		   "echo 'int deep(void) { return 41; }' >deep.c && "
		   "echo 'int deep(void); int flat(void) { return deep() + 1; }' >flat.c && "
		   "echo 'int flat(void); int main(void) { return flat(); }' >main.c && "
		   "cc -shared -fPIC -o lib/libdeep.so deep.c && "
		   "cc -shared -fPIC -o lib/libflat.so flat.c -Llib -ldeep "
		   "-Wl,--enable-new-dtags,-rpath,'$ORIGIN' && "
		   "cc -o bin/old main.c -Llib -lflat "
		   "-Wl,--disable-new-dtags,-rpath,'/x:$ORIGIN/../lib' && "
		   "cc -o bin/new main.c -Llib -lflat "
		   "-Wl,--enable-new-dtags,-rpath,'${ORIGIN}/../lib' -Wl,-rpath-link,lib"));
	add_file("%s/app/bin/old:/opt/v/bin/", top);
	add_file("%s/app/bin/new:/usr/bin/app", top);
	must_unpack();
	must(shell("test -f unpacked/opt/v/lib/libdeep.so && test -f unpacked/usr/lib/libflat.so"));
	if (geteuid() == 0) {
		assert_int_equal(shell("chroot unpacked /opt/v/bin/old") >> 8, 42);
		assert_int_equal(shell("chroot unpacked /usr/bin/app") >> 8, 42);
	}
	/* Now a library is missing: an error for a file that was named, not in a directory. */
	must(shell("rm app/lib/libdeep.so"));
	assert_int_equal(build(), -1);
	assert_int_equal(err.status, COMB_USAGE);
	assert_non_null(strstr(err.what, "libflat.so needs libdeep.so"));
	teardown(state);
	setup(state);
	add_file("%s/app:/app", top);
	must_build();
	must_list(" app/bin/new\n");
}

static void test_busybox(void **state)
{
	(void)state;
	must(shell("cp /bin/cat busybox"));
	add_file("%s/busybox:/bin/busybox", top);
	must_build();
	must_list(" bin/sh -> /bin/busybox\n");
	add_file("/bin/sh");
	must_build();
	assert_null(strstr(output, "bin/sh ->"));
	must_list(" bin/sh\n");
}

/* mod_a needs mod_b; mod_b wants mod_d before and mod_c after; mod_d wants mod_a. */
static void make_modules(void)
{
	must(shell("mkdir -p lib/modules/9.9/kernel && cd lib/modules/9.9/kernel && "
		   "module() { name=$1; shift; { printf 'const char info[] "
		   "__attribute__((section(\".modinfo\"))) = \"name=%%s\"' $name; "
		   "for i; do printf ' \"\\\\0%%s\"' \"$i\"; done; echo ';'; } >$name.c && "
		   "cc -c -o $name.ko $name.c && rm $name.c; } && "
		   "module mod_a depends=mod_b alias=the-alias && "
		   "module mod_b 'softdep=pre: mod_d no_such mod_in post: mod_c' depends= && "
		   "module mod_c depends= && module mod_d 'softdep=pre: mod_a' depends= && "
		   "module mod_x depends=mod_gone && "
		   "module mod_e depends=mod_c && mv mod_e.ko ../../../.. && "
		   "cp mod_b.ko mod_c.ko ../../../.. && xz --check=crc32 mod_b.ko && "
		   "zstd -q --rm mod_c.ko && xz mod_d.ko && "
		   "cd .. && echo kernel/mod_in.ko >modules.builtin && : >modules.order && "
		   "cd ../../.. && PATH=$PATH:/sbin:/usr/sbin depmod -b . 9.9"));
}

static void test_modules(void **state)
{
	static char dir[64];

	(void)state;
	make_modules();
	snprintf(dir, sizeof(dir), "%s/lib/modules/9.9", top);
	job.what.modules_dir = dir;
	job.modules[0] = "mod-a";
	job.modules[1] = "mod_in";
	job.modules[2] = "the-alias";
	job.modules[3] = "no_such";
	job.what.nr_modules = 4;
	job.what.optional_modules = 1;
	must_unpack();
	must(shell("cat unpacked/etc/comb/modules"));
	assert_string_equal(output,
			    "/lib/modules/9.9/kernel/mod_d.ko\n/lib/modules/9.9/kernel/mod_b.ko\n"
			    "/lib/modules/9.9/kernel/mod_c.ko\n/lib/modules/9.9/kernel/mod_a.ko\n");
	must(shell("cmp mod_b.ko unpacked/lib/modules/9.9/kernel/mod_b.ko && "
		   "cmp mod_c.ko unpacked/lib/modules/9.9/kernel/mod_c.ko && "
		   "test $(ls unpacked/lib/modules/9.9/kernel | wc -l) = 4"));
	/* A file elsewhere. */
	job.modules[1] = job.file_list[7] = NULL;
	assert_true(asprintf(&job.file_list[7], "%s/mod_e.ko", top) > 0);
	job.modules[0] = job.file_list[7];
	job.what.nr_modules = 1;
	job.what.optional_modules = 0;
	must_unpack();
	free(job.file_list[7]);
	must(shell("cat unpacked/etc/comb/modules"));
	assert_string_equal(output,
			    "/lib/modules/9.9/kernel/mod_c.ko\n/lib/modules/9.9/extra/mod_e.ko\n");
}

static void test_modules_refused(void **state)
{
	static const struct {
		const char *module, *what;
	} bad[] = {
		{ "no_such", "there is no module no_such for kernel 9.9" },
		{ "mod_x", "there is no module mod_gone for kernel 9.9" },
		{ "/no/such.ko", "/no/such.ko" },
	};
	static char dir[64];

	(void)state;
	snprintf(dir, sizeof(dir), "%s/lib/modules/9.9", top);
	job.what.modules_dir = dir;
	job.what.nr_modules = 1;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(&err, 0, sizeof(err));
		job.modules[0] = bad[i].module;
		assert_int_equal(build(), -1);
		assert_int_equal(err.status, COMB_USAGE);
		assert_non_null(strstr(err.what, bad[i].what));
		assert_true(err.hint[0]);
	}
	/* Damaged, empty, gone. */
	job.modules[0] = "mod_d";
	must(shell("cd lib/modules/9.9/kernel && head -c 40 mod_d.ko.xz >x && mv x mod_d.ko.xz"));
	assert_int_equal(build(), -1);
	assert_non_null(strstr(err.what, "mod_d.ko.xz"));
	must(shell("rm lib/modules/9.9/kernel/mod_d.ko.xz"));
	assert_int_equal(build(), -1);
	assert_non_null(strstr(err.what, "mod_d.ko.xz"));
	must(shell("rm lib/modules/9.9/modules.dep.bin"));
	assert_int_equal(build(), -1);
	assert_non_null(strstr(err.hint, "depmod"));
	job.what.modules_dir = "/nonexistent";
	assert_int_equal(build(), -1);
	job.what.modules_dir = NULL;
	assert_int_equal(build(), -1);
	job.what.optional_modules = 1;
	assert_int_equal(build(), 0);
}

#define BUILD_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BUILD_TEST(test_skeleton),
		BUILD_TEST(test_places),
		BUILD_TEST(test_missing),
		BUILD_TEST(test_program),
		BUILD_TEST(test_origin),
		BUILD_TEST(test_busybox),
		BUILD_TEST(test_modules),
		BUILD_TEST(test_modules_refused),
	};

	return cmocka_run_group_tests(tests, make_top, remove_top);
}
