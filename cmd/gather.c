// SPDX-License-Identifier: GPL-2.0-or-later
#include "gather.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "host_end.h"

/* How often somebody looks whether more can come, or is wanted, while nothing comes. */
#define SILENCE_MS	200

struct gatherer {
	struct host_end end;		/* outputs without files: for the credit */
	struct gather *gather;
	struct comb_error *err;
};

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
	if (execlink_sink_take(&g->end.out[frame->stream], frame, &g->end.link, frame->stream))
		return host_end_nonsense(g->err);
	return 0;
}

/* It could not run it, for one of two reasons, or could not do its own part. */
static int take_error(struct gatherer *g)
{
	if (g->end.status == EXECWIRE_FAILED)
		return comb_hint(g->err, "install the same version of Comb in the cell");
	g->end.finished = true;
	return 0;
}

static int take_frame(struct gatherer *g, const struct execwire_frame *frame)
{
	int result = host_end_take(&g->end, frame, g->err);

	if (result <= 0)
		return result;
	switch (frame->type) {
	case EXECWIRE_DATA:
		return take_data(g, frame);
	case EXECWIRE_ERROR:
		return take_error(g);
	case EXECWIRE_PAUSE:
		return host_end_nonsense(g->err);
	default:
		return 0;
	}
}

static int take_frames(struct gatherer *g)
{
	struct execwire_frame frame;
	int filled = execlink_fill(&g->end.link), result = 0;

	while (!g->end.finished && (result = execlink_next(&g->end.link, &frame)) > 0)
		if (take_frame(g, &frame))
			return -1;
	if (result < 0)
		return host_end_nonsense(g->err);
	return filled > 0 || g->end.finished ? 0 : host_end_cut_off(g->err);
}

static void pump_input(struct host_end *end)
{
	while (execlink_source_wants(&end->in, &end->link))
		if (execlink_source_pump(&end->in, &end->link, 0) < 0)
			execlink_source_end(&end->in, &end->link, 0);
}

static int too_late(struct gatherer *g)
{
	comb_fail(g->err, COMB_TIMEOUT, "%s in time", g->end.greeted ? "has not ended" :
		  "its agent does not answer");
	return comb_hint(g->err, "comb ls, or a longer --timeout");
}

static int loop(struct gatherer *g)
{
	struct gather *gather = g->gather;

	while (!g->end.finished) {
		struct pollfd file = { .fd = g->end.link.fd, .events = POLLIN };
		uint64_t now = cli_now_ns(), left;

		if (now >= gather->end)
			return too_late(g);
		pump_input(&g->end);
		if (execlink_pending(&g->end.link))
			file.events |= POLLOUT;
		left = (gather->end - now) / 1000000 + 1;
		if (poll(&file, 1, left < SILENCE_MS ? (int)left : SILENCE_MS) <= 0) {
			if (gather->gone && gather->gone(gather->arg, g->err))
				return -1;
			continue;
		}
		if (file.revents & POLLOUT)
			execlink_flush(&g->end.link);
		if (file.revents & ~POLLOUT && take_frames(g))
			return -1;
	}
	return 0;
}

static int run(struct gatherer *g)
{
	if (host_end_request(&g->end, g->gather->request, g->err))
		return -1;
	if (g->gather->in < 0)
		execlink_source_end(&g->end.in, &g->end.link, 0);
	if (loop(g))
		return -1;
	g->gather->status = g->end.status;
	return 0;
}

int gather_over(int fd, struct gather *gather, struct comb_error *err)
{
	struct gatherer g = { .gather = gather, .err = err };
	int result;

	execlink_init(&g.end.link, fd);
	execlink_source_init(&g.end.in, gather->in);
	for (int i = 1; i < EXECWIRE_STREAMS; i++)
		g.end.out[i].fd = -1;
	result = run(&g);
	execlink_free(&g.end.link);
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
