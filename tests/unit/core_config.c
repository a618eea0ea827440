// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A guest's PCI configuration space: identity, BAR sizing, the capability, and what it may not write.
 */
#include <errno.h>
#include <string.h>

#include "tests/unit/harness/core_host.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define MIB (1u << 20)

static struct core_host host;

static int set_up(void **state)
{
	core_host_init(&host);
	core_host_open(&host, 0, 4 * MIB, 16 * MIB);
	return 0;
}

static int tear_down(void **state)
{
	core_host_fini(&host);
	return 0;
}

static uint32_t read_config(uint32_t offset, uint32_t len)
{
	uint32_t value = 0;

	assert_int_equal(vgpu_config_read(&host.guest[0].vgpu, offset, &value, len), 0);
	return value;
}

static void write_config(uint32_t offset, uint32_t value, uint32_t len)
{
	assert_int_equal(vgpu_config_write(&host.guest[0].vgpu, offset, &value, len), 0);
}

static void defaults(void **state)
{
	static const struct {
		const char *name;
		uint32_t offset, len, want;
	} rows[] = {
		{ "vendor and device", 0x00, 4, 0x04128086 },
		{ "status: capabilities", 0x06, 2, 0x0090 },
		{ "class", 0x09, 3, 0x038000 },
		{ "header type", 0x0e, 1, 0 },
		{ "first capability", 0x34, 1, 0x90 },
		{ "no interrupt pin: MSI alone", 0x3d, 1, 0 },
		{ "GMCH: 2 MiB of entries, no stolen", 0x50, 2, 0x200 },
		{ "BDSM", 0x5c, 4, 0 },
		{ "MSAC: 128 MiB", 0x62, 1, 0 },
		{ "MSI, last capability", 0x90, 2, 0x0005 },
		{ "MSI off, one vector, 32 bits", 0x92, 2, 0 },
		{ "OpRegion", 0xfc, 4, 0 },
	};
	unsigned int i;

	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		if (read_config(rows[i].offset, rows[i].len) != rows[i].want)
			fail_msg("%s: %#x", rows[i].name, read_config(rows[i].offset, rows[i].len));
	}
}

static void writes(void **state)
{
	static const struct {
		const char *name;
		uint32_t offset, len, value, want;
	} rows[] = {
		{ "size of BAR0", 0x10, 4, ~0u, 0xffc00004 },
		{ "size of BAR0, upper half", 0x14, 4, ~0u, ~0u },
		{ "size of BAR2: all of the aperture", 0x18, 4, ~0u, 0xf800000c },
		{ "size of BAR2, upper half", 0x1c, 4, ~0u, ~0u },
		{ "size of BAR4", 0x20, 4, ~0u, 0x0000ffc1 },
		{ "no sixth BAR", 0x24, 4, ~0u, 0 },
		{ "no ROM", 0x30, 4, ~0u, 0 },
		{ "address of BAR0, a byte", 0x13, 1, 0xf0, 0xf0 },
		{ "vendor", 0x00, 4, 0, 0x04128086 },
		{ "command", 0x04, 2, 0xffff, 0x0407 },
		{ "status", 0x06, 2, 0xffff, 0x0090 },
		{ "interrupt line and pin", 0x3c, 2, 0xff0b, 0x000b },
		{ "GMCH", 0x50, 4, ~0u, 0x200 },
		{ "BDSM", 0x5c, 4, ~0u, 0 },
		{ "MSAC", 0x60, 4, ~0u, 0 },
		{ "MSI control: enable alone", 0x92, 2, 0xffff, 0x0001 },
		{ "MSI id and next", 0x90, 2, 0xffff, 0x0005 },
		{ "MSI address", 0x94, 4, 0xfee00fff, 0xfee00ffc },
		{ "MSI data", 0x98, 4, ~0u, 0xffff },
		{ "behind the MSI", 0x9c, 4, ~0u, 0 },
		{ "OpRegion", 0xfc, 4, ~0u, 0 },
	};
	unsigned int i;

	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		write_config(rows[i].offset, rows[i].value, rows[i].len);
		if (read_config(rows[i].offset, rows[i].len) != rows[i].want)
			fail_msg("%s: %#x", rows[i].name, read_config(rows[i].offset, rows[i].len));
	}
	vgpu_reset(&host.guest[0].vgpu, host.now_ns);
	assert_int_equal(read_config(0x10, 4), 4);
	assert_int_equal(read_config(0x04, 2), 0);
}

static void bounds(void **state)
{
	static const struct {
		uint32_t offset, len;
		int want;
	} rows[] = {
		{ 0, 256, 0 },	     { 255, 1, 0 },	  { 256, 0, 0 },       { 3, 7, 0 },	    { 255, 2, -EINVAL },
		{ 256, 1, -EINVAL }, { 0, 257, -EINVAL }, { ~0u, 1, -EINVAL }, { 4, ~0u, -EINVAL }, { ~0u, ~0u, -EINVAL },
	};
	uint8_t buf[256], before[256];
	unsigned int i;

	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		memset(buf, 0x5a, sizeof(buf));
		memcpy(before, buf, sizeof(buf));
		assert_int_equal(vgpu_config_read(&host.guest[0].vgpu, rows[i].offset, buf, rows[i].len), rows[i].want);
		if (rows[i].want)
			assert_memory_equal(buf, before, sizeof(buf));
		assert_int_equal(vgpu_config_write(&host.guest[0].vgpu, rows[i].offset, buf, rows[i].len), rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(defaults), cmocka_unit_test(writes), cmocka_unit_test(bounds) };

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
