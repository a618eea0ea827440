/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * plan.h - from what a user asks for to a GPU, a type and sizes; and, when there is no room, the report that says why.
 */
#ifndef VGPU_AGENT_PLAN_H
#define VGPU_AGENT_PLAN_H

#include "lib/error.h"
#include "vgpud-agent/gpu.h"
#include "vgpud-agent/ledger.h"

int vgpu_plan_gpu(const struct vgpu_sysfs *sysfs, struct vgpu_ledger *ledger, const struct vgpu_gpu *gpu,
		  struct vgpu_record *record, struct vgpu_error *ret_error);
int vgpu_plan_make(const struct vgpu_sysfs *sysfs, struct vgpu_ledger *ledger, const char *address, struct vgpu_record *record,
		   struct vgpu_error *ret_error);
int vgpu_plan_fits(const struct vgpu_sysfs *sysfs, struct vgpu_ledger *ledger, const struct vgpu_record *record,
		   struct vgpu_error *ret_error);
int vgpu_plan_growth(const struct vgpu_sysfs *sysfs, struct vgpu_ledger *ledger, const struct vgpu_record *record,
		     enum vgpu_resource resource, uint64_t old, struct vgpu_error *ret_error);

#endif
