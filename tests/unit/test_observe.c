// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_observe.c - what is made of a cell's mailbox and log
 *
 * Not in valgrind, which is too slow for heartbeats.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <x86intrin.h>

#include <cmocka.h>

#include "observe.h"
#include "started_cell.h"

#define PANIC	"Kernel panic - not syncing: Attempted to kill init!"

/* A started cell whose kernel has printed one line. */
static int boot_cell(void **state)
{
	(void)state;
	if (started_cell("web", COMB_STATE_BOOTING))
		return -1;
	sk_print(&kernel, 6, 0, 2, "Linux version 6.99.0-synthetic");
	return 0;
}

static int close_cell(void **state)
{
	(void)state;
	comb_cell_close(&cell);
	return 0;
}

static void look(struct comb_observation *seen)
{
	struct comb_error err = {0};

	if (comb_cell_observe(&cell, seen, &err))
		fail_msg("%s", err.what);
}

static void assert_seen(enum comb_state state, const char *health, const char *reason)
{
	struct comb_observation seen;

	/* Do not wait for the next search. */
	cell.log_after_ns = 0;
	look(&seen);
	assert_string_equal(comb_state_name(seen.state), comb_state_name(state));
	assert_string_equal(seen.health, health);
	assert_string_equal(seen.reason, reason);
}

/* comb_cell.ko has loaded and beat @age_ms ago. */
static void beat(int64_t age_ms)
{
	module.get.state = COMB_STATE_RUNNING;
	said->state = COMB_STATE_RUNNING;
	said->heartbeat++;
	said->heartbeat_tsc = __rdtsc() - (uint64_t)(age_ms * (int64_t)KHZ);
}

static void test_not_started(void **state)
{
	struct comb_observation seen;

	(void)state;
	module.get.state = COMB_STATE_LOADING;
	module.get.flags = 0;
	module.get.memory_bytes = 0;
	look(&seen);
	assert_int_equal(seen.state, COMB_STATE_LOADING);
	assert_string_equal(seen.health, "loading");
	assert_true(seen.uptime_ns == 0);
	assert_null(cell.memory);
}

static void test_lost(void **state)
{
	(void)state;
	module.get.state = COMB_STATE_LOST;
	beat(0);
	module.get.state = COMB_STATE_LOST;
	assert_seen(COMB_STATE_LOST, "lost", "a CPU does not come back");
}

static void test_gone(void **state)
{
	struct comb_observation seen;
	struct comb_error err = {0};

	(void)state;
	fake_fails(COMB_CELL_GET, ENODEV, 1);
	assert_int_equal(comb_cell_observe(&cell, &seen, &err), -1);
	assert_int_equal(err.status, COMB_NO_CELL);
}

static void test_without_agent(void **state)
{
	struct comb_observation seen;

	(void)state;
	assert_seen(COMB_STATE_BOOTING, "booting", "");
	sk_print(&kernel, 6, 1, 2, COMB_READY_LINE);
	look(&seen);
	assert_int_equal(seen.state, COMB_STATE_RUNNING);
	assert_string_equal(seen.health, "no agent");
	assert_string_equal(seen.kernel, "6.99.0-synthetic");
	assert_false(seen.agent);
	assert_int_equal(seen.cpus_online, 0);
	assert_true(seen.uptime_ns >= 5000000000ULL && seen.uptime_ns < 60000000000ULL);
	sk_print(&kernel, 0, 0, 2, PANIC);
	assert_seen(COMB_STATE_PANIC, "panic", PANIC);
}

/* While there is no log the RAM is not searched at every look. */
static void test_search_is_rare(void **state)
{
	static uint8_t ram[SK_SIZE];
	struct comb_observation seen;
	uint64_t after;

	(void)state;
	sk_print(&kernel, 6, 1, 2, COMB_READY_LINE);
	memcpy(ram, cell.memory, SK_SIZE);
	memset(cell.memory, 0, SK_SIZE);
	assert_seen(COMB_STATE_BOOTING, "booting", "");
	after = cell.log_after_ns;
	assert_true(after > 0);
	memcpy(cell.memory, ram, SK_SIZE);
	look(&seen);
	assert_int_equal(seen.state, COMB_STATE_BOOTING);
	assert_true(cell.log_after_ns == after);
	assert_seen(COMB_STATE_RUNNING, "no agent", "");
}

