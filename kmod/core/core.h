/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The mediator: what the Linux glue, the unit tests and the benchmarks call.
 *
 * A struct vgpu_gpu is one physical GPU, a struct vgpu one tenant's share of it. Both are embedded by the caller.
 * Context: one lock per GPU, held by the caller around every call here; process context, since the host's ops may sleep.
 */
#ifndef VGPU_CORE_H
#define VGPU_CORE_H

#include "os.h"
#include "sched.h"
#include "stats.h"

#define VGPU_MAX 64 /* vGPUs per GPU */
#define VGPU_NO_DEADLINE (~0ull)
#define VGPU_BAR0_BYTES (4u << 20)
#define VGPU_MMIO_BYTES (2u << 20) /* of BAR0: registers; the rest are GGTT entries */
#define VGPU_BAR4_BYTES 64u
#define VGPU_CONFIG_BYTES 256u

struct vgpu;

enum vgpu_engine_id {
	VGPU_RCS,
	VGPU_VCS,
	VGPU_BCS,
	VGPU_VECS,
	VGPU_ENGINES,
};

/* What is carved up: in bytes, bytes, and fences. */
enum vgpu_resource {
	VGPU_APERTURE,
	VGPU_HIDDEN,
	VGPU_FENCES,
	VGPU_RESOURCES,
};

enum vgpu_state {
	VGPU_STATE_NEW, /* a size is still missing */
	VGPU_STATE_READY, /* can be opened */
	VGPU_STATE_OPEN, /* a guest has it */
	VGPU_STATE_RUNNING, /* and has submitted work in the last second or has work pending */
	VGPU_STATE_STOPPED, /* stopped for repeated hangs; runs again after a reset */
};

/**
 * struct vgpu_gpu_info - the hardware as it was found
 * @aperture_bytes: size of BAR2
 * @ggtt_entries: number of GGTT entries (4 KiB of graphics address space each)
 * @hang_ns: how soon a hang is to be found, VGPU_HANG_MIN_NS to VGPU_HANG_MAX_NS; 0 for VGPU_HANG_NS
 * @limits: how long turns are, as in sched.h, each VGPU_LIMIT_MIN_NS to VGPU_LIMIT_MAX_NS; 0 for VGPU_TURN_MIN_NS and so on
 */
struct vgpu_gpu_info {
	u64 aperture_bytes;
	u32 ggtt_entries;
	u64 hang_ns;
	struct vgpu_sched_limits limits;
};

/* A free-space report of one resource. */
struct vgpu_room {
	u64 total, free, hole; /* hole: the largest contiguous free run */
};

/* A range of one resource; bytes, or numbers of fences. */
struct vgpu_range {
	u64 base, size;
};

/**
 * enum vgpu_sync - what a sync is for
 * @VGPU_SYNC_NONE: there is none
 * @VGPU_SYNC_ENTRIES: entries of the GGTT are to be in force; the cheap one
 * @VGPU_SYNC_SUBMIT: commands may start: the PPGTT has to be, too
 */
enum vgpu_sync {
	VGPU_SYNC_NONE,
	VGPU_SYNC_ENTRIES,
	VGPU_SYNC_SUBMIT,
};

#define VGPU_REJECTS 32u /* commands that are told apart, and the others */

/**
 * struct vgpu_reject - a command that was not executed
 * @engine: where; VGPU_ENGINES for all those that there was no row for
 * @opcode: the bits of its header that say which it is
 * @count: how often
 */
struct vgpu_reject {
	enum vgpu_engine_id engine;
	u32 opcode;
	u64 count;
};

#include "gpu.h" /* struct vgpu_gpu and struct vgpu: private to the core, but embeddable */

/**
 * vgpu_gpu_init() - take over the hardware: quiesce it, point the whole GGTT at a scratch page, start the module's rings
 * Return: 0, -ENODEV if the hardware does not answer as a Gen7.5, -ENOMEM. On failure nothing is held.
 */
int vgpu_gpu_init(struct vgpu_gpu *gpu, const struct vgpu_host_ops *ops, void *ctx, const struct vgpu_gpu_info *info);

/** vgpu_gpu_fini() - stop the rings, mask interrupts, give memory back. All vGPUs are gone by then. */
void vgpu_gpu_fini(struct vgpu_gpu *gpu);

/**
 * vgpu_gpu_irq() - the hardware interrupted: acknowledge, complete, forward to guests, dispatch what waits
 * Return: the next time at which vgpu_gpu_tick() must be called at the latest, VGPU_NO_DEADLINE for none.
 */
u64 vgpu_gpu_irq(struct vgpu_gpu *gpu, u64 now_ns);

/** vgpu_gpu_tick() - look at time limits (hangs) and dispatch. Return: as vgpu_gpu_irq(). */
u64 vgpu_gpu_tick(struct vgpu_gpu *gpu, u64 now_ns);

/** vgpu_gpu_deadline() - as vgpu_gpu_irq() returns it; to be asked after any call that takes now_ns. */
u64 vgpu_gpu_deadline(const struct vgpu_gpu *gpu);

