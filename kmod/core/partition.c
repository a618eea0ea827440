// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Carving a resource (aperture, hidden memory, fences) into one contiguous claim per vGPU, best fit.
 *
 * A sorted array of at most VGPU_MAX claims: with that few, a linear scan over the holes is both the simplest structure
 * and a fast one. Best fit, because sizes are arbitrary and claims live long: it keeps the large holes large.
 * Lock: the GPU's.
 */
#include "core.h"

/**
 * vgpu_partition_init() - make [@base, @base + @size) one hole
 */
void vgpu_partition_init(struct vgpu_partition *p, u64 base, u64 size)
{
	p->base = base;
	p->size = size;
	p->claims = 0;
}

/* The hole in front of claim @i; the one behind the last claim for @i == claims. */
static struct vgpu_range hole_before(const struct vgpu_partition *p, u32 i)
{
	u64 start = i ? p->claim[i - 1].base + p->claim[i - 1].size : p->base;
	u64 end = i < p->claims ? p->claim[i].base : p->base + p->size;

	return (struct vgpu_range) { .base = start, .size = end - start };
}

static void insert(struct vgpu_partition *p, u32 i, const struct vgpu_range *range)
{
	memmove(&p->claim[i + 1], &p->claim[i], (p->claims - i) * sizeof(p->claim[0]));
	p->claim[i] = *range;
	p->claims++;
}

/**
 * vgpu_partition_claim() - claim @size at the start of the smallest hole that is large enough; the lowest of equals
 * Return: 0; -EINVAL for a size of 0; -ENOSPC if no hole is that large, or VGPU_MAX claims exist.
 */
int vgpu_partition_claim(struct vgpu_partition *p, u64 size, struct vgpu_range *ret_range)
{
	struct vgpu_range best = { 0 };
	u32 at = 0, i;

	if (!size)
		return -EINVAL;
	if (p->claims == VGPU_MAX)
		return -ENOSPC;
	for (i = 0; i <= p->claims; i++) {
		struct vgpu_range hole = hole_before(p, i);

		if (hole.size >= size && (!best.size || hole.size < best.size)) {
			best = hole;
			at = i;
		}
	}
	if (!best.size)
		return -ENOSPC;
	best.size = size;
	insert(p, at, &best);
	*ret_range = best;
	return 0;
}

/**
 * vgpu_partition_restore() - claim exactly @range, which was a claim before
 * Return: 0, -ENOSPC if a part of it is claimed or outside.
 */
int vgpu_partition_restore(struct vgpu_partition *p, const struct vgpu_range *range)
{
	u32 i;

	for (i = 0; i <= p->claims && p->claims < VGPU_MAX && range->size; i++) {
		struct vgpu_range hole = hole_before(p, i);

		if (range->base >= hole.base && range->size <= hole.size && range->base - hole.base <= hole.size - range->size) {
			insert(p, i, range);
			return 0;
		}
	}
	return -ENOSPC;
}

/**
 * vgpu_partition_release() - give up the claim that starts at @base; no claim there, nothing happens
 */
void vgpu_partition_release(struct vgpu_partition *p, u64 base)
{
	u32 i;

	for (i = 0; i < p->claims; i++) {
		if (p->claim[i].base != base)
			continue;
		p->claims--;
		memmove(&p->claim[i], &p->claim[i + 1], (p->claims - i) * sizeof(p->claim[0]));
		return;
	}
}

/**
 * vgpu_partition_room() - what is free, and the largest hole
 */
void vgpu_partition_room(const struct vgpu_partition *p, struct vgpu_room *ret_room)
{
	struct vgpu_room room = { .total = p->size };
	u32 i;

	for (i = 0; i <= p->claims; i++) {
		struct vgpu_range hole = hole_before(p, i);

		room.free += hole.size;
		if (hole.size > room.hole)
			room.hole = hole.size;
	}
	*ret_room = room;
}
