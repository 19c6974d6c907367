// SPDX-License-Identifier: GPL-2.0-or-later
#include "ask.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "execlink.h"

/* How often somebody looks whether the answer is still wanted. */
#define SILENCE_MS	200

static atomic_bool interrupted;

struct asker {
	struct execlink link;
	struct answer *answer;
	size_t room, most;
	char words[256];	/* of its stderr */
	size_t nr_words;
	bool greeted, finished;
	struct comb_error *err;
};

void ask_interrupt(void)
{
	interrupted = true;
}

bool ask_interrupted(void)
{
	return interrupted;
}

static int nonsense(struct asker *a)
{
	return comb_fail(a->err, COMB_FAILED, "its agent sent what makes no sense");
}

/* Keep it, and say that there is room for as much again. */
static int take_data(struct asker *a, const struct execwire_frame *frame)
{
	struct answer *answer = a->answer;
	size_t left = sizeof(a->words) - 1 - a->nr_words;

	if (frame->stream == 2) {
		if (left > frame->length)
			left = frame->length;
		memcpy(a->words + a->nr_words, frame->payload, left);
		a->nr_words += left;
	} else if (frame->length > a->most - answer->size) {
		return comb_fail(a->err, COMB_FAILED, "its answer is too long");
	} else {
		size_t wanted = answer->size + frame->length + 1;
		char *data = answer->data;

		if (wanted > a->room) {
			a->room = 2 * wanted;
			data = realloc(data, a->room);
		}
		if (!data)
			return comb_out_of_memory(a->err);
		memcpy(data + answer->size, frame->payload, frame->length);
		answer->data = data;
		answer->size += frame->length;
		data[answer->size] = '\0';
	}
	execlink_send_numbers(&a->link, EXECWIRE_CREDIT, frame->stream, frame->length, NULL);
	return 0;
}

/* It has ended: with what its stderr says, if badly. */
static int take_exit(struct asker *a, const struct execwire_frame *frame)
{
	uint32_t how[2];

	a->finished = true;
	if (execwire_numbers(frame, how, 2))
		return nonsense(a);
	if (!how[0] && !how[1])
		return 0;
	a->words[strcspn(a->words, "\n")] = '\0';
	comb_fail(a->err, COMB_FAILED, "its agent failed%s%s", a->words[0] ? ": " : "", a->words);
	comb_make_printable(a->err->what);
	return -1;
}

static int take_error(struct asker *a, const struct execwire_frame *frame)
{
	int length = frame->length > 4 ? (int)frame->length - 4 : 0;

	comb_fail(a->err, COMB_FAILED, "its agent says: %.*s", length,
		  (const char *)frame->payload + (length ? 4 : 0));
	comb_make_printable(a->err->what);
	return comb_hint(a->err, "install the same version of Comb in the cell");
}

static int take_frame(struct asker *a, const struct execwire_frame *frame)
{
	if (!a->greeted) {
		a->greeted = execwire_hello_version(frame) == EXECWIRE_VERSION;
		if (a->greeted)
			return 0;
		comb_fail(a->err, COMB_FAILED, "its agent speaks another version");
		return comb_hint(a->err, "install the same version of Comb in the cell");
	}
	switch (frame->type) {
	case EXECWIRE_DATA:
		return frame->stream ? take_data(a, frame) : nonsense(a);
	case EXECWIRE_EXIT:
		return take_exit(a, frame);
	case EXECWIRE_ERROR:
		return take_error(a, frame);
	case EXECWIRE_STARTED:
	case EXECWIRE_EOF:
	case EXECWIRE_CREDIT:
	case EXECWIRE_STOP:
		return 0;
	default:
		return nonsense(a);
	}
}

static int take_frames(struct asker *a)
{
	struct execwire_frame frame;
	int filled = execlink_fill(&a->link), result = 0;

	while (!a->finished && (result = execlink_next(&a->link, &frame)) > 0)
		if (take_frame(a, &frame))
			return -1;
	if (result < 0)
		return nonsense(a);
	if (filled > 0 || a->finished)
		return 0;
	comb_fail(a->err, COMB_FAILED, "the connection to it was cut off");
	return comb_hint(a->err, "comb ls");
}

static int send_request(struct asker *a, const struct execwire_request *request)
{
	uint8_t hello[EXECWIRE_HELLO_BYTES], *payload;
	size_t size;

	payload = execwire_request(request, &size);
	if (!payload)
		return comb_out_of_memory(a->err);
	execwire_hello(hello);
	execlink_send(&a->link, EXECWIRE_HELLO, 0, hello, sizeof(hello));
	execlink_send(&a->link, EXECWIRE_REQUEST, 0, payload, size);
	execlink_send(&a->link, EXECWIRE_EOF, 0, NULL, 0);
	free(payload);
	return 0;
}

static int loop(struct asker *a, uint64_t end)
{
	while (!a->finished) {
		struct pollfd file = { .fd = a->link.fd, .events = POLLIN };
		uint64_t now = cli_now_ns();

		if (interrupted)
			return comb_fail(a->err, COMB_FAILED, "interrupted");
		if (now >= end) {
			comb_fail(a->err, COMB_TIMEOUT, "its agent does not answer in time");
			return comb_hint(a->err, "comb ls, or a longer --timeout");
		}
		if (execlink_pending(&a->link))
			file.events |= POLLOUT;
		if (poll(&file, 1, (int)((end - now) / 1000000 > SILENCE_MS ? SILENCE_MS :
					 (end - now) / 1000000 + 1)) <= 0)
			continue;
		if (file.revents & POLLOUT)
			execlink_flush(&a->link);
		if (file.revents & ~POLLOUT && take_frames(a))
			return -1;
	}
	return 0;
}

int ask_over(int fd, const struct execwire_request *request, size_t most, uint64_t end,
	     struct answer *answer, struct comb_error *err)
{
	struct asker a = { .answer = answer, .most = most, .room = 1, .err = err };
	int result;

	answer->size = 0;
	answer->data = calloc(1, 1);
	execlink_init(&a.link, fd);
	result = answer->data ? send_request(&a, request) : comb_out_of_memory(err);
	if (!result)
		result = loop(&a, end);
	execlink_free(&a.link);
	close(fd);
	return result;
}
