// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The render streamer's arithmetic: MI_PREDICATE, and MI_MATH on its sixteen 64-bit registers.
 *
 * Haswell PRM vol. 2a, MI_PREDICATE and MI_MATH; ALU opcodes as in i915 gt/intel_gpu_commands.h, MI_MATH_*.
 */
#include <string.h>

#include "sim/engine/gpu.h"

#define REG_GPR 0x2600
#define REG_PREDICATE_SRC0 0x2400
#define REG_PREDICATE_SRC1 0x2408
#define REG_PREDICATE_DATA 0x2410
#define REG_PREDICATE_RESULT 0x2418
#define REG_PREDICATE_RESULT_1 0x241c

static uint64_t read64(struct gen75 *gpu, uint32_t offset)
{
	return *reg(gpu, offset) | (uint64_t)*reg(gpu, offset + 4) << 32;
}

static void write64(struct gen75 *gpu, uint32_t offset, uint64_t value)
{
	*reg(gpu, offset) = value;
	*reg(gpu, offset + 4) = value >> 32;
}

/**
 * gen75_predicate() - MI_PREDICATE: compare (bits 1:0), combine with the old result (4:3), load or not (7:6)
 */
enum verdict gen75_predicate(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	uint64_t delta = read64(gpu, REG_PREDICATE_SRC0) - read64(gpu, REG_PREDICATE_SRC1);
	bool old = *reg(gpu, REG_PREDICATE_RESULT) & 1, compare, result;
	unsigned int load = cmd[0] >> 6 & 3;

	switch (cmd[0] & 3) {
	case 0:
		compare = true;
		break;
	case 1:
		compare = false;
		break;
	case 2:
		compare = delta == 0;
		write64(gpu, REG_PREDICATE_DATA, delta);
		break;
	default:
		compare = delta == read64(gpu, REG_PREDICATE_DATA);
		break;
	}
	if (load != 2 && load != 3)
		return CMD_DONE;
	if (load == 3)
		compare = !compare;
	switch (cmd[0] >> 3 & 3) {
	case 0:
		result = compare;
		break;
	case 1:
		result = old && compare;
		break;
	case 2:
		result = old || compare;
		break;
	default:
		result = old != compare;
		break;
	}
	*reg(gpu, REG_PREDICATE_RESULT) = result;
	*reg(gpu, REG_PREDICATE_RESULT_1) = result;
	return CMD_DONE;
}

struct alu {
	uint64_t srca, srcb, accu;
	bool zf, cf;
};

static uint64_t alu_operand(struct gen75 *gpu, const struct alu *alu, uint32_t op)
{
	if (op < 16)
		return read64(gpu, REG_GPR + 8 * op);
	switch (op) {
	case 0x20:
		return alu->srca;
	case 0x21:
		return alu->srcb;
	case 0x31:
		return alu->accu;
	case 0x32:
		return alu->zf ? ~0ull : 0;
	case 0x33:
		return alu->cf ? ~0ull : 0;
	default:
		return 0;
	}
}

static void alu_load(struct alu *alu, uint32_t op, uint64_t value)
{
	if (op == 0x20)
		alu->srca = value;
	else if (op == 0x21)
		alu->srcb = value;
}

static void alu_result(struct alu *alu, uint64_t value, bool carry)
{
	alu->accu = value;
	alu->zf = !value;
	alu->cf = carry;
}

static void alu_step(struct gen75 *gpu, struct alu *alu, uint32_t insn)
{
	uint32_t op1 = insn >> 10 & 0x3ff, op2 = insn & 0x3ff;

	switch (insn >> 20) {
	case 0x080: /* LOAD */
		alu_load(alu, op1, alu_operand(gpu, alu, op2));
		break;
	case 0x480: /* LOADINV */
		alu_load(alu, op1, ~alu_operand(gpu, alu, op2));
		break;
	case 0x081: /* LOAD0 */
		alu_load(alu, op1, 0);
		break;
	case 0x481: /* LOAD1 */
		alu_load(alu, op1, ~0ull);
		break;
	case 0x100: /* ADD */
		alu_result(alu, alu->srca + alu->srcb, alu->srca + alu->srcb < alu->srca);
		break;
	case 0x101: /* SUB */
		alu_result(alu, alu->srca - alu->srcb, alu->srca < alu->srcb);
		break;
	case 0x102: /* AND */
		alu_result(alu, alu->srca & alu->srcb, false);
		break;
	case 0x103: /* OR */
		alu_result(alu, alu->srca | alu->srcb, false);
		break;
	case 0x104: /* XOR */
		alu_result(alu, alu->srca ^ alu->srcb, false);
		break;
	case 0x180: /* STORE */
		if (op1 < 16)
			write64(gpu, REG_GPR + 8 * op1, alu_operand(gpu, alu, op2));
		break;
	case 0x580: /* STOREINV */
		if (op1 < 16)
			write64(gpu, REG_GPR + 8 * op1, ~alu_operand(gpu, alu, op2));
		break;
	}
}

/**
 * gen75_math() - MI_MATH: one ALU instruction a dword
 */
enum verdict gen75_math(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	struct alu alu;

	memset(&alu, 0, sizeof(alu));
	for (uint32_t i = 1; i < len_dw; i++) {
		alu_step(gpu, &alu, cmd[i]);
		e->cost_ns += gen75_cost(COST_NOOP);
	}
	return CMD_DONE;
}
