// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * abi_start - start a cell without a kernel, ring both ways, stop it
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi.h"
#include "abi_machine.h"

/* Ring from the cell; the poll must end well before the half-second look. */
static bool host_is_rung(struct machine *m)
{
	struct pollfd poller = { .fd = m->fd, .events = POLLIN };

	cell_get(m->fd, NULL);
	if (poll(&poller, 1, 0))
		return false;
	m->args->ring = 1;
	return poll(&poller, 1, 250) == 1 && !m->host->pending;
}

static void check_ring(struct machine *m)
{
	uint64_t own = ((uint64_t)VECTOR << 32);
	struct comb_cpu cpu;
	struct comb_cell_get get = ARG(comb_cell_get, .nr_cpus = 1, .cpus = (uintptr_t)&cpu);
	struct comb_doorbell *bell = &m->cell->doorbells[0];

	ioctl(m->fd, COMB_CELL_GET, &get);
	own |= cpu.apic_id;
	check_errno(cell_command(m->fd, COMB_CELL_RING, 0), ENOTCONN, "ring nothing published");
	m->cell->nr_doorbells = 1;
	check_errno(cell_command(m->fd, COMB_CELL_RING, 0), ENOTCONN, "ring vector 0");
	*bell = (struct comb_doorbell){ .apic_id = cpu.apic_id, .vector = 15 };
	check_errno(cell_command(m->fd, COMB_CELL_RING, 0), EBADMSG, "ring vector 15");
	*bell = (struct comb_doorbell){ .apic_id = cpu.apic_id, .vector = 256 };
	check_errno(cell_command(m->fd, COMB_CELL_RING, 0), EBADMSG, "ring vector 256");
	*bell = (struct comb_doorbell){ .apic_id = 0, .vector = VECTOR };
	check_errno(cell_command(m->fd, COMB_CELL_RING, 0), ENOTCONN, "ring a CPU of the host");
	memcpy(bell, &own, sizeof(own));
	check(!m->args->rung, "no interrupt until now");
	check(!cell_command(m->fd, COMB_CELL_RING, 0) && rung_within(m, 1), "ring the cell");
	check(!cell_command(m->fd, COMB_CELL_RING, 0) && rung_within(m, 2), "and again");
	check(host_is_rung(m), "the cell rings the host");
	check(host_is_rung(m), "and again");
}

static bool irq_move(unsigned int cpu)
{
	char line[512], path[64] = "";
	FILE *file = fopen("/proc/interrupts", "r");
	bool moved = false;
	int fd;

	while (fgets(line, sizeof(line), file))
		if (strstr(line, "comb-edge") || (strstr(line, "comb") && strstr(line, "edge")))
			snprintf(path, sizeof(path), "/proc/irq/%d/smp_affinity_list",
				 (int)strtol(line, NULL, 10));
	fclose(file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		moved = dprintf(fd, "%u\n", cpu) > 0;
		close(fd);
	}
	return moved;
}

/* A move may have to wait for an interrupt at the old place. */
static bool told_within(struct machine *m, uint32_t old)
{
	for (int i = 0; i < 50; i++) {
		if (m->host->doorbells[0].apic_id != old)
			return true;
		m->args->ring = 1;
		usleep(20000);
	}
	return false;
}

/* The host's doorbell goes where its interrupt goes. */
static void check_moves(struct machine *m)
{
	struct comb_info info = ARG(comb_info);
	uint32_t first, second;

	ioctl(control, COMB_GET_INFO, &info);
	first = info.boot_apic_id;
	check(irq_move(1) && told_within(m, first), "doorbell to CPU 1");
	second = m->host->doorbells[0].apic_id;
	check(host_is_rung(m), "it rings there");
	check(irq_move(0) && told_within(m, second), "doorbell to CPU 0");
	check(m->host->doorbells[0].apic_id == first, "the cell is told");
	check(host_is_rung(m), "it rings there");
	check(irq_move(1) && told_within(m, first), "doorbell to CPU 1 again");
	check(host_is_rung(m), "it rings there");
	check(cpu_set_online(1, '0'), "CPU 1 goes offline");
	check(m->host->doorbells[0].apic_id == first, "the cell is told");
	check(host_is_rung(m), "it still rings");
	check(cpu_set_online(1, '1'), "CPU 1 comes back");
}

