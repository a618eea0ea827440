// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Commands at random, near to sound ones, go through the audit; an oracle that knows nothing of its tables reads what would
 * execute.
 *
 * Seeded, so that a failure comes again: `VGPU_FUZZ_SEED=n VGPU_FUZZ_STEPS=n core_audit_fuzz`. The invariants, of all that
 * passes: every byte that it says to be in the GGTT is the vGPU's; what it does not say so is in the PPGTT, and that is on; no
 * register but the guest's own; no page directory but the shadow's; no batch with privileges but a copy.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/guest/lib/cmd.h"
#include "tests/unit/harness/audit.h"

#include "kmod/core/batch.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define COPY_GMA 0x60000000u
#define MAX_DW 600u

static uint64_t seed;
static uint32_t admitted;

/* xorshift64*: the same everywhere, unlike rand(). */
static uint32_t rnd(void)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (uint32_t)(seed * 0x2545f4914f6cdd1dull >> 32);
}

static uint32_t below(uint32_t n)
{
	return rnd() % n;
}

/* Stands in for batch.c: what is started is the copy, wherever the guest had it. */
enum vgpu_fault vgpu_batch_admit(struct vgpu_audit *a, u32 gma, u32 *ret_gma)
{
	if (gma < H || gma >= HE)
		return VGPU_FAULT_ADDRESS;
	admitted++;
	*ret_gma = COPY_GMA;
	return VGPU_FAULT_NONE;
}

/* --- commands ----------------------------------------------------------------------------------------------------------- */

/* A dword that is likely to matter: near an edge of something, or a register. */
static uint32_t odd_dword(void)
{
	static const uint32_t edges[] = { 0,	      0x1000,	      A,	 AE, H, HE, 0x7ff00000, 0x80000000, ~0u,
					  H + 0x1000, HE - 17 * 4096, 0x12340000 };
	static const uint32_t regs[] = { 0x20c0, 0x2220, 0x2228, 0x2030, 0x2050,  0x2358,  0x2600,  0x267c,  0x7000,  0xb010,
					 0xb038, 0xb070, 0xe49c, 0x4280, 0x12050, 0x120c0, 0x12228, 0x1a228, 0x22200, 0x22228 };

	switch (below(6)) {
	case 0:
		return rnd();
	case 1:
		return rnd() >> below(32);
	case 2:
		return regs[below(VGPU_ARRAY_SIZE(regs))];
	case 3:
		return below(2) ? MASKED_SET(1u << below(16)) : 1u << below(32);
	default:
		return edges[below(VGPU_ARRAY_SIZE(edges))] + (below(3) ? 8 * below(64) : below(64) - 32);
	}
}

static uint32_t random_header(enum vgpu_engine_id e)
{
	uint32_t header, i;

	for (i = 0; i < 1000; i++) {
		switch (below(3)) {
		case 0:
			header = below(64) << 23;
			break;
		case 1:
			header = 2u << 29 | below(128) << 22;
			break;
		default:
			header = 3u << 29 | below(0x2000) << 16;
		}
		if (vgpu_audit_lookup(e, header))
			return header;
	}
	return 0;
}

/* A blit whose operands are nearly sound. */
static void blit(uint32_t *dw)
{
	uint32_t i;

	dw[1] = below(4) << 24 | (dw[0] >> 22 == 0x153 ? 0xccu : 0xf0u) << 16 | below(64) * 128;
	dw[2] = below(16) << 16 | below(16);
	dw[3] = (17 + below(64)) << 16 | (17 + below(below(4) ? 64 : 400));
	for (i = 4; i < 8; i += 3)
		dw[i] = (below(2) ? HE : AE) - 4096 * below(below(2) ? 20 : 2000) + (below(3) ? 0 : below(4096));
	if (!below(3)) /* its last line ends about where the memory does */
		dw[4] = HE - (dw[3] >> 16) * (dw[1] & 0xffff) + (dw[0] & BLT_DST_TILED ? 0 : below(2048) & ~3u);
	if (dw[0] >> 22 == 0x153) {
		dw[5] = below(16) << 16 | below(16);
		dw[6] = below(64) * 128;
	}
	if (!below(4))
		dw[1 + below(7)] = odd_dword();
}

/* The larger operands of the memory interface's commands, at the end of what the vGPU has. */
static void at_the_end(uint32_t *dw)
{
	switch (dw[0] >> 23) {
	case 0x18:
		dw[1] = (HE - 4096 * below(24)) | 0x100 | below(16);
		break;
	case 0x28:
		dw[1] = (HE - 64 * below(8)) | below(2);
		break;
	case 0x20:
	case 0x24:
	case 0x29:
	case 0x36:
		dw[2] = HE - 4 * below(4);
		break;
	}
}

