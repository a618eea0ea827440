/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A guest's rings as it sees them; see ring.c.
 */
#ifndef VGPU_RING_H
#define VGPU_RING_H

/**
 * struct vgpu_ring_span - the unexecuted part of a ring, sound as to its form
 * @start: graphics address of the ring
 * @bytes: size of the ring
 * @head: offset of the first unexecuted command
 * @left_dw: length up to the tail
 */
struct vgpu_ring_span {
	u32 start, bytes, head, left_dw;
};

bool vgpu_ring_pending(const struct vgpu *v, enum vgpu_engine_id e);
bool vgpu_ring_span(const struct vgpu *v, enum vgpu_engine_id e, struct vgpu_ring_span *ret_span);
void vgpu_ring_advance(struct vgpu *v, enum vgpu_engine_id e, u32 dw);
void vgpu_ring_wedge(struct vgpu *v, enum vgpu_engine_id e, enum vgpu_fault fault, u32 gma, u32 header);
void vgpu_ring_reset(struct vgpu *v, enum vgpu_engine_id e, u64 now_ns);

/* Hooks of the register table. */
void vgpu_ring_tail_written(const struct vgpu_reg_access *a);
void vgpu_ring_head_written(const struct vgpu_reg_access *a);
void vgpu_ring_ctl_written(const struct vgpu_reg_access *a);
void vgpu_ring_mode_written(const struct vgpu_reg_access *a);
void vgpu_ring_reset_written(const struct vgpu_reg_access *a);
u32 vgpu_ring_acthd_read(const struct vgpu_reg_access *a);
u32 vgpu_ring_ccid_read(const struct vgpu_reg_access *a);
u32 vgpu_ring_mode_read(const struct vgpu_reg_access *a);

#endif
