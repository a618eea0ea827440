// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A guest's PCI configuration space, as data: a Haswell GT2's without stolen memory, OpRegion and power management.
 *
 * Nothing in it has a side effect in the core: decoding, bus mastering and the MSI are the host's VFIO's matter. There is no power
 * management capability because no guest would gain by one: D3 of a vGPU saves nothing, since the GPU is the others' as well, and
 * i915 suspends and resumes without it (linux drivers/pci/pci.c: a device that has none stays in D0). Nor is there one for a
 * function-level reset: that is VFIO's to offer, which hypervisors prefer.
 * Sources: Intel 4th generation core datasheet vol. 2 (device 2), Linux pci_regs.h. Lock: the GPU's.
 */
#include "core.h"
#include "config.h"

#define BAR2 0x18u
#define MSAC 0x60u /* the dword whose byte 2 tells the aperture's size */

/* One dword; @writable bits are the guest's. All others of the space are zero and read-only. */
struct row {
	u32 offset, reset, writable;
};

/* clang-format off */
static const struct row rows[] = {
	{ 0x00, 0x04128086, 0 },			/* 8086:0412 */
	{ 0x04, 0x00900000, 0x00000407 },		/* command: I/O, memory, master, no INTx; status: capabilities */
	{ 0x08, 0x03800006, 0 },			/* display controller, revision 6 */
	{ 0x0c, 0, 0x000000ff },			/* cache line size */
	{ 0x10, 0x00000004, ~(VGPU_BAR0_BYTES - 1) },	/* BAR0: 64 bits, not prefetchable */
	{ 0x14, 0, ~0u },
	{ BAR2, 0x0000000c, 0 },			/* BAR2: 64 bits, prefetchable; its size is the GPU's */
	{ 0x1c, 0, ~0u },
	{ 0x20, 0x00000001, 0x0000ffc0 },		/* BAR4: 64 bytes of I/O */
	{ 0x2c, 0x04128086, 0 },			/* subsystem */
	{ 0x34, 0x00000090, 0 },			/* the first capability */
	{ 0x3c, 0x00000000, 0x000000ff },		/* interrupt line; no pin: MSI is all there is */
	{ 0x50, 0x00000200, 0 },			/* GMCH control: 2 MiB of GGTT entries, no stolen memory */
	{ 0x90, 0x00000005, 0x00010000 },		/* MSI: one vector, 32 bits of address; enable */
	{ 0x94, 0, 0xfffffffc },			/* its address */
	{ 0x98, 0, 0x0000ffff },			/* its data */
};
/* clang-format on */

/* Bits 2:1 of MSAC (config byte 0x62): 00 128 MiB, 01 256 MiB, 11 512 MiB (i915 gt/intel_ggtt.c relies on the BAR alone). */
static u32 msac(u64 aperture_bytes)
{
	u32 size = aperture_bytes <= 128ull << 20 ? 0 : aperture_bytes <= 256ull << 20 ? 1 : 3;

	return size << 17;
}

static u32 writable(const struct vgpu *v, u32 offset)
{
	u32 i;

	if (offset == BAR2)
		return ~(u32)(v->gpu->info.aperture_bytes - 1);
	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		if (rows[i].offset == offset)
			return rows[i].writable;
	}
	return 0;
}

/**
 * vgpu_config_reset() - the space as after power-on
 */
void vgpu_config_reset(struct vgpu *v)
{
	u32 i;

	memset(v->config, 0, sizeof(v->config));
	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++)
		v->config[rows[i].offset / 4] = rows[i].reset;
	v->config[MSAC / 4] = msac(v->gpu->info.aperture_bytes);
}

static bool outside(u32 offset, u32 len)
{
	return offset > VGPU_CONFIG_BYTES || len > VGPU_CONFIG_BYTES - offset;
}

/** vgpu_config_read() - see core.h */
int vgpu_config_read(struct vgpu *v, u32 offset, void *buf, u32 len)
{
	v->stats.traps_config++;
	if (outside(offset, len))
		return -EINVAL;
	memcpy(buf, (const u8 *)v->config + offset, len);
	return 0;
}

/** vgpu_config_write() - see core.h */
int vgpu_config_write(struct vgpu *v, u32 offset, const void *buf, u32 len)
{
	u8 *config = (u8 *)v->config;
	const u8 *in = buf;
	u32 i;

	v->stats.traps_config++;
	if (outside(offset, len))
		return -EINVAL;
	for (i = 0; i < len; i++) {
		u32 at = offset + i;
		u8 mask = (u8)(writable(v, at & ~3u) >> (at & 3) * 8);

		config[at] = (u8)((config[at] & ~mask) | (in[i] & mask));
	}
	return 0;
}
