// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The GPU as a whole: taking it over, giving it back, and the events that it and time bring.
 *
 * From vgpu_gpu_init() on, each GGTT entry that is in no open vGPU's partition points to a scratch page that nobody uses, so
 * that an address that goes wrong finds nothing. The hardware is kept awake (forcewake) for as long. Lock: the GPU's.
 */
#include "core.h"
#include "engine.h"
#include "ggtt.h"
#include "hang.h"
#include "hw.h"
#include "irq.h"
#include "reserve.h"
#include "submit.h"
#include "switch.h"

#define FORCEWAKE_POLLS 2000u
#define GGTT_ENTRIES_MAX (512u << 10)
#define RESERVE_ALIGN \
	256u /* entries: a round number of MiB for guests, and of cache lines, in which PP_DIR_BASE counts (i915 gt/gen6_ppgtt.c) */

/* Return: whether the hardware answers, as a Gen7.5 does; one that is not there reads as ones. */
static bool wake(struct vgpu_gpu *gpu)
{
	u32 i, ack;

	gpu->ops->reg_write(gpu->ctx, FORCEWAKE_MT, MASKED_SET(FORCEWAKE_KERNEL));
	for (i = 0; i < FORCEWAKE_POLLS; i++) {
		ack = gpu->ops->reg_read(gpu->ctx, FORCEWAKE_ACK);
		if (ack != ~0u && ack & FORCEWAKE_KERNEL)
			return true;
	}
	return false;
}

static void sleep(struct vgpu_gpu *gpu)
{
	gpu->ops->reg_write(gpu->ctx, FORCEWAKE_MT, MASKED_CLEAR(FORCEWAKE_KERNEL));
}

static void free_memory(struct vgpu_gpu *gpu)
{
	u32 e, i;

	for (e = 0; e < VGPU_ENGINES; e++) {
		for (i = 0; i < VGPU_INFLIGHT; i++) {
			gpu->ops->free(gpu->ctx, gpu->engine[e].run[i].copy, VGPU_SUBMIT_MAX_DW * 4);
			gpu->engine[e].run[i].copy = NULL;
		}
	}
	if (gpu->own.cpu)
		gpu->ops->dma_free(gpu->ctx, &gpu->own);
	if (gpu->scratch.cpu)
		gpu->ops->dma_free(gpu->ctx, &gpu->scratch);
	memset(&gpu->own, 0, sizeof(gpu->own));
	memset(&gpu->scratch, 0, sizeof(gpu->scratch));
}

static int allocate(struct vgpu_gpu *gpu)
{
	u32 e, i;

	if (gpu->ops->dma_alloc(gpu->ctx, 1, &gpu->scratch) || gpu->ops->dma_alloc(gpu->ctx, OWN_PAGES, &gpu->own))
		goto fail;
	for (e = 0; e < VGPU_ENGINES; e++) {
		for (i = 0; i < VGPU_INFLIGHT; i++) {
			gpu->engine[e].run[i].copy = gpu->ops->alloc(gpu->ctx, VGPU_SUBMIT_MAX_DW * 4);
			if (!gpu->engine[e].run[i].copy)
				goto fail;
		}
	}
	return 0;

fail:
	free_memory(gpu);
	return -ENOMEM;
}

static void fill_ggtt(struct vgpu_gpu *gpu, u32 pte)
{
	u32 i;

	for (i = 0; i < gpu->info.ggtt_entries; i++)
		gpu->ops->pte_write(gpu->ctx, i, pte);
}

static void map_own(struct vgpu_gpu *gpu)
{
	u32 i;

	for (i = 0; i < OWN_PAGES; i++)
		gpu->ops->pte_write(gpu->ctx, (vgpu_reserve_own_gma(gpu, i) >> VGPU_PAGE_SHIFT),
				    vgpu_ggtt_encode(gpu->own.dma[i], PTE_WB_LLC));
}

static void clear_fences(struct vgpu_gpu *gpu)
{
	u32 i;

	for (i = 0; i < 2 * HW_FENCES; i++)
		gpu->ops->reg_write(gpu->ctx, FENCE0 + 4 * i, 0);
}

