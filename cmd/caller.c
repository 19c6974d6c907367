// SPDX-License-Identifier: GPL-2.0-or-later
#include "caller.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user.h"

extern char **environ;

/* Names, and beginnings of names, which end with "*". In man/comb.1.scd, too. */
static const char *const stays_here[] = {
	/* Agents, buses and displays */
	"SSH_*", "GPG_AGENT_INFO", "GPG_TTY", "DBUS_*", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY",
	"XDG_RUNTIME_DIR", "XDG_SEAT*", "XDG_SESSION_*", "XDG_VTNR", "PULSE_SERVER",
	/* Terminals within terminals */
	"TMUX*", "STY", "WINDOW", "TERM",
	/* What systemd tells a service */
	"LISTEN_*", "NOTIFY_SOCKET", "WATCHDOG_*", "MAINPID", "MANAGERPID*", "INVOCATION_ID",
	"JOURNAL_STREAM", "SYSTEMD_*", "CREDENTIALS_DIRECTORY", "MEMORY_PRESSURE_*",
};

static bool belongs_here(const char *variable)
{
	size_t length = strcspn(variable, "=");

	for (size_t i = 0; i < sizeof(stays_here) / sizeof(stays_here[0]); i++) {
		size_t known = strlen(stays_here[i]);

		if (stays_here[i][known - 1] == '*' ?
		    length >= known - 1 && !strncmp(variable, stays_here[i], known - 1) :
		    length == known && !strncmp(variable, stays_here[i], known))
			return true;
	}
	return false;
}

void caller_environment(struct comb_strings *variables)
{
	for (size_t i = 0; environ[i]; i++)
		if (!belongs_here(environ[i]))
			comb_strings_add(variables, environ[i]);
}

int caller_order(const struct cli *cli, struct agent_order *order, struct comb_error *err)
{
	caller_environment(&order->variables);
	if (agent_order(cli, order, err))
		return -1;
	if (!order->directory)
		order->directory = getcwd(NULL, 0);
	if (!order->directory) {
		comb_fail(err, (enum comb_status)EXECWIRE_FAILED, "the working directory: %s",
			  strerror(errno));
		return comb_hint(err, "--cwd DIR");
	}
	order->has_umask = true;
	order->umask = umask(0);
	umask(order->umask);
	return order->user.given ? 0 : user_of_caller(&order->user, err);
}
