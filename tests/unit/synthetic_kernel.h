/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * synthetic_kernel.h - a RAM with a printk ring buffer in it, written the way a
 * kernel writes it, with a layout no kernel has
 *
 * Three ranges: the kernel image (page tables in it), pages the direct map shows in
 * reverse order (descriptors, infos), and the text behind one large page.
 */
#ifndef SYNTHETIC_KERNEL_H
#define SYNTHETIC_KERNEL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "kmsg.h"

#define SK_PAGE		4096u
#define SK_IMAGE_PAGES	16u
#define SK_DIRECT_PAGES	24u
#define SK_TEXT_PAGES	8u
#define SK_SIZE		((SK_IMAGE_PAGES + SK_DIRECT_PAGES + SK_TEXT_PAGES) * SK_PAGE)

#define SK_IMAGE_PHYS	0x1000000ULL
#define SK_DIRECT_PHYS	0x40000000ULL
#define SK_TEXT_PHYS	0x100000000ULL
#define SK_IMAGE_VIRT	0xffffffff94200000ULL	/* where KASLR put it */
#define SK_DIRECT_VIRT	0xffff92f780000000ULL
#define SK_TEXT_VIRT	0xffff92f800000000ULL

/* Pages of the image and of the direct range. */
#define SK_TABLES	0u	/* up to 8: page tables */
#define SK_DATA		8u	/* prb, init_uts_ns */
#define SK_STATIC_LOG	9u	/* what raw searches find */
#define SK_NOTE		22u	/* in the direct range */
#define SK_BARE		23u
#define SK_RING_PAGES	20u

/* Offsets into the image: the pointer, the structure, the name. */
#define SK_PRB		(SK_DATA * SK_PAGE + 0x10)
#define SK_RING		(SK_DATA * SK_PAGE + 0x100)
#define SK_UTS		(SK_DATA * SK_PAGE + 0x400)

/* A layout of its own: nothing is where any kernel has it. */
#define SK_RING_SIZE	144u
#define SK_RING_TEXT	8u
#define SK_RING_DESCS	64u
#define SK_DESCS_SIZE	64u
#define SK_DESCS_BITS	4u
#define SK_DESCS_TAIL	8u
#define SK_DESCS_HEAD	24u
#define SK_DESCS_INFOS	32u
#define SK_DESCS_DESCS	48u
#define SK_DESC_SIZE	40u
#define SK_DESC_STATE	16u
#define SK_DESC_LPOS	24u
#define SK_LPOS_NEXT	0u
#define SK_LPOS_BEGIN	8u
#define SK_INFO_SIZE	72u
#define SK_INFO_LENGTH	8u
#define SK_INFO_CALLER	12u
#define SK_INFO_TIME	24u
#define SK_INFO_SEQ	40u
#define SK_DATA_SIZE	48u
#define SK_DATA_DATA	8u
#define SK_DATA_BITS	36u

#define SK_DESC_BITS	5u
#define SK_TEXT_BITS	11u
#define SK_IDS		(~0ULL >> 2)

struct synthetic {
	uint8_t *data;			/* SK_SIZE bytes, zeroed */
	struct comb_range ranges[3];
	struct comb_ram ram;
	unsigned int levels;
	bool no_move_at_end;		/* a block that just reaches the end stays (7.x) */
	uint64_t seq;			/* of the next record */
	uint64_t head_id, tail_id, head_lpos, tail_lpos;
};

static inline uint8_t *sk_image(struct synthetic *sk, uint64_t offset)
{
	return sk->data + offset;
}

static inline uint8_t *sk_direct(struct synthetic *sk, uint64_t page)
{
	return sk->data + (SK_IMAGE_PAGES + page) * SK_PAGE;
}

static inline uint8_t *sk_text(struct synthetic *sk, uint64_t offset)
{
	return sk->data + (SK_IMAGE_PAGES + SK_DIRECT_PAGES) * SK_PAGE + offset;
}

static inline void sk_put(uint8_t *at, uint64_t value)
{
	__atomic_store_n((uint64_t *)at, value, __ATOMIC_RELEASE);
}

static inline uint64_t sk_get(const uint8_t *at)
{
	return __atomic_load_n((const uint64_t *)at, __ATOMIC_ACQUIRE);
}

static inline void sk_put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

