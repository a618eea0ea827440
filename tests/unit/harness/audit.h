/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Tables of commands for the audit: a vGPU that owns memory between neighbours, and rows of commands with the verdict wanted.
 */
#ifndef TESTS_UNIT_HARNESS_AUDIT_H
#define TESTS_UNIT_HARNESS_AUDIT_H

#include <stdint.h>

#include "kmod/core/core.h"
#include "kmod/core/audit.h"

#define MIB (1u << 20)

/* What the vGPU has; others have what is around it. */
#define A (4 * MIB) /* aperture */
#define AE (A + 8 * MIB)
#define H (128 * MIB + 16 * MIB) /* hidden */
#define HE (H + 16 * MIB)

#define OK VGPU_FAULT_NONE
#define OPCODE VGPU_FAULT_OPCODE
#define LENGTH VGPU_FAULT_LENGTH
#define ADDRESS VGPU_FAULT_ADDRESS
#define REGISTER VGPU_FAULT_REGISTER
#define BUDGET VGPU_FAULT_BUDGET

/* Where the module keeps this vGPU's directory, as PP_DIR_BASE names it; written down here, not computed as the core does. */
#define SHADOW_PP_DIR 0x50cc0000u

/**
 * struct audit_where - where the commands of a table stand
 */
struct audit_where {
	enum vgpu_engine_id engine;
	bool ppgtt, batch;
};

/**
 * struct audit_row - one command, or a few
 * @want: the verdict on the last
 * @n, @dw: the copy
 * @swctrl: what BCS_SWCTRL holds in front of it
 */
struct audit_row {
	const char *name;
	enum vgpu_fault want;
	uint32_t n, dw[24];
	uint32_t swctrl;
};

struct vgpu *audit_vgpu(void);
struct vgpu_audit audit_of(const struct audit_where *where, uint32_t *dw, uint32_t n);
void audit_check(const struct audit_where *where, const struct audit_row *rows, uint32_t count);
unsigned int audit_on_offer(enum vgpu_engine_id e);

#endif
