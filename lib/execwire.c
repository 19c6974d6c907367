// SPDX-License-Identifier: GPL-2.0-or-later
#include "execwire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Fixed part of a REQUEST: what, flags, size, numbers of arguments, variables and groups, umask,
 * uid, gid. The groups follow, then the strings. What a flag does not announce is 0.
 */
#define REQUEST_FIXED	40
#define REQUEST_TTY	1u
#define REQUEST_UMASK	2u
#define REQUEST_USER	4u
#define REQUEST_FLAGS	(REQUEST_TTY | REQUEST_UMASK | REQUEST_USER)

static const uint8_t magic[8] = { 'c', 'o', 'm', 'b', 'e', 'x', 'e', 'c' };

void execwire_put32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = value >> 8 * i;
}

uint32_t execwire_get32(const uint8_t *at)
{
	return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = value;
	at[1] = value >> 8;
}

static uint16_t get16(const uint8_t *at)
{
	return at[0] | at[1] << 8;
}

void execwire_header(uint8_t header[EXECWIRE_HEADER], enum execwire_type type,
		     unsigned int stream, size_t length)
{
	header[0] = type;
	header[1] = stream;
	put16(header + 2, 0);
	execwire_put32(header + 4, length);
}

static bool has_stream(enum execwire_type type)
{
	return type == EXECWIRE_DATA || type == EXECWIRE_EOF || type == EXECWIRE_CREDIT ||
	       type == EXECWIRE_STOP;
}

int64_t execwire_decode(const uint8_t *data, size_t size, struct execwire_frame *frame,
			size_t *wanted)
{
	size_t limit;

	*wanted = EXECWIRE_HEADER;
	if (size < EXECWIRE_HEADER)
		return 0;
	if (!data[0] || data[0] >= EXECWIRE_TYPES || get16(data + 2))
		return -1;
	*frame = (struct execwire_frame){
		.type = data[0], .stream = data[1], .payload = data + EXECWIRE_HEADER,
		.length = execwire_get32(data + 4),
	};
	limit = frame->type == EXECWIRE_REQUEST ? EXECWIRE_REQUEST_MAX : EXECWIRE_DATA_MAX;
	if (frame->length > limit ||
	    frame->stream >= (has_stream(frame->type) ? EXECWIRE_STREAMS : 1))
		return -1;
	*wanted += frame->length;
	return size < *wanted ? 0 : (int64_t)*wanted;
}

void execwire_hello(uint8_t payload[EXECWIRE_HELLO_BYTES])
{
	memcpy(payload, magic, sizeof(magic));
	execwire_put32(payload + sizeof(magic), EXECWIRE_VERSION);
}

uint32_t execwire_hello_version(const struct execwire_frame *frame)
{
	/* Later versions may say more. */
	if (frame->type != EXECWIRE_HELLO || frame->length < EXECWIRE_HELLO_BYTES ||
	    memcmp(frame->payload, magic, sizeof(magic)))
		return 0;
	return execwire_get32(frame->payload + sizeof(magic));
}

void execwire_winsize(uint8_t payload[EXECWIRE_WINSIZE_BYTES],
		      const struct execwire_winsize *size)
{
	put16(payload, size->rows);
	put16(payload + 2, size->columns);
	put16(payload + 4, size->width);
	put16(payload + 6, size->height);
}

static void winsize_get(const uint8_t *at, struct execwire_winsize *size)
{
	size->rows = get16(at);
	size->columns = get16(at + 2);
	size->width = get16(at + 4);
	size->height = get16(at + 6);
}

int execwire_winsize_parse(const struct execwire_frame *frame, struct execwire_winsize *size)
{
	if (frame->length != EXECWIRE_WINSIZE_BYTES)
		return -1;
	winsize_get(frame->payload, size);
	return 0;
}

int execwire_numbers(const struct execwire_frame *frame, uint32_t *numbers, size_t count)
{
	if (frame->length != 4 * count)
		return -1;
	for (size_t i = 0; i < count; i++)
		numbers[i] = execwire_get32(frame->payload + 4 * i);
	return 0;
}

static size_t vector_measure(char *const *vector, size_t *bytes)
{
	size_t count = 0;

	for (; vector && vector[count]; count++)
		*bytes += strlen(vector[count]) + 1;
	return count;
}

static uint8_t *string_put(uint8_t *at, const char *text)
{
	size_t bytes = strlen(text) + 1;

	memcpy(at, text, bytes);
	return at + bytes;
}

/* The fixed part but for the numbers of strings. Returns where the groups end. */
static uint8_t *fixed_put(uint8_t *payload, const struct execwire_request *request,
			  uint32_t groups)
{
	const struct execwire_user *user = &request->user;
	uint32_t flags = (request->tty ? REQUEST_TTY : 0) |
			 (request->has_umask ? REQUEST_UMASK : 0) |
			 (user->given ? REQUEST_USER : 0);
	uint8_t *at = payload + REQUEST_FIXED;

	execwire_put32(payload, request->what);
	execwire_put32(payload + 4, flags);
	execwire_winsize(payload + 8, &request->size);
	execwire_put32(payload + 24, groups);
	execwire_put32(payload + 28, request->has_umask ? request->umask : 0);
	execwire_put32(payload + 32, user->given ? user->uid : 0);
	execwire_put32(payload + 36, user->given ? user->gid : 0);
	for (uint32_t i = 0; i < groups; i++, at += 4)
		execwire_put32(at, user->groups[i]);
	return at;
}

