// SPDX-License-Identifier: GPL-2.0-or-later
#include "movable.h"

#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>

#define FUSE_SUPER_MAGIC_	0x65735546	/* fs/fuse/inode.c: no public header has it */
#define MEM_MAJOR		1
#define DELETED			" (deleted)"

enum home {
	HOME_SHARED,	/* one server, many kernels */
	HOME_PRIVATE,	/* this kernel's RAM */
	HOME_KERNEL,	/* what a kernel tells of itself */
	HOME_COPY,	/* may be the same elsewhere, like a root under an overlay */
};

static enum home home_of(uint64_t fs)
{
	switch (fs) {
	case FUSE_SUPER_MAGIC_:
	case NFS_SUPER_MAGIC:
	case V9FS_MAGIC:
	case CEPH_SUPER_MAGIC:
		return HOME_SHARED;
	case TMPFS_MAGIC:
	case RAMFS_MAGIC:
	case HUGETLBFS_MAGIC:
		return HOME_PRIVATE;
	case PROC_SUPER_MAGIC:
	case SYSFS_MAGIC:
	case DEVPTS_SUPER_MAGIC:
	case CGROUP_SUPER_MAGIC:
	case CGROUP2_SUPER_MAGIC:
	case DEBUGFS_MAGIC:
	case TRACEFS_MAGIC:
	case SECURITYFS_MAGIC:
	case BPF_FS_MAGIC:
		return HOME_KERNEL;
	default:
		return HOME_COPY;
	}
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && !strcmp(text + length - tail, end);
}

/* null, zero, full, random, urandom: the same everywhere, and without a state. */
static bool is_harmless(dev_t device)
{
	static const unsigned int minors[] = { 3, 5, 7, 8, 9 };

	for (size_t i = 0; i < sizeof(minors) / sizeof(minors[0]); i++)
		if (device == makedev(MEM_MAJOR, minors[i]))
			return true;
	return false;
}

/* CRIU knows these; what is behind others is in the kernel only. */
static const char *refuse_anonymous(const char *link, char *why, size_t why_size)
{
	static const char *const carried[] = {
		"[eventfd]", "[eventpoll]", "[signalfd]", "[timerfd]",
	};

	for (size_t i = 0; i < sizeof(carried) / sizeof(carried[0]); i++)
		if (!strcmp(link, carried[i]))
			return NULL;
	snprintf(why, why_size, "has a kernel object open, %s", link);
	return why;
}

static const char *refuse_device(const char *link, const struct stat *st, char *why,
				 size_t why_size)
{
	if (S_ISCHR(st->st_mode) && is_harmless(st->st_rdev))
		return NULL;
	if (!strncmp(link, "/dev/pts/", 9) || !strncmp(link, "/dev/tty", 8) ||
	    !strcmp(link, "/dev/ptmx") || !strcmp(link, "/dev/console"))
		snprintf(why, why_size, "has a terminal open, %s", link);
	else
		snprintf(why, why_size, "has a device open, %s", link);
	return why;
}

static const char *refuse_file(const char *link, const struct stat *st, uint64_t fs,
			       bool written, char *why, size_t why_size)
{
	enum home home = home_of(fs);

	if (strchr(link, '\n'))
		return "has a file open whose name has a newline";
	if (!st->st_nlink && ends_with(link, DELETED)) {
		if (S_ISREG(st->st_mode) && st->st_size <= (off_t)MOVABLE_DELETED_MAX)
			return NULL;
		snprintf(why, why_size, "has a deleted file open that is no small one, %s", link);
		return why;
	}
	if (S_ISDIR(st->st_mode) && home != HOME_KERNEL)
		return NULL;
	if (home == HOME_PRIVATE)
		snprintf(why, why_size, "has %s open, which is in this cell only", link);
	else if (home == HOME_KERNEL)
		snprintf(why, why_size, "has %s open, which is about this kernel", link);
	else if (home == HOME_COPY && written)
		snprintf(why, why_size, "writes to %s, which is on no share", link);
	else
		return NULL;
	return why;
}

const char *movable_open(const char *link, const struct stat *st, uint64_t fs, bool written,
			 char *why, size_t why_size)
{
	static const char anonymous[] = "anon_inode:";

	if (!strncmp(link, anonymous, sizeof(anonymous) - 1))
		return refuse_anonymous(link + sizeof(anonymous) - 1, why, why_size);
	if (S_ISSOCK(st->st_mode))
		return NULL;
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		return refuse_device(link, st, why, why_size);
	if (S_ISFIFO(st->st_mode)) {
		if (!strncmp(link, "pipe:", 5))
			return NULL;
		snprintf(why, why_size, "has a named pipe open, %s", link);
		return why;
	}
	if (S_ISREG(st->st_mode) && !strncmp(link, "/memfd:", 7))
		return NULL;
	if (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode))
		return refuse_file(link, st, fs, written, why, why_size);
	snprintf(why, why_size, "has something open that is no file, %s", link);
	return why;
}

