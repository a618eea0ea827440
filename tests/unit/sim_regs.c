// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Registers: the tables are sound, and each kind of register does what its descriptor says.
 */
#include <string.h>

#include "sim/engine/regs.h"
#include "tests/unit/harness/sim_gpu.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

struct step {
	uint32_t write_to, value;
};

/* After the writes, reading @read_from gives @want. */
static const struct {
	const char *name;
	struct step steps[3];
	uint32_t read_from, want;
} cases[] = {
	{ "plain memory keeps what is written", { { 0x2420, 0x12345678 } }, 0x2420, 0x12345678 },
	{ "tail keeps its address bits", { { 0x2030, 0xffffffff } }, 0x2030, 0x001ffff8 },
	{ "head loses its lowest bits", { { 0x22034, 0xffffffff } }, 0x22034, 0xfffffffc },
	{ "start is page aligned", { { 0x12038, 0x12345fff } }, 0x12038, 0x12345000 },
	{ "ctl keeps size and valid", { { 0x1a03c, 0xffffffff } }, 0x1a03c, 0x001ff007 },
	{ "instdone reads as done, read-only", { { 0x206c, 0 } }, 0x206c, 0xffffffff },
	{ "masked: only enabled bits change", { { 0x7000, 0x00ff00ff }, { 0x7000, 0x000f0000 } }, 0x7000, 0xf0 },
	{ "masked: no enable, no change", { { 0x7004, 0x0000ffff } }, 0x7004, 0 },
	{ "masked: the upper half reads as zero", { { 0xe184, 0xffffffff } }, 0xe184, 0xffff },
	{ "IMR is all ones at power-on", { { 0 } }, 0x44014, 0xffffffff },
	{ "engine IMR is all ones at power-on", { { 0 } }, 0x120a8, 0xffffffff },
	{ "ISR is read-only", { { 0x44010, 0xffffffff } }, 0x44010, 0 },
	{ "GDRST reads as zero", { { 0x941c, 0xffffffff } }, 0x941c, 0 },
	{ "forcewake is acknowledged", { { 0xa188, 0x00010001 } }, 0x130044, 1 },
	{ "forcewake is let go", { { 0xa188, 0x00010001 }, { 0xa188, 0x00010000 } }, 0x130044, 0 },
	{ "two users of forcewake", { { 0xa188, 0x00030003 }, { 0xa188, 0x00010000 } }, 0x130044, 2 },
	{ "GT FIFO is empty", { { 0x120008, 0 } }, 0x120008, 0x3f },
	{ "PCODE is ready, without error", { { 0x138124, 0x80000005 } }, 0x138124, 0 },
	{ "frequency follows the request", { { 0xa008, 0x19000000 } }, 0xa01c, 0x19 << 7 },
	{ "INSTPM sync flush is over at once", { { 0x20c0, 0x02200220 } }, 0x20c0, 0 },
	{ "power well is on when asked", { { 0x45404, 0x80000000 } }, 0x45404, 0xc0000000 },
	{ "power well is off when not", { { 0x45404, 0x40000000 } }, 0x45404, 0 },
	{ "LCPLL is locked at power-on", { { 0 } }, 0x130040, 0x40000000 },
	{ "LCPLL disabled is not locked", { { 0x130040, 0x80000000 } }, 0x130040, 0x80000000 },
	{ "LCPLL confirms FCLK", { { 0x130040, 0x00200000 } }, 0x130040, 0x40280000 },
	{ "FDI reset status follows", { { 0xc2004, 0x1000 } }, 0xc2004, 0x3000 },
	{ "SBI is not busy", { { 0xc6008, 0x00000601 } }, 0xc6008, 0x00000600 },
	{ "GMBUS says NAK", { { 0xc5108, 0 } }, 0xc5108, 0x400 },
	{ "CRT detection ends", { { 0xe1100, 0x00010008 } }, 0xe1100, 8 },
	{ "display is there", { { 0x42014, 0xffffffff } }, 0x42014, 0 },
	{ "display has no outputs", { { 0xc2014, 0 } }, 0xc2014, 0x40 },
	{ "frequency range", { { 0x145998, 0 } }, 0x145998, 0x070719 },
	{ "idle engine says so", { { 0 } }, 0x2209c, 0x200 },
	{ "idle bit cannot be cleared", { { 0x2209c, 0x02000000 } }, 0x2209c, 0x200 },
	{ "unknown registers are memory, too", { { 0x1fff00, 0xabcd } }, 0x1fff00, 0xabcd },
	{ "fence", { { 0x1000f8, 0x00100001 } }, 0x1000f8, 0x00100001 },
};

