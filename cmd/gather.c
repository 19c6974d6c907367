// SPDX-License-Identifier: GPL-2.0-or-later
#include "gather.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "client.h"
#include "execlink.h"

/* How often somebody looks whether more can come, or is wanted, while nothing comes. */
#define SILENCE_MS	200

struct gatherer {
	struct execlink link;
	struct execlink_source in;
	struct execlink_sink out[GATHER_OUTPUTS];	/* without files: for the credit */
	struct gather *gather;
	bool greeted, finished;
	struct comb_error *err;
};

static int nonsense(struct gatherer *g)
{
	return comb_fail(g->err, COMB_FAILED, "its agent sent what makes no sense");
}

static int keep(struct gather_output *output, const uint8_t *data, size_t size)
{
	size_t wanted = output->size + size + 1;

	if (wanted > output->room) {
		char *grown = realloc(output->data, 2 * wanted);

		if (!grown)
			return -1;
		output->data = grown;
		output->room = 2 * wanted;
	}
	memcpy(output->data + output->size, data, size);
	output->size += size;
	output->data[output->size] = '\0';
	return 0;
}

/*
 * Keep it. Credit is given in large steps and none for more than there was: a peer that sends
 * crumbs and reads no answer would fill up this side's memory with answers.
 */
static int take_data(struct gatherer *g, const struct execwire_frame *frame)
{
	struct gather_output *output = &g->gather->out[frame->stream - 1];
	size_t room = output->most - output->size;
	size_t kept = frame->length < room ? frame->length : room;

	if (kept < frame->length && g->gather->strict && frame->stream == 1)
		return comb_fail(g->err, COMB_FAILED, "its answer is too long");
	if (kept && keep(output, frame->payload, kept))
		return comb_out_of_memory(g->err);
	output->dropped += frame->length - kept;
	if (execlink_sink_take(&g->out[frame->stream - 1], frame, &g->link, frame->stream))
		return nonsense(g);
	return 0;
}

static int take_exit(struct gatherer *g, const struct execwire_frame *frame)
{
	uint32_t how[2];

	if (execwire_numbers(frame, how, 2) || how[0] > 1 || how[1] > 255)
		return nonsense(g);
	g->gather->status = how[0] ? CLIENT_SIGNALLED + how[1] : how[1];
	g->finished = true;
	return 0;
}

/* The agent's words for why it could not. */
static int take_error(struct gatherer *g, const struct execwire_frame *frame)
{
	uint32_t status = frame->length >= 4 ? execwire_get32(frame->payload) : EXECWIRE_FAILED;
	int length = frame->length > 4 ? (int)frame->length - 4 : 0;

	comb_fail(g->err, COMB_FAILED, "%.*s", length,
		  (const char *)frame->payload + (length ? 4 : 0));
	if (!g->err->what[0])
		comb_fail(g->err, COMB_FAILED, "its agent does not say why");
	comb_make_printable(g->err->what);
	if (status != EXECWIRE_CANNOT_RUN && status != EXECWIRE_NOT_FOUND)
		return comb_hint(g->err, "install the same version of Comb in the cell");
	g->gather->status = status;
	g->finished = true;
	return 0;
}

static int take_hello(struct gatherer *g, const struct execwire_frame *frame)
{
	g->greeted = true;
	if (execwire_hello_version(frame) == EXECWIRE_VERSION)
		return 0;
	comb_fail(g->err, COMB_FAILED, "its agent speaks another version");
	return comb_hint(g->err, "install the same version of Comb in the cell");
}

static int take_frame(struct gatherer *g, const struct execwire_frame *frame)
{
	if (!g->greeted)
		return take_hello(g, frame);
	switch (frame->type) {
	case EXECWIRE_DATA:
		return frame->stream ? take_data(g, frame) : nonsense(g);
	case EXECWIRE_EXIT:
		return take_exit(g, frame);
	case EXECWIRE_ERROR:
		return take_error(g, frame);
	case EXECWIRE_CREDIT:
		return frame->stream || execlink_source_credit(&g->in, frame) ? nonsense(g) : 0;
	case EXECWIRE_STOP:
		g->in.ended = g->in.ended || !frame->stream;
		return 0;
	case EXECWIRE_STARTED:
	case EXECWIRE_EOF:
		return 0;
	default:
		return nonsense(g);
	}
}

static int take_frames(struct gatherer *g)
{
	struct execwire_frame frame;
	int filled = execlink_fill(&g->link), result = 0;

	while (!g->finished && (result = execlink_next(&g->link, &frame)) > 0)
		if (take_frame(g, &frame))
			return -1;
	if (result < 0)
		return nonsense(g);
	if (filled > 0 || g->finished)
		return 0;
	comb_fail(g->err, COMB_FAILED, "the connection to it was cut off");
	return comb_hint(g->err, "comb ls");
}

static void pump_input(struct gatherer *g)
{
	while (execlink_source_wants(&g->in, &g->link))
		if (execlink_source_pump(&g->in, &g->link, 0) < 0)
			execlink_source_end(&g->in, &g->link, 0);
}

static int send_request(struct gatherer *g)
{
	uint8_t hello[EXECWIRE_HELLO_BYTES], *payload;
	size_t size;

	payload = execwire_request(g->gather->request, &size);
	if (!payload)
		return comb_fail(g->err, COMB_FAILED,
				 "arguments and environment are larger than 4 MiB");
	execwire_hello(hello);
	execlink_send(&g->link, EXECWIRE_HELLO, 0, hello, sizeof(hello));
	execlink_send(&g->link, EXECWIRE_REQUEST, 0, payload, size);
	free(payload);
	if (g->gather->in < 0)
		execlink_source_end(&g->in, &g->link, 0);
	return 0;
}

static int too_late(struct gatherer *g)
{
	comb_fail(g->err, COMB_TIMEOUT, "%s in time", g->greeted ? "has not ended" :
		  "its agent does not answer");
	return comb_hint(g->err, "comb ls, or a longer --timeout");
}

static int loop(struct gatherer *g)
{
	struct gather *gather = g->gather;

	while (!g->finished) {
		struct pollfd file = { .fd = g->link.fd, .events = POLLIN };
		uint64_t now = cli_now_ns(), left;

		if (now >= gather->end)
			return too_late(g);
		pump_input(g);
		if (execlink_pending(&g->link))
			file.events |= POLLOUT;
		left = (gather->end - now) / 1000000 + 1;
		if (poll(&file, 1, left < SILENCE_MS ? (int)left : SILENCE_MS) <= 0) {
			if (gather->gone && gather->gone(gather->arg, g->err))
				return -1;
			continue;
		}
		if (file.revents & POLLOUT)
			execlink_flush(&g->link);
		if (file.revents & ~POLLOUT && take_frames(g))
			return -1;
	}
	return 0;
}

int gather_over(int fd, struct gather *gather, struct comb_error *err)
{
	struct gatherer g = { .gather = gather, .err = err };
	int result;

	execlink_init(&g.link, fd);
	execlink_source_init(&g.in, gather->in);
	for (int i = 0; i < GATHER_OUTPUTS; i++)
		g.out[i].fd = -1;
	result = send_request(&g) || loop(&g) ? -1 : 0;
	execlink_free(&g.link);
	close(fd);
	return result;
}

void gather_free(struct gather *gather)
{
	for (int i = 0; i < GATHER_OUTPUTS; i++) {
		free(gather->out[i].data);
		gather->out[i] = (struct gather_output){ 0 };
	}
}
