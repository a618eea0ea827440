// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The register table as data, what each kind of register does, PVINFO, fences, and malformed accesses.
 */
#include <string.h>

#include "tests/guest/lib/cmd.h"
#include "tests/unit/harness/core_host.h"

#include "kmod/core/engine.h"

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

static struct vgpu_stats stats(void)
{
	struct vgpu_stats s;

	vgpu_get_stats(&g->vgpu, host.now_ns, &s);
	return s;
}

static void check_rows(const struct vgpu_reg *table, uint32_t rows, uint32_t end, uint32_t slots)
{
	uint32_t i, slot = 0, last = 0;

	for (i = 0; i < rows; i++) {
		assert_non_null(table[i].name);
		assert_true(table[i].dwords && table[i].offset % 4 == 0);
		assert_true(!i || table[i].offset >= last);
		last = table[i].offset + 4 * table[i].dwords;
		assert_true(last <= end);
		assert_int_equal(table[i].slot, slot);
		slot += table[i].dwords;
		assert_int_equal(table[i].ro & table[i].w1c, 0);
		assert_false(table[i].masked && (table[i].w1c || table[i].reset >> 16));
	}
	assert_int_equal(slot, slots);
}

/* Sorted, without overlaps, each dword stored once; and no common register hides behind an engine's. */
static void table_is_sound(void **state)
{
	enum vgpu_engine_id e;
	uint32_t i, k;

	check_rows(vgpu_engine_regs, vgpu_engine_regs_rows, 0x1000, VGPU_ENGINE_REGS);
	check_rows(vgpu_common_regs, vgpu_common_regs_rows, GEN75_MMIO_BYTES, VGPU_COMMON_REGS);
	for (i = 0; i < vgpu_common_regs_rows; i++) {
		for (k = 0; k < vgpu_common_regs[i].dwords; k++) {
			if (vgpu_regs_find(vgpu_common_regs[i].offset + 4 * k, &e) != &vgpu_common_regs[i])
				fail_msg("%s overlaps an engine's register", vgpu_common_regs[i].name);
			assert_int_equal(e, VGPU_ENGINES);
			assert_false(vgpu_common_regs[i].offset + 4 * k >= 0x78000 &&
				     vgpu_common_regs[i].offset + 4 * k < 0x79000);
		}
	}
	assert_null(vgpu_regs_find(4, &e));
	assert_null(vgpu_regs_find(GEN75_MMIO_BYTES - 4, &e));
}

/*
 * What i915 of Linux 6.1 and 6.12 accesses on a Haswell, native and as a vGPU's guest, as recorded on the simulator: binding,
 * debugfs, an error capture, runtime suspend, S3, unbinding. Offset and dwords; fences and PVINFO apart.
 */
