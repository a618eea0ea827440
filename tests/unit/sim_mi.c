// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Memory interface commands, batches and the filter of non-privileged ones.
 */
#include <string.h>

#include "tests/unit/harness/sim_gpu.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define MI(op) ((uint32_t)(op) << 23)
#define GGTT (1u << 22)
#define BB_END MI(0x0a)
#define BB_START MI(0x31)
#define LRI(n) (MI(0x22) | (2 * (n)-1))
#define SRM (MI(0x24) | 1 | GGTT)
#define LRM (MI(0x29) | 1 | GGTT)
#define LRR (MI(0x2a) | 1)
#define STORE (MI(0x20) | 2)
#define D HARNESS_DATA /* where results go */
#define BATCH (HARNESS_DATA + 0x10000)
#define BATCH2 (HARNESS_DATA + 0x20000)
#define PT (HARNESS_DATA + 0x80000)
#define PD_SLOT 0x60000u

/* Run the ring's commands on a fresh GPU; then memory at @at holds @want. */
static const struct {
	const char *name;
	enum gen75_engine_id id;
	uint32_t ring[24];
	uint32_t n;
	uint32_t at, want;
	uint32_t reg, reg_want;
} cases[] = {
	{ "NOOP stores the identification", GEN75_RCS, { GGTT | 0x12345 }, 1, D, 0, 0x2094, 0x12345 },
	{ "NOOP without the bit does not", GEN75_RCS, { 0x12345 }, 1, D, 0, 0x2094, 0 },
	{ "STORE_DATA_IMM dword", GEN75_VCS, { STORE | GGTT, 0, D, 7, 0 }, 4, D, 7, 0, 0 },
	{ "STORE_DATA_IMM quadword", GEN75_RCS, { MI(0x20) | 3 | GGTT, 0, D, 7, 8 }, 5, D + 4, 8, 0, 0 },
	{ "STORE_DATA_INDEX", GEN75_VECS, { MI(0x21) | 1, 0xc0, 9 }, 3, HARNESS_HWSP(GEN75_VECS) + 0xc0, 9, 0, 0 },
	{ "STORE_DATA_INDEX quadword", GEN75_BCS, { MI(0x21) | 2, 0xc0, 9, 10 }, 4, HARNESS_HWSP(GEN75_BCS) + 0xc4, 10, 0, 0 },
	{ "LOAD_REGISTER_IMM, two", GEN75_RCS, { LRI(2), 0x2600, 1, 0x2604, 2 }, 5, D, 0, 0x2604, 2 },
	{ "LOAD_REGISTER_IMM with a byte disabled",
	  GEN75_RCS,
	  { LRI(1) | 1 << 8, 0x2600, 0x11223344 },
	  3,
	  D,
	  0,
	  0x2600,
	  0x11223300 },
	{ "LOAD_REGISTER_IMM of a masked register", GEN75_RCS, { LRI(1), 0x7004, 0x00400040 }, 3, D, 0, 0x7004, 0x40 },
	{ "LOAD_REGISTER_IMM beyond the registers", GEN75_RCS, { LRI(1), 0x00200000, 1 }, 3, GEN75_MMIO_BYTES, 0, 0, 0 },
	{ "STORE_REGISTER_MEM", GEN75_RCS, { LRI(1), 0x2600, 5, SRM, 0x2600, D }, 6, D, 5, 0, 0 },
	{ "STORE_REGISTER_MEM, predicate clear", GEN75_RCS, { LRI(1), 0x2600, 5, SRM | 1 << 21, 0x2600, D }, 6, D, 0, 0, 0 },
	{ "STORE_REGISTER_MEM, predicate set",
	  GEN75_RCS,
	  { MI(0x0c) | 2 << 6, LRI(1), 0x2600, 5, SRM | 1 << 21, 0x2600, D },
	  7,
	  D,
	  5,
	  0,
	  0 },
	{ "LOAD_REGISTER_MEM", GEN75_BCS, { STORE | GGTT, 0, D, 7, LRM, 0x22228, D }, 7, D, 7, 0x22228, 7 },
	{ "LOAD_REGISTER_REG", GEN75_RCS, { LRI(1), 0x2600, 5, LRR, 0x2600, 0x2608 }, 6, D, 0, 0x2608, 5 },
	{ "FLUSH_DW to the status page",
	  GEN75_BCS,
	  { MI(0x26) | 1 | 1 << 21 | 1 << 14, 0x40 | 4, 3 },
	  3,
	  HARNESS_HWSP(GEN75_BCS) + 0x40,
	  3,
	  0,
	  0 },
	{ "FLUSH_DW quadword to the GGTT", GEN75_VCS, { MI(0x26) | 2 | 1 << 14, D | 4, 3, 4 }, 4, D + 4, 4, 0, 0 },
	{ "FLUSH_DW without a write", GEN75_VCS, { MI(0x26) | 1, D | 4, 3 }, 3, D, 0, 0, 0 },
	{ "REPORT_HEAD", GEN75_RCS, { 0, MI(0x07) }, 2, HARNESS_HWSP(GEN75_RCS) + 0x10, 4, 0, 0 },
	{ "REPORT_PERF_COUNT", GEN75_RCS, { MI(0x28) | 1, D | 1, 0x1d }, 3, D, 0x1d, 0, 0 },
	{ "UPDATE_GTT",
	  GEN75_BCS,
	  { MI(0x23) | 1, 0x70000000, 0x12345001 },
	  3,
	  D,
	  0,
	  GEN75_MMIO_BYTES + 4 * 0x70000,
	  0x12345001 },
	{ "SEMAPHORE_MBOX writes memory", GEN75_BCS, { MI(0x16) | 1 | GGTT | 1 << 21, 6, D }, 3, D, 6, 0, 0 },
	{ "SEMAPHORE_MBOX writes a mailbox", GEN75_BCS, { MI(0x16) | 1 | 1 << 21 | 1 << 18, 6, 0x2044 }, 3, D, 0, 0x2044, 6 },
	{ "SEMAPHORE_MBOX is greater",
	  GEN75_RCS,
	  { LRI(1), 0x2044, 6, MI(0x16) | 1 | 5 << 18 | 2 << 16, 5, 0, STORE | GGTT, 0, D, 1 },
	  10,
	  D,
	  1,
	  0,
	  0 },
	{ "ARB_CHECK moves the head",
	  GEN75_RCS,
	  { LRI(1), 0x2134, 0x21, MI(0x05), STORE | GGTT, 0, D, 1, STORE | GGTT, 0, D + 4, 2 },
	  12,
	  D,
	  0,
	  0,
	  0 },
	{ "ARB_CHECK off does not",
	  GEN75_RCS,
	  { MI(0x08), LRI(1), 0x2134, 0x21, MI(0x05), STORE | GGTT, 0, D, 1 },
	  9,
	  D,
	  1,
	  0,
	  0 },
	{ "SET_PREDICATE skips",
	  GEN75_RCS,
	  { MI(0x01) | 3, STORE | GGTT, 0, D, 1, MI(0x01), STORE | GGTT, 0, D + 4, 2 },
	  10,
	  D,
	  0,
	  0,
	  0 },
	{ "SET_PREDICATE ends",
	  GEN75_RCS,
	  { MI(0x01) | 3, STORE | GGTT, 0, D, 1, MI(0x01), STORE | GGTT, 0, D + 4, 2 },
	  10,
	  D + 4,
	  2,
	  0,
	  0 },
	{ "SET_PREDICATE on clear", GEN75_RCS, { MI(0x01) | 1, STORE | GGTT, 0, D, 1 }, 5, D, 0, 0, 0 },
	{ "SET_PREDICATE on set", GEN75_RCS, { MI(0x01) | 2, STORE | GGTT, 0, D, 1 }, 5, D, 1, 0, 0 },
	{ "PREDICATE true", GEN75_RCS, { MI(0x0c) | 2 << 6 }, 1, D, 0, 0x2418, 1 },
	{ "PREDICATE false", GEN75_RCS, { MI(0x0c) | 2 << 6, MI(0x0c) | 2 << 6 | 1 }, 2, D, 0, 0x2418, 0 },
	{ "PREDICATE inverted", GEN75_RCS, { MI(0x0c) | 3 << 6 | 1 }, 1, D, 0, 0x2418, 1 },
	{ "PREDICATE kept", GEN75_RCS, { MI(0x0c) | 2 << 6, MI(0x0c) | 1 }, 2, D, 0, 0x2418, 1 },
	{ "PREDICATE equal", GEN75_RCS, { LRI(2), 0x2404, 5, 0x240c, 5, MI(0x0c) | 2 << 6 | 2 }, 6, D, 0, 0x2418, 1 },
	{ "PREDICATE differs in the upper half",
	  GEN75_RCS,
	  { LRI(2), 0x2404, 5, 0x240c, 6, MI(0x0c) | 2 << 6 | 2 },
	  6,
	  D,
	  0,
	  0x2418,
	  0 },
	{ "PREDICATE delta", GEN75_RCS, { LRI(3), 0x2400, 9, 0x2408, 4, 0x2410, 5, MI(0x0c) | 2 << 6 | 3 }, 8, D, 0, 0x2418, 1 },
	{ "PREDICATE and", GEN75_RCS, { MI(0x0c) | 2 << 6, MI(0x0c) | 2 << 6 | 1 << 3 | 1 }, 2, D, 0, 0x2418, 0 },
	{ "PREDICATE or", GEN75_RCS, { MI(0x0c) | 2 << 6, MI(0x0c) | 2 << 6 | 2 << 3 | 1 }, 2, D, 0, 0x2418, 1 },
	{ "PREDICATE xor", GEN75_RCS, { MI(0x0c) | 2 << 6, MI(0x0c) | 2 << 6 | 3 << 3 }, 2, D, 0, 0x2418, 0 },
	{ "MATH add with carry out",
	  GEN75_RCS,
	  { LRI(4), 0x2600, 0xffffffff, 0x2604, 0xffffffff, 0x2608, 3, 0x260c, 0, MI(0x1a) | 4, 0x080 << 20 | 0x20 << 10 | 0,
	    0x080 << 20 | 0x21 << 10 | 1, 0x100 << 20, 0x180 << 20 | 2 << 10 | 0x31, 0x180u << 20 | 3 << 10 | 0x33 },
	  15,
	  D,
	  0,
	  0x2618,
	  0xffffffff },
	{ "MATH sub",
	  GEN75_RCS,
	  { LRI(2), 0x2600, 9, 0x2608, 4, MI(0x1a) | 3, 0x080 << 20 | 0x20 << 10 | 0, 0x080 << 20 | 0x21 << 10 | 1, 0x101 << 20,
	    0x180 << 20 | 2 << 10 | 0x31 },
	  10,
	  D,
	  0,
	  0x2610,
	  5 },
	{ "MATH inverted and",
	  GEN75_RCS,
	  { LRI(2), 0x2600, 0xff, 0x2608, 0x0f, MI(0x1a) | 3, 0x080 << 20 | 0x20 << 10 | 0, 0x480 << 20 | 0x21 << 10 | 1,
	    0x102 << 20, 0x180 << 20 | 2 << 10 | 0x31 },
	  10,
	  D,
	  0,
	  0x2610,
	  0xf0 },
	{ "MATH or, store inverted",
	  GEN75_RCS,
	  { LRI(2), 0x2600, 0xf0, 0x2608, 0x0f, MI(0x1a) | 3, 0x080 << 20 | 0x20 << 10 | 0, 0x080 << 20 | 0x21 << 10 | 1,
	    0x103 << 20, 0x580u << 20 | 2 << 10 | 0x31 },
	  10,
	  D,
	  0,
	  0x2610,
	  0xffffff00 },
	{ "MATH xor to zero",
	  GEN75_RCS,
	  { LRI(1), 0x2600, 9, MI(0x1a) | 3, 0x080 << 20 | 0x20 << 10 | 0, 0x080 << 20 | 0x21 << 10 | 0, 0x104 << 20,
	    0x180 << 20 | 2 << 10 | 0x32 },
	  8,
	  D,
	  0,
	  0x2610,
	  0xffffffff },
	{ "MATH constants",
	  GEN75_RCS,
	  { MI(0x1a) | 3, 0x081 << 20 | 0x20 << 10, 0x481 << 20 | 0x21 << 10, 0x100 << 20, 0x180 << 20 | 2 << 10 | 0x31 },
	  5,
	  D,
	  0,
	  0x2614,
	  0xffffffff },
	{ "DISPLAY_FLIP latches the address",
	  GEN75_RCS,
	  { MI(0x14) | 1 | 1 << 19, 0, 0x12345678 },
	  3,
	  D,
	  0,
	  0x7119c,
	  0x12345000 },
};

