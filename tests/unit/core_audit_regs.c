// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The audit of registers: of all offsets that there are, only those that i915's command parser, its rings and its users need can
 * be written or read by commands, and only by those that can be judged.
 */
#include <string.h>

#include "tests/guest/lib/cmd.h"
#include "tests/unit/harness/audit.h"

#include "kmod/core/audit_regs.h"
#include "kmod/core/switch.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define RCS (1u << VGPU_RCS)
#define VCS (1u << VGPU_VCS)
#define BCS (1u << VGPU_BCS)
#define VECS (1u << VGPU_VECS)
#define ALL (RCS | VCS | BCS | VECS)

/**
 * struct range - registers
 * @imm: on which engines a command may write a value that it carries; @value: one that it may
 * @any: on which it may write any
 * @read: on which it may read
 */
struct range {
	uint32_t first, last;
	uint32_t imm, any, read;
	uint32_t value;
};

/* From i915 i915_cmd_parser.c and gt/intel_ring_submission.c. */
static const struct range ranges[] = {
	{ 0x2050, 0x2050, 0, 0, ALL, 0 },
	{ 0x20c0, 0x20c0, RCS, 0, RCS, MASKED_SET(1u << 9) },
	{ 0x2220, 0x2220, RCS, 0, RCS, ~0u },
	{ 0x2228, 0x2228, RCS, 0, RCS, 0x10000 },
	{ 0x2290, 0x2294, RCS, RCS, RCS, ~0u },
	{ 0x2300, 0x2354, RCS, RCS, RCS, ~0u },
	{ 0x2358, 0x235c, 0, 0, ALL, 0 },
	{ 0x2400, 0x240c, RCS, RCS, RCS, ~0u },
	{ 0x2418, 0x2418, 0, 0, RCS, 0 },
	{ 0x2420, 0x2420, RCS, RCS, RCS, ~0u },
	{ 0x2430, 0x2440, RCS, RCS, RCS, ~0u },
	{ 0x2500, 0x2508, RCS, RCS, RCS, ~0u },
	{ 0x2600, 0x267c, RCS, RCS, RCS, ~0u },
	{ 0x5200, 0x521c, RCS, RCS, RCS, ~0u },
	{ 0x5240, 0x525c, RCS, RCS, RCS, ~0u },
	{ 0x5280, 0x528c, RCS, RCS, RCS, ~0u },
	{ 0x7000, 0x7004, RCS, RCS, RCS, ~0u },
	{ 0xb010, 0xb010, RCS, RCS, RCS, ~0u },
	{ 0xb020, 0xb024, RCS, RCS, RCS, ~0u },
	{ 0xb038, 0xb038, RCS, 0, RCS, 1u << 27 },
	{ 0xb070, 0xb0ec, RCS, 0, 0, ~0u },
	{ 0xb270, 0xb2ec, RCS, 0, 0, ~0u },
	{ 0xe49c, 0xe49c, RCS, 0, RCS, MASKED_SET(1u << 6) },
	{ 0x12050, 0x12050, RCS, 0, ALL, MASKED_SET(1) },
	{ 0x120c0, 0x120c0, VCS, 0, 0, MASKED_SET(1u << 9) },
	{ 0x12220, 0x12220, VCS, 0, VCS, ~0u },
	{ 0x12228, 0x12228, VCS, 0, VCS, 0x10000 },
	{ 0x12358, 0x1235c, 0, 0, ALL, 0 },
	{ 0x1a050, 0x1a050, RCS, 0, ALL, MASKED_SET(1) },
	{ 0x1a0c0, 0x1a0c0, VECS, 0, 0, MASKED_SET(1u << 9) },
	{ 0x1a220, 0x1a220, VECS, 0, VECS, ~0u },
	{ 0x1a228, 0x1a228, VECS, 0, VECS, 0x10000 },
	{ 0x1a358, 0x1a35c, 0, 0, ALL, 0 },
	{ 0x22050, 0x22050, RCS, 0, ALL, MASKED_SET(1) },
	{ 0x220c0, 0x220c0, BCS, 0, 0, MASKED_SET(1u << 9) },
	{ 0x22200, 0x22200, BCS, 0, BCS, MASKED_SET(3) },
	{ 0x22220, 0x22220, BCS, 0, BCS, ~0u },
	{ 0x22228, 0x22228, BCS, 0, BCS, 0x10000 },
	{ 0x22358, 0x2235c, 0, 0, ALL, 0 },
};

