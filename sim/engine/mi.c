// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Memory interface commands: a table of their lengths and rules, and what they do.
 *
 * Operands are those of i915 gt/intel_gpu_commands.h and the Haswell PRM vol. 2a, Command Reference: Instructions, where each
 * command has a section of its name. Opcodes are header bits 28:23.
 */
#include "sim/engine/gpu.h"

#define HEADER_GGTT (1u << 22)
#define REG_FIELD 0x007ffffcu
#define TIMESTAMP_NS 80u
#define HWSP_HEAD 0x10 /* MI_REPORT_HEAD's dword of the status page */
#define REG_PIPE_CONF(pipe) (0x70008u + 0x1000u * (pipe))
#define REG_PLANE_SURF(plane) (0x7019cu + 0x1000u * (plane))
#define PIPE_ENABLE (1u << 31)
#define FRAME_NS 16666667u /* there is no raster: a frame at 60 Hz */

static bool in_ggtt(const struct engine *e, uint32_t header)
{
	return header & HEADER_GGTT && !gen75_nonpriv(e);
}

static void write_qword(struct gen75 *gpu, struct engine *e, enum gen75_space space, uint32_t addr, const uint32_t *data,
			uint32_t n)
{
	for (uint32_t i = 0; i < n && i < 2; i++)
		gen75_gm_write32(gpu, e, space, addr + 4 * i, data[i]);
}

/**
 * gen75_write_timestamp() - store the 64-bit timestamp, as post-sync operations do
 */
void gen75_write_timestamp(struct gen75 *gpu, struct engine *e, enum gen75_space space, uint32_t addr)
{
	uint64_t ticks = gpu->now_ns / TIMESTAMP_NS;
	uint32_t data[2] = { ticks, ticks >> 32 };

	write_qword(gpu, e, space, addr & ~7u, data, 2);
}

/**
 * gen75_not_executed() - a command that has no model: skipped by its length, and counted
 */
enum verdict gen75_not_executed(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	gen75_event(gpu, GEN75_EV_NOT_EXECUTED, e->id, cmd[0], *ring_reg(gpu, e, RING_ACTHD));
	return CMD_DONE;
}

/* --- control ------------------------------------------------------------------------------------------------------------ */

static enum verdict noop(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	if (cmd[0] & 1u << 22)
		*ring_reg(gpu, e, RING_NOPID) = cmd[0] & 0x3fffff;
	return CMD_DONE;
}

/* Bits 1:0: 0 never skips, 1 skips while MI_PREDICATE_RESULT_2 is clear, 2 while it is set, 3 always. */
static enum verdict set_predicate(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	bool result = *reg(gpu, 0x2214) & 1;
	const bool skips[4] = { false, !result, result, true };

	e->set_predicate = skips[cmd[0] & 3];
	return CMD_DONE;
}

static enum verdict user_interrupt(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	gen75_irq_user(gpu, e);
	return CMD_DONE;
}

static enum verdict wait(struct gen75 *gpu, struct engine *e, uint32_t ctl)
{
	if (e->released) {
		e->released = false;
		return CMD_DONE;
	}
	if (!e->wait_ctl)
		e->wait_since_ns = gpu->now_ns;
	e->wait_ctl = ctl;
	return CMD_WAIT;
}

static enum verdict done_waiting(struct engine *e)
{
	e->wait_ctl = 0;
	e->released = false;
	return CMD_DONE;
}

/*
 * Scan line and blanking events (bits as i915 i915_reg.h, DERRMR_*) of an enabled pipe come with its next frame; those of a
 * disabled one never do, and software has to end the wait. Flips are never pending.
 */
static enum verdict wait_for_event(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	static const uint32_t raster_events[3] = { 0x29, 0x2900, 0x604000 };
	bool waits = false;

	for (unsigned int pipe = 0; pipe < ARRAY_COUNT(raster_events); pipe++)
		if (cmd[0] & raster_events[pipe])
			waits |= !(*reg(gpu, REG_PIPE_CONF(pipe)) & PIPE_ENABLE) || !e->wait_ctl ||
				 gpu->now_ns / FRAME_NS == e->wait_since_ns / FRAME_NS;
	return waits ? wait(gpu, e, CTL_WAIT_EVENT) : done_waiting(e);
}

