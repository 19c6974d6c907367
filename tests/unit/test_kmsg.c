// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * test_kmsg.c - reading a kernel's log out of its RAM (tests/lab/kmsg reads real ones)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kmsg.h"
#include "kmsg_reader.h"

static void test_records(void **state)
{
	struct comb_kmsg *kmsg;
	const char *text;
	size_t length;

	(void)state;
	sk_print(&sk, 5, 0, 2, "Linux version 6.99.0-synthetic");
	sk_print(&sk, 6, 0, 2, "");
	sk_print(&sk, 4, 1, 2, "from user space\nsecond line");
	sk_print(&sk, 3, 0, 2, NULL);
	sk_print(&sk, 0, 0, 1, "not whole");
	kmsg = find(COMB_KMSG_RINGBUFFER);
	assert_string_equal(comb_kmsg_release(kmsg), "6.99.0-synthetic");
	text = comb_kmsg_vmcoreinfo(kmsg, &length);
	assert_memory_equal(text, "OSRELEASE=", 10);
	assert_int_equal(text[length - 1], '\n');
	assert_int_equal(read_all(kmsg, 0), 5);
	assert_int_equal(seen.nr, 4);
	assert_string_equal(seen.text[0], "Linux version 6.99.0-synthetic");
	assert_int_equal(seen.records[0].level, 5);
	assert_int_equal(seen.records[0].facility, 0);
	assert_int_equal(seen.records[1].length, 0);
	assert_string_equal(seen.text[2], "from user space\nsecond line");
	assert_int_equal(seen.records[2].facility, 1);
	assert_int_equal(seen.records[2].sequence, 2);
	assert_int_equal(seen.records[2].time_ns, 2000);
	assert_false(seen.records[2].partial);
	/* Number 3 lost its text. */
	assert_int_equal(seen.records[3].sequence, 4);
	assert_true(seen.records[3].partial);
	comb_kmsg_free(kmsg);
}

static void test_follow(void **state)
{
	struct comb_kmsg *kmsg = find(COMB_KMSG_RINGBUFFER);
	uint64_t from;

	(void)state;
	assert_int_equal(read_all(kmsg, 0), 0);
	sk_print(&sk, 6, 0, 2, "one");
	sk_print(&sk, 6, 0, 2, "two");
	sk_print(&sk, 6, 0, 2, "three");
	from = read_all(kmsg, 1);
	assert_int_equal(seen.nr, 2);
	assert_string_equal(seen.text[0], "two");
	assert_int_equal(read_all(kmsg, from), 3);
	assert_int_equal(seen.nr, 0);
	/* Positive: this one was taken. Negative: it was not. */
	memset(&seen, 0, sizeof(seen));
	seen.stop_at = 1;
	seen.stop = 1;
	assert_int_equal(comb_kmsg_read(kmsg, 0, record_note, &seen), 2);
	assert_int_equal(seen.nr, 2);
	memset(&seen, 0, sizeof(seen));
	seen.stop_at = 1;
	seen.stop = -1;
	assert_int_equal(comb_kmsg_read(kmsg, 0, record_note, &seen), 1);
	comb_kmsg_free(kmsg);
}

/* Print @nr records of many lengths; all that are left must come out, in order. */
static void check_wrapping(unsigned int nr)
{
	struct comb_kmsg *kmsg = find(COMB_KMSG_RINGBUFFER);
	char text[256];

	for (unsigned int i = 0; i < nr; i++) {
		int pad = (int)(i * 37 % 151);

		snprintf(text, sizeof(text), "%u:%*s", i, pad, "");
		sk_print(&sk, i % 8, 0, 2, text);
		assert_int_equal(read_all(kmsg, 0), i + 1);
		/* The tail may be a record that has just given up its text. */
		assert_in_range(seen.nr, ((sk.head_id - sk.tail_id) & SK_IDS) +
				(i < 1u << SK_DESC_BITS ? 0 : 1),
				((sk.head_id - sk.tail_id) & SK_IDS) + 1);
		for (unsigned int j = 0; j < seen.nr; j++) {
			unsigned int number = i + 1 - seen.nr + j;

			pad = (int)(number * 37 % 151);
			snprintf(text, sizeof(text), "%u:%*s", number, pad, "");
			assert_int_equal(seen.records[j].sequence, number);
			assert_string_equal(seen.text[j], text);
			assert_int_equal(seen.records[j].level, number % 8);
		}
	}
	comb_kmsg_free(kmsg);
}