static void test_heartbeats(void **state)
{
	struct comb_observation seen;

	(void)state;
	strcpy(said->kernel, "6.1.0-x");
	said->cpus_online = 2;
	beat(0);
	look(&seen);
	assert_int_equal(seen.state, COMB_STATE_RUNNING);
	assert_string_equal(seen.health, "ok");
	assert_string_equal(seen.kernel, "6.1.0-x");
	assert_int_equal(seen.cpus_online, 2);
	assert_true(seen.agent);
	assert_null(cell.log);		/* no need to look for it */

	beat(450);
	assert_seen(COMB_STATE_RUNNING, "ok", "");
	beat(600);
	assert_seen(COMB_STATE_RUNNING, "late", "");
	said->state = COMB_STATE_STOPPING;
	assert_seen(COMB_STATE_STOPPING, "late", "");
	beat(-500);			/* another CPU's clock is ahead */
	assert_seen(COMB_STATE_RUNNING, "ok", "");
	assert_null(cell.log);
	beat(2550);
	assert_seen(COMB_STATE_HUNG, "hung", "no heartbeat for 2.5 s");
	look(&seen);
	assert_in_range(seen.silent_ns, 2550000000ULL, 10000000000ULL);
	host->hung_ms = 3000;
	assert_seen(COMB_STATE_RUNNING, "late", "");
	host->hung_ms = 0;
	host->heartbeat_ms = 10;	/* two periods are no time at all */
	beat(500);
	assert_seen(COMB_STATE_RUNNING, "late", "");
	host->heartbeat_ms = 60000;
	beat(100000);
	assert_seen(COMB_STATE_RUNNING, "ok", "");
	sk_print(&kernel, 0, 0, 2, PANIC);
	beat(300000);
	assert_seen(COMB_STATE_PANIC, "panic", PANIC);
}

static void test_ends(void **state)
{
	static const struct {
		uint32_t exit, efi;
		const char *words;
	} ends[] = {
		{COMB_EXIT_POWEROFF, 0, "power off"},
		{COMB_EXIT_REBOOT, COMB_EFI_RESET_COLD, "reboot"},
		{COMB_EXIT_HALT, 0, "halt"},
		{COMB_EXIT_EMERGENCY, COMB_EFI_RESET_COLD, "reboot"},
		{COMB_EXIT_NONE, COMB_EFI_RESET_SHUTDOWN, "power off"},
		{COMB_EXIT_NONE, COMB_EFI_RESET_WARM, "reboot"},
	};
	struct comb_observation seen;

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		beat(100000);
		said->exit = ends[i].exit;
		said->efi_reset = ends[i].efi;
		assert_seen(COMB_STATE_STOPPED, ends[i].words, ends[i].words);
		module.get.state = COMB_STATE_STOPPED;
		assert_seen(COMB_STATE_STOPPED, ends[i].words, ends[i].words);
	}
	look(&seen);
	assert_true(seen.uptime_ns == 0);
	said->exit = 0;
	said->efi_reset = 0;
	assert_seen(COMB_STATE_STOPPED, "stopped", "stopped by the host");
	module.get.state = COMB_STATE_RUNNING;
	said->acpi_sleep_control = 0x34;
	assert_seen(COMB_STATE_STOPPED, "power off", "power off");
	said->acpi_sleep_control = 0;
	said->acpi_reset = 1;
	assert_seen(COMB_STATE_STOPPED, "reboot", "reboot");
}

