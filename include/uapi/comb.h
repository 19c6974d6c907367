/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * comb.h - the only interface between comb.ko and user space
 *
 * /dev/comb is the control file. Opening it needs CAP_SYS_ADMIN. A fresh file
 * description is a control file: it answers COMB_GET_INFO and makes or opens
 * cells and bridges. COMB_CELL_CREATE and COMB_CELL_OPEN return a new file
 * descriptor, the cell file, on which every COMB_CELL_* request below works;
 * COMB_BRIDGE_OPEN returns a bridge file.
 *
 * The cell file:
 *  - mmap(MAP_SHARED) shows the cell's RAM. File offset 0 is the first byte of
 *    ranges[0]; the ranges follow each other without gaps in the order in which
 *    COMB_CELL_GET lists them. lseek(SEEK_END) gives the size. The low-memory
 *    slice is not part of the file.
 *  - poll() reports POLLIN when the cell has rung the host for
 *    COMB_PENDING_CONTROL or its state has changed since the last COMB_CELL_GET
 *    on this file description, POLLHUP when the cell has been destroyed. A
 *    change of state that the cell does not ring for (a reset through EFI, say)
 *    is noticed within half a second. Messages and notifications of queues have
 *    eventfds instead, see COMB_CELL_SET_EVENT.
 *  - The file description returned by COMB_CELL_CREATE owns the cell until
 *    COMB_CELL_START succeeds: if it is closed earlier (its process died, say),
 *    the cell is destroyed and everything it took goes back to the host. After
 *    COMB_CELL_START the cell lives on by itself until COMB_CELL_DESTROY.
 *
 * The bridge file, which is also there as COMB_BRIDGE_DIR/NAME (mode 0600, no
 * capability needed), is a window of RAM that cells and the host share:
 *  - mmap(MAP_SHARED) shows it, cached as any RAM; lseek(SEEK_END) gives its
 *    size; read() and write() copy, and never make it longer (ENOSPC).
 *  - It answers COMB_BRIDGE_GET, and COMB_CELL_ADD_BRIDGE takes it as argument.
 *  - A bridge exists as long as a file or mapping of it is open or a cell has
 *    it. Then its RAM goes back to the host, cleared.
 * comb_cell.ko offers the same file under the same name in every cell that has
 * the bridge.
 *
 * Every argument structure begins with its size and the ABI version. The
 * module accepts exactly COMB_ABI_VERSION and sizes not below the one it was
 * built with, if the bytes beyond are zero (-E2BIG otherwise). Reserved fields
 * must be zero (-EINVAL).
 *
 * Errors common to all requests:
 *  EFAULT   a pointer is bad
 *  EINVAL   size, version, a reserved field or an argument is out of range
 *  EPERM    no CAP_SYS_ADMIN
 *  ENOTTY   this request is not for this kind of file
 *  ENODEV   the cell behind this file has been destroyed
 *  EINTR    a fatal signal arrived while another request on the cell ran
 */
#ifndef _UAPI_COMB_H
#define _UAPI_COMB_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define COMB_DEVICE		"/dev/comb"
#define COMB_BRIDGE_DIR		"/dev/comb-bridge"
#define COMB_ABI_VERSION	1

/* A name: 1 to 31 of [A-Za-z0-9_.-], the first one a letter or a digit. */
#define COMB_NAME_SIZE		32
#define COMB_CELLS_MAX		64
#define COMB_CELL_CPUS_MAX	1024
#define COMB_CELL_RANGES_MAX	32
#define COMB_BRIDGES_MAX	64
#define COMB_CELL_BRIDGES_MAX	8
/* Size and alignment unit of RAM ranges, in bytes (one x86-64 large page). */
#define COMB_MEMORY_UNIT	0x200000ULL
/* Size of a low-memory slice, in bytes. */
#define COMB_LOW_SIZE		0x8000u

/*
 * What a cell is doing. The same words appear in sysfs and in the mailbox, but
 * only user space can tell COMB_STATE_HUNG (it compares heartbeats).
 */
enum comb_state {
	COMB_STATE_STOPPED = 0,		/* its CPUs are parked or were stopped */
	COMB_STATE_LOADING = 1,		/* made, not started yet */
	COMB_STATE_BOOTING = 2,		/* started, its kernel has not reported */
	COMB_STATE_RUNNING = 3,
	COMB_STATE_STOPPING = 4,	/* orderly shutdown under way */
	COMB_STATE_PANIC = 5,
	COMB_STATE_HUNG = 6,
	COMB_STATE_LOST = 7,		/* a CPU does not come back after INIT */
};