static void registers_act(void **state)
{
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct harness_gpu h;

		harness_create(&h, 0);
		for (unsigned int s = 0; s < 3 && cases[i].steps[s].write_to; s++)
			harness_write(&h, cases[i].steps[s].write_to, cases[i].steps[s].value);
		if (harness_read(&h, cases[i].read_from) != cases[i].want)
			fail_msg("%s: 0x%x reads 0x%08x, not 0x%08x", cases[i].name, cases[i].read_from,
				 harness_read(&h, cases[i].read_from), cases[i].want);
		harness_destroy(&h);
	}
}

static void tables_are_sound(void **state)
{
	for (unsigned int i = 0; i < gen75_reg_table_count; i++) {
		const struct reg_desc *d = &gen75_reg_table[i];

		assert_true(d->name && d->count && d->offset % 4 == 0);
		/* per engine: within its page; else not in two descriptors */
		if (d->flags & REG_PER_ENGINE) {
			assert_true(d->offset + 4 * d->count <= 0x1000);
			continue;
		}
		for (unsigned int j = 0; j < i; j++) {
			const struct reg_desc *o = &gen75_reg_table[j];

			if (!(o->flags & REG_PER_ENGINE) && d->offset < o->offset + 4 * o->count &&
			    o->offset < d->offset + 4 * d->count)
				fail_msg("%s and %s overlap", d->name, o->name);
		}
	}
	for (unsigned int i = 0; i < gen75_reg_plain_count; i++) {
		const struct reg_range *r = &gen75_reg_plain[i];

		if (r->start % 4 || r->end % 4 || r->start >= r->end || r->end > GEN75_MMIO_BYTES)
			fail_msg("range %s is wrong", r->name);
	}
}

static void write_one_clears(void **state)
{
	static const uint32_t offsets[] = { 0x44008, 0x44018, 0x44028, 0x44048, 0xc4008, 0x44040, 0x64838, 0x220b0, 0x42300 };
	struct harness_gpu h;

	harness_create(&h, 0);
	for (unsigned int i = 0; i < sizeof(offsets) / 4; i++) {
		h.gpu->mmio[offsets[i] / 4] = 0x000f000f;
		harness_write(&h, offsets[i], 0x00030001);
		assert_int_equal(harness_read(&h, offsets[i]), 0x000c000e);
	}
	harness_destroy(&h);
}

static void timestamp_ticks_every_80_ns(void **state)
{
	struct harness_gpu h;

	harness_create(&h, 0);
	h.now_ns = 80ull << 32;
	assert_int_equal(harness_read(&h, 0x2358), 0);
	assert_int_equal(harness_read(&h, 0x235c), 1);
	h.now_ns += 79;
	assert_int_equal(harness_read(&h, 0x22358), 0);
	h.now_ns += 1;
	assert_int_equal(harness_read(&h, 0x22358), 1);
	harness_destroy(&h);
}

static void accesses_of_any_width(void **state)
{
	struct harness_gpu h;
	uint64_t value = 0x1122334455667788ull;
	uint8_t bytes[8];
	uint16_t word = 0xbeef;

	harness_create(&h, 0);
	gen75_bar0_write(h.gpu, 0, 0x2420, &value, 8);
	assert_int_equal(harness_read(&h, 0x2424), 0x11223344);
	gen75_bar0_write(h.gpu, 0, 0x2421, &word, 1);
	assert_int_equal(harness_read(&h, 0x2420), 0x5566ef88);
	gen75_bar0_write(h.gpu, 0, 0x2422, &word, 2);
	assert_int_equal(harness_read(&h, 0x2420), 0xbeefef88);
	gen75_bar0_read(h.gpu, 0, 0x2423, bytes, 1);
	assert_int_equal(bytes[0], 0xbe);
	gen75_bar0_read(h.gpu, 0, 0x2420, bytes, 8);
	assert_int_equal(bytes[7], 0x11);

	/* a byte write of a write-one-clears register touches that byte only */
	h.gpu->mmio[0x44018 / 4] = 0xffffffff;
	word = 0xff;
	gen75_bar0_write(h.gpu, 0, 0x44019, &word, 1);
	assert_int_equal(harness_read(&h, 0x44018), 0xffff00ff);

	/* the upper half is the GGTT's table, the caller's memory */
	gen75_bar0_write(h.gpu, 0, GEN75_MMIO_BYTES + 8, &value, 8);
	assert_int_equal(h.ggtt[2], 0x55667788);
	h.ggtt[3] = 42;
	assert_int_equal(harness_read(&h, GEN75_MMIO_BYTES + 12), 42);
	gen75_bar0_read(h.gpu, 0, GEN75_BAR0_BYTES - 4, bytes, 4);
	harness_destroy(&h);
}