static void test_wrap(void **state)
{
	(void)state;
	check_wrapping(1000);
}

static void test_wrap_newer(void **state)
{
	(void)state;
	sk.no_move_at_end = true;
	check_wrapping(1000);
}

static void test_five_levels(void **state)
{
	uint8_t *data = sk.data;
	struct comb_kmsg *kmsg;

	(void)state;
	memset(data, 0, SK_SIZE);
	sk_boot(&sk, data, 5);
	sk_print(&sk, 6, 0, 2, "deep");
	kmsg = find(COMB_KMSG_RINGBUFFER);
	read_all(kmsg, 0);
	assert_int_equal(seen.nr, 1);
	assert_string_equal(seen.text[0], "deep");
	comb_kmsg_free(kmsg);
}

static void test_encryption_bit(void **state)
{
	const char old[] = "sme_mask)=0\n", new[] = "sme_mask)=140737488355328\n";
	char note[SK_PAGE], *at;
	struct comb_kmsg *kmsg;
	size_t length;

	(void)state;
	length = sk_vmcoreinfo(&sk, note, sizeof(note));
	at = strstr(note, old);
	memcpy(at, new, sizeof(new));
	length += sizeof(new) - sizeof(old);
	sk_put_note(sk_direct(&sk, SK_NOTE), note, length);
	for (unsigned int i = 0; i < 6; i++)
		for (unsigned int j = 0; j < 512; j++)
			if (sk_table(&sk, i)[j])
				sk_table(&sk, i)[j] |= 1ULL << 47;
	memset(sk_direct(&sk, SK_BARE), 0, SK_PAGE);
	sk_print(&sk, 6, 0, 2, "secret");
	kmsg = find(COMB_KMSG_RINGBUFFER);
	read_all(kmsg, 0);
	assert_string_equal(seen.text[0], "secret");
	comb_kmsg_free(kmsg);
}

static void test_busy_record(void **state)
{
	struct comb_kmsg *kmsg;
	uint64_t id;

	(void)state;
	sk_print(&sk, 6, 0, 2, "before");
	id = sk_print(&sk, 6, 0, 0, "dead writer");
	sk_print(&sk, 6, 0, 2, "after");
	kmsg = find(COMB_KMSG_RINGBUFFER);
	assert_int_equal(read_all(kmsg, 0), 3);
	assert_int_equal(seen.nr, 2);
	assert_string_equal(seen.text[1], "after");
	sk_set_state(&sk, id, 2);
	read_all(kmsg, 0);
	assert_int_equal(seen.nr, 3);
	/* Nothing follows: it is left for the next read. */
	sk_print(&sk, 6, 0, 0, "coming");
	assert_int_equal(read_all(kmsg, 3), 3);
	assert_int_equal(seen.nr, 0);
	comb_kmsg_free(kmsg);
}

