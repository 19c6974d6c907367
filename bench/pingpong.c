// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pingpong - one byte to and fro, timed
 *
 * usage: pingpong pipe ROUNDS            between CPUs 0 and 1
 *        pingpong serve PORT             vsock: sends back what it gets
 *        pingpong vsock CID PORT ROUNDS  vsock: to a server and back
 *
 * Prints nanoseconds per round trip.
 */
#define _GNU_SOURCE
#include <linux/vm_sockets.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP	200

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ULL + (uint64_t)t.tv_nsec;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("sched_setaffinity");
}

static void serve(int in, int out)
{
	char byte;

	while (read(in, &byte, 1) == 1 && write(out, &byte, 1) == 1)
		;
}

static void trips(int in, int out, unsigned long rounds)
{
	char byte = 'x';

	while (rounds--)
		if (write(out, &byte, 1) != 1 || read(in, &byte, 1) != 1)
			fail("round trip");
}

static void measure(int in, int out, unsigned long rounds)
{
	uint64_t start;

	trips(in, out, WARM_UP);
	start = now_ns();
	trips(in, out, rounds);
	printf("%llu\n", (unsigned long long)((now_ns() - start) / rounds));
}

static void through_pipes(unsigned long rounds)
{
	int there[2], back[2];
	pid_t child;

	if (pipe(there) || pipe(back))
		fail("pipe");
	child = fork();
	if (child < 0)
		fail("fork");
	if (!child) {
		pin(1);
		close(there[1]);
		serve(there[0], back[1]);
		_exit(0);
	}
	pin(0);
	measure(back[0], there[1], rounds);
}

static int vsock(unsigned int cid, unsigned int port, struct sockaddr_vm *address)
{
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	*address = (struct sockaddr_vm){
		.svm_family = AF_VSOCK, .svm_cid = cid, .svm_port = port,
	};
	if (fd < 0)
		fail("socket");
	return fd;
}

static void vsock_serve(unsigned int port)
{
	struct sockaddr_vm address;
	int fd = vsock(VMADDR_CID_ANY, port, &address), peer;

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 1))
		fail("listen");
	while ((peer = accept(fd, NULL, NULL)) >= 0) {
		serve(peer, peer);
		close(peer);
	}
	fail("accept");
}

static void through_vsock(unsigned int cid, unsigned int port, unsigned long rounds)
{
	struct sockaddr_vm address;
	int fd = vsock(cid, port, &address);

	pin(0);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		fail("connect");
	measure(fd, fd, rounds);
}

int main(int argc, char *argv[])
{
	const char *mode = argc > 1 ? argv[1] : "";

	if (!strcmp(mode, "pipe") && argc == 3)
		through_pipes(strtoul(argv[2], NULL, 0));
	else if (!strcmp(mode, "serve") && argc == 3)
		vsock_serve(strtoul(argv[2], NULL, 0));
	else if (!strcmp(mode, "vsock") && argc == 5)
		through_vsock(strtoul(argv[2], NULL, 0), strtoul(argv[3], NULL, 0),
			      strtoul(argv[4], NULL, 0));
	else
		return fprintf(stderr, "usage: pingpong pipe|serve|vsock ...\n"), 2;
	return 0;
}
