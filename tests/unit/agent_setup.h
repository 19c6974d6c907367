/* SPDX-License-Identifier: GPL-2.0-or-later */
/* agent_setup.h - for tests that fork agents: signals and environment are as in comb-agent */
#ifndef AGENT_SETUP_H
#define AGENT_SETUP_H

#include <signal.h>

#include "../../init/agent.h"

static inline int agent_setup(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	agent_environment();
	return 0;
}

#endif
