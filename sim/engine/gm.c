// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Graphics memory: walks the GGTT and the aliasing PPGTT, reads and writes through them.
 *
 * Nothing is cached: the GGTT's entries are read at every use, since a hypervisor lets its guest write them unseen.
 * An access through an entry that is not valid reads zeros and writes nothing, and is left in the engine's fault register
 * (i915 gt/intel_gt_regs.h, RING_FAULT_REG); one to an address without memory reads all ones, as an unclaimed bus cycle does.
 */
#include <string.h>

#include "sim/engine/gpu.h"

#define PTE_VALID 1u
#define PPGTT_PDES 512u
#define PDES_PER_LINE 16u /* a bit of DCLV stands for a cache line of 16 directory entries */

#define FAULT_VALID 1u
#define FAULT_GGTT (1u << 11)

static const uint32_t fault_reg[GEN75_ENGINES] = {
	[GEN75_RCS] = 0x4094,
	[GEN75_VCS] = 0x4194,
	[GEN75_BCS] = 0x4294,
	[GEN75_VECS] = 0x4394,
};

/* A page's entry: bits 10:4 hold address bits 38:32 (i915 gt/intel_gtt.h, HSW_GTT_ADDR_ENCODE). */
static uint64_t pte_address(uint32_t pte)
{
	return (pte & 0xfffff000u) | (uint64_t)(pte & 0x7f0u) << 28;
}

/* A directory's entry: bits 11:4 hold address bits 39:32 (i915 gt/intel_gtt.h, GEN6_PDE_ADDR_ENCODE). */
static uint64_t pde_address(uint32_t pde)
{
	return (pde & 0xfffff000u) | (uint64_t)(pde & 0xff0u) << 28;
}

static void bad_pte(struct gen75 *gpu, const struct engine *e, enum gen75_space space, uint32_t addr, uint32_t pte)
{
	gen75_event(gpu, GEN75_EV_BAD_PTE, e ? (int)e->id : -1, addr, pte);
	if (e && !(*reg(gpu, fault_reg[e->id]) & FAULT_VALID))
		*reg(gpu, fault_reg[e->id]) = (addr & 0xfffff000u) | (space == SPACE_GGTT ? FAULT_GGTT : 0) | FAULT_VALID;
}

static void *dma(struct gen75 *gpu, const struct engine *e, uint64_t addr, size_t len, bool write)
{
	void *p = gpu->ops.dma(gpu->ctx, addr, len, write);

	if (!p)
		gen75_event(gpu, GEN75_EV_BUS_ERROR, e ? (int)e->id : -1, addr, write);
	return p;
}

/*
 * The directory lies in GGTT entry slots; PP_DIR_BASE bits 31:16 say where, in cache lines (i915 gt/gen6_ppgtt.c: the
 * register holds the byte offset in the table, shifted left by 10).
 */
static bool ppgtt_walk(struct gen75 *gpu, const struct engine *e, uint32_t addr, uint32_t *ret_pte)
{
	uint32_t pde_index = addr >> 22;
	uint32_t slot = (*ring_reg(gpu, e, RING_PP_DIR_BASE) >> 16) * PDES_PER_LINE + pde_index;
	uint32_t lines = *ring_reg(gpu, e, RING_DCLV);
	uint32_t pde, *pte;

	*ret_pte = 0;
	if (pde_index >= PPGTT_PDES || slot >= GEN75_GGTT_ENTRIES || !(lines >> (pde_index / PDES_PER_LINE) & 1))
		return false;
	pde = gpu->ggtt[slot];
	if (!(pde & PTE_VALID)) {
		*ret_pte = pde;
		return false;
	}
	pte = dma(gpu, e, pde_address(pde) + (addr >> 12 & 1023) * 4, 4, false);
	if (!pte)
		return false;
	*ret_pte = *pte;
	return *ret_pte & PTE_VALID;
}

/**
 * gen75_gm_ppgtt_on() - whether an engine's PPGTT is enabled (RING_MODE bit 9)
 */
bool gen75_gm_ppgtt_on(struct gen75 *gpu, const struct engine *e)
{
	return *ring_reg(gpu, e, RING_MODE) & RING_MODE_PPGTT;
}

static void *map(struct gen75 *gpu, const struct engine *e, enum gen75_space space, uint32_t addr, size_t len, bool write,
		 bool *ret_valid)
{
	uint32_t pte;

	if (space == SPACE_PPGTT && e && gen75_gm_ppgtt_on(gpu, e)) {
		*ret_valid = ppgtt_walk(gpu, e, addr, &pte);
	} else {
		space = SPACE_GGTT;
		pte = addr >> 12 < GEN75_GGTT_ENTRIES ? gpu->ggtt[addr >> 12] : 0;
		*ret_valid = pte & PTE_VALID;
	}
	if (!*ret_valid) {
		bad_pte(gpu, e, space, addr, pte);
		return NULL;
	}
	return dma(gpu, e, pte_address(pte) + (addr & (PAGE_BYTES - 1)), len, write);
}

/**
 * gen75_gm_map() - memory behind a graphics address
 * @e: whose PPGTT, and whose fault register; NULL: the CPU through the aperture, GGTT only
 * @len: must not cross a page
 *
 * SPACE_PPGTT is the GGTT while the engine's PPGTT is off.
 * Return: NULL when there is none; the fault has been recorded.
 */
void *gen75_gm_map(struct gen75 *gpu, const struct engine *e, enum gen75_space space, uint32_t addr, size_t len, bool write)
{
	bool valid;

	return map(gpu, e, space, addr, len, write, &valid);
}

/**
 * gen75_gm_read() - read graphics memory, any length; what is not there reads as zeros (no entry) or ones (no memory)
 */
void gen75_gm_read(struct gen75 *gpu, const struct engine *e, enum gen75_space space, uint32_t addr, void *buf, size_t len)
{
	uint8_t *to = buf;

	while (len) {
		size_t n = min_u64(len, PAGE_BYTES - (addr & (PAGE_BYTES - 1)));
		bool valid;
		const void *p = map(gpu, e, space, addr, n, false, &valid);

		if (p)
			memcpy(to, p, n);
		else
			memset(to, valid ? 0xff : 0, n);
		to += n;
		addr += n;
		len -= n;
	}
}

/**
 * gen75_gm_write() - write graphics memory, any length; what is not there takes nothing
 */
void gen75_gm_write(struct gen75 *gpu, const struct engine *e, enum gen75_space space, uint32_t addr, const void *buf, size_t len)
{
	const uint8_t *from = buf;

	while (len) {
		size_t n = min_u64(len, PAGE_BYTES - (addr & (PAGE_BYTES - 1)));
		void *p = gen75_gm_map(gpu, e, space, addr, n, true);

		if (p)
			memcpy(p, from, n);
		from += n;
		addr += n;
		len -= n;
	}
}

/**
 * gen75_gm_read32() - read an aligned dword of graphics memory
 */
uint32_t gen75_gm_read32(struct gen75 *gpu, const struct engine *e, enum gen75_space space, uint32_t addr)
{
	uint32_t value;

	gen75_gm_read(gpu, e, space, addr & ~3u, &value, 4);
	return value;
}

/**
 * gen75_gm_write32() - write an aligned dword of graphics memory, in one store: the CPU may be polling it
 */
void gen75_gm_write32(struct gen75 *gpu, const struct engine *e, enum gen75_space space, uint32_t addr, uint32_t value)
{
	uint32_t *p = gen75_gm_map(gpu, e, space, addr & ~3u, 4, true);

	if (p)
		__atomic_store_n(p, value, __ATOMIC_RELEASE);
}
