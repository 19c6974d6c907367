// SPDX-License-Identifier: GPL-2.0-or-later
/* shutdown.c - ends everything, then the kernel */
#include <errno.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "shutdown.h"

#define GRACE_MS 2000
#define MOUNTS_MAX 256

int shutdown_command(int signal)
{
	if (signal == SIGRTMIN + 4 || signal == SIGUSR2)
		return RB_POWER_OFF;
	if (signal == SIGRTMIN + 3 || signal == SIGUSR1)
		return RB_HALT_SYSTEM;
	if (signal == SIGRTMIN + 5 || signal == SIGTERM || signal == SIGINT)
		return RB_AUTOBOOT;
	return -1;
}

static const char *command_name(int command)
{
	switch (command) {
	case RB_POWER_OFF:
		return "powering off";
	case RB_HALT_SYSTEM:
		return "halting";
	default:
		return "rebooting";
	}
}

/* Until all are gone or the grace is over. */
static bool wait_for_all(bool (*wait)(int milliseconds))
{
	int64_t end = clock_ms() + GRACE_MS, left = GRACE_MS;

	while (left > 0) {
		if (!wait(left))
			return true;
		left = end - clock_ms();
	}
	return false;
}

/* In reverse order: what was mounted last may lie on top of what came before. */
static void unmount_all(void)
{
	char *targets[MOUNTS_MAX];
	size_t nr = 0;
	struct mntent *entry;
	FILE *mounts = setmntent("/proc/self/mounts", "re");

	if (!mounts)
		return;
	while (nr < MOUNTS_MAX && (entry = getmntent(mounts))) {
		targets[nr] = strdup(entry->mnt_dir);
		if (targets[nr])
			nr++;
	}
	endmntent(mounts);
	while (nr) {
		char *target = targets[--nr];

		if (umount2(target, 0))
			mount(NULL, target, NULL, MS_REMOUNT | MS_RDONLY, NULL);
		free(target);
	}
}

void shutdown_system(int command, bool (*wait)(int milliseconds))
{
	log_say("%s", command_name(command));
	/* To all but this process. ESRCH: there is no other. */
	kill(-1, SIGTERM);
	kill(-1, SIGCONT);
	if (!wait_for_all(wait)) {
		kill(-1, SIGKILL);
		if (!wait_for_all(wait))
			log_say("some processes cannot be killed");
	}
	sync();
	unmount_all();
	sync();
	reboot(command);
	log_say("the kernel refuses: %s", strerror(errno));
}