/* Each damage hits the middle one of three records; the others must survive. */
static void test_damaged_record(void **state)
{
	struct comb_kmsg *kmsg;
	uint8_t *desc, *word;
	uint64_t id, begin, next;

	(void)state;
	sk_print(&sk, 6, 0, 2, "first");
	id = sk_print(&sk, 6, 0, 2, "second");
	sk_print(&sk, 6, 0, 2, "third");
	kmsg = find(COMB_KMSG_RINGBUFFER);
	desc = sk_desc(&sk, id);
	word = desc + SK_DESC_LPOS;
	begin = sk_get(word + SK_LPOS_BEGIN);
	next = sk_get(word + SK_LPOS_NEXT);
	const struct {
		uint8_t *at;
		uint64_t good, bad;
	} damage[] = {
		{ word + SK_LPOS_BEGIN, begin, begin + 4 },
		{ word + SK_LPOS_BEGIN, begin, next },
		{ word + SK_LPOS_BEGIN, begin, begin - (1ULL << SK_TEXT_BITS) },
		{ word + SK_LPOS_NEXT, next, begin },
		{ word + SK_LPOS_NEXT, next, 1 },
		{ word + SK_LPOS_NEXT, next, next + (8ULL << SK_TEXT_BITS) },
		{ sk_text(&sk, begin % (1u << SK_TEXT_BITS)), id, id + 1 },
		{ desc + SK_DESC_STATE, sk_state(&sk, id), sk_state(&sk, id) + 1 },
		{ desc + SK_DESC_STATE, sk_state(&sk, id), 3ULL << 62 | id },
		{ sk_info(&sk, id) + SK_INFO_SEQ, 1, 0 },
		{ sk_info(&sk, id) + SK_INFO_SEQ, 1, UINT64_MAX },
		{ sk_info(&sk, id) + SK_INFO_SEQ, 1, 0x4141414141414141 },
		{ sk_info(&sk, id) + SK_INFO_SEQ, 1, 2 },
	};
	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		sk_put(damage[i].at, damage[i].bad);
		read_all(kmsg, 0);
		assert_int_equal(seen.nr, 2);
		assert_string_equal(seen.text[0], "first");
		assert_string_equal(seen.text[1], "third");
		sk_put(damage[i].at, damage[i].good);
		read_all(kmsg, 0);
		assert_int_equal(seen.nr, 3);
	}
	/* A length beyond the block: the block counts. */
	sk_put32(sk_info(&sk, id) + SK_INFO_LENGTH, 0xffff);
	read_all(kmsg, 0);
	assert_int_equal(seen.nr, 3);
	assert_int_equal(seen.records[1].length, 8);
	comb_kmsg_free(kmsg);
}

static void test_damaged_ring(void **state)
{
	uint8_t *ring = sk_image(&sk, SK_RING), *descs = ring + SK_RING_DESCS;
	struct comb_kmsg *kmsg;

	(void)state;
	sk_print(&sk, 6, 0, 2, "one");
	kmsg = find(COMB_KMSG_RINGBUFFER);
	/* The rest of the log must not depend on a sane distance of head and tail. */
	sk_put(descs + SK_DESCS_TAIL, sk.head_id + 1);
	read_all(kmsg, 0);
	assert_int_equal(seen.nr, 1);
	sk_put(descs + SK_DESCS_TAIL, sk.tail_id);
	comb_kmsg_free(kmsg);

	sk_put32(descs + SK_DESCS_BITS, 63);
	comb_kmsg_free(find(COMB_KMSG_NONE));
	sk_put32(descs + SK_DESCS_BITS, SK_DESC_BITS);
	sk_put32(ring + SK_RING_TEXT + SK_DATA_BITS, 200);
	comb_kmsg_free(find(COMB_KMSG_NONE));
	sk_put32(ring + SK_RING_TEXT + SK_DATA_BITS, SK_TEXT_BITS);
	sk_put(descs + SK_DESCS_DESCS, SK_DIRECT_VIRT + SK_RING_PAGES * SK_PAGE);
	comb_kmsg_free(find(COMB_KMSG_NONE));
	sk_put(descs + SK_DESCS_DESCS, SK_DIRECT_VIRT);
	sk_put(sk_image(&sk, SK_PRB), 0x1234);
	comb_kmsg_free(find(COMB_KMSG_NONE));
}

/* A stray write takes half of the descriptors and infos, then all of them. */
static void test_overwritten_ring(void **state)
{
	const uint64_t half = (1u << SK_DESC_BITS) / 2;
	struct comb_kmsg *kmsg;
	char text[16];

	(void)state;
	for (unsigned int i = 0; i < 30; i++) {
		snprintf(text, sizeof(text), "line %u", i);
		sk_print(&sk, 6, 0, 2, text);
	}
	kmsg = find(COMB_KMSG_RINGBUFFER);
	memset(sk_info(&sk, 0), 'A', half * SK_INFO_SIZE);
	read_all(kmsg, 0);
	assert_int_equal(seen.nr, 30 - half);
	assert_string_equal(seen.text[0], "line 16");
	assert_string_equal(seen.text[seen.nr - 1], "line 29");
	memset(sk_desc(&sk, half), 'A', half / 2 * SK_DESC_SIZE);
	read_all(kmsg, 0);
	assert_int_equal(seen.nr, 30 - half - half / 2);
	assert_string_equal(seen.text[0], "line 24");
	memset(sk_desc(&sk, 0), 'A', 2 * half * SK_DESC_SIZE);
	read_all(kmsg, 0);
	assert_int_equal(seen.nr, 0);
	comb_kmsg_free(kmsg);
}

