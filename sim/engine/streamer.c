// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Command streamer: fetches commands from the ring and from batches, checks their lengths, executes them one by one and
 * charges their time.
 */
#include <string.h>

#include "sim/engine/gpu.h"

#define TYPE_MI 0u
#define TYPE_BLT 2u
#define TYPE_RENDER 3u
#define HEADER_GGTT (1u << 22)
#define EIR_INSTRUCTION 1u

static uint32_t ring_bytes(struct gen75 *gpu, const struct engine *e)
{
	return (*ring_reg(gpu, e, RING_CTL) & CTL_PAGES) + PAGE_BYTES;
}

static uint32_t ring_head(struct gen75 *gpu, const struct engine *e)
{
	return (*ring_reg(gpu, e, RING_HEAD) & HEAD_ADDR) % ring_bytes(gpu, e);
}

/* Dwords between head and tail: what may be fetched. */
static uint32_t ring_avail_dw(struct gen75 *gpu, const struct engine *e)
{
	uint32_t size = ring_bytes(gpu, e), tail = (*ring_reg(gpu, e, RING_TAIL) & TAIL_ADDR) % size;

	return (tail + size - ring_head(gpu, e)) % size / 4;
}

/**
 * gen75_nonpriv() - whether the command under way comes from a non-privileged batch
 */
bool gen75_nonpriv(const struct engine *e)
{
	return e->depth && e->batch[e->depth].nonpriv;
}

/**
 * gen75_data_space() - where a command's memory operand lives
 * @ggtt: the command asks for the GGTT; a non-privileged batch asks in vain
 */
enum gen75_space gen75_data_space(struct gen75 *gpu, const struct engine *e, bool ggtt)
{
	return (ggtt && !gen75_nonpriv(e)) || !gen75_gm_ppgtt_on(gpu, e) ? SPACE_GGTT : SPACE_PPGTT;
}

/* Copy @count dwords from @skip_dw behind the engine's position; false: there is no memory to fetch from. */
static bool fetch(struct gen75 *gpu, struct engine *e, uint32_t skip_dw, uint32_t count, uint32_t *to)
{
	enum gen75_space space = e->depth ? e->batch[e->depth].space : SPACE_GGTT;
	uint32_t size = e->depth ? 0 : ring_bytes(gpu, e);

	while (count) {
		uint32_t addr, n;
		const void *p;

		if (e->depth) {
			addr = e->batch[e->depth].addr + skip_dw * 4;
			n = PAGE_BYTES - addr % PAGE_BYTES;
		} else {
			uint32_t at = (ring_head(gpu, e) + skip_dw * 4) % size;

			addr = *ring_reg(gpu, e, RING_START) + at;
			n = min_u64(PAGE_BYTES - addr % PAGE_BYTES, size - at);
		}
		n = min_u64(n, count * 4);
		p = gen75_gm_map(gpu, e, space, addr, n, false);
		if (!p)
			return false;
		memcpy(to, p, n);
		to += n / 4;
		skip_dw += n / 4;
		count -= n / 4;
	}
	return true;
}

/**
 * gen75_advance() - go on behind a command of @len_dw dwords
 */
void gen75_advance(struct gen75 *gpu, struct engine *e, uint32_t len_dw)
{
	uint32_t *head = ring_reg(gpu, e, RING_HEAD);
	uint32_t size, at;

	if (e->depth) {
		e->batch[e->depth].addr += len_dw * 4;
		return;
	}
	size = ring_bytes(gpu, e);
	at = ring_head(gpu, e) + len_dw * 4;
	*head = (*head & ~HEAD_ADDR) + (at / size ? HEAD_WRAP_ONE : 0) + at % size;
}

static const struct cmd_desc *find(struct gen75 *gpu, const struct engine *e, uint32_t header)
{
	const struct cmd_desc *d = NULL;

	switch (header >> 29) {
	case TYPE_MI:
		d = gen75_mi_find(header);
		break;
	case TYPE_BLT:
		d = gen75_blt_find(header);
		break;
	case TYPE_RENDER:
		d = gen75_render_find(gpu, e, header);
		break;
	}
	return d && d->engines >> e->id & 1 ? d : NULL;
}

/* The engine stops here, as hardware hangs at what it cannot parse. */
static void hang(struct gen75 *gpu, struct engine *e)
{
	e->hung = true;
	e->idle = true;
	*ring_reg(gpu, e, RING_EIR) |= EIR_INSTRUCTION & ~*ring_reg(gpu, e, RING_EMR);
}

/* Time passes: the command under way is over. */
static void finish(struct gen75 *gpu, struct engine *e)
{
	uint64_t ns = e->cost_ns * 100 / gpu->speed_pct;

	e->t_ns += ns;
	gpu->stats.engine[e->id].busy_ns += ns;
	gpu->stats.engine[e->id].commands++;
	e->cost_ns = 0;
}

