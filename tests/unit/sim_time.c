// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Virtual time, waiting, stopping, resetting, and interrupts: what happens when.
 */
#include <string.h>

#include "sim/engine/gpu.h"
#include "tests/unit/harness/sim_gpu.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define MI(op) ((uint32_t)(op) << 23)
#define STORE_GGTT (MI(0x20) | 2 | 1u << 22)
#define USER_INTERRUPT MI(0x02)
#define FLUSH_DW (MI(0x26) | 1)
#define BB_START MI(0x31)
#define D HARNESS_DATA
#define BATCH (HARNESS_DATA + 0x10000)

/* --- time ------------------------------------------------------------------------------------------------------------------ */

static void busy_time_is_the_models(void **state)
{
	static const struct {
		const char *name;
		enum gen75_engine_id id;
		uint32_t speed_pct;
		uint32_t cmd[8];
		uint32_t n;
		uint64_t want_ns;
	} rows[] = {
		{ "nothing", GEN75_RCS, 100, { 0 }, 0, 0 },
		{ "no-operations", GEN75_RCS, 100, { 0, 0, 0, 0 }, 4, 4 * 4 },
		{ "a store", GEN75_VCS, 100, { STORE_GGTT, 0, D, 1 }, 4, 60 },
		{ "an interrupt", GEN75_VECS, 100, { USER_INTERRUPT, 0 }, 2, 300 + 4 },
		{ "twice as fast", GEN75_VECS, 200, { USER_INTERRUPT, 0 }, 2, 150 + 2 },
		{ "half as fast", GEN75_VECS, 50, { USER_INTERRUPT, 0 }, 2, 600 + 8 },
		/* 512 x 512 x 4 bytes at 16 GB/s, and the setting up */
		{ "a fill",
		  GEN75_BCS,
		  100,
		  { 2u << 29 | 0x50u << 22 | 3u << 20 | 4, 3u << 24 | 0xf0u << 16 | 2048, 0, 512u << 16 | 512, 0x400000, 1 },
		  6,
		  500 + 65536 },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct harness_gpu h;
		uint64_t start_ns;

		harness_create(&h, rows[i].speed_pct);
		harness_ring(&h, rows[i].id);
		start_ns = h.now_ns;
		if (rows[i].n)
			harness_emit(&h, rows[i].id, rows[i].cmd, rows[i].n);
		assert_true(harness_run(&h));
		if (gen75_stats(h.gpu)->engine[rows[i].id].busy_ns != rows[i].want_ns)
			fail_msg("%s: busy for %llu ns, not %llu", rows[i].name,
				 (unsigned long long)gen75_stats(h.gpu)->engine[rows[i].id].busy_ns,
				 (unsigned long long)rows[i].want_ns);
		/* and the clock agrees: idle from then on, not before */
		h.now_ns = start_ns + rows[i].want_ns;
		assert_int_equal(harness_read(&h, harness_base(rows[i].id) + 0x9c) & 0x200, 0x200);
		h.now_ns -= rows[i].want_ns ? 1 : 0;
		assert_int_equal(harness_read(&h, harness_base(rows[i].id) + 0x9c) & 0x200, rows[i].want_ns ? 0 : 0x200);
		harness_destroy(&h);
	}
}

static void effects_are_not_seen_early(void **state)
{
	struct harness_gpu h;
	uint64_t start_ns, deadline;

	harness_create(&h, 0);
	harness_ring(&h, GEN75_BCS);
	start_ns = h.now_ns;
	HARNESS_EMIT(&h, GEN75_BCS, FLUSH_DW, 0, 0, STORE_GGTT, 0, D, 1, 0);
	deadline = gen75_run(h.gpu, h.now_ns, 1000);
	assert_true(deadline == start_ns + 1000);
	h.now_ns = deadline - 1;
	assert_true(gen75_run(h.gpu, h.now_ns, 1000) == deadline);
	assert_int_equal(harness_peek(&h, D), 0);
	h.now_ns = deadline;
	gen75_run(h.gpu, h.now_ns, 1000);
	assert_int_equal(harness_peek(&h, D), 1);
	harness_destroy(&h);
}

