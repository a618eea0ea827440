/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A guest's display registers that do something; see display.c. Names of bits are i915's (i915_reg.h, display/intel_gmbus_regs.h).
 */
#ifndef VGPU_DISPLAY_H
#define VGPU_DISPLAY_H

/* clang-format off */
#define VGA_DISP_DISABLE	BIT(31)
#define PIPE_ENABLE		BIT(31)		/* of PIPECONF and the PCH's TRANSCONF */
#define PIPE_STATE		BIT(30)
#define PWR_WELL_REQUEST	0xaaaaaaaau	/* the state of each is the bit below */
#define PWR_WELL_STATE		0x55555555u
#define DDI_BUF_ENABLE		BIT(31)
#define DDI_BUF_IDLE		BIT(7)
#define DDI_INIT_DETECTED	BIT(0)
#define AUX_BUSY		BIT(31)
#define AUX_DONE		BIT(30)
#define AUX_TIMEOUT		BIT(28)
#define AUX_RECEIVE_ERROR	BIT(25)
#define AUX_RESULT		(AUX_DONE | AUX_TIMEOUT | AUX_RECEIVE_ERROR)
#define IOSFSB_RESET_STATUS	BIT(13)
#define IOSFSB_RESET		BIT(12)
#define GMBUS_CLEAR		BIT(31)		/* of GMBUS1 */
#define GMBUS_GO		BIT(30)
#define GMBUS_CYCLE		0x0e000000u
#define GMBUS_READY		BIT(11)		/* of GMBUS2 */
#define GMBUS_NAK		BIT(10)
#define SBI_BUSY		BIT(0)
#define SBI_FAILED		BIT(1)
#define ADPA_MONITOR		0x03000000u
#define ADPA_FORCE_TRIGGER	BIT(16)
/* clang-format on */

u32 vgpu_display_pipe_read(const struct vgpu_reg_access *a);
u32 vgpu_display_power_well_read(const struct vgpu_reg_access *a);
u32 vgpu_display_ddi_read(const struct vgpu_reg_access *a);
u32 vgpu_display_south_chicken2_read(const struct vgpu_reg_access *a);
u32 vgpu_display_panel_read(const struct vgpu_reg_access *a);
u32 vgpu_display_timestamp_read(const struct vgpu_reg_access *a);
u32 vgpu_display_gpio_read(const struct vgpu_reg_access *a);
void vgpu_display_gpio_written(const struct vgpu_reg_access *a);
void vgpu_display_gmbus_written(const struct vgpu_reg_access *a);
void vgpu_display_aux_written(const struct vgpu_reg_access *a);
void vgpu_display_sbi_written(const struct vgpu_reg_access *a);

#endif
