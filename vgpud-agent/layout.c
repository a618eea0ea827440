// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * layout.c - puts the holders of a resource in order and finds the holes. No lock: pure functions.
 */
#include "vgpud-agent/layout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int compare_parts(const void *a, const void *b)
{
	const struct vgpu_part *x = a, *y = b;

	return x->base < y->base ? -1 : x->base > y->base;
}

static void append_hole(struct vgpu_layout *layout, uint64_t from, uint64_t to)
{
	if (from < to)
		layout->parts[layout->count++] = (struct vgpu_part) { .base = from, .size = to - from };
}

/* Holders were read one after the other: what overlaps, or lies outside, makes no hole. */
static void append_all(struct vgpu_layout *layout, const struct vgpu_part *held, size_t count, uint64_t at, uint64_t end)
{
	uint64_t behind;
	size_t i;

	for (i = 0; i < count; i++) {
		append_hole(layout, at, held[i].base < end ? held[i].base : end);
		layout->parts[layout->count++] = held[i];
		if (__builtin_add_overflow(held[i].base, held[i].size, &behind))
			behind = UINT64_MAX;
		if (behind > at)
			at = behind;
	}
	append_hole(layout, at, end);
}

/**
 * vgpu_layout_make() - lay out a resource of a GPU
 * @snapshot: the snapshot, which must outlive the layout
 * @gpu: which GPU
 * @resource: which resource
 * @ret_layout: the layout, released by vgpu_layout_fini()
 *
 * Return: 0 or -ENOMEM.
 */
int vgpu_layout_make(const struct vgpu_snapshot *snapshot, size_t gpu, enum vgpu_resource resource,
		     struct vgpu_layout *ret_layout)
{
	const struct vgpu_gpu *g = &snapshot->gpus[gpu].gpu;
	uint64_t start = vgpu_gpu_start(g, resource);
	struct vgpu_layout layout = { 0 };
	const struct vgpu_holder *holder;
	struct vgpu_part *held;
	size_t count = 0, i;

	held = calloc(snapshot->holders_count + 1, sizeof(*held));
	layout.parts = calloc(2 * snapshot->holders_count + 1, sizeof(*layout.parts));
	if (!held || !layout.parts) {
		free(held);
		vgpu_layout_fini(&layout);
		return -ENOMEM;
	}
	for (i = 0; i < snapshot->holders_count; i++) {
		holder = &snapshot->holders[i];
		if (holder->gpu == gpu && holder->present && holder->size[resource])
			held[count++] = (struct vgpu_part) { holder->base[resource], holder->size[resource], holder };
	}
	qsort(held, count, sizeof(*held), compare_parts);
	append_all(&layout, held, count, start, start + g->total[resource]);
	free(held);
	*ret_layout = layout;
	return 0;
}

/**
 * vgpu_layout_fini() - release a layout
 * @layout: the layout, also one of zeros
 */
void vgpu_layout_fini(struct vgpu_layout *layout)
{
	free(layout->parts);
	*layout = (struct vgpu_layout) { 0 };
}

/**
 * vgpu_layout_hole() - the hole that the kernel module takes for a part: the smallest that is large enough, the lowest of equals
 * @layout: the layout
 * @size: of the part
 *
 * Return: the hole, or NULL.
 */
const struct vgpu_part *vgpu_layout_hole(const struct vgpu_layout *layout, uint64_t size)
{
	const struct vgpu_part *part, *best = NULL;

	for (part = layout->parts; part < layout->parts + layout->count; part++)
		if (!part->holder && part->size >= size && (!best || part->size < best->size))
			best = part;
	return best;
}

static int count_holes(const struct vgpu_snapshot *snapshot, size_t gpu, enum vgpu_resource resource, uint64_t *ret_free,
		       uint64_t *ret_hole)
{
	cleanup_layout struct vgpu_layout layout = { 0 };
	uint64_t all = 0, largest = 0;
	size_t i;
	int rc;

	rc = vgpu_layout_make(snapshot, gpu, resource, &layout);
	if (rc)
		return rc;
	for (i = 0; i < layout.count; i++) {
		if (layout.parts[i].holder)
			continue;
		all += layout.parts[i].size;
		if (layout.parts[i].size > largest)
			largest = layout.parts[i].size;
	}
	*ret_free = all;
	*ret_hole = largest;
	return 0;
}

/**
 * vgpu_layout_check() - note whether the holders account for all that the kernel says is taken of a GPU
 * @snapshot: the snapshot; .exact of the GPU is set
 * @gpu: which GPU
 *
 * They do not while a device is going: the kernel takes its attributes away before its parts are free.
 *
 * Return: 0 or -ENOMEM.
 */
int vgpu_layout_check(struct vgpu_snapshot *snapshot, size_t gpu)
{
	struct vgpu_snapshot_gpu *g = &snapshot->gpus[gpu];
	uint64_t all, largest;
	bool exact = g->gpu.ours;
	unsigned int i;
	int rc = 0;

	for (i = 0; !rc && exact && i < VGPU_RESOURCES; i++) {
		rc = count_holes(snapshot, gpu, i, &all, &largest);
		exact = !rc && all == g->gpu.free[i] && largest == g->gpu.hole[i];
	}
	g->exact = exact;
	return rc;
}

/**
 * vgpu_layout_recount() - bring what is free of a GPU in line with its holders, after these were changed
 * @snapshot: the snapshot; .free and .hole of the GPU are set
 * @gpu: which GPU, one of ours
 *
 * Return: 0 or -ENOMEM.
 */
int vgpu_layout_recount(struct vgpu_snapshot *snapshot, size_t gpu)
{
	struct vgpu_gpu *g = &snapshot->gpus[gpu].gpu;
	unsigned int i;
	int rc = 0;

	for (i = 0; !rc && i < VGPU_RESOURCES; i++)
		rc = count_holes(snapshot, gpu, i, &g->free[i], &g->hole[i]);
	return rc;
}

static int find_base(const struct vgpu_snapshot *snapshot, size_t gpu, enum vgpu_resource resource, uint64_t size,
		     uint64_t *ret_base)
{
	const struct vgpu_part *hole;
	struct vgpu_layout layout;
	int rc;

	rc = vgpu_layout_make(snapshot, gpu, resource, &layout);
	if (rc)
		return rc;
	hole = vgpu_layout_hole(&layout, size);
	if (hole)
		*ret_base = hole->base;
	else
		rc = -ENOSPC;
	vgpu_layout_fini(&layout);
	return rc;
}

/**
 * vgpu_layout_claim() - give a holder its parts, as the kernel module would
 * @snapshot: the snapshot; what is free of the GPU follows
 * @holder: one of the snapshot's, on a GPU of ours, not present yet; its .base is set, and it is present
 *
 * Return: 0, -ENOSPC when there is no hole for a part, or -ENOMEM.
 */
int vgpu_layout_claim(struct vgpu_snapshot *snapshot, struct vgpu_holder *holder)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; !rc && i < VGPU_RESOURCES; i++)
		rc = find_base(snapshot, holder->gpu, i, holder->size[i], &holder->base[i]);
	if (rc)
		return rc;
	holder->present = true;
	return vgpu_layout_recount(snapshot, holder->gpu);
}