static void note_position(struct gen75 *gpu, struct engine *e, uint32_t header)
{
	uint32_t addr = e->depth ? e->batch[e->depth].addr : *ring_reg(gpu, e, RING_START) + ring_head(gpu, e);

	*ring_reg(gpu, e, RING_ACTHD) = addr;
	*ring_reg(gpu, e, RING_IPEHR) = header;
	if (e->depth)
		*ring_reg(gpu, e, e->depth == 2 ? RING_SBBADDR : RING_BBADDR) = addr | 1;
	if (gpu->tracing)
		gen75_event(gpu, GEN75_EV_COMMAND, e->id, header, addr);
}

/* Confine a command of a non-privileged batch; false: it becomes a no-operation. */
static bool filter(struct gen75 *gpu, struct engine *e, const struct cmd_desc *d)
{
	if (d->filter == FILTER_NONE || !gen75_nonpriv(e))
		return true;
	if (d->filter == FILTER_DROP) {
		gen75_filter_dropped(gpu, e, e->cmd[0], 0);
		return false;
	}
	if (e->cmd[0] & HEADER_GGTT) {
		gen75_filter_dropped(gpu, e, e->cmd[0], 0);
		e->cmd[0] &= ~HEADER_GGTT;
	}
	return true;
}

static void complete(struct gen75 *gpu, struct engine *e, enum verdict verdict)
{
	switch (verdict) {
	case CMD_DONE:
		gen75_advance(gpu, e, e->cmd_len_dw);
		finish(gpu, e);
		break;
	case CMD_JUMPED:
		finish(gpu, e);
		break;
	case CMD_WAIT:
		e->blocked = true;
		e->cost_ns = 0;
		break;
	case CMD_BUSY:
		break;
	case CMD_HANG:
		gen75_event(gpu, GEN75_EV_UNKNOWN_COMMAND, e->id, e->cmd[0], *ring_reg(gpu, e, RING_ACTHD));
		hang(gpu, e);
		break;
	}
}

static enum verdict execute(struct gen75 *gpu, struct engine *e, const struct cmd_desc *d)
{
	e->cost_ns = gen75_cost(d->cost);
	if (e->set_predicate && !d->unpredicated) {
		e->cost_ns = gen75_cost(COST_NOOP);
		return CMD_DONE;
	}
	if (!filter(gpu, e, d) || !d->exec)
		return CMD_DONE;
	return d->exec(gpu, e, e->cmd, e->cmd_len_dw);
}

static bool length_ok(const struct cmd_desc *d, uint32_t len)
{
	return len >= d->min_dw && len <= d->max_dw && !(d->step_dw && (len - d->min_dw) % d->step_dw);
}

/* Fetch the next command; false: there is none (the engine is idle now), or it cannot be had (it hangs). */
static bool fetch_command(struct gen75 *gpu, struct engine *e, const struct cmd_desc **ret_desc)
{
	uint32_t avail = e->depth ? UINT32_MAX : ring_avail_dw(gpu, e), header, len;
	const struct cmd_desc *d;

	if (!avail) {
		e->idle = true;
		return false;
	}
	if (!fetch(gpu, e, 0, 1, &header)) {
		note_position(gpu, e, 0);
		hang(gpu, e);
		return false;
	}
	note_position(gpu, e, header);
	e->cmd[0] = header;
	d = find(gpu, e, header);
	len = !d ? 0 : d->len_bits ? (header & ((1u << d->len_bits) - 1)) + 2 : d->min_dw;
	if (!d || !length_ok(d, len)) {
		complete(gpu, e, CMD_HANG);
		return false;
	}
	if (len > avail) {
		/* software is still writing it: the tail has to move on first */
		e->idle = true;
		return false;
	}
	if (len > 1 && !fetch(gpu, e, 1, min_u64(len, CMD_MAX_DW) - 1, e->cmd + 1)) {
		hang(gpu, e);
		return false;
	}
	e->cmd_len_dw = len;
	*ret_desc = d;
	return true;
}

/**
 * gen75_step() - execute one command of an engine, or go on with a long one
 * @budget: at most about so much work
 * Return: the work that was done, in units of an average command.
 */
uint32_t gen75_step(struct gen75 *gpu, struct engine *e, uint32_t budget)
{
	const struct cmd_desc *d;
	uint32_t left = budget;

	gpu->now_ns = e->t_ns;
	if (!e->blit.active) {
		if ((*ring_reg(gpu, e, RING_MI_MODE) & MI_MODE_STOP) || !fetch_command(gpu, e, &d)) {
			e->idle = true;
			return 1;
		}
		complete(gpu, e, execute(gpu, e, d));
		if (!e->blit.active)
			return 1;
	}
	if (gen75_blit_run(gpu, e, &left))
		complete(gpu, e, CMD_DONE);
	return budget - left + 1;
}