#define COMB_INFO_X2APIC	(1u << 0)	/* the host's APICs run in x2APIC mode */

/**
 * struct comb_info - COMB_GET_INFO: the machine, as user space needs it
 * @size: sizeof(struct comb_info)
 * @version: COMB_ABI_VERSION
 * @flags: COMB_INFO_*
 * @boot_apic_id: APIC ID of the host's boot CPU
 * @tsc_khz: frequency of the time stamp counter, in kHz
 * @lapic_address: physical address of the local APIC registers
 * @low_slices: how many low-memory slices this machine has
 * @low_slices_free: how many of them are not lent
 * @cells: how many cells exist now
 * @doorbells: how many doorbell vectors the host listens on
 * @reserved: zero
 */
struct comb_info {
	__u32 size;
	__u32 version;
	__u32 flags;
	__u32 boot_apic_id;
	__u64 tsc_khz;
	__u64 lapic_address;
	__u32 low_slices;
	__u32 low_slices_free;
	__u32 cells;
	__u32 doorbells;
	__u64 reserved[4];
};

/**
 * struct comb_cell_name - COMB_CELL_CREATE, COMB_CELL_OPEN
 * @size: sizeof(struct comb_cell_name)
 * @version: COMB_ABI_VERSION
 * @name: the cell's name, NUL-terminated, the rest zero
 *
 * Both return a new cell file descriptor (close-on-exec).
 * CREATE: EEXIST the name is taken; ENOSPC COMB_CELLS_MAX cells exist.
 * OPEN: ENOENT there is no such cell.
 */
struct comb_cell_name {
	__u32 size;
	__u32 version;
	char name[COMB_NAME_SIZE];
};

/* Allow a cell to take one sibling of a core and leave the other. */
#define COMB_CPUS_SPLIT_CORES	(1u << 0)
/*
 * Nobody else may get the cell's low-memory slice, although it has one CPU: its
 * kernel uses all RAM it finds below 1 MiB (Linux before 5.13).
 */
#define COMB_CPUS_OWN_LOW	(1u << 1)

/**
 * struct comb_cell_cpus - COMB_CELL_ADD_CPUS: take CPUs from the host
 * @size: sizeof(struct comb_cell_cpus)
 * @version: COMB_ABI_VERSION
 * @flags: COMB_CPUS_*
 * @nr: number of elements of @cpus, 1 to COMB_CELL_CPUS_MAX
 * @cpus: user address of an array of __u32 host CPU numbers; cpus[0] of the
 *	first call becomes the cell's boot CPU
 * @culprit: out: the CPU number an error is about
 * @reserved: zero
 *
 * All or nothing. Only in COMB_STATE_LOADING. Takes a low-memory slice with the
 * first CPU; a cell with one CPU may get a slice it shares with others of its
 * kind when no other is left (such a cell cannot be given more CPUs), unless
 * COMB_CPUS_OWN_LOW is set.
 *
 * EINVAL  it is named twice; ENXIO  no such CPU; EBUSY  it belongs to a cell or
 * is the host's boot CPU or the last one the host has; EAGAIN  it is offline in
 * the host; EXDEV  an online sibling of its core is missing from the list;
 * ENOSPC  no low-memory slice is left; EIO  the host's kernel refused to let go
 * of it; EINPROGRESS  the cell is not loading any more.
 */
struct comb_cell_cpus {
	__u32 size;
	__u32 version;
	__u32 flags;
	__u32 nr;
	__u64 cpus;
	__u32 culprit;
	__u32 reserved;
};

/**
 * struct comb_cell_memory - COMB_CELL_ADD_MEMORY: take RAM from the host
 * @size: sizeof(struct comb_cell_memory)
 * @version: COMB_ABI_VERSION
 * @bytes: how much, a multiple of COMB_MEMORY_UNIT, not 0
 * @min_range: no range may be smaller than this; a multiple of
 *	COMB_MEMORY_UNIT; 0 means COMB_MEMORY_UNIT. At most @bytes.
 * @node: NUMA node, or -1 for any (node of the cell's first CPU preferred)
 * @flags: zero
 * @available: out, with ENOMEM or ENOSPC: how many bytes could be had in this
 *	way at best (what was found before the search ended)
 * @reserved: zero
 *
 * All or nothing; the memory arrives zeroed, as few ranges as possible, the
 * largest first. Only in COMB_STATE_LOADING. Never takes from below 16 MiB.
 *
 * ENOMEM  not that much contiguous memory can be had; ENOSPC  it would need
 * more than COMB_CELL_RANGES_MAX ranges; ENXIO  no such node; EINPROGRESS  the
 * cell is not loading any more; EINTR  a fatal signal arrived.
 */
