// SPDX-License-Identifier: GPL-2.0-or-later
#include "host_end.h"

#include <errno.h>
#include <stdlib.h>

#include "client.h"

int host_end_nonsense(struct comb_error *err)
{
	return comb_fail(err, COMB_FAILED, "its agent sent what makes no sense");
}

int host_end_cut_off(struct comb_error *err)
{
	comb_fail(err, COMB_FAILED, "the connection to it was cut off");
	return comb_hint(err, "comb ls");
}

int host_end_request(struct host_end *end, const struct execwire_request *request,
		     struct comb_error *err)
{
	uint8_t hello[EXECWIRE_HELLO_BYTES], *payload;
	size_t size;

	payload = execwire_request(request, &size);
	if (!payload && errno == E2BIG)
		return comb_fail(err, COMB_FAILED,
				 "arguments and environment are larger than 4 MiB");
	if (!payload)
		return comb_out_of_memory(err);
	execwire_hello(hello);
	execlink_send(&end->link, EXECWIRE_HELLO, 0, hello, sizeof(hello));
	execlink_send(&end->link, EXECWIRE_REQUEST, 0, payload, size);
	free(payload);
	end->greeted = false;
	return 0;
}

static int take_hello(struct host_end *end, const struct execwire_frame *frame,
		      struct comb_error *err)
{
	uint32_t version = execwire_hello_version(frame);

	end->greeted = true;
	if (version == EXECWIRE_VERSION)
		return 0;
	comb_fail(err, COMB_FAILED, "its agent speaks version %u, this program %u", version,
		  EXECWIRE_VERSION);
	return comb_hint(err, "install the same version of Comb in the cell");
}

static int take_exit(struct host_end *end, const struct execwire_frame *frame)
{
	uint32_t how[2];

	if (execwire_numbers(frame, how, 2) || how[0] > 1 || how[1] > 255)
		return -1;
	end->status = how[0] ? CLIENT_SIGNALLED + how[1] : how[1];
	end->finished = true;
	return 0;
}

/* The agent's words for why it could not. */
static void take_error(struct host_end *end, const struct execwire_frame *frame,
		       struct comb_error *err)
{
	uint32_t status = frame->length >= 4 ? execwire_get32(frame->payload) : EXECWIRE_FAILED;
	int length = frame->length > 4 ? (int)frame->length - 4 : 0;

	if (status != EXECWIRE_CANNOT_RUN && status != EXECWIRE_NOT_FOUND)
		status = EXECWIRE_FAILED;
	end->status = status;
	comb_fail(err, COMB_FAILED, "%.*s", length,
		  (const char *)frame->payload + (length ? 4 : 0));
	if (!err->what[0])
		comb_fail(err, COMB_FAILED, "its agent does not say why");
	comb_make_printable(err->what);
}

/* -1: it may not be said. */
static int decode(struct host_end *end, const struct execwire_frame *frame,
		  struct comb_error *err)
{
	switch (frame->type) {
	case EXECWIRE_DATA:
		return frame->stream ? 1 : -1;
	case EXECWIRE_EOF:
	case EXECWIRE_STARTED:
	case EXECWIRE_PAUSE:
		return 1;
	case EXECWIRE_ERROR:
		take_error(end, frame, err);
		return 1;
	case EXECWIRE_CREDIT:
		return frame->stream ? -1 : execlink_source_credit(&end->in, frame);
	case EXECWIRE_STOP:
		if (!frame->stream)
			end->in.ended = true;
		return 0;
	case EXECWIRE_EXIT:
		return take_exit(end, frame);
	default:
		return -1;
	}
}

int host_end_take(struct host_end *end, const struct execwire_frame *frame,
		  struct comb_error *err)
{
	int result;

	if (!end->greeted)
		return take_hello(end, frame, err);
	result = decode(end, frame, err);
	return result < 0 ? host_end_nonsense(err) : result;
}
