/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * metrics.h - the counters of vgpu.stats as metrics: their names, units and labels stand in one table, in metrics.c.
 */
#ifndef VGPU_AGENT_METRICS_H
#define VGPU_AGENT_METRICS_H

#include <stddef.h>

#include "lib/json.h"
#include "vgpud-agent/metrics_format.h"

int vgpu_metrics_render(const struct vgpu_json *stats, enum vgpu_metrics_format format, char **ret_text, size_t *ret_length);

#endif
