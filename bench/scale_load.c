// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * scale_load - the same operation over and over by some workers, counted
 *
 * usage: scale_load LOAD WORKERS START SECONDS DIRECTORY
 *
 * LOAD is one of
 *   idle        sleep: what the machine needs without a load
 *   arithmetic  computing in user space: needs no kernel, must scale
 *   open        create and remove a file of the worker's own in DIRECTORY, which all share
 *   mmap        map, touch and unmap 64 KiB; the workers are threads of one process
 *   mmap-own    the same; each worker is a process
 *   fork        fork, exit, wait
 *
 * Each worker has a CPU of its own, as long as there are enough. All begin at START, which is
 * CLOCK_REALTIME in nanoseconds, so that copies in several kernels begin together; a
 * worker that is not ready by then is a failure (status 3). Prints one line:
 *
 *   LOAD WORKERS OPERATIONS NANOSECONDS USER_US SYSTEM_US WAITED PREEMPTED
 *
 * The last four are what the workers used: CPU time, and how often they gave up the CPU by
 * themselves and had it taken away.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS_MAX	64
#define MAP_BYTES	65536
#define STEPS		20000
#define LATE		3

/* Of each worker, on a cache line of its own: counting must not be what does not scale. */
struct worker {
	_Alignas(128) _Atomic uint64_t done;
	unsigned int number;
};

/* What all workers see, processes or threads. */
static struct shared {
	_Alignas(128) _Atomic bool stop;
	_Atomic bool late;
	_Alignas(128) struct worker workers[WORKERS_MAX];
} *shared;

static uint64_t start_ns;
static const char *directory;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void sleep_until(uint64_t ns)
{
	struct timespec t = { .tv_sec = (time_t)(ns / 1000000000),
			      .tv_nsec = (long)(ns % 1000000000) };

	while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static void do_idle(const struct worker *worker)
{
	struct timespec pause = { .tv_nsec = 100000000 };

	(void)worker;
	nanosleep(&pause, NULL);
}

static void do_arithmetic(const struct worker *worker)
{
	uint64_t x = 88172645463325252ULL + worker->number;

	for (unsigned int i = 0; i < STEPS; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	}
	/* The compiler may not leave it out. */
	__asm__ volatile("" : : "r"(x));
}

/* Cells may share the directory, and have the same PIDs: their names tell them apart. */
static void do_open(const struct worker *worker)
{
	static _Thread_local char path[512];
	char host[128];
	int fd;

	if (!*path) {
		if (gethostname(host, sizeof(host)))
			fail("gethostname");
		snprintf(path, sizeof(path), "%s/%s.%u", directory, host, worker->number);
	}
	fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		fail(path);
	close(fd);
	if (unlink(path))
		fail(path);
}

static void do_mmap(const struct worker *worker)
{
	char *map = mmap(NULL, MAP_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);

	if (map == MAP_FAILED)
		fail("mmap");
	for (size_t i = 0; i < MAP_BYTES; i += 4096)
		((volatile char *)map)[i] = (char)worker->number;
	munmap(map, MAP_BYTES);
}

static void do_fork(const struct worker *worker)
{
	pid_t child = fork();
	int status;

	(void)worker;
	if (child < 0)
		fail("fork");
	if (!child)
		_exit(0);
	if (waitpid(child, &status, 0) != child || status)
		fail("wait");
}

static const struct load {
	const char *name;
	void (*operation)(const struct worker *worker);
	bool threads;
} loads[] = {
	{ "idle", do_idle, false },
	{ "arithmetic", do_arithmetic, false },
	{ "open", do_open, false },
	{ "mmap", do_mmap, true },
	{ "mmap-own", do_mmap, false },
	{ "fork", do_fork, false },
};
static const struct load *load;

/* The n-th of the CPUs that this program may use, the first again after the last. */
static void pin(unsigned int number)
{
	cpu_set_t allowed, one;
	unsigned int skip;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		fail("sched_getaffinity");
	skip = number % (unsigned int)CPU_COUNT(&allowed);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed) || skip--)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one))
			fail("sched_setaffinity");
		return;
	}
}

static void *work(void *arg)
{
	struct worker *worker = arg;

	pin(worker->number);
	/* Once for nothing: pages and caches of the program's own. */
	load->operation(worker);
	if (now_ns() >= start_ns)
		atomic_store(&shared->late, true);
	sleep_until(start_ns);
	while (!atomic_load_explicit(&shared->stop, memory_order_relaxed)) {
		load->operation(worker);
		atomic_fetch_add_explicit(&worker->done, 1, memory_order_relaxed);
	}
	return NULL;
}

static void start(struct worker *worker, pthread_t *thread)
{
	pid_t child;

	if (load->threads) {
		errno = pthread_create(thread, NULL, work, worker);
		if (errno)
			fail("pthread_create");
		return;
	}
	child = fork();
	if (child < 0)
		fail("fork");
	if (child)
		return;
	work(worker);
	exit(0);
}

static void end(pthread_t *thread)
{
	int status;

	if (load->threads)
		pthread_join(*thread, NULL);
	else if (wait(&status) < 0 || status)
		exit(1);
}

static void tell(unsigned int workers, uint64_t done, uint64_t ns)
{
	struct rusage usage;

	getrusage(load->threads ? RUSAGE_SELF : RUSAGE_CHILDREN, &usage);
	printf("%s %u %llu %llu %llu %llu %ld %ld\n", load->name, workers,
	       (unsigned long long)done, (unsigned long long)ns,
	       (unsigned long long)usage.ru_utime.tv_sec * 1000000 + usage.ru_utime.tv_usec,
	       (unsigned long long)usage.ru_stime.tv_sec * 1000000 + usage.ru_stime.tv_usec,
	       usage.ru_nvcsw, usage.ru_nivcsw);
}

static int run(unsigned int workers, unsigned int seconds)
{
	pthread_t threads[WORKERS_MAX];
	uint64_t done = 0, ns;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED)
		fail("mmap");
	for (unsigned int i = 0; i < workers; i++) {
		shared->workers[i].number = i;
		start(&shared->workers[i], &threads[i]);
	}
	sleep_until(start_ns + seconds * 1000000000ULL);
	ns = now_ns() - start_ns;
	for (unsigned int i = 0; i < workers; i++)
		done += atomic_load(&shared->workers[i].done);
	atomic_store(&shared->stop, true);
	for (unsigned int i = 0; i < workers; i++)
		end(&threads[i]);
	if (atomic_load(&shared->late)) {
		fprintf(stderr, "scale_load: not ready when it was to start\n");
		return LATE;
	}
	tell(workers, done, ns);
	return 0;
}

int main(int argc, char *argv[])
{
	unsigned long workers, seconds;

	for (size_t i = 0; argc == 6 && i < sizeof(loads) / sizeof(loads[0]); i++)
		if (!strcmp(argv[1], loads[i].name))
			load = &loads[i];
	if (!load) {
		fprintf(stderr, "usage: scale_load LOAD WORKERS START SECONDS DIRECTORY\n");
		return 2;
	}
	workers = strtoul(argv[2], NULL, 10);
	start_ns = strtoull(argv[3], NULL, 10);
	seconds = strtoul(argv[4], NULL, 10);
	directory = argv[5];
	if (!workers || workers > WORKERS_MAX || !seconds || seconds > 3600) {
		fprintf(stderr, "scale_load: 1 to %d workers, 1 to 3600 seconds\n", WORKERS_MAX);
		return 2;
	}
	return run((unsigned int)workers, (unsigned int)seconds);
}