/* One command. Return: its dwords, at most MAX_DW. */
static uint32_t command(enum vgpu_engine_id e, uint32_t *dw)
{
	uint32_t header = random_header(e), n = 1, i;
	const struct vgpu_command *c = vgpu_audit_lookup(e, header);

	dw[0] = header | (below(2) ? rnd() & c->flags : 0);
	if (c->max_dw > 1) {
		uint32_t steps = c->step_dw ? c->step_dw : 1;

		n = c->min_dw + below((c->max_dw - c->min_dw) / steps + 1) * steps;
		if (n > 40 && (below(10) || n > MAX_DW))
			n = c->min_dw;
		dw[0] |= n - 2;
	}
	for (i = 1; i < n || i < 8; i++)
		dw[i] = below(4) ? odd_dword() : 0;
	if (header >> 29 == 2)
		blit(dw);
	if (below(2))
		at_the_end(dw);
	if (!below(20))
		dw[0] ^= 1u << below(32);
	return n;
}

/* --- the oracle --------------------------------------------------------------------------------------------------------- */

static bool owned(int64_t first, int64_t bytes)
{
	int64_t end = first + bytes;

	return (first >= A && end <= AE) || (first >= H && end <= HE);
}

static uint32_t length_of(enum vgpu_engine_id e, uint32_t header)
{
	uint32_t op = header >> 16, mask = 0xff;

	if (header >> 29 == 0) {
		op = header >> 23;
		if (op < 0x10)
			return 1;
		mask = op == 0x27 ? 0x3ff : op == 0x26 || op == 0x1a || op == 0x28 ? 0x3f : 0xff;
	} else if (header >> 29 == 3) {
		if (op == 0x680b || op == 0x6904 || op == 0x6800)
			return 1;
		if (e != VGPU_RCS)
			mask = 0xfff;
		else if (op >= 0x7000 && op < 0x7200)
			mask = op == 0x7104 || op == 0x7105 ? 0xff : 0xffff;
		else if (op == 0x7839 || op == 0x783a)
			mask = 0x7ff;
		else if ((op >= 0x7843 && op <= 0x7847) || op == 0x7917)
			mask = 0x1ff;
	}
	return (header & mask) + 2;
}

/* Where a byte of a tiled surface is (Haswell PRM vol. 5, memory views). */
static int64_t tiled(uint32_t base, uint32_t pitch, bool y_tiles, uint32_t x, uint32_t y)
{
	if (y_tiles)
		return base + ((int64_t)(y / 32) * (pitch / 128) + x / 128) * 4096 + x % 128 / 16 * 512 + y % 32 * 16 + x % 16;
	return base + ((int64_t)(y / 8) * (pitch / 512) + x / 512) * 4096 + y % 8 * 512 + x % 512;
}

/* Lines @y1 to @y2, bytes @x1 to @x2 of each; of very many lines, some. */
static void surface(uint32_t base, uint16_t pitch, bool is_tiled, bool y_tiles, uint32_t x1, uint32_t y1, uint32_t x2,
		    uint32_t y2)
{
	uint32_t y, x, step = 1 + (y2 - y1) / 512;

	assert_true(x1 < x2 && y1 < y2);
	for (y = y1; y < y2; y = y + step < y2 || y == y2 - 1 ? y + step : y2 - 1) {
		if (!is_tiled) {
			assert_true(owned(base + (int64_t)y * (int16_t)pitch + x1, x2 - x1));
			continue;
		}
		for (x = x1; x < x2; x = x / 16 * 16 + 16) {
			assert_true(owned(tiled(base, pitch * 4u, y_tiles, x, y), 1));
			assert_true(owned(tiled(base, pitch * 4u, y_tiles, x2 - 1, y), 1));
		}
	}
}

static void judge_blit(const uint32_t *dw, uint32_t swctrl)
{
	static const uint32_t bytes[] = { 1, 2, 2, 4 };
	uint32_t op = dw[0] >> 22 & 0x7f, cpp = bytes[dw[1] >> 24 & 3], w = (dw[3] & 0xffff) - (dw[2] & 0xffff);
	uint32_t h = (dw[3] >> 16) - (dw[2] >> 16), x = dw[2] & 0xffff, y = dw[2] >> 16;

	assert_true(op == 0x50 || op == 0x51 || op == 0x53 || op == 0x72);
	assert_false(dw[1] & 1u << 30);
	surface(dw[4], dw[1], dw[0] & 1u << 11, swctrl & 2, x * cpp, y, (x + w) * cpp, y + h);
	if (op == 0x51)
		assert_true(owned(dw[5], 64 * cpp));
	if (op != 0x53)
		return;
	x = dw[5] & 0xffff;
	y = dw[5] >> 16;
	surface(dw[7], dw[6], dw[0] & 1u << 15, swctrl & 1, x * cpp, y, (x + w) * cpp, y + h);
}