static void commands_act(void **state)
{
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct harness_gpu h;
		uint32_t got = 0;

		harness_create(&h, 0);
		harness_ring(&h, cases[i].id);
		harness_emit(&h, cases[i].id, cases[i].ring, cases[i].n);
		if (!harness_run(&h))
			fail_msg("%s: does not end", cases[i].name);
		if (h.events[GEN75_EV_UNKNOWN_COMMAND])
			fail_msg("%s: is not known", cases[i].name);
		if (cases[i].at < HARNESS_MEM_BYTES)
			got = harness_peek(&h, cases[i].at);
		if (cases[i].at < HARNESS_MEM_BYTES && got != cases[i].want)
			fail_msg("%s: memory is 0x%x, not 0x%x", cases[i].name, got, cases[i].want);
		if (cases[i].reg && harness_read(&h, cases[i].reg) != cases[i].reg_want)
			fail_msg("%s: register 0x%x is 0x%x, not 0x%x", cases[i].name, cases[i].reg,
				 harness_read(&h, cases[i].reg), cases[i].reg_want);
		harness_destroy(&h);
	}
}

/* What each engine does not know, and lengths that are not the command's, stop it there. */
static void unknown_commands_hang(void **state)
{
	static const struct {
		const char *name;
		enum gen75_engine_id id;
		uint32_t header;
	} bad[] = {
		{ "no such opcode", GEN75_RCS, MI(0x3f) },
		{ "gen 8 semaphore", GEN75_RCS, MI(0x1c) | 2 },
		{ "gen 8 atomic", GEN75_RCS, MI(0x2f) | 1 },
		{ "type 1", GEN75_RCS, 1u << 29 },
		{ "type 7", GEN75_BCS, 0xffffffff },
		{ "FLUSH_DW on render", GEN75_RCS, MI(0x26) | 1 },
		{ "SET_CONTEXT on the blitter", GEN75_BCS, MI(0x18) },
		{ "MATH on the codec", GEN75_VCS, MI(0x1a) | 1 },
		{ "PIPE_CONTROL on the blitter", GEN75_BCS, 0x7a000002 },
		{ "blit on render", GEN75_RCS, 2u << 29 | 0x50u << 22 | 4 },
		{ "STORE_DATA_IMM too short", GEN75_RCS, MI(0x20) | 1 },
		{ "STORE_DATA_IMM too long", GEN75_RCS, MI(0x20) | 4 },
		{ "STORE_REGISTER_MEM of gen 8", GEN75_RCS, MI(0x24) | 2 },
		{ "BATCH_BUFFER_START of gen 8", GEN75_RCS, BB_START | 1 },
		{ "LOAD_REGISTER_IMM of half a pair", GEN75_RCS, LRI(1) + 1 },
		{ "SEMAPHORE_MBOX too long", GEN75_RCS, MI(0x16) | 2 },
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint32_t base = harness_base(bad[i].id);
		struct harness_gpu h;

		harness_create(&h, 0);
		harness_ring(&h, bad[i].id);
		HARNESS_EMIT(&h, bad[i].id, 0, bad[i].header, 0, 0, 0, 0, 0, 0, STORE | GGTT, 0, D, 1);
		assert_true(harness_run(&h));
		if (h.events[GEN75_EV_UNKNOWN_COMMAND] != 1 || harness_peek(&h, D))
			fail_msg("%s: was taken", bad[i].name);
		assert_int_equal(harness_read(&h, base + 0x34), 4);
		assert_int_equal(harness_read(&h, base + 0x68), bad[i].header);
		assert_int_equal(harness_read(&h, base + 0x74), HARNESS_RING(bad[i].id) + 4);
		/* it is not idle, more work does not help, a reset does */
		assert_int_equal(harness_read(&h, base + 0x9c) & 0x200, 0);
		HARNESS_EMIT(&h, bad[i].id, STORE | GGTT, 0, D, 1);
		assert_true(harness_run(&h));
		assert_int_equal(harness_peek(&h, D), 0);
		harness_write(&h, 0x941c, 1);
		harness_ring(&h, bad[i].id);
		HARNESS_EMIT(&h, bad[i].id, STORE | GGTT, 0, D, 2);
		assert_true(harness_run(&h));
		assert_int_equal(harness_peek(&h, D), 2);
		harness_destroy(&h);
	}
}