static void check_states(struct machine *m)
{
	static const struct { uint32_t says, means; } words[] = {
		{ COMB_STATE_BOOTING, COMB_STATE_BOOTING },
		{ COMB_STATE_RUNNING, COMB_STATE_RUNNING },
		{ COMB_STATE_STOPPING, COMB_STATE_STOPPING },
		{ COMB_STATE_HUNG, COMB_STATE_RUNNING },
		{ COMB_STATE_LOST, COMB_STATE_RUNNING },
		{ 0xffffffff, COMB_STATE_RUNNING },
		{ COMB_STATE_LOADING, COMB_STATE_BOOTING },
		{ COMB_STATE_PANIC, COMB_STATE_PANIC },
	};
	struct pollfd poller = { .fd = m->fd, .events = POLLIN };
	unsigned int i;

	check(cell_get(m->fd, NULL).state == COMB_STATE_BOOTING, "it is booting");
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		m->cell->state = words[i].says;
		check(cell_get(m->fd, NULL).state == words[i].means, "state %u is shown as %u",
		      words[i].says, words[i].means);
	}
	m->cell->state = COMB_STATE_RUNNING;
	usleep(600000);
	cell_get(m->fd, NULL);
	m->cell->efi_reset = COMB_EFI_RESET_SHUTDOWN;
	check(cell_get(m->fd, NULL).state == COMB_STATE_STOPPED, "reset by EFI: stopped");
	check(poll(&poller, 1, 1500) == 1, "poll notices without a ring");
	m->cell->efi_reset = 0;
}

static void check_start_arguments(struct machine *m)
{
	struct comb_range range = m->range;

	m->host->magic++;
	check_errno(machine_start(m), EBADMSG, "start with a bad mailbox");
	m->host->magic--;
	m->range.start += 4096;
	check_errno(machine_start(m), EINVAL, "map not aligned");
	m->range.start = range.start - 2 * MIB;
	check_errno(machine_start(m), EINVAL, "map outside the cell");
	m->range.start = -(2 * MIB);
	check_errno(machine_start(m), EINVAL, "map at the end of all addresses");
	m->range = range;
}

/*
 * The host must not send IPIs to "all but myself": the cell would get them.
 * Patching kernel code interrupts every CPU of the host.
 */
static void check_stray(void)
{
	static const uint32_t cpus[] = { 3 };
	struct machine m;
	int fd = open("/proc/sys/kernel/sched_schedstats", O_WRONLY | O_CLOEXEC);

	check(machine_make(&m, "quiet", cpus, 1) && !machine_start(&m), "a cell with one CPU");
	for (int i = 0; i < 50; i++)
		if (pwrite(fd, i % 2 ? "0" : "1", 1, 0) != 1)
			check(false, "patch the kernel");
	close(fd);
	check(beats(&m) && !m.args->stray, "the host's IPIs stay in the host (%llu strayed)",
	      (unsigned long long)m.args->stray);
	check(machine_end(&m), "destroy");
}

/* No suspend while there are cells. */
static void check_suspend(void)
{
	int cell = cell_create("awake"), fd = open("/sys/power/state", O_WRONLY | O_CLOEXEC);

	check_errno(write(fd, "freeze", 6), EBUSY, "suspend");
	close(fd);
	close(cell);
}

/* After the death of its owner a started cell lives on. */
static void check_orphan(void)
{
	static const uint32_t cpus[] = { 2 };
	struct comb_cell_name name = ARG(comb_cell_name, .name = "orphan");
	int fd, status;

	if (!fork()) {
		struct machine m;

		if (!machine_make(&m, "orphan", cpus, 1) || machine_start(&m))
			_exit(1);
		raise(SIGKILL);
	}
	wait(&status);
	check(WIFSIGNALED(status), "the owner dies");
	fd = ioctl(control, COMB_CELL_OPEN, &name);
	check(fd >= 0 && cell_get(fd, NULL).state == COMB_STATE_BOOTING, "its cell lives on");
	check(!cell_command(fd, COMB_CELL_DESTROY, 0), "destroy it");
	close(fd);
}

