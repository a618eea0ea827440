/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The module's own part of the GGTT, at its end, in pages. No partition reaches it.
 *
 *	from gpu->reserve on, for each of VGPU_MAX vGPUs:
 *		512 entries whose slots hold the directory of its shadow PPGTT (they map nothing that a GGTT address reaches)
 *		32 entries for memory of the module's about it: saved registers, its first render context
 *	then the module's own memory, struct vgpu_gpu.own: buffers for copied batches, render contexts, rings, status page
 *
 * A directory takes 2 MiB of graphics addresses and no memory; all of the reserve is less than a tenth of the 2 GiB.
 */
#ifndef VGPU_RESERVE_H
#define VGPU_RESERVE_H

#define VGPU_DIRECTORY_ENTRIES 512u
#define VGPU_HOME_PAGES 32u
#define VGPU_SLOT_PAGES (VGPU_DIRECTORY_ENTRIES + VGPU_HOME_PAGES)

#define VGPU_RING_PAGES 16u
#define VGPU_RING_BYTES (VGPU_RING_PAGES * VGPU_PAGE_BYTES)
#define VGPU_RING_DW (VGPU_RING_BYTES / 4)
#define VGPU_BATCH_PAGES 256u /* copied batches of one piece */
#define VGPU_BATCH_DW (VGPU_BATCH_PAGES * VGPU_PAGE_BYTES / 4)
#define VGPU_CONTEXT_PAGES 17u /* of a render context's image (i915 gt/intel_engine_cs.c, HSW_CXT_TOTAL_SIZE) */

/* Offsets in struct vgpu_gpu.own, in pages. */
#define OWN_BATCH(e, i) (((e)*VGPU_INFLIGHT + (i)) * VGPU_BATCH_PAGES)
#define OWN_CONTEXT_PARK (VGPU_ENGINES * VGPU_INFLIGHT * VGPU_BATCH_PAGES)
#define OWN_CONTEXT_GOLDEN (OWN_CONTEXT_PARK + VGPU_CONTEXT_PAGES)
#define OWN_RING(e) (OWN_CONTEXT_GOLDEN + VGPU_CONTEXT_PAGES + (e)*VGPU_RING_PAGES)
#define OWN_STATUS OWN_RING(VGPU_ENGINES)
#define OWN_PAGES (OWN_STATUS + 1)

#define VGPU_RESERVE_PAGES (VGPU_MAX * VGPU_SLOT_PAGES + OWN_PAGES)

/* Offsets in struct vgpu.home, in pages. */
#define HOME_REGISTERS 0u
#define HOME_CONTEXT 1u
#define HOME_PAGES (HOME_CONTEXT + VGPU_CONTEXT_PAGES)

/** vgpu_reserve_own_gma() - graphics address of a page of struct vgpu_gpu.own */
static inline u32 vgpu_reserve_own_gma(const struct vgpu_gpu *gpu, u32 page)
{
	return (gpu->reserve + VGPU_MAX * VGPU_SLOT_PAGES + page) << VGPU_PAGE_SHIFT;
}

/** vgpu_reserve_own() - the same page for the CPU */
static inline void *vgpu_reserve_own(const struct vgpu_gpu *gpu, u32 page)
{
	return (u8 *)gpu->own.cpu + (size_t)page * VGPU_PAGE_BYTES;
}

/** vgpu_reserve_directory() - the first of the GGTT entries whose slots hold a vGPU's shadow directory; a multiple of 16 */
static inline u32 vgpu_reserve_directory(const struct vgpu *v)
{
	return v->gpu->reserve + v->slot * VGPU_SLOT_PAGES;
}

/** vgpu_reserve_home_gma() - graphics address of a page of struct vgpu.home */
static inline u32 vgpu_reserve_home_gma(const struct vgpu *v, u32 page)
{
	return (vgpu_reserve_directory(v) + VGPU_DIRECTORY_ENTRIES + page) << VGPU_PAGE_SHIFT;
}

#endif