static void the_ring_wraps(void **state)
{
	struct harness_gpu h;

	harness_create(&h, 0);
	harness_ring(&h, GEN75_RCS);
	for (uint32_t i = 0; i < 3000; i++) {
		/* the command's four dwords straddle the ring's end now and then */
		HARNESS_EMIT(&h, GEN75_RCS, 0, 0, STORE | GGTT, 0, D, i);
		if (i % 100 == 99)
			assert_true(harness_run(&h));
	}
	assert_true(harness_run(&h));
	assert_int_equal(harness_peek(&h, D), 2999);
	assert_int_equal(harness_read(&h, 0x2034), (3000u * 24 / HARNESS_RING_BYTES) << 21 | 3000 * 24 % HARNESS_RING_BYTES);
	harness_destroy(&h);
}

/* Software writes a command and moves the tail into the middle of it: the rest is waited for. */
static void half_a_command_waits(void **state)
{
	struct harness_gpu h;

	harness_create(&h, 0);
	harness_ring(&h, GEN75_RCS);
	HARNESS_EMIT(&h, GEN75_RCS, STORE | GGTT, 0);
	assert_true(harness_run(&h));
	assert_int_equal(harness_read(&h, 0x2034), 0);
	assert_int_equal(harness_read(&h, 0x209c) & 0x200, 0);
	HARNESS_EMIT(&h, GEN75_RCS, D, 5);
	assert_true(harness_run(&h));
	assert_int_equal(harness_peek(&h, D), 5);
	assert_int_equal(harness_read(&h, 0x209c) & 0x200, 0x200);
	harness_destroy(&h);
}

