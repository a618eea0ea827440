/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A binary heap of entities that knows where each is, so that any can leave. Depth is what it costs: 6 steps for 64, 12 for 4,096.
 */
#ifndef VGPU_SCHED_HEAP_H
#define VGPU_SCHED_HEAP_H

#include "sched.h"

void vgpu_sched_heap_push(struct vgpu_sched_heap *h, struct vgpu_sched_entity *e, u64 key);
void vgpu_sched_heap_remove(struct vgpu_sched_heap *h, struct vgpu_sched_entity *e);

/* The one with the least key, NULL if there is none. */
static inline struct vgpu_sched_entity *vgpu_sched_heap_top(const struct vgpu_sched_heap *h)
{
	return h->count ? h->slot[0] : NULL;
}

#endif