/* Late calls do not slow the engine down: its time is its own, and the timestamps that it writes say so. */
static void late_calls_cost_nothing(void **state)
{
	struct harness_gpu h;
	uint64_t start_ns;

	harness_create(&h, 0);
	harness_ring(&h, GEN75_BCS);
	start_ns = h.now_ns;
	HARNESS_EMIT(&h, GEN75_BCS, FLUSH_DW, 0, 0, FLUSH_DW, 0, 0, FLUSH_DW | 3 << 14, D | 4, 0, 0);
	h.now_ns += 1000000;
	assert_true(gen75_run(h.gpu, h.now_ns, 1000) == GEN75_NO_DEADLINE);
	assert_int_equal(harness_peek(&h, D), (start_ns + 2000) / 80);
	/* work that comes later starts when it comes */
	HARNESS_EMIT(&h, GEN75_BCS, FLUSH_DW | 3 << 14, D | 4, 0, 0);
	gen75_run(h.gpu, h.now_ns, 1000);
	assert_int_equal(harness_peek(&h, D), h.now_ns / 80);
	harness_destroy(&h);
}

static void engines_run_side_by_side(void **state)
{
	struct harness_gpu h;
	uint64_t start_ns;

	harness_create(&h, 0);
	start_ns = h.now_ns;
	for (unsigned int id = GEN75_VCS; id < GEN75_ENGINES; id++) {
		harness_ring(&h, id);
		for (unsigned int i = 0; i < 100; i++)
			HARNESS_EMIT(&h, id, FLUSH_DW, 0, 0, 0);
	}
	assert_true(harness_run(&h));
	assert_true(h.now_ns - start_ns < 110000);
	for (unsigned int id = GEN75_VCS; id < GEN75_ENGINES; id++)
		assert_int_equal(gen75_stats(h.gpu)->engine[id].busy_ns, 100 * 1004);
	harness_destroy(&h);
}

static void an_endless_batch_gives_up_the_cpu(void **state)
{
	const uint32_t endless[] = { BB_START, BATCH };
	struct harness_gpu h;

	harness_create(&h, 0);
	harness_ring(&h, GEN75_RCS);
	harness_ring(&h, GEN75_BCS);
	harness_batch(&h, BATCH, endless, 2);
	HARNESS_EMIT(&h, GEN75_RCS, BB_START, BATCH);
	h.now_ns += 1000000000;
	assert_true(gen75_run(h.gpu, h.now_ns, 1000) <= h.now_ns);
	assert_in_range(gen75_stats(h.gpu)->engine[GEN75_RCS].commands, 900, 1000);
	/* the other engines get their turn */
	HARNESS_EMIT(&h, GEN75_BCS, STORE_GGTT, 0, D, 1);
	for (unsigned int i = 0; i < 5000 && !harness_peek(&h, D); i++)
		gen75_run(h.gpu, h.now_ns, 1000);
	assert_int_equal(harness_peek(&h, D), 1);
	harness_destroy(&h);
}

/* --- waiting ---------------------------------------------------------------------------------------------------------------- */

static void a_mailbox_wakes_its_waiter(void **state)
{
	struct harness_gpu h;
	uint64_t start_ns;

	harness_create(&h, 0);
	harness_ring(&h, GEN75_RCS);
	harness_ring(&h, GEN75_BCS);
	start_ns = h.now_ns;
	/* render waits for the blitter's mailbox to be greater than 4, then writes the time */
	HARNESS_EMIT(&h, GEN75_RCS, MI(0x16) | 1 | 5 << 18 | 2 << 16, 4, 0, 0, 0x7a000002, 3 << 14 | 1 << 24, D, 0);
	gen75_run(h.gpu, h.now_ns, 1000);
	assert_int_equal(harness_read(&h, 0x203c) & CTL_WAIT_SEMAPHORE, CTL_WAIT_SEMAPHORE);
	/* 4 is not greater, 5 is: after 2 flushes of 1 us */
	HARNESS_EMIT(&h, GEN75_BCS, FLUSH_DW, 0, 0, MI(0x22) | 1, 0x2044, 4, FLUSH_DW, 0, 0, MI(0x22) | 1, 0x2044, 5);
	h.now_ns += 1000000;
	gen75_run(h.gpu, h.now_ns, 1000);
	assert_int_equal(harness_read(&h, 0x203c) & CTL_WAIT_SEMAPHORE, 0);
	assert_in_range(harness_peek(&h, D), (start_ns + 2000) / 80, (start_ns + 2300) / 80);
	/* waiting is not busy */
	assert_in_range(gen75_stats(h.gpu)->engine[GEN75_RCS].busy_ns, 1, 200);
	harness_destroy(&h);
}

