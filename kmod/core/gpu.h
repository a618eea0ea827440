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

#define VGPU_SUBMIT_MAX_DW 4096u /* dwords of commands that run at a time */
#define VGPU_SUBMIT_MAX_BYTES (64u << 20) /* bytes that their blits may move, unless it is a single one */
#define VGPU_SUBMIT_MAX_IRQS 16u /* interrupts from the midst of them */
#define VGPU_HANG_NS 500000000ull /* what runs for longer hangs */
#define VGPU_HANGS_MAX 8u /* so many in a row stop a vGPU */
#define VGPU_HANG_FORGET_NS 60000000000ull /* a row ends when nothing has hung for that long */
#define VGPU_ACTIVE_NS 1000000000ull /* a vGPU counts as running for that long after a submission */

/* Why something that a guest submitted was not executed. Each but the last has a counter. */
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
 * struct vgpu_fault_record - a vGPU's last fault, for tracepoints and messages
 * @gma: of the offending command in the guest's ring
 * @header: its first dword
 */
struct vgpu_fault_record {
	enum vgpu_fault fault;
	enum vgpu_engine_id engine;
	u32 gma, header;
};

/**
 * struct vgpu_run - what an engine executes now: one piece of one guest's ring
 * @vgpu: whose, NULL when the engine is idle
 * @start_ns: dispatched then
 * @ring_first: where the copy begins in the module's ring, in dwords
 * @guest_dw: length of the piece
 * @swctrl: value of BCS_SWCTRL when it is done
 * @user_interrupt: it contains MI_USER_INTERRUPT
 * @detached: the guest has moved or stopped its ring meanwhile, so its head is no longer to be advanced
 */
struct vgpu_run {
	struct vgpu *vgpu;
	u64 start_ns;
	u32 ring_first, guest_dw;
	u32 swctrl;
	bool user_interrupt, detached;
};

/**
 * struct vgpu_hw_engine - the hardware side of an engine
 * @tail: where the module writes next, in dwords from its ring's start
 * @seqno: of what runs, or ran last
 * @hws_gma: what the hardware's HWS_PGA holds
 * @copy: VGPU_SUBMIT_MAX_DW dwords: the guest's commands under audit, and what is executed
 * @last: the vGPU that ran last, NULL if it is gone
 * @queue: the vGPUs with work for this engine that it does not run now, in no order
 * @vtime: virtual time of the last pick; never goes back
 * @busy_ns: completed work of all
 * @dead: it did not come back from a reset
 */
struct vgpu_hw_engine {
	u32 tail, seqno, hws_gma;
	u32 *copy;
	struct vgpu_run run;
	struct vgpu *last;
	struct vgpu *queue[VGPU_MAX];
	u32 queued;
	u64 vtime, busy_ns;
	bool dead;
};

struct vgpu_gpu {
	const struct vgpu_host_ops *ops;
	void *ctx;
	struct vgpu_gpu_info info;
	struct vgpu_partition space[VGPU_RESOURCES];
	struct vgpu_dma_mem scratch; /* one page, that entries of nobody point to */
	struct vgpu_dma_mem own; /* rings and status page, mapped from own_gma on */
	u32 own_gma;
	struct vgpu_hw_engine engine[VGPU_ENGINES];
	u32 vgpus, next_id;
};

/**
 * struct vgpu_ring - a guest's ring on one engine, beyond its registers
 * @wedged: it hit a fault; nothing of it runs until the guest resets the engine
 * @acthd: address at which it stopped, while @wedged
 * @queued: in the engine's queue since @since_ns
 * @vtime: virtual time received
 */
struct vgpu_ring {
	bool wedged, queued;
	u32 acthd;
	u64 since_ns, vtime;
};

struct vgpu {
	struct vgpu_gpu *gpu;
	void *guest;
	u32 id;
	struct vgpu_range own[VGPU_RESOURCES];
	struct vgpu_share share;
	bool open, was_opened;

	/* What follows lives from open to close. */
	u32 config[VGPU_CONFIG_BYTES / 4];
	struct vgpu_reg_file regs;
	u32 pv_guest[512]; /* the guest's half of the PVINFO page */
	u32 *view; /* the GGTT as the guest wrote it: info.ggtt_entries */
	u32 *pin; /* per own entry, see ggtt.c */
	struct vgpu_dma_mem scratch; /* one page, that its unused entries point to */
	struct vgpu_ring ring[VGPU_ENGINES];
	bool irq_pending;
	bool stopped;
	u32 hangs;
	u64 hang_ns, submit_ns;
	bool submitted;

	struct vgpu_fault_record fault;
	struct vgpu_stats stats;
};

#endif