static void touched_by_i915(void **state)
{
	/* clang-format off */
	static const struct {
		uint32_t offset, dwords;
	} common[] = {
		{ 0x00000, 1 }, { 0x02024, 1 }, { 0x020a0, 1 }, { 0x02214, 1 }, { 0x04030, 1 }, { 0x04080, 1 }, { 0x04090, 2 },
		{ 0x040a0, 1 }, { 0x040b0, 1 }, { 0x04180, 1 }, { 0x04194, 1 }, { 0x04280, 1 }, { 0x04294, 1 }, { 0x04380, 1 },
		{ 0x04394, 1 }, { 0x07000, 3 }, { 0x07100, 1 }, { 0x09030, 1 }, { 0x0911c, 1 }, { 0x0941c, 1 }, { 0x0a008, 1 },
		{ 0x0a010, 2 }, { 0x0a01c, 1 }, { 0x0a024, 1 }, { 0x0a02c, 2 }, { 0x0a050, 9 }, { 0x0a090, 5 }, { 0x0a0a8, 7 },
		{ 0x0a168, 1 }, { 0x0a188, 1 }, { 0x0b038, 1 }, { 0x0e160, 2 }, { 0x0e184, 1 }, { 0x0e49c, 1 }, { 0x14090, 1 },
		{ 0x41000, 1 }, { 0x42014, 1 }, { 0x42020, 1 }, { 0x42080, 1 }, { 0x420b0, 3 }, { 0x42300, 1 }, { 0x43208, 1 },
		{ 0x44004, 3 }, { 0x44014, 8 }, { 0x44040, 1 }, { 0x44050, 1 }, { 0x45000, 1 }, { 0x45100, 5 }, { 0x45120, 3 },
		{ 0x45200, 1 }, { 0x45260, 1 }, { 0x45400, 2 }, { 0x46020, 1 }, { 0x46040, 1 }, { 0x46060, 1 }, { 0x46408, 1 },
		{ 0x48250, 1 }, { 0x48350, 1 }, { 0x48400, 1 }, { 0x60400, 1 }, { 0x61400, 1 }, { 0x62400, 1 }, { 0x64000, 1 },
		{ 0x64834, 2 }, { 0x6f400, 1 }, { 0x70080, 1 }, { 0x70180, 1 }, { 0x70280, 1 }, { 0x71080, 1 }, { 0x71180, 1 },
		{ 0x71280, 1 }, { 0x72080, 1 }, { 0x72180, 1 }, { 0x72280, 1 }, { 0xc2014, 1 }, { 0xc4004, 3 }, { 0xc4030, 1 },
		{ 0xc4040, 1 }, { 0xc5100, 3 }, { 0xc5110, 1 }, { 0xc6000, 3 }, { 0xc6204, 1 }, { 0xc7200, 1 }, { 0xc8250, 1 },
		{ 0xe7000, 1 }, { 0xf0060, 1 }, { 0x101000, 1 }, { 0x101008, 1 }, { 0x120000, 1 }, { 0x120008, 1 },
		{ 0x120010, 1 }, { 0x130040, 2 }, { 0x13805c, 2 }, { 0x138104, 4 }, { 0x138124, 3 }, { 0x145004, 3 },
		{ 0x145948, 1 }, { 0x145994, 2 }, { 0x145d10, 1 }, { 0x145e04, 1 }, { 0x145f0c, 1 },
	}, engine[] = {
		{ 0x030, 4 }, { 0x050, 2 }, { 0x064, 6 }, { 0x098, 2 }, { 0x0a8, 1 }, { 0x0b0, 3 }, { 0x0c0, 1 }, { 0x110, 1 },
		{ 0x140, 1 }, { 0x180, 1 }, { 0x220, 1 }, { 0x228, 1 }, { 0x29c, 1 }, { 0x518, 1 },
	};
	/* clang-format on */
	enum vgpu_engine_id e;
	uint32_t i, k, n;

	for (i = 0; i < VGPU_ARRAY_SIZE(common); i++) {
		for (k = 0; k < common[i].dwords; k++) {
			if (!vgpu_regs_find(common[i].offset + 4 * k, &e))
				fail_msg("%#x", common[i].offset + 4 * k);
			assert_int_equal(e, VGPU_ENGINES);
		}
	}
	for (n = 0; n < VGPU_ENGINES; n++) {
		for (i = 0; i < VGPU_ARRAY_SIZE(engine); i++) {
			for (k = 0; k < engine[i].dwords; k++) {
				if (!vgpu_regs_find(vgpu_engines[n].base + engine[i].offset + 4 * k, &e))
					fail_msg("%#x of an engine", engine[i].offset + 4 * k);
				assert_int_equal(e, n);
			}
		}
	}
}

