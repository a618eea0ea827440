// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The registers: what acts, with its side effects, and what is known to be plain memory.
 *
 * Offsets and bits are those of i915 (gt/intel_engine_regs.h, gt/intel_gt_regs.h, i915_reg.h).
 */
#include "sim/engine/regs.h"

#define TIMESTAMP_NS 80u /* of one tick (i915 gt/intel_gt_clock_utils.c, gen 6 and later: 12.5 MHz) */
#define FORCEWAKE_ACK 0x130044
#define INSTPM_SYNC_FLUSH (1u << 5)
#define INSTPM_TLB_INVALIDATE (1u << 9)

static struct engine *engine_at(struct gen75 *gpu, uint32_t offset)
{
	for (unsigned int id = 0; id < GEN75_ENGINES; id++)
		if ((offset & ~0xfffu) == gpu->engine[id].base)
			return &gpu->engine[id];
	return &gpu->engine[GEN75_RCS];
}

/* --- rings ----------------------------------------------------------------------------------------------------------- */

static void write_ring(struct gen75 *gpu, uint32_t offset, uint32_t old, uint32_t written)
{
	gen75_engine_kick(gpu, engine_at(gpu, offset));
}

static uint32_t read_ctl(struct gen75 *gpu, uint32_t offset, uint32_t value)
{
	const struct engine *e = engine_at(gpu, offset);

	return value | (e->blocked ? e->wait_ctl : 0);
}

/* A ring that is switched off forgets the batch it was in; writing a wait bit releases the wait. */
static void write_ctl(struct gen75 *gpu, uint32_t offset, uint32_t old, uint32_t written)
{
	struct engine *e = engine_at(gpu, offset);

	if (written & (CTL_WAIT_EVENT | CTL_WAIT_SEMAPHORE))
		gen75_engine_release_wait(gpu, e);
	if (!(written & CTL_VALID)) {
		e->depth = 0;
		e->blocked = false;
		e->released = false;
		e->wait_ctl = 0;
		e->blit.active = false;
	}
	gen75_engine_kick(gpu, e);
}

static uint32_t read_mi_mode(struct gen75 *gpu, uint32_t offset, uint32_t value)
{
	return (value & ~MI_MODE_IDLE) | (gen75_engine_is_idle(gpu, engine_at(gpu, offset)) ? MI_MODE_IDLE : 0);
}

static void write_instpm(struct gen75 *gpu, uint32_t offset, uint32_t old, uint32_t written)
{
	*reg(gpu, offset) &= ~(INSTPM_SYNC_FLUSH | INSTPM_TLB_INVALIDATE);
}

static uint32_t read_timestamp(struct gen75 *gpu, uint32_t offset, uint32_t value)
{
	uint64_t ticks = gpu->now_ns / TIMESTAMP_NS;

	return offset & 4 ? ticks >> 32 & 0xf : ticks;
}

/* --- interrupts -------------------------------------------------------------------------------------------------------- */

static void write_irq(struct gen75 *gpu, uint32_t offset, uint32_t old, uint32_t written)
{
	gen75_irq_update(gpu);
}

/* --- reset and power ---------------------------------------------------------------------------------------------------- */

/* i915 gt/intel_gt_regs.h, GEN6_GRDOM_*: bit 0 resets all engines. */
static void write_gdrst(struct gen75 *gpu, uint32_t offset, uint32_t old, uint32_t written)
{
	static const uint32_t domain[GEN75_ENGINES] = {
		[GEN75_RCS] = 1u << 1,
		[GEN75_VCS] = 1u << 2,
		[GEN75_BCS] = 1u << 3,
		[GEN75_VECS] = 1u << 4,
	};

	*reg(gpu, offset) = 0;
	gen75_event(gpu, GEN75_EV_RESET, -1, written, 0);
	for (unsigned int id = 0; id < GEN75_ENGINES; id++) {
		if (!(written & (1u | domain[id])))
			continue;
		gen75_engine_reset(gpu, &gpu->engine[id]);
		gpu->stats.engine[id].resets++;
	}
}

static void write_forcewake(struct gen75 *gpu, uint32_t offset, uint32_t old, uint32_t written)
{
	*reg(gpu, FORCEWAKE_ACK) = *reg(gpu, offset) & 0xffff;
}

