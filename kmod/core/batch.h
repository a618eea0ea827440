/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Privileged batches: copied out of the guest's GGTT, audited, and run from the copy; see batch.c.
 */
#ifndef VGPU_BATCH_H
#define VGPU_BATCH_H

/**
 * struct vgpu_batch_room - where the copies of a piece's batches go
 * @dw, @gma: its memory, VGPU_BATCH_DW dwords, and where the GPU finds it
 * @used_dw: taken by batches of this piece
 */
struct vgpu_batch_room {
	u32 *dw;
	u32 gma;
	u32 used_dw;
};

enum vgpu_fault vgpu_batch_admit(struct vgpu_audit *a, u32 gma, u32 *ret_gma);

#endif
