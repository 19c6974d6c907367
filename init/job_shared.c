// SPDX-License-Identifier: GPL-2.0-or-later
#include "job_shared.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <movable.h>

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void words_add(struct job_words *words, const char *word)
{
	char **list;

	/* Room for twice as many whenever their number is a power of two. */
	if (!(words->count & (words->count - 1))) {
		list = reallocarray(words->list, words->count ? 2 * words->count : 1,
				    sizeof(*list));
		if (!list)
			return;
		words->list = list;
	}
	words->list[words->count] = strdup(word);
	if (words->list[words->count])
		words->count++;
}

static bool words_have(const struct job_words *words, const char *word)
{
	return words->count && bsearch(&word, words->list, words->count, sizeof(word), compare);
}

static void words_free(struct job_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->list[i]);
	free(words->list);
}

void job_each_fd(pid_t pid, void (*each)(int fd, const char *link, void *arg), void *arg)
{
	char path[PATH_MAX], link[PATH_MAX];
	struct dirent *entry;
	DIR *directory;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		ssize_t length = readlinkat(dirfd(directory), entry->d_name, link,
					    sizeof(link) - 1);

		if (length <= 0 || !isdigit((unsigned char)entry->d_name[0]))
			continue;
		link[length] = '\0';
		each(atoi(entry->d_name), link, arg);
	}
	if (directory)
		closedir(directory);
}

static void add_pipe(int fd, const char *link, void *arg)
{
	(void)fd;
	if (!strncmp(link, "pipe:", 5))
		words_add(arg, link);
}

static void add_socket(int fd, const char *link, void *arg)
{
	(void)fd;
	if (!strncmp(link, "socket:", 7))
		words_add(arg, link);
}

/* "DEVICE INODE" of a shared mapping that is in RAM, not in a file system's file. */
static bool memory_word(const char *line, char word[64])
{
	char rights[5] = "", device[16] = "";
	unsigned long long inode;
	int at = 0;

	if (sscanf(line, "%*x-%*x %4s %*x %15s %llu %n", rights, device, &inode, &at) != 3 ||
	    rights[3] != 's' || !inode)
		return false;
	if (strncmp(line + at, "/dev/zero", 9) && strncmp(line + at, "/memfd:", 7))
		return false;
	snprintf(word, 64, "%s %llu", device, inode);
	return true;
}

static void add_memory(pid_t pid, struct job_words *words)
{
	char path[64], line[PATH_MAX + 128], word[64];
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "re");
	while (maps && fgets(line, sizeof(line), maps))
		if (memory_word(line, word))
			words_add(words, word);
	if (maps)
		fclose(maps);
}

static bool is_own(pid_t pid, const pid_t *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == pid)
			return true;
	return false;
}

static void words_sort(struct job_words *words)
{
	if (words->count)
		qsort(words->list, words->count, sizeof(*words->list), compare);
}

void job_shared_gather(struct job_shared *shared, const pid_t *list, size_t count)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;

	memset(shared, 0, sizeof(*shared));
	while (directory && (entry = readdir(directory))) {
		pid_t pid = atoi(entry->d_name);

		if (pid <= 0 || is_own(pid, list, count))
			continue;
		job_each_fd(pid, add_pipe, &shared->pipes);
		add_memory(pid, &shared->memory);
	}
	if (directory)
		closedir(directory);
	for (size_t i = 0; i < count; i++)
		job_each_fd(list[i], add_socket, &shared->own_sockets);
	words_sort(&shared->pipes);
	words_sort(&shared->memory);
	words_sort(&shared->own_sockets);
}

void job_shared_free(struct job_shared *shared)
{
	words_free(&shared->pipes);
	words_free(&shared->memory);
	words_free(&shared->own_sockets);
}

bool job_shared_outside(const struct job_shared *shared, const char *link)
{
	return words_have(&shared->pipes, link);
}

bool job_shared_memory(const struct job_shared *shared, const char *line)
{
	char word[64];

	return memory_word(line, word) && words_have(&shared->memory, word);
}

/* A copy of another process's descriptor (Linux 5.6). -1: none. */
static int borrow(pid_t pid, int fd)
{
	int process = syscall(SYS_pidfd_open, pid, 0), own = -1;

	if (process >= 0) {
		own = syscall(SYS_pidfd_getfd, process, fd, 0);
		close(process);
	}
	return own;
}