/* --- batches ---------------------------------------------------------------------------------------------------------------- */

static void second_level_batches_return(void **state)
{
	const uint32_t first[] = { BB_START | 1 << 22, BATCH2, STORE | GGTT, 0, D + 4, 2, BB_START, BATCH + 0x100 };
	const uint32_t second[] = { STORE | GGTT, 0, D, 1, BB_END };
	const uint32_t chained[] = { STORE | GGTT, 0, D + 8, 3, BB_END };
	struct harness_gpu h;

	harness_create(&h, 0);
	harness_ring(&h, GEN75_RCS);
	harness_batch(&h, BATCH, first, 8);
	harness_batch(&h, BATCH2, second, 5);
	harness_batch(&h, BATCH + 0x100, chained, 5);
	HARNESS_EMIT(&h, GEN75_RCS, BB_START, BATCH, STORE | GGTT, 0, D + 12, 4);
	assert_true(harness_run(&h));
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(harness_peek(&h, D + 4 * i), i + 1);
	assert_int_equal(gen75_stats(h.gpu)->engine[GEN75_RCS].batches, 3);
	harness_destroy(&h);
}

static void conditional_end(void **state)
{
	static const struct {
		uint32_t memory, operand;
		bool compare, ends;
	} rows[] = { { 5, 5, true, true }, { 6, 5, true, false }, { 4, 5, true, true }, { 4, 5, false, false } };

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint32_t batch[] = {
			MI(0x36) | 1 | GGTT | rows[i].compare << 21, rows[i].operand, D + 8, STORE | GGTT, 0, D, 1, BB_END
		};
		struct harness_gpu h;

		harness_create(&h, 0);
		harness_ring(&h, GEN75_VCS);
		harness_poke(&h, D + 8, rows[i].memory);
		harness_batch(&h, BATCH, batch, 8);
		HARNESS_EMIT(&h, GEN75_VCS, BB_START, BATCH);
		assert_true(harness_run(&h));
		assert_int_equal(harness_peek(&h, D), !rows[i].ends);
		assert_int_equal(harness_read(&h, 0x1209c) & 0x200, 0x200);
		harness_destroy(&h);
	}
}

