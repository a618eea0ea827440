/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Interrupts of the hardware and of guests; see irq.c.
 */
#ifndef VGPU_IRQ_H
#define VGPU_IRQ_H

void vgpu_irq_start(struct vgpu_gpu *gpu);
void vgpu_irq_stop(struct vgpu_gpu *gpu);
u32 vgpu_irq_acknowledge(struct vgpu_gpu *gpu);
bool vgpu_irq_open(const struct vgpu *v, enum vgpu_engine_id e, u32 bit);
void vgpu_irq_raise(struct vgpu *v, enum vgpu_engine_id e, u32 bit);
void vgpu_irq_written(const struct vgpu_reg_access *a);

#endif
