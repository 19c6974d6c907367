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
 * the doorbell only if the word was zero before. The pages behind them carry
 * virtio, see below.
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
/* A bridge (comb.h): _UID is its name, _CRS its range, which the memory map reserves. */
#define COMB_ACPI_BRIDGE_HID	"COMB0002"
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

/* Bits of the pending words in pages 0 and 1, the same in both directions. */
#define COMB_PENDING_CONTROL	(1ULL << 0)	/* state, request or doorbells changed */
#define COMB_PENDING_MESSAGES	(1ULL << 1)	/* there is something in the message ring */

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
 * @hung_ms: how old the last beat of a cell is that counts as hung, in milliseconds, two
 *	periods at least; for who looks from outside. 0: 1000
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
	__u32 hung_ms;
	__u32 reserved0;
	__u64 reserved[3];
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
 * @exit_tsc: TSC when @exit was written; 0: by a comb_cell.ko that does not tell
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
	__u64 exit_tsc;
	__u64 pending;
	__u64 reserved2[15];
	struct comb_doorbell doorbells[COMB_DOORBELLS_MAX];
};

/*
 * Virtio. Devices and their queues have numbers: a device 1 to
 * COMB_DEVICES_MAX - 1 (0 is nobody), a queue 0 to COMB_QUEUES_MAX - 1.
 *
 * Requests, responses and rare events are virtio-msg messages (virtio_msg.h) in
 * two rings, one a direction. Notifications of queues are so frequent that they
 * are bits instead: EVENT_AVAIL is a bit in the host's struct comb_pending,
 * EVENT_USED one in the struct comb_pending of the cell's doorbell that the
 * cell's route table names for the queue.
 */
#define COMB_DEVICES_MAX	32
#define COMB_QUEUES_MAX		64

#define COMB_MAILBOX_CELL_RING_OFF	0x2000u	/* struct comb_ring, the cell sends */
#define COMB_MAILBOX_HOST_RING_OFF	0x3000u	/* struct comb_ring, the host sends */
#define COMB_MAILBOX_ROUTES_OFF		0x4000u	/* struct comb_routes, the cell writes */
#define COMB_MAILBOX_HOST_PENDING_OFF	0x4800u	/* struct comb_pending */
#define COMB_MAILBOX_CELL_PENDING_OFF	0x5000u	/* struct comb_pending[COMB_DOORBELLS_MAX] */

#define COMB_RING_SLOTS		32u
#define COMB_MESSAGE_SIZE	64u

/**
 * struct comb_ring - messages of one sender, and what it has taken of the other
 * @produced: counts the messages the owner has put into @slots of this ring;
 *	message n is in slot n % COMB_RING_SLOTS. Stored with release, loaded
 *	with acquire
 * @consumed: counts the messages the owner has taken from the other's ring;
 *	release and acquire
 * @slots: messages; one longer than its slot cannot be sent
 *
 * Only its owner writes to a ring. The difference between one's @produced and
 * the other's @consumed is the number of messages in flight, 0 to
 * COMB_RING_SLOTS; any other value says that the other side is broken.
 * After putting a message the sender sets COMB_PENDING_MESSAGES and rings
 * doorbell 0.
 */
struct comb_ring {
	__u32 produced;
	__u32 reserved0[15];
	__u32 consumed;
	__u32 reserved1[15];
	__u8 reserved2[1920];
	__u8 slots[COMB_RING_SLOTS][COMB_MESSAGE_SIZE];
};

/**
 * struct comb_routes - which of the cell's doorbells serves a queue
 * @doorbell: index into the cell's doorbells by device and queue; what is not
 *	below nr_doorbells means doorbell 0
 */
struct comb_routes {
	__u8 doorbell[COMB_DEVICES_MAX][COMB_QUEUES_MAX];
};

/**
 * struct comb_pending - notifications of queues
 * @devices: bit n: look at queues[n]
 * @queues: bit n of queues[d]: queue n of device d has been notified
 *
 * The sender sets the queue's bit, then the device's, and rings if @devices was
 * 0 before; the receiver takes @devices with an atomic exchange, then each
 * queues[] it names. So a bit may be seen late, never lost, and a device's bit
 * without a queue's is no error.
 */
struct comb_pending {
	__u64 devices;
	__u64 reserved[7];
	__u64 queues[COMB_DEVICES_MAX];
};

#define COMB_MAILBOX_REGISTERS_OFF	0xa000u	/* struct comb_registers[COMB_REGISTERS_MAX] */

#define COMB_REGISTERS_MAX	64u
#define COMB_REGISTERS_COUNT	27u
#define COMB_REGISTERS_KNOWN	0x31474552u	/* "REG1" */

/**
 * struct comb_registers - a CPU of the cell when its kernel panicked
 * @known: COMB_REGISTERS_KNOWN, stored last (release); anything else: unknown
 * @pid: of the task it ran
 * @reserved: zero
 * @values: in the order of struct user_regs_struct (asm/user_64.h), which ELF core
 *	files have; zero where nobody knows
 *
 * Element n is the cell's CPU n, written by the cell only. A cell whose comb_cell.ko
 * does not know of this leaves zeros, a host that does not never looks.
 */
struct comb_registers {
	__u32 known;
	__u32 pid;
	__u64 reserved[4];
	__u64 values[COMB_REGISTERS_COUNT];
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
