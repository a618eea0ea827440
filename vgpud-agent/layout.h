/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * layout.h - one resource of one GPU of ours as it lies: who holds which range, and the holes between.
 */
#ifndef VGPU_AGENT_LAYOUT_H
#define VGPU_AGENT_LAYOUT_H

#include "vgpud-agent/snapshot.h"

struct vgpu_part {
	uint64_t base, size;
	const struct vgpu_holder *holder; /* NULL: a hole */
};

struct vgpu_layout {
	struct vgpu_part *parts; /* in the order of their bases, holes among them */
	size_t count;
};

int vgpu_layout_make(const struct vgpu_snapshot *snapshot, size_t gpu, enum vgpu_resource resource,
		     struct vgpu_layout *ret_layout);
void vgpu_layout_fini(struct vgpu_layout *layout);
const struct vgpu_part *vgpu_layout_hole(const struct vgpu_layout *layout, uint64_t size);
int vgpu_layout_check(struct vgpu_snapshot *snapshot, size_t gpu);
int vgpu_layout_recount(struct vgpu_snapshot *snapshot, size_t gpu);
int vgpu_layout_claim(struct vgpu_snapshot *snapshot, struct vgpu_holder *holder);

#define cleanup_layout __attribute__((cleanup(vgpu_layout_fini)))

#endif