/*
 * The same graphics address is BATCH in the GGTT and BATCH2 in the PPGTT, so the store says where the batch came from; LRI of
 * RING_SYNC0, which is not on any whitelist, says whether it was privileged.
 */
static void address_space_and_privilege(void **state)
{
	static const struct {
		const char *name;
		enum gen75_engine_id id;
		uint32_t flags;
		bool ppgtt, priv;
	} rows[] = {
		{ "render, plain", GEN75_RCS, 0, false, true },
		{ "render, PPGTT", GEN75_RCS, 1 << 8, true, true },
		{ "render, non-privileged", GEN75_RCS, 1 << 13, true, false },
		{ "render, as i915", GEN75_RCS, 1 << 8 | 1 << 13, true, false },
		{ "blitter, plain", GEN75_BCS, 0, false, true },
		{ "blitter, bit 8", GEN75_BCS, 1 << 8, true, false },
		{ "codec, bit 8", GEN75_VCS, 1 << 8, true, false },
		{ "enhancement, bit 8", GEN75_VECS, 1 << 8, true, false },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t sync = harness_base(rows[i].id) + 0x40;
		struct harness_gpu h;

		harness_create(&h, 0);
		harness_ring(&h, rows[i].id);
		harness_ppgtt(&h, rows[i].id, PD_SLOT, PT);
		harness_ppgtt_map(&h, PT, BATCH, BATCH2, 1);
		harness_ppgtt_map(&h, PT, D, D, 1);
		harness_batch(&h, BATCH, (const uint32_t[]) { LRI(1), sync, 7, STORE, 0, D, 1, BB_END }, 8);
		harness_batch(&h, BATCH2, (const uint32_t[]) { LRI(1), sync, 7, STORE, 0, D, 2, BB_END }, 8);
		HARNESS_EMIT(&h, rows[i].id, BB_START | rows[i].flags, BATCH);
		assert_true(harness_run(&h));
		if (harness_peek(&h, D) != 1u + rows[i].ppgtt)
			fail_msg("%s: wrong address space", rows[i].name);
		if (harness_read(&h, sync) != (rows[i].priv ? 7 : 0) || h.events[GEN75_EV_FILTERED] != !rows[i].priv)
			fail_msg("%s: wrong privilege", rows[i].name);
		harness_destroy(&h);
	}
}

