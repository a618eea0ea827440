// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The PVINFO page: how a guest's driver learns that it has a part of a GPU, and which (i915 i915_pvinfo.h, i915_vgpu.c).
 *
 * The lower half is computed from the partition, read-only. The upper half is the guest's to write; nothing there is acted on.
 * Lock: the GPU's.
 */
#include "core.h"
#include "pvinfo.h"

#define HALF 0x800u

enum caps {
	CAP_FULL_PPGTT = 1u << 2, /* without it i915 gives up: "incompatible vGPU found" */
	CAP_HWSP_EMULATION = 1u << 3,
};

/**
 * vgpu_pvinfo_read() - the dword at @offset of the page, a multiple of 4 below PVINFO_BYTES
 */
u32 vgpu_pvinfo_read(const struct vgpu *v, u32 offset)
{
	if (offset >= HALF)
		return v->pv_guest[(offset - HALF) / 4];
	switch (offset) {
	case 0x000: /* the magic, 0x4776544776544776 */
		return 0x76544776;
	case 0x004:
		return 0x47765447;
	case 0x008:
		return 1; /* u16 major 1, u16 minor 0 */
	case 0x00c:
		return v->id;
	case 0x010:
		return CAP_FULL_PPGTT | CAP_HWSP_EMULATION;
	case 0x040:
		return (u32)v->own[VGPU_APERTURE].base;
	case 0x044:
		return (u32)v->own[VGPU_APERTURE].size;
	case 0x048:
		return (u32)v->own[VGPU_HIDDEN].base;
	case 0x04c:
		return (u32)v->own[VGPU_HIDDEN].size;
	case 0x050:
		return (u32)v->own[VGPU_FENCES].size;
	default:
		return 0;
	}
}

/**
 * vgpu_pvinfo_write() - the guest writes those bits of the dword at @offset that are set in @bits
 * Return: false in the half that is read-only.
 */
bool vgpu_pvinfo_write(struct vgpu *v, u32 offset, u32 value, u32 bits)
{
	u32 *stored;

	if (offset < HALF)
		return false;
	stored = &v->pv_guest[(offset - HALF) / 4];
	*stored = (*stored & ~bits) | (value & bits);
	return true;
}