static void kinds(void **state)
{
	static const struct {
		const char *name;
		uint32_t offset, reset;
		uint32_t write, want, again, then; /* written and read, twice */
	} rows[] = {
		{ "memory: RING_START", 0x2038, 0, 0x1000, 0x1000, 0x2000, 0x2000 },
		{ "read-only: IPEHR", 0x22068, 0, ~0u, 0, 1, 0 },
		{ "read-only, reset to ones: INSTDONE", 0x1206c, ~0u, 0, ~0u, 0, ~0u },
		{ "masked: FORCEWAKE_MT", 0xa188, 0, 0x00010001, 1, 0x00020002, 3 },
		{ "masked, not enabled: FORCEWAKE_MT", 0xa188, 3, 0x0000ffff, 3, 0x00030000, 0 },
		{ "masked, some read-only: BCS_SWCTRL", 0x22200, 0, 0xffffffff, 3, 0x00010000, 2 },
		{ "masked, idle computed: MI_MODE", 0x1a09c, 0x200, 0x02000000, 0x200, 0x01000100, 0x300 },
		{ "masked, done at once: INSTPM", 0x220c0, 0, 0x02200220, 0x200, 0x02000000, 0 },
		{ "ones clear: GTFIFODBG", 0x120000, 0, ~0u, 0, 0, 0 },
		{ "reset to ones: GTIMR", 0x44014, ~0u, 0, 0, 5, 5 },
		{ "self-clearing: GDRST", 0x941c, 0, 2, 0, 1, 0 },
		{ "self-clearing: GFX_FLSH_CNTL", 0x101008, 0, 1, 0, 0, 0 },
		{ "mailbox: PCODE", 0x138124, 0, 0x80000105, 0x100, 0x105, 0x105 },
		{ "constant: GTFIFOCTL", 0x120008, 0x3f, 0, 0x3f, ~0u, 0x3f },
	};
	unsigned int i;

	vgpu_reset(&g->vgpu, host.now_ns);
	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		uint32_t reset = core_guest_read(g, rows[i].offset), got, then;

		core_guest_write(g, rows[i].offset, rows[i].write);
		got = core_guest_read(g, rows[i].offset);
		core_guest_write(g, rows[i].offset, rows[i].again);
		then = core_guest_read(g, rows[i].offset);
		if (reset != rows[i].reset || got != rows[i].want || then != rows[i].then)
			fail_msg("%s: %#x, %#x, %#x", rows[i].name, reset, got, then);
	}
	assert_int_equal(stats().reject_mmio, 0);
}

static void forcewake(void **state)
{
	vgpu_reset(&g->vgpu, host.now_ns);
	assert_int_equal(core_guest_read(g, 0x130044), 0);
	core_guest_write(g, 0xa188, MASKED_SET(1));
	assert_int_equal(core_guest_read(g, 0x130044), 1);
	core_guest_write(g, 0xa188, MASKED_CLEAR(1));
	assert_int_equal(core_guest_read(g, 0x130044), 0);
	/* The module's own request stands, whatever guests do. */
	assert_int_equal(core_host_ops.reg_read(&host, 0x130044) & 1, 1);
}

/* Accesses of 1, 2 and 8 bytes; of a masked register and of one that ones clear as well. */
static void sizes(void **state)
{
	const uint64_t pair = 0x1122334455667788;
	const uint16_t half = 0xabcd;
	const uint8_t byte = 0xee;
	uint64_t both = 0;
	uint16_t two = 0;
	uint8_t one = 0;

	vgpu_reset(&g->vgpu, host.now_ns);
	vgpu_bar0_write(&g->vgpu, 0x22040, &pair, 8, 0);
	assert_int_equal(core_guest_read(g, 0x22040), 0x55667788);
	assert_int_equal(core_guest_read(g, 0x22044), 0x11223344);
	vgpu_bar0_write(&g->vgpu, 0x22042, &half, 2, 0);
	vgpu_bar0_write(&g->vgpu, 0x22041, &byte, 1, 0);
	vgpu_bar0_read(&g->vgpu, 0x22040, &both, 8, 0);
	assert_true(both == 0x11223344abcdee88);
	vgpu_bar0_read(&g->vgpu, 0x22046, &two, 2, 0);
	assert_int_equal(two, 0x1122);
	vgpu_bar0_read(&g->vgpu, 0x22043, &one, 1, 0);
	assert_int_equal(one, 0xab);
	/* Half of a masked write enables nothing in the other half. */
	vgpu_bar0_write(&g->vgpu, 0xa188, &half, 2, 0);
	assert_int_equal(core_guest_read(g, 0xa188), 0);
	/* A byte of zeros and ones written to GTIIR clears in that byte only. */
	g->vgpu.regs.common[VGPU_REG_GT_IIR] = 0x00ffff00;
	vgpu_bar0_write(&g->vgpu, 0x44019, &byte, 1, 0);
	assert_int_equal(core_guest_read(g, 0x44018), 0x00ff1100);
}