/* --- the filter --------------------------------------------------------------------------------------------------------------- */

/* In a non-privileged batch; @at and @reg as in cases[]. All of D's page is mapped in the PPGTT, at the same address. */
static const struct {
	const char *name;
	enum gen75_engine_id id;
	uint32_t batch[16];
	uint32_t n;
	uint32_t at, want;
	uint32_t reg, reg_want;
	unsigned int filtered;
} filtered[] = {
	{ "tail", GEN75_RCS, { LRI(1), 0x2030, 0x100 }, 3, D, 0, 0, 0, 1 },
	{ "another engine's tail", GEN75_BCS, { LRI(1), 0x12030, 0x100 }, 3, D, 0, 0x12030, 0, 1 },
	{ "interrupt mask", GEN75_RCS, { LRI(1), 0x44014, 0 }, 3, D, 0, 0x44014, 0xffffffff, 1 },
	{ "reset", GEN75_BCS, { LRI(1), 0x941c, 1, STORE, 0, D, 1 }, 7, D, 1, 0, 0, 1 },
	{ "page directory", GEN75_BCS, { LRI(1), 0x22228, 0, STORE, 0, D, 1 }, 7, D, 1, 0, 0, 1 },
	{ "fence", GEN75_RCS, { LRI(1), 0x100000, 1 }, 3, D, 0, 0x100000, 0, 1 },
	{ "two of three", GEN75_RCS, { LRI(3), 0x2044, 1, 0x2430, 2, 0x2048, 3 }, 7, D, 0, 0x2430, 2, 2 },
	{ "INSTPM is allowed", GEN75_RCS, { LRI(1), 0x20c0, 0x00400040 }, 3, D, 0, 0x20c0, 0x40, 0 },
	{ "SO_WRITE_OFFSET is allowed", GEN75_RCS, { LRI(1), 0x5280, 4 }, 3, D, 0, 0x5280, 4, 0 },
	{ "CACHE_MODE_1 is allowed", GEN75_RCS, { LRI(1), 0x7004, 0x00400040 }, 3, D, 0, 0x7004, 0x40, 0 },
	{ "CACHE_MODE_0 is not", GEN75_RCS, { LRI(1), 0x7000, 0x00400040 }, 3, D, 0, 0x7000, 0, 1 },
	{ "render's registers are not the blitter's", GEN75_BCS, { LRI(1), 0x2430, 4 }, 3, D, 0, 0x2430, 0, 1 },
	{ "BCS_SWCTRL is the blitter's", GEN75_BCS, { LRI(1), 0x22200, 0x00030003 }, 3, D, 0, 0x22200, 3, 0 },
	{ "LRM", GEN75_RCS, { STORE, 0, D, 9, LRM & ~GGTT, 0x2044, D }, 7, D, 9, 0x2044, 0, 1 },
	{ "LRR", GEN75_RCS, { LRR, 0x2358, 0x2044 }, 3, D, 0, 0x2044, 0, 1 },
	{ "SRM reads any register", GEN75_RCS, { SRM & ~GGTT, 0x206c, D }, 3, D, 0xffffffff, 0, 0, 0 },
	/* a bit that asks for the GGTT is ignored: the PPGTT has nothing at BATCH2 */
	{ "SRM to the GGTT", GEN75_RCS, { SRM, 0x206c, BATCH2 }, 3, BATCH2, 0, 0, 0, 1 },
	{ "STORE_DATA_IMM to the GGTT", GEN75_RCS, { STORE | GGTT, 0, BATCH2, 1 }, 4, BATCH2, 0, 0, 0, 1 },
	{ "STORE_DATA_IMM to the GGTT goes to the PPGTT", GEN75_RCS, { STORE | GGTT, 0, D, 1 }, 4, D, 1, 0, 0, 1 },
	{ "STORE_DATA_INDEX", GEN75_BCS, { MI(0x21) | 1, 0x40, 1 }, 3, HARNESS_HWSP(GEN75_BCS) + 0x40, 0, 0, 0, 1 },
	{ "FLUSH_DW to the status page",
	  GEN75_BCS,
	  { MI(0x26) | 1 | 1 << 21 | 1 << 14, 0x40, 1 },
	  3,
	  HARNESS_HWSP(GEN75_BCS) + 0x40,
	  0,
	  0,
	  0,
	  1 },
	{ "FLUSH_DW to the GGTT", GEN75_BCS, { MI(0x26) | 1 | 1 << 14, BATCH2 | 4, 1 }, 3, BATCH2, 0, 0, 0, 1 },
	{ "FLUSH_DW to the PPGTT", GEN75_BCS, { MI(0x26) | 1 | 1 << 14, D, 1 }, 3, D, 1, 0, 0, 0 },
	{ "PIPE_CONTROL to the GGTT", GEN75_RCS, { 0x7a000003, 1 << 24 | 1 << 14, BATCH2, 1, 0 }, 5, BATCH2, 0, 0, 0, 1 },
	{ "PIPE_CONTROL to the status page",
	  GEN75_RCS,
	  { 0x7a000003, 1 << 21 | 1 << 14, 0x40, 1, 0 },
	  5,
	  HARNESS_HWSP(GEN75_RCS) + 0x40,
	  0,
	  0,
	  0,
	  1 },
	{ "PIPE_CONTROL to a register", GEN75_RCS, { 0x7a000003, 1 << 23 | 1 << 14, 0x2044, 1, 0 }, 5, D, 0, 0x2044, 0, 1 },
	{ "PIPE_CONTROL to the PPGTT", GEN75_RCS, { 0x7a000003, 1 << 14, D, 1, 0 }, 5, D, 1, 0, 0, 0 },
	{ "UPDATE_GTT", GEN75_BCS, { MI(0x23) | 1, 0x70000000, 0x12345001 }, 3, D, 0, GEN75_MMIO_BYTES + 4 * 0x70000, 0, 1 },
	{ "SET_CONTEXT", GEN75_RCS, { MI(0x18), 0x300000 }, 2, D, 0, 0x2180, 0, 1 },
	{ "SEMAPHORE_MBOX", GEN75_BCS, { MI(0x16) | 1 | 1 << 21 | 1 << 18, 6, 0x2044 }, 3, D, 0, 0x2044, 0, 1 },
	{ "WAIT_FOR_EVENT", GEN75_BCS, { MI(0x03) | 8, STORE, 0, D, 1 }, 5, D, 1, 0, 0, 1 },
	{ "DISPLAY_FLIP", GEN75_BCS, { MI(0x14) | 1, 0, 0x12345678 }, 3, D, 0, 0x7019c, 0, 1 },
	{ "chained batch keeps the lack of privilege", GEN75_RCS, { BB_START, D + 0x100 }, 2, D, 1, 0x2044, 0, 1 },
};

