// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Protocol tests: PCI configuration space, as the hypervisor's firmware and a guest's kernel probe it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/protocol/client/client.h"
#include "tests/protocol/client/sim.h"

struct row {
	const char *name;
	uint32_t offset, len;
	uint32_t reset; /* what it reads first */
	uint32_t write; /* what is written then */
	uint32_t want; /* what it reads after that */
};

static const struct row rows[] = {
	{ "vendor", 0x00, 2, 0x8086, 0xffff, 0x8086 },
	{ "device", 0x02, 2, 0x0412, 0xffff, 0x0412 },
	{ "command", 0x04, 2, 0x0000, 0xffff, 0x0407 },
	{ "status", 0x06, 2, 0x0090, 0xffff, 0x0090 },
	{ "revision and class", 0x08, 4, 0x03800006, 0, 0x03800006 },
	{ "header type", 0x0e, 1, 0, 0xff, 0 },
	{ "BAR0 size", 0x10, 4, 0x00000004, 0xffffffff, 0xffc00004 },
	{ "BAR0 address", 0x10, 4, 0xffc00004, 0xfe812345, 0xfe800004 },
	{ "BAR0 upper", 0x14, 4, 0, 0xffffffff, 0xffffffff },
	{ "BAR2 size", 0x18, 4, 0x0000000c, 0xffffffff, 0xf000000c },
	{ "BAR2 upper", 0x1c, 4, 0, 0xffffffff, 0xffffffff },
	{ "BAR4 size", 0x20, 4, 0x00000001, 0xffffffff, 0x0000ffc1 },
	{ "BAR5", 0x24, 4, 0, 0xffffffff, 0 },
	{ "ROM", 0x30, 4, 0, 0xfffff800, 0 },
	{ "capabilities", 0x34, 1, 0x90, 0xff, 0x90 },
	{ "interrupt line", 0x3c, 1, 0, 0x0b, 0x0b },
	{ "interrupt pin", 0x3d, 1, 0, 0xff, 0 },
	{ "graphics control", 0x50, 2, 0x0200, 0xffff, 0x0200 },
	{ "stolen memory", 0x5c, 4, 0, 0xffffffff, 0 },
	{ "aperture size", 0x62, 1, 0x02, 0xff, 0x02 },
	{ "MSI capability", 0x90, 2, 0x0005, 0xffff, 0x0005 },
	{ "MSI control", 0x92, 2, 0x0000, 0xffff, 0x0071 },
	{ "MSI address", 0x94, 4, 0, 0xfee00001, 0xfee00000 },
	{ "MSI data", 0x98, 2, 0, 0x4021, 0x4021 },
	{ "OpRegion", 0xfc, 4, 0, 0x12345678, 0x12345678 },
};

static uint32_t read_config(int sock, const struct row *row)
{
	uint32_t value = 0;

	assert_int_equal(client_read(sock, CONFIG, row->offset, &value, row->len), 0);
	return value;
}

static void config_is_what_it_should_be(void **state)
{
	int sock = client_open(((struct sim *)*state)->path);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		if (read_config(sock, row) != row->reset)
			fail_msg("%s: 0x%x before, not 0x%x", row->name, read_config(sock, row), row->reset);
		assert_int_equal(client_write(sock, CONFIG, row->offset, &row->write, row->len), 0);
		if (read_config(sock, row) != row->want)
			fail_msg("%s: 0x%x after, not 0x%x", row->name, read_config(sock, row), row->want);
	}
	close(sock);
}

static void byte_writes_change_their_byte(void **state)
{
	int sock = client_open(((struct sim *)*state)->path);
	const uint8_t byte = 0xfe;

	assert_int_equal(client_write(sock, CONFIG, 0x13, &byte, 1), 0);
	assert_int_equal(client_read32(sock, CONFIG, 0x10), 0xfe000004);
	close(sock);
}

static void reset_restores(void **state)
{
	int sock = client_open(((struct sim *)*state)->path);
	uint8_t before[256], after[256], ones[256];
	struct reply reply;

	memset(ones, 0xff, sizeof(ones));
	assert_int_equal(client_read(sock, CONFIG, 0, before, sizeof(before)), 0);
	assert_int_equal(client_write(sock, CONFIG, 0, ones, sizeof(ones)), 0);
	assert_int_equal(client_read(sock, CONFIG, 0, after, sizeof(after)), 0);
	assert_memory_not_equal(before, after, sizeof(before));
	assert_int_equal(client_call(sock, CMD_RESET, NULL, 0, NULL, 0, &reply), 0);
	assert_int_equal(client_read(sock, CONFIG, 0, after, sizeof(after)), 0);
	assert_memory_equal(before, after, sizeof(before));
	close(sock);
}

static void the_next_client_finds_it_reset(void **state)
{
	struct sim *sim = *state;
	int sock = client_open(sim->path);

	client_write32(sock, CONFIG, 0x10, 0xfe800000);
	close(sock);
	sock = client_open(sim->path);
	assert_int_equal(client_read32(sock, CONFIG, 0x10), 0x00000004);
	close(sock);
}

static void aperture_size_is_consistent(void **state)
{
	static const struct {
		const char *size;
		uint64_t bytes;
		uint32_t bar, msac;
	} sizes[] = {
		{ "128M", 128u << 20, 0xf800000c, 0x0 },
		{ "256M", 256u << 20, 0xf000000c, 0x2 },
		{ "512M", 512u << 20, 0xe000000c, 0x6 },
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct region_info info = { .argsz = sizeof(info), .index = BAR2 };
		struct sim sim;
		struct reply reply;
		uint8_t msac;
		int sock;

		sim_start(&sim, (const char *[]) { "--aperture", sizes[i].size, "--once", NULL });
		sock = client_open(sim.path);
		assert_int_equal(client_call(sock, CMD_GET_REGION_INFO, &info, sizeof(info), NULL, 0, &reply), 0);
		memcpy(&info, reply.payload, sizeof(info));
		assert_int_equal(info.size, sizes[i].bytes);
		client_write32(sock, CONFIG, 0x18, 0xffffffff);
		assert_int_equal(client_read32(sock, CONFIG, 0x18), sizes[i].bar);
		assert_int_equal(client_read(sock, CONFIG, 0x62, &msac, 1), 0);
		assert_int_equal(msac, sizes[i].msac);
		close(sock);
		assert_int_equal(sim_join(&sim), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(config_is_what_it_should_be, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(byte_writes_change_their_byte, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(reset_restores, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(the_next_client_finds_it_reset, sim_setup, sim_teardown),
		cmocka_unit_test(aperture_size_is_consistent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