/* The other preemption point of the ring: UHPTR, once, moves the head. */
static enum verdict arb_check(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	uint32_t *uhptr = ring_reg(gpu, e, RING_UHPTR), *head = ring_reg(gpu, e, RING_HEAD);

	if (!(*uhptr & 1) || e->arbitration_off || e->depth)
		return CMD_DONE;
	*head = (*head & ~HEAD_ADDR) | (*uhptr & TAIL_ADDR);
	*uhptr &= ~1u;
	return CMD_JUMPED;
}

static enum verdict arb_on_off(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	e->arbitration_off = !(cmd[0] & 1);
	return CMD_DONE;
}

static enum verdict report_head(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	gen75_gm_write32(gpu, e, SPACE_GGTT, gen75_hwsp(gpu, e) + HWSP_HEAD, *ring_reg(gpu, e, RING_HEAD));
	return CMD_DONE;
}

/* Nothing scans out: the new address is latched and the flip is done at once. */
static enum verdict display_flip(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	static const struct {
		uint32_t surf, done_bit;
	} planes[8] = {
		{ REG_PLANE_SURF(0), 3 },  { REG_PLANE_SURF(1), 8 }, { 0x7029c, 4 }, { 0x7129c, 9 },
		{ REG_PLANE_SURF(2), 13 }, { 0x7229c, 14 },	     { 0, 0 },	     { 0, 0 },
	};
	unsigned int plane = cmd[0] >> 19 & 7;

	if (planes[plane].surf) {
		*reg(gpu, planes[plane].surf) = cmd[2] & 0xfffff000u;
		gen75_irq_raise(gpu, REG_DE_ISR, 1u << planes[plane].done_bit);
	}
	return CMD_DONE;
}

/*
 * Gen 7 mailbox semaphores compare "greater than"; bits 17:16 choose one of the engine's three mailbox registers, 3 none
 * (then it is memory). The registers' order is that of i915 gt/intel_gpu_commands.h, MI_SEMAPHORE_SYNC_*.
 */
static enum verdict semaphore_mbox(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	static const uint8_t sync[3] = { 0, 2, 1 };
	unsigned int select = cmd[0] >> 16 & 3;
	enum gen75_space space = gen75_data_space(gpu, e, in_ggtt(e, cmd[0]));
	bool is_reg = cmd[0] & 1u << 18 && select < 3;
	uint32_t value;

	if (cmd[0] & 1u << 20) {
		value = is_reg ? *ring_reg(gpu, e, RING_SYNC0 + 4u * sync[select]) : gen75_gm_read32(gpu, e, space, cmd[2]);
		return value > cmd[1] ? done_waiting(e) : wait(gpu, e, CTL_WAIT_SEMAPHORE);
	}
	if (!(cmd[0] & 1u << 21))
		return CMD_DONE;
	if (cmd[0] & 1u << 18) {
		if ((cmd[2] & REG_FIELD) < GEN75_MMIO_BYTES)
			gen75_reg_write(gpu, cmd[2] & REG_FIELD, cmd[1], 0xf);
	} else {
		gen75_gm_write32(gpu, e, space, cmd[2], cmd[1]);
	}
	return CMD_DONE;
}

/* --- memory --------------------------------------------------------------------------------------------------------------- */

static enum verdict store_data_imm(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	write_qword(gpu, e, gen75_data_space(gpu, e, in_ggtt(e, cmd[0])), cmd[2] & ~3u, cmd + 3, len_dw - 3);
	return CMD_DONE;
}

static enum verdict store_data_index(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	write_qword(gpu, e, SPACE_GGTT, gen75_hwsp(gpu, e) + (cmd[1] & 0xffc), cmd + 2, len_dw - 2);
	return CMD_DONE;
}