/* Both copies of VMCOREINFO are gone: the text of the early buffer is what there is. */
static void test_overwritten_note(void **state)
{
	uint8_t *log = sk_image(&sk, SK_STATIC_LOG * SK_PAGE);
	struct comb_kmsg *kmsg;
	size_t length;

	(void)state;
	sk_print(&sk, 6, 0, 2, "in the ring buffer");
	log += sk_print_raw(log, -4096ULL & SK_IDS, "Linux version 6.99", 18);
	sk_print_raw(log, -4095ULL & SK_IDS, "Kernel panic - not syncing: now", 31);
	comb_kmsg_free(find(COMB_KMSG_RINGBUFFER));
	memset(sk_direct(&sk, SK_NOTE), 'A', SK_PAGE);
	comb_kmsg_free(find(COMB_KMSG_RINGBUFFER));
	memset(sk_direct(&sk, SK_BARE), 'A', SK_PAGE);
	kmsg = find(COMB_KMSG_RAW);
	read_all(kmsg, 0);
	assert_int_equal(seen.nr, 2);
	assert_string_equal(seen.text[1], "Kernel panic - not syncing: now");
	assert_null(comb_kmsg_vmcoreinfo(kmsg, &length));
	comb_kmsg_free(kmsg);
}

/* Page tables that lead in a circle or out of the RAM end the walk, not the program. */
static void test_damaged_tables(void **state)
{
	uint64_t entry = sk_table(&sk, 0)[SK_DIRECT_VIRT >> 39 & 511];
	static const uint64_t bad[] = {
		0, SK_ENTRY(0), 0x000ffffffffff063ULL, SK_ENTRY(0) | 1u << 7, SK_DIRECT_PHYS,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		sk_table(&sk, 0)[SK_DIRECT_VIRT >> 39 & 511] = bad[i];
		comb_kmsg_free(find(COMB_KMSG_NONE));
	}
	sk_table(&sk, 0)[SK_DIRECT_VIRT >> 39 & 511] = entry;
	comb_kmsg_free(find(COMB_KMSG_RINGBUFFER));
}

/* A note that describes nothing, in front of and behind the real one. */
static void test_false_notes(void **state)
{
	char note[SK_PAGE];
	struct comb_kmsg *kmsg;
	size_t length;
	char *at;

	(void)state;
	sk_print(&sk, 6, 0, 2, "true");
	length = sk_vmcoreinfo(&sk, note, sizeof(note));
	at = strstr(note, "SYMBOL(prb)=") + strlen("SYMBOL(prb)=");
	memcpy(at, "ffffffff94200000", 16);
	memcpy(note, "OSRELEASE=5", 11);
	sk_put_note(sk_image(&sk, (SK_STATIC_LOG + 1) * SK_PAGE), note, length);
	memcpy(sk_text(&sk, 4 * SK_PAGE), note, length);
	kmsg = find(COMB_KMSG_RINGBUFFER);
	assert_string_equal(comb_kmsg_release(kmsg), "6.99.0-synthetic");
	comb_kmsg_free(kmsg);
	/* Without the real ones the text is still told, but no ring buffer. */
	memset(sk_direct(&sk, SK_NOTE), 0, 2 * SK_PAGE);
	kmsg = find(COMB_KMSG_NONE);
	assert_string_equal(comb_kmsg_release(kmsg), "5.99.0-synthetic");
	comb_kmsg_free(kmsg);
}

