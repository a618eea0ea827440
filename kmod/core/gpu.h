/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * struct vgpu_gpu and struct vgpu. Their layout is public only so that callers can embed them: outside of kmod/core nothing
 * reads or writes a member. Included by core.h, for its types.
 *
 * Lock: the GPU's, held by the caller of every public function, protects all of it.
 */
#ifndef VGPU_GPU_H
#define VGPU_GPU_H

#include "partition.h"
#include "regs.h"

#define VGPU_SWITCHED_MAX 128u /* registers of an engine that are switched, see switch.c */
#define VGPU_INFLIGHT 2u /* pieces that an engine has at a time */
#define VGPU_SUBMIT_MAX_DW 4096u /* dwords of a piece */
#define VGPU_SUBMIT_MAX_BYTES (64u << 20) /* bytes that its blits may move, unless it is a single one */
#define VGPU_SUBMIT_MAX_IRQS 16u /* interrupts from the midst of it */
#define VGPU_HANG_NS 500000000ull /* a hang is found within that time, unless struct vgpu_gpu_info says otherwise */
#define VGPU_HANG_MIN_NS 50000000ull
#define VGPU_HANG_MAX_NS 600000000000ull
#define VGPU_TURN_MAX_NS 6000000ull /* how long turns are, as in sched.h, likewise */
#define VGPU_TURN_MIN_NS 1000000ull
#define VGPU_ROUND_NS 24000000ull
#define VGPU_LIMIT_MIN_NS 100000ull /* what these may be set to */
#define VGPU_LIMIT_MAX_NS 10000000000ull
#define VGPU_HANGS_MAX 8u /* so many in a row stop a vGPU */
#define VGPU_HANG_FORGET_NS 60000000000ull /* a row ends when nothing has hung for that long */
#define VGPU_ACTIVE_NS 1000000000ull /* a vGPU counts as running for that long after a submission */

#define VGPU_GGTT_PAGES 512u /* of the largest GGTT's entries */
#define VGPU_PPGTT_TABLES 512u
#define VGPU_LIMBO_PINS (64u << 10)

/* Why something that a guest submitted was not executed. Each but the first and the last has a counter. */
enum vgpu_fault {
	VGPU_FAULT_NONE,
	VGPU_FAULT_OPCODE,
	VGPU_FAULT_LENGTH,
	VGPU_FAULT_ADDRESS,
	VGPU_FAULT_REGISTER,
	VGPU_FAULT_RING,
	VGPU_FAULT_BUDGET,
	VGPU_FAULT_ENGINE,
	VGPU_FAULT_HANG,
};

/**
 * struct vgpu_fault_record - a vGPU's last fault, for whoever debugs
 * @gma: of the offending command in the guest's ring
 * @header: its first dword
 */
struct vgpu_fault_record {
	enum vgpu_fault fault;
	enum vgpu_engine_id engine;
	u32 gma, header;
};

/**
 * struct vgpu_run - a piece of a guest's ring that an engine has been given
 * @given_ns: the engine was given it then
 * @start_ns: it became the first of the engine's then, which is when its time begins
 * @ring_first: where the copy begins in the module's ring, in dwords
 * @guest_dw: length of the piece
 * @requests: how many of the guest's requests it holds, at least 1
 * @seqno: written when it is done
 * @seen_head, @seen_ns: the engine's position when it was last seen to move, and when
 * @swctrl: value of BCS_SWCTRL when it is done
 * @ccid: the guest's render context when it is done
 * @user_interrupt: it contained MI_USER_INTERRUPT
 * @head: the guest's HEAD at its beginning
 * @copy: VGPU_SUBMIT_MAX_DW dwords: the guest's commands as audited, and as executed
 */
struct vgpu_run {
	u64 given_ns, start_ns;
	u32 ring_first, guest_dw, requests, seqno;
	u32 seen_head;
	u64 seen_ns;
	u32 swctrl, ccid;
	bool user_interrupt;
	u32 head;
	u32 *copy;
};

