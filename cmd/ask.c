// SPDX-License-Identifier: GPL-2.0-or-later
#include "ask.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "gather.h"

/* Of its stderr, for an error's text. */
#define WORDS_MAX	255

static atomic_bool interrupted;

void ask_interrupt(void)
{
	interrupted = true;
}

bool ask_interrupted(void)
{
	return interrupted;
}

/* What the caller asks besides. */
struct watch {
	bool (*gone)(void *arg, struct comb_error *err);
	void *arg;
};

static bool is_unwanted(void *arg, struct comb_error *err)
{
	const struct watch *watch = arg;

	if (interrupted) {
		comb_fail(err, COMB_FAILED, "interrupted");
		return true;
	}
	return watch->gone && watch->gone(watch->arg, err);
}

/* It has ended, badly: with what it says about it. */
static int refuse(const struct gather *gather, struct comb_error *err)
{
	const char *words = gather->out[GATHER_ERROR].data ?: "";
	int length = (int)strcspn(words, "\n");

	if (err->what[0]) {
		comb_prefix(err, "its agent says");
		return comb_hint(err, "install the same version of Comb in the cell");
	}
	comb_fail(err, COMB_FAILED, "its agent failed%s%.*s", length ? ": " : "", length, words);
	comb_make_printable(err->what);
	return -1;
}

int ask_over(int fd, const struct execwire_request *request, size_t most, uint64_t end,
	     bool (*gone)(void *arg, struct comb_error *err), void *arg, struct answer *answer,
	     struct comb_error *err)
{
	struct watch watch = { gone, arg };
	struct gather gather = {
		.request = request, .in = -1, .strict = true, .end = end, .gone = is_unwanted,
		.arg = &watch,
		.out = { { .most = most }, { .most = WORDS_MAX } },
	};
	int result;

	memset(err, 0, sizeof(*err));
	result = gather_over(fd, &gather, err);
	if (!result && gather.status)
		result = refuse(&gather, err);
	/* An answer of nothing is one, too. */
	answer->data = gather.out[GATHER_OUT].data ?: calloc(1, 1);
	answer->size = gather.out[GATHER_OUT].size;
	gather.out[GATHER_OUT].data = NULL;
	gather_free(&gather);
	return result || !answer->data ? result ?: comb_out_of_memory(err) : 0;
}
