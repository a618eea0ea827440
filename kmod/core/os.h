/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The core's whole contract with the world: types, four memory functions, and struct vgpu_host_ops.
 *
 * The core is freestanding C. It keeps no clock (now_ns comes in), takes no lock (the caller holds the GPU's lock around every
 * call, and the ops below are called with it held), logs nothing and never touches guest memory except through the ops.
 * There are three implementations: the Linux glue (kmod/host.c), the unit tests' harness on the simulator's engine, and the benchmark's
 * (tests/bench/machine.c), which costs next to nothing.
 */
#ifndef VGPU_OS_H
#define VGPU_OS_H

#ifndef _LINUX_TYPES_H
#ifdef __KERNEL__
typedef _Bool bool;
enum {
	false,
	true
};
typedef __SIZE_TYPE__ size_t;
#define NULL ((void *)0)
#else
#include <stdbool.h>
#include <stddef.h>
#endif
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;
#endif

/** memcpy(), memset(), memmove(), memcmp() - as in C; the compiler calls them, too */
#ifndef _LINUX_STRING_H_
void *memcpy(void *dst, const void *src, size_t len);
void *memset(void *dst, int c, size_t len);
void *memmove(void *dst, const void *src, size_t len);
int memcmp(const void *a, const void *b, size_t len);
#endif

/* The errors that the core returns, negative, with the numbers that Linux gives them. */
#ifndef EINVAL
#define EIO 5
#define ENOMEM 12
#define EFAULT 14
#define EBUSY 16
#define ENODEV 19
#define EINVAL 22
#define ENOSPC 28
#endif

#define VGPU_PAGE_SHIFT 12
#define VGPU_PAGE_BYTES (1u << VGPU_PAGE_SHIFT)
#define VGPU_DMA_BITS 39 /* of a bus address: a GGTT entry has no more (i915 gt/intel_gtt.h) */
#define VGPU_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/**
 * struct vgpu_dma_mem - memory of the module's own that the GPU can reach
 * @cpu: its address for the CPU; contiguous
 * @dma: bus address of each of its @pages pages
 */
struct vgpu_dma_mem {
	void *cpu;
	u64 *dma;
	u32 pages;
};

/**
 * enum vgpu_event - what a host may show to somebody who watches, with the numbers that go with it
 * @VGPU_EVENT_SUBMIT: an engine was given a piece of work: its sequence number there, and the dwords that were audited for it
 * @VGPU_EVENT_COMPLETE: and has done it, or was taken it away: the sequence number, and nanoseconds of the engine's time
 * @VGPU_EVENT_SWITCH: the engine goes from another vGPU to this one, with the piece of this sequence number
 * @VGPU_EVENT_REFUSE: the audit's verdict: an enum vgpu_fault, and the header of the command, 0 if it is not the guest's
 * @VGPU_EVENT_HANG: the engine was reset, since this vGPU's piece of this sequence number got no further; and the command's header
 */
enum vgpu_event {
	VGPU_EVENT_SUBMIT,
	VGPU_EVENT_COMPLETE,
	VGPU_EVENT_SWITCH,
	VGPU_EVENT_REFUSE,
	VGPU_EVENT_HANG,
};

/**
 * struct vgpu_host_ops - what the core asks of its host
 *
 * @gpu is the context given to vgpu_gpu_init(), @guest the one given to vgpu_init(). All but @event may sleep; none may call
 * back into the core.
 *
 * @reg_read, @reg_write: a register of the hardware, by its offset in the register BAR.
 * @pte_write: an entry of the hardware's GGTT; visible to the GPU after the core has written GFX_FLSH_CNTL.
 * @alloc: zeroed memory, page-aligned from one page on, or NULL. @free takes NULL.
 * @dma_alloc: @pages of zeroed memory that the GPU can reach. 0 or -ENOMEM.
 * @guest_read: copy from the guest's memory at @gpa, any length, all of it in pinned pages. 0 or -EFAULT, then nothing or a part of
 *	it was copied.
 * @pin: the guest's page @gfn stays where it is and the GPU may access it, at *@ret_dma, until unpin; counted, so that
 *	a page may be pinned more than once. 0, -EFAULT if the guest has no such page, -ENOMEM, -ENOSPC over a limit. Called
 *	by vgpu_sync_apply() alone, for pages that vgpu_sync_next() named.
 * @unpin: undoes one pin of @gfn; the host may give the page back when the core has returned.
 * @irq: sends the guest its virtual MSI.
 * @track: from now on the guest's next write to its page @gfn, which holds table @table of its PPGTT, is told by
 *	vgpu_ppgtt_dirty(); once, then it is asked for again, or even before that. 0, or -errno if writes cannot be told: then the core
 *	compares the page at each sync. May be NULL. @untrack undoes it.
 * @sync: a sync is to be run soon, from a context that may pin, and vgpu_sync_done() called after it.
 * @event: something happened that may be shown: on engine @engine, an enum vgpu_engine_id, with @a and @b as enum vgpu_event says. May be
 *	NULL.
 */
struct vgpu_host_ops {
	u32 (*reg_read)(void *gpu, u32 offset);
	void (*reg_write)(void *gpu, u32 offset, u32 value);
	void (*pte_write)(void *gpu, u32 index, u32 pte);

	void *(*alloc)(void *gpu, size_t bytes);
	void (*free)(void *gpu, void *mem, size_t bytes);
	int (*dma_alloc)(void *gpu, u32 pages, struct vgpu_dma_mem *ret_mem);
	void (*dma_free)(void *gpu, struct vgpu_dma_mem *mem);

	int (*guest_read)(void *guest, u64 gpa, void *buf, size_t len);
	int (*pin)(void *guest, u64 gfn, u64 *ret_dma);
	void (*unpin)(void *guest, u64 gfn);
	void (*irq)(void *guest);
	int (*track)(void *guest, u32 table, u64 gfn);
	void (*untrack)(void *guest, u32 table, u64 gfn);
	void (*sync)(void *guest);
	void (*event)(void *guest, enum vgpu_event event, u32 engine, u64 a, u64 b);
};

#endif