/* Whether a register is the render engine's tenant's own; @any: with all its bits. */
static bool render_register(uint32_t r, bool any)
{
	return (r >= 0x2290 && r < 0x2298) || (r >= 0x2300 && r < 0x2358) || (r >= 0x2400 && r < 0x2410) || r == 0x2420 ||
	       (r >= 0x2430 && r <= 0x2440) || (r >= 0x2500 && r < 0x250c) || (r >= 0x2600 && r < 0x2680) ||
	       (r >= 0x5200 && r < 0x5290) || r == 0x7000 || r == 0x7004 || r == 0xb010 || r == 0xb020 || r == 0xb024 ||
	       (!any && (r == 0xb038 || r == 0xe49c));
}

static const uint32_t base_of[] = { 0x2000, 0x12000, 0x22000, 0x1a000 };

static void judge_imm(enum vgpu_engine_id e, bool batch, uint32_t r, uint32_t value)
{
	if (r == base_of[e] + 0x228)
		assert_true(value == SHADOW_PP_DIR && !batch);
	else if (r == base_of[e] + 0x220)
		assert_true(value == ~0u && !batch);
	else if (r == base_of[e] + 0xc0)
		assert_false(value >> 16 & ~0x2a0u);
	else if (r == 0x22200)
		assert_true(e == VGPU_BCS && !(value >> 16 & ~3u));
	else
		assert_true(e == VGPU_RCS && render_register(r, false));
	if (r == 0xb038)
		assert_false(value & ~(1u << 27));
	if (r == 0xe49c)
		assert_false(value >> 16 & ~0x40u);
}

static void judge_read(enum vgpu_engine_id e, uint32_t r)
{
	uint32_t at = r & 0xfff;
	bool engine = r - at == 0x12000 || r - at == 0x1a000 || r - at == 0x22000 || r - at == 0x2000;

	if (engine && (at == 0x50 || at == 0x358 || at == 0x35c))
		return;
	if (r == base_of[e] + 0x220 || r == base_of[e] + 0x228 || (e == VGPU_BCS && r == 0x22200))
		return;
	assert_true(e == VGPU_RCS && (render_register(r, false) || r == 0x20c0 || r == 0x2418));
}

/* An operand of @bytes at @gma. */
static void judge_operand(const struct audit_where *w, bool ggtt, uint32_t gma, uint32_t bytes)
{
	assert_true(ggtt ? owned(gma, bytes) : w->ppgtt);
}

static void judge_mi(const struct audit_where *w, const uint32_t *dw, uint32_t n, uint32_t *swctrl)
{
	bool ggtt = dw[0] & 1u << 22;
	uint32_t i, how;

	switch (dw[0] >> 23) {
	case 0x00:
		assert_false(ggtt);
		break;
	case 0x01:
	case 0x0b:
		assert_false(dw[0] & 3);
		break;
	case 0x03:
	case 0x07:
	case 0x0e:
	case 0x10 ... 0x16:
	case 0x1b ... 0x1f:
	case 0x23:
	case 0x25:
	case 0x2e ... 0x30:
	case 0x32 ... 0x35:
	case 0x37 ... 0x3f:
		fail_msg("0x%08x passes", dw[0]);
		break;
	case 0x0a:
		assert_true(w->batch);
		break;
	case 0x0c:
	case 0x0d:
	case 0x27:
	case 0x2b ... 0x2d:
		assert_true(w->ppgtt && !ggtt);
		break;
	case 0x18:
		assert_true(!w->batch && owned(dw[1] & ~0xfffu, 17 * 4096) && dw[1] & 1u << 8);
		break;
	case 0x20:
		judge_operand(w, ggtt, dw[2], 4 * (n - 3));
		break;
	case 0x21:
		assert_true(dw[1] + 4 * (n - 2) <= 4096);
		break;
	case 0x22:
		for (i = 1; i < n; i += 2) {
			judge_imm(w->engine, w->batch, dw[i], dw[i + 1]);
			if (dw[i] == 0x22200)
				*swctrl = (*swctrl & ~(dw[i + 1] >> 16)) | (dw[i + 1] & dw[i + 1] >> 16);
		}
		break;
	case 0x24:
		judge_read(w->engine, dw[1]);
		judge_operand(w, ggtt, dw[2], 4);
		break;
	case 0x26:
		if (dw[0] >> 14 & 3 && dw[0] & 1u << 21)
			assert_true((dw[1] & ~4u) + 8 <= 4096);
		else if (dw[0] >> 14 & 3)
			judge_operand(w, dw[1] & 4, dw[1] & ~4u, 8);
		break;
	case 0x28:
		judge_operand(w, dw[1] & 1, dw[1] & ~0x3fu, 256);
		break;
	case 0x29:
		assert_true(w->engine == VGPU_RCS && render_register(dw[1], true));
		judge_operand(w, ggtt, dw[2], 4);
		break;
	case 0x2a:
		judge_read(w->engine, dw[1]);
		assert_true(w->engine == VGPU_RCS && render_register(dw[2], true));
		break;
	case 0x31:
		how = dw[0] & 0x2100;
		if (!how)
			assert_true(!w->batch && dw[1] == COPY_GMA && admitted);
		else
			assert_true(w->ppgtt && how == (w->engine == VGPU_RCS ? 0x2100u : 0x100u));
		break;
	case 0x36:
		assert_true(w->batch);
		judge_operand(w, ggtt, dw[2], 4);
		break;
	}
}