static void non_privileged_batches_are_confined(void **state)
{
	const uint32_t chained[] = { LRI(1), 0x2044, 7, STORE, 0, D, 1, BB_END };

	for (unsigned int i = 0; i < sizeof(filtered) / sizeof(filtered[0]); i++) {
		struct harness_gpu h;
		uint32_t tail;

		harness_create(&h, 0);
		harness_ring(&h, filtered[i].id);
		harness_ppgtt(&h, filtered[i].id, PD_SLOT, PT);
		harness_ppgtt_map(&h, PT, D, D, 1);
		harness_ppgtt_map(&h, PT, BATCH, BATCH, 1);
		harness_batch(&h, BATCH, filtered[i].batch, filtered[i].n);
		harness_poke(&h, BATCH + 4 * filtered[i].n, BB_END);
		harness_batch(&h, D + 0x100, chained, 8);
		HARNESS_EMIT(&h, filtered[i].id, BB_START | 1 << 8 | 1 << 13, BATCH);
		tail = harness_read(&h, harness_base(filtered[i].id) + 0x30);
		if (!harness_run(&h))
			fail_msg("%s: does not end", filtered[i].name);
		if (harness_peek(&h, filtered[i].at) != filtered[i].want)
			fail_msg("%s: memory is 0x%x", filtered[i].name, harness_peek(&h, filtered[i].at));
		if (filtered[i].reg && harness_read(&h, filtered[i].reg) != filtered[i].reg_want)
			fail_msg("%s: register is 0x%x", filtered[i].name, harness_read(&h, filtered[i].reg));
		if (h.events[GEN75_EV_FILTERED] != filtered[i].filtered)
			fail_msg("%s: filtered %u times", filtered[i].name, h.events[GEN75_EV_FILTERED]);
		assert_int_equal(harness_read(&h, harness_base(filtered[i].id) + 0x30), tail);
		assert_int_equal(h.events[GEN75_EV_UNKNOWN_COMMAND], 0);
		harness_destroy(&h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_act),
		cmocka_unit_test(unknown_commands_hang),
		cmocka_unit_test(the_ring_wraps),
		cmocka_unit_test(half_a_command_waits),
		cmocka_unit_test(second_level_batches_return),
		cmocka_unit_test(conditional_end),
		cmocka_unit_test(address_space_and_privilege),
		cmocka_unit_test(non_privileged_batches_are_confined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