/* Byte @offset of the ring's direct-mapped pages, which lie in RAM in reverse order. */
static inline uint8_t *sk_ring(struct synthetic *sk, uint64_t offset)
{
	return sk_direct(sk, SK_RING_PAGES - 1 - offset / SK_PAGE) + offset % SK_PAGE;
}

static inline uint8_t *sk_desc(struct synthetic *sk, uint64_t id)
{
	return sk_ring(sk, (id % (1u << SK_DESC_BITS)) * SK_DESC_SIZE);
}

static inline uint8_t *sk_info(struct synthetic *sk, uint64_t id)
{
	return sk_ring(sk, SK_PAGE + (id % (1u << SK_DESC_BITS)) * SK_INFO_SIZE);
}

static inline uint64_t *sk_table(struct synthetic *sk, unsigned int nr)
{
	return (uint64_t *)sk_image(sk, (SK_TABLES + nr) * SK_PAGE);
}

#define SK_ENTRY(nr)	(SK_IMAGE_PHYS + (SK_TABLES + (nr)) * SK_PAGE + 0x63)

/* 4 or 5 levels; the ring by 4 KiB pages, the text by one 2 MiB page. */
static inline void sk_map(struct synthetic *sk)
{
	unsigned int top = 0;

	if (sk->levels == 5) {
		sk_table(sk, 0)[SK_DIRECT_VIRT >> 48 & 511] = SK_ENTRY(1);
		top = 1;
	}
	sk_table(sk, top)[SK_DIRECT_VIRT >> 39 & 511] = SK_ENTRY(2);
	sk_table(sk, 2)[SK_DIRECT_VIRT >> 30 & 511] = SK_ENTRY(3);
	sk_table(sk, 2)[SK_TEXT_VIRT >> 30 & 511] = SK_ENTRY(4);
	sk_table(sk, 3)[SK_DIRECT_VIRT >> 21 & 511] = SK_ENTRY(5);
	sk_table(sk, 4)[SK_TEXT_VIRT >> 21 & 511] = (SK_TEXT_PHYS + 0xe3) | 1ULL << 63;
	for (unsigned int i = 0; i < SK_RING_PAGES; i++)
		sk_table(sk, 5)[i] = (SK_DIRECT_PHYS + (SK_RING_PAGES - 1 - i) * SK_PAGE + 0x63) |
				     1ULL << 63;
}

/* The text of the note; @skip leaves one line out, so that it can be given twice. */
static inline size_t sk_vmcoreinfo(const struct synthetic *sk, char *text, size_t size)
{
	return (size_t)snprintf(text, size,
		"OSRELEASE=6.99.0-synthetic\nBUILD-ID=00\nPAGESIZE=4096\n"
		"SYMBOL(init_uts_ns)=%llx\nSYMBOL(swapper_pg_dir)=%llx\n"
		"NUMBER(VMALLOC_START)=0xff70396540000000\nSYMBOL(prb)=%llx\n"
		"SIZE(printk_ringbuffer)=%u\nOFFSET(printk_ringbuffer.desc_ring)=%u\n"
		"OFFSET(printk_ringbuffer.text_data_ring)=%u\n"
		"SIZE(prb_desc_ring)=%u\nOFFSET(prb_desc_ring.count_bits)=%u\n"
		"OFFSET(prb_desc_ring.descs)=%u\nOFFSET(prb_desc_ring.infos)=%u\n"
		"OFFSET(prb_desc_ring.head_id)=%u\nOFFSET(prb_desc_ring.tail_id)=%u\n"
		"SIZE(prb_desc)=%u\nOFFSET(prb_desc.state_var)=%u\n"
		"OFFSET(prb_desc.text_blk_lpos)=%u\nSIZE(prb_data_blk_lpos)=16\n"
		"OFFSET(prb_data_blk_lpos.begin)=%u\nOFFSET(prb_data_blk_lpos.next)=%u\n"
		"SIZE(printk_info)=%u\nOFFSET(printk_info.seq)=%u\n"
		"OFFSET(printk_info.ts_nsec)=%u\nOFFSET(printk_info.text_len)=%u\n"
		"OFFSET(printk_info.caller_id)=%u\nSIZE(prb_data_ring)=%u\n"
		"OFFSET(prb_data_ring.size_bits)=%u\nOFFSET(prb_data_ring.data)=%u\n"
		"NUMBER(phys_base)=%lld\nNUMBER(pgtable_l5_enabled)=%d\n"
		"KERNELOFFSET=13200000\nNUMBER(KERNEL_IMAGE_SIZE)=1073741824\n"
		"NUMBER(sme_mask)=0\n",
		SK_IMAGE_VIRT + SK_UTS, SK_IMAGE_VIRT + SK_TABLES * SK_PAGE, SK_IMAGE_VIRT + SK_PRB,
		SK_RING_SIZE, SK_RING_DESCS, SK_RING_TEXT, SK_DESCS_SIZE, SK_DESCS_BITS,
		SK_DESCS_DESCS, SK_DESCS_INFOS, SK_DESCS_HEAD, SK_DESCS_TAIL, SK_DESC_SIZE,
		SK_DESC_STATE, SK_DESC_LPOS, SK_LPOS_BEGIN, SK_LPOS_NEXT, SK_INFO_SIZE,
		SK_INFO_SEQ, SK_INFO_TIME, SK_INFO_LENGTH, SK_INFO_CALLER, SK_DATA_SIZE,
		SK_DATA_BITS, SK_DATA_DATA,
		(long long)(SK_IMAGE_PHYS - (SK_IMAGE_VIRT - 0xffffffff80000000ULL)),
		sk->levels == 5);
}

