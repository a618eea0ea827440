/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * gather.h - what there is on this host and what it has done, as JSON values with the keys of the wire. The methods that read and the
 * metrics say the same, because both take it from here.
 */
#ifndef VGPU_AGENT_GATHER_H
#define VGPU_AGENT_GATHER_H

#include <stdbool.h>
#include <string.h>

#include "lib/error.h"
#include "lib/json.h"
#include "vgpud-agent/agent.h"
#include "vgpud-agent/gpu.h"
#include "vgpud-agent/ledger.h"
#include "vgpud-agent/mdev.h"

struct vgpu_json *vgpu_gather_gpu(const struct vgpu_gpu *gpu);
struct vgpu_json *vgpu_gather_vgpu(struct vgpu_agent *agent, const struct vgpu_record *record, const struct vgpu_mdev *mdev,
				   bool counters);
int vgpu_gather_vgpus(struct vgpu_agent *agent, bool counters, struct vgpu_json **ret_array, struct vgpu_error *ret_error);
int vgpu_gather_stats(struct vgpu_agent *agent, struct vgpu_json **ret_stats, struct vgpu_error *ret_error);

/**
 * vgpu_gather_failed() - the error of something that can't be read
 * @object: what it is
 * @rc: -errno
 * @ret_error: the error
 *
 * Return: @rc.
 */
static inline int vgpu_gather_failed(const char *object, int rc, struct vgpu_error *ret_error)
{
	vgpu_error_set(ret_error, VGPU_EXIT_FAILED, object, "see the log of vgpud", "it can't be read: %s", strerror(-rc));
	return rc;
}

#endif