struct comb_cell_memory {
	__u32 size;
	__u32 version;
	__u64 bytes;
	__u64 min_range;
	__s32 node;
	__u32 flags;
	__u64 available;
	__u64 reserved;
};

/**
 * struct comb_cpu - one CPU of a cell
 * @cpu: its number in the host
 * @apic_id: its APIC ID
 * @node: its NUMA node in the host, 0 where there is no NUMA
 * @core: lowest host CPU number of its core (SMT siblings share it)
 */
struct comb_cpu {
	__u32 cpu;
	__u32 apic_id;
	__u32 node;
	__u32 core;
};

/**
 * struct comb_range - one physically contiguous range of a cell's RAM
 * @start: physical address, COMB_MEMORY_UNIT-aligned
 * @bytes: length, a multiple of COMB_MEMORY_UNIT
 * @offset: where it is in the cell file
 * @node: its NUMA node
 * @reserved: zero
 */
struct comb_range {
	__u64 start;
	__u64 bytes;
	__u64 offset;
	__u32 node;
	__u32 reserved;
};

/**
 * struct comb_bridge - one bridge
 * @start: physical address, COMB_MEMORY_UNIT-aligned, the same for all kernels
 * @bytes: length, a multiple of COMB_MEMORY_UNIT
 * @node: its NUMA node
 * @reserved: zero
 * @name: NUL-terminated
 */
struct comb_bridge {
	__u64 start;
	__u64 bytes;
	__u32 node;
	__u32 reserved;
	char name[COMB_NAME_SIZE];
};

/**
 * struct comb_bridge_open - COMB_BRIDGE_OPEN: open a bridge, make it if need be
 * @size: sizeof(struct comb_bridge_open)
 * @version: COMB_ABI_VERSION
 * @bytes: its size, a multiple of COMB_MEMORY_UNIT; 0: whatever it has, but it
 *	must be there
 * @node: NUMA node to make it on, or -1 for any
 * @flags: zero
 * @available: out, with ENOMEM: how much could be had in one piece
 * @reserved: zero
 * @name: its name, NUL-terminated, the rest zero; names of cells are no concern
 *
 * Returns a new bridge file descriptor (close-on-exec). A new bridge is one
 * contiguous piece of cleared RAM.
 *
 * ENOENT  @bytes is 0 and there is none; ERANGE  it is there with another size;
 * ENOMEM  not that much contiguous memory can be had; ENXIO  no such node;
 * ENOSPC  COMB_BRIDGES_MAX bridges exist; EINTR  a fatal signal arrived.
 */
struct comb_bridge_open {
	__u32 size;
	__u32 version;
	__u64 bytes;
	__s32 node;
	__u32 flags;
	__u64 available;
	__u64 reserved;
	char name[COMB_NAME_SIZE];
};

/**
 * struct comb_bridge_get - COMB_BRIDGE_GET: everything the module knows of it
 * @size: sizeof(struct comb_bridge_get)
 * @version: COMB_ABI_VERSION
 * @cells: how many cells have it
 * @files: how many open files it has; a mapping keeps its file open
 * @bridge: the rest
 */
struct comb_bridge_get {
	__u32 size;
	__u32 version;
	__u32 cells;
	__u32 files;
	struct comb_bridge bridge;
};

/**
 * struct comb_cell_bridge - COMB_CELL_ADD_BRIDGE: let a cell use a bridge
 * @size: sizeof(struct comb_cell_bridge)
 * @version: COMB_ABI_VERSION
 * @fd: a bridge file; it may be closed afterwards
 * @flags: zero
 *
 * Only in COMB_STATE_LOADING. The cell keeps the bridge until its RAM goes back;
 * the bridge is not part of the cell file. Who writes the cell's memory map
 * tells its kernel of it (an ACPI device COMB_ACPI_BRIDGE_HID, see mailbox.h).
 *
 * EBADF  @fd is no bridge file; EEXIST  the cell has it; ENOSPC  the cell has
 * COMB_CELL_BRIDGES_MAX; EINPROGRESS  the cell is not loading any more.
 */
