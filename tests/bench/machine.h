/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A host for the core that costs as little as one can: registers and the GGTT are arrays, pins are additions. Behind it is no
 * simulator but a GPU that is asked to finish what it was given, outside of what is measured: the module's seqnos appear.
 *
 * One guest, laid out as i915 does: a ring and a status page on each of two engines, a PPGTT of 512 tables whose directory is at the
 * end of its hidden memory. One thread, no lock.
 */
#ifndef TESTS_BENCH_MACHINE_H
#define TESTS_BENCH_MACHINE_H

#include <stdint.h>

#include "kmod/core/core.h"

#define MACHINE_APERTURE_BYTES (256u << 20)
#define MACHINE_GGTT_ENTRIES (512u << 10)
#define MACHINE_GUEST_PAGES (32u << 10) /* 128 MiB */
#define MACHINE_TABLES 512u

/* Of the guest's memory, in pages. The first MACHINE_MAPPED of them are in its GGTT, from the start of its hidden memory on. */
#define MACHINE_RING(e) (8u * (e)) /* 4 pages of ring, then the status page */
#define MACHINE_RING_PAGES 4u
#define MACHINE_HWS(e) (MACHINE_RING(e) + MACHINE_RING_PAGES)
#define MACHINE_BATCH 64u
#define MACHINE_SCRATCH 128u
#define MACHINE_DATA 256u
#define MACHINE_MAPPED 8192u
#define MACHINE_TABLE(i) (16384u + (i)) /* the PPGTT's */

/**
 * struct machine - a GPU, its host and a guest
 * @regs, @ggtt: as arrays of dwords
 * @arena: memory of the module's that the GPU reaches
 * @ram: the guest's
 * @tail_ns: when the core wrote a ring's tail last, in CPU time
 * @pins: how many are held
 * @sync_asked: the core has asked for a sync
 */
struct machine {
	u32 *regs, *ggtt;
	u8 *arena;
	u64 arena_used;
	u8 *ram;
	u64 tail_ns;
	u64 pins;
	bool sync_asked;
	struct vgpu_host_ops ops;
	struct vgpu_gpu gpu;
	struct vgpu vgpu;
};

u64 machine_now_ns(void);
u64 machine_cpu_ns(void);
struct machine *machine_create(bool tracked);
void machine_destroy(struct machine *m);
u32 machine_gma(const struct machine *m, u32 gfn);
u32 *machine_page(struct machine *m, u32 gfn);
void machine_sync(struct machine *m, enum vgpu_sync what);
void machine_write(struct machine *m, u32 offset, u32 value);
u32 machine_read(struct machine *m, u32 offset);
void machine_finish(struct machine *m);
u32 machine_ring_put(struct machine *m, enum vgpu_engine_id e, const u32 *dw, u32 n);

#endif
