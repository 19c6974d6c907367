// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * load - what a kernel does in the isolation test
 *
 * usage: load pattern MIB ROUNDS	fill memory, verify it, say how many words differ
 *        load ipi SECONDS		make this kernel's CPUs interrupt each other
 *        load 8259 IRQ on|off		let the machine's first 8259 pass an interrupt on, or not
 *
 * Prints one line at its end: "pattern MIB rounds N differences N" or "ipi rounds N".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* A word that depends on its place, the round and the kernel it is in. */
static uint64_t pattern_word(uint64_t index, uint64_t round, uint64_t salt)
{
	uint64_t x = (index + 1) * 0x9e3779b97f4a7c15ULL ^ round * 0xbf58476d1ce4e5b9ULL ^ salt;

	return x ^ x >> 29;
}

static int load_pattern(uint64_t mib, uint64_t rounds)
{
	uint64_t words = (mib << 20) / 8, differences = 0;
	uint64_t salt = (uint64_t)time(NULL) << 20 ^ (uint64_t)getpid();
	uint64_t *memory = mmap(NULL, mib << 20, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		printf("pattern: mmap: %s\n", strerror(errno));
		return 1;
	}
	for (uint64_t round = 0; round < rounds; round++) {
		for (uint64_t i = 0; i < words; i++)
			memory[i] = pattern_word(i, round, salt);
		sleep(1);
		for (uint64_t i = 0; i < words; i++)
			differences += memory[i] != pattern_word(i, round, salt);
	}
	printf("pattern %llu rounds %llu differences %llu\n", (unsigned long long)mib,
	       (unsigned long long)rounds, (unsigned long long)differences);
	return differences != 0;
}

static volatile int stop;

static void *spin(void *arg)
{
	while (!stop)
		;
	return arg;
}

/* An expedited membarrier interrupts every CPU that runs a thread of this process. */
static int load_ipi(unsigned int seconds)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	time_t end = time(NULL) + seconds;
	unsigned long rounds = 0;
	pthread_t thread;

	if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0)) {
		printf("ipi: membarrier: %s\n", strerror(errno));
		return 1;
	}
	for (long i = 1; i < cpus; i++)
		pthread_create(&thread, NULL, spin, NULL);
	while (time(NULL) < end) {
		syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
		rounds++;
	}
	stop = 1;
	printf("ipi rounds %lu\n", rounds);
	return 0;
}

#define PIC_COMMAND	0x20
#define PIC_MASK	0x21
#define PIC_EOI		0x60	/* specific: of the interrupt in the low bits */

/*
 * A host with an I/O APIC masks the 8259, yet devices still drive it. Whoever took
 * an interrupt of it in between did not know to end it, so that is done here.
 */
static int load_8259(unsigned int irq, int on)
{
	unsigned char mask;

	if (irq > 7 || ioperm(PIC_COMMAND, 2, 1)) {
		printf("8259: irq %u: %s\n", irq, strerror(irq > 7 ? EINVAL : errno));
		return 1;
	}
	mask = inb(PIC_MASK);
	outb(on ? mask & ~(1u << irq) : mask | 1u << irq, PIC_MASK);
	if (!on)
		outb(PIC_EOI | irq, PIC_COMMAND);
	return 0;
}

int main(int argc, char *argv[])
{
	if (argc == 4 && !strcmp(argv[1], "pattern"))
		return load_pattern(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
	if (argc == 3 && !strcmp(argv[1], "ipi"))
		return load_ipi((unsigned int)atoi(argv[2]));
	if (argc == 4 && !strcmp(argv[1], "8259"))
		return load_8259((unsigned int)atoi(argv[2]), !strcmp(argv[3], "on"));
	fprintf(stderr, "usage: load pattern MIB ROUNDS | ipi SECONDS | 8259 IRQ on|off\n");
	return 2;
}