static void memory_is_polled(void **state)
{
	struct harness_gpu h;
	uint64_t deadline;

	harness_create(&h, 0);
	harness_ring(&h, GEN75_VCS);
	HARNESS_EMIT(&h, GEN75_VCS, MI(0x16) | 1 | 1 << 22 | 1 << 20 | 3 << 16, 4, D, STORE_GGTT, 0, D + 4, 1);
	deadline = gen75_run(h.gpu, h.now_ns, 1000);
	assert_true(deadline > h.now_ns && deadline < h.now_ns + 1000000);
	h.now_ns = deadline;
	assert_true(gen75_run(h.gpu, h.now_ns, 1000) != GEN75_NO_DEADLINE);
	harness_poke(&h, D, 5);
	assert_true(harness_run(&h));
	assert_int_equal(harness_peek(&h, D + 4), 1);
	harness_destroy(&h);
}

static void events_of_the_display(void **state)
{
	struct harness_gpu h;

	/* no pipe: never, until software ends the wait */
	harness_create(&h, 0);
	harness_ring(&h, GEN75_RCS);
	HARNESS_EMIT(&h, GEN75_RCS, MI(0x03) | 8, STORE_GGTT, 0, D, 1);
	harness_run_for(&h, 100000000);
	assert_int_equal(harness_peek(&h, D), 0);
	assert_int_equal(harness_read(&h, 0x203c) & CTL_WAIT_EVENT, CTL_WAIT_EVENT);
	harness_write(&h, 0x203c, harness_read(&h, 0x203c));
	assert_true(harness_run(&h));
	assert_int_equal(harness_peek(&h, D), 1);

	/* with a pipe: at its next frame */
	harness_write(&h, 0x71008, 1u << 31);
	HARNESS_EMIT(&h, GEN75_RCS, MI(0x03) | 8 << 8, STORE_GGTT, 0, D, 2);
	gen75_run(h.gpu, h.now_ns, 1000);
	assert_int_equal(harness_peek(&h, D), 1);
	harness_run_for(&h, 17000000);
	assert_int_equal(harness_peek(&h, D), 2);

	/* a flip is never pending */
	HARNESS_EMIT(&h, GEN75_RCS, MI(0x03) | 2, STORE_GGTT, 0, D, 3);
	assert_true(harness_run(&h));
	assert_int_equal(harness_peek(&h, D), 3);
	harness_destroy(&h);
}

/* --- stop, reset ------------------------------------------------------------------------------------------------------------- */

static void stop_and_go(void **state)
{
	const uint32_t endless[] = { BB_START, BATCH };
	struct harness_gpu h;
	uint64_t commands;

	harness_create(&h, 0);
	harness_ring(&h, GEN75_BCS);
	harness_batch(&h, BATCH, endless, 2);
	HARNESS_EMIT(&h, GEN75_BCS, BB_START, BATCH);
	harness_run_for(&h, 10000);
	harness_write(&h, 0x2209c, 1u << 24 | 1u << 8);
	harness_run_for(&h, 1000);
	assert_int_equal(harness_read(&h, 0x2209c), 1u << 8 | 1u << 9);
	commands = gen75_stats(h.gpu)->engine[GEN75_BCS].commands;
	harness_run_for(&h, 10000);
	assert_int_equal(gen75_stats(h.gpu)->engine[GEN75_BCS].commands, commands);
	harness_write(&h, 0x2209c, 1u << 24);
	harness_run_for(&h, 10000);
	assert_true(gen75_stats(h.gpu)->engine[GEN75_BCS].commands > commands + 10);
	/* switching the ring off ends the batch */
	harness_write(&h, 0x2203c, 0);
	assert_true(harness_run(&h));
	h.now_ns += 1000;
	assert_int_equal(harness_read(&h, 0x2209c) & 0x200, 0x200);
	harness_destroy(&h);
}

