// SPDX-License-Identifier: GPL-2.0-or-later
/* files.c - what libcomb left for comb-init in /etc (see lib/initramfs.h), and directories */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"

static char *read_all(int fd, size_t *size)
{
	size_t used = 0, room = 4096;
	char *data = malloc(room + 1);
	ssize_t got = 1;

	while (data && got) {
		if (used == room) {
			char *more = room < FILE_MAX_BYTES ? realloc(data, 2 * room + 1) : NULL;

			if (!more) {
				errno = room < FILE_MAX_BYTES ? ENOMEM : EFBIG;
				goto err;
			}
			data = more;
			room *= 2;
		}
		got = read(fd, data + used, room - used);
		if (got < 0 && errno != EINTR)
			goto err;
		if (got > 0)
			used += got;
	}
	if (data)
		data[used] = '\0';
	*size = used;
	return data;

err:
	free(data);
	return NULL;
}

char *file_read(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *data;
	int err;

	if (fd < 0)
		return NULL;
	data = read_all(fd, size);
	err = errno;
	close(fd);
	errno = err;
	return data;
}

char *file_next_line(char **cursor)
{
	while (**cursor) {
		char *line = *cursor, *end = strchrnul(line, '\n');

		*cursor = *end ? end + 1 : end;
		while (line < end && isspace((unsigned char)*line))
			line++;
		while (line < end && isspace((unsigned char)end[-1]))
			end--;
		*end = '\0';
		if (*line)
			return line;
	}
	return NULL;
}

char **file_argv(char *data, size_t size)
{
	size_t i, at = 0, nr = 0;
	char **argv;

	for (i = 0; i < size; i += strlen(data + i) + 1)
		nr++;
	if (!nr || !*data) {
		errno = nr ? EINVAL : ENOENT;
		return NULL;
	}
	argv = calloc(nr + 1, sizeof(*argv));
	if (!argv)
		return NULL;
	for (i = 0; i < nr; i++) {
		argv[i] = data + at;
		at += strlen(argv[i]) + 1;
	}
	return argv;
}

/* Length of a module's name; file names carry a suffix that begins with ".ko". */
static size_t name_length(const char *name)
{
	const char *suffix = strstr(name, ".ko");

	return suffix ? (size_t)(suffix - name) : strlen(name);
}

static bool same_name(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t i;

	if (a_length != b_length)
		return false;
	for (i = 0; i < a_length; i++) {
		char x = a[i] == '-' ? '_' : a[i], y = b[i] == '-' ? '_' : b[i];

		if (x != y)
			return false;
	}
	return true;
}

bool module_is_blacklisted(const char *cmdline, const char *path)
{
	static const char key[] = "modprobe.blacklist=";
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t length = name_length(name);

	while (*cmdline) {
		size_t word = strcspn(cmdline, " \t\n");

		if (!strncmp(cmdline, key, strlen(key))) {
			const char *item = cmdline + strlen(key);

			while (item <= cmdline + word) {
				size_t bytes = strcspn(item, ", \t\n");

				if (bytes && same_name(item, bytes, name, length))
					return true;
				item += bytes + 1;
			}
		}
		cmdline += word;
		cmdline += strspn(cmdline, " \t\n");
	}
	return false;
}

int directories_make(const char *path)
{
	char part[4096];
	size_t length = strlen(path);

	if (length >= sizeof(part)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (size_t i = 1; i <= length; i++) {
		if (path[i] && path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0755) && errno != EEXIST)
			return -1;
	}
	return 0;
}
