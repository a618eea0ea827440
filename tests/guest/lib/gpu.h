/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A Gen7.5 GPU without a driver: found in sysfs, its registers, graphics translation table and aperture mapped.
 *
 * PVINFO (a page that a mediated GPU shows at MMIO 0x78000; layout in i915 i915_pvinfo.h) says which part of the
 * graphics memory is ours; without it the whole is.
 */
#ifndef TESTS_GUEST_LIB_GPU_H
#define TESTS_GUEST_LIB_GPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* clang-format off */
#define GPU_PAGE_BYTES		4096u
#define GPU_PTE_VALID		1u

/* i915 gt/intel_gt_regs.h and gt/intel_engine_regs.h; the blitter's registers start at 0x22000. */
#define GPU_BLT_HWS_PGA		0x4280u
#define GPU_GDRST		0x941cu
#define   GPU_GDRST_FULL	(1u << 0)
#define   GPU_GDRST_BLT		(1u << 3)
#define GPU_BCS_TAIL		0x22030u
#define GPU_BCS_HEAD		0x22034u
#define   GPU_HEAD_ADDR		0x001ffffcu
#define GPU_BCS_START		0x22038u
#define GPU_BCS_CTL		0x2203cu
#define   GPU_CTL_VALID		(1u << 0)
#define GPU_BCS_IPEHR		0x22068u
#define GPU_BCS_ACTHD		0x22074u
#define GPU_BCS_MI_MODE		0x2209cu
#define   GPU_MI_MODE_STOP	(1u << 8)
#define   GPU_MI_MODE_IDLE	(1u << 9)
#define GPU_BCS_IMR		0x220a8u
#define GPU_BCS_EIR		0x220b0u
#define GPU_BCS_INSTPM		0x220c0u
#define   GPU_INSTPM_SYNC_FLUSH	(1u << 5)
#define   GPU_INSTPM_TLB_INVAL	(1u << 9)
#define GPU_BCS_PP_DIR_BASE	0x22228u
#define GPU_BCS_MODE		0x2229cu
#define   GPU_MODE_PPGTT	(1u << 9)
#define GPU_PVINFO		0x78000u
#define GPU_FORCEWAKE_MT	0xa188u
#define GPU_FENCE0		0x100000u
#define GPU_GFX_FLSH_CNTL	0x101008u
#define GPU_FORCEWAKE_ACK	0x130044u
/* clang-format on */

/** struct gpu_range - part of the graphics address space. */
struct gpu_range {
	uint64_t base;
	uint64_t bytes;
};

/** struct gpu - a device without a driver; @why is the reason of the last failure, one line. */
struct gpu {
	char address[32];
	int config_fd;
	volatile uint32_t *mmio;
	volatile uint8_t *aperture;
	size_t aperture_bytes;
	uint64_t total_bytes; /* graphics address space */
	bool mediated; /* PVINFO is there */
	bool forcewake; /* we hold it */
	uint32_t vgpu_id, fences;
	struct gpu_range mappable, hidden;
	char why[256];
};

int gpu_open(const char *address, struct gpu *gpu);
void gpu_close(struct gpu *gpu);
int gpu_fail(struct gpu *gpu, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));
int gpu_set_partition(struct gpu *gpu, const struct gpu_range *mappable, const struct gpu_range *hidden);
bool gpu_owns(const struct gpu *gpu, uint64_t gma, uint64_t bytes);

uint32_t gpu_read(const struct gpu *gpu, uint32_t reg);
void gpu_write(const struct gpu *gpu, uint32_t reg, uint32_t value);
int gpu_poll(const struct gpu *gpu, uint32_t reg, uint32_t mask, uint32_t want, unsigned int timeout_us);

uint32_t gpu_pte_encode(uint64_t phys);
uint32_t gpu_pte_read(const struct gpu *gpu, uint64_t gma);
void gpu_pte_write(const struct gpu *gpu, uint64_t gma, uint32_t pte);
void gpu_gtt_flush(const struct gpu *gpu);

uint64_t gpu_now_ns(void);

#endif