static void malformed(void **state)
{
	static const struct {
		uint32_t offset, len;
	} rows[] = {
		{ 0x22030, 0 },	 { 0x22030, 3 },  { 0x22030, 16 }, { 0x22032, 4 },    { 0x22034, 8 }, { 0x22031, 2 },
		{ 0x3ffffc, 8 }, { 0x400000, 4 }, { 0x400000, 1 }, { 0xfffffffc, 4 }, { ~0u, 1 },     { 0x3fffff, 2 },
	};
	unsigned int i, k;

	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		uint8_t buf[16];
		uint64_t before = stats().reject_mmio;

		memset(buf, 0xff, sizeof(buf));
		vgpu_bar0_read(&g->vgpu, rows[i].offset, buf, rows[i].len, 0);
		for (k = 0; k < rows[i].len; k++)
			assert_int_equal(buf[k], 0);
		vgpu_bar0_write(&g->vgpu, rows[i].offset, buf, rows[i].len, 0);
		assert_int_equal(stats().reject_mmio, before + 2);
	}
	/* Well-formed, but there is no such register. */
	core_guest_write(g, 0x1ffffc, 1);
	assert_int_equal(core_guest_read(g, 0x1ffffc), 0);
	assert_int_equal(stats().reject_mmio, 2 * VGPU_ARRAY_SIZE(rows) + 2);
}

static void pvinfo(void **state)
{
	static const struct {
		uint32_t offset, want;
	} rows[] = {
		{ 0x000, 0x76544776 }, { 0x004, 0x47765447 }, { 0x008, 1 },
		{ 0x040, 4 * MIB },    { 0x044, 8 * MIB },    { 0x048, (128 + 16) * MIB },
		{ 0x04c, 16 * MIB },   { 0x050, 4 },	      { 0x7fc, 0 },
		{ 0x804, 0 },	       { 0xffc, 0 },
	};
	uint64_t magic = 0;
	uint16_t version = 0;
	uint8_t byte = 0;
	unsigned int i;

	vgpu_reset(&g->vgpu, host.now_ns);
	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++)
		assert_int_equal(core_guest_read(g, 0x78000 + rows[i].offset), rows[i].want);
	vgpu_bar0_read(&g->vgpu, 0x78000, &magic, 8, 0);
	assert_true(magic == 0x4776544776544776ull);
	vgpu_bar0_read(&g->vgpu, 0x78008, &version, 2, 0);
	assert_int_equal(version, 1);
	vgpu_bar0_read(&g->vgpu, 0x7800a, &version, 2, 0);
	assert_int_equal(version, 0);
	vgpu_bar0_read(&g->vgpu, 0x78007, &byte, 1, 0);
	assert_int_equal(byte, 0x47);
	assert_int_equal(core_guest_read(g, 0x78010) & 0xc, 0xc); /* full PPGTT, HWSP emulation */
	/* The guest's half takes writes, the other does not. */
	core_guest_write(g, 0x78804, 1);
	assert_int_equal(core_guest_read(g, 0x78804), 1);
	i = (unsigned int)stats().reject_mmio;
	core_guest_write(g, 0x78040, 0);
	assert_int_equal(core_guest_read(g, 0x78040), 4 * MIB);
	assert_int_equal(stats().reject_mmio, i + 1);
	vgpu_reset(&g->vgpu, host.now_ns);
	assert_int_equal(core_guest_read(g, 0x78804), 0);
}

