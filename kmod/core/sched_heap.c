// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The heaps of the scheduler. Keys wrap, so that only their differences mean something. Lock: the GPU's.
 */
#include "sched_heap.h"

static bool goes_before(const struct vgpu_sched_entity *a, const struct vgpu_sched_entity *b)
{
	return a->key == b->key ? a->id < b->id : (s64)(a->key - b->key) < 0;
}

static void put(struct vgpu_sched_heap *h, u32 at, struct vgpu_sched_entity *e)
{
	h->slot[at] = e;
	e->at = at;
}

static void sift_up(struct vgpu_sched_heap *h, u32 at, struct vgpu_sched_entity *e)
{
	while (at && goes_before(e, h->slot[(at - 1) / 2])) {
		put(h, at, h->slot[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	put(h, at, e);
}

static void sift_down(struct vgpu_sched_heap *h, u32 at, struct vgpu_sched_entity *e)
{
	for (;;) {
		u32 child = 2 * at + 1;

		if (child + 1 < h->count && goes_before(h->slot[child + 1], h->slot[child]))
			child++;
		if (child >= h->count || !goes_before(h->slot[child], e))
			break;
		put(h, at, h->slot[child]);
		at = child;
	}
	put(h, at, e);
}

/**
 * vgpu_sched_heap_push() - an entity comes in, with a key; it must be in no heap, and there must be room
 */
void vgpu_sched_heap_push(struct vgpu_sched_heap *h, struct vgpu_sched_entity *e, u64 key)
{
	e->key = key;
	sift_up(h, h->count++, e);
}

/**
 * vgpu_sched_heap_remove() - an entity that is in the heap leaves it
 */
void vgpu_sched_heap_remove(struct vgpu_sched_heap *h, struct vgpu_sched_entity *e)
{
	struct vgpu_sched_entity *last = h->slot[--h->count];
	u32 at = e->at;

	if (last == e)
		return;
	if (at && goes_before(last, h->slot[(at - 1) / 2]))
		sift_up(h, at, last);
	else
		sift_down(h, at, last);
}
