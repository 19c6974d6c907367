/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * snapshot.h - one kernel at one moment, as its /proc tells it
 *
 * The host writes its own; a cell's agent writes the cell's (EXECWIRE_SNAPSHOT). The form is
 * private to the writer and the reader: lines of a word and what belongs to it, "end" last. A
 * reader leaves out lines whose word it does not know.
 */
#ifndef COMB_SNAPSHOT_H
#define COMB_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "error.h"

/* More is refused by the reader, and not written by the writer. */
#define COMB_SNAPSHOT_PROCESSES_MAX	(1u << 17)
#define COMB_SNAPSHOT_COMMAND_MAX	4096	/* longer commands are cut off */
#define COMB_SNAPSHOT_BYTES_MAX		(64u << 20)	/* the writer leaves out commands before */

enum {
	COMB_SNAPSHOT_SUMMARY = 0,
	COMB_SNAPSHOT_PROCESSES = 1,
	COMB_SNAPSHOT_THREADS = 2,	/* with processes: which of their threads run */
};

/**
 * struct comb_cpu_time - one CPU that is online
 * @id: as its own kernel numbers it
 * @busy: ticks since boot in which it did something
 * @total: the same and the idle ones
 */
struct comb_cpu_time {
	unsigned int id;
	uint64_t busy, total;
};

/**
 * struct comb_process - one process, or kernel thread
 * @uid: the effective one
 * @state: R, S, D, Z, T, ... as in proc(5)
 * @foreground: it belongs to the foreground group of its terminal
 * @locked: it has locked memory
 * @cpu: it last ran on
 * @running: its threads that run or could; with COMB_SNAPSHOT_PROCESSES alone, of its first one
 * @cpu_ticks: in user space and in the kernel, of all its threads
 * @start_ticks: since boot; with @pid it names a process
 * @rss: bytes in RAM
 * @size: bytes of address space
 * @comm: its name, 15 bytes at most unless a kernel thread's
 * @command: arguments with blanks between, or [comm] if there are none; never empty
 *
 * Texts are printable ASCII.
 */
struct comb_process {
	pid_t pid, ppid, pgrp, session;
	uid_t uid;
	char state;
	bool foreground;
	bool locked;
	bool kernel_thread;
	int nice;
	unsigned int threads;
	unsigned int running;
	unsigned int cpu;
	uint64_t cpu_ticks;
	uint64_t start_ticks;
	uint64_t rss;
	uint64_t size;
	char *comm;
	char *command;
};

/**
 * struct comb_snapshot - what there is to know
 * @uptime_ns: since its boot, suspended time included, to a hundredth of a second
 * @hz: ticks per second
 * @load_centi: hundredths of the 1-minute load average
 * @runnable: tasks that run or could, without the one that has looked
 * @self: the process that has looked; 0: unknown
 * @mem_total: bytes
 * @mem_available: bytes it could give to programs without swapping
 * @psi_cpu, @psi_memory, @psi_io: hundredths of a percent of the last 10 s in which some task
 *	waited for it; -1: the kernel does not tell
 * @cpus: by number, allocated
 * @processes: by PID, allocated; none of a summary
 */
struct comb_snapshot {
	uint64_t uptime_ns;
	unsigned int hz;
	unsigned int load_centi;
	unsigned int runnable;
	pid_t self;
	uint64_t mem_total, mem_available;
	int psi_cpu, psi_memory, psi_io;
	struct comb_cpu_time *cpus;
	size_t nr_cpus;
	struct comb_process *processes;
	size_t nr_processes;
};

/*
 * snapshot_write.c: gather from @proc ("/proc") and write to @out; needs nothing but a C library.
 * What cannot be written is found by who closes @out.
 */
int comb_snapshot_write(FILE *out, const char *proc, unsigned int flags, struct comb_error *err);

/*
 * snapshot_read.c: everything in it may be a lie of a hostile cell; what comes out is within the
 * bounds above, sorted, and printable. comb_snapshot_free() in every case.
 */
int comb_snapshot_read(FILE *in, struct comb_snapshot *snapshot, struct comb_error *err);
void comb_snapshot_free(struct comb_snapshot *snapshot);

/* The process, or NULL. @start_ticks: 0 if any will do that has this PID. */
const struct comb_process *comb_snapshot_find(const struct comb_snapshot *snapshot, pid_t pid,
					      uint64_t start_ticks);

/* Ticks in nanoseconds; UINT64_MAX instead of more. */
uint64_t comb_snapshot_ns(const struct comb_snapshot *snapshot, uint64_t ticks);

#endif