void test_start(void)
{
	static const uint32_t cpus[] = { 2, 3 };
	struct machine m;

	check(machine_make(&m, "starter", cpus, 2), "a cell with a payload");
	check_start_arguments(&m);
	check(!machine_start(&m), "start");
	usleep(10000);
	check(m.args->reached == PAYLOAD_MAGIC && beats(&m), "it runs");
	check_errno(machine_start(&m), EINPROGRESS, "start twice");
	check_errno(cell_add_memory(m.fd, 2 * MIB, 0, -1, NULL), EINPROGRESS, "memory afterwards");
	check_errno(cell_add_cpus(m.fd, &(uint32_t){ 1 }, 1, 0, NULL), EINPROGRESS,
		    "CPUs afterwards");
	check_ring(&m);
	check_moves(&m);
	check_states(&m);
	check(beats(&m), "it still runs");
	check(!cell_command(m.fd, COMB_CELL_STOP, 0) && !beats(&m), "stop stops it");
	check(cell_get(m.fd, NULL).state == COMB_STATE_STOPPED, "it is stopped");
	check(!cell_command(m.fd, COMB_CELL_STOP, 0), "stop once more");
	check_errno(cell_command(m.fd, COMB_CELL_RING, 0), ENOTCONN, "ring a stopped cell");
	check(m.args->reached == PAYLOAD_MAGIC, "its RAM stays readable");
	check(machine_end(&m), "destroy");
	check_orphan();
	check_stray();
	check_suspend();
}

/* A cell that asked for it keeps its slice to itself, first come or last. */
static void check_own_slice(unsigned int nr)
{
	int own = cell_create("own"), late, *other = calloc(nr, sizeof(*other));
	unsigned int i, intruders = 0;
	char name[32];

	check(!cell_add_cpus(own, &(uint32_t){ 1 }, 1, COMB_CPUS_OWN_LOW, NULL),
	      "a slice of one's own");
	for (i = 2; i < nr; i++) {
		snprintf(name, sizeof(name), "other%u", i);
		other[i] = cell_create(name);
		if (cell_add_cpus(other[i], &(uint32_t){ i }, 1, 0, NULL) ||
		    cell_get(other[i], NULL).low_start == cell_get(own, NULL).low_start)
			intruders++;
	}
	check(!intruders, "nobody else gets it");
	check(!(cell_get(own, NULL).flags & COMB_CELL_LOW_SHARED), "it is not shared");
	close(own);
	own = cell_create("own");
	check(!cell_add_cpus(own, &(uint32_t){ 1 }, 1, COMB_CPUS_OWN_LOW, NULL), "the free one");
	check_errno(cell_add_cpus(other[2], &(uint32_t){ nr }, 1, 0, NULL), ENOSPC, "no other");
	late = cell_create("late");
	check_errno(cell_add_cpus(late, &(uint32_t){ nr }, 1, COMB_CPUS_OWN_LOW, NULL), ENOSPC,
		    "no second one of one's own");
	close(late);
	close(own);
	for (i = 2; i < nr; i++)
		close(other[i]);
	free(other);
}

/* One-CPU cells on all CPUs but the boot CPU: more than there are slices. */
void test_slices(void)
{
	unsigned int nr = sysconf(_SC_NPROCESSORS_CONF) - 1, i, shared = 0, run = 0, made = 0;
	uint64_t slices = sysfs_number("low_slices");
	struct machine *m = calloc(nr, sizeof(*m));
	char name[32];

	check(nr > slices + 2, "%u CPUs, %llu slices", nr, (unsigned long long)slices);
	for (i = 0; i < nr - 1; i++) {
		uint32_t cpu = i + 1;

		snprintf(name, sizeof(name), "one%u", i);
		made += machine_make(&m[i], name, &cpu, 1) && !machine_start(&m[i]);
		shared += !!(cell_get(m[i].fd, NULL).flags & COMB_CELL_LOW_SHARED);
	}
	check(made == nr - 1, "%u cells started", made);
	check(shared == nr - 1 - slices, "%u share a slice", shared);
	check(sysfs_number("low_slices_free") == 0, "no slice is free");
	i = cell_create("late");
	check(!cell_add_cpus(i, &(uint32_t){ nr }, 1, 0, NULL), "one more with one CPU");
	check(cell_get(i, NULL).flags & COMB_CELL_LOW_SHARED, "shares, too");
	close(m[0].fd);
	check(cell_command(m[0].fd = ioctl(control, COMB_CELL_OPEN,
		&ARG(comb_cell_name, .name = "one0")), COMB_CELL_DESTROY, 0) == 0, "destroy one");
	check_errno(cell_add_cpus(i, &(uint32_t){ 1 }, 1, 0, NULL), ENOSPC, "it cannot grow");
	close(i);
	check(sysconf(_SC_NPROCESSORS_ONLN) == 3, "its CPU is back");
	usleep(100000);
	for (i = 1; i < nr - 1; i++)
		run += beats(&m[i]);
	check(run == nr - 2, "%u of them run", run);
	for (i = 1; i < nr - 1; i++)
		cell_command(m[i].fd, COMB_CELL_DESTROY, 0);
	check(sysfs_number("low_slices_free") == slices, "all slices are free");
	free(m);
	check_own_slice(nr);
}