static void test_panics(void **state)
{
	struct comb_observation seen;

	(void)state;
	beat(0);
	said->state = COMB_STATE_PANIC;
	assert_seen(COMB_STATE_PANIC, "panic", "panic");
	sk_print(&kernel, 0, 0, 2, PANIC);
	assert_seen(COMB_STATE_PANIC, "panic", PANIC);
	said->state = COMB_STATE_RUNNING;
	said->exit = COMB_EXIT_PANIC;
	assert_seen(COMB_STATE_PANIC, "panic", PANIC);
	look(&seen);
	assert_true(seen.silent_ns == UINT64_MAX);
	said->exit_tsc = __rdtsc() - 30 * KHZ;
	look(&seen);
	assert_in_range(seen.silent_ns, 30000000, 5000000000ULL);
	/* Before the cell was there, and in times to come */
	said->exit_tsc = __rdtsc() - 3600000 * KHZ;
	look(&seen);
	assert_true(seen.silent_ns == UINT64_MAX);
	said->exit_tsc = UINT64_MAX / 2;
	look(&seen);
	assert_true(seen.silent_ns == UINT64_MAX);
	/* panic=N without agent: the EFI runtime is all that speaks. */
	said->exit = COMB_EXIT_NONE;
	said->efi_reset = COMB_EFI_RESET_COLD;
	assert_seen(COMB_STATE_PANIC, "panic", PANIC);
	said->exit = COMB_EXIT_REBOOT;
	assert_seen(COMB_STATE_PANIC, "panic", PANIC);
	said->exit = COMB_EXIT_EMERGENCY;
	assert_seen(COMB_STATE_PANIC, "panic", PANIC);
	/* An orderly end, which only the agent can tell, is not questioned. */
	said->efi_reset = 0;
	said->exit = COMB_EXIT_POWEROFF;
	assert_seen(COMB_STATE_STOPPED, "power off", "power off");
	/* Stopped by the host while it sat in its panic. */
	said->exit = COMB_EXIT_NONE;
	said->efi_reset = 0;
	module.get.state = COMB_STATE_STOPPED;
	assert_seen(COMB_STATE_PANIC, "panic", PANIC);
}

/* Without agent a halt leaves nothing but a line in the log. */
static void test_halt_without_agent(void **state)
{
	(void)state;
	sk_print(&kernel, 6, 1, 2, COMB_READY_LINE);
	assert_seen(COMB_STATE_RUNNING, "no agent", "");
	sk_print(&kernel, 0, 0, 2, "reboot: System halted");
	assert_seen(COMB_STATE_STOPPED, "halt", "halt");
}

/* The cell may write anything anywhere. */
static void test_hostile_mailbox(void **state)
{
	struct comb_observation seen;

	(void)state;
	beat(0);
	memset(said->kernel, '\033', sizeof(said->kernel));
	said->cpus_online = 1000000;
	look(&seen);
	assert_int_equal(seen.cpus_online, 0);
	assert_int_equal(strlen(seen.kernel), 64);
	assert_int_equal(strspn(seen.kernel, "?"), 64);

	said->exit = 77;
	said->state = 12345;
	beat(0);
	assert_seen(COMB_STATE_RUNNING, "ok", "");
	said->heartbeat_tsc = UINT64_MAX / 2;
	look(&seen);
	assert_int_equal(seen.state, COMB_STATE_HUNG);

	host->tsc_khz = 0;
	assert_seen(COMB_STATE_BOOTING, "mailbox overwritten", "");
	host->tsc_khz = KHZ;
	host->magic = 0;
	module.get.state = COMB_STATE_STOPPED;
	assert_seen(COMB_STATE_STOPPED, "stopped", "stopped by the host");
	module.get.mailbox_offset = UINT64_MAX - 7;
	assert_seen(COMB_STATE_STOPPED, "stopped", "stopped by the host");
	memset(cell.memory, 0xff, cell.get.memory_bytes);
	assert_seen(COMB_STATE_STOPPED, "stopped", "stopped by the host");
}

static void test_state_names(void **state)
{
	(void)state;
	assert_string_equal(comb_state_name(COMB_STATE_STOPPED), "stopped");
	assert_string_equal(comb_state_name(COMB_STATE_LOST), "lost");
	assert_string_equal(comb_state_name((enum comb_state)8), "unknown");
	assert_string_equal(comb_state_name((enum comb_state)-1), "unknown");
}

#define cell_test(test) cmocka_unit_test_setup_teardown(test, boot_cell, close_cell)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cell_test(test_not_started),
		cell_test(test_lost),
		cell_test(test_gone),
		cell_test(test_without_agent),
		cell_test(test_search_is_rare),
		cell_test(test_heartbeats),
		cell_test(test_ends),
		cell_test(test_panics),
		cell_test(test_halt_without_agent),
		cell_test(test_hostile_mailbox),
		cmocka_unit_test(test_state_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