/* Guest 1's fence i is the hardware's 4 + i, if its range is guest 1's aperture: [4 MiB, 12 MiB). */
static void fences(void **state)
{
	static const struct {
		const char *name;
		uint32_t fence, low, high; /* high: last page, pitch */
		bool valid;
	} rows[] = {
		{ "the whole slice", 0, 0x00400001, 0x00bff003, true },
		{ "Y tiling, the last fence", 3, 0x00400003, 0x00400000, true },
		{ "begins in front", 0, 0x003ff001, 0x00500000, false },
		{ "ends behind", 1, 0x00400001, 0x00c00000, false },
		{ "all of the neighbour", 2, 0x00000001, 0x003ff000, false },
		{ "to the end of 32 bits", 2, 0x00400001, 0xfffff000, false },
		{ "ends before it begins", 2, 0x00500001, 0x00400000, false },
		{ "hidden memory", 2, 0x09000001, 0x09001000, false },
		{ "not valid", 0, 0x00400000, 0x00bff003, false },
		{ "reserved bits", 1, 0x00400ffd, 0x00401803, true },
		{ "X tiles, two rows", 0, 0x00400001, 0x00403007, true },
		{ "X tiles, half a row more", 0, 0x00400001, 0x00404007, false },
		{ "X tiles, pitch of no tiles", 0, 0x00400001, 0x00400000, false },
		{ "X tiles, the longest row", 0, 0x00a00001, 0x00bff7ff, true },
		{ "X tiles, less than a row", 0, 0x00bff001, 0x00bff7ff, false },
		{ "Y tiles, less than a row", 0, 0x00bff003, 0x00bff001, false },
	};
	unsigned int i, k;

	vgpu_reset(&g->vgpu, host.now_ns);
	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		uint32_t reg = 0x100000 + 8 * rows[i].fence, low, high;

		core_guest_write(g, reg, 0);
		core_guest_write(g, reg + 4, rows[i].high);
		core_guest_write(g, reg, rows[i].low);
		assert_int_equal(core_guest_read(g, reg), rows[i].low);
		assert_int_equal(core_guest_read(g, reg + 4), rows[i].high);
		low = core_host_ops.reg_read(&host, reg + 32);
		high = core_host_ops.reg_read(&host, reg + 36);
		if (rows[i].valid ? low != (rows[i].low & 0xfffff003) || high != (rows[i].high & 0xfffff7ff) : low & 1)
			fail_msg("%s: %#x %#x", rows[i].name, low, high);
	}
	assert_int_equal(stats().reject_address, 10);
	/* The upper half of a fence in force moves out of the slice: no longer in force. */
	core_guest_write(g, 0x100000 + 4, 0x00bff003);
	core_guest_write(g, 0x100000, 0x00400001);
	assert_int_equal(core_host_ops.reg_read(&host, 0x100020) & 1, 1);
	core_guest_write(g, 0x100004, 0x00cff003);
	assert_int_equal(core_host_ops.reg_read(&host, 0x100020) & 1, 0);
	/* Fences that it does not have. */
	k = (unsigned int)stats().reject_mmio;
	core_guest_write(g, 0x100000 + 8 * 4, 0x00400001);
	core_guest_write(g, 0x100000 + 8 * 31 + 4, 0x00400001);
	assert_int_equal(core_guest_read(g, 0x100000 + 8 * 4), 0);
	assert_int_equal(stats().reject_mmio, k + 2);
	for (i = 8; i < 32; i++)
		assert_int_equal(core_host_ops.reg_read(&host, 0x100000 + 8 * i), 0);
	/* And they are off after a reset. */
	core_guest_write(g, 0x100004, 0x00bff003);
	core_guest_write(g, 0x100000, 0x00400001);
	vgpu_reset(&g->vgpu, host.now_ns);
	for (i = 0; i < 64; i++)
		assert_int_equal(core_host_ops.reg_read(&host, 0x100000 + 4 * i), 0);
}

