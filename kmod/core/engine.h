/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The hardware's engines: what distinguishes them, as data, and the module's own ring on each.
 */
#ifndef VGPU_ENGINE_H
#define VGPU_ENGINE_H

/* Which of the two interrupt register groups reports an engine (Haswell: the video enhancement engine's is PM). */
enum vgpu_irq_group {
	VGPU_IRQ_GT,
	VGPU_IRQ_PM,
};

/**
 * struct vgpu_engine - one engine
 * @base: of its registers
 * @hws_pga: the register that holds its status page's address
 * @hws_slot: where a guest's value of that register is stored
 * @reset: its bit in GDRST
 * @group, @user, @error: where its interrupts show: the user interrupt, and the command streamer's error
 */
struct vgpu_engine {
	const char *name;
	u32 base, hws_pga;
	enum vgpu_common_reg hws_slot;
	u32 reset;
	enum vgpu_irq_group group;
	u32 user, error;
};

extern const struct vgpu_engine vgpu_engines[VGPU_ENGINES];

int vgpu_engine_start(struct vgpu_gpu *gpu, enum vgpu_engine_id e);
void vgpu_engine_stop(struct vgpu_gpu *gpu, enum vgpu_engine_id e);
int vgpu_engine_reset(struct vgpu_gpu *gpu, enum vgpu_engine_id e);
int vgpu_engine_reset_all(struct vgpu_gpu *gpu);
void vgpu_engine_status_page(struct vgpu_gpu *gpu, enum vgpu_engine_id e, u32 gma);
void vgpu_engine_ppgtt(struct vgpu_gpu *gpu, enum vgpu_engine_id e, bool on);
int vgpu_engine_wait(struct vgpu_gpu *gpu, enum vgpu_engine_id e);
u32 vgpu_engine_seqno(const struct vgpu_gpu *gpu, enum vgpu_engine_id e);
u32 vgpu_engine_seqno_gma(const struct vgpu_gpu *gpu, enum vgpu_engine_id e);
u32 vgpu_engine_scratch_gma(const struct vgpu_gpu *gpu, enum vgpu_engine_id e);

#endif