static void test_nothing(void **state)
{
	struct comb_ram empty = { 0 };
	struct comb_kmsg *kmsg = comb_kmsg_find(&empty, NULL);
	size_t length;

	(void)state;
	assert_non_null(kmsg);
	assert_int_equal(comb_kmsg_source(kmsg), COMB_KMSG_NONE);
	assert_null(comb_kmsg_vmcoreinfo(kmsg, &length));
	assert_string_equal(comb_kmsg_release(kmsg), "");
	assert_int_equal(read_all(kmsg, 7), 7);
	assert_false(comb_kmsg_panic(kmsg, NULL, 0));
	comb_kmsg_free(kmsg);
	/* A mapping shorter than the ranges say. */
	sk_print(&sk, 6, 0, 2, "cut off");
	sk.ram.size = (SK_IMAGE_PAGES + 1) * SK_PAGE + 7;
	comb_kmsg_free(find(COMB_KMSG_NONE));
}

static void test_panic(void **state)
{
	struct comb_kmsg *kmsg = find(COMB_KMSG_RINGBUFFER);
	char line[64];

	(void)state;
	sk_print(&sk, 6, 0, 2, "nothing about a Kernel panic - not syncing");
	sk_print(&sk, 6, 1, 2, "Kernel panic - not syncing: said a user");
	assert_false(comb_kmsg_panic(kmsg, line, sizeof(line)));
	sk_print(&sk, 0, 0, 2, "Kernel panic - not syncing: \033[2Jsysrq\nsecond line");
	sk_print(&sk, 0, 0, 2, "---[ end Kernel panic - not syncing: sysrq ]---");
	assert_true(comb_kmsg_panic(kmsg, line, sizeof(line)));
	assert_string_equal(line, "Kernel panic - not syncing: ?[2Jsysrq");
	assert_true(comb_kmsg_panic(kmsg, line, 7));
	assert_string_equal(line, "Kernel");
	assert_true(comb_kmsg_panic(kmsg, NULL, 0));
	comb_kmsg_free(kmsg);
}

/* A writer that never rests. Every text tells its own number, so a torn one shows. */
static atomic_bool writer_stops;

static void *writer(void *arg)
{
	char text[128];

	(void)arg;
	while (!writer_stops) {
		memset(text, 'a' + (int)(sk.seq % 26), sizeof(text));
		text[sk.seq * 11 % 120 + 1] = '\0';
		sk_print(&sk, 6, 0, 2, text);
	}
	return NULL;
}

static int whole_check(const struct comb_kmsg_record *record, void *arg)
{
	unsigned int *count = arg;

	(*count)++;
	if (record->length != record->sequence * 11 % 120 + 1)
		return 1;
	for (size_t i = 0; i < record->length; i++)
		if (record->text[i] != 'a' + (int)(record->sequence % 26))
			return 1;
	(*count)--;
	return 0;
}

static void test_torn(void **state)
{
	struct comb_kmsg *kmsg = find(COMB_KMSG_RINGBUFFER);
	unsigned int torn = 0;
	time_t start = time(NULL);
	uint64_t next = 0;
	pthread_t thread;

	(void)state;
	writer_stops = false;
	assert_int_equal(pthread_create(&thread, NULL, writer, NULL), 0);
	/* In valgrind the writer may hardly get a turn. */
	while (time(NULL) < start + 2 || (next <= 100 && time(NULL) < start + 60))
		next = comb_kmsg_read(kmsg, next, whole_check, &torn);
	writer_stops = true;
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(torn, 0);
	assert_true(next > 100);
	comb_kmsg_free(kmsg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST(test_records),
		KERNEL_TEST(test_follow),
		KERNEL_TEST(test_wrap),
		KERNEL_TEST(test_wrap_newer),
		KERNEL_TEST(test_five_levels),
		KERNEL_TEST(test_encryption_bit),
		KERNEL_TEST(test_busy_record),
		KERNEL_TEST(test_damaged_record),
		KERNEL_TEST(test_damaged_ring),
		KERNEL_TEST(test_overwritten_ring),
		KERNEL_TEST(test_overwritten_note),
		KERNEL_TEST(test_damaged_tables),
		KERNEL_TEST(test_false_notes),
		KERNEL_TEST(test_nothing),
		KERNEL_TEST(test_panic),
		KERNEL_TEST(test_torn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