/* PTEs follow the address of the first page that they map. */
static enum verdict update_gtt(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	for (uint32_t i = 2; i < len_dw; i++) {
		uint32_t slot = (cmd[1] >> 12) + i - 2;

		if (slot < GEN75_GGTT_ENTRIES)
			gpu->ggtt[slot] = cmd[i];
	}
	return CMD_DONE;
}

/*
 * Post-sync operation in bits 15:14: 1 writes immediate data, 3 the timestamp. Bit 21: to the status page. i915 sets the
 * address' bit 2 for the GGTT.
 */
static enum verdict flush_dw(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	static const uint32_t notify_bit[GEN75_ENGINES] = { 0, 1u << 16, 1u << 26, 1u << 13 };
	uint32_t op = cmd[0] >> 14 & 3, addr = cmd[1] & ~7u;
	enum gen75_space space = gen75_data_space(gpu, e, cmd[1] & 1u << 2);

	if (gen75_nonpriv(e) && op && (cmd[0] & 1u << 21 || cmd[1] & 1u << 2)) {
		gen75_filter_dropped(gpu, e, cmd[0], 0);
		op = 0;
	}
	if (cmd[0] & 1u << 21) {
		space = SPACE_GGTT;
		addr = gen75_hwsp(gpu, e) + (cmd[1] & 0xff8);
	}
	if (op == 1)
		write_qword(gpu, e, space, addr, cmd + 2, len_dw - 2);
	else if (op == 3)
		gen75_write_timestamp(gpu, e, space, addr);
	if (cmd[0] & 1u << 8 && !gen75_nonpriv(e))
		gen75_irq_engine(gpu, e, notify_bit[e->id]);
	return CMD_DONE;
}

/* The counters that there are: report id, time, then zeros (nothing is measured). */
static enum verdict report_perf_count(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	uint32_t report[64] = { cmd[2], gpu->now_ns / TIMESTAMP_NS };

	gen75_gm_write(gpu, e, gen75_data_space(gpu, e, cmd[1] & 1), cmd[1] & ~63u, report, sizeof(report));
	return CMD_DONE;
}

static enum verdict conditional_batch_end(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	uint32_t value;

	if (!(cmd[0] & 1u << 21))
		return CMD_DONE;
	value = gen75_gm_read32(gpu, e, gen75_data_space(gpu, e, in_ggtt(e, cmd[0])), cmd[2]);
	return value > cmd[1] ? CMD_DONE : gen75_batch_end(gpu, e, cmd, len_dw);
}

/* --- registers ------------------------------------------------------------------------------------------------------------ */

static void write_reg(struct gen75 *gpu, struct engine *e, uint32_t header, uint32_t offset, uint32_t value, uint32_t bytes)
{
	offset &= REG_FIELD;
	if (offset >= GEN75_MMIO_BYTES)
		gen75_event(gpu, GEN75_EV_UNKNOWN_WRITE, e->id, offset, value);
	else if (!gen75_filter_reg_allowed(e, offset))
		gen75_filter_dropped(gpu, e, header, offset);
	else
		gen75_reg_write(gpu, offset, value, bytes);
}

static uint32_t read_reg(struct gen75 *gpu, struct engine *e, uint32_t offset)
{
	offset &= REG_FIELD;
	if (offset < GEN75_MMIO_BYTES)
		return gen75_reg_read(gpu, offset);
	gen75_event(gpu, GEN75_EV_UNKNOWN_READ, e->id, offset, 0);
	return 0;
}

/* Pairs of register and value; header bits 11:8 disable bytes. */
static enum verdict load_register_imm(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	uint32_t disabled = cmd[0] >> 8 & 0xf;

	for (uint32_t i = 1; i + 1 < len_dw; i += 2) {
		write_reg(gpu, e, cmd[0], cmd[i], cmd[i + 1], ~disabled & 0xf);
		e->cost_ns += i > 1 ? gen75_cost(COST_REGISTER) : 0;
	}
	return CMD_DONE;
}

