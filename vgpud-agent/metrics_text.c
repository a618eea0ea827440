// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * metrics_text.c - Prometheus' text format 0.0.4, and OpenMetrics 1.0, which is stricter: a counter's family is named without the
 * _total of its samples, a unit has a line, and the text has an end. Pure but for the stream that it writes to, whose errors are the
 * caller's to look for.
 */
#include "vgpud-agent/metrics_text.h"

#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

static const struct {
	const char *name[VGPU_METRICS_FORMATS];
	const char *suffix;
} types[] = {
	[VGPU_METRIC_COUNTER] = { { "counter", "counter" }, "_total" },
	[VGPU_METRIC_GAUGE] = { { "gauge", "gauge" }, "" },
	[VGPU_METRIC_HISTOGRAM] = { { "histogram", "histogram" }, "" },
	[VGPU_METRIC_INFO] = { { "gauge", "info" }, "_info" },
};

/**
 * vgpu_metric_suffix() - what the samples of a type end in
 * @type: not a histogram, whose samples end in different things
 *
 * Return: the suffix, which may be empty.
 */
const char *vgpu_metric_suffix(enum vgpu_metric_type type)
{
	return types[type].suffix;
}

/**
 * vgpu_metric_head() - what comes before the samples of a family
 * @out: stream
 * @format: which format
 * @metric: the family
 */
void vgpu_metric_head(FILE *out, enum vgpu_metrics_format format, const struct vgpu_metric *metric)
{
	const char *suffix = format == VGPU_METRICS_OPEN ? "" : types[metric->type].suffix;

	fprintf(out, "# HELP %s%s %s\n", metric->name, suffix, metric->help);
	fprintf(out, "# TYPE %s%s %s\n", metric->name, suffix, types[metric->type].name[format]);
	if (format == VGPU_METRICS_OPEN && metric->unit)
		fprintf(out, "# UNIT %s %s\n", metric->name, metric->unit);
}

/* Bytes of the well-formed UTF-8 character that @text begins with (Unicode, table 3-7), 0 when there is none. */
static size_t character(const unsigned char *text)
{
	size_t length = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4, i;
	unsigned char low = 0x80, high = 0xbf;

	if ((text[0] >= 0x80 && text[0] < 0xc2) || text[0] > 0xf4)
		return 0;
	/* Neither longer than need be, nor a surrogate, nor beyond the last character. */
	if (text[0] == 0xe0)
		low = 0xa0;
	else if (text[0] == 0xed)
		high = 0x9f;
	else if (text[0] == 0xf0)
		low = 0x90;
	else if (text[0] == 0xf4)
		high = 0x8f;
	for (i = 1; i < length; i++) {
		if (text[i] < low || text[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return length;
}

/* One name that is no UTF-8 would have the reader throw away everything. */
static void put_value(FILE *out, const char *value)
{
	const char *plain = value; /* begins what can be written as it is */
	size_t length;

	while (*value) {
		length = character((const unsigned char *)value);
		if (length && !strchr("\n\"\\", *value)) {
			value += length;
			continue;
		}
		fwrite(plain, 1, value - plain, out);
		if (!length)
			fputs(REPLACEMENT, out);
		else
			fprintf(out, "\\%c", *value == '\n' ? 'n' : *value);
		plain = ++value;
	}
	fwrite(plain, 1, value - plain, out);
}

static uint64_t power_of_ten(unsigned int exponent)
{
	uint64_t power = 1;

	while (exponent--)
		power *= 10;
	return power;
}

/**
 * vgpu_metric_sample() - write one sample
 * @out: stream
 * @name: of the family
 * @suffix: of the sample
 * @labels: its labels, a key of NULL behind the last
 * @value: its value, times 10 to the power of @decimals
 * @decimals: digits behind the point, at most 19; so nothing is lost to a float before it has to be
 */
void vgpu_metric_sample(FILE *out, const char *name, const char *suffix, const struct vgpu_label labels[], uint64_t value,
			unsigned int decimals)
{
	uint64_t unit = power_of_ten(decimals);
	unsigned int i;

	fprintf(out, "%s%s", name, suffix);
	for (i = 0; labels[i].key; i++) {
		fprintf(out, "%s%s=\"", i ? "," : "{", labels[i].key);
		put_value(out, labels[i].value);
		fputc('"', out);
	}
	fprintf(out, "%s %llu", i ? "}" : "", (unsigned long long)(value / unit));
	if (decimals)
		fprintf(out, ".%0*llu", (int)decimals, (unsigned long long)(value % unit));
	fputc('\n', out);
}

/**
 * vgpu_metric_end() - what comes behind the last family
 * @out: stream
 * @format: which format
 */
void vgpu_metric_end(FILE *out, enum vgpu_metrics_format format)
{
	if (format == VGPU_METRICS_OPEN)
		fputs("# EOF\n", out);
}
