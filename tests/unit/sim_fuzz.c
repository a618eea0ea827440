// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Hostile input: random command streams on all engines, random register writes and aperture accesses, from fixed seeds. The
 * sanitizers watch; the engine must stay within its budget, and be usable after a reset.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unit/harness/sim_gpu.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define SEEDS 150u
#define ROUNDS 60u
#define BUDGET 2000u
#define D HARNESS_DATA
#define BATCH (HARNESS_DATA + 0x10000)
#define BATCH_DW 1024u

/* Opcodes with lengths that pass, so that most commands get as far as their operands. */
static const struct {
	uint32_t header;
	uint32_t len;
} commands[] = {
	{ 0, 1 },
	{ 0x02u << 23, 1 },
	{ 0x0cu << 23, 1 },
	{ 0x01u << 23, 1 },
	{ 0x16u << 23 | 1, 3 },
	{ 0x18u << 23, 2 },
	{ 0x1au << 23 | 8, 10 },
	{ 0x20u << 23 | 2, 4 },
	{ 0x20u << 23 | 3, 5 },
	{ 0x21u << 23 | 1, 3 },
	{ 0x22u << 23 | 1, 3 },
	{ 0x22u << 23 | 7, 9 },
	{ 0x23u << 23 | 3, 5 },
	{ 0x24u << 23 | 1, 3 },
	{ 0x26u << 23 | 2, 4 },
	{ 0x28u << 23 | 1, 3 },
	{ 0x29u << 23 | 1, 3 },
	{ 0x2au << 23 | 1, 3 },
	{ 0x31u << 23, 2 },
	{ 0x36u << 23 | 1, 3 },
	{ 0x0au << 23, 1 },
	{ 0x14u << 23 | 1, 3 },
	{ 0x05u << 23, 1 },
	{ 0x03u << 23, 1 },
	{ 2u << 29 | 0x50u << 22 | 4, 6 },
	{ 2u << 29 | 0x53u << 22 | 6, 8 },
	{ 2u << 29 | 0x40u << 22 | 3, 5 },
	{ 2u << 29 | 0x43u << 22 | 4, 6 },
	{ 2u << 29 | 0x54u << 22 | 6, 8 },
	{ 2u << 29 | 0x71u << 22 | 8, 10 },
	{ 2u << 29 | 0x51u << 22 | 4, 6 },
	{ 2u << 29 | 0x52u << 22 | 7, 9 },
	{ 2u << 29 | 0x55u << 22 | 7, 9 },
	{ 2u << 29 | 0x01u << 22 | 6, 8 },
	{ 2u << 29 | 0x25u << 22 | 1, 3 },
	{ 2u << 29 | 0x26u << 22 | 2, 4 },
	{ 2u << 29 | 0x31u << 22 | 4, 6 },
	{ 2u << 29 | 0x73u << 22 | 8, 10 },
	{ 2u << 29 | 0x58u << 22 | 10, 12 },
	{ 2u << 29 | 0x72u << 22 | 19, 21 },
	{ 2u << 29 | 0x74u << 22 | 30, 32 },
	{ 2u << 29 | 0x03u << 22 | 1, 3 },
	{ 0x7a000003, 5 },
	{ 0x7b000005, 7 },
	{ 0x79000002, 4 },
	{ 0x71050009, 11 },
	{ 0x71000020, 34 },
	{ 0x7839007f, 129 },
};

/* Small numbers, addresses that exist, register offsets, and anything. */
static uint32_t operand(uint64_t *seed)
{
	uint32_t r = harness_random(seed);

	switch (r & 7) {
	case 0:
		return r >> 8 & 0xff;
	case 1:
		return D + (r >> 8 & 0x3fffc);
	case 2:
		return r >> 8 & 0x3ffffc;
	case 3:
		return (r >> 8 & 0xff) << 16 | (r >> 16 & 0xff);
	case 4:
		return BATCH + (r >> 8 & 0xffc);
	case 5:
		return 0x2000 + (r >> 8 & 0x7fc);
	default:
		return harness_random(seed);
	}
}

static uint32_t header(uint64_t *seed, unsigned int *ret_len)
{
	unsigned int i = harness_random(seed) % (sizeof(commands) / sizeof(commands[0]));
	/* the bits between the opcode and the length: address space, tiling, post-sync operation and so on */
	uint32_t flags = harness_random(seed) & (commands[i].header >> 29 == 3 ? 0 : 0x003fff00);

	*ret_len = commands[i].len;
	if (harness_random(seed) % 100 == 0)
		return harness_random(seed);
	return commands[i].header | flags;
}