static void a_reset_is_per_engine(void **state)
{
	static const struct {
		uint32_t gdrst;
		unsigned int engines;
	} rows[] = { { 1, ON_ALL }, { 2, ON_RCS }, { 4, ON_VCS }, { 8, ON_BCS }, { 0x10, ON_VECS }, { 0x18, ON_BCS | ON_VECS },
		     { 0, 0 } };

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct harness_gpu h;

		harness_create(&h, 0);
		harness_write(&h, 0x100000, 0x1001);
		for (unsigned int id = 0; id < GEN75_ENGINES; id++) {
			harness_ring(&h, id);
			HARNESS_EMIT(&h, id, MI(0x3f), 0);
		}
		assert_true(harness_run(&h));
		harness_write(&h, 0x941c, rows[i].gdrst);
		for (unsigned int id = 0; id < GEN75_ENGINES; id++) {
			bool reset = rows[i].engines >> id & 1;

			assert_int_equal(harness_read(&h, harness_base(id) + 0x38), reset ? 0 : HARNESS_RING(id));
			assert_int_equal(harness_read(&h, harness_base(id) + 0x30), reset ? 0 : 8);
			assert_int_equal(harness_read(&h, harness_base(id) + 0x3c) & 1, !reset);
			assert_int_equal(gen75_stats(h.gpu)->engine[id].resets, reset);
		}
		/* the table and the fences are not the engines' */
		assert_int_equal(h.ggtt[5], harness_pte(0x5000));
		assert_int_equal(harness_read(&h, 0x100000), 0x1001);
		harness_destroy(&h);
	}
}

/* A privileged command may reset the engine that executes it. */
static void an_engine_can_reset_itself(void **state)
{
	struct harness_gpu h;

	harness_create(&h, 0);
	harness_ring(&h, GEN75_BCS);
	HARNESS_EMIT(&h, GEN75_BCS, MI(0x22) | 3, 0x941c, 1, 0x22044, 5, STORE_GGTT, 0, D, 1);
	assert_true(harness_run(&h));
	assert_int_equal(harness_peek(&h, D), 0);
	assert_int_equal(harness_read(&h, 0x22044), 5);
	harness_ring(&h, GEN75_BCS);
	HARNESS_EMIT(&h, GEN75_BCS, STORE_GGTT, 0, D, 1);
	assert_true(harness_run(&h));
	assert_int_equal(harness_peek(&h, D), 1);
	harness_destroy(&h);
}

/* --- interrupts -------------------------------------------------------------------------------------------------------------- */

#define DEIER 0x4400c

/* Each engine's bit, in its own mask and in its bank. */
static void user_interrupts(void **state)
{
	static const struct {
		enum gen75_engine_id id;
		uint32_t bank, bit;
	} rows[] = { { GEN75_RCS, 0x44010, 1 },
		     { GEN75_VCS, 0x44010, 1 << 12 },
		     { GEN75_BCS, 0x44010, 1 << 22 },
		     { GEN75_VECS, 0x44020, 1 << 10 } };

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t imr = harness_base(rows[i].id) + 0xa8;
		struct harness_gpu h;

		harness_create(&h, 0);
		harness_ring(&h, rows[i].id);
		harness_write(&h, DEIER, 1u << 31);
		harness_write(&h, rows[i].bank + 0xc, rows[i].bit);
		/* masked by the engine; masked by the bank; let through */
		HARNESS_EMIT(&h, rows[i].id, USER_INTERRUPT, 0);
		harness_run(&h);
		harness_write(&h, imr, ~rows[i].bit);
		HARNESS_EMIT(&h, rows[i].id, USER_INTERRUPT, 0);
		harness_run(&h);
		assert_int_equal(h.msis, 0);
		harness_write(&h, rows[i].bank + 4, ~rows[i].bit);
		assert_int_equal(h.msis, 0);
		HARNESS_EMIT(&h, rows[i].id, USER_INTERRUPT, 0);
		harness_run(&h);
		assert_int_equal(h.msis, 1);
		assert_int_equal(harness_read(&h, rows[i].bank + 8), rows[i].bit);
		assert_int_equal(gen75_stats(h.gpu)->engine[rows[i].id].user_interrupts, 3);
		harness_destroy(&h);
	}
}

