// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * metrics_format.c - reads an Accept header (RFC 9110, section 12.5.1) as far as two formats need it. Pure.
 */
#include "vgpud-agent/metrics_format.h"

#include <stdlib.h>
#include <string.h>

#define BLANK " \t"

static const struct {
	const char *type, *version, *content_type;
} formats[VGPU_METRICS_FORMATS] = {
	[VGPU_METRICS_TEXT] = { "text/plain", "0.0.4", "text/plain; version=0.0.4; charset=utf-8" },
	[VGPU_METRICS_OPEN] = { "application/openmetrics-text", "1.0.0",
				"application/openmetrics-text; version=1.0.0; charset=utf-8" },
};

/**
 * vgpu_metrics_content_type() - what to call a format
 * @format: the format
 *
 * Return: value of the Content-Type header.
 */
const char *vgpu_metrics_content_type(enum vgpu_metrics_format format)
{
	return formats[format].content_type;
}

static char *trim(char *text)
{
	size_t length;

	text += strspn(text, BLANK);
	length = strlen(text);
	while (length && strchr(BLANK, text[length - 1]))
		text[--length] = '\0';
	return text;
}

/* One range of the header: "type/subtype; version=V; q=Q", in any case and order, a version that is not ours being somebody else's. */
static void weigh(char *range, double weights[VGPU_METRICS_FORMATS])
{
	char *rest, *type = strtok_r(range, ";", &rest), *param, *version = NULL;
	double weight = 1;
	unsigned int i;

	if (!type)
		return;
	type = trim(type);
	while ((param = strtok_r(NULL, ";", &rest))) {
		param = trim(param);
		if (!strncasecmp(param, "q=", 2))
			weight = strtod(param + 2, NULL);
		else if (!strncasecmp(param, "version=", 8))
			version = param + 8;
	}
	for (i = 0; i < VGPU_METRICS_FORMATS; i++)
		if (!strcasecmp(type, formats[i].type) && (!version || !strcmp(version, formats[i].version)) &&
		    weight > weights[i])
			weights[i] = weight;
}

/**
 * vgpu_metrics_negotiate() - which format a client wants
 * @accept: its Accept header, NULL when it sent none
 *
 * Return: OpenMetrics when the header names it, and does not prefer text; wildcards do not name it.
 */
enum vgpu_metrics_format vgpu_metrics_negotiate(const char *accept)
{
	char *copy = accept ? strdup(accept) : NULL;
	double weights[VGPU_METRICS_FORMATS] = { 0 };
	char *rest, *range;

	if (!copy)
		return VGPU_METRICS_TEXT;
	for (range = strtok_r(copy, ",", &rest); range; range = strtok_r(NULL, ",", &rest))
		weigh(range, weights);
	free(copy);
	if (weights[VGPU_METRICS_OPEN] > 0 && weights[VGPU_METRICS_OPEN] >= weights[VGPU_METRICS_TEXT])
		return VGPU_METRICS_OPEN;
	return VGPU_METRICS_TEXT;
}