/*
 * The inode of the socket a Unix socket is connected to (unix_diag(7) in sock_diag(7)). 0: none;
 * -1: the kernel does not tell.
 */
static int64_t unix_peer(uint32_t inode)
{
	struct {
		struct nlmsghdr header;
		struct unix_diag_req request;
	} question = {
		.header = { .nlmsg_len = sizeof(question), .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			    .nlmsg_flags = NLM_F_REQUEST },
		.request = { .sdiag_family = AF_UNIX, .udiag_states = ~0u, .udiag_ino = inode,
			     .udiag_show = UDIAG_SHOW_PEER, .udiag_cookie = { ~0u, ~0u } },
	};
	char data[4096] __attribute__((aligned(8)));
	struct nlmsghdr *header = (struct nlmsghdr *)data;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), left;
	struct nlattr *attribute;
	ssize_t got = -1;

	if (fd >= 0 && send(fd, &question, sizeof(question), 0) == sizeof(question))
		got = recv(fd, data, sizeof(data), 0);
	if (fd >= 0)
		close(fd);
	if (got < (ssize_t)NLMSG_LENGTH(sizeof(struct unix_diag_msg)) ||
	    header->nlmsg_type != SOCK_DIAG_BY_FAMILY)
		return -1;
	attribute = (void *)(data + NLMSG_LENGTH(sizeof(struct unix_diag_msg)));
	left = got - NLMSG_LENGTH(sizeof(struct unix_diag_msg));
	while (left >= (int)sizeof(*attribute) && attribute->nla_len >= sizeof(*attribute) &&
	       attribute->nla_len <= left) {
		if (attribute->nla_type == UNIX_DIAG_PEER && attribute->nla_len >= 8)
			return *(uint32_t *)(attribute + 1);
		left -= NLMSG_ALIGN(attribute->nla_len);
		attribute = (void *)((char *)attribute + NLMSG_ALIGN(attribute->nla_len));
	}
	return 0;
}

static bool peer_is_outside(const struct job_shared *shared, int fd)
{
	struct sockaddr_storage peer;
	socklen_t size = sizeof(peer);
	struct stat st;
	char link[48];
	int64_t inode;

	if (getpeername(fd, (struct sockaddr *)&peer, &size) || fstat(fd, &st))
		return false;
	inode = unix_peer(st.st_ino);
	snprintf(link, sizeof(link), "socket:[%lld]", (long long)inode);
	return inode && !words_have(&shared->own_sockets, link);
}

/* To an address that other cells have as well: any, or the loopback's. */
static bool is_bound_here(int fd)
{
	struct sockaddr_storage name;
	struct sockaddr_in *v4 = (void *)&name;
	struct sockaddr_in6 *v6 = (void *)&name;
	socklen_t size = sizeof(name);

	if (getsockname(fd, (struct sockaddr *)&name, &size))
		return false;
	if (name.ss_family == AF_INET)
		return v4->sin_addr.s_addr != htonl(INADDR_ANY) &&
		       ntohl(v4->sin_addr.s_addr) >> 24 != IN_LOOPBACKNET;
	return name.ss_family == AF_INET6 && !IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr) &&
	       !IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

static bool is_connected(int fd, int domain, int type)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	if ((domain != AF_INET && domain != AF_INET6) || type != SOCK_STREAM ||
	    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size))
		return false;
	return info.tcpi_state != TCP_LISTEN && info.tcpi_state != TCP_CLOSE;
}

const char *job_shared_socket(const struct job_shared *shared, pid_t pid, int fd, char *why,
			      size_t why_size)
{
	int own = borrow(pid, fd), domain = -1, type = 0;
	socklen_t size = sizeof(int);
	const char *result;

	/* It may have closed it, or have ended. */
	if (own < 0)
		return errno == ESRCH || errno == EBADF ? NULL : "has a socket nobody can look at";
	getsockopt(own, SOL_SOCKET, SO_DOMAIN, &domain, &size);
	getsockopt(own, SOL_SOCKET, SO_TYPE, &type, &size);
	result = movable_socket(domain, type, is_connected(own, domain, type), is_bound_here(own),
				domain == AF_UNIX && peer_is_outside(shared, own), why, why_size);
	close(own);
	return result;
}