struct comb_cell_bridge {
	__u32 size;
	__u32 version;
	__s32 fd;
	__u32 flags;
};

/* The low-memory slice is shared with other one-CPU cells. */
#define COMB_CELL_LOW_SHARED	(1u << 0)
/* COMB_CELL_START has succeeded once. */
#define COMB_CELL_STARTED	(1u << 1)

/**
 * struct comb_cell_get - COMB_CELL_GET: everything the module knows of a cell
 * @size: sizeof(struct comb_cell_get)
 * @version: COMB_ABI_VERSION
 * @id: 1 to COMB_CELLS_MAX; the lowest free number at creation
 * @state: enum comb_state; after the start it follows the mailbox
 * @flags: COMB_CELL_*
 * @nr_cpus: in: capacity of @cpus; out: how many CPUs the cell has
 * @nr_ranges: in: capacity of @ranges; out: how many ranges the cell has
 * @nr_bridges: in: capacity of @bridges; out: how many bridges the cell has
 * @cpus: user address of an array of struct comb_cpu, or 0 with capacity 0
 * @ranges: user address of an array of struct comb_range, or 0 with capacity 0
 * @low_start: physical address of the low-memory slice, 0 if none yet
 * @low_bytes: its length
 * @memory_bytes: sum of all ranges
 * @mailbox_offset: offset of the mailbox in the cell file (0 before START)
 * @started_ns: CLOCK_BOOTTIME of COMB_CELL_START, 0 before
 * @events: how often the cell has rung for control or changed state
 * @name: NUL-terminated
 * @bridges: user address of an array of struct comb_bridge, or 0 with capacity 0
 *
 * If a capacity is too small the first elements are written and the true
 * number is returned all the same.
 */
struct comb_cell_get {
	__u32 size;
	__u32 version;
	__u32 id;
	__u32 state;
	__u32 flags;
	__u32 nr_cpus;
	__u32 nr_ranges;
	__u32 nr_bridges;
	__u64 cpus;
	__u64 ranges;
	__u64 low_start;
	__u64 low_bytes;
	__u64 memory_bytes;
	__u64 mailbox_offset;
	__u64 started_ns;
	__u64 events;
	char name[COMB_NAME_SIZE];
	__u64 bridges;
};

/**
 * struct comb_cell_start - COMB_CELL_START: start the cell's first CPU
 * @size: sizeof(struct comb_cell_start)
 * @version: COMB_ABI_VERSION
 * @entry: physical address of the kernel's 64-bit entry point
 *	(Linux/x86 boot protocol, "64-bit Boot Protocol")
 * @boot_params: physical address of struct boot_params, 4 KiB-aligned
 * @mailbox_offset: where the mailbox is in the cell file, 4 KiB-aligned; its
 *	header must be valid (see mailbox.h)
 * @map_start: physical address the trampoline must map besides the slice,
 *	2 MiB-aligned: everything the kernel's entry code touches before it
 *	builds its own page tables (image with init_size, boot_params, command
 *	line)
 * @map_bytes: its length, a multiple of 2 MiB, at most 1 GiB
 *
 * All addresses must lie within the cell's own ranges. The module writes the
 * host's doorbells into the mailbox, builds trampoline and page tables in the
 * low-memory slice, and sends INIT-SIPI-SIPI to cpus[0].
 *
 * EINPROGRESS  started before; ENODATA  no CPU or no memory yet; EBADMSG  the
 * mailbox header is not valid; ETIMEDOUT  the CPU did not reach 64-bit mode;
 * EIO  nothing could be sent to it. After ETIMEDOUT and EIO the cell is in
 * COMB_STATE_LOST.
 */
struct comb_cell_start {
	__u32 size;
	__u32 version;
	__u64 entry;
	__u64 boot_params;
	__u64 mailbox_offset;
	__u64 map_start;
	__u64 map_bytes;
};