/**
 * struct vgpu_hw_engine - the hardware side of an engine
 * @tail: where the module writes next, in dwords from its ring's start
 * @seqno: of the last piece that it was given
 * @hws_gma: what the hardware's HWS_PGA holds
 * @ppgtt: the hardware's PPGTT is on
 * @vgpu: whose pieces it has, NULL when it is idle; it never has those of two
 * @detached: @vgpu has moved or stopped its ring meanwhile, so its head is no longer to be advanced
 * @run, @runs, @next: the pieces that it has, in a circle: @runs of them, the first one at @next
 * @stuck: nothing follows its pieces before the next of them has ended, since something in the ring stands in the way
 * @last: the vGPU whose state it holds, NULL if nobody's; for sure only when the piece @arrival, its first, has ended
 * @sched, @slots: who has work for it, and who is next
 * @busy_ns: completed work of all
 * @look_ns: when it is looked at next, whether it goes on
 * @dead: it did not come back from a reset
 * @pristine: its switched registers after a reset, as in switch.c
 */
struct vgpu_hw_engine {
	u32 tail, seqno, hws_gma;
	bool ppgtt;
	struct vgpu *vgpu;
	bool detached, stuck;
	struct vgpu_run run[VGPU_INFLIGHT];
	u32 runs, next;
	struct vgpu *last;
	u32 arrival;
	struct vgpu_sched sched;
	struct vgpu_sched_entity *slots[VGPU_SCHED_HEAPS * VGPU_MAX];
	u64 busy_ns, look_ns;
	bool dead;
	u32 pristine[VGPU_SWITCHED_MAX];
};

struct vgpu_gpu {
	const struct vgpu_host_ops *ops;
	void *ctx;
	struct vgpu_gpu_info info;
	struct vgpu_partition space[VGPU_RESOURCES];
	struct vgpu_dma_mem scratch; /* one page, that entries of nobody point to */
	struct vgpu_dma_mem own; /* see reserve.h */
	u64 stuck_ns, look_ns, hold_ns; /* see hang.c */
	struct vgpu_sched_limits limits;
	u32 reserve; /* the first entry of the module's own part of the GGTT */
	struct vgpu_hw_engine engine[VGPU_ENGINES];
	bool slot_used[VGPU_MAX];
	u32 vgpus, next_id;
};

/**
 * struct vgpu_limbo - pages that no table leads to any more, still pinned; see pins.c
 * @pin: VGPU_LIMBO_PINS; the first @count of them
 * @old: so many of them, from the first on, are unpinned when the work that @seqno says has ended
 * @seqno: by engine, the last piece of the vGPU's that it had when they came; @waits: it had one
 */
struct vgpu_limbo {
	u32 *pin;
	u32 count, old;
	u32 seqno[VGPU_ENGINES];
	bool waits[VGPU_ENGINES];
};

/**
 * struct vgpu_table - a table of a guest's PPGTT, and the hardware's in its stead; it exists if @seen is not NULL
 * @gfn: the guest's page that holds it
 * @users: directory entries that lead to it; without any, it waits to be freed
 * @dirty: the guest may have written to it since @seen was copied
 * @lost: pages of some of its entries could not be pinned
 * @tracked: the host tells of its next write
 * @shadow: what the hardware walks, a page
 * @seen: the guest's entries as they came into force, VGPU_TABLE_ENTRIES
 * @pin: by entry, what is pinned, as in pins.h
 */
struct vgpu_table {
	u32 gfn, users;
	bool dirty, lost, tracked;
	struct vgpu_dma_mem shadow;
	u32 *seen, *pin;
};

/**
 * struct vgpu_ppgtt - a guest's PPGTT
 * @loaded: it has named a directory
 * @dirty: the directory may have changed since it came into force
 * @lost: some of its tables could not be made, for want of memory
 * @base: where it is, as PP_DIR_BASE holds it
 * @unused: tables without users
 * @slots: of @table, so many at most are in use, from the first on
 * @to: by directory entry, the table that it leads to, in @table
 * @table: VGPU_PPGTT_TABLES of them, in no order
 * @none: the table in place of those that it has not: all entries lead to its scratch page
 */
