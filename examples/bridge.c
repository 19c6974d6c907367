// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * bridge.c - data from one kernel to another through a bridge
 *
 *	host#  comb start db web			both with Bridge=ring:64M
 *	db#    bridge send /dev/comb-bridge/ring 1024
 *	web#   bridge receive /dev/comb-bridge/ring
 *
 * "bridge local MIB" does the same between two processes of one kernel, for
 * comparison. The file is a bridge in the host or in any cell: all of them show
 * the same RAM, and the caches of x86 processors are coherent, so what two
 * threads need to talk to each other is enough: aligned words, and acquire and
 * release. Nothing enters a kernel while data flows.
 *
 * The ring holds frames, each a header and its payload, one behind the other. A
 * frame is never cut: one that does not fit before the end starts again at the
 * beginning. The receiver copies before it believes anything.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ALIGN		64u		/* a cache line: neighbours do not disturb each other */
#define DATA		4096u		/* where frames begin */
#define PAYLOAD_MAX	65536u
#define PATTERN		(1u << 20)
#define LOCAL_SIZE	(2u << 20)
#define PATIENCE_S	30		/* without any progress of the other side */
#define SPINS		1000

enum { OFFERED = 0x726e6731, TAKEN, FINISHED };
enum { WRAP = UINT32_MAX };		/* a length: go on at the beginning */

struct ring {
	uint32_t state;			/* OFFERED by the sender, then by the receiver */
	_Alignas(ALIGN) uint64_t head;	/* bytes ever sent: the sender's */
	_Alignas(ALIGN) uint64_t tail;	/* bytes ever received: the receiver's */
};

struct frame {
	uint32_t length;		/* 0: the last one */
	uint32_t sequence;
	uint64_t sum;
};

/* One end: the ring, and the other's counter as last seen. */
struct end {
	struct ring *ring;
	uint8_t *data;
	uint64_t size;
	uint64_t at;
	uint64_t seen;
};

static void fail(const char *what)
{
	fprintf(stderr, "bridge: %s\n", what);
	exit(1);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec * 1e-9;
}

/* Adler's idea with words: a changed, lost or exchanged word changes it. */
static uint64_t checksum(const uint64_t *words, size_t count, uint64_t sequence)
{
	uint64_t a = sequence + 1, b = count;

	for (size_t i = 0; i < count; i++) {
		a += words[i];
		b += a;
	}
	return a ^ b << 1;
}

/* Give way now and then: the other side may need this CPU. */
static void pause_a_little(unsigned int *spins, double *deadline)
{
	__builtin_ia32_pause();
	if (++*spins % SPINS)
		return;
	sched_yield();
	if (!*deadline)
		*deadline = now() + PATIENCE_S;
	if (now() > *deadline)
		fail("nobody is at the other end");
}

static void wait_state(const struct ring *ring, uint32_t state)
{
	unsigned int spins = 0;
	double deadline = 0;

	while (__atomic_load_n(&ring->state, __ATOMIC_ACQUIRE) != state)
		pause_a_little(&spins, &deadline);
}

/* Until the other side's @counter is at least @least. */
static void wait_counter(struct end *end, const uint64_t *counter, uint64_t least)
{
	unsigned int spins = 0;
	double deadline = 0;

	while (end->seen < least) {
		end->seen = __atomic_load_n(counter, __ATOMIC_ACQUIRE);
		if (end->seen < least)
			pause_a_little(&spins, &deadline);
	}
}

static uint64_t frame_size(uint32_t length)
{
	return (sizeof(struct frame) + length + ALIGN - 1) & ~(uint64_t)(ALIGN - 1);
}

static void put_frame(struct end *end, const struct frame *frame, const void *payload)
{
	uint64_t at = end->at % end->size, left = end->size - at;
	uint64_t need = frame->length == WRAP ? left : frame_size(frame->length);

	/* All of it must have been received a round ago. */
	if (end->at + need > end->size)
		wait_counter(end, &end->ring->tail, end->at + need - end->size);
	memcpy(end->data + at, frame, sizeof(*frame));
	if (payload)
		memcpy(end->data + at + sizeof(*frame), payload, frame->length);
	end->at += need;
	__atomic_store_n(&end->ring->head, end->at, __ATOMIC_RELEASE);
}

static void send_frame(struct end *end, uint32_t length, uint32_t sequence, const void *payload)
{
	struct frame frame = { .length = length, .sequence = sequence };

	if (end->size - end->at % end->size < frame_size(length))
		put_frame(end, &(struct frame){ .length = WRAP }, NULL);
	frame.sum = checksum(payload, length / 8, sequence);
	put_frame(end, &frame, payload);
}