/**
 * struct comb_cell_command - COMB_CELL_STOP, COMB_CELL_DESTROY, COMB_CELL_RING
 * @size: sizeof(struct comb_cell_command)
 * @version: COMB_ABI_VERSION
 * @argument: RING: which of the cell's doorbells; otherwise zero
 * @flags: zero
 *
 * STOP: INIT to every CPU of the cell, at once and without asking it; its RAM
 *	stays readable. Never touches a CPU that is not the cell's. Idempotent;
 *	nothing happens before the start.
 *	EIO  a CPU cannot be proved to have stopped (it does not answer a
 *	start-up IPI, as in VMX root operation); the cell is in COMB_STATE_LOST.
 * DESTROY: STOP, return CPUs and zeroed RAM to the host, forget the cell.
 *	Mappings of its RAM are revoked: later access raises SIGBUS.
 *	EIO  a CPU did not come back; all other CPUs were returned, the cell
 *	stays in COMB_STATE_LOST with that one. It also keeps its RAM if the CPU
 *	cannot be proved to have stopped. DESTROY may be tried again.
 * RING: raise a doorbell of the cell, without looking at its pending words.
 *	ENOTCONN  the cell has not published it, is not running, or names a CPU
 *	that is not its own; EBADMSG  it published a vector that cannot be.
 */
struct comb_cell_command {
	__u32 size;
	__u32 version;
	__u32 argument;
	__u32 flags;
};

/* What an eventfd stands for. */
enum comb_event_kind {
	COMB_EVENT_MESSAGES = 0,	/* signalled when the cell has sent messages */
	COMB_EVENT_KICK = 1,		/* signalled when the cell notifies a queue */
	COMB_EVENT_CALL = 2,		/* signalling it notifies the cell of a queue */
};

/**
 * struct comb_cell_event - COMB_CELL_SET_EVENT: tie an eventfd to the mailbox
 * @size: sizeof(struct comb_cell_event)
 * @version: COMB_ABI_VERSION
 * @kind: enum comb_event_kind
 * @flags: zero
 * @fd: an eventfd, or -1 to end what was set before
 * @device: 1 to COMB_DEVICES_MAX - 1; 0 with COMB_EVENT_MESSAGES
 * @queue: 0 to COMB_QUEUES_MAX - 1; 0 with COMB_EVENT_MESSAGES
 *
 * This is to a cell what KVM_IOEVENTFD and KVM_IRQFD are to a virtual machine.
 * An assignment belongs to the open cell file on which it was made: it ends
 * with it, and only there can it be replaced or ended. Works from
 * COMB_STATE_LOADING on, so nothing the cell says early is missed. A kick for
 * which there is no eventfd is dropped: who sets one looks at the queue once.
 *
 * KICK and MESSAGES keep the eventfd; a CALL ends when its eventfd's last
 * descriptor is closed. A CALL takes the eventfd's count, notifies at once if it
 * is signalled already, and is dropped while the cell is not running.
 *
 * EBADF  @fd is no eventfd; EBUSY  another open file has this assignment; ENOENT
 * @fd is -1 and there is none.
 */
struct comb_cell_event {
	__u32 size;
	__u32 version;
	__u32 kind;
	__u32 flags;
	__s32 fd;
	__u16 device;
	__u16 queue;
};

#define COMB_GET_INFO		_IOWR('K', 0xc0, struct comb_info)
#define COMB_CELL_CREATE	_IOW('K', 0xc1, struct comb_cell_name)
#define COMB_CELL_OPEN		_IOW('K', 0xc2, struct comb_cell_name)
#define COMB_CELL_ADD_CPUS	_IOWR('K', 0xc3, struct comb_cell_cpus)
#define COMB_CELL_ADD_MEMORY	_IOWR('K', 0xc4, struct comb_cell_memory)
#define COMB_CELL_GET		_IOWR('K', 0xc5, struct comb_cell_get)
#define COMB_CELL_START		_IOW('K', 0xc6, struct comb_cell_start)
#define COMB_CELL_STOP		_IOW('K', 0xc7, struct comb_cell_command)
#define COMB_CELL_DESTROY	_IOW('K', 0xc8, struct comb_cell_command)
#define COMB_CELL_RING		_IOW('K', 0xc9, struct comb_cell_command)
#define COMB_CELL_SET_EVENT	_IOW('K', 0xca, struct comb_cell_event)
#define COMB_BRIDGE_OPEN	_IOWR('K', 0xcb, struct comb_bridge_open)
#define COMB_BRIDGE_GET		_IOWR('K', 0xcc, struct comb_bridge_get)
#define COMB_CELL_ADD_BRIDGE	_IOW('K', 0xcd, struct comb_cell_bridge)

#endif
