/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A guest's frequencies, power firmware and display clock; see power.c.
 */
#ifndef VGPU_POWER_H
#define VGPU_POWER_H

/* clang-format off */
#define LCPLL_DISABLE		BIT(31)
#define LCPLL_LOCK		BIT(30)
#define LCPLL_FCLK		BIT(21)
#define LCPLL_FCLK_DONE		BIT(19)
/* clang-format on */

u32 vgpu_power_rpstat_read(const struct vgpu_reg_access *a);
u32 vgpu_power_perf_status_read(const struct vgpu_reg_access *a);
u32 vgpu_power_lcpll_read(const struct vgpu_reg_access *a);
void vgpu_power_pcode_written(const struct vgpu_reg_access *a);

#endif
