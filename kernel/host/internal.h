/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * internal.h - what the files of comb.ko share
 *
 * Locks, outermost first. The locks of one line are never held together.
 *
 *	cell->lock				one cell's life cycle
 *	slice->start_lock			one start at a time in a low-memory slice
 *	windows_lock (bridge.c)			bridges come and go
 *	cpus_lock (cpu.c), cells_lock (cell.c), slices_lock (lowmem.c),
 *	limbo_lock (limbo.c), cell->map_lock,
 *	events_lock (event.c)			leaves
 *	doorbell_lock (doorbell.c)		innermost, taken with interrupts off
 *
 * cpus_lock is held across CPU hotplug, that is, outside the kernel's own
 * hotplug locks. cell->map_lock is taken inside mmap_lock by page faults, so
 * user memory must not be touched while it is held. Below windows_lock is also the
 * lock of misc devices, inside which they are opened.
 */
#ifndef COMB_INTERNAL_H
#define COMB_INTERNAL_H

#include <linux/atomic.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/types.h>
#include <linux/wait.h>

#include <comb.h>
#include <mailbox.h>

#define UNIT_PAGES	(COMB_MEMORY_UNIT >> PAGE_SHIFT)

/* The trampoline's page tables: PML4; PDPT and PD of low memory; 2 and 2 for 1 GiB anywhere. */
#define COMB_TABLES_MAX	7

/*
 * What the module knows of a cell by itself. COMB_CELL_GET shows
 * comb_cell_state(), which follows the mailbox while the phase is STARTED.
 */
enum comb_phase {
	PHASE_LOADING,
	PHASE_STARTED,
	PHASE_STOPPED,
	PHASE_LOST,
	PHASE_DEAD,		/* destroyed; only open files keep the structure */
};

/**
 * struct comb_slice - one piece of RAM below 1 MiB
 * @start: physical address
 * @users: how many cells hold it; guarded by slices_lock
 * @exclusive: its only user has several CPUs or asked for it; guarded by slices_lock
 * @start_lock: one start at a time
 */
struct comb_slice {
	phys_addr_t start;
	unsigned int users;
	bool exclusive;
	struct mutex start_lock;
};

/**
 * struct comb_member - one CPU of a cell
 * @id: what user space is told
 * @stopped: it is known to wait for a SIPI, so it runs nothing of the cell's
 */
struct comb_member {
	struct comb_cpu id;
	bool stopped;
};

/* Bytes of COMB_BRIDGE_DIR/NAME */
#define COMB_WINDOW_PATH_SIZE	(COMB_NAME_SIZE + 16)

/**
 * struct comb_window - one bridge: RAM that cells and host share
 * @kobj: reference count of the structure, and directory in sysfs
 * @node: in the list of bridges; guarded by windows_lock
 * @users: files and cells; the last one ends it. 0 only with windows_lock held
 * @cells: how many of these are cells
 * @is: what user space is told; does not change
 * @misc: the device COMB_BRIDGE_DIR/NAME
 * @device: name of the device
 * @path: its path below /dev
 */
struct comb_window {
	struct kobject kobj;
	struct list_head node;
	refcount_t users;
	atomic_t cells;
	struct comb_bridge is;
	struct miscdevice misc;
	char device[COMB_WINDOW_PATH_SIZE];
	char path[COMB_WINDOW_PATH_SIZE];
};

struct comb_event;
struct comb_event_table;

