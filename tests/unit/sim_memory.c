// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Graphics memory: GGTT and PPGTT walks, faults, the aperture and its fences against a dumb oracle.
 */
#include <string.h>

#include "sim/engine/gpu.h"
#include "tests/unit/harness/sim_gpu.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define STORE_IMM (0x20u << 23 | 2)
#define STORE_IMM_GGTT (STORE_IMM | 1u << 22)

static void store(struct harness_gpu *h, uint32_t header, uint32_t addr, uint32_t value)
{
	HARNESS_EMIT(h, GEN75_BCS, header, 0, addr, value);
	assert_true(harness_run(h));
}

static void ggtt_is_read_at_every_use(void **state)
{
	struct harness_gpu h;

	harness_create(&h, 0);
	harness_ring(&h, GEN75_BCS);
	harness_map(&h, 0x7ffff000, 0x200000, 1);
	store(&h, STORE_IMM_GGTT, 0x7ffff010, 0x11);
	assert_int_equal(harness_peek(&h, 0x200010), 0x11);
	/* the table changes behind the engine's back, as a mapped one does */
	h.ggtt[0x7ffff] = harness_pte(0x300000);
	store(&h, STORE_IMM_GGTT, 0x7ffff010, 0x22);
	assert_int_equal(harness_peek(&h, 0x200010), 0x11);
	assert_int_equal(harness_peek(&h, 0x300010), 0x22);
	harness_destroy(&h);
}

static void faults_are_counted_and_harmless(void **state)
{
	struct harness_gpu h;
	uint32_t value = 1;

	harness_create(&h, 0);
	harness_ring(&h, GEN75_BCS);
	/* no entry: reads zeros */
	store(&h, STORE_IMM_GGTT, 0x40000000, 1);
	assert_int_equal(h.events[GEN75_EV_BAD_PTE], 1);
	assert_int_equal(harness_read(&h, 0x4294), 0x40000801);
	gen75_gm_read(h.gpu, &h.gpu->engine[GEN75_BCS], SPACE_GGTT, 0x40000000, &value, 4);
	assert_int_equal(value, 0);
	/* beyond the table */
	gen75_gm_read(h.gpu, NULL, SPACE_GGTT, 0x80000000, &value, 4);
	assert_int_equal(value, 0);
	/* no memory: reads ones */
	h.ggtt[0x40000] = 0x00001001;
	gen75_gm_read(h.gpu, NULL, SPACE_GGTT, 0x40000000, &value, 4);
	assert_int_equal(value, 0xffffffff);
	assert_int_equal(h.events[GEN75_EV_BUS_ERROR], 1);
	store(&h, STORE_IMM_GGTT, 0x40000000, 1);
	assert_int_equal(h.events[GEN75_EV_BUS_ERROR], 2);
	/* memory that may not be written */
	h.read_only = true;
	store(&h, STORE_IMM_GGTT, 0x200000, 1);
	assert_int_equal(harness_peek(&h, 0x200000), 0);
	assert_int_equal(h.events[GEN75_EV_BUS_ERROR], 3);
	harness_destroy(&h);
}

static void ppgtt_walk(void **state)
{
	struct harness_gpu h;
	uint32_t base = harness_base(GEN75_BCS);

	harness_create(&h, 0);
	harness_ring(&h, GEN75_BCS);
	harness_ppgtt(&h, GEN75_BCS, 0x60000, 0x400000);
	harness_ppgtt_map(&h, 0x400000, 0x5000, 0x500000, 1);
	store(&h, STORE_IMM, 0x5004, 0x77);
	assert_int_equal(harness_peek(&h, 0x500004), 0x77);
	/* bit 22 of the command chooses the GGTT */
	store(&h, STORE_IMM_GGTT, 0x105004, 0x78);
	assert_int_equal(harness_peek(&h, 0x105004), 0x78);

	/* last directory entry, last table entry */
	h.ggtt[0x60000 + 511] = harness_pde(0x401000);
	harness_poke(&h, 0x401000 + 1023 * 4, harness_pte(0x501000));
	store(&h, STORE_IMM, 0x7ffffffc, 0x79);
	assert_int_equal(harness_peek(&h, 0x501ffc), 0x79);

	/* beyond the directory, an entry that is not valid, a table that is not valid */
	store(&h, STORE_IMM, 0x80005004, 1);
	store(&h, STORE_IMM, 0x6000, 1);
	store(&h, STORE_IMM, 0x00400000, 1);
	assert_int_equal(h.events[GEN75_EV_BAD_PTE], 3);

	/* DCLV: a cache line of the directory that is not to be loaded */
	harness_write(&h, base + 0x220, 0xfffffffe);
	store(&h, STORE_IMM, 0x5004, 1);
	assert_int_equal(h.events[GEN75_EV_BAD_PTE], 4);
	assert_int_equal(harness_peek(&h, 0x500004), 0x77);
	harness_write(&h, base + 0x220, 0xffffffff);

	/* switched off, the same command goes to the GGTT */
	harness_write(&h, base + 0x29c, 1u << 25);
	store(&h, STORE_IMM, 0x105008, 0x7a);
	assert_int_equal(harness_peek(&h, 0x105008), 0x7a);
	harness_destroy(&h);
}

static void accesses_cross_pages(void **state)
{
	struct harness_gpu h;
	uint8_t out[10000], in[10000];

	harness_create(&h, 0);
	for (unsigned int i = 0; i < 4; i++)
		harness_map(&h, 0x1000000 + i * 0x1000, 0x200000 + (3 - i) * 0x1000, 1);
	for (unsigned int i = 0; i < sizeof(out); i++)
		out[i] = i * 7;
	gen75_aperture_write(h.gpu, 0x1000ff0, out, sizeof(out));
	gen75_aperture_read(h.gpu, 0x1000ff0, in, sizeof(in));
	assert_memory_equal(in, out, sizeof(in));
	assert_memory_equal(h.mem + 0x202000, out + 16, 0x1000);
	harness_destroy(&h);
}

