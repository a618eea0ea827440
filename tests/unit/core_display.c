// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A guest's display without a connector, its frequencies and its power states: what i915 waits for comes, what it reads back is
 * what hardware would show, and the hardware's own registers stay as they are.
 */
#include "tests/unit/harness/core_host.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define MIB (1u << 20)

static struct core_host host;
static struct core_guest *g;

static int set_up(void **state)
{
	core_host_init(&host);
	core_host_open(&host, 0, 4 * MIB, 16 * MIB);
	g = core_host_open(&host, 1, 8 * MIB, 16 * MIB);
	return 0;
}

static int tear_down(void **state)
{
	core_host_fini(&host);
	return 0;
}

static uint64_t rejections(void)
{
	struct vgpu_stats s;

	vgpu_get_stats(&g->vgpu, host.now_ns, &s);
	return s.reject_mmio;
}

/* What a guest finds after a reset: nothing connected, everything off, and the machine's constants. */
static void defaults(void **state)
{
	static const struct {
		const char *name;
		uint32_t offset, want;
	} rows[] = {
		{ "VGACNTRL: the plane is off", 0x41000, 0x80000000 },
		{ "FUSE_STRAP: there is a display", 0x42014, 0 },
		{ "SFUSE_STRAP: no port, no CRT", 0xc2014, 0x40 },
		{ "PIPECONF A", 0x70008, 0 },
		{ "PIPECONF eDP", 0x7f008, 0 },
		{ "DDI_BUF_CTL A: idle, no eDP", 0x64000, 0x80 },
		{ "DDI_BUF_CTL E", 0x64400, 0x80 },
		{ "PORT_CLK_SEL: none", 0x46110, 0xe0000000 },
		{ "PWR_WELL_CTL2: off", 0x45404, 0 },
		{ "LCPLL_CTL: locked, 450 MHz", 0x130040, 0x40000000 },
		{ "GMBUS2: ready", 0xc5108, 0x800 },
		{ "GPIO: both lines high", 0xc5010, 0x1010 },
		{ "GPIO: the last pair", 0xc5024, 0x1010 },
		{ "SDE_ISR: no hotplug", 0xc4000, 0 },
		{ "SDE_IMR", 0xc4004, ~0u },
		{ "PCH_RAWCLK_FREQ: 125 MHz", 0xc6204, 125 },
		{ "PCH_PP_STATUS: off", 0xc7200, 0 },
		{ "RPSTAT1: nothing requested", 0xa01c, 0 },
		{ "RP_STATE_CAP", 0x145998, 0x070719 },
		{ "SSKPD, levels 1 to 3", 0x145d10, 0x05a24040 },
		{ "SSKPD, levels 0 and 4", 0x145d14, 0x140000a0 },
		{ "DCLK", 0x145e04, 6 },
		{ "D_COMP", 0x145f0c, 0 },
		{ "offset 0", 0, 0 },
	};
	uint64_t before = rejections();
	unsigned int i;

	vgpu_reset(&g->vgpu, host.now_ns);
	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		uint32_t got = core_guest_read(g, rows[i].offset);

		if (got != rows[i].want)
			fail_msg("%s: %#x", rows[i].name, got);
	}
	assert_int_equal(rejections(), before);
}