/* The mailbox is served at once, without error: bit 31 (busy) and the error code in bits 7:0 are clear. */
static void write_pcode(struct gen75 *gpu, uint32_t offset, uint32_t old, uint32_t written)
{
	*reg(gpu, offset) = 0;
}

/* HSW_CAGF, bits 13:7, is the frequency that software asked for in RPNSWREQ bits 30:24. */
static uint32_t read_rpstat(struct gen75 *gpu, uint32_t offset, uint32_t value)
{
	return (*reg(gpu, 0xa008) >> 24 & 0x7f) << 7;
}

static void write_rp_control(struct gen75 *gpu, uint32_t offset, uint32_t old, uint32_t written)
{
	gen75_rps_restart(gpu);
}

static uint32_t read_power_well(struct gen75 *gpu, uint32_t offset, uint32_t value)
{
	return (value & ~(1u << 30)) | (value >> 1 & 1u << 30);
}

/* LCPLL_CTL: locked unless disabled; FCLK as the source is confirmed at once. */
static uint32_t read_lcpll(struct gen75 *gpu, uint32_t offset, uint32_t value)
{
	value &= ~(1u << 30 | 1u << 19);
	return value | (value & 1u << 31 ? 0 : 1u << 30) | (value & 1u << 21 ? 1u << 19 : 0);
}

/* FDI_MPHY_IOSFSB_RESET: the status bit follows the control bit. */
static uint32_t read_south_chicken2(struct gen75 *gpu, uint32_t offset, uint32_t value)
{
	return (value & ~(1u << 13)) | (value & 1u << 12) << 1;
}

static void write_sbi_ctl(struct gen75 *gpu, uint32_t offset, uint32_t old, uint32_t written)
{
	*reg(gpu, offset) &= ~1u; /* SBI_BUSY: done at once */
}

static void write_adpa(struct gen75 *gpu, uint32_t offset, uint32_t old, uint32_t written)
{
	*reg(gpu, offset) &= ~(1u << 16); /* hotplug detection is over at once: nothing there */
}

#define ENGINE(off, n, what, ...)                                                                   \
	{                                                                                           \
		.offset = (off), .count = (n), .name = (what), .flags = REG_PER_ENGINE, __VA_ARGS__ \
	}
#define ENGINE_MASKED(off, what, ...)                                                                          \
	{                                                                                                      \
		.offset = (off), .count = 1, .name = (what), .flags = REG_PER_ENGINE | REG_MASKED, __VA_ARGS__ \
	}
#define REG(off, n, what, ...)                                             \
	{                                                                  \
		.offset = (off), .count = (n), .name = (what), __VA_ARGS__ \
	}
#define MASKED(off, n, what, ...)                                                               \
	{                                                                                       \
		.offset = (off), .count = (n), .name = (what), .flags = REG_MASKED, __VA_ARGS__ \
	}
#define RO(value) .reset = (value), .ro = ~0u
#define IRQ_BANK(off, what)                                                                                      \
	REG((off), 1, what " ISR", .ro = ~0u), REG((off) + 4, 1, what " IMR", .reset = ~0u, .write = write_irq), \
		REG((off) + 8, 1, what " IIR", .w1c = ~0u, .write = write_irq),                                  \
		REG((off) + 12, 1, what " IER", .write = write_irq)

