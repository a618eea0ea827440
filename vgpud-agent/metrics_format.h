/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * metrics_format.h - the two forms that metrics are served in, and which of them a client wants.
 */
#ifndef VGPU_AGENT_METRICS_FORMAT_H
#define VGPU_AGENT_METRICS_FORMAT_H

enum vgpu_metrics_format {
	VGPU_METRICS_TEXT, /* Prometheus' text format 0.0.4: for everybody who does not ask for the other */
	VGPU_METRICS_OPEN, /* OpenMetrics 1.0 */
	VGPU_METRICS_FORMATS,
};

const char *vgpu_metrics_content_type(enum vgpu_metrics_format format);
enum vgpu_metrics_format vgpu_metrics_negotiate(const char *accept);

#endif
