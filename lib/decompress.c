// SPDX-License-Identifier: GPL-2.0-or-later
#include "decompress.h"

#include <lzma.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define XZ_MEMORY_MAX	(512ULL << 20)

/* One step of a stream: eat from @in, fill @out, say when the end was reached. */
struct stream {
	const uint8_t *in;
	size_t in_left;
	uint8_t *out;
	size_t out_left;
	bool done;
	union {
		z_stream gzip;
		lzma_stream xz;
		ZSTD_DStream *zstd;
	};
};

struct format {
	const char *name;
	const char *magic;
	size_t magic_size;
	int (*open)(struct stream *stream);
	int (*step)(struct stream *stream);
	void (*close)(struct stream *stream);
};

static int gzip_open(struct stream *stream)
{
	memset(&stream->gzip, 0, sizeof(stream->gzip));
	return inflateInit2(&stream->gzip, 16 + MAX_WBITS) == Z_OK ? 0 : -1;
}

static int gzip_step(struct stream *stream)
{
	uInt in = stream->in_left > UINT32_MAX ? UINT32_MAX : (uInt)stream->in_left;
	uInt out = stream->out_left > UINT32_MAX ? UINT32_MAX : (uInt)stream->out_left;
	int status;

	stream->gzip.next_in = (Bytef *)stream->in;
	stream->gzip.avail_in = in;
	stream->gzip.next_out = stream->out;
	stream->gzip.avail_out = out;
	status = inflate(&stream->gzip, Z_NO_FLUSH);
	stream->in += in - stream->gzip.avail_in;
	stream->in_left -= in - stream->gzip.avail_in;
	stream->out += out - stream->gzip.avail_out;
	stream->out_left -= out - stream->gzip.avail_out;
	stream->done = status == Z_STREAM_END;
	return status == Z_OK || status == Z_STREAM_END ? 0 : -1;
}

static void gzip_close(struct stream *stream)
{
	inflateEnd(&stream->gzip);
}

static int xz_open(struct stream *stream)
{
	stream->xz = (lzma_stream)LZMA_STREAM_INIT;
	return lzma_stream_decoder(&stream->xz, XZ_MEMORY_MAX, 0) == LZMA_OK ? 0 : -1;
}

static int xz_step(struct stream *stream)
{
	lzma_ret status;

	stream->xz.next_in = stream->in;
	stream->xz.avail_in = stream->in_left;
	stream->xz.next_out = stream->out;
	stream->xz.avail_out = stream->out_left;
	status = lzma_code(&stream->xz, LZMA_RUN);
	stream->in = stream->xz.next_in;
	stream->in_left = stream->xz.avail_in;
	stream->out = stream->xz.next_out;
	stream->out_left = stream->xz.avail_out;
	stream->done = status == LZMA_STREAM_END;
	return status == LZMA_OK || status == LZMA_STREAM_END ? 0 : -1;
}

static void xz_close(struct stream *stream)
{
	lzma_end(&stream->xz);
}

static int zstd_open(struct stream *stream)
{
	stream->zstd = ZSTD_createDStream();
	return stream->zstd ? 0 : -1;
}

static int zstd_step(struct stream *stream)
{
	ZSTD_inBuffer in = { stream->in, stream->in_left, 0 };
	ZSTD_outBuffer out = { stream->out, stream->out_left, 0 };
	size_t status = ZSTD_decompressStream(stream->zstd, &out, &in);

	stream->in += in.pos;
	stream->in_left -= in.pos;
	stream->out += out.pos;
	stream->out_left -= out.pos;
	stream->done = status == 0;
	return ZSTD_isError(status) ? -1 : 0;
}

static void zstd_close(struct stream *stream)
{
	ZSTD_freeDStream(stream->zstd);
}

static const struct format formats[] = {
	{ "gzip", "\x1f\x8b", 2, gzip_open, gzip_step, gzip_close },
	{ "xz", "\xfd" "7zXZ\0", 6, xz_open, xz_step, xz_close },
	{ "zstd", "\x28\xb5\x2f\xfd", 4, zstd_open, zstd_step, zstd_close },
};

/*
 * Run the stream to its end into a buffer that grows. Returns 0, -1 for damaged
 * or truncated data, -2 when the limit is reached or memory is short.
 */
static int stream_run(const struct format *format, struct stream *stream, size_t limit,
		      uint8_t **data, size_t *size)
{
	size_t capacity = 0;
	uint8_t *grown;

	*data = NULL;
	while (!stream->done) {
		size_t in_left = stream->in_left, out_left;

		if (stream->out_left == 0) {
			*size = capacity;
			capacity = capacity ? 2 * capacity : 1u << 20;
			if (capacity > limit)
				capacity = limit;
			if (capacity == *size)
				return -2;
			grown = realloc(*data, capacity);
			if (!grown)
				return -2;
			*data = grown;
			stream->out = grown + *size;
			stream->out_left = capacity - *size;
		}
		out_left = stream->out_left;
		if (format->step(stream) < 0)
			return -1;
		/* No progress and not at the end: the rest is missing. */
		if (!stream->done && stream->in_left == in_left && stream->out_left == out_left)
			return -1;
	}
	*size = capacity - stream->out_left;
	return 0;
}

int decompress(void **data, size_t *size, size_t limit, const char *name, struct comb_error *err)
{
	struct stream stream = { .in = *data, .in_left = *size };
	const struct format *format = NULL;
	size_t out_size = 0;
	uint8_t *out = NULL;
	int result;

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (*size >= formats[i].magic_size &&
		    memcmp(*data, formats[i].magic, formats[i].magic_size) == 0)
			format = &formats[i];
	if (!format)
		return 0;
	if (format->open(&stream) < 0) {
		comb_fail(err, COMB_FAILED, "%s: cannot set up %s decompression", name,
			  format->name);
		return comb_hint(err, "free some memory and try again");
	}
	result = stream_run(format, &stream, limit, &out, &out_size);
	format->close(&stream);
	if (result == 0) {
		free(*data);
		*data = out;
		*size = out_size;
		return 0;
	}
	free(out);
	if (result == -1) {
		comb_fail(err, COMB_USAGE, "%s: the %s data is damaged", name, format->name);
		return comb_hint(err, "install the package it belongs to once more");
	}
	comb_fail(err, COMB_FAILED, "%s: decompressed it is larger than memory, or than %zu MiB",
		  name, limit >> 20);
	return comb_hint(err, "free some memory and try again");
}