/* Row after row, without a reset in between: write @value to @reg unless @reg is 0, read @at. */
static void behaviours(void **state)
{
	static const struct {
		const char *name;
		uint32_t reg, value, at, want;
	} rows[] = {
		{ "pipe A on", 0x70008, 0x80000000, 0x70008, 0xc0000000 },
		{ "pipe A off, state not writable", 0x70008, 0x40000000, 0x70008, 0 },
		{ "pipe A on, pipe B is not", 0x70008, 0x80000000, 0x71008, 0 },
		{ "a frame counter is not a guest's to write", 0x70040, 5, 0x70040, 0 },
		{ "the south transcoder on", 0xf0008, 0x80000000, 0xf0008, 0xc0000000 },
		{ "eDP's transcoder on", 0x7f008, 0x80000000, 0x7f008, 0xc0000000 },
		{ "a surface is set", 0x7019c, 0x00400000, 0x7019c, 0x00400000 },
		{ "and is not live", 0, 0, 0x701ac, 0 },
		{ "power well on", 0x45404, 0x80000000, 0x45404, 0xc0000000 },
		{ "the firmware sees it", 0, 0, 0x45400, 0x40000000 },
		{ "the firmware wants it, too", 0x45400, 0x80000000, 0x45400, 0xc0000000 },
		{ "the driver no longer does", 0x45404, 0, 0x45404, 0x40000000 },
		{ "nor does the firmware", 0x45400, 0, 0x45404, 0 },
		{ "power well's state is not writable", 0x45404, 0x55555555, 0x45404, 0 },
		{ "DDI B on", 0x64100, 0x80000080, 0x64100, 0x80000000 },
		{ "DDI B off, idle, nothing detected", 0x64100, 0x1, 0x64100, 0x80 },
		{ "LCPLL: FCLK is the source", 0x130040, 0x00200000, 0x130040, 0x40280000 },
		{ "LCPLL: off", 0x130040, 0x80200000, 0x130040, 0x80280000 },
		{ "LCPLL: may be powered down", 0x130040, 0x80680000, 0x130040, 0x80680000 },
		{ "LCPLL: on", 0x130040, 0x00200000, 0x130040, 0x40280000 },
		{ "LCPLL: is the source", 0x130040, 0, 0x130040, 0x40000000 },
		{ "sideband in reset", 0xc2004, 0x1000, 0xc2004, 0x3000 },
		{ "sideband out of reset", 0xc2004, 0x2000, 0xc2004, 0 },
		{ "panel on", 0xc7204, 0xabcd0001, 0xc7200, 0x80000008 },
		{ "panel off", 0xc7204, 0xabcd0000, 0xc7200, 0 },
		{ "panel's status is not writable", 0xc7200, ~0u, 0xc7200, 0 },
		{ "CRT: detection is over, nothing there", 0xe1100, 0x03810000, 0xe1100, 0x00800000 },
		{ "FBC's status is not writable", 0x43210, ~0u, 0x43210, 0 },
		{ "hotplug: enabled, status is cleared", 0xc4030, 0x1313, 0xc4030, 0x1010 },
		{ "a colour table's last entry", 0x4b3fc, 0x00ffffff, 0x4b3fc, 0x00ffffff },
		{ "a watermark", 0x45108, 0x12345678, 0x45108, 0x12345678 },
		{ "south interrupts", 0xc400c, 0x20000, 0xc400c, 0x20000 },
		{ "south interrupts: none is pending", 0xc4008, 0, 0xc4008, 0 },
		{ "RPSTAT1: the requested frequency", 0xa008, 7u << 24, 0xa01c, 7u << 7 },
		{ "RPSTAT1: another", 0xa008, 0x99u << 24, 0xa01c, 0x19u << 7 },
		{ "GT_PERF_STATUS: as well", 0, 0, 0x145948, 0x19u << 8 },
		{ "RPSTAT1 is not writable", 0xa01c, ~0u, 0xa01c, 0x19u << 7 },
		{ "RC6's residency is not writable", 0x138108, 5, 0x138108, 0 },
		{ "PP_DIR_BASE", 0x12228, 0x00340000, 0x12518, 0x00340000 },
		{ "PP_DIR_BASE's second window is not writable", 0x12518, 0, 0x12518, 0x00340000 },
	};
	uint64_t before = rejections();
	unsigned int i;

	vgpu_reset(&g->vgpu, host.now_ns);
	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		uint32_t got;

		if (rows[i].reg)
			core_guest_write(g, rows[i].reg, rows[i].value);
		got = core_guest_read(g, rows[i].at);
		if (got != rows[i].want)
			fail_msg("%s: %#x", rows[i].name, got);
	}
	assert_int_equal(rejections(), before);
}