static enum verdict store_register_mem(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	uint32_t value = read_reg(gpu, e, cmd[1]);

	/* bit 21: only while the predicate is set */
	if (cmd[0] & 1u << 21 && e->id == GEN75_RCS && !(*reg(gpu, 0x2418) & 1))
		return CMD_DONE;
	gen75_gm_write32(gpu, e, gen75_data_space(gpu, e, in_ggtt(e, cmd[0])), cmd[2], value);
	return CMD_DONE;
}

static enum verdict load_register_mem(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	uint32_t value = gen75_gm_read32(gpu, e, gen75_data_space(gpu, e, in_ggtt(e, cmd[0])), cmd[2]);

	write_reg(gpu, e, cmd[0], cmd[1], value, 0xf);
	return CMD_DONE;
}

static enum verdict load_register_reg(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	write_reg(gpu, e, cmd[0], cmd[2], read_reg(gpu, e, cmd[1]), 0xf);
	return CMD_DONE;
}

#define CMD(op, what, on, rule, bits, min, max, price, fn, ...) \
	[op] = { .name = (what),                                \
		 .engines = (on),                               \
		 .filter = (rule),                              \
		 .len_bits = (bits),                            \
		 .min_dw = (min),                               \
		 .max_dw = (max),                               \
		 .cost = (price),                               \
		 .exec = (fn),                                  \
		 __VA_ARGS__ }
#define ON_RCS_BCS (ON_RCS | ON_BCS)
#define NF FILTER_NONE