const struct reg_desc gen75_reg_table[] = {
	ENGINE(RING_TAIL, 1, "RING_TAIL", .ro = ~TAIL_ADDR, .write = write_ring),
	ENGINE(RING_HEAD, 1, "RING_HEAD", .ro = 3, .write = write_ring),
	ENGINE(RING_START, 1, "RING_START", .ro = 0xfff, .write = write_ring),
	ENGINE(RING_CTL, 1, "RING_CTL", .ro = ~(CTL_PAGES | 6u | CTL_VALID), .read = read_ctl, .write = write_ctl),
	ENGINE(RING_SYNC0, 3, "RING_SYNC"),
	ENGINE_MASKED(0x50, "RING_PSMI_CTL", .ro = 1u << 3),
	ENGINE(0x54, 1, "RING_MAX_IDLE"),
	ENGINE(0x5c, 2, "RING_UDW", RO(0)),
	ENGINE(RING_IPEIR, 1, "RING_IPEIR", RO(0)),
	ENGINE(RING_IPEHR, 1, "RING_IPEHR", RO(0)),
	ENGINE(0x6c, 1, "RING_INSTDONE", RO(~0u)),
	ENGINE(0x70, 1, "RING_INSTPS", RO(0)),
	ENGINE(RING_ACTHD, 1, "RING_ACTHD", RO(0)),
	ENGINE(0x78, 1, "RING_DMA_FADD", RO(0)),
	ENGINE(0x7c, 1, "RING_INSTDONE1", RO(~0u)),
	ENGINE(RING_NOPID, 1, "RING_NOPID", RO(0)),
	ENGINE(0x98, 1, "RING_HWSTAM", .reset = ~0u),
	ENGINE_MASKED(RING_MI_MODE, "RING_MI_MODE", .ro = MI_MODE_IDLE, .read = read_mi_mode, .write = write_ring),
	ENGINE(RING_IMR, 1, "RING_IMR", .reset = ~0u),
	ENGINE(RING_EIR, 1, "RING_EIR", .w1c = ~0u),
	ENGINE(RING_EMR, 1, "RING_EMR", .reset = ~0u),
	ENGINE(RING_ESR, 1, "RING_ESR", RO(0)),
	ENGINE_MASKED(RING_INSTPM, "RING_INSTPM", .write = write_instpm),
	ENGINE(RING_BBSTATE, 1, "RING_BBSTATE", RO(0)),
	ENGINE(RING_SBBADDR, 2, "RING_SBBADDR, SBBSTATE", RO(0)),
	ENGINE(RING_UHPTR, 1, "RING_UHPTR"),
	ENGINE(RING_BBADDR, 1, "RING_BBADDR", RO(0)),
	ENGINE(RING_CCID, 1, "CCID"),
	ENGINE_MASKED(0x1d0, "ECOSKPD"),
	ENGINE(RING_DCLV, 1, "RING_PP_DIR_DCLV"),
	ENGINE(RING_PP_DIR_BASE, 1, "RING_PP_DIR_BASE"),
	ENGINE_MASKED(RING_MODE, "RING_MODE"),
	ENGINE(RING_TIMESTAMP, 2, "RING_TIMESTAMP", .ro = ~0u, .read = read_timestamp),

	MASKED(0x2084, 1, "3D_CHICKEN"),
	MASKED(0x2088, 1, "FF_SLICE_CHICKEN"),
	MASKED(0x208c, 1, "3D_CHICKEN2"),
	MASKED(0x2090, 1, "3D_CHICKEN3"),
	MASKED(0x20d0, 1, "GT_MODE"),
	MASKED(0x20e0, 2, "FF_SLICE_CS_CHICKEN"),
	MASKED(0x20ec, 1, "CS_DEBUG_MODE1"),
	MASKED(0x2120, 1, "CACHE_MODE_0"),
	MASKED(0x2520, 1, "GFX_MODE"),
	MASKED(0x2580, 1, "CS_CHICKEN1"),
	MASKED(0x4030, 1, "ARB_MODE"),
	MASKED(0x7000, 3, "CACHE_MODE_0, CACHE_MODE_1, GT_MODE"),
	MASKED(0x7010, 3, "COMMON_SLICE_CHICKEN, HIZ_CHICKEN"),
	MASKED(REG_BCS_SWCTRL, 1, "BCS_SWCTRL"),
	REG(0x7100, 1, "SC_INSTDONE", RO(~0u)),
	REG(0xe160, 2, "SAMPLER_INSTDONE, ROW_INSTDONE", RO(~0u)),
	MASKED(0xe100, 1, "HALF_SLICE_CHICKEN1"),
	MASKED(0xe180, 3, "HALF_SLICE_CHICKEN3, SAMPLER_MODE, HALF_SLICE_CHICKEN7"),
	MASKED(0xe48c, 1, "HALF_SLICE_CHICKEN2"),
	MASKED(0xe49c, 1, "ROW_CHICKEN3"),
	MASKED(0xe4f0, 2, "ROW_CHICKEN, ROW_CHICKEN2"),
	MASKED(0xe5f0, 1, "TDL_CHICKEN"),

	REG(0x941c, 1, "GDRST", .write = write_gdrst),
	REG(0xa01c, 1, "RPSTAT1", .ro = ~0u, .read = read_rpstat),
	REG(0xa024, 1, "RP_CONTROL", .write = write_rp_control),
	MASKED(0xa180, 1, "ECOBUS"),
	MASKED(0xa188, 1, "FORCEWAKE_MT", .write = write_forcewake),
	REG(0x120000, 1, "GTFIFODBG", .w1c = ~0u),
	REG(0x120008, 1, "GTFIFOCTL", RO(0x3f)),
	REG(0x120010, 1, "EDRAM_CAP", RO(0)),
	REG(FORCEWAKE_ACK, 1, "FORCEWAKE_ACK_HSW", RO(0)),
	REG(0x13805c, 1, "GT_CORE_STATUS", RO(0)),
	REG(0x138124, 1, "PCODE_MAILBOX", .write = write_pcode),
	/* MAD_DIMM: channels of different size mean that i915 leaves bit-6 swizzling off (gt/intel_ggtt_fencing.c) */
	REG(0x145004, 1, "MAD_DIMM_C0", RO(0x10)),
	REG(0x145008, 1, "MAD_DIMM_C1", RO(0x08)),
	/* maximum, nominal and minimum frequency in 50 MHz: 1250, 350, 350 */
	REG(0x145998, 1, "RP_STATE_CAP", RO(0x070719)),
	REG(0x145948, 1, "GT_PERF_STATUS", RO(0)),

	IRQ_BANK(REG_DE_ISR, "DE"),
	IRQ_BANK(REG_GT_ISR, "GT"),
	IRQ_BANK(REG_PM_ISR, "PM"),
	IRQ_BANK(REG_SDE_ISR, "SDE"),
	REG(0x42300, 1, "FPGA_DBG", .w1c = ~0u),
	REG(0x44040, 1, "ERR_INT", .w1c = ~0u),
	REG(0x44048, 1, "FUSE_ERR", .w1c = ~0u),
	REG(0xc4040, 1, "SERR_INT", .w1c = ~0u),
	REG(0x64838, 1, "EDP_PSR_IIR", .w1c = ~0u),
	/* the display is not fused off, but nothing is connected: no CRT (bit 6), no DDI B, C, D */
	REG(0x42014, 1, "FUSE_STRAP", RO(0)),
	REG(0xc2014, 1, "SFUSE_STRAP", RO(0x40)),
	REG(0x45400, 4, "PWR_WELL_CTL", .read = read_power_well),
	REG(0x130040, 1, "LCPLL_CTL", .read = read_lcpll),
	REG(0xc2004, 1, "SOUTH_CHICKEN2", .read = read_south_chicken2),
	REG(0xc6008, 1, "SBI_CTL_STAT", .write = write_sbi_ctl),
	REG(0xc5108, 1, "GMBUS3_STATUS", RO(0x400)), /* NAK: no device answers */
	REG(0xe1100, 1, "PCH_ADPA", .write = write_adpa),
};
const unsigned int gen75_reg_table_count = ARRAY_COUNT(gen75_reg_table);