/**
 * struct comb_cell - one cell
 * @kobj: reference count and directory in sysfs
 * @node: in the list of cells
 * @id: 1 to COMB_CELLS_MAX
 * @name: NUL-terminated
 * @lock: guards everything without a remark
 * @phase: written under @lock, read anywhere
 * @members: array of @nr_cpus CPUs; members[0] is the boot CPU
 * @ranges: RAM; changes need @lock and @map_lock
 * @nr_ranges: like @ranges
 * @bytes: like @ranges
 * @windows: bridges it has
 * @nr_windows: how many
 * @slice: low memory, NULL without CPUs
 * @low_own: nobody else may have @slice
 * @tables: the trampoline's page tables, pages of the host
 * @mailbox: page 0 of the mailbox while the doorbells serve this cell; RCU
 * @ringing: its CPUs may be rung; RCU: who saw it set has rung before they change
 * @messages: eventfd of COMB_EVENT_MESSAGES; RCU
 * @event_tables: eventfds of COMB_EVENT_KICK and COMB_EVENT_CALL by device; RCU
 * @mailbox_offset: where it is in the cell file, 0 before the start
 * @started_ns: CLOCK_BOOTTIME of the start
 * @events: how often the cell rang or changed state
 * @seen_state: state at the last look of the doorbells
 * @wait: poll() sleeps here
 * @inode: the cell file's, so that its mappings can be revoked
 * @map_lock: keeps ranges while a page fault uses them
 * @state_node: sysfs file to notify
 */
struct comb_cell {
	struct kobject kobj;
	struct list_head node;
	u32 id;
	char name[COMB_NAME_SIZE];
	struct mutex lock;
	enum comb_phase phase;
	struct comb_member *members;
	unsigned int nr_cpus;
	struct comb_range ranges[COMB_CELL_RANGES_MAX];
	unsigned int nr_ranges;
	u64 bytes;
	struct comb_window *windows[COMB_CELL_BRIDGES_MAX];
	unsigned int nr_windows;
	struct comb_slice *slice;
	bool low_own;
	struct page *tables[COMB_TABLES_MAX];
	unsigned int nr_tables;
	struct comb_mailbox_host __rcu *mailbox;
	bool ringing;
	struct comb_event __rcu *messages;
	struct comb_event_table __rcu *event_tables[COMB_DEVICES_MAX];
	u64 mailbox_offset;
	u64 started_ns;
	atomic64_t events;
	u32 seen_state;
	wait_queue_head_t wait;
	struct inode *inode;
	struct rw_semaphore map_lock;
	struct kernfs_node *state_node;
};

static inline struct comb_mailbox_cell *comb_mailbox_cell(struct comb_mailbox_host *host)
{
	return (void *)host + COMB_MAILBOX_CELL_OFF;
}

/* cell.c */
struct comb_cell *comb_cell_create(const char *name);
struct comb_cell *comb_cell_find(const char *name);
void comb_cell_put(struct comb_cell *cell);
int comb_cell_stop(struct comb_cell *cell);
int comb_cell_destroy(struct comb_cell *cell, bool only_loading);
u32 comb_cell_state(struct comb_cell *cell);
const char *comb_state_name(u32 state);
void comb_cell_event(struct comb_cell *cell);
unsigned int comb_cells_count(void);
void *comb_cell_address(struct comb_cell *cell, u64 offset, u64 bytes);
bool comb_cell_owns(struct comb_cell *cell, u64 start, u64 bytes);

/* cpu.c */
int comb_cpus_init(void);
void comb_cpus_exit(void);
int comb_cpus_take(struct comb_cell *cell, const u32 *list, unsigned int nr, u32 flags,
		   u32 *culprit);
int comb_cpus_stop(struct comb_cell *cell);
int comb_cpus_return(struct comb_cell *cell);
void comb_cpus_reset_all(void);
int comb_cpu_start(struct comb_cell *cell, u32 cpu, phys_addr_t page, const u32 *reached);
int comb_cpu_ring(struct comb_cell *cell, u32 apic_id, u8 vector);
void comb_cpus_lent(struct cpumask *mask);

/* memory.c */
int comb_memory_take(struct comb_cell *cell, struct comb_cell_memory *arg);
void comb_memory_return(struct comb_cell *cell);
u64 comb_memory_lent(void);
int comb_memory_take_piece(u64 bytes, int node, u64 *start, u64 *available);
void comb_memory_return_piece(u64 start, u64 bytes);

/* scan.c */
struct comb_scan;
struct comb_scan *comb_scan_new(int nid);
void comb_scan_free(struct comb_scan *scan);
int comb_scan_take(struct comb_scan *scan, unsigned long units, unsigned long *pfn);
unsigned long comb_scan_longest(struct comb_scan *scan);

