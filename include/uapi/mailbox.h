/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * mailbox.h - the only interface between kernels
 *
 * Each cell shares one page-aligned region of its own RAM with the host. It is
 * reserved in the cell's memory map and described by the ACPI device
 * COMB_ACPI_HID in its DSDT (_CRS: one memory range). All fields are
 * little-endian and naturally aligned; both sides use READ_ONCE/WRITE_ONCE and
 * the barriers named below. A reader never trusts the other side: it checks
 * ranges and copies before it uses a value.
 *
 * Page 0 is written by the host only, page 1 by the cell only, except for the
 * two pending bitmaps: the sender sets bits in the receiver's bitmap with an
 * atomic OR, the receiver takes them with an atomic exchange. The sender rings
 * the doorbell only if the word was zero before.
 *
 * The EFI runtime and the ACPI tables of a cell know the byte offsets of
 * page 1, so they are part of the interface (COMB_MAILBOX_OFF_*).
 */
#ifndef _UAPI_COMB_MAILBOX_H
#define _UAPI_COMB_MAILBOX_H

#include <linux/types.h>

#define COMB_MAILBOX_MAGIC	0x31584f42424d4f43ULL	/* "COMBBOX1" */
#define COMB_MAILBOX_VERSION	1
/* Whole region: header pages, the rest is for message rings. */
#define COMB_MAILBOX_SIZE	0x10000u
#define COMB_MAILBOX_HOST_OFF	0x0000u
#define COMB_MAILBOX_CELL_OFF	0x1000u

#define COMB_ACPI_HID		"COMB0001"
#define COMB_DOORBELLS_MAX	64
#define COMB_MAILBOX_NAME_SIZE	32

/**
 * struct comb_doorbell - how to interrupt one CPU of another kernel
 * @apic_id: physical destination
 * @vector: 16 to 255; 0 means "none"
 *
 * Both change together: 64 bits, written and read at once.
 */
struct comb_doorbell {
	__u32 apic_id;
	__u32 vector;
};

/* Pending bits, the same in both directions. */
#define COMB_PENDING_CONTROL	(1ULL << 0)	/* state, request or doorbells changed */

/* struct comb_mailbox_host.request */
enum comb_request {
	COMB_REQUEST_NONE = 0,
	COMB_REQUEST_STOP = 1,		/* orderly shutdown and power-off */
	COMB_REQUEST_SYSRQ = 2,		/* argument: the sysrq key */
};

/**
 * struct comb_mailbox_host - page 0, written by the host
 * @magic: COMB_MAILBOX_MAGIC
 * @version: COMB_MAILBOX_VERSION
 * @size: COMB_MAILBOX_SIZE
 * @cell_id: the cell's number
 * @heartbeat_ms: how often the cell must beat, in milliseconds (10 to 60000)
 * @wall_ns: CLOCK_REALTIME in nanoseconds at the moment @wall_tsc was read
 * @wall_tsc: TSC at that moment (host and cells share one TSC)
 * @tsc_khz: TSC frequency in kHz
 * @name: the cell's name, NUL-terminated
 * @request_seq: counts requests; written last (release) by the host, read first
 *	(acquire) by the cell
 * @request: enum comb_request
 * @request_argument: see enum comb_request
 * @nr_doorbells: how many elements of @doorbells are valid
 * @pending: bits set by the cell, taken by the host
 * @doorbells: the host's doorbells; a cell rings any of them
 */
struct comb_mailbox_host {
	__u64 magic;
	__u32 version;
	__u32 size;
	__u32 cell_id;
	__u32 heartbeat_ms;
	__u64 wall_ns;
	__u64 wall_tsc;
	__u64 tsc_khz;
	char name[COMB_MAILBOX_NAME_SIZE];
	__u32 request_seq;
	__u32 request;
	__u32 request_argument;
	__u32 nr_doorbells;
	__u64 reserved[4];
	__u64 pending;
	__u64 reserved2[15];
	struct comb_doorbell doorbells[COMB_DOORBELLS_MAX];
};