/* The power firmware: what a guest sends, what it reads. */
static void mailbox(void **state)
{
	static const struct {
		const char *name;
		uint32_t data, command, want, data_then;
	} rows[] = {
		{ "RC6 voltages: none", 0x1234, 0x80000005, 0, 0 },
		{ "ring frequency, written", 0x00141007, 0x80000008, 0, 0x00141007 },
		{ "ring frequency, written at the end", 0x0015111f, 0x80000008, 0, 0x0015111f },
		{ "ring frequency, read", 0x07, 0x80000009, 0, 0x1410 },
		{ "ring frequency, never written", 0x08, 0x80000009, 0, 0 },
		{ "ring frequency, read at the end", 0x1f, 0x80000009, 0, 0x1511 },
		{ "ring frequency, past the end", 0x20, 0x80000009, 2, 0x20 },
		{ "ring frequency, written past the end", 0xff, 0x80000008, 2, 0xff },
		{ "D_COMP, disabled", 0x001, 0x80000011, 0, 0x001 },
		{ "D_COMP, read", 0xffff, 0x80000010, 0, 0x001 },
		{ "D_COMP, forced: done", 0x300, 0x80000011, 0, 0x300 },
		{ "D_COMP, read", 0xffff, 0x80000010, 0, 0 },
		{ "overclocking: no", 0xffff, 0x8000000c, 0, 0 },
		{ "efficient frequency", 0xffff, 0x8000001a, 0, 0x700 },
		{ "unknown command", 7, 0x800000fe, 1, 7 },
		{ "parameters stay", 7, 0x80120305, 0x00120300, 0 },
		{ "not told to run", 7, 0x00000005, 0x00000005, 7 },
	};
	unsigned int i;

	vgpu_reset(&g->vgpu, host.now_ns);
	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		uint32_t got, data;

		core_guest_write(g, 0x138128, rows[i].data);
		core_guest_write(g, 0x138124, rows[i].command);
		got = core_guest_read(g, 0x138124);
		data = core_guest_read(g, 0x138128);
		if (got != rows[i].want || data != rows[i].data_then)
			fail_msg("%s: %#x, %#x", rows[i].name, got, data);
	}
	core_guest_write(g, 0x138128, 1);
	core_guest_write(g, 0x138124, 0x80000011);
	assert_int_equal(core_guest_read(g, 0x145f0c), 1);
	core_guest_write(g, 0x145f0c, 0);
	assert_int_equal(core_guest_read(g, 0x145f0c), 1);
	vgpu_reset(&g->vgpu, host.now_ns);
	assert_int_equal(core_guest_read(g, 0x145f0c), 0);
	core_guest_write(g, 0x138128, 7);
	core_guest_write(g, 0x138124, 0x80000009);
	assert_int_equal(core_guest_read(g, 0x138128), 0);
}

/* Nobody answers on I2C, neither by the controller nor by hand. */
static void i2c(void **state)
{
	static const struct {
		const char *name;
		uint32_t write, want;
	} lines[] = {
		{ "driven low", 0x0707, 0x0202 },
		{ "the clock is let go", 0x0001, 0x0210 },
		{ "what is not enabled stays", 0x0008, 0x0210 },
		{ "the data is driven high", 0x0c00, 0x1a10 },
		{ "no pull-up", 0x2020, 0x3a30 },
		{ "both let go", 0x0101, 0x1810 },
	};
	unsigned int i;

	vgpu_reset(&g->vgpu, host.now_ns);
	core_guest_write(g, 0xc5100, 5);
	core_guest_write(g, 0xc5104, 0x460100a1); /* a byte from 0x50 */
	assert_int_equal(core_guest_read(g, 0xc5108), 0xc00);
	core_guest_write(g, 0xc5108, 0);
	assert_int_equal(core_guest_read(g, 0xc5108), 0xc00);
	core_guest_write(g, 0xc5104, 0x80000000);
	assert_int_equal(core_guest_read(g, 0xc5108), 0x800);
	core_guest_write(g, 0xc5104, 0);
	assert_int_equal(core_guest_read(g, 0xc5108), 0x800);
	core_guest_write(g, 0xc5104, 0x40000000); /* ready, but no cycle */
	assert_int_equal(core_guest_read(g, 0xc5108), 0x800);
	for (i = 0; i < VGPU_ARRAY_SIZE(lines); i++) {
		core_guest_write(g, 0xc501c, lines[i].write);
		if (core_guest_read(g, 0xc501c) != lines[i].want)
			fail_msg("%s: %#x", lines[i].name, core_guest_read(g, 0xc501c));
	}
	assert_int_equal(core_guest_read(g, 0xc5020), 0x1010);
}

