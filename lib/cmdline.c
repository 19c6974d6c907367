// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cmdline.c - the kernel command line of a cell
 *
 * Most of these parameters keep a cell's kernel away from hardware that belongs
 * to the host. They come before the user's own text.
 */
#include "cmdline.h"

#include <stdio.h>
#include <string.h>

static const struct comb_cmdline_parameter parameters[] = {
	{ "noapic", "the I/O APIC is the host's; without this a kernel may find it through "
	  "the MP table and mask the host's interrupts, or leave x2APIC mode",
	  COMB_CMDLINE_ALWAYS },
	{ "apic_extnmi=none", "the machine's NMI line (buttons, bus errors) reaches all CPUs and is "
	  "the host's", COMB_CMDLINE_ALWAYS },
	{ "pci=off", "PCI devices are the host's", COMB_CMDLINE_ALWAYS },
	{ "8250.nr_uarts=0", "the serial ports are the host's", COMB_CMDLINE_ALWAYS },
	{ "no_ipi_broadcast=1", "an IPI to \"all but self\" would reach every CPU of the machine",
	  COMB_CMDLINE_ALWAYS },
	{ "nox2apic", "a kernel that turned x2APIC on would return its CPUs to the host in the "
	  "wrong mode", COMB_CMDLINE_XAPIC },
	{ "tsc=reliable", "no other clock could watch the TSC, and the host vouches for it",
	  COMB_CMDLINE_ALWAYS },
	{ "tsc_early_khz=", "measuring the TSC needs the PIT, which is the host's",
	  COMB_CMDLINE_TSC_KHZ },
	{ "panic=0", "a kernel that panicked waits for the host instead of resetting anything",
	  COMB_CMDLINE_ALWAYS },
	{ "dis_ucode_ldr", "microcode belongs to the whole core and is the host's",
	  COMB_CMDLINE_ALWAYS },
	{ "efi=runtime", "real-time kernels would otherwise not use the EFI runtime, which is how "
	  "a cell reboots and powers off", COMB_CMDLINE_ALWAYS },
	{ "printk.devkmsg=on", "what init and the services log reaches comb logs without a "
	  "rate limit", COMB_CMDLINE_ALWAYS },
	{ "no5lvl", "a kernel turns 5-level paging on by code in low memory, which cells of one "
	  "CPU may share", COMB_CMDLINE_ONE_CPU },
	{ NULL, NULL, COMB_CMDLINE_ALWAYS },
};

const struct comb_cmdline_parameter *comb_cmdline_table(void)
{
	return parameters;
}

/* Grow @used by the length of @text; write it if it still fits, with a NUL. */
static void add(char *line, size_t size, size_t *used, const char *text)
{
	size_t len = strlen(text);

	if (*used + len < size)
		memcpy(line + *used, text, len + 1);
	*used += len;
}

static int check_append(const char *append, struct comb_error *err)
{
	for (const char *p = append; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f) {
			comb_fail(err, COMB_USAGE,
				  "the kernel command line has a control character (0x%02x)",
				  (unsigned char)*p);
			return comb_hint(err, "separate kernel parameters with spaces");
		}
	}
	return 0;
}

int comb_cmdline_build(char *line, size_t size, size_t limit, const struct comb_info *info,
		       unsigned int nr_cpus, const char *append, struct comb_error *err)
{
	char khz[24];
	size_t used = 0;

	if (append && check_append(append, err))
		return -1;
	if (!info->tsc_khz) {
		comb_fail(err, COMB_UNSUITABLE, "the frequency of the TSC is not known");
		return comb_hint(err, "comb check");
	}
	snprintf(khz, sizeof(khz), "%llu", (unsigned long long)info->tsc_khz);
	for (const struct comb_cmdline_parameter *p = parameters; p->text; p++) {
		if (p->when == COMB_CMDLINE_XAPIC && info->flags & COMB_INFO_X2APIC)
			continue;
		if (p->when == COMB_CMDLINE_ONE_CPU && nr_cpus != 1)
			continue;
		add(line, size, &used, used ? " " : "");
		add(line, size, &used, p->text);
		if (p->when == COMB_CMDLINE_TSC_KHZ)
			add(line, size, &used, khz);
	}
	if (append && *append) {
		add(line, size, &used, " ");
		add(line, size, &used, append);
	}
	if (used > limit || used >= size) {
		size_t most = limit < size - 1 ? limit : size - 1;

		comb_fail(err, COMB_USAGE,
			  "the kernel command line has %zu characters, this kernel takes %zu",
			  used, most);
		return comb_hint(err, "shorten --append by %zu characters", used - most);
	}
	return 0;
}
