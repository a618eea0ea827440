// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Render, compute and codec commands: what executes of them.
 *
 * Shaders do not run, so nothing is drawn: state commands are kept with the context, draws and dispatches take the time of
 * the cost model and count in the statistics registers, PIPE_CONTROL does all that software can observe of it.
 * Operands: Haswell PRM vol. 2a (3DPRIMITIVE, PIPE_CONTROL, GPGPU_WALKER) and i915 gt/intel_gpu_commands.h.
 */
#include <string.h>

#include "sim/engine/render.h"

#define REG_PREDICATE_RESULT 0x2418
#define REG_IA_VERTICES 0x2310
#define REG_IA_PRIMITIVES 0x2318
#define REG_VS_INVOCATIONS 0x2320
#define REG_CL_INVOCATIONS 0x2338
#define REG_CL_PRIMITIVES 0x2340
#define REG_PS_INVOCATIONS 0x2348
#define REG_PS_DEPTH_COUNT 0x2350
#define REG_PRIM_VERTEX_COUNT 0x2434
#define REG_PRIM_INSTANCE_COUNT 0x2438

#define TOPOLOGY_RECTLIST 0x0f
#define DRAW_LIMIT (1ull << 32) /* vertices: keeps the sums of hostile draws within 64 bits */

static void count(struct gen75 *gpu, uint32_t offset, uint64_t n)
{
	uint64_t value = (*reg(gpu, offset) | (uint64_t)*reg(gpu, offset + 4) << 32) + n;

	*reg(gpu, offset) = value;
	*reg(gpu, offset + 4) = value >> 32;
}

/* Haswell PRM vol. 2a, "3D Primitive Topology Type". */
static uint64_t primitives(uint32_t topology, uint64_t vertices)
{
	static const struct {
		uint8_t lead, step; /* vertices that make no primitive yet, vertices for each one */
	} rule[32] = {
		[0x01] = { 0, 1 }, [0x02] = { 0, 2 }, [0x03] = { 1, 1 }, [0x04] = { 0, 3 }, [0x05] = { 2, 1 },
		[0x06] = { 2, 1 }, [0x07] = { 0, 4 }, [0x08] = { 2, 2 }, [0x09] = { 0, 4 }, [0x0a] = { 3, 1 },
		[0x0b] = { 0, 6 }, [0x0c] = { 4, 2 }, [0x0e] = { 2, 1 }, [0x0f] = { 0, 3 }, [0x10] = { 0, 1 },
	};

	if (topology >= 0x20)
		return vertices / (topology - 0x1f); /* patches of 1, 2, ... control points */
	if (!rule[topology].step || vertices <= rule[topology].lead)
		return 0;
	return (vertices - rule[topology].lead) / rule[topology].step;
}

static uint64_t drawing_rectangle_pixels(const struct gen75 *gpu)
{
	const uint32_t *cmd = gen75_render_state(gpu, 0x7900);
	int32_t width, height;

	if (!cmd || !cmd[0])
		return 0;
	width = (int32_t)(cmd[2] & 0xffff) - (int32_t)(cmd[1] & 0xffff) + 1;
	height = (int32_t)(cmd[2] >> 16) - (int32_t)(cmd[1] >> 16) + 1;
	return width > 0 && height > 0 ? (uint64_t)width * height : 0;
}

/**
 * gen75_draw() - 3DPRIMITIVE
 */
enum verdict gen75_draw(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	bool indirect = cmd[0] & 1u << 10;
	uint64_t per_instance = indirect ? *reg(gpu, REG_PRIM_VERTEX_COUNT) : cmd[2];
	uint64_t instances = indirect ? *reg(gpu, REG_PRIM_INSTANCE_COUNT) : cmd[4];
	uint64_t vertices = min_u64(per_instance * instances, DRAW_LIMIT), prims, pixels;
	uint32_t topology = cmd[1] & 0x3f;
	const uint32_t *statistics = gen75_render_state(gpu, 0x680b);

	if (cmd[0] & 1u << 8 && !(*reg(gpu, REG_PREDICATE_RESULT) & 1)) {
		e->cost_ns = gen75_cost(COST_MI);
		return CMD_DONE;
	}
	prims = min_u64(primitives(topology, per_instance) * instances, DRAW_LIMIT);
	e->cost_ns += gen75_cost_draw(vertices, prims, topology == TOPOLOGY_RECTLIST, drawing_rectangle_pixels(gpu), &pixels);
	gpu->stats.engine[e->id].draws++;
	gpu->stats.engine[e->id].pixels += pixels;
	if (statistics && statistics[0] & 1) {
		count(gpu, REG_IA_VERTICES, vertices);
		count(gpu, REG_IA_PRIMITIVES, prims);
		count(gpu, REG_VS_INVOCATIONS, vertices);
		count(gpu, REG_CL_INVOCATIONS, prims);
		count(gpu, REG_CL_PRIMITIVES, prims);
		count(gpu, REG_PS_INVOCATIONS, pixels);
		count(gpu, REG_PS_DEPTH_COUNT, pixels);
	}
	return CMD_DONE;
}

