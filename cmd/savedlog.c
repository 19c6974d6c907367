// SPDX-License-Identifier: GPL-2.0-or-later
/* savedlog.c - logs of cells that are gone: /var/log/comb/NAME.log */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void log_path(char *path, size_t size, const char *name, const char *suffix)
{
	snprintf(path, size, "%s/%s.log%s", cli_log_dir(), name, suffix);
}

/* "<6>[    1.234567] text": each part may be missing. Returns the text, for free(). */
static char *parse_line(const char *line, struct record *record)
{
	unsigned int priority;
	uint64_t seconds, us;
	int used = 0;

	record->sequence = UINT64_MAX;
	record->level = 255;
	if (sscanf(line, "<%u>%n", &priority, &used) == 1 && used) {
		record->level = priority & 7;
		record->facility = priority >> 3;
		line += used;
	}
	used = 0;
	if (sscanf(line, "[%" SCNu64 ".%6" SCNu64 "]%n", &seconds, &us, &used) == 2 && used) {
		line += used;
		line += *line == ' ';
		record->timed = true;
		record->time_ns = seconds * 1000000000 + us * 1000;
	}
	return cli_format("%s", line);
}

/* In a saved line "\x5c" and "\x0a" stand for what record.h keeps as it is. */
static void unescape(char *text)
{
	char *out = text;

	while (*text) {
		if (!strncmp(text, "\\x5c", 4) || !strncmp(text, "\\x0a", 4)) {
			*out++ = text[2] == '5' ? '\\' : '\n';
			text += 4;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}

int record_load(const char *name, bool previous, struct record_list *records,
		struct comb_error *err)
{
	char path[PATH_MAX], *line = NULL;
	size_t size = 0;
	ssize_t length;
	FILE *f;

	log_path(path, sizeof(path), name, previous ? ".1" : "");
	f = fopen(path, "re");
	if (!f && errno == ENOENT) {
		comb_fail(err, COMB_NO_CELL, "%s: has no %slog", name, previous ? "previous " : "");
		return comb_hint(err, previous ? "comb logs %s" : "comb start %s", name);
	}
	if (!f) {
		comb_fail(err, COMB_FAILED, "cannot read %s: %s", path, strerror(errno));
		return comb_hint(err, "sudo comb logs %s", name);
	}
	while ((length = getline(&line, &size, f)) > 0) {
		struct record *record = record_add(records);
		CLI_AUTOFREE char *text = NULL;

		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		text = parse_line(line, record);
		unescape(text);
		/* Comb writes nothing that is not printable, but the file is not Comb's alone. */
		record->text = record_escape(text, strlen(text));
	}
	free(line);
	fclose(f);
	return 0;
}

static void write_record(FILE *f, const struct record *record)
{
	char prefix[48];

	if (record->level != 255)
		fprintf(f, "<%u>", record->facility << 3 | record->level);
	fputs(record_prefix(record, prefix, sizeof(prefix)), f);
	for (const char *p = record->text; *p; p++) {
		if (*p == '\\' && p[1] == 'x')
			fputs("\\x5c", f);
		else if (*p == '\n')
			fputs("\\x0a", f);
		else
			fputc(*p, f);
	}
	fputc('\n', f);
}

static int write_log(const char *path, const struct record_list *records)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	bool failed;

	if (!f) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	for (size_t i = 0; i < records->count; i++)
		write_record(f, &records->list[i]);
	failed = ferror(f);
	return fclose(f) || failed ? -1 : 0;
}

/* The new log appears whole or not at all, and the old one becomes the previous one. */
static int replace_log(const char *name, const struct record_list *records)
{
	char path[PATH_MAX], old[PATH_MAX], fresh[PATH_MAX];

	log_path(path, sizeof(path), name, "");
	log_path(old, sizeof(old), name, ".1");
	log_path(fresh, sizeof(fresh), name, ".new");
	if (mkdir(cli_log_dir(), 0755) && errno != EEXIST)
		return -1;
	if (write_log(fresh, records)) {
		int err = errno;

		/* What there is of it would keep a full file system full. */
		unlink(fresh);
		errno = err;
		return -1;
	}
	if (rename(path, old) && errno != ENOENT)
		return -1;
	return rename(fresh, path);
}

int record_save(struct comb_cell *cell, struct comb_error *err)
{
	struct record_list records = { 0 };
	struct record_place place = { 0 };
	int result = record_read(cell, &place, &records, err);

	record_place_free(&place);
	if (!result && records.count && replace_log(cell->get.name, &records)) {
		comb_fail(err, COMB_FAILED, "cannot save its log in %s: %s", cli_log_dir(),
			  strerror(errno));
		result = comb_hint(err, "df %s", cli_log_dir());
	}
	record_free(&records);
	return result;
}
