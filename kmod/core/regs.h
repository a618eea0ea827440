/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * A guest's registers: where each is stored, and the row of the table that describes it.
 */
#ifndef VGPU_REGS_H
#define VGPU_REGS_H

struct vgpu;
struct vgpu_reg;

/* Each register's place among the stored dwords: VGPU_ER_x in an engine's block, VGPU_REG_x in the common one. */
enum vgpu_engine_reg {
#define ENGINE(name, offset, dwords, ...) VGPU_ER_##name, VGPU_ER_##name##_LAST = VGPU_ER_##name + (dwords)-1,
#define REG(name, offset, dwords, ...)
#include "regs_list.h"
#undef ENGINE
#undef REG
	VGPU_ENGINE_REGS,
};

enum vgpu_common_reg {
#define ENGINE(name, offset, dwords, ...)
#define REG(name, offset, dwords, ...) VGPU_REG_##name, VGPU_REG_##name##_LAST = VGPU_REG_##name + (dwords)-1,
#include "regs_list.h"
#undef ENGINE
#undef REG
	VGPU_COMMON_REGS,
};

#define VGPU_SBI_REGS 8
#define VGPU_GT_RATIOS 32 /* of 50 MHz: up to 1550 MHz */

/**
 * struct vgpu_reg_file - all registers of one guest; guest-visible state without pointers
 * @sbi: the PCH's clock registers behind SBI_DATA, see display.c
 * @ring_freq: the power firmware's table, by GT ratio, see power.c
 */
struct vgpu_reg_file {
	u32 engine[VGPU_ENGINES][VGPU_ENGINE_REGS];
	u32 common[VGPU_COMMON_REGS];
	u32 sbi[VGPU_SBI_REGS];
	u32 ring_freq[VGPU_GT_RATIOS];
};

/**
 * struct vgpu_reg_access - an access to one dword of a register
 * @engine: whose register it is; VGPU_ENGINES for one that is no engine's
 * @offset: in the register BAR
 * @index: which dword of the register
 * @stored: its stored value; before a write hook is called, the new one
 * @old: of a write, the value that was stored before
 * @written: of a write, what the guest wrote
 */
struct vgpu_reg_access {
	struct vgpu *v;
	const struct vgpu_reg *reg;
	enum vgpu_engine_id engine;
	u32 offset, index;
	u32 *stored;
	u32 old, written;
	u64 now_ns;
};

/**
 * struct vgpu_reg - a row of the table
 * @offset, @dwords: where it is and how long; an engine's register from the engine's base
 * @slot: the stored dword, enum vgpu_engine_reg or vgpu_common_reg
 * @ro: bits that a write leaves alone
 * @w1c: bits that a write of one clears
 * @reset: each dword's value after a reset
 * @masked: bits 31:16 of a write enable the writes of bits 15:0, and read as zeros
 * @read: computes what is read, instead of what is stored
 * @write: called after a write was stored
 */
struct vgpu_reg {
	const char *name;
	u32 offset, dwords, slot;
	u32 ro, w1c, reset;
	bool masked;
	u32 (*read)(const struct vgpu_reg_access *a);
	void (*write)(const struct vgpu_reg_access *a);
};

extern const struct vgpu_reg vgpu_engine_regs[];
extern const u32 vgpu_engine_regs_rows;
extern const struct vgpu_reg vgpu_common_regs[];
extern const u32 vgpu_common_regs_rows;

const struct vgpu_reg *vgpu_regs_find(u32 offset, enum vgpu_engine_id *ret_engine);
void vgpu_regs_reset(struct vgpu_reg_file *f);
void vgpu_regs_reset_engine(struct vgpu_reg_file *f, enum vgpu_engine_id e);
bool vgpu_regs_read(struct vgpu *v, u32 offset, u64 now_ns, u32 *ret_value);
bool vgpu_regs_write(struct vgpu *v, u32 offset, u32 value, u32 bits, u64 now_ns);

/* Hooks that are no other file's. */
u32 vgpu_regs_hardware(const struct vgpu_reg_access *a);
u32 vgpu_regs_forcewake_ack(const struct vgpu_reg_access *a);
u32 vgpu_regs_pp_dir_read(const struct vgpu_reg_access *a);

#endif
