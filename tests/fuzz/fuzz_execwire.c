// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_execwire.c - what the two ends of an exec connection, and a copied tree, may be sent
 *
 * The first byte says what the rest is: frames (even), or a tree (odd).
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "execlink.h"
#include "tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void request_check(const struct execwire_frame *frame)
{
	struct execwire_request request, again;
	struct execwire_frame copy = { .type = EXECWIRE_REQUEST };
	uint8_t *payload;

	if (execwire_request_parse(frame, &request))
		return;
	payload = execwire_request(&request, &copy.length);
	if (!payload)
		abort();
	/* What was understood is what will be understood. */
	copy.payload = payload;
	if (copy.length != frame->length || execwire_request_parse(&copy, &again) ||
	    memcmp(payload + 24, frame->payload + 24, copy.length - 24))
		abort();
	execwire_request_free(&again);
	execwire_request_free(&request);
	free(payload);
}

static void frame_take(const struct execwire_frame *frame, struct execlink *link,
		       struct execlink_sink *sink, struct execlink_source *source)
{
	struct execwire_winsize window;
	uint32_t numbers[2];

	execwire_numbers(frame, numbers, 2);
	execwire_winsize_parse(frame, &window);
	execwire_hello_version(frame);
	request_check(frame);
	if (frame->type == EXECWIRE_DATA && !execlink_sink_take(sink, frame, link, 1))
		execlink_sink_pump(sink, link, 1, frame->stream ? SIZE_MAX : 100);
	if (frame->type == EXECWIRE_CREDIT)
		execlink_source_credit(source, frame);
	if (frame->type == EXECWIRE_EOF)
		sink->ended = true;
	if (sink->used > EXECWIRE_WINDOW || source->credit > EXECWIRE_WINDOW)
		abort();
}

static void frames_feed(const uint8_t *data, size_t size)
{
	struct execlink_source source;
	struct execwire_frame frame;
	struct execlink_sink sink;
	struct execlink link;
	int fds[2], null = open("/dev/null", O_WRONLY);

	if (null < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) || execlink_sink_init(&sink, null))
		abort();
	execlink_source_init(&source, -1);
	source.credit = 1000;
	execlink_init(&link, fds[0]);
	if (send(fds[1], data, size, MSG_DONTWAIT) == (ssize_t)size) {
		close(fds[1]);
		fds[1] = -1;
		while (execlink_fill(&link) > 0)
			while (execlink_next(&link, &frame) > 0)
				frame_take(&frame, &link, &sink, &source);
	}
	execlink_sink_free(&sink);
	execlink_free(&link);
	close(fds[0]);
	if (fds[1] >= 0)
		close(fds[1]);
	close(null);
}

static void warn_nobody(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

static char place[] = "/tmp/comb-fuzz-XXXXXX";

static int entry_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void all_remove(const char *path)
{
	if (nftw(path, entry_remove, 16, FTW_DEPTH | FTW_PHYS))
		abort();
}

static void place_remove(void)
{
	all_remove(place);
}

/* The receiver works in @place/in; whatever else appears in @place has escaped. */
static void tree_feed(const uint8_t *data, size_t size)
{
	struct tree_talk talk = { .warn = warn_nobody };
	char inside[64];
	struct comb_error err = { 0 };
	struct dirent *entry;
	DIR *directory;
	FILE *in;

	if (!strcmp(place + strlen(place) - 6, "XXXXXX")) {
		if (!mkdtemp(place))
			abort();
		atexit(place_remove);
	}
	snprintf(inside, sizeof(inside), "%s/in", place);
	in = fmemopen((void *)data, size, "r");
	if (!in)
		return;
	tree_take(in, inside, "name", &talk, &err);
	fclose(in);
	directory = opendir(place);
	while ((entry = readdir(directory)))
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "in"))
			abort();
	closedir(directory);
	if (!faccessat(AT_FDCWD, inside, F_OK, AT_SYMLINK_NOFOLLOW))
		all_remove(inside);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	if (data[0] & 1)
		tree_feed(data + 1, size - 1);
	else
		frames_feed(data + 1, size - 1);
	return 0;
}