static void do_send(struct end *end, uint64_t bytes)
{
	uint64_t *pattern = malloc(PATTERN), word = 0x9e3779b97f4a7c15, sent = 0;
	uint32_t sequence = 0;
	double start;

	if (!pattern)
		fail("out of memory");
	for (size_t i = 0; i < PATTERN / 8; i++) {
		word ^= word << 13;
		word ^= word >> 7;
		word ^= word << 17;
		pattern[i] = word;
	}
	end->ring->head = end->ring->tail = 0;
	__atomic_store_n(&end->ring->state, OFFERED, __ATOMIC_RELEASE);
	wait_state(end->ring, TAKEN);
	start = now();
	while (sent < bytes) {
		/* Every length and every place in the pattern comes along. */
		uint64_t mix = pattern[sequence % (PATTERN / 8)];
		uint32_t length = 8 + mix % (PAYLOAD_MAX / 8) * 8;
		size_t from = (mix >> 32) % ((PATTERN - PAYLOAD_MAX) / 8);

		send_frame(end, length, sequence++, pattern + from);
		sent += length;
	}
	send_frame(end, 0, sequence, pattern);
	wait_state(end->ring, FINISHED);
	printf("sent %u messages, %.0f MiB, %.3f GiB/s\n", sequence, sent / 1048576.0,
	       sent / (now() - start) / (1 << 30));
	free(pattern);
}

/* The payload into @buffer, and its header; false: there is only a way to the beginning. */
static bool receive_frame(struct end *end, struct frame *frame, void *buffer)
{
	uint64_t at = end->at % end->size, left = end->size - at, need;

	wait_counter(end, &end->ring->head, end->at + ALIGN);
	memcpy(frame, end->data + at, sizeof(*frame));
	need = frame->length == WRAP ? left : frame_size(frame->length);
	if (frame->length != WRAP && (frame->length > PAYLOAD_MAX || frame->length % 8))
		fail("a frame with a bad length");
	if (need > left || end->seen - end->at < need)
		fail("a frame is cut off");
	if (frame->length != WRAP)
		memcpy(buffer, end->data + at + sizeof(*frame), frame->length);
	end->at += need;
	__atomic_store_n(&end->ring->tail, end->at, __ATOMIC_RELEASE);
	return frame->length != WRAP;
}

static void do_receive(struct end *end)
{
	static uint64_t buffer[PAYLOAD_MAX / 8];
	uint64_t received = 0;
	uint32_t sequence = 0;
	struct frame frame;
	double start;

	wait_state(end->ring, OFFERED);
	__atomic_store_n(&end->ring->state, TAKEN, __ATOMIC_RELEASE);
	start = now();
	do {
		if (!receive_frame(end, &frame, buffer))
			continue;
		if (frame.sequence != sequence)
			fail("a message is missing");
		if (frame.sum != checksum(buffer, frame.length / 8, sequence))
			fail("a checksum is wrong");
		received += frame.length;
		sequence++;
	} while (frame.length);
	__atomic_store_n(&end->ring->state, FINISHED, __ATOMIC_RELEASE);
	printf("received %u messages, %.0f MiB, all checksums right, %.3f GiB/s\n", sequence - 1,
	       received / 1048576.0, received / (now() - start) / (1 << 30));
}

static struct end end_of(void *memory, uint64_t size)
{
	return (struct end){
		.ring = memory,
		.data = (uint8_t *)memory + DATA,
		.size = (size - DATA) & ~(uint64_t)(ALIGN - 1),
	};
}

static struct end end_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
	void *memory;

	if (size < (off_t)(DATA + 2 * frame_size(PAYLOAD_MAX)))
		fail("cannot open it, or it is too small");
	memory = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		fail("cannot map it");
	close(fd);
	return end_of(memory, (uint64_t)size);
}

static int run_local(uint64_t bytes)
{
	void *memory = mmap(NULL, LOCAL_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			    -1, 0);
	struct end end;
	int status;
	pid_t child;

	if (memory == MAP_FAILED)
		fail("out of memory");
	end = end_of(memory, LOCAL_SIZE);
	child = fork();
	if (child < 0)
		fail("cannot fork");
	if (!child) {
		do_send(&end, bytes);
		return 0;
	}
	do_receive(&end);
	return waitpid(child, &status, 0) == child && !status ? 0 : 1;
}

/* MIB as bytes */
static uint64_t bytes_of(const char *text)
{
	char *end;
	unsigned long mib = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || !mib || mib > UINT64_MAX >> 20)
		fail("MIB is a number of at least 1");
	return (uint64_t)mib << 20;
}

int main(int argc, char *argv[])
{
	struct end end;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 3 && !strcmp(argv[1], "local"))
		return run_local(bytes_of(argv[2]));
	if (argc == 4 && !strcmp(argv[1], "send")) {
		end = end_open(argv[2]);
		do_send(&end, bytes_of(argv[3]));
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "receive")) {
		end = end_open(argv[2]);
		do_receive(&end);
		return 0;
	}
	fputs("usage: bridge send FILE MIB | receive FILE | local MIB\n", stderr);
	return 2;
}
