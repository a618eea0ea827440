/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * metrics_text.h - how metrics are written down: what comes before the samples of a family, labels, values. Knows both formats and no
 * metric.
 */
#ifndef VGPU_AGENT_METRICS_TEXT_H
#define VGPU_AGENT_METRICS_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "vgpud-agent/metrics_format.h"

enum vgpu_metric_type {
	VGPU_METRIC_COUNTER,
	VGPU_METRIC_GAUGE,
	VGPU_METRIC_HISTOGRAM,
	VGPU_METRIC_INFO,
};

struct vgpu_metric {
	const char *name; /* without the suffixes that the type brings: _total, _bucket, _info */
	enum vgpu_metric_type type;
	const char *unit; /* the name ends in it; NULL: none */
	const char *help; /* no backslash, quote or line end in it */
};

struct vgpu_label {
	const char *key;
	const char *value; /* any bytes */
};

void vgpu_metric_head(FILE *out, enum vgpu_metrics_format format, const struct vgpu_metric *metric);
void vgpu_metric_sample(FILE *out, const char *name, const char *suffix, const struct vgpu_label labels[], uint64_t value,
			unsigned int decimals);
const char *vgpu_metric_suffix(enum vgpu_metric_type type);
void vgpu_metric_end(FILE *out, enum vgpu_metrics_format format);

#endif