/**
 * gen75_gpgpu_walker() - GPGPU_WALKER: threads are counted, not run
 */
enum verdict gen75_gpgpu_walker(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	uint64_t per_group = (uint64_t)((cmd[2] & 0x3f) + 1) * ((cmd[2] >> 8 & 0x3f) + 1) * ((cmd[2] >> 16 & 0x3f) + 1);
	uint64_t groups = min_u64((uint64_t)cmd[4] * cmd[6], DRAW_LIMIT);

	groups = min_u64(groups * min_u64(cmd[8], DRAW_LIMIT >> 8), DRAW_LIMIT);
	e->cost_ns += gen75_cost_dispatch(min_u64(groups * per_group, DRAW_LIMIT));
	return gen75_not_executed(gpu, e, cmd, len_dw);
}

/**
 * gen75_media_object() - one thread, or for a walker a screen of them: not run
 */
enum verdict gen75_media_object(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	e->cost_ns += gen75_cost_dispatch(1);
	return gen75_not_executed(gpu, e, cmd, len_dw);
}

/**
 * gen75_bsd_object() - a slice for the codec: dword 1 is the length of its stream in bytes
 */
enum verdict gen75_bsd_object(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	e->cost_ns += gen75_cost_media(cmd[1] & 0xffffff);
	return gen75_not_executed(gpu, e, cmd, len_dw);
}

/* --- PIPE_CONTROL ----------------------------------------------------------------------------------------------------------- */

#define PC_GGTT (1u << 24)
#define PC_LRI (1u << 23)
#define PC_INDEX (1u << 21)
#define PC_CS_STALL (1u << 20)
#define PC_NOTIFY (1u << 8)
#define PC_FLUSHES (1u << 12 | 1u << 7 | 1u << 5 | 1u << 0)
#define GT_PIPECTL_NOTIFY (1u << 4)

static void post_sync(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	enum gen75_space space = gen75_data_space(gpu, e, cmd[1] & PC_GGTT);
	uint32_t addr = cmd[2] & ~7u;

	if (cmd[1] & PC_INDEX) {
		space = SPACE_GGTT;
		addr = gen75_hwsp(gpu, e) + (cmd[2] & 0xff8);
	}
	e->cost_ns += gen75_cost(COST_MEMORY);
	switch (cmd[1] >> 14 & 3) {
	case 1:
		/* i915 leaves the upper dword of the data out, then only the lower one is written; bit 2 chooses the half */
		if (len_dw == 4) {
			gen75_gm_write32(gpu, e, space, addr | (cmd[1] & PC_INDEX ? 0 : cmd[2] & 4), cmd[3]);
			break;
		}
		gen75_gm_write32(gpu, e, space, addr, cmd[3]);
		gen75_gm_write32(gpu, e, space, addr + 4, cmd[4]);
		break;
	case 2:
		gen75_gm_write32(gpu, e, space, addr, *reg(gpu, REG_PS_DEPTH_COUNT));
		gen75_gm_write32(gpu, e, space, addr + 4, *reg(gpu, REG_PS_DEPTH_COUNT + 4));
		break;
	case 3:
		gen75_write_timestamp(gpu, e, space, addr);
		break;
	}
}

static void post_sync_register(struct gen75 *gpu, struct engine *e, const uint32_t *cmd)
{
	uint32_t offset = cmd[2] & 0x7ffffcu;

	if (offset >= GEN75_MMIO_BYTES)
		gen75_event(gpu, GEN75_EV_UNKNOWN_WRITE, e->id, offset, cmd[3]);
	else if (!gen75_filter_reg_allowed(e, offset))
		gen75_filter_dropped(gpu, e, cmd[0], offset);
	else
		gen75_reg_write(gpu, offset, cmd[3], 0xf);
}

/**
 * gen75_pipe_control() - PIPE_CONTROL: all caches are coherent here, what remains is the time, the write and the interrupt
 */
enum verdict gen75_pipe_control(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	uint32_t op = cmd[1] >> 14 & 3;

	if (cmd[1] & (PC_CS_STALL | PC_FLUSHES))
		e->cost_ns += gen75_cost(COST_FLUSH);
	if (cmd[1] & PC_LRI)
		post_sync_register(gpu, e, cmd);
	else if (op && gen75_nonpriv(e) && cmd[1] & (PC_GGTT | PC_INDEX))
		gen75_filter_dropped(gpu, e, cmd[0], 0);
	else if (op)
		post_sync(gpu, e, cmd, len_dw);
	if (cmd[1] & PC_NOTIFY && !gen75_nonpriv(e))
		gen75_irq_engine(gpu, e, GT_PIPECTL_NOTIFY);
	return CMD_DONE;
}

/**
 * gen75_state() - a state command: kept with the context
 */
enum verdict gen75_state(struct gen75 *gpu, struct engine *e, const uint32_t *cmd, uint32_t len_dw)
{
	uint32_t *slot = gen75_render_state(gpu, cmd[0] >> 16);

	if (slot)
		memcpy(slot, cmd, len_dw * 4);
	return CMD_DONE;
}