/** vgpu_gpu_vgpus() - how many vGPUs exist */
u32 vgpu_gpu_vgpus(const struct vgpu_gpu *gpu);

void vgpu_gpu_room(const struct vgpu_gpu *gpu, enum vgpu_resource r, struct vgpu_room *ret_room);

/** vgpu_gpu_turn() - how many vGPUs have work for an engine and may have it done, and how long a turn is meant to be with as many */
void vgpu_gpu_turn(const struct vgpu_gpu *gpu, enum vgpu_engine_id e, u32 *ret_runnable, u64 *ret_turn_ns);

/** vgpu_gpu_busy_ns() - time that an engine has worked, for all, monotonic; includes what runs now */
u64 vgpu_gpu_busy_ns(const struct vgpu_gpu *gpu, enum vgpu_engine_id e, u64 now_ns);

/**
 * vgpu_init() - a new vGPU with no resources, in state NEW
 * Return: 0, -ENOSPC if VGPU_MAX exist, -ENOMEM.
 */
int vgpu_init(struct vgpu *v, struct vgpu_gpu *gpu, void *guest);

/** vgpu_fini() - closes it if it is open; returns its partition */
void vgpu_fini(struct vgpu *v, u64 now_ns);

/**
 * vgpu_set_size() - claim @amount of a resource, best fit; 0 returns it
 * Aperture and hidden memory are multiples of a page. The old claim is given up first, and kept if the new one fails.
 * Return: 0; -EINVAL for a size that is not one; -ENOSPC if no hole is that large; -EBUSY once it was opened.
 */
int vgpu_set_size(struct vgpu *v, enum vgpu_resource r, u64 amount);
void vgpu_get_range(const struct vgpu *v, enum vgpu_resource r, struct vgpu_range *ret_range);

#define VGPU_WEIGHT_MAX 10000u
#define VGPU_LATENCY_MAX_US 10000000u

/**
 * vgpu_set_weight() - 1 to VGPU_WEIGHT_MAX. vgpu_set_cap() - 1 to 100 percent of each engine. vgpu_set_latency() - microseconds, at most
 * VGPU_LATENCY_MAX_US, 0 for no wish. What they mean is in sched.h; in force at once, for what has not begun. Return: 0 or -EINVAL.
 */
int vgpu_set_weight(struct vgpu *v, u32 weight, u64 now_ns);
int vgpu_set_cap(struct vgpu *v, u32 cap_pct, u64 now_ns);
int vgpu_set_latency(struct vgpu *v, u32 latency_us, u64 now_ns);
void vgpu_get_share(const struct vgpu *v, struct vgpu_share *ret_share);

/** vgpu_open() - a guest takes it: registers at their defaults. 0, -EINVAL in state NEW, -EBUSY, -ENOMEM. */
int vgpu_open(struct vgpu *v);

/**
 * vgpu_close() - the guest is gone: gives what runs a moment to end (some 2,000 register reads, for want of a clock), then
 * resets the engine, which costs the others nothing but time, since one vGPU runs on an engine at a time; drops the rest,
 * clears its GGTT entries, fences and state, unpins all pages. What it returns to is what vgpu_init() and the sizes made.
 */
void vgpu_close(struct vgpu *v, u64 now_ns);

/** vgpu_reset() - function-level reset: as close and open, the partition kept, but cannot fail; without effect when closed */
void vgpu_reset(struct vgpu *v, u64 now_ns);

/* vgpu_state() - and its name, one word */
enum vgpu_state vgpu_state(const struct vgpu *v, u64 now_ns);
const char *vgpu_state_name(enum vgpu_state s);
const char *vgpu_engine_name(enum vgpu_engine_id e);

/**
 * vgpu_config_read(), vgpu_config_write() - a guest's access to PCI config space
 * @len: any within VGPU_CONFIG_BYTES from @offset, else -EINVAL (reads leave @buf untouched then)
 */
int vgpu_config_read(struct vgpu *v, u32 offset, void *buf, u32 len);
int vgpu_config_write(struct vgpu *v, u32 offset, const void *buf, u32 len);

/**
 * vgpu_bar0_read(), vgpu_bar0_write() - a guest's trapped access to registers or GGTT entries
 * @len: 1, 2, 4 or 8, naturally aligned; anything else reads as zeros, is dropped and counted.
 */
void vgpu_bar0_read(struct vgpu *v, u32 offset, void *buf, u32 len, u64 now_ns);
void vgpu_bar0_write(struct vgpu *v, u32 offset, const void *buf, u32 len, u64 now_ns);