/* Whatever a fence says: what its owner writes through the aperture to his own slice stays in his own memory. */
static void fences_stay_inside(void **state)
{
	static const uint32_t pitches[] = { 0, 1, 2, 3, 6, 7, 0x3ff, 0x7fe, 0x7ff };
	struct core_guest *neighbour = core_host_open(&host, 2, 4 * MIB, 16 * MIB);
	const uint32_t end = 12 * MIB, value = 0xbadbad;
	uint32_t pages, i, y, at;

	core_guest_map(neighbour, end, 0, CORE_GUEST_PAGES);
	core_guest_map(&host.guest[0], 0, 0, CORE_GUEST_PAGES);
	for (pages = 1; pages <= 9; pages += 4) {
		for (i = 0; i < VGPU_ARRAY_SIZE(pitches); i++) {
			for (y = 0; y < 2; y++) {
				core_guest_write(g, 0x100000, 0);
				core_guest_write(g, 0x100004, (end - 4096) | pitches[i]);
				core_guest_write(g, 0x100000, (end - pages * 4096) | 1 | 2 * y);
				for (at = end - pages * 4096; at < end; at += 16)
					gen75_aperture_write(host.sim, at, &value, sizeof(value));
			}
		}
	}
	for (at = 0; at < CORE_GUEST_PAGES * 4096; at++)
		assert_int_equal(neighbour->ram[at] | host.guest[0].ram[at], 0);
	vgpu_reset(&g->vgpu, host.now_ns);
}

/* Guest 1's slice is [4 MiB, 12 MiB). */
static void aperture(void **state)
{
	static const struct {
		uint64_t offset;
		uint32_t len;
		bool own;
	} rows[] = {
		{ 4 * MIB, 1, true },
		{ 4 * MIB, 8 * MIB, true },
		{ 12 * MIB - 1, 1, true },
		{ 12 * MIB - 64, 64, true },
		{ 4 * MIB - 1, 1, false },
		{ 4 * MIB - 4, 8, false },
		{ 12 * MIB - 4, 8, false },
		{ 12 * MIB, 1, false },
		{ 0, 4, false },
		{ 4 * MIB, 8 * MIB + 1, false },
		{ ~0ull - 3, 4, false },
		{ 4 * MIB, ~0u, false },
		{ 128 * MIB, 4, false },
		{ 144 * MIB, 4, false }, /* hidden memory is not in it */
	};
	struct vgpu_stats before = stats();
	unsigned int i, refused = 0;

	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		assert_int_equal(vgpu_aperture_admit(&g->vgpu, rows[i].offset, rows[i].len), rows[i].own);
		refused += !rows[i].own;
	}
	assert_int_equal(stats().traps_aperture, before.traps_aperture + i);
	assert_int_equal(stats().reject_aperture, before.reject_aperture + refused);
}

/* Two guests' registers are two guests' registers. */
static void isolation(void **state)
{
	core_guest_write(g, 0x22038, 0x1234000);
	assert_int_equal(core_guest_read(&host.guest[0], 0x22038), 0);
	assert_int_not_equal(core_host_ops.reg_read(&host, 0x22038), 0x1234000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_sound), cmocka_unit_test(touched_by_i915), cmocka_unit_test(kinds),
		cmocka_unit_test(forcewake),	  cmocka_unit_test(sizes),	     cmocka_unit_test(malformed),
		cmocka_unit_test(pvinfo),	  cmocka_unit_test(fences),	     cmocka_unit_test(fences_stay_inside),
		cmocka_unit_test(aperture),	  cmocka_unit_test(isolation),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
