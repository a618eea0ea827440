/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The part of regs_list.h from 0x40000 to 0xfffff: the display engine, north and south (PCH), and the interrupt banks, whose
 * registers are there as well.
 *
 * A guest has pipes but no connector: SFUSE_STRAP says that there is no port B, C, D and no CRT, DDI_BUF_CTL A that there is no
 * eDP. So i915 reads and writes all this at probe and around its power states, but never lights a pipe, and hardly a register
 * acts: nothing scans out, no frame is counted, no hotplug comes, hence no display interrupt either. Where i915 waits for a
 * bit it comes at once (display.c). Each is a row, or a range that belongs together; what lies between is not a guest's.
 * PVINFO (0x78000) is not here, see pvinfo.c.
 *
 * Sources: i915_reg.h, display/intel_audio_regs.h, display/intel_backlight_regs.h; Haswell PRM vol. 2c and vol. 11 (display).
 */
/* clang-format off */

/* A transcoder: timings, M and N, CRC; DIP; DDI function. */
#define TRANSCODER(x, base)							\
	REG(TRANS_##x,		(base) + 0x000, 30)				\
	REG(VIDEO_DIP_##x,	(base) + 0x200, 96)				\
	REG(DDI_FUNC_CTL_##x,	(base) + 0x400, 1)				\
	REG(MSA_MISC_##x,	(base) + 0x410, 1)

/* A DDI's buffer and its DisplayPort training state; port A has more in between. */
#define DDI_BUF(x, base)							\
	REG(DDI_BUF_CTL_##x,	(base) + 0x00, 1, .reset = DDI_BUF_IDLE, .ro = DDI_BUF_IDLE | DDI_INIT_DETECTED,	\
	    .read = vgpu_display_ddi_read)
#define DP_TP(x, base)								\
	REG(DP_TP_CTL_##x,	(base) + 0x40, 1)				\
	REG(DP_TP_STATUS_##x,	(base) + 0x44, 1, .ro = ~0u)

/* A DisplayPort AUX channel: control, then five dwords of data. */
#define DP_AUX(x, base)								\
	REG(DP_AUX_CTL_##x,	(base), 1, .w1c = AUX_RESULT, .ro = AUX_BUSY, .write = vgpu_display_aux_written)	\
	REG(DP_AUX_DATA_##x,	(base) + 4, 5)

/* A pipe with its cursor, primary and sprite plane; what is on the screen now (SURFLIVE) stays at nothing. */
#define PIPE(x, base)								\
	REG(PIPEDSL_##x,	(base) + 0x000, 1, .ro = ~0u)			\
	REG(PIPECONF_##x,	(base) + 0x008, 1, .ro = PIPE_STATE, .read = vgpu_display_pipe_read)			\
	REG(PIPE_COUNTERS_##x,	(base) + 0x040, 4, .ro = ~0u)			\
	REG(CURSOR_##x,		(base) + 0x080, 11)				\
	REG(CURSURFLIVE_##x,	(base) + 0x0ac, 1, .ro = ~0u)			\
	REG(PLANE_##x,		(base) + 0x180, 11)				\
	REG(DSPSURFLIVE_##x,	(base) + 0x1ac, 1, .ro = ~0u)			\
	REG(SPRITE_##x,		(base) + 0x280, 11)				\
	REG(SPRSURFLIVE_##x,	(base) + 0x2ac, 1, .ro = ~0u)			\
	REG(SPRSCALE_##x,	(base) + 0x304, 1)				\
	REG(SPRGAMC_##x,	(base) + 0x400, 22)

/* North: VGA (a vGPU is none, so its plane is off: i915 need not switch off another card's by the legacy ports), clocks, FBC, IPS */
REG(VGACNTRL,		0x041000, 1, .reset = VGA_DISP_DISABLE)
REG(DISPLAY_CHICKEN,	0x042000, 4)
REG(FUSE_STRAP,		0x042014, 1, .ro = ~0u)
REG(DSPCLK_GATE_D,	0x042020, 1)
REG(CHICKEN_PAR,	0x042080, 5)
REG(CHICKEN_PIPESL,	0x0420b0, 3)
REG(FPGA_DBG,		0x042300, 1, .w1c = ~0u)
REG(FBC_CB_BASE,	0x043200, 4)
REG(FBC_STATUS,		0x043210, 2, .ro = ~0u)
REG(FBC_FENCE_YOFF,	0x043218, 4)
REG(IPS_CTL,		0x043408, 1)

/* Interrupts */
REG(DE_ISR,		0x044000, 1, .ro = ~0u)
REG(DE_IMR,		0x044004, 1, .reset = ~0u)
REG(DE_IIR,		0x044008, 1, .w1c = ~0u, .write = vgpu_irq_written)
REG(DE_IER,		0x04400c, 1, .write = vgpu_irq_written)
REG(GT_ISR,		0x044010, 1, .ro = ~0u)
REG(GT_IMR,		0x044014, 1, .reset = ~0u)
REG(GT_IIR,		0x044018, 1, .w1c = ~0u, .write = vgpu_irq_written)
REG(GT_IER,		0x04401c, 1, .write = vgpu_irq_written)
REG(PM_ISR,		0x044020, 1, .ro = ~0u)
REG(PM_IMR,		0x044024, 1, .reset = ~0u)
REG(PM_IIR,		0x044028, 1, .w1c = ~0u, .write = vgpu_irq_written)
REG(PM_IER,		0x04402c, 1, .write = vgpu_irq_written)
REG(PORTA_HOTPLUG,	0x044030, 1, .w1c = 0x3)
REG(ERR_INT,		0x044040, 1, .w1c = ~0u)
REG(FUSE_ERR,		0x044048, 1, .w1c = ~0u)
REG(DERRMR,		0x044050, 1)
REG(TIMESTAMP_CTR,	0x044070, 1, .ro = ~0u, .read = vgpu_display_timestamp_read)

/* Arbiter, watermarks, power wells, clocks (no port has one: PORT_CLK_SEL_NONE) */
REG(DISP_ARB_CTL,	0x045000, 5)
REG(WM_LP,		0x045100, 5)
REG(WM_LP_SPRITE,	0x045120, 3)
REG(WM0_PIPE_C,		0x045200, 1)
REG(WM_MISC,		0x045260, 1)
REG(WM_LINETIME,	0x045270, 3)
REG(WM_DBG,		0x045280, 1)
REG(RR_HW_CTL,		0x045300, 1)
REG(PWR_WELL_CTL,	0x045400, 4, .ro = PWR_WELL_STATE, .read = vgpu_display_power_well_read)
REG(PWR_WELL_CTL5,	0x045410, 2)
REG(SPLL_CTL,		0x046020, 1)
REG(WRPLL_CTL1,		0x046040, 1)
REG(WRPLL_CTL2,		0x046060, 1)
REG(PORT_CLK_SEL,	0x046100, 5, .reset = 0xe0000000)
REG(TRANS_CLK_SEL,	0x046140, 3)
REG(CDCLK_FREQ,		0x046200, 1)
REG(NDE_RSTWRN_OPT,	0x046408, 1)

/* Backlight, utility pin, colour, software flags */
REG(BLC_PWM_CPU,	0x048250, 7)
REG(BLC_PWM2_CTL,	0x048350, 1)
REG(BLC_MISC_CTL,	0x048360, 1)
REG(UTIL_PIN_CTL,	0x048400, 1)
REG(CSC_A,		0x049010, 13)
REG(CSC_B,		0x049110, 13)
REG(CSC_C,		0x049210, 13)
REG(LUT_A,		0x04a000, 289)
REG(LUT_B,		0x04a800, 289)
REG(LUT_C,		0x04b000, 289)
REG(SWF,		0x04f000, 36)

TRANSCODER(A, 0x060000)
TRANSCODER(B, 0x061000)
TRANSCODER(C, 0x062000)

DDI_BUF(A, 0x064000)
DP_AUX(A, 0x064010)
DP_TP(A, 0x064000)
DDI_BUF(B, 0x064100)
DP_TP(B, 0x064100)
DDI_BUF(C, 0x064200)
DP_TP(C, 0x064200)
DDI_BUF(D, 0x064300)
DP_TP(D, 0x064300)
DDI_BUF(E, 0x064400)
DP_TP(E, 0x064400)
REG(EDP_PSR_CTL,	0x064800, 1)
REG(EDP_PSR_AUX,	0x064810, 6)
REG(EDP_PSR_IMR,	0x064834, 1)
REG(EDP_PSR_IIR,	0x064838, 1, .w1c = ~0u)
REG(EDP_PSR_STATUS,	0x064840, 2, .ro = ~0u)
REG(EDP_PSR_DEBUG,	0x064860, 1)
REG(DDI_BUF_TRANS,	0x064e00, 120)
REG(AUDIO,		0x065000, 192)
REG(AUD_CHICKENBIT,	0x065f10, 1)
REG(PF_A,		0x068060, 14)
REG(PF_B,		0x068860, 14)
REG(PF_C,		0x069060, 14)

TRANSCODER(EDP, 0x06f000)

PIPE(A, 0x070000)
PIPE(B, 0x071000)
PIPE(C, 0x072000)
REG(PIPECONF_EDP,	0x07f008, 1, .ro = PIPE_STATE, .read = vgpu_display_pipe_read)

/* South, an LPT: fuses, interrupts, I2C, sideband, panel power, CRT, AUX, FDI; its raw clock runs at 125 MHz */
REG(SOUTH_CHICKEN1,	0x0c2000, 1)
REG(SOUTH_CHICKEN2,	0x0c2004, 1, .ro = IOSFSB_RESET_STATUS, .read = vgpu_display_south_chicken2_read)
REG(FDI_RX_CHICKEN,	0x0c200c, 2)
REG(SFUSE_STRAP,	0x0c2014, 1, .ro = ~0u, .reset = 0x40)
REG(SOUTH_DSPCLK_GATE,	0x0c2020, 1)
REG(SDE_ISR,		0x0c4000, 1, .ro = ~0u)
REG(SDE_IMR,		0x0c4004, 1, .reset = ~0u)
REG(SDE_IIR,		0x0c4008, 1, .w1c = ~0u)
REG(SDE_IER,		0x0c400c, 1)
REG(PCH_PORT_HOTPLUG,	0x0c4030, 1, .w1c = 0x00030303)
REG(SERR_INT,		0x0c4040, 1, .w1c = ~0u)
REG(GPIO,		0x0c5010, 6, .read = vgpu_display_gpio_read, .write = vgpu_display_gpio_written)
REG(GMBUS0,		0x0c5100, 1)
REG(GMBUS1,		0x0c5104, 1, .write = vgpu_display_gmbus_written)
REG(GMBUS2,		0x0c5108, 1, .ro = ~0u, .reset = GMBUS_READY)
REG(GMBUS3,		0x0c510c, 2)
REG(GMBUS5,		0x0c5120, 1)
REG(SBI_ADDR,		0x0c6000, 1)
REG(SBI_DATA,		0x0c6004, 1)
REG(SBI_CTL_STAT,	0x0c6008, 1, .ro = SBI_BUSY | SBI_FAILED, .write = vgpu_display_sbi_written)
REG(PIXCLK_GATE,	0x0c6020, 1)
REG(PCH_RAWCLK_FREQ,	0x0c6204, 1, .reset = 125)
REG(PCH_PP_STATUS,	0x0c7200, 1, .ro = ~0u, .read = vgpu_display_panel_read)
REG(PCH_PP_CONTROL,	0x0c7204, 4)
REG(BLC_PWM_PCH,	0x0c8250, 2)
REG(PCH_TRANS,		0x0e0000, 20)
REG(PCH_ADPA,		0x0e1100, 1, .ro = ADPA_MONITOR | ADPA_FORCE_TRIGGER)
DP_AUX(B, 0x0e4110)
DP_AUX(C, 0x0e4210)
DP_AUX(D, 0x0e4310)
REG(PCH_GTC_CTL,	0x0e7000, 1)
REG(PCH_TRANSCONF,	0x0f0008, 1, .ro = PIPE_STATE, .read = vgpu_display_pipe_read)
REG(FDI_RX_CTL,		0x0f000c, 2)
REG(FDI_RX_IIR,		0x0f0014, 1, .w1c = ~0u)
REG(FDI_RX_IMR,		0x0f0018, 1, .reset = ~0u)
REG(FDI_RX_TUSIZE,	0x0f0030, 3)
REG(TRANS_CHICKEN,	0x0f0060, 2)

#undef TRANSCODER
#undef DDI_BUF
#undef DP_TP
#undef DP_AUX
#undef PIPE
/* clang-format on */
