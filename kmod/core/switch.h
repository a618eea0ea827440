/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The world switch: an engine's state goes from one vGPU to another; see switch.c.
 */
#ifndef VGPU_SWITCH_H
#define VGPU_SWITCH_H

#define VGPU_EMIT_SWITCH_DW (5 * VGPU_SWITCHED_MAX + 32u)

int vgpu_switch_capture(struct vgpu_gpu *gpu);
int vgpu_switch_open(struct vgpu *v);
void vgpu_switch_clear(struct vgpu *v);
void vgpu_switch_reset_engine(struct vgpu *v, enum vgpu_engine_id e);
void vgpu_switch_close(struct vgpu *v);
void vgpu_switch_emit(struct vgpu *v, enum vgpu_engine_id e, u32 ccid);
bool vgpu_switch_read(const struct vgpu *v, u32 offset, u32 *ret_value);
void vgpu_switch_written(struct vgpu *v, u32 offset, u32 value);
u32 vgpu_switch_registers(enum vgpu_engine_id e, u32 *ret_offset);

#endif
