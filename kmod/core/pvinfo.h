/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The PVINFO page; see pvinfo.c.
 */
#ifndef VGPU_PVINFO_H
#define VGPU_PVINFO_H

#define PVINFO_BASE 0x78000u
#define PVINFO_BYTES 0x1000u

u32 vgpu_pvinfo_read(const struct vgpu *v, u32 offset);
bool vgpu_pvinfo_write(struct vgpu *v, u32 offset, u32 value, u32 bits);

#endif
