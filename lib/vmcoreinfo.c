// SPDX-License-Identifier: GPL-2.0-or-later
#include "vmcoreinfo.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CANDIDATES_MAX	1024u
#define STRUCT_SIZE_MAX	1024u	/* no structure of printk comes near it */

enum value_base { HEX = 16, DECIMAL = 10 };

struct value_key {
	const char *key;
	size_t offset;		/* in struct vmcoreinfo */
	enum value_base base;
	bool optional;
};

#define INFO(member)	offsetof(struct vmcoreinfo, member)
#define LAYOUT(member)	INFO(layout.member), DECIMAL, false

/* KEY of every line that matters; the rest of the note is for other tools. */
static const struct value_key value_keys[] = {
	{ "SYMBOL(prb)", INFO(prb), HEX, false },
	{ "SYMBOL(init_uts_ns)", INFO(uts), HEX, true },
	{ "SYMBOL(swapper_pg_dir)", INFO(page_table), HEX, false },
	{ "NUMBER(phys_base)", INFO(phys_base), DECIMAL, false },
	{ "NUMBER(KERNEL_IMAGE_SIZE)", INFO(image_size), DECIMAL, true },
	{ "NUMBER(sme_mask)", INFO(encryption), DECIMAL, true },
	{ "SIZE(printk_ringbuffer)", LAYOUT(ring_size) },
	{ "OFFSET(printk_ringbuffer.desc_ring)", LAYOUT(ring_descs) },
	{ "OFFSET(printk_ringbuffer.text_data_ring)", LAYOUT(ring_text) },
	{ "SIZE(prb_desc_ring)", LAYOUT(descs_size) },
	{ "OFFSET(prb_desc_ring.count_bits)", LAYOUT(descs_bits) },
	{ "OFFSET(prb_desc_ring.descs)", LAYOUT(descs_descs) },
	{ "OFFSET(prb_desc_ring.infos)", LAYOUT(descs_infos) },
	{ "OFFSET(prb_desc_ring.head_id)", LAYOUT(descs_head) },
	{ "OFFSET(prb_desc_ring.tail_id)", LAYOUT(descs_tail) },
	{ "SIZE(prb_desc)", LAYOUT(desc_size) },
	{ "OFFSET(prb_desc.state_var)", LAYOUT(desc_state) },
	{ "OFFSET(prb_desc.text_blk_lpos)", LAYOUT(desc_lpos) },
	{ "SIZE(prb_data_blk_lpos)", LAYOUT(lpos_size) },
	{ "OFFSET(prb_data_blk_lpos.begin)", LAYOUT(lpos_begin) },
	{ "OFFSET(prb_data_blk_lpos.next)", LAYOUT(lpos_next) },
	{ "SIZE(printk_info)", LAYOUT(info_size) },
	{ "OFFSET(printk_info.seq)", LAYOUT(info_seq) },
	{ "OFFSET(printk_info.ts_nsec)", LAYOUT(info_time) },
	{ "OFFSET(printk_info.text_len)", LAYOUT(info_length) },
	{ "OFFSET(printk_info.caller_id)", INFO(layout.info_caller), DECIMAL, true },
	{ "SIZE(prb_data_ring)", LAYOUT(data_size) },
	{ "OFFSET(prb_data_ring.size_bits)", LAYOUT(data_bits) },
	{ "OFFSET(prb_data_ring.data)", LAYOUT(data_data) },
};

/* A member of @width bytes must lie within its structure. */
static bool member_fits(uint64_t offset, uint64_t width, uint64_t size)
{
	return size <= STRUCT_SIZE_MAX && offset <= size && width <= size - offset;
}

static bool layout_is_sane(const struct vmcoreinfo_layout *l)
{
	const uint64_t word = sizeof(uint64_t);

	return member_fits(l->ring_descs, l->descs_size, l->ring_size) &&
	       member_fits(l->ring_text, l->data_size, l->ring_size) &&
	       member_fits(l->descs_bits, sizeof(uint32_t), l->descs_size) &&
	       member_fits(l->descs_descs, word, l->descs_size) &&
	       member_fits(l->descs_infos, word, l->descs_size) &&
	       member_fits(l->descs_head, word, l->descs_size) &&
	       member_fits(l->descs_tail, word, l->descs_size) &&
	       member_fits(l->desc_state, word, l->desc_size) &&
	       member_fits(l->desc_lpos, l->lpos_size, l->desc_size) &&
	       member_fits(l->lpos_begin, word, l->lpos_size) &&
	       member_fits(l->lpos_next, word, l->lpos_size) &&
	       member_fits(l->info_seq, word, l->info_size) &&
	       member_fits(l->info_time, word, l->info_size) &&
	       member_fits(l->info_length, sizeof(uint32_t), l->info_size) &&
	       member_fits(l->data_bits, sizeof(uint32_t), l->data_size) &&
	       member_fits(l->data_data, word, l->data_size);
}

static bool value_parse(const char *text, enum value_base base, uint64_t *value)
{
	char *end;

	errno = 0;
	/* Some NUMBERs are printed as hexadecimal with a prefix, some are negative. */
	if (base == DECIMAL && text[0] == '-' && isdigit((unsigned char)text[1]))
		*value = (uint64_t)strtoll(text, &end, DECIMAL);
	else if (isxdigit((unsigned char)text[0]))
		*value = strtoull(text, &end, strncmp(text, "0x", 2) ? (int)base : HEX);
	else
		return false;
	return errno == 0 && *end == '\0';
}