static void aperture_has_an_end(void **state)
{
	struct harness_gpu h;
	uint8_t bytes[16];

	harness_create(&h, 0);
	h.ggtt[0xffff] = harness_pte(0x200000);
	gen75_aperture_read(h.gpu, (256u << 20) - 16, bytes, 16);
	assert_int_equal(bytes[0], 0);
	gen75_aperture_read(h.gpu, (256u << 20) - 15, bytes, 16);
	assert_int_equal(bytes[0], 0xff);
	gen75_aperture_read(h.gpu, UINT64_MAX - 3, bytes, 16);
	assert_int_equal(bytes[0], 0xff);
	gen75_aperture_write(h.gpu, UINT64_MAX - 3, bytes, 16);
	gen75_aperture_write(h.gpu, (256u << 20) - 15, bytes, 16);
	assert_int_equal(h.events[GEN75_EV_BAD_PTE] + h.events[GEN75_EV_BUS_ERROR], 0);
	harness_destroy(&h);
}

/*
 * The oracle: fill a tiled surface tile by tile in the order of memory, each tile in its own order, so that byte n of memory
 * says at which (x, y) it is seen.
 */
static void oracle_fill(uint8_t *mem, bool y_major, uint32_t pitch, uint32_t rows)
{
	uint32_t tile_w = y_major ? 128 : 512, tile_h = y_major ? 32 : 8;

	for (uint32_t ty = 0; ty < rows / tile_h; ty++) {
		for (uint32_t tx = 0; tx < pitch / tile_w; tx++) {
			uint32_t n = 0;

			if (y_major) {
				for (uint32_t column = 0; column < 8; column++)
					for (uint32_t row = 0; row < 32; row++)
						for (uint32_t b = 0; b < 16; b++, n++)
							*mem++ = (tx * 128 + column * 16 + b) * 3 + (ty * 32 + row) * 101;
			} else {
				for (uint32_t row = 0; row < 8; row++)
					for (uint32_t b = 0; b < 512; b++, n++)
						*mem++ = (tx * 512 + b) * 3 + (ty * 8 + row) * 101;
			}
			assert_int_equal(n, 4096);
		}
	}
}

static void fences_detile(void **state)
{
	static const struct {
		bool y_major;
		uint32_t pitch, rows;
	} surfaces[] = { { false, 512, 64 }, { false, 2048, 32 }, { true, 128, 64 }, { true, 1024, 96 } };
	const uint32_t gma = 0x1000000;
	uint64_t seed = 7;

	for (unsigned int s = 0; s < sizeof(surfaces) / sizeof(surfaces[0]); s++) {
		uint32_t pitch = surfaces[s].pitch, bytes = pitch * surfaces[s].rows;
		uint8_t row[4096];
		struct harness_gpu h;

		harness_create(&h, 0);
		oracle_fill(h.mem + gma, surfaces[s].y_major, pitch, surfaces[s].rows);
		harness_write(&h, 0x100000 + 8 * 31 + 4, (gma + bytes - 4096) | (pitch / 128 - 1));
		harness_write(&h, 0x100000 + 8 * 31, gma | surfaces[s].y_major << 1 | 1);
		for (unsigned int i = 0; i < 500; i++) {
			uint32_t at = harness_random(&seed) % bytes, len = 1 + harness_random(&seed) % 4000;

			if (len > bytes - at)
				len = bytes - at;
			gen75_aperture_read(h.gpu, gma + at, row, len);
			for (uint32_t b = 0; b < len; b++)
				assert_int_equal(row[b], (uint8_t)((at + b) % pitch * 3 + (at + b) / pitch * 101));
		}
		/* a write through the fence, read back without it */
		memset(row, 0, pitch);
		gen75_aperture_write(h.gpu, gma + 9 * pitch, row, pitch);
		gen75_aperture_read(h.gpu, gma + 8 * pitch + 1, row, 1);
		assert_int_equal(row[0], (uint8_t)(3 + 8 * 101));
		harness_write(&h, 0x100000 + 8 * 31, 0);
		assert_int_equal(h.mem[gma + (surfaces[s].y_major ? 9 * 16 : pitch / 512 * 4096 + 512)], 0);
		harness_destroy(&h);
	}
}

/* Neighbours on both sides of a fence are linear. */
static void a_fence_ends(void **state)
{
	const uint32_t gma = 0x1000000;
	struct harness_gpu h;
	uint8_t out[4];

	harness_create(&h, 0);
	harness_write(&h, 0x100004, gma | 3);
	harness_write(&h, 0x100000, gma | 1);
	memcpy(h.mem + gma - 4, "abcd", 4);
	memcpy(h.mem + gma + 0x1000, "efgh", 4);
	gen75_aperture_read(h.gpu, gma - 4, out, 4);
	assert_memory_equal(out, "abcd", 4);
	gen75_aperture_read(h.gpu, gma + 0x1000, out, 4);
	assert_memory_equal(out, "efgh", 4);
	harness_destroy(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ggtt_is_read_at_every_use),
		cmocka_unit_test(faults_are_counted_and_harmless),
		cmocka_unit_test(ppgtt_walk),
		cmocka_unit_test(accesses_cross_pages),
		cmocka_unit_test(aperture_has_an_end),
		cmocka_unit_test(fences_detile),
		cmocka_unit_test(a_fence_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
