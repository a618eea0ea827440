// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A guest's frequencies, its mailbox to the power firmware, and the clock of its display: what it asks for is granted at once and
 * has no effect on the hardware, which all share.
 *
 * A guest sees the frequency that it requested; the interrupts that tell a driver to request another never come, so that it stays
 * where the driver itself puts it (i915 gt/intel_rps.c: boosts, limits of sysfs). Lock: the GPU's.
 */
#include "core.h"
#include "hw.h"
#include "power.h"

/* clang-format off */
#define RPNSWREQ		(VGPU_REG_RPS + 2)	/* 0xa008 */
#define   REQUESTED(v)		((v) >> 24 & 0x7f)	/* in 50 MHz, as in RPSTAT1 */
#define   CURRENT(ratio)	((ratio) << 7)		/* of RPSTAT1, bits 13:7 */
#define   PERF_RATIO(ratio)	((ratio) << 8)		/* of GT_PERF_STATUS, bits 15:8 */

/* The mailbox: software sets READY, the firmware clears it and leaves a result in place of the command (i915_reg.h). */
#define PCODE_READY		BIT(31)
#define PCODE_COMMAND		0xffu
#define   WRITE_RC6VIDS		0x4u
#define   READ_RC6VIDS		0x5u
#define   WRITE_FREQ_TABLE	0x8u
#define   READ_FREQ_TABLE	0x9u
#define   READ_OVERCLOCKING	0xcu			/* bit 31: can be overclocked */
#define   READ_D_COMP		0x10u
#define   WRITE_D_COMP		0x11u
#define   READ_DUTY_CYCLE	0x1au
#define     EFFICIENT_RATIO	(7u << 8)		/* 350 MHz, as in RP_STATE_CAP */
#define PCODE_ILLEGAL		0x1u
#define PCODE_OUT_OF_RANGE	0x2u

/* D_COMP: a compensation that is forced is done at once, and the request is gone then. */
#define COMP_IN_PROGRESS	BIT(9)
#define COMP_FORCE		BIT(8)
/* clang-format on */

/**
 * vgpu_power_rpstat_read() - read hook of RPSTAT1: the requested frequency is the current one
 */
u32 vgpu_power_rpstat_read(const struct vgpu_reg_access *a)
{
	return CURRENT(REQUESTED(a->v->regs.common[RPNSWREQ]));
}

/**
 * vgpu_power_perf_status_read() - read hook of GT_PERF_STATUS: as RPSTAT1; no voltage
 */
u32 vgpu_power_perf_status_read(const struct vgpu_reg_access *a)
{
	return PERF_RATIO(REQUESTED(a->v->regs.common[RPNSWREQ]));
}

/**
 * vgpu_power_lcpll_read() - read hook: locked unless it is disabled, and the other source is on as soon as it is asked for
 *
 * i915 waits for both when it enters and leaves package C8 (display/intel_display_power.c, hsw_disable_lcpll()).
 */
u32 vgpu_power_lcpll_read(const struct vgpu_reg_access *a)
{
	u32 value = *a->stored & ~(LCPLL_LOCK | LCPLL_FCLK_DONE);

	if (!(value & LCPLL_DISABLE))
		value |= LCPLL_LOCK;
	if (value & LCPLL_FCLK)
		value |= LCPLL_FCLK_DONE;
	return value;
}

/*
 * Bits 7:0 of a request are a ratio of the GT; of a write, the bits above are the CPU's and the ring's to go with it, which a read
 * gives from bit 0 on (i915 gt/intel_llc.c writes, gt/intel_gt_pm_debugfs.c reads).
 */
static u32 freq_table(struct vgpu_reg_file *f, u32 *data, bool write)
{
	u32 ratio = *data & 0xff;

	if (ratio >= VGPU_GT_RATIOS)
		return PCODE_OUT_OF_RANGE;
	if (write)
		f->ring_freq[ratio] = *data >> 8;
	else
		*data = f->ring_freq[ratio];
	return 0;
}

/* Return: the result, 0 for done. */
static u32 execute(struct vgpu_reg_file *f, u32 command)
{
	u32 *data = &f->common[VGPU_REG_PCODE_DATA];

	switch (command) {
	case WRITE_RC6VIDS:
		return 0;
	case READ_RC6VIDS:
	case READ_OVERCLOCKING:
		*data = 0;
		return 0;
	case WRITE_FREQ_TABLE:
		return freq_table(f, data, true);
	case READ_FREQ_TABLE:
		return freq_table(f, data, false);
	case READ_D_COMP:
		*data = f->common[VGPU_REG_D_COMP];
		return 0;
	case WRITE_D_COMP:
		f->common[VGPU_REG_D_COMP] = *data & ~(COMP_IN_PROGRESS | COMP_FORCE);
		return 0;
	case READ_DUTY_CYCLE:
		*data = EFFICIENT_RATIO;
		return 0;
	}
	return PCODE_ILLEGAL;
}

/**
 * vgpu_power_pcode_written() - write hook of the power firmware's mailbox: commands that Haswell's knows are done at once
 */
void vgpu_power_pcode_written(const struct vgpu_reg_access *a)
{
	if (*a->stored & PCODE_READY)
		*a->stored = (*a->stored & ~(PCODE_READY | PCODE_COMMAND)) | execute(&a->v->regs, *a->stored & PCODE_COMMAND);
}
