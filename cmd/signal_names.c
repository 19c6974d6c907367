// SPDX-License-Identifier: GPL-2.0-or-later
/* signal_names.c - "TERM" is 15; see signals.h */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "number.h"
#include "signals.h"

const char *signal_name(int number, char buffer[SIGNAL_NAME_SIZE])
{
	const char *name = sigabbrev_np(number);

	if (name)
		snprintf(buffer, SIGNAL_NAME_SIZE, "%s", name);
	else
		snprintf(buffer, SIGNAL_NAME_SIZE, "%d", number);
	return buffer;
}

/* "15" */
static bool parse_number(const char *text, int most, int *number)
{
	*number = (int)comb_number(text, 0, most);
	return *number >= 0;
}

/* "RTMIN", "RTMIN+3", "RTMAX-1" */
static bool parse_realtime(const char *text, int *number)
{
	bool top = !strncasecmp(text, "RTMAX", 5);
	int offset = 0;

	if (!top && strncasecmp(text, "RTMIN", 5))
		return false;
	text += 5;
	if (*text && (*text != (top ? '-' : '+') ||
		      !parse_number(text + 1, SIGRTMAX - SIGRTMIN, &offset)))
		return false;
	*number = top ? SIGRTMAX - offset : SIGRTMIN + offset;
	return true;
}

static const char *nth_name(size_t i, const void *arg)
{
	const char *name = sigabbrev_np((int)i);

	(void)arg;
	return name ? name : "";
}

static int refuse(const char *text, const char *word, struct comb_error *err)
{
	char upper[SIGNAL_NAME_SIZE];
	const char *near;
	size_t i;

	for (i = 0; word[i] && i < sizeof(upper) - 1; i++)
		upper[i] = (char)toupper((unsigned char)word[i]);
	upper[i] = '\0';
	comb_fail(err, COMB_USAGE, "there is no signal \"%s\"", text);
	near = cli_nearest(upper, nth_name, SIGRTMAX, NULL);
	if (near && *near)
		return comb_hint(err, "%s, or a number from 1 to %d", near, SIGRTMAX);
	return comb_hint(err, "TERM, KILL, HUP or another of signal(7), or a number from 1 to %d",
			 SIGRTMAX);
}

int signal_parse(const char *text, int *number, struct comb_error *err)
{
	static const struct {
		const char *name;
		int number;
	} others[] = { { "IO", SIGIO }, { "IOT", SIGIOT }, { "CLD", SIGCLD } };
	const char *word = text + (strncasecmp(text, "SIG", 3) ? 0 : 3);

	if (parse_number(text, SIGRTMAX, number) || parse_realtime(word, number))
		return 0;
	for (*number = 1; *number < SIGRTMIN; ++*number)
		if (!strcasecmp(nth_name(*number, NULL), word) && *word)
			return 0;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		*number = others[i].number;
		if (!strcasecmp(others[i].name, word))
			return 0;
	}
	return refuse(text, word, err);
}