static void impossible_accesses_are_dropped(void **state)
{
	static const struct {
		uint32_t offset;
		size_t len;
	} bad[] = { { GEN75_BAR0_BYTES, 4 }, { GEN75_BAR0_BYTES - 4, 8 },
		    { 0xfffffffc, 8 },	     { GEN75_MMIO_BYTES - 4, 8 },
		    { 0x2000, 3 },	     { 0x2000, 16 },
		    { 0x2000, 0 },	     { 0x2002, 8 } };
	struct harness_gpu h;

	harness_create(&h, 0);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t bytes[16];

		memset(bytes, 0x5a, sizeof(bytes));
		gen75_bar0_write(h.gpu, 0, bad[i].offset, bytes, bad[i].len);
		gen75_bar0_read(h.gpu, 0, bad[i].offset, bytes, bad[i].len);
		for (unsigned int b = 0; b < bad[i].len; b++)
			assert_int_equal(bytes[b], 0);
		assert_int_equal(h.events[GEN75_EV_UNKNOWN_READ], i + 1);
		assert_int_equal(h.events[GEN75_EV_UNKNOWN_WRITE], i + 1);
	}
	harness_destroy(&h);
}

static void unknown_registers_are_listed(void **state)
{
	struct harness_gpu h;
	enum gen75_event ev;
	uint64_t count;
	uint32_t what;

	harness_create(&h, 0);
	harness_read(&h, 0x1fff00);
	harness_read(&h, 0x1fff00);
	harness_write(&h, 0x1fff04, 1);
	assert_true(gen75_unknown(h.gpu, 0, &ev, &what, &count));
	assert_true(ev == GEN75_EV_UNKNOWN_READ && what == 0x1fff00 && count == 2);
	assert_true(gen75_unknown(h.gpu, 1, &ev, &what, &count));
	assert_true(ev == GEN75_EV_UNKNOWN_WRITE && what == 0x1fff04 && count == 1);
	assert_false(gen75_unknown(h.gpu, 2, &ev, &what, &count));

	/* the list is bounded, and its last entry counts the rest */
	for (uint32_t i = 0; i < 1000; i++)
		harness_read(&h, 0x1f0000 + 4 * i);
	assert_true(gen75_unknown(h.gpu, UNKNOWN_MAX - 1, &ev, &what, &count));
	assert_true(ev == GEN75_EVENTS);
	assert_string_equal(gen75_event_name(ev), "other");
	assert_int_equal(count + UNKNOWN_MAX - 1 - 2, 1000);
	assert_false(gen75_unknown(h.gpu, UNKNOWN_MAX, &ev, &what, &count));
	assert_int_equal(gen75_stats(h.gpu)->events[GEN75_EV_UNKNOWN_READ], 1002);
	harness_destroy(&h);
}

static void reset_restores_power_on_values(void **state)
{
	struct harness_gpu h;
	uint32_t *fresh;

	harness_create(&h, 0);
	fresh = test_malloc(GEN75_MMIO_BYTES);
	memcpy(fresh, h.gpu->mmio, GEN75_MMIO_BYTES);
	for (uint32_t offset = 0; offset < GEN75_MMIO_BYTES; offset += 4)
		harness_write(&h, offset, 0xffffffff);
	gen75_reset(h.gpu, h.now_ns);
	assert_memory_equal(h.gpu->mmio, fresh, GEN75_MMIO_BYTES);
	for (unsigned int i = 0; i < GEN75_GGTT_ENTRIES; i++)
		assert_int_equal(h.ggtt[i], 0);
	test_free(fresh);
	harness_destroy(&h);
}

static void bad_configurations_are_refused(void **state)
{
	static const struct gen75_ops none;
	struct gen75_config config = { .aperture_bytes = 200u << 20 };
	struct harness_gpu h;
	struct gen75 *gpu = NULL;

	harness_create(&h, 0);
	assert_int_equal(gen75_create(&config, &h.gpu->ops, &h, h.ggtt, &gpu), -22);
	config.aperture_bytes = 512u << 20;
	assert_int_equal(gen75_create(&config, &none, &h, h.ggtt, &gpu), -22);
	assert_int_equal(gen75_create(&config, &h.gpu->ops, &h, NULL, &gpu), -22);
	assert_null(gpu);
	assert_int_equal(gen75_create(&config, &h.gpu->ops, &h, h.ggtt, &gpu), 0);
	gen75_destroy(gpu);
	gen75_destroy(NULL);
	harness_destroy(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_act),
		cmocka_unit_test(tables_are_sound),
		cmocka_unit_test(write_one_clears),
		cmocka_unit_test(timestamp_ticks_every_80_ns),
		cmocka_unit_test(accesses_of_any_width),
		cmocka_unit_test(impossible_accesses_are_dropped),
		cmocka_unit_test(unknown_registers_are_listed),
		cmocka_unit_test(reset_restores_power_on_values),
		cmocka_unit_test(bad_configurations_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
