// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * work - a fixed amount of computing and of system calls, timed
 *
 * usage: work PARITY ROUNDS
 *
 * Two copies, one in a cell and one on the host, take turns: the copy with
 * PARITY 0 works in even slots of wall-clock time, the one with PARITY 1 in odd
 * ones, so that neither steals time from the other and slow drifts of the
 * machine hit both alike. Prints a line a round: "work PARITY cpu NS syscall NS".
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SLOT_NS		3000000000ULL
#define CPU_STEPS	30000000U
#define SYSCALLS	200000U

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

/* Sleep until the next slot of our parity begins. */
static void slot_wait(unsigned int parity)
{
	uint64_t now = now_ns(CLOCK_REALTIME);
	uint64_t slot = now / SLOT_NS + 1;
	struct timespec t;

	if (slot % 2 != parity)
		slot++;
	t.tv_sec = (time_t)(slot * SLOT_NS / 1000000000ULL);
	t.tv_nsec = (long)(slot * SLOT_NS % 1000000000ULL);
	clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL);
}

static uint64_t time_cpu(void)
{
	uint64_t start = now_ns(CLOCK_MONOTONIC);
	volatile uint64_t sink;
	uint64_t x = 88172645463325252ULL;

	for (uint32_t i = 0; i < CPU_STEPS; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	}
	sink = x;
	(void)sink;
	return now_ns(CLOCK_MONOTONIC) - start;
}

static uint64_t time_syscalls(void)
{
	uint64_t start = now_ns(CLOCK_MONOTONIC);

	for (uint32_t i = 0; i < SYSCALLS; i++)
		syscall(SYS_getppid);
	return now_ns(CLOCK_MONOTONIC) - start;
}

int main(int argc, char *argv[])
{
	unsigned int parity, rounds;

	if (argc != 3) {
		fprintf(stderr, "usage: work PARITY ROUNDS\n");
		return 2;
	}
	parity = (unsigned int)atoi(argv[1]) & 1;
	rounds = (unsigned int)atoi(argv[2]);
	for (unsigned int i = 0; i < rounds; i++) {
		uint64_t cpu, sys;

		slot_wait(parity);
		cpu = time_cpu();
		sys = time_syscalls();
		printf("work %u cpu %llu syscall %llu\n", parity, (unsigned long long)cpu,
		       (unsigned long long)sys);
		fflush(stdout);
	}
	return 0;
}