static const char *refuse_inet(int type, bool connected, bool bound_here)
{
	if (type == SOCK_STREAM && connected)
		return "has a TCP connection";
	if (type != SOCK_STREAM && type != SOCK_DGRAM)
		return "has a raw socket";
	return bound_here ? "has a socket with this cell's own address" : NULL;
}

const char *movable_socket(int domain, int type, bool connected, bool bound_here,
			   bool peer_outside, char *why, size_t why_size)
{
	static const struct { int domain; const char *name; } names[] = {
		{ AF_VSOCK, "vsock" }, { AF_PACKET, "packet" }, { AF_ALG, "crypto (AF_ALG)" },
		{ AF_BLUETOOTH, "Bluetooth" }, { AF_CAN, "CAN" }, { AF_XDP, "XDP" },
		{ AF_TIPC, "TIPC" }, { AF_KEY, "key (AF_KEY)" }, { AF_NETLINK, "netlink" },
	};

	if (domain == AF_UNIX)
		return peer_outside ? "has a Unix socket connected to a process that would stay" :
				      NULL;
	if (domain == AF_INET || domain == AF_INET6)
		return refuse_inet(type, connected, bound_here);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].domain != domain)
			continue;
		snprintf(why, why_size, "has a %s socket", names[i].name);
		return why;
	}
	snprintf(why, why_size, "has a socket of family %d", domain);
	return why;
}

const char *movable_mapping(const char *line, const char **file, bool *written, char *why,
			    size_t why_size)
{
	char rights[5] = "";
	int at = 0;

	*file = NULL;
	/* proc(5): address, permissions, offset, device, inode, path. */
	if (sscanf(line, "%*x-%*x %4s %*x %*x:%*x %*u %n", rights, &at) != 1 || !at)
		return line[0] ? "has a mapping that makes no sense" : NULL;
	*written = rights[1] == 'w' && rights[3] == 's';
	line += at;
	if (!*line || *line == '[')
		return NULL;
	if (!strncmp(line, "/SYSV", 5))
		return "has System V shared memory";
	/* Shared memory without a name: among the processes that move, which others see to. */
	if (!strncmp(line, "/dev/zero", 9) || !strncmp(line, "/memfd:", 7))
		return NULL;
	if (*line != '/' || (!strncmp(line, "/dev/", 5) && strncmp(line, "/dev/shm/", 9))) {
		snprintf(why, why_size, "has a device mapped, %s", line);
		return why;
	}
	if (ends_with(line, DELETED)) {
		snprintf(why, why_size, "has a deleted file mapped, %s", line);
		return why;
	}
	*file = line;
	return NULL;
}

const char *movable_fdinfo(const char *line)
{
	if (!strncmp(line, "lock:", 5))
		return strstr(line, "LEASE") ? "has a lease on a file" : "has a lock on a file";
	if (!strncmp(line, "fanotify", 8))
		return "watches files (fanotify)";
	return NULL;
}

const char *movable_same(const struct movable_file *here, const struct movable_file *there,
			 bool read_only, char *why, size_t why_size)
{
	enum home home = home_of(here->fs);

	if (!there->mode)
		snprintf(why, why_size, "%s is not there", here->path);
	else if ((here->mode & S_IFMT) != (there->mode & S_IFMT))
		snprintf(why, why_size, "%s is something else there", here->path);
	else if (S_ISDIR(here->mode))
		return NULL;
	else if ((home == HOME_SHARED) != (home_of(there->fs) == HOME_SHARED))
		snprintf(why, why_size, "%s is on a share in one of the cells only", here->path);
	else if (home == HOME_SHARED ? here->ino != there->ino :
		 here->size != there->size || here->mtime_ns != there->mtime_ns)
		snprintf(why, why_size, "%s is another file there", here->path);
	else if (here->written && read_only)
		snprintf(why, why_size, "%s cannot be written there", here->path);
	else
		return NULL;
	return why;
}

int movable_write(const struct movable_file *file, char *line, size_t size)
{
	int length = snprintf(line, size, "file %" PRIx64 " %o %" PRIu64 " %" PRIu64 " %" PRId64
			      " %d %s", file->fs, (unsigned int)file->mode, file->ino,
			      file->size, file->mtime_ns, file->written, file->path);

	return length < 0 || (size_t)length >= size || strchr(file->path, '\n') ? -1 : length;
}

int movable_read(const char *line, struct movable_file *file)
{
	unsigned int mode, written;
	int at = 0;

	memset(file, 0, sizeof(*file));
	if (sscanf(line, "file %" SCNx64 " %o %" SCNu64 " %" SCNu64 " %" SCNd64 " %1u %n",
		   &file->fs, &mode, &file->ino, &file->size, &file->mtime_ns, &written, &at) != 6 || !at)
		return -1;
	file->mode = mode;
	file->written = written;
	file->path = line + at;
	return *file->path == '/' ? 0 : -1;
}