/* struct comb_mailbox_cell.exit: who said the last word. */
enum comb_exit {
	COMB_EXIT_NONE = 0,
	COMB_EXIT_POWEROFF = 1,
	COMB_EXIT_REBOOT = 2,
	COMB_EXIT_HALT = 3,
	COMB_EXIT_PANIC = 4,
	COMB_EXIT_EMERGENCY = 5,	/* emergency restart: sysrq-b, panic=N */
};

/* struct comb_mailbox_cell.efi_reset: ResetSystem type + 1 (UEFI 2.10, 8.5.1) */
#define COMB_EFI_RESET_NONE	0
#define COMB_EFI_RESET_COLD	1
#define COMB_EFI_RESET_WARM	2
#define COMB_EFI_RESET_SHUTDOWN	3

/**
 * struct comb_mailbox_cell - page 1, written by the cell
 * @state: enum comb_state as the cell sees it; BOOTING until comb_cell.ko loads
 * @exit: enum comb_exit, written before @state leaves RUNNING or STOPPING
 * @efi_reset: COMB_EFI_RESET_*, written by the EFI runtime before it parks
 * @acpi_sleep_control: ACPI sleep control register (byte, ACPI 6.5, 4.8.3.7)
 * @acpi_sleep_status: ACPI sleep status register (byte)
 * @acpi_reset: ACPI reset register (byte); 1 after a write by the cell
 * @heartbeat: counts up once a period while the cell runs
 * @heartbeat_tsc: TSC of the last beat
 * @running_tsc: TSC when comb_cell.ko reported running
 * @request_done: request_seq of the last request taken
 * @nr_doorbells: how many elements of @doorbells are valid
 * @kernel: utsname release of the cell, NUL-terminated
 * @cpus_online: number of CPUs online in the cell
 * @pending: bits set by the host, taken by the cell
 * @doorbells: the cell's doorbells; the host rings any of them
 */
struct comb_mailbox_cell {
	__u32 state;
	__u32 exit;
	__u32 efi_reset;
	__u8 acpi_sleep_control;
	__u8 acpi_sleep_status;
	__u8 acpi_reset;
	__u8 reserved0;
	__u64 heartbeat;
	__u64 heartbeat_tsc;
	__u64 running_tsc;
	__u32 request_done;
	__u32 nr_doorbells;
	char kernel[64];
	__u32 cpus_online;
	__u32 reserved1;
	__u64 reserved;
	__u64 pending;
	__u64 reserved2[15];
	struct comb_doorbell doorbells[COMB_DOORBELLS_MAX];
};

/* Offsets from the start of the region, for code that is not compiled C. */
#define COMB_MAILBOX_OFF_WALL_NS	(COMB_MAILBOX_HOST_OFF + 24)
#define COMB_MAILBOX_OFF_WALL_TSC	(COMB_MAILBOX_HOST_OFF + 32)
#define COMB_MAILBOX_OFF_TSC_KHZ	(COMB_MAILBOX_HOST_OFF + 40)
#define COMB_MAILBOX_OFF_STATE		(COMB_MAILBOX_CELL_OFF + 0)
#define COMB_MAILBOX_OFF_EXIT		(COMB_MAILBOX_CELL_OFF + 4)
#define COMB_MAILBOX_OFF_EFI_RESET	(COMB_MAILBOX_CELL_OFF + 8)
#define COMB_MAILBOX_OFF_SLEEP_CONTROL	(COMB_MAILBOX_CELL_OFF + 12)
#define COMB_MAILBOX_OFF_SLEEP_STATUS	(COMB_MAILBOX_CELL_OFF + 13)
#define COMB_MAILBOX_OFF_RESET		(COMB_MAILBOX_CELL_OFF + 14)

#endif
