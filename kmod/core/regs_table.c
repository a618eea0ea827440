// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The register table: regs_list.h with the hooks filled in.
 */
#include "core.h"
#include "display.h"
#include "fence.h"
#include "ggtt.h"
#include "hw.h"
#include "irq.h"
#include "ppgtt.h"
#include "power.h"
#include "ring.h"

const struct vgpu_reg vgpu_engine_regs[] = {
#define ENGINE(reg_name, reg_offset, reg_dwords, ...) \
	{ .name = #reg_name, .offset = (reg_offset), .dwords = (reg_dwords), .slot = VGPU_ER_##reg_name, ##__VA_ARGS__ },
#define REG(reg_name, reg_offset, reg_dwords, ...)
#include "regs_list.h"
#undef ENGINE
#undef REG
};
const u32 vgpu_engine_regs_rows = VGPU_ARRAY_SIZE(vgpu_engine_regs);

const struct vgpu_reg vgpu_common_regs[] = {
#define ENGINE(reg_name, reg_offset, reg_dwords, ...)
#define REG(reg_name, reg_offset, reg_dwords, ...) \
	{ .name = #reg_name, .offset = (reg_offset), .dwords = (reg_dwords), .slot = VGPU_REG_##reg_name, ##__VA_ARGS__ },
#include "regs_list.h"
#undef ENGINE
#undef REG
};
const u32 vgpu_common_regs_rows = VGPU_ARRAY_SIZE(vgpu_common_regs);