static void fill_batch(struct harness_gpu *h, uint32_t at, uint32_t n, uint64_t *seed)
{
	uint32_t i = 0;

	while (i < n) {
		unsigned int len;

		harness_poke(h, at + 4 * i++, header(seed, &len));
		for (unsigned int k = 1; k < len && i < n; k++)
			harness_poke(h, at + 4 * i++, operand(seed));
	}
}

static void start_ring(struct harness_gpu *h, enum gen75_engine_id id, uint64_t *seed)
{
	harness_ring(h, id);
	if (harness_random(seed) & 1) {
		harness_ppgtt(h, id, 0x60000, D + 0x80000);
		harness_ppgtt_map(h, D + 0x80000, 0, 0, 1024);
	}
	fill_batch(h, HARNESS_RING(id), HARNESS_RING_BYTES / 4, seed);
	harness_write(h, harness_base(id) + 0x30, harness_random(seed) % HARNESS_RING_BYTES);
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void poke_around(struct harness_gpu *h, uint64_t *seed)
{
	uint8_t bytes[64];

	for (unsigned int i = 0; i < 8; i++) {
		uint32_t offset = harness_random(seed) % 0x30000, value = operand(seed);
		unsigned int len = 1u << harness_random(seed) % 5;

		memcpy(bytes, &value, 4);
		memcpy(bytes + 4, &value, 4);
		gen75_bar0_write(h->gpu, h->now_ns, offset, bytes, len);
		gen75_bar0_read(h->gpu, h->now_ns, harness_random(seed), bytes, len);
		gen75_aperture_read(h->gpu, harness_random(seed), bytes, harness_random(seed) % 64);
		gen75_aperture_write(h->gpu, harness_random(seed) % 0x2000000, bytes, harness_random(seed) % 64);
		/* fences over everything */
		harness_write(h, 0x100000 + (harness_random(seed) & 0xfc), harness_random(seed));
	}
}

static void random_streams(void **state)
{
	static struct harness_gpu h;
	uint64_t slowest_ns = 0;

	for (uint64_t s = 1; s <= SEEDS; s++) {
		uint64_t seed = s * 0x9e3779b97f4a7c15ull;

		harness_create(&h, 100);
		fill_batch(&h, BATCH, BATCH_DW, &seed);
		for (unsigned int id = 0; id < GEN75_ENGINES; id++)
			start_ring(&h, id, &seed);
		for (unsigned int round = 0; round < ROUNDS; round++) {
			uint64_t before_ns = cpu_ns(), deadline;

			deadline = gen75_run(h.gpu, h.now_ns, BUDGET);
			if (cpu_ns() - before_ns > slowest_ns)
				slowest_ns = cpu_ns() - before_ns;
			h.now_ns = deadline == GEN75_NO_DEADLINE ? h.now_ns + 1000
				   : deadline > h.now_ns	 ? deadline
								 : h.now_ns + 100;
			if (round % 8 == 7)
				poke_around(&h, &seed);
			if (round % 16 == 15)
				start_ring(&h, harness_random(&seed) % GEN75_ENGINES, &seed);
		}
		/* whatever happened: a reset, the tables anew, and it works */
		gen75_reset(h.gpu, h.now_ns);
		harness_map(&h, 0, 0, HARNESS_MEM_BYTES / HARNESS_PAGE);
		for (unsigned int id = 0; id < GEN75_ENGINES; id++) {
			harness_ring(&h, id);
			HARNESS_EMIT(&h, id, 0x20u << 23 | 2 | 1u << 22, 0, D + 4 * id, 0x600d + id);
		}
		assert_true(harness_run(&h));
		for (unsigned int id = 0; id < GEN75_ENGINES; id++)
			assert_int_equal(harness_peek(&h, D + 4 * id), 0x600d + id);
		harness_destroy(&h);
	}
	/* with sanitizers and on a busy machine; without, a call of this budget takes a fraction of a millisecond */
	print_message("slowest call: %u us\n", (unsigned int)(slowest_ns / 1000));
	assert_true(slowest_ns < 500000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(random_streams) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
