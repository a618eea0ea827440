// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A guest's trapped accesses to BAR0: any size in, dwords out, to the registers, the PVINFO page or the GGTT. And those to the
 * aperture, which only have to be let through or not.
 * Lock: the GPU's.
 */
#include "core.h"
#include "ggtt.h"
#include "hw.h"
#include "pvinfo.h"

static bool malformed(u32 offset, u32 len)
{
	return (len != 1 && len != 2 && len != 4 && len != 8) || offset & (len - 1) || offset > VGPU_BAR0_BYTES - len;
}

static bool in_pvinfo(u32 offset)
{
	return offset >= PVINFO_BASE && offset < PVINFO_BASE + PVINFO_BYTES;
}

/* Of a write of at most a dword: the dword that it is in, and there its value and which bits are written. */
static u32 widen(u32 offset, const void *buf, u32 len, u32 *ret_value, u32 *ret_bits)
{
	u32 shift = (offset & 3) * 8, value = 0;

	memcpy(&value, buf, len);
	*ret_value = value << shift;
	*ret_bits = (len == 4 ? ~0u : (1u << len * 8) - 1) << shift;
	return offset & ~3u;
}

static u32 entry_index(u32 offset)
{
	return (offset - VGPU_MMIO_BYTES) / 4;
}

static u32 new_entry(const struct vgpu *v, u32 index, u32 value, u32 bits)
{
	return (vgpu_ggtt_read(v, index) & ~bits) | (value & bits);
}

static u32 read_dword(struct vgpu *v, u32 offset, u64 now_ns)
{
	u32 value = 0;

	if (offset >= VGPU_MMIO_BYTES)
		return vgpu_ggtt_read(v, entry_index(offset));
	if (in_pvinfo(offset))
		return vgpu_pvinfo_read(v, offset - PVINFO_BASE);
	if (!vgpu_regs_read(v, offset, now_ns, &value))
		v->stats.reject_mmio++;
	return value;
}

static void write_dword(struct vgpu *v, u32 offset, u32 value, u32 bits, u64 now_ns)
{
	if (offset >= VGPU_MMIO_BYTES) {
		vgpu_ggtt_write(v, entry_index(offset), new_entry(v, entry_index(offset), value, bits));
		return;
	}
	if (in_pvinfo(offset) ? !vgpu_pvinfo_write(v, offset - PVINFO_BASE, value, bits)
			      : !vgpu_regs_write(v, offset, value, bits, now_ns))
		v->stats.reject_mmio++;
}

/* Counts the access. Return: false if it goes nowhere. */
static bool admit(struct vgpu *v, u32 offset, u32 len)
{
	if (offset >= VGPU_MMIO_BYTES)
		v->stats.traps_ggtt++;
	else
		v->stats.traps_mmio++;
	if (!malformed(offset, len))
		return v->open;
	v->stats.reject_mmio++;
	return false;
}

/** vgpu_bar0_read() - see core.h */
void vgpu_bar0_read(struct vgpu *v, u32 offset, void *buf, u32 len, u64 now_ns)
{
	u32 done, value, part;

	memset(buf, 0, len);
	if (!admit(v, offset, len))
		return;
	for (done = 0; done < len; done += part) {
		part = len < 4 ? len : 4;
		value = read_dword(v, (offset + done) & ~3u, now_ns) >> (offset & 3) * 8;
		memcpy((u8 *)buf + done, &value, part);
	}
}

/** vgpu_bar0_write() - see core.h */
void vgpu_bar0_write(struct vgpu *v, u32 offset, const void *buf, u32 len, u64 now_ns)
{
	u32 done, value, bits, part, at;

	if (!admit(v, offset, len))
		return;
	for (done = 0; done < len; done += part) {
		part = len < 4 ? len : 4;
		at = widen(offset + done, (const u8 *)buf + done, part, &value, &bits);
		write_dword(v, at, value, bits, now_ns);
	}
}

/** vgpu_aperture_admit() - see core.h */
bool vgpu_aperture_admit(struct vgpu *v, u64 offset, u32 len)
{
	const struct vgpu_range *own = &v->own[VGPU_APERTURE];

	v->stats.traps_aperture++;
	if (v->open && offset >= own->base && len <= own->size && offset - own->base <= own->size - len)
		return true;
	v->stats.reject_aperture++;
	return false;
}
