/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * abi.h - what the parts of the test of comb.ko's interface share
 */
#ifndef COMB_TEST_ABI_H
#define COMB_TEST_ABI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <comb.h>
#include <mailbox.h>

#define SYSFS	"/sys/devices/virtual/misc/comb/"
#define MIB	(1ULL << 20)

extern int control;

/* One line a check, "ok WHAT" or "not ok WHAT". */
void check(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The call must fail with this errno. */
void check_errno(long ret, int want, const char *what);

/* An initialised argument, without and with further fields. */
#define ARG(type, ...)	((struct type){ .size = sizeof(struct type), \
					.version = COMB_ABI_VERSION, ##__VA_ARGS__ })

int cell_create(const char *name);
int cell_add_cpus(int fd, const uint32_t *cpus, uint32_t nr, uint32_t flags, uint32_t *culprit);
int cell_add_memory(int fd, uint64_t bytes, uint64_t min_range, int node, uint64_t *available);
int cell_open(const char *name);
int cell_command(int fd, unsigned long command, uint32_t argument);
int cell_set_event(int fd, uint32_t kind, uint16_t device, uint16_t queue, int event);
struct comb_cell_get cell_get(int fd, struct comb_range *range);
bool sysfs_is(const char *file, const char *want);
uint64_t sysfs_number(const char *file);
/* @what: '0' or '1' */
bool cpu_set_online(int cpu, char what);

/* Pages full of @byte are in limbo because they are in a pipe: until it has gone. */
void check_limbo_ends(const int pipes[2], char byte);

void test_refusals(void);
void test_take(void);
void test_limbo(void);
void test_start(void);
void test_slices(void);
void test_siblings(void);
void test_stress(void);
void test_bridges(void);
void test_events(void);
void test_events_stress(void);

#endif