/* A message is sent when "any pending and enabled" goes from no to yes. */
static void messages_are_edges(void **state)
{
	struct harness_gpu h;

	harness_create(&h, 0);
	harness_ring(&h, GEN75_RCS);
	harness_write(&h, 0x20a8, ~1u);
	harness_write(&h, 0x44014, ~1u);
	HARNESS_EMIT(&h, GEN75_RCS, USER_INTERRUPT, 0);
	harness_run(&h);
	assert_int_equal(h.msis, 0); /* not enabled */
	harness_write(&h, 0x4401c, 1);
	assert_int_equal(h.msis, 0); /* the master is off */
	harness_write(&h, DEIER, 1u << 31);
	assert_int_equal(h.msis, 1);
	HARNESS_EMIT(&h, GEN75_RCS, USER_INTERRUPT, 0);
	harness_run(&h);
	assert_int_equal(h.msis, 1); /* pending already */

	/* as i915's handler: master off, clear, master on */
	harness_write(&h, DEIER, 0);
	harness_write(&h, 0x44018, 1);
	harness_write(&h, DEIER, 1u << 31);
	assert_int_equal(h.msis, 1);
	/* what came in between raises it again */
	harness_write(&h, DEIER, 0);
	HARNESS_EMIT(&h, GEN75_RCS, USER_INTERRUPT, 0);
	harness_run(&h);
	assert_int_equal(h.msis, 1);
	harness_write(&h, DEIER, 1u << 31);
	assert_int_equal(h.msis, 2);
	/* clearing and a new one */
	harness_write(&h, 0x44018, 1);
	HARNESS_EMIT(&h, GEN75_RCS, USER_INTERRUPT, 0);
	harness_run(&h);
	assert_int_equal(h.msis, 3);
	harness_destroy(&h);
}

/* Flip-done is a display interrupt; the south display's come as one bit of the north's. */
static void display_interrupts(void **state)
{
	struct harness_gpu h;

	harness_create(&h, 0);
	harness_ring(&h, GEN75_RCS);
	harness_write(&h, 0x44004, ~(1u << 3));
	harness_write(&h, DEIER, 1u << 31 | 1u << 3);
	HARNESS_EMIT(&h, GEN75_RCS, MI(0x14) | 1, 0, 0x1000, 0);
	harness_run(&h);
	assert_int_equal(h.msis, 1);
	harness_write(&h, 0x44008, 1u << 3);

	harness_write(&h, 0x44004, ~(1u << 28));
	harness_write(&h, DEIER, 1u << 31 | 1u << 28);
	harness_write(&h, 0xc4004, 0);
	harness_write(&h, 0xc400c, 1);
	gen75_irq_raise(h.gpu, REG_SDE_ISR, 1);
	assert_int_equal(h.msis, 2);
	assert_int_equal(harness_read(&h, 0x44000), 1u << 28);
	harness_write(&h, 0xc4008, 1);
	assert_int_equal(harness_read(&h, 0x44000), 0);
	harness_destroy(&h);
}

static void busyness_is_reported(void **state)
{
	const uint32_t endless[] = { BB_START, BATCH };
	struct harness_gpu h;

	harness_create(&h, 0);
	harness_ring(&h, GEN75_RCS);
	harness_batch(&h, BATCH, endless, 2);
	harness_write(&h, 0x44024, 0);
	harness_write(&h, 0xa068, 10000); /* 12.8 ms, up from 95 % */
	harness_write(&h, 0xa02c, 9500);
	harness_write(&h, 0xa06c, 25000); /* 32 ms, down below 85 % */
	harness_write(&h, 0xa030, 21250);
	harness_write(&h, 0xa024, 1u << 7);
	gen75_run(h.gpu, h.now_ns, 1000);
	HARNESS_EMIT(&h, GEN75_RCS, BB_START, BATCH);
	harness_run_for(&h, 14000000);
	gen75_run(h.gpu, h.now_ns, 1);
	assert_int_equal(harness_read(&h, 0x44028) & 0x30, 0x20);
	/* then idle for most of an interval */
	harness_write(&h, 0x203c, 0);
	harness_write(&h, 0x44028, 0xffffffff);
	h.now_ns += 40000000;
	gen75_run(h.gpu, h.now_ns, 1);
	assert_int_equal(harness_read(&h, 0x44028) & 0x30, 0x10);
	harness_destroy(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(busy_time_is_the_models),
		cmocka_unit_test(effects_are_not_seen_early),
		cmocka_unit_test(late_calls_cost_nothing),
		cmocka_unit_test(engines_run_side_by_side),
		cmocka_unit_test(an_endless_batch_gives_up_the_cpu),
		cmocka_unit_test(a_mailbox_wakes_its_waiter),
		cmocka_unit_test(memory_is_polled),
		cmocka_unit_test(events_of_the_display),
		cmocka_unit_test(stop_and_go),
		cmocka_unit_test(a_reset_is_per_engine),
		cmocka_unit_test(an_engine_can_reset_itself),
		cmocka_unit_test(user_interrupts),
		cmocka_unit_test(messages_are_edges),
		cmocka_unit_test(display_interrupts),
		cmocka_unit_test(busyness_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