/* Nor on DisplayPort's AUX channels. */
static void aux(void **state)
{
	static const uint32_t channels[] = { 0x64010, 0xe4110, 0xe4210, 0xe4310 };
	unsigned int i, k;

	vgpu_reset(&g->vgpu, host.now_ns);
	for (i = 0; i < VGPU_ARRAY_SIZE(channels); i++) {
		for (k = 1; k <= 5; k++)
			core_guest_write(g, channels[i] + 4 * k, k);
		assert_int_equal(core_guest_read(g, channels[i]), 0);
		core_guest_write(g, channels[i], 0xd2402000);
		assert_int_equal(core_guest_read(g, channels[i]), 0x50402000);
		core_guest_write(g, channels[i], 0x52402000);
		assert_int_equal(core_guest_read(g, channels[i]), 0x00402000);
		for (k = 1; k <= 5; k++)
			assert_int_equal(core_guest_read(g, channels[i] + 4 * k), k);
	}
}

static uint32_t sbi(uint32_t address, uint32_t data, uint32_t control)
{
	core_guest_write(g, 0xc6000, address << 16);
	core_guest_write(g, 0xc6004, data);
	core_guest_write(g, 0xc6008, control);
	assert_int_equal(core_guest_read(g, 0xc6008), control & ~3u);
	return core_guest_read(g, 0xc6004);
}

/* The PCH's clocks behind its sideband keep what is written; others are not there; a reset forgets. */
static void sideband(void **state)
{
	vgpu_reset(&g->vgpu, host.now_ns);
	sbi(0x020c, 0x9, 0x701);
	sbi(0x2a00, 0x10, 0x701);
	assert_int_equal(sbi(0x020c, 0, 0x601), 0x9);
	assert_int_equal(sbi(0x2a00, 0, 0x601), 0x10);
	assert_int_equal(sbi(0x0610, 7, 0x601), 0);
	sbi(0x1234, 5, 0x701);
	assert_int_equal(sbi(0x1234, 5, 0x601), 0);
	assert_int_equal(sbi(0x020c, 5, 0x600), 5); /* not told to run */
	assert_int_equal(sbi(0x020c, 5, 0x10601), 5); /* to another destination */
	sbi(0x020c, 1, 0x10701);
	assert_int_equal(sbi(0x020c, 0, 0x601), 0x9);
	vgpu_reset(&g->vgpu, host.now_ns);
	assert_int_equal(sbi(0x020c, 7, 0x601), 0);
}

/* Nothing of all this reaches the hardware, or another guest. */
static void isolation(void **state)
{
	static const uint32_t offsets[] = {
		0x41000, 0x45404, 0x46020, 0x60000, 0x64000, 0x70008, 0xc5104, 0xe1100, 0x130040, 0x138128, 0xa008,
	};
	unsigned int i;

	vgpu_reset(&g->vgpu, host.now_ns);
	for (i = 0; i < VGPU_ARRAY_SIZE(offsets); i++) {
		uint32_t hardware = core_host_ops.reg_read(&host, offsets[i]);
		uint32_t other = core_guest_read(&host.guest[0], offsets[i]);

		core_guest_write(g, offsets[i], 0x8a5a5a5a);
		assert_int_not_equal(core_guest_read(g, offsets[i]), other);
		assert_int_equal(core_host_ops.reg_read(&host, offsets[i]), hardware);
		assert_int_equal(core_guest_read(&host.guest[0], offsets[i]), other);
	}
}

static void timestamp(void **state)
{
	uint32_t first = core_guest_read(g, 0x44070);

	host.now_ns += 5000000;
	assert_true(core_guest_read(g, 0x44070) - first >= 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),  cmocka_unit_test(behaviours), cmocka_unit_test(mailbox),
		cmocka_unit_test(i2c),	     cmocka_unit_test(aux),	   cmocka_unit_test(sideband),
		cmocka_unit_test(isolation), cmocka_unit_test(timestamp),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