/* limbo.c */
void comb_page_free(struct page *page);
u64 comb_limbo_bytes(void);
void comb_limbo_exit(void);

/* lowmem.c */
int comb_lowmem_init(void);
int comb_low_take(struct comb_cell *cell, unsigned int nr_cpus, bool own);
void comb_low_shrink(struct comb_cell *cell, unsigned int nr_cpus);
void comb_low_return(struct comb_cell *cell);
bool comb_low_shared(struct comb_cell *cell);
void comb_low_count(unsigned int *total, unsigned int *unused);
extern phys_addr_t comb_park_page;

/* start.c */
int comb_cell_start(struct comb_cell *cell, const struct comb_cell_start *arg);
void comb_tables_free(struct comb_cell *cell);

/* mmap.c */
struct inode *comb_inode_new(void);
void comb_inode_free(struct inode *inode);
struct file *comb_file_new(struct comb_cell *cell, const struct file_operations *fops);
int comb_mmap(struct comb_cell *cell, struct vm_area_struct *vma);
/* The pages from @offset on, at most to the end of their range; 0 beyond the last. */
typedef unsigned long comb_pages_at_fn(void *owner, u64 offset, struct page **page);
vm_fault_t comb_fault(struct vm_fault *vmf, comb_pages_at_fn *pages_at);
int comb_mmap_prepare(struct vm_area_struct *vma, u64 bytes,
		      const struct vm_operations_struct *ops, void *owner);

/* doorbell.c */
#define COMB_HOST_DOORBELLS	1

int comb_doorbell_init(void);
void comb_doorbell_exit(void);
void comb_doorbell_add(struct comb_cell *cell, struct comb_mailbox_host *mailbox);
void comb_doorbell_remove(struct comb_cell *cell);
int comb_doorbell_ring(struct comb_cell *cell, u32 which);

/* event.c */
int comb_events_init(void);
void comb_events_exit(void);
int comb_event_set(struct comb_cell *cell, struct list_head *owner,
		   const struct comb_cell_event *arg);
void comb_events_end(struct list_head *owner);
void comb_events_free(struct comb_cell *cell);
void comb_event_messages(struct comb_cell *cell);
void comb_event_kicks(struct comb_cell *cell, struct comb_mailbox_host *mailbox);

/* chardev.c */
int comb_chardev_init(void);
void comb_chardev_exit(void);
int comb_arg_get(void *arg, size_t size, unsigned int cmd, void __user *from);
int comb_arg_put(const void *arg, size_t size, void __user *to);
bool comb_name_is_valid(const char *name);

/* Requests are told apart without the size of their argument, see comb_arg_get(). */
#define COMB_COMMAND(cmd)	((cmd) & ~(_IOC_SIZEMASK << _IOC_SIZESHIFT))

/* cellfile.c */
int comb_cell_open(struct comb_cell *cell, bool owner);

/* bridge.c */
struct comb_window *comb_window_open(struct comb_bridge_open *arg);
bool comb_window_get(struct comb_window *window);
void comb_window_put(struct comb_window *window);
unsigned int comb_window_files(struct comb_window *window);
int comb_windows_add(struct comb_cell *cell, struct comb_window *window);
void comb_windows_drop(struct comb_cell *cell);
int comb_windows_init(struct device *device);
void comb_windows_exit(void);

/* bridgefile.c */
extern const struct file_operations comb_window_fops;
long comb_bridge_open_fd(unsigned int cmd, void __user *user);
struct comb_window *comb_window_of(int fd);

/* sysfs.c */
extern const struct kobj_type comb_cell_type;
extern const struct attribute_group *comb_device_groups[];
int comb_sysfs_init(struct device *device);
void comb_sysfs_exit(void);
int comb_sysfs_add(struct comb_cell *cell);
void comb_sysfs_remove(struct comb_cell *cell);
void comb_cell_release(struct kobject *kobj);

#endif