/* Write @text as an ELF note at @page. */
static inline void sk_put_note(uint8_t *page, const char *text, size_t length)
{
	static const char name[12] = "VMCOREINFO";

	sk_put32(page, 11);
	sk_put32(page + 4, (uint32_t)length);
	sk_put32(page + 8, 0);
	memcpy(page + 12, name, sizeof(name));
	memcpy(page + 24, text, length);
}

static inline void sk_set_range(struct synthetic *sk, unsigned int nr, uint64_t start,
				uint64_t pages)
{
	sk->ranges[nr].start = start;
	sk->ranges[nr].bytes = pages * SK_PAGE;
	sk->ranges[nr].offset = nr ? sk->ranges[nr - 1].offset + sk->ranges[nr - 1].bytes : 0;
}

/* A booted kernel with an empty ring in @data: SK_SIZE zeroed bytes, aligned to 8. */
static inline void sk_boot(struct synthetic *sk, uint8_t *data, unsigned int levels)
{
	uint8_t *ring, *descs, *text;
	char note[SK_PAGE];
	size_t length;

	memset(sk, 0, sizeof(*sk));
	sk->data = data;
	sk->levels = levels;
	sk_set_range(sk, 0, SK_IMAGE_PHYS, SK_IMAGE_PAGES);
	sk_set_range(sk, 1, SK_DIRECT_PHYS, SK_DIRECT_PAGES);
	sk_set_range(sk, 2, SK_TEXT_PHYS, SK_TEXT_PAGES);
	sk->ram = (struct comb_ram){ data, SK_SIZE, sk->ranges, 3 };
	sk_map(sk);
	memcpy(sk_image(sk, SK_UTS + 4 + 2 * 65), "6.99.0-synthetic", 17);
	length = sk_vmcoreinfo(sk, note, sizeof(note));
	sk_put_note(sk_direct(sk, SK_NOTE), note, length);
	memcpy(sk_direct(sk, SK_BARE), note, length);

	sk->tail_id = sk->head_id = -((1ULL << SK_DESC_BITS) + 1) & SK_IDS;
	sk->tail_lpos = sk->head_lpos = -(1ULL << SK_TEXT_BITS);
	sk_put(sk_image(sk, SK_PRB), SK_IMAGE_VIRT + SK_RING);
	ring = sk_image(sk, SK_RING);
	descs = ring + SK_RING_DESCS;
	text = ring + SK_RING_TEXT;
	sk_put32(descs + SK_DESCS_BITS, SK_DESC_BITS);
	sk_put(descs + SK_DESCS_DESCS, SK_DIRECT_VIRT);
	sk_put(descs + SK_DESCS_INFOS, SK_DIRECT_VIRT + SK_PAGE);
	sk_put(descs + SK_DESCS_HEAD, sk->head_id);
	sk_put(descs + SK_DESCS_TAIL, sk->tail_id);
	memcpy(text + SK_DATA_BITS, &(uint32_t){ SK_TEXT_BITS }, sizeof(uint32_t));
	sk_put(text + SK_DATA_DATA, SK_TEXT_VIRT);
	sk_put(sk_desc(sk, sk->tail_id) + SK_DESC_STATE, 3ULL << 62 | sk->tail_id);
	sk_put(sk_desc(sk, sk->tail_id) + SK_DESC_LPOS + SK_LPOS_BEGIN, 1);
	sk_put(sk_desc(sk, sk->tail_id) + SK_DESC_LPOS + SK_LPOS_NEXT, 1);
}