static const struct cmd_desc mi_commands[64] = {
	CMD(0x00, "MI_NOOP", ON_ALL, NF, 0, 1, 1, COST_NOOP, noop),
	CMD(0x01, "MI_SET_PREDICATE", ON_RCS, NF, 0, 1, 1, COST_MI, set_predicate, .unpredicated = true),
	CMD(0x02, "MI_USER_INTERRUPT", ON_ALL, FILTER_DROP, 0, 1, 1, COST_INTERRUPT, user_interrupt),
	CMD(0x03, "MI_WAIT_FOR_EVENT", ON_RCS_BCS, FILTER_DROP, 0, 1, 1, COST_MI, wait_for_event),
	CMD(0x04, "MI_FLUSH", ON_ALL, NF, 0, 1, 1, COST_FLUSH, NULL),
	CMD(0x05, "MI_ARB_CHECK", ON_ALL, NF, 0, 1, 1, COST_MI, arb_check),
	CMD(0x06, "MI_RS_CONTROL", ON_RCS, NF, 0, 1, 1, COST_MI, NULL),
	CMD(0x07, "MI_REPORT_HEAD", ON_ALL, FILTER_DROP, 0, 1, 1, COST_MEMORY, report_head),
	CMD(0x08, "MI_ARB_ON_OFF", ON_ALL, FILTER_DROP, 0, 1, 1, COST_MI, arb_on_off),
	CMD(0x09, "MI_URB_ATOMIC_ALLOC", ON_RCS, NF, 0, 1, 1, COST_MI, NULL),
	CMD(0x0a, "MI_BATCH_BUFFER_END", ON_ALL, NF, 0, 1, 1, COST_MI, gen75_batch_end, .unpredicated = true),
	CMD(0x0b, "MI_SUSPEND_FLUSH", ON_ALL, NF, 0, 1, 1, COST_MI, NULL),
	CMD(0x0c, "MI_PREDICATE", ON_RCS, NF, 0, 1, 1, COST_MI, gen75_predicate),
	CMD(0x0d, "MI_TOPOLOGY_FILTER", ON_RCS, NF, 0, 1, 1, COST_MI, NULL),
	CMD(0x0e, "MI_SET_APPID", ON_ALL, NF, 0, 1, 1, COST_MI, NULL),
	CMD(0x0f, "MI_RS_CONTEXT", ON_RCS, NF, 0, 1, 1, COST_MI, NULL),
	CMD(0x12, "MI_LOAD_SCAN_LINES_INCL", ON_RCS_BCS, FILTER_DROP, 6, 2, 2, COST_MI, NULL),
	CMD(0x13, "MI_LOAD_SCAN_LINES_EXCL", ON_RCS_BCS, FILTER_DROP, 6, 2, 2, COST_MI, NULL),
	CMD(0x14, "MI_DISPLAY_FLIP", ON_RCS_BCS, FILTER_DROP, 8, 3, 4, COST_MEMORY, display_flip),
	CMD(0x16, "MI_SEMAPHORE_MBOX", ON_ALL, FILTER_DROP, 8, 3, 3, COST_MEMORY, semaphore_mbox),
	CMD(0x18, "MI_SET_CONTEXT", ON_RCS, FILTER_DROP, 8, 2, 2, COST_CONTEXT, gen75_set_context),
	CMD(0x19, "MI_URB_CLEAR", ON_RCS, NF, 8, 2, 2, COST_MI, gen75_not_executed),
	CMD(0x1a, "MI_MATH", ON_RCS, NF, 6, 2, 65, COST_MI, gen75_math),
	CMD(0x20, "MI_STORE_DATA_IMM", ON_ALL, FILTER_GGTT_HEADER, 10, 4, 5, COST_MEMORY, store_data_imm),
	CMD(0x21, "MI_STORE_DATA_INDEX", ON_ALL, FILTER_DROP, 8, 3, 4, COST_MEMORY, store_data_index),
	CMD(0x22, "MI_LOAD_REGISTER_IMM", ON_ALL, FILTER_REGS, 8, 3, 257, COST_REGISTER, load_register_imm, .step_dw = 2),
	CMD(0x23, "MI_UPDATE_GTT", ON_ALL, FILTER_DROP, 8, 3, 257, COST_MEMORY, update_gtt),
	CMD(0x24, "MI_STORE_REGISTER_MEM", ON_ALL, FILTER_GGTT_HEADER, 8, 3, 3, COST_MEMORY, store_register_mem),
	CMD(0x26, "MI_FLUSH_DW", ON_VCS | ON_BCS | ON_VECS, NF, 6, 3, 4, COST_FLUSH, flush_dw),
	CMD(0x27, "MI_CLFLUSH", ON_RCS, FILTER_GGTT_HEADER, 10, 3, 1025, COST_MEMORY, NULL),
	CMD(0x28, "MI_REPORT_PERF_COUNT", ON_RCS, NF, 6, 3, 3, COST_MEMORY, report_perf_count),
	CMD(0x29, "MI_LOAD_REGISTER_MEM", ON_ALL, FILTER_REGS, 8, 3, 3, COST_MEMORY, load_register_mem),
	CMD(0x2a, "MI_LOAD_REGISTER_REG", ON_ALL, FILTER_REGS, 8, 3, 3, COST_REGISTER, load_register_reg),
	CMD(0x2b, "MI_RS_STORE_DATA_IMM", ON_RCS, NF, 8, 4, 4, COST_MEMORY, gen75_not_executed),
	CMD(0x2c, "MI_LOAD_URB_MEM", ON_RCS, NF, 8, 3, 3, COST_MEMORY, gen75_not_executed),
	CMD(0x2d, "MI_STORE_URB_MEM", ON_RCS, NF, 8, 3, 3, COST_MEMORY, gen75_not_executed),
	CMD(0x31, "MI_BATCH_BUFFER_START", ON_ALL, NF, 8, 2, 2, COST_BATCH, gen75_batch_start),
	CMD(0x36, "MI_CONDITIONAL_BATCH_BUFFER_END", ON_ALL, FILTER_GGTT_HEADER, 8, 3, 3, COST_MEMORY, conditional_batch_end),
};

/**
 * gen75_mi_find() - the descriptor of a memory interface command; NULL: there is none
 */
const struct cmd_desc *gen75_mi_find(uint32_t header)
{
	const struct cmd_desc *d = &mi_commands[header >> 23 & 0x3f];

	return d->name ? d : NULL;
}