struct vgpu_ppgtt {
	bool loaded, dirty, lost;
	u32 base, unused, slots;
	u16 to[VGPU_PPGTT_TABLES];
	struct vgpu_table *table;
	struct vgpu_dma_mem none;
};

/* What vgpu_sync_next() has copied. */
enum vgpu_sync_step {
	VGPU_STEP_NONE,
	VGPU_STEP_GGTT, /* page @at of the GGTT */
	VGPU_STEP_DIRECTORY,
	VGPU_STEP_TABLE, /* table @at of the PPGTT */
};

/**
 * struct vgpu_sync_state - where a sync is; see sync.c
 * @active: it has begun and not ended
 * @what: what it is for
 * @stopped: not all is in force that the next work needs, and the host has been or will be asked for a sync
 * @short_of: this one will be incomplete
 * @page, @directory, @table: what it looks at next: page of the GGTT, the directory unless it was looked at, table
 * @step, @at: what is copied; @again: entries whose pages could not be pinned are tried again
 * @copy: of a page of entries, VGPU_TABLE_ENTRIES
 * @lost: there may be entries whose pages could not be pinned
 * @retry_in: syncs until entries whose pages could not be pinned are tried again; @retry_every: and until the time after that
 */
struct vgpu_sync_state {
	bool active;
	enum vgpu_sync what;
	bool stopped, short_of;
	u32 page, table;
	bool directory;
	enum vgpu_sync_step step;
	u32 at;
	bool again;
	u32 *copy;
	bool lost;
	u32 retry_in, retry_every;
};

/**
 * struct vgpu_ring - a guest's ring on one engine, beyond its registers
 * @wedged: it hit a fault; nothing of it runs until the guest resets the engine
 * @acthd: address at which it stopped, while @wedged
 * @request_ns: what one of its requests takes lately
 */
struct vgpu_ring {
	bool wedged;
	u32 acthd;
	u64 request_ns;
};

struct vgpu {
	struct vgpu_gpu *gpu;
	void *guest;
	u32 id, slot;
	struct vgpu_range own[VGPU_RESOURCES];
	struct vgpu_share share;
	struct vgpu_sched_entity sched[VGPU_ENGINES];
	bool open, was_opened;

	/* What follows lives from open to close. */
	u32 config[VGPU_CONFIG_BYTES / 4];
	struct vgpu_reg_file regs;
	u32 pv_guest[512]; /* the guest's half of the PVINFO page */
	u32 *view; /* the GGTT as the guest writes it, whole pages, perhaps mapped to it */
	u32 *seen; /* and as it came into force */
	u32 *pin; /* per own entry, see ggtt.c */
	u32 ggtt_dirty[VGPU_GGTT_PAGES / 32], ggtt_lost[VGPU_GGTT_PAGES / 32]; /* a bit per page of it, see ggtt.c */
	struct vgpu_ppgtt ppgtt;
	struct vgpu_limbo limbo;
	struct vgpu_sync_state sync;
	struct vgpu_dma_mem home; /* see reserve.h */
	bool syncing; /* nothing of it runs before a sync that was asked for is done */
	u32 ccid; /* the render context, as the register CCID holds it, after what has ended */
	u32 touch[VGPU_ENGINES][VGPU_SWITCHED_MAX]; /* switched registers that the guest wrote while no engine held its state */
	u32 touched[VGPU_ENGINES][VGPU_SWITCHED_MAX / 32]; /* bitmap: which */
	struct vgpu_dma_mem scratch; /* one page, that its unused entries point to */
	struct vgpu_ring ring[VGPU_ENGINES];
	bool irq_pending;
	bool stopped;
	u32 hangs;
	u64 hang_ns, submit_ns;
	bool submitted;

	struct vgpu_fault_record fault;
	struct vgpu_reject reject[VGPU_REJECTS]; /* by command, from the first on; those without a count are free */
	struct vgpu_stats stats;
};

/* Shows the host what happened to a vGPU on an engine; see enum vgpu_event. */
static inline void vgpu_event(const struct vgpu *v, enum vgpu_event event, enum vgpu_engine_id e, u64 a, u64 b)
{
	if (v->gpu->ops->event)
		v->gpu->ops->event(v->guest, event, e, a, b);
}

#endif