static bool release_parse(struct vmcoreinfo *info, const char *value)
{
	size_t length = strlen(value);

	if (length == 0 || length > VMCOREINFO_RELEASE_MAX)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isgraph((unsigned char)value[i]) || value[i] == '%')
			return false;
	memcpy(info->release, value, length + 1);
	return true;
}

/* One line, cut out and NUL-terminated; sets a bit in @seen for each key that was read. */
static bool line_parse(struct vmcoreinfo *info, char *line, uint64_t *seen)
{
	char *value = strchr(line, '=');
	uint64_t number;

	if (!value)
		return true;
	*value++ = '\0';
	if (strcmp(line, "OSRELEASE") == 0)
		return release_parse(info, value);
	if (strcmp(line, "NUMBER(pgtable_l5_enabled)") == 0) {
		if (!value_parse(value, DECIMAL, &number) || number > 1)
			return false;
		info->levels = 4 + (unsigned int)number;
		return true;
	}
	for (size_t i = 0; i < sizeof(value_keys) / sizeof(value_keys[0]); i++) {
		if (strcmp(line, value_keys[i].key) != 0)
			continue;
		if (!value_parse(value, value_keys[i].base, &number))
			return false;
		memcpy((char *)info + value_keys[i].offset, &number, sizeof(number));
		*seen |= 1ULL << i;
		return true;
	}
	return true;
}

bool vmcoreinfo_parse(struct vmcoreinfo *info, const char *text, size_t length)
{
	char copy[VMCOREINFO_TEXT_MAX + 1], *rest = copy, *line;
	uint64_t seen = 0;

	if (length > VMCOREINFO_TEXT_MAX)
		return false;
	memset(info, 0, sizeof(*info));
	memcpy(info->text, text, length);
	length = strnlen(info->text, length);
	info->text[length] = '\0';
	info->length = length;
	info->levels = 4;
	info->image_size = 1ULL << 30;
	info->layout.info_caller = UINT64_MAX;
	memcpy(copy, info->text, length + 1);
	while ((line = strsep(&rest, "\n")))
		if (!line_parse(info, line, &seen))
			return false;
	for (size_t i = 0; i < sizeof(value_keys) / sizeof(value_keys[0]); i++)
		if (!value_keys[i].optional && !(seen & 1ULL << i))
			return false;
	return info->release[0] && info->image_size <= 1ULL << 31 &&
	       layout_is_sane(&info->layout);
}

/* ELF note: namesz, descsz, type, then name and desc, each padded to 4 bytes. */
struct note_header {
	uint32_t name_size;
	uint32_t desc_size;
	uint32_t type;
	char name[12];
};

static bool page_parse(struct vmcoreinfo *info, const uint8_t *page)
{
	static const char name[12] = "VMCOREINFO", first[] = "OSRELEASE=";
	struct note_header header;

	if (memcmp(page, first, sizeof(first) - 1) == 0)
		return vmcoreinfo_parse(info, (const char *)page, RAM_PAGE_SIZE);
	memcpy(&header, page, sizeof(header));
	if (header.name_size != strlen(name) + 1 || header.type != 0 ||
	    header.desc_size > RAM_PAGE_SIZE - sizeof(header) ||
	    memcmp(header.name, name, sizeof(name)) != 0 ||
	    !vmcoreinfo_parse(info, (const char *)page + sizeof(header), header.desc_size))
		return false;
	info->is_note = true;
	return true;
}

/* Two word compares in its first cache line reject nearly every page. */
static bool page_is_candidate(const uint8_t *page)
{
	return memcmp(page, "OSRELEAS", 8) == 0 ||
	       memcmp(page + offsetof(struct note_header, name), "VMCOREIN", 8) == 0;
}

int vmcoreinfo_search(const struct comb_ram *ram, vmcoreinfo_fn fn, void *arg)
{
	struct vmcoreinfo *info = malloc(sizeof(*info));
	unsigned int candidates = 0;

	if (!info)
		return -1;
	for (unsigned int i = 0; i < ram->nr_ranges; i++) {
		uint64_t bytes = 0;
		const uint8_t *data = ram_range(ram, i, &bytes);

		for (uint64_t at = 0; data && bytes - at >= RAM_PAGE_SIZE; at += RAM_PAGE_SIZE) {
			if (!page_is_candidate(data + at))
				continue;
			if (++candidates > CANDIDATES_MAX)
				goto out;
			if (page_parse(info, data + at) && fn(info, arg))
				goto out;
		}
	}
out:
	free(info);
	return 0;
}

bool vmcoreinfo_space(const struct vmcoreinfo *info, const struct comb_ram *ram,
		      struct ram_space *space)
{
	space->ram = ram;
	space->phys_base = info->phys_base;
	space->image_size = info->image_size;
	space->encryption = info->encryption;
	space->levels = info->levels;
	return space_image(space, info->page_table, &space->table) &&
	       space->table % RAM_PAGE_SIZE == 0 && ram_at(ram, space->table, RAM_PAGE_SIZE);
}