static const struct range *find(uint32_t offset)
{
	static const struct range none = { 0 };
	unsigned int i;

	for (i = 0; i < VGPU_ARRAY_SIZE(ranges); i++)
		if (offset >= ranges[i].first && offset <= ranges[i].last && !(offset & 3))
			return &ranges[i];
	return &none;
}

static bool passes(enum vgpu_engine_id e, uint32_t header, uint32_t dw1, uint32_t dw2)
{
	const struct audit_where where = { .engine = e, .ppgtt = true };
	uint32_t dw[] = { header, dw1, dw2 };
	struct vgpu_audit a = audit_of(&where, dw, 3);

	return !vgpu_audit_run(&a);
}

static void check(enum vgpu_engine_id e, uint32_t offset)
{
	const struct range *r = find(offset);
	bool read = r->read & 1u << e, any = r->any & 1u << e, imm = r->imm & 1u << e;

	if (passes(e, MI_STORE_REGISTER_MEM, offset, 0x1000) != read || passes(e, MI_LOAD_REGISTER_MEM, offset, 0x1000) != any ||
	    passes(e, MI_LOAD_REGISTER_IMM, offset, r->value) != imm)
		fail_msg("register 0x%x on engine %u", offset, e);
	if (e == VGPU_RCS &&
	    (passes(e, MI_CMD(0x2a, 1), offset, 0x2600) != read || passes(e, MI_CMD(0x2a, 1), 0x2600, offset) != any))
		fail_msg("register 0x%x, moved", offset);
	/* No command can carry what may not be written: one bit too many. */
	if (imm && !any && r->value != ~0u && passes(e, MI_LOAD_REGISTER_IMM, offset, r->value | 1u << 31))
		fail_msg("register 0x%x, bit 31", offset);
}

/* Every offset of the registers' 2 MiB, on every engine. */
static void every_offset(void **state)
{
	uint32_t offset, e;

	for (e = 0; e < VGPU_ENGINES; e++)
		for (offset = 0; offset < VGPU_MMIO_BYTES; offset += 4)
			check(e, offset);
}

/* Bits of the offset that the hardware may ignore: such a register is not taken for another. */
static void aliases(void **state)
{
	static const uint32_t bits[] = { 0, 1, 21, 22, 23, 24, 27, 28, 29, 30, 31 };
	uint32_t i, k, e;

	for (e = 0; e < VGPU_ENGINES; e++)
		for (i = 0; i < VGPU_ARRAY_SIZE(ranges); i++)
			for (k = 0; k < VGPU_ARRAY_SIZE(bits); k++)
				check(e, ranges[i].first | 1u << bits[k]);
}

/* What the world switch relies on: order, and that what is left to it is neither page tables nor another engine's. */
static void table(void **state)
{
	uint32_t i, switched = 0;

	for (i = 0; i < vgpu_audit_regs_count; i++) {
		const struct vgpu_audit_reg *r = &vgpu_audit_regs[i];

		assert_true(r->dwords && !(r->offset & 3));
		assert_true(!i || r->offset >= r[-1].offset + 4 * r[-1].dwords);
		assert_ptr_equal(vgpu_audit_reg_find(r->offset + 4 * r->dwords - 4), r);
		if (!(r->flags & VGPU_AREG_SWITCHED))
			continue;
		switched += r->dwords;
		assert_false(r->flags & (VGPU_AREG_INERT | VGPU_AREG_DIRECTORY | VGPU_AREG_WHOLE));
		assert_true(r->offset >= 0x22000 ? r->readers == BCS : r->readers == RCS);
	}
	assert_int_equal(switched, 2 + 2 + 2 + 4 + 1 + 3 + 32 + 1 + 3 + 2 + 1);
}

static bool is_switched(enum vgpu_engine_id e, uint32_t offset)
{
	uint32_t list[VGPU_SWITCHED_MAX], n = vgpu_switch_registers(e, list);

	while (n)
		if (list[--n] == offset)
			return true;
	return false;
}

/* What commands change and no context holds, the world switch does save and restore. */
static void switched(void **state)
{
	uint32_t i, k;

	for (i = 0; i < vgpu_audit_regs_count; i++) {
		const struct vgpu_audit_reg *r = &vgpu_audit_regs[i];

		for (k = 0; k < r->dwords && r->flags & VGPU_AREG_SWITCHED; k++)
			if (!is_switched(r->readers == RCS ? VGPU_RCS : VGPU_BCS, r->offset + 4 * k))
				fail_msg("register 0x%x", r->offset + 4 * k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_offset),
		cmocka_unit_test(aliases),
		cmocka_unit_test(table),
		cmocka_unit_test(switched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
