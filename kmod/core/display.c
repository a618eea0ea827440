// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What happens when a guest uses its display engine, to which nothing is connected: what it switches on or off reports so at
 * once, nobody answers on I2C and DisplayPort AUX, and nothing reaches the hardware. The table is display_list.h. Lock: the GPU's.
 */
#include "core.h"
#include "display.h"
#include "hw.h"

/**
 * vgpu_display_pipe_read() - read hook of PIPECONF and TRANSCONF: on or off as asked
 */
u32 vgpu_display_pipe_read(const struct vgpu_reg_access *a)
{
	return *a->stored & PIPE_ENABLE ? *a->stored | PIPE_STATE : *a->stored & ~PIPE_STATE;
}

/**
 * vgpu_display_power_well_read() - read hook of the four PWR_WELL_CTL: a well is on as long as one of them requests it
 *
 * The firmware, the driver, KVMr and debugging each have one (i915 display/intel_display_power_well.c).
 */
u32 vgpu_display_power_well_read(const struct vgpu_reg_access *a)
{
	const u32 *ctl = &a->v->regs.common[VGPU_REG_PWR_WELL_CTL];
	u32 requests = (ctl[0] | ctl[1] | ctl[2] | ctl[3]) & PWR_WELL_REQUEST;

	return (*a->stored & ~PWR_WELL_STATE) | requests >> 1;
}

/**
 * vgpu_display_ddi_read() - read hook of DDI_BUF_CTL: idle unless it is enabled
 */
u32 vgpu_display_ddi_read(const struct vgpu_reg_access *a)
{
	return *a->stored & DDI_BUF_ENABLE ? *a->stored & ~DDI_BUF_IDLE : *a->stored | DDI_BUF_IDLE;
}

/**
 * vgpu_display_south_chicken2_read() - read hook: the sideband's reset is in the state that is asked for
 *
 * i915 waits for either edge (display/intel_pch_refclk.c, lpt_fdi_reset_mphy()).
 */
u32 vgpu_display_south_chicken2_read(const struct vgpu_reg_access *a)
{
	return *a->stored & IOSFSB_RESET ? *a->stored | IOSFSB_RESET_STATUS : *a->stored & ~IOSFSB_RESET_STATUS;
}

/**
 * vgpu_display_panel_read() - read hook of PCH_PP_STATUS: on and idle, or off and idle, as PCH_PP_CONTROL says
 */
u32 vgpu_display_panel_read(const struct vgpu_reg_access *a)
{
	return a->v->regs.common[VGPU_REG_PCH_PP_CONTROL] & BIT(0) ? BIT(31) | 8 : 0;
}

/**
 * vgpu_display_timestamp_read() - read hook: microseconds
 */
u32 vgpu_display_timestamp_read(const struct vgpu_reg_access *a)
{
	return (u32)(a->now_ns / 1000);
}

/* --- I2C ----------------------------------------------------------------------------------------------------------------- */

/*
 * Of a GPIO pair, the clock's bits, and the data's 8 higher. DIRECTION and OUT are written only together with the bit in front of
 * each, which reads as zero; IN is the level of the line.
 */
#define DIRECTION_MASK BIT(0)
#define DIRECTION BIT(1) /* the guest drives the line */
#define OUT_MASK BIT(2)
#define OUT BIT(3)
#define IN BIT(4)
#define PULL_UP_DISABLE BIT(5)

static u32 line_written(u32 old, u32 written)
{
	u32 enabled = PULL_UP_DISABLE;

	if (written & DIRECTION_MASK)
		enabled |= DIRECTION;
	if (written & OUT_MASK)
		enabled |= OUT;
	return (old & (DIRECTION | OUT | PULL_UP_DISABLE) & ~enabled) | (written & enabled);
}

/* Nothing else drives it, so that it is high by its pull-up unless the guest pulls it down. */
static u32 line_read(u32 stored)
{
	return (stored & DIRECTION && !(stored & OUT)) ? stored : stored | IN;
}

/**
 * vgpu_display_gpio_written() - write hook of the I2C lines as GPIOs
 */
void vgpu_display_gpio_written(const struct vgpu_reg_access *a)
{
	*a->stored = line_written(a->old, *a->stored) | line_written(a->old >> 8, *a->stored >> 8) << 8;
}

/**
 * vgpu_display_gpio_read() - read hook of the I2C lines as GPIOs
 */
u32 vgpu_display_gpio_read(const struct vgpu_reg_access *a)
{
	return line_read(*a->stored & 0xff) | line_read(*a->stored >> 8) << 8;
}

/**
 * vgpu_display_gmbus_written() - write hook of GMBUS1: a cycle is not acknowledged, which lasts until software clears it
 */
void vgpu_display_gmbus_written(const struct vgpu_reg_access *a)
{
	u32 *status = &a->v->regs.common[VGPU_REG_GMBUS2];

	if (*a->stored & GMBUS_CLEAR)
		*status = GMBUS_READY;
	else if (a->written & GMBUS_GO && a->written & GMBUS_CYCLE)
		*status |= GMBUS_NAK;
}

/* --- DisplayPort AUX, the PCH's sideband -------------------------------------------------------------------------------- */

/**
 * vgpu_display_aux_written() - write hook of DP_AUX_CTL: what is sent is not answered in time
 */
void vgpu_display_aux_written(const struct vgpu_reg_access *a)
{
	if (a->written & AUX_BUSY)
		*a->stored |= AUX_DONE | AUX_TIMEOUT;
}

/* Clocks behind the sideband that i915 programs (i915_reg.h, SBI_*). Others read as zero. */
static const u16 sbi_address[VGPU_SBI_REGS] = {
	0x0200, /* SSCDIVINTPHASE */
	0x0204, /* SSCDITHPHASE */
	0x020c, /* SSCCTL */
	0x0600, /* SSCDIVINTPHASE6 */
	0x060c, /* SSCCTL6 */
	0x0610, /* SSCAUXDIV6 */
	0x1f00, /* GEN0 */
	0x2a00, /* DBUFF0 */
};

#define SBI_OP(ctl) ((ctl)&0x0001ff00) /* destination and operation */
#define SBI_ICLK_READ 0x0600
#define SBI_ICLK_WRITE 0x0700

/**
 * vgpu_display_sbi_written() - write hook of SBI_CTL_STAT: the operation is done at once, successfully
 */
void vgpu_display_sbi_written(const struct vgpu_reg_access *a)
{
	struct vgpu_reg_file *f = &a->v->regs;
	u32 i, *data = &f->common[VGPU_REG_SBI_DATA], address = f->common[VGPU_REG_SBI_ADDR] >> 16;

	if (!(a->written & SBI_BUSY))
		return;
	for (i = 0; i < VGPU_SBI_REGS && sbi_address[i] != address; i++)
		;
	if (SBI_OP(a->written) == SBI_ICLK_READ)
		*data = i < VGPU_SBI_REGS ? f->sbi[i] : 0;
	else if (SBI_OP(a->written) == SBI_ICLK_WRITE && i < VGPU_SBI_REGS)
		f->sbi[i] = *data;
}
