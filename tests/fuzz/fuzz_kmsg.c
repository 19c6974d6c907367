// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_kmsg.c - a whole RAM with a ring buffer, damaged where it hurts
 *
 * The input is a list of edits of 8 bytes: which part (1 byte), which word of it (2),
 * how to change it (1), a value (4). They are undone afterwards.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/synthetic_kernel.h"
#include "kmsg.h"

#define EDITS_MAX	64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct synthetic sk;
static uint8_t *pristine;

/* What is worth damaging, with how many words it has. */
static uint8_t *part_at(unsigned int part, unsigned int *words)
{
	switch (part % 8) {
	case 0:
		*words = SK_RING_SIZE / 8;
		return sk_image(&sk, SK_RING);
	case 1:
		*words = (1u << SK_DESC_BITS) * SK_DESC_SIZE / 8;
		return sk_desc(&sk, 0);
	case 2:
		*words = (1u << SK_DESC_BITS) * SK_INFO_SIZE / 8;
		return sk_info(&sk, 0);
	case 3:
		*words = (1u << SK_TEXT_BITS) / 8;
		return sk_text(&sk, 0);
	case 4:
		*words = 6 * SK_PAGE / 8;
		return sk_image(&sk, SK_TABLES);
	case 5:
		*words = 2 * SK_PAGE / 8;
		return sk_direct(&sk, SK_NOTE);
	case 6:
		*words = SK_PAGE / 8;
		return sk_image(&sk, SK_STATIC_LOG * SK_PAGE);
	default:
		*words = SK_PAGE / 8;
		return sk_image(&sk, SK_DATA * SK_PAGE);
	}
}

static void edit_apply(const uint8_t *edit)
{
	unsigned int words, shift = (edit[3] >> 3) % 8 * 8;
	uint8_t *part = part_at(edit[0], &words);
	uint32_t value;
	uint64_t word;
	uint8_t *at = part + (edit[1] | (unsigned int)edit[2] << 8) % words * 8;

	memcpy(&value, edit + 4, sizeof(value));
	memcpy(&word, at, sizeof(word));
	switch (edit[3] % 8) {
	case 0: word = (uint64_t)value << shift; break;
	case 1: word ^= (uint64_t)value << shift; break;
	case 2: word += (uint64_t)(int32_t)value; break;
	case 3: word = SK_DIRECT_VIRT + value; break;
	case 4: word = SK_IMAGE_VIRT + value; break;
	case 5: word = SK_IMAGE_PHYS + value; break;
	case 6: word = ~(uint64_t)value; break;
	case 7: word = (uint64_t)value << 32 | value; break;
	}
	memcpy(at, &word, sizeof(word));
}

static void kernel_make(void)
{
	static const char raw[] = "Linux version 6.99\n\0";
	uint8_t *log;

	sk.data = aligned_alloc(SK_PAGE, SK_SIZE);
	pristine = malloc(SK_SIZE);
	if (!sk.data || !pristine)
		abort();
	memset(sk.data, 0, SK_SIZE);
	sk_boot(&sk, sk.data, 4);
	for (unsigned int i = 0; i < 60; i++)
		sk_print(&sk, i % 8, i % 3, i == 59 ? 1 : 2,
			 i % 7 ? "a text of some length" : "Kernel panic - not syncing: now");
	log = sk_image(&sk, SK_STATIC_LOG * SK_PAGE);
	for (uint64_t i = 0; i < 20; i++)
		log += sk_print_raw(log, (-4096ULL + i) & SK_IDS, raw, sizeof(raw));
	memcpy(pristine, sk.data, SK_SIZE);
}

static int record_touch(const struct comb_kmsg_record *record, void *arg)
{
	uint64_t *sum = arg;

	if (record->length > COMB_KMSG_TEXT_MAX)
		abort();
	for (size_t i = 0; i < record->length; i++)
		*sum += (uint8_t)record->text[i];
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct comb_kmsg *kmsg;
	char line[80];
	uint64_t sum = 0;

	if (!pristine)
		kernel_make();
	for (size_t at = 0; at + 8 <= size && at < EDITS_MAX * 8; at += 8)
		edit_apply(data + at);
	kmsg = comb_kmsg_find(&sk.ram, NULL);
	if (kmsg) {
		comb_kmsg_read(kmsg, 0, record_touch, &sum);
		comb_kmsg_read(kmsg, 50, record_touch, &sum);
		if (comb_kmsg_panic(kmsg, line, sizeof(line)) && strlen(line) < 26)
			abort();
		comb_kmsg_free(kmsg);
	}
	memcpy(sk.data, pristine, SK_SIZE);
	return 0;
}