static void stop_engines(struct vgpu_gpu *gpu)
{
	u32 e;

	for (e = 0; e < VGPU_ENGINES; e++)
		vgpu_engine_stop(gpu, (enum vgpu_engine_id)e);
}

static int start_hardware(struct vgpu_gpu *gpu)
{
	u32 e;

	/* Stopped before it is reset: a batch in progress then can hang the machine (i915 gt/intel_ring_submission.c, reset_prepare()). */
	vgpu_irq_stop(gpu);
	stop_engines(gpu);
	if (vgpu_engine_reset_all(gpu))
		return -ENODEV;
	clear_fences(gpu);
	fill_ggtt(gpu, vgpu_ggtt_encode(gpu->scratch.dma[0], PTE_WB_LLC));
	map_own(gpu);
	vgpu_ggtt_flush(gpu);
	for (e = 0; e < VGPU_ENGINES; e++) {
		if (vgpu_engine_start(gpu, (enum vgpu_engine_id)e))
			return -ENODEV;
	}
	if (vgpu_switch_capture(gpu))
		return -ENODEV;
	vgpu_irq_start(gpu);
	return 0;
}

/* Nothing of the module's memory is to be found by the hardware afterwards: no ring runs, no entry is valid. */
static void stop_hardware(struct vgpu_gpu *gpu)
{
	vgpu_irq_stop(gpu);
	stop_engines(gpu);
	vgpu_engine_reset_all(gpu);
	clear_fences(gpu);
	fill_ggtt(gpu, 0);
	vgpu_ggtt_flush(gpu);
	sleep(gpu);
}

static bool in_range(u64 value, u64 min, u64 max)
{
	return !value || (value >= min && value <= max);
}

static bool info_is_sound(const struct vgpu_gpu_info *info)
{
	if (!in_range(info->hang_ns, VGPU_HANG_MIN_NS, VGPU_HANG_MAX_NS) ||
	    !in_range(info->limits.turn_min_ns, VGPU_LIMIT_MIN_NS, VGPU_LIMIT_MAX_NS) ||
	    !in_range(info->limits.turn_max_ns, VGPU_LIMIT_MIN_NS, VGPU_LIMIT_MAX_NS) ||
	    !in_range(info->limits.round_ns, VGPU_LIMIT_MIN_NS, VGPU_LIMIT_MAX_NS))
		return false;
	return info->aperture_bytes && info->ggtt_entries <= GGTT_ENTRIES_MAX &&
	       !(info->aperture_bytes & (info->aperture_bytes - 1)) &&
	       info->ggtt_entries >= (info->aperture_bytes >> VGPU_PAGE_SHIFT) + VGPU_RESERVE_PAGES + 2 * RESERVE_ALIGN;
}

static void init_schedulers(struct vgpu_gpu *gpu)
{
	struct vgpu_sched_limits *l = &gpu->limits;
	u32 e;

	*l = gpu->info.limits;
	if (!l->turn_max_ns)
		l->turn_max_ns = VGPU_TURN_MAX_NS;
	if (!l->turn_min_ns)
		l->turn_min_ns = VGPU_TURN_MIN_NS;
	if (!l->round_ns)
		l->round_ns = VGPU_ROUND_NS;
	if (l->turn_min_ns > l->turn_max_ns)
		l->turn_min_ns = l->turn_max_ns;
	for (e = 0; e < VGPU_ENGINES; e++)
		vgpu_sched_init(&gpu->engine[e].sched, l, gpu->engine[e].slots, VGPU_MAX);
}

/** vgpu_gpu_init() - see core.h */
int vgpu_gpu_init(struct vgpu_gpu *gpu, const struct vgpu_host_ops *ops, void *ctx, const struct vgpu_gpu_info *info)
{
	int err;

	if (!info_is_sound(info))
		return -ENODEV;
	memset(gpu, 0, sizeof(*gpu));
	gpu->ops = ops;
	gpu->ctx = ctx;
	gpu->info = *info;
	gpu->reserve = (info->ggtt_entries - VGPU_RESERVE_PAGES) & ~(RESERVE_ALIGN - 1);
	init_schedulers(gpu);
	vgpu_hang_init(gpu, info->hang_ns ? info->hang_ns : VGPU_HANG_NS);
	vgpu_partition_init(&gpu->space[VGPU_APERTURE], 0, info->aperture_bytes);
	vgpu_partition_init(&gpu->space[VGPU_HIDDEN], info->aperture_bytes,
			    ((u64)gpu->reserve << VGPU_PAGE_SHIFT) - info->aperture_bytes);
	vgpu_partition_init(&gpu->space[VGPU_FENCES], 0, HW_FENCES);

	err = allocate(gpu);
	if (err)
		return err;
	err = -ENODEV;
	if (!wake(gpu))
		goto free;
	err = start_hardware(gpu);
	if (err)
		goto stop;
	return 0;

stop:
	stop_hardware(gpu);
free:
	free_memory(gpu);
	return err;
}

