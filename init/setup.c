// SPDX-License-Identifier: GPL-2.0-or-later
/* setup.c - from what the kernel leaves to a system programs can run in */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <observe.h>

#include "files.h"
#include "log.h"
#include "setup.h"

static const struct {
	const char *type, *target, *options;
	unsigned long flags;
} file_systems[] = {
	{ "proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC },
	{ "devpts", "/dev/pts", "gid=5,mode=620,ptmxmode=666", MS_NOSUID | MS_NOEXEC },
	{ "tmpfs", "/dev/shm", "mode=1777", MS_NOSUID | MS_NODEV },
	{ "tmpfs", "/run", "mode=755", MS_NOSUID | MS_NODEV },
	{ "tmpfs", "/tmp", "mode=1777", MS_NOSUID | MS_NODEV },
};

static const struct {
	const char *path, *target;
} links[] = {
	{ "/dev/fd", "/proc/self/fd" },
	{ "/dev/stdin", "fd/0" },
	{ "/dev/stdout", "fd/1" },
	{ "/dev/stderr", "fd/2" },
};

static const struct {
	const char *path, *value;
} sysctls[] = {
	/* The host may send any key. */
	{ "/proc/sys/kernel/sysrq", "1" },
	/* The log carries what programs write. */
	{ "/proc/sys/kernel/printk_devkmsg", "on" },
};

static void mount_on(const char *type, const char *target, const char *options,
		     unsigned long flags)
{
	if (mkdir(target, 0755) && errno != EEXIST)
		log_say("cannot create %s: %s", target, strerror(errno));
	else if (mount(type, target, type, flags, options) && errno != EBUSY)
		log_say("cannot mount %s: %s", target, strerror(errno));
}

/*
 * A cell has no console, so the kernel started this program without open
 * descriptors. Whatever a library may write there belongs in the log.
 */
static void open_standard_files(void)
{
	int fd, opened;

	for (fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		opened = open(fd ? "/dev/kmsg" : "/dev/null", fd ? O_WRONLY : O_RDONLY);
		/* The lowest free number, and those below are in use. */
		if (opened < 0)
			return;
	}
}

static void set_hostname(void)
{
	char *cursor, *data, *name;
	size_t size;

	data = file_read("/etc/hostname", &size);
	if (!data)
		return;
	cursor = data;
	name = file_next_line(&cursor);
	if (name && sethostname(name, strlen(name)))
		log_say("cannot set the host name %s: %s", name, strerror(errno));
	free(data);
}

static void bring_up_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	/* A kernel without networking has nothing to bring up. */
	if (fd < 0)
		return;
	if (!ioctl(fd, SIOCGIFFLAGS, &request)) {
		request.ifr_flags |= IFF_UP;
		if (ioctl(fd, SIOCSIFFLAGS, &request))
			log_say("cannot bring up the loopback interface: %s", strerror(errno));
	}
	close(fd);
}

static void write_sysctl(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	/* Not every kernel has every one, and the command line may have locked it. */
	if (fd < 0)
		return;
	while (write(fd, value, strlen(value)) < 0 && errno == EINTR)
		;
	close(fd);
}

void setup_system(void)
{
	size_t i;

	umask(022);
	if (mkdir("/dev", 0755) && errno != EEXIST)
		return;
	mount("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=755");
	log_open();
	open_standard_files();

	for (i = 0; i < sizeof(file_systems) / sizeof(file_systems[0]); i++)
		mount_on(file_systems[i].type, file_systems[i].target, file_systems[i].options,
			 file_systems[i].flags);
	for (i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		if (symlink(links[i].target, links[i].path) && errno != EEXIST)
			log_say("cannot create %s: %s", links[i].path, strerror(errno));
	for (i = 0; i < sizeof(sysctls) / sizeof(sysctls[0]); i++)
		write_sysctl(sysctls[i].path, sysctls[i].value);

	/* Ctrl-alt-del becomes SIGINT. */
	reboot(RB_DISABLE_CAD);
	set_hostname();
	bring_up_loopback();
}

static void load_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		log_say("module %s: %s", path, strerror(errno));
		return;
	}
	if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
		log_say("module %s: %s", path, strerror(errno));
	close(fd);
}

void setup_modules(void)
{
	char *cmdline, *cursor, *data, *path;
	size_t size;

	data = file_read("/etc/comb/modules", &size);
	if (!data) {
		if (errno != ENOENT)
			log_say("cannot read /etc/comb/modules: %s", strerror(errno));
		return;
	}
	cmdline = file_read("/proc/cmdline", &size);
	cursor = data;
	while ((path = file_next_line(&cursor))) {
		if (!cmdline || !module_is_blacklisted(cmdline, path))
			load_module(path);
	}
	free(cmdline);
	free(data);
}

void setup_announce(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct utsname name;
	struct sysinfo info;

	if (uname(&name) || sysinfo(&info))
		log_say("cannot tell who this is: %s", strerror(errno));
	else
		log_say("%s: %s %s, %ld CPU%s, %llu MiB", name.nodename, name.sysname,
			name.release, cpus, cpus == 1 ? "" : "s",
			(unsigned long long)info.totalram * info.mem_unit >> 20);
	log_line(NULL, COMB_READY_LINE, strlen(COMB_READY_LINE));
}