/*
 * Page tables. What a guest writes to its GGTT's entries, and to the tables of its PPGTT, becomes the hardware's at the points
 * where the hardware requires it to be visible: a write that vgpu_sync_point() names. Before it hands such a write to
 * vgpu_bar0_write(), the host runs a sync:
 *
 *	vgpu_ggtt_dirty() for each page of the table that the guest may have written to by itself
 *	vgpu_sync_begin(v, what);
 *	while (vgpu_sync_next(v, &want)) {
 *		pin what want names, as far as it is not pinned yet; the GPU's lock may be dropped meanwhile
 *		vgpu_sync_apply(v, now_ns);
 *	}
 *
 * with nothing in between that reads or writes this vGPU's page tables: the host serialises that, vgpu_dma_unmap(),
 * vgpu_reset() and vgpu_close() by a lock of its own.
 *
 * Entries lose their pages when the guest's memory goes away, or never get them when it is not there yet, or a limit is reached.
 * Such an entry is tried again by itself, at the next sync and then at ever longer distance, and whenever the guest
 * writes to its page of the table.
 */
#define VGPU_TABLE_ENTRIES 1024u /* of a page of page table entries */

/**
 * struct vgpu_sync_want - pages of the guest that vgpu_sync_apply() is going to pin
 * @count: of them; perhaps 0
 * @gfn: their numbers; one may come more than once
 */
struct vgpu_sync_want {
	u32 count;
	u32 gfn[VGPU_TABLE_ENTRIES];
};

/** vgpu_sync_point() - the sync that must have been run before a write to BAR0 at @offset, of any length from there */
enum vgpu_sync vgpu_sync_point(const struct vgpu *v, u32 offset);

/**
 * vgpu_ggtt_table() - the guest's table of GGTT entries, whole pages, that a host may let the guest write to directly
 *
 * Constant from open to close, NULL otherwise. The guest may change it at any time: nothing in it is ever relied on.
 */
void *vgpu_ggtt_table(const struct vgpu *v);

/** vgpu_ggtt_dirty() - the guest may have written to page @page of its table since the last sync; beyond its end: ignored */
void vgpu_ggtt_dirty(struct vgpu *v, u32 page);

/** vgpu_ppgtt_dirty() - the guest has written to its PPGTT's table @table, of which struct vgpu_host_ops.track had told */
void vgpu_ppgtt_dirty(struct vgpu *v, u32 table);

/** vgpu_sync_begin() - begin a sync; one that was not ended begins anew. Without it, vgpu_sync_next() begins one for a submission. */
void vgpu_sync_begin(struct vgpu *v, enum vgpu_sync what);

/**
 * vgpu_sync_next() - copy the next page of a table that may have changed, and say what its entries need
 *
 * Bounded: each page is looked at once a sync, and a call goes on past tables of the PPGTT that have not changed, at most
 * VGPU_PPGTT_TABLES. What the guest changes after the copy is the next sync's.
 * Return: false at the end; @ret_want is untouched then. Everything is in force then, unless vgpu_sync_full(): then pages
 * that were unmapped have to wait for the vGPU's commands that run now, and take up all room for such; the rest of the
 * tables comes into force by struct vgpu_host_ops.sync, and no other commands of the vGPU's start until then.
 */
bool vgpu_sync_next(struct vgpu *v, struct vgpu_sync_want *ret_want);

/** vgpu_sync_apply() - what was copied comes into force; an entry whose page is not pinned leads to the guest's scratch page */
void vgpu_sync_apply(struct vgpu *v, u64 now_ns);

/**
 * vgpu_sync_full() - not all is in force: the last sync ended early for want of room, or the guest has named another directory
 *
 * No new work of the vGPU's starts then. It is over after a complete sync, which the host is asked for when nothing of the vGPU's is in
 * flight; a write to a ring may bring one earlier. A host that can let the guest's write to GFX_FLSH_CNTL wait until it is over
 * should: else the guest may access the aperture by entries that are no more.
 */
bool vgpu_sync_full(const struct vgpu *v);

/** vgpu_sync_done() - the sync that struct vgpu_host_ops.sync asked for has been run: what waited for it goes on */
void vgpu_sync_done(struct vgpu *v, u64 now_ns);

/**
 * vgpu_aperture_admit() - a guest accesses [@offset, @offset + @len) of the aperture, where it is not mapped
 * Return: whether it lies in its slice; if not, the caller reads ones and drops writes.
 */
bool vgpu_aperture_admit(struct vgpu *v, u64 offset, u32 len);

/**
 * vgpu_dma_unmap() - the guest's memory [@iova, @iova + @len) goes away: on return nothing leads there, and none of it is pinned
 *
 * Entries lead to scratch; what the vGPU runs is given a moment to end if it may use the memory, then reset.
 */
void vgpu_dma_unmap(struct vgpu *v, u64 iova, u64 len, u64 now_ns);

/** vgpu_get_stats() - a copy, complete to @now_ns (what runs now is counted up to now) */
void vgpu_get_stats(const struct vgpu *v, u64 now_ns, struct vgpu_stats *ret_stats);

/**
 * vgpu_get_rejects() - the commands that were refused, in the order in which they first were
 * @ret_rejects: VGPU_REJECTS of them at most
 * Return: how many.
 */
u32 vgpu_get_rejects(const struct vgpu *v, struct vgpu_reject *ret_rejects);

#endif
