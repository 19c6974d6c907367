// SPDX-License-Identifier: GPL-2.0-or-later
/* balance_conf.c - [Balance] of comb.conf */
#include <string.h>

#include "balance.h"
#include "conffile.h"
#include "definition_value.h"

#define DAY_MS		86400000u

/* Keys that are times. */
static const struct {
	const char *name;
	size_t offset;
	unsigned int min_ms;
	const char *range;
} times[] = {
#define TIME(name, member, min, range) \
	{ name, offsetof(struct comb_balance_conf, member), min, name "=" range }
	TIME("IntervalSec", interval_ms, 100, "100ms to 24h"),
	TIME("LongSec", long_ms, 0, "0 to 24h"),
	TIME("RestSec", rest_ms, 0, "0 to 24h"),
	TIME("ReturnSec", return_ms, 0, "0 to 24h"),
	TIME("RetrySec", retry_ms, 0, "0 to 24h"),
#undef TIME
};

/* Keys that are numbers, some of them with a % behind. */
static const struct {
	const char *name;
	size_t offset;
	unsigned int min, max;
	bool percent;
} numbers[] = {
#define NUMBER(name, member, min, max, percent) \
	{ name, offsetof(struct comb_balance_conf, member), min, max, percent }
	NUMBER("Looks", looks, 1, COMB_BALANCE_LOOKS_MAX, false),
	NUMBER("Pressure", pressure, 1, 100, true),
	NUMBER("IdlePressure", idle_pressure, 0, 99, true),
	NUMBER("Margin", margin, 1, 1000, true),
#undef NUMBER
};

void comb_balance_conf_init(struct comb_balance_conf *conf)
{
	*conf = (struct comb_balance_conf){
		.interval_ms = 5000,
		.looks = 3,
		.pressure = 40,
		.idle_pressure = 10,
		.margin = 25,
		.long_ms = 10000,
		.rest_ms = 120000,
		.return_ms = 600000,
		.retry_ms = 600000,
	};
}

static unsigned int *member(struct comb_balance_conf *conf, size_t offset)
{
	return (unsigned int *)((char *)conf + offset);
}

/* "40" and "40%" are the same. */
static int set_percent(unsigned int *number, const char *value, unsigned int min,
		       unsigned int max, const char *what, struct comb_error *err)
{
	size_t length = strlen(value);
	char digits[16];

	if (length && length < sizeof(digits) && value[length - 1] == '%') {
		memcpy(digits, value, length - 1);
		digits[length - 1] = '\0';
		value = digits;
	}
	return comb_value_number(number, value, min, max, what, err);
}

static enum comb_conf_result set_key(void *arg, const char *key, const char *value,
				     struct comb_error *err)
{
	struct comb_balance_conf *conf = arg;
	int status;

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		if (strcmp(key, times[i].name))
			continue;
		status = comb_value_time(member(conf, times[i].offset), value, times[i].min_ms,
					 DAY_MS, key, times[i].range, err);
		return status ? COMB_CONF_REFUSED : COMB_CONF_SET;
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (strcmp(key, numbers[i].name))
			continue;
		status = (numbers[i].percent ? set_percent : comb_value_number)(
			member(conf, numbers[i].offset), value, numbers[i].min, numbers[i].max, key,
			err);
		return status ? COMB_CONF_REFUSED : COMB_CONF_SET;
	}
	return COMB_CONF_NO_KEY;
}

static const struct comb_conf_section section = {
	.name = "Balance",
	.keys = "IntervalSec=, Looks=, Pressure=, IdlePressure=, Margin=, LongSec=, RestSec=, "
		"ReturnSec= or RetrySec=",
	.set = set_key,
};

/* What no single key can be blamed for. */
static int check(const struct comb_balance_conf *conf, const char *file, struct comb_error *err)
{
	if (conf->idle_pressure < conf->pressure)
		return 0;
	comb_fail(err, COMB_USAGE, "%s: IdlePressure=%u%% is not below Pressure=%u%%", file,
		  conf->idle_pressure, conf->pressure);
	return comb_hint(err, "IdlePressure=10%% and Pressure=40%% under [Balance]");
}

int comb_balance_conf_parse(struct comb_balance_conf *conf, const char *text, const char *file,
			    struct comb_error *err)
{
	return comb_conf_parse(&section, conf, text, file, err) || check(conf, file, err) ? -1 : 0;
}

int comb_balance_conf_load(struct comb_balance_conf *conf, const char *path,
			   struct comb_error *err)
{
	comb_balance_conf_init(conf);
	return comb_conf_load(&section, conf, path, err) || check(conf, path, err) ? -1 : 0;
}