uint8_t *execwire_request(const struct execwire_request *request, size_t *size)
{
	const char *directory = request->directory ? request->directory : "";
	uint32_t groups = request->user.given ? request->user.nr_groups : 0;
	size_t bytes = REQUEST_FIXED + 4 * (size_t)groups + strlen(directory) + 1;
	size_t arguments = vector_measure(request->argv, &bytes);
	size_t variables = vector_measure(request->environment, &bytes);
	uint8_t *payload, *at;

	if (bytes > EXECWIRE_REQUEST_MAX || groups > EXECWIRE_GROUPS_MAX) {
		errno = E2BIG;
		return NULL;
	}
	payload = malloc(bytes);
	if (!payload)
		return NULL;
	at = fixed_put(payload, request, groups);
	execwire_put32(payload + 16, arguments);
	execwire_put32(payload + 20, variables);
	at = string_put(at, directory);
	for (size_t i = 0; i < arguments; i++)
		at = string_put(at, request->argv[i]);
	for (size_t i = 0; i < variables; i++)
		at = string_put(at, request->environment[i]);
	*size = bytes;
	return payload;
}

/* The string at *@at, which moves behind it; NULL if it has no end. */
static char *string_get(uint8_t **at, const uint8_t *end)
{
	char *text = (char *)*at;
	uint8_t *nul = memchr(*at, '\0', end - *at);

	if (!nul)
		return NULL;
	*at = nul + 1;
	return text;
}

static char **vector_get(uint8_t **at, const uint8_t *end, uint32_t count)
{
	char **vector;

	/* Each string has at least its NUL. */
	if (count > (size_t)(end - *at)) {
		errno = EPROTO;
		return NULL;
	}
	vector = calloc(count + 1, sizeof(*vector));
	for (uint32_t i = 0; vector && i < count; i++) {
		vector[i] = string_get(at, end);
		if (!vector[i]) {
			free(vector);
			errno = EPROTO;
			return NULL;
		}
	}
	return vector;
}

static bool user_makes_sense(const struct execwire_user *user)
{
	if (!user->given)
		return !user->uid && !user->gid && !user->nr_groups;
	/* To setresuid() and setresgid() -1 is nobody, but "leave it". */
	return user->uid != UINT32_MAX && user->gid != UINT32_MAX;
}

static bool request_makes_sense(const struct execwire_request *request, uint32_t flags)
{
	size_t arguments = 0;

	while (request->argv[arguments])
		arguments++;
	if (!request->what || request->what >= EXECWIRE_WHATS || (flags & ~REQUEST_FLAGS))
		return false;
	if (!user_makes_sense(&request->user) ||
	    request->umask > (request->has_umask ? 0777 : 0))
		return false;
	if (request->what == EXECWIRE_TREE_TAKE && arguments != 2)
		return false;
	return arguments || request->what == EXECWIRE_SHELL;
}

static int groups_get(uint8_t **at, const uint8_t *end, uint32_t count,
		      struct execwire_user *user)
{
	errno = EPROTO;
	if (count > EXECWIRE_GROUPS_MAX || count > (size_t)(end - *at) / 4)
		return -1;
	user->groups = calloc(count + 1, sizeof(*user->groups));
	if (!user->groups)
		return -1;
	for (; user->nr_groups < count; *at += 4)
		user->groups[user->nr_groups++] = execwire_get32(*at);
	return 0;
}

/* The fixed part and what it announces but for the strings, of which it returns the first. */
static uint8_t *fixed_get(uint8_t *at, const uint8_t *end, struct execwire_request *request)
{
	uint32_t flags = execwire_get32(at + 4), groups = execwire_get32(at + 24);

	request->what = execwire_get32(at);
	request->tty = flags & REQUEST_TTY;
	request->has_umask = flags & REQUEST_UMASK;
	winsize_get(at + 8, &request->size);
	request->umask = execwire_get32(at + 28);
	request->user.given = flags & REQUEST_USER;
	request->user.uid = execwire_get32(at + 32);
	request->user.gid = execwire_get32(at + 36);
	at += REQUEST_FIXED;
	return groups_get(&at, end, groups, &request->user) ? NULL : at;
}

int execwire_request_parse(const struct execwire_frame *frame, struct execwire_request *request)
{
	uint8_t *at = (uint8_t *)frame->payload;
	const uint8_t *end = frame->payload + frame->length;

	memset(request, 0, sizeof(*request));
	errno = EPROTO;
	if (frame->type != EXECWIRE_REQUEST || frame->length < REQUEST_FIXED)
		return -1;
	at = fixed_get(at, end, request);
	request->directory = at ? string_get(&at, end) : NULL;
	if (request->directory)
		request->argv = vector_get(&at, end, execwire_get32(frame->payload + 16));
	if (request->argv)
		request->environment = vector_get(&at, end, execwire_get32(frame->payload + 20));
	if (request->environment && at == end &&
	    request_makes_sense(request, execwire_get32(frame->payload + 4)))
		return 0;
	if (request->environment)
		errno = EPROTO;
	execwire_request_free(request);
	return -1;
}

void execwire_request_free(struct execwire_request *request)
{
	free(request->argv);
	free(request->environment);
	free(request->user.groups);
	request->user.groups = NULL;
	request->argv = NULL;
	request->environment = NULL;
}
