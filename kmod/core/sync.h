/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Bringing a guest's page tables into force; see sync.c. The host's side of it is in core.h.
 */
#ifndef VGPU_SYNC_H
#define VGPU_SYNC_H

int vgpu_sync_open(struct vgpu *v);
void vgpu_sync_clear(struct vgpu *v);
void vgpu_sync_close(struct vgpu *v);
void vgpu_sync_restart(struct vgpu *v);
void vgpu_sync_idle(struct vgpu *v);

#endif
