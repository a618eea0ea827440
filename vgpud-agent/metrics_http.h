/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * metrics_http.h - serves the metrics by HTTP. metrics_http.c is the one home of libmicrohttpd.
 */
#ifndef VGPU_AGENT_METRICS_HTTP_H
#define VGPU_AGENT_METRICS_HTTP_H

#include "vgpud-agent/agent.h"
#include "vgpud-agent/listen.h"

struct vgpu_metrics_http;

int vgpu_metrics_http_create(struct vgpu_agent *agent, const struct vgpu_listen *where, struct vgpu_metrics_http **ret_http);
void vgpu_metrics_http_destroy(struct vgpu_metrics_http *http);

#endif
