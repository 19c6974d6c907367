// SPDX-License-Identifier: GPL-2.0-or-later
/* handover.c - to a full system's own init, with the agent as one of its services */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "log.h"
#include "root.h"

#define AGENT	"/run/comb/comb-agent"
#define UNITS	"/run/systemd/system"
#define UNIT	"comb-agent.service"
#define CONSOLE	"/dev/console"
#define TERMINAL "/dev/hvc0"

static const char unit[] =
	"# Written by comb-init\n"
	"[Unit]\n"
	"Description=Comb: programs in this cell for the host\n"
	"DefaultDependencies=no\n"
	"After=local-fs.target\n"
	"Before=shutdown.target\n"
	"Conflicts=shutdown.target\n"
	"[Service]\n"
	"ExecStart=" AGENT "\n"
	"Restart=always\n"
	"RestartSec=1\n"
	"SendSIGHUP=yes\n"
	"TasksMax=infinity\n";

static int write_unit(void)
{
	int fd = open(UNITS "/" UNIT, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ssize_t put;

	if (fd < 0)
		return -1;
	put = write(fd, unit, sizeof(unit) - 1);
	if (close(fd) || put != sizeof(unit) - 1)
		return -1;
	return symlink("../" UNIT, UNITS "/multi-user.target.wants/" UNIT);
}

/* This very program; its file is gone with the initramfs, but not while it runs. */
static int copy_self(void)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int to = open(AGENT, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	int result = -1;
	ssize_t sent = 1;

	if (from >= 0 && to >= 0) {
		while (sent > 0)
			sent = sendfile(to, from, NULL, 1 << 20);
		result = sent;
	}
	if (from >= 0)
		close(from);
	if (to >= 0 && close(to))
		result = -1;
	return result;
}

/* /run stays mounted under systemd, and units in it need no installation. */
static void bring_agent(void)
{
	mkdir("/run/comb", 0755);
	mkdir("/run/systemd", 0755);
	mkdir(UNITS, 0755);
	mkdir(UNITS "/multi-user.target.wants", 0755);
	if (copy_self() || write_unit())
		log_say("no agent for %s: %s", UNITS, strerror(errno));
}

/*
 * A cell's kernel has no console, or a VT that nobody sees, so nothing useful is
 * behind /dev/console, where a full system shows how it starts and asks when it
 * cannot. Not "console=hvc0": with it printk(), even that of a panic, would wait
 * with interrupts off until the host's keeper takes the text, and the host reads the
 * kernel log without it anyway.
 */
static void make_console(void)
{
	size_t size;
	char *cmdline = file_read("/proc/cmdline", &size);
	bool wanted = cmdline && strstr(cmdline, " console=");
	struct stat st;

	free(cmdline);
	if (wanted || stat(TERMINAL, &st))
		return;
	unlink(CONSOLE);
	if (mknod(CONSOLE, S_IFCHR | 0600, st.st_rdev))
		log_say("no " CONSOLE ": %s", strerror(errno));
}

/* As the kernel does for the first program. */
static void open_console(void)
{
	int fd = open(CONSOLE, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return;
	for (int i = 0; i <= 2; i++)
		dup2(fd, i);
	close(fd);
}

void root_init(const char *program)
{
	char *argv[] = { (char *)program, NULL };
	sigset_t none, old;

	bring_agent();
	make_console();
	open_console();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, &old);
	execv(program, argv);
	sigprocmask(SIG_SETMASK, &old, NULL);
	log_trouble("cannot run %s: %s", program, strerror(errno));
}
