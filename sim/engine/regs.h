/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Registers as data: what one descriptor says, and the two tables (reg_table.c). Private to sim/engine.
 */
#ifndef GEN75_REGS_H
#define GEN75_REGS_H

#include "sim/engine/gpu.h"

enum {
	REG_PER_ENGINE = 1 << 0, /* offset is relative to each engine's base */
	REG_MASKED = 1 << 1, /* the upper half of a write says which bits of the lower half it changes */
};

/**
 * struct reg_desc - one register, or @count consecutive ones, that are more than plain memory
 * @ro: bits that a write does not change
 * @w1c: bits that a write of one clears
 * @read: what a read gives; NULL: the stored value
 * @write: side effect, after the value has been stored; @old is what was stored before, @written what software wrote
 */
struct reg_desc {
	uint32_t offset;
	uint16_t count;
	uint16_t flags;
	const char *name;
	uint32_t reset, ro, w1c;
	uint32_t (*read)(struct gen75 *gpu, uint32_t offset, uint32_t value);
	void (*write)(struct gen75 *gpu, uint32_t offset, uint32_t old, uint32_t written);
};

/* Registers that i915 or Mesa touch and that are plain memory here. */
struct reg_range {
	uint32_t start, end; /* end is the last byte's offset + 1 */
	const char *name;
};

extern const struct reg_desc gen75_reg_table[];
extern const unsigned int gen75_reg_table_count;
extern const struct reg_range gen75_reg_plain[];
extern const unsigned int gen75_reg_plain_count;

#endif