const struct reg_range gen75_reg_plain[] = {
	{ 0x2020, 0x2030, "EXCC" },
	{ 0x20a0, 0x20a4, "FF_THREAD_MODE" },
	{ 0x14090, 0x14094, "GAC_ECO_BITS" },
	{ 0x44050, 0x44054, "DERRMR" },
	{ 0x46408, 0x4640c, "NDE_RSTWRN_OPT" },
	{ 0xe7000, 0xe7004, "PCH_GTC_CTL" },
	{ 0x2080, 0x2084, "HWS_PGA (gen 6)" },
	{ 0x20cc, 0x20d0, "WAIT_FOR_RC6_EXIT" },
	{ 0x2170, 0x2174, "GFX_FLSH_CNTL" },
	{ 0x21a0, 0x21ac, "CXT_SIZE" },
	{ 0x2214, 0x2218, "MI_PREDICATE_RESULT_2" },
	{ 0x2290, 0x2298, "GPGPU_THREADS_DISPATCHED" },
	{ 0x22c8, 0x2358, "context and pipeline statistics" },
	{ 0x2358, 0x2420, "predicate" },
	{ 0x2420, 0x2444, "3DPRIM_*" },
	{ 0x2500, 0x250c, "GPGPU_DISPATCHDIM" },
	{ 0x2360, 0x2364, "OACONTROL" },
	{ 0x2600, 0x2680, "CS_GPR" },
	{ 0x2700, 0x27b0, "OA" },
	{ 0x4080, 0x4084, "RENDER_HWS_PGA" },
	{ 0x4090, 0x4098, "GAM_ECOCHK, RING_FAULT" },
	{ 0x40a0, 0x40b4, "ERROR_GEN6, DONE_REG" },
	{ 0x4180, 0x4184, "BSD_HWS_PGA" },
	{ 0x4194, 0x4198, "RING_FAULT" },
	{ 0x4280, 0x4284, "BLT_HWS_PGA" },
	{ 0x4294, 0x4298, "RING_FAULT" },
	{ 0x4380, 0x4384, "VEBOX_HWS_PGA" },
	{ 0x4394, 0x4398, "RING_FAULT" },
	{ 0x4700, 0x4704, "TLB_RD_ADDR" },
	{ 0x5200, 0x5290, "SO_NUM_PRIMS, SO_STORAGE, SO_WRITE_OFFSET" },
	{ 0x8000, 0x8014, "MSG_IDLE" },
	{ 0x9000, 0x9100, "GAM, MBC" },
	{ 0x911c, 0x9124, "fuses" },
	{ 0x9400, 0x941c, "UCGCTL, RCGCTL" },
	{ 0x9420, 0x9440, "RSTCTL, MISCCPCTL" },
	{ 0xa000, 0xa01c, "RPS" },
	{ 0xa020, 0xa100, "RPS, RC6" },
	{ 0xa168, 0xa16c, "PMINTRMSK" },
	{ 0xa18c, 0xa190, "FORCEWAKE" },
	{ 0xb000, 0xb100, "L3" },
	{ 0xb270, 0xb2f0, "L3LOG slice 1" },
	{ 0xe110, 0xe120, "row registers" },
	{ 0x100000, 0x100100, "fences" },
	{ 0x101000, 0x101004, "TILECTL" },
	{ 0x101008, 0x10100c, "GFX_FLSH_CNTL" },
	{ 0x130090, 0x130094, "fused power" },
	{ 0x138104, 0x138124, "RC6 residency" },
	{ 0x138128, 0x138134, "PCODE_DATA" },
	{ 0x41000, 0x41008, "VGACNTRL" },
	{ 0x42000, 0x42014, "display clocks" },
	{ 0x42020, 0x42100, "display chicken" },
	{ 0x43200, 0x43300, "FBC" },
	{ 0x44030, 0x44040, "display interrupts" },
	{ 0x45000, 0x45400, "arbiter, IPS, watermarks" },
	{ 0x45410, 0x46000, "power wells" },
	{ 0x46000, 0x46200, "display PLLs" },
	{ 0x48000, 0x49000, "backlight, blend" },
	{ 0x49000, 0x4c000, "gamma, CSC" },
	{ 0x60000, 0x64838, "transcoders, DDI" },
	{ 0x6483c, 0x6a000, "transcoders, eDP" },
	{ 0x6f000, 0x70000, "transcoder eDP" },
	{ 0x70000, 0x80000, "pipes, planes" },
	{ 0xc2000, 0xc2004, "SOUTH_CHICKEN1" },
	{ 0xc2008, 0xc2014, "SOUTH_CHICKEN" },
	{ 0xc2018, 0xc2100, "south clocks" },
	{ 0xc4010, 0xc4040, "south hotplug" },
	{ 0xc5010, 0xc5108, "GPIO, GMBUS" },
	{ 0xc510c, 0xc5200, "GMBUS" },
	{ 0xc6000, 0xc6008, "SBI" },
	{ 0xc6014, 0xc7000, "south PLLs" },
	{ 0xc7200, 0xc7220, "panel power" },
	{ 0xc8000, 0xc9000, "backlight" },
	{ 0xe0000, 0xe1100, "south transcoder A" },
	{ 0xe1104, 0xe5000, "south ports" },
	{ 0xf0000, 0xf4000, "FDI" },
	{ 0x140000, 0x145004, "memory controller" },
	{ 0x14500c, 0x145948, "memory controller" },
	{ 0x14594c, 0x145998, "memory controller" },
	{ 0x14599c, 0x150000, "memory controller" },
};
const unsigned int gen75_reg_plain_count = ARRAY_COUNT(gen75_reg_plain);