static inline uint64_t sk_state(struct synthetic *sk, uint64_t id)
{
	return sk_get(sk_desc(sk, id) + SK_DESC_STATE);
}

static inline void sk_set_state(struct synthetic *sk, uint64_t id, uint64_t state)
{
	sk_put(sk_desc(sk, id) + SK_DESC_STATE, state << 62 | id);
}

/* Give up the oldest record: its text first, then its descriptor. */
static inline void sk_drop_tail(struct synthetic *sk)
{
	uint64_t begin = sk_get(sk_desc(sk, sk->tail_id) + SK_DESC_LPOS + SK_LPOS_BEGIN);
	uint64_t next = sk_get(sk_desc(sk, sk->tail_id) + SK_DESC_LPOS + SK_LPOS_NEXT);

	sk_set_state(sk, sk->tail_id, 3);
	if (!(begin & 1))
		sk->tail_lpos = next;
	sk->tail_id = (sk->tail_id + 1) & SK_IDS;
	sk_put(sk_image(sk, SK_RING + SK_RING_DESCS + SK_DESCS_TAIL), sk->tail_id);
}

static inline bool sk_wraps(const struct synthetic *sk, uint64_t begin, uint64_t next)
{
	if (sk->no_move_at_end)
		next--;
	return begin >> SK_TEXT_BITS != next >> SK_TEXT_BITS;
}

/*
 * Add a record and return its ID. @state: 0 reserved, 1 committed, 2 finalized. A
 * NULL @text is a record whose text was lost, "" one that never had any.
 */
static inline uint64_t sk_print(struct synthetic *sk, unsigned int level, unsigned int facility,
				uint64_t state, const char *text)
{
	uint64_t mask = (1ULL << SK_TEXT_BITS) - 1, id = (sk->head_id + 1) & SK_IDS, begin, next;
	uint64_t length = text ? strlen(text) : 0, at, size = (length + 8 + 7) & ~7ULL;
	uint8_t *desc, *info;

	if (((id - sk->tail_id) & SK_IDS) >= 1u << SK_DESC_BITS)
		sk_drop_tail(sk);
	sk_put(sk_image(sk, SK_RING + SK_RING_DESCS + SK_DESCS_HEAD), id);
	sk->head_id = id;
	desc = sk_desc(sk, id);
	info = sk_info(sk, id);
	sk_set_state(sk, id, 0);
	begin = next = text ? 3 : 1;
	if (length) {
		begin = sk->head_lpos;
		next = begin + size;
		at = begin & mask;
		if (sk_wraps(sk, begin, next)) {
			next = ((next - sk->no_move_at_end) & ~mask) + size;
			at = 0;
		}
		while (next - sk->tail_lpos > mask + 1)
			sk_drop_tail(sk);
		sk->head_lpos = next;
		sk_put(sk_text(sk, begin & mask), id);
		sk_put(sk_text(sk, at), id);
		memcpy(sk_text(sk, at + 8), text, length);
	}
	sk_put(desc + SK_DESC_LPOS + SK_LPOS_BEGIN, begin);
	sk_put(desc + SK_DESC_LPOS + SK_LPOS_NEXT, next);
	sk_put(info + SK_INFO_SEQ, sk->seq);
	sk_put(info + SK_INFO_TIME, 1000 * sk->seq);
	sk_put32(info + SK_INFO_LENGTH, (uint32_t)(length | facility << 16 | level << 29));
	sk->seq++;
	sk_set_state(sk, id, state);
	return id;
}

/* One block of an early log at @at; returns where the next goes. */
static inline uint64_t sk_print_raw(uint8_t *at, uint64_t id, const char *bytes, size_t length)
{
	sk_put(at, id);
	memcpy(at + 8, bytes, length);
	return 8 + ((length + 7) & ~7ULL);
}

#endif