/** vgpu_gpu_fini() - see core.h */
void vgpu_gpu_fini(struct vgpu_gpu *gpu)
{
	stop_hardware(gpu);
	free_memory(gpu);
}

/** vgpu_gpu_irq() - see core.h */
u64 vgpu_gpu_irq(struct vgpu_gpu *gpu, u64 now_ns)
{
	u32 e, engines = vgpu_irq_acknowledge(gpu);

	for (e = 0; e < VGPU_ENGINES; e++) {
		const struct vgpu_run *run;

		/* The interrupt may be the guest's own, in the middle of its commands; if it was the last, nothing is lost. */
		vgpu_submit_complete(gpu, (enum vgpu_engine_id)e, now_ns);
		run = vgpu_submit_first(gpu, (enum vgpu_engine_id)e);
		if (engines & BIT(e) && run && run->user_interrupt)
			vgpu_irq_raise(gpu->engine[e].vgpu, (enum vgpu_engine_id)e, vgpu_engines[e].user);
	}
	vgpu_submit_dispatch_all(gpu, now_ns);
	return vgpu_gpu_deadline(gpu);
}

/** vgpu_gpu_tick() - see core.h */
u64 vgpu_gpu_tick(struct vgpu_gpu *gpu, u64 now_ns)
{
	u32 e;

	for (e = 0; e < VGPU_ENGINES; e++) {
		vgpu_submit_complete(gpu, (enum vgpu_engine_id)e, now_ns);
		vgpu_hang_check(gpu, (enum vgpu_engine_id)e, now_ns);
	}
	vgpu_submit_dispatch_all(gpu, now_ns);
	return vgpu_gpu_deadline(gpu);
}

/** vgpu_gpu_deadline() - see core.h */
u64 vgpu_gpu_deadline(const struct vgpu_gpu *gpu)
{
	u64 deadline_ns = VGPU_NO_DEADLINE;
	u32 e;

	for (e = 0; e < VGPU_ENGINES; e++) {
		u64 release_ns = vgpu_sched_release_ns(&gpu->engine[e].sched);

		if (gpu->engine[e].runs && gpu->engine[e].look_ns < deadline_ns)
			deadline_ns = gpu->engine[e].look_ns;
		if (release_ns < deadline_ns)
			deadline_ns = release_ns;
	}
	return deadline_ns;
}

/** vgpu_gpu_vgpus() - see core.h */
u32 vgpu_gpu_vgpus(const struct vgpu_gpu *gpu)
{
	return gpu->vgpus;
}

/** vgpu_gpu_room() - see core.h */
void vgpu_gpu_room(const struct vgpu_gpu *gpu, enum vgpu_resource r, struct vgpu_room *ret_room)
{
	vgpu_partition_room(&gpu->space[r], ret_room);
}

/** vgpu_gpu_turn() - see core.h */
void vgpu_gpu_turn(const struct vgpu_gpu *gpu, enum vgpu_engine_id e, u32 *ret_runnable, u64 *ret_turn_ns)
{
	*ret_runnable = vgpu_sched_runnable(&gpu->engine[e].sched);
	*ret_turn_ns = vgpu_sched_turn_ns(&gpu->engine[e].sched);
}

/** vgpu_gpu_busy_ns() - see core.h */
u64 vgpu_gpu_busy_ns(const struct vgpu_gpu *gpu, enum vgpu_engine_id e, u64 now_ns)
{
	return gpu->engine[e].busy_ns + vgpu_submit_running_ns(gpu, e, now_ns);
}