static void judge_render(const struct audit_where *w, const uint32_t *dw)
{
	if (dw[0] >> 16 != 0x7a00) {
		assert_true(w->ppgtt);
		assert_false(w->engine == VGPU_RCS && dw[0] >> 16 == 0x7000 && dw[2] & 0x18);
		assert_true(dw[0] >> 16 != 0x7609);
		return;
	}
	assert_false(dw[1] & 0xfe8a0140 & ~(1u << 24) & ~(1u << 21));
	if (!(dw[1] >> 14 & 3))
		return;
	if (dw[1] & 1u << 21)
		assert_true(dw[2] + 8 <= 4096);
	else
		judge_operand(w, dw[1] & 1u << 24, dw[2], 8);
}

/* All that would execute. Return: how many commands. */
static uint32_t judge(const struct audit_where *w, const uint32_t *dw, uint32_t passed, uint32_t swctrl)
{
	uint32_t at, n, count = 0;

	for (at = 0; at < passed; at += n, count++) {
		n = length_of(w->engine, dw[at]);
		assert_true(n <= passed - at);
		switch (dw[at] >> 29) {
		case 0:
			judge_mi(w, dw + at, n, &swctrl);
			break;
		case 2:
			assert_int_equal(w->engine, VGPU_BCS);
			if (!w->ppgtt)
				judge_blit(dw + at, swctrl);
			break;
		case 3:
			assert_true(w->engine != VGPU_BCS);
			judge_render(w, dw + at);
			break;
		default:
			fail_msg("client %u", dw[at] >> 29);
		}
	}
	return count;
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 0) : otherwise;
}

/* A piece of a few commands; the audit is given it in two parts now and then. */
static enum vgpu_fault piece(const struct audit_where *w, uint32_t *dw, uint32_t *ret_passed)
{
	uint32_t n = 0, k = 1 + below(6), swctrl = below(4);
	struct vgpu_audit a;

	while (k-- && n < MAX_DW)
		n += command(w->engine, dw + n);
	a = audit_of(w, dw, n);
	a.swctrl = swctrl;
	a.wanted = below(2);
	a.more = below(2);
	if (w->batch && below(2)) {
		a.more = true;
		a.dwords = 1 + below(n);
		if (vgpu_audit_run(&a))
			a.ended = true;
		a.dwords = n;
	}
	if (!a.fault)
		vgpu_audit_run(&a);
	*ret_passed = judge(w, dw, a.passed_dw, swctrl);
	return a.fault;
}

static void random_commands(void **state)
{
	static uint32_t dw[2 * MAX_DW + 16];
	const uint64_t steps = setting("VGPU_FUZZ_STEPS", 400000);
	uint64_t i, passed[VGPU_ENGINES][4] = { 0 }, faults[VGPU_FAULT_HANG] = { 0 };
	uint32_t e, k, n;

	seed = setting("VGPU_FUZZ_SEED", 20142);
	for (i = 0; i < steps; i++) {
		struct audit_where w = { (enum vgpu_engine_id)below(VGPU_ENGINES), below(2), below(2) };

		faults[piece(&w, dw, &n)]++;
		passed[w.engine][w.ppgtt * 2 + w.batch] += n;
	}
	/* It was not all refused: commands passed everywhere, and each reason to refuse one occurred. */
	for (e = 0; e < VGPU_ENGINES; e++)
		for (k = 0; k < 4; k++)
			assert_true(passed[e][k] > steps / 100);
	assert_true(faults[OK] && faults[OPCODE] && faults[LENGTH] && faults[ADDRESS] && faults[REGISTER] && faults[BUDGET]);
	assert_true(admitted);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(random_commands) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
