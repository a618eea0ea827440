// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Protocol tests: negotiation, what the device says of itself, who may connect, and the life of the process.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/protocol/client/client.h"
#include "tests/protocol/client/sim.h"

struct version {
	uint16_t major, minor;
	char text[300];
};

static void version_is_negotiated(void **state)
{
	static const struct {
		const char *name;
		struct version version;
		size_t text_bytes;
		int want;
	} rows[] = {
		{ "no text", { 0, 0, "" }, 0, 0 },
		{ "empty object", { 0, 0, "{}" }, 3, 0 },
		{ "newer minor", { 0, 1, "{}" }, 3, 0 },
		{ "as QEMU",
		  { 0, 0,
		    "{\"capabilities\": {\"pgsizes\": 4096, \"migration\": {\"pgsize\": 4096, \"max_bitmap_size\": 268435456}, "
		    "\"max_msg_fds\": 8, \"max_data_xfer_size\": 1048576, \"max_dma_maps\": 65535, \"write_multiple\": true}}" },
		  190,
		  0 },
		{ "other major", { 1, 0, "{}" }, 3, EINVAL },
		{ "text without end", { 0, 0, "{}" }, 2, EINVAL },
	};
	struct sim *sim = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int sock = client_connect(sim->path);
		size_t text_bytes = rows[i].text_bytes > 10 ? strlen(rows[i].version.text) + 1 : rows[i].text_bytes;
		struct version answer = { 0 };
		struct reply reply;
		int ret = client_call(sock, CMD_VERSION, &rows[i].version, 4 + text_bytes, NULL, 0, &reply);

		if (ret != rows[i].want)
			fail_msg("%s: %d instead of %d", rows[i].name, ret, rows[i].want);
		if (ret) {
			assert_true(client_is_closed(sock));
		} else {
			assert_true(reply.payload_bytes > 4 && reply.payload_bytes < sizeof(answer));
			memcpy(&answer, reply.payload, reply.payload_bytes);
			assert_int_equal(answer.major, 0);
			assert_int_equal(answer.minor, 0);
			assert_int_equal(strlen(answer.text), reply.payload_bytes - 5);
			assert_non_null(strstr(answer.text, "\"capabilities\""));
		}
		close(sock);
	}
}

static void device_is_described(void **state)
{
	struct device_info info = { .argsz = sizeof(info) };
	struct reply reply;
	int sock = client_open(((struct sim *)*state)->path);

	assert_int_equal(client_call(sock, CMD_GET_INFO, &info, sizeof(info), NULL, 0, &reply), 0);
	assert_int_equal(reply.payload_bytes, sizeof(info));
	memcpy(&info, reply.payload, sizeof(info));
	assert_int_equal(info.argsz, sizeof(info));
	assert_int_equal(info.flags, 3);
	assert_int_equal(info.num_regions, 9);
	assert_int_equal(info.num_irqs, 5);

	info.argsz = sizeof(info) - 1;
	assert_int_equal(client_call(sock, CMD_GET_INFO, &info, sizeof(info), NULL, 0, &reply), EINVAL);
	close(sock);
}

static void regions_are_described(void **state)
{
	static const struct {
		uint32_t index;
		uint64_t size;
		uint32_t flags;
	} rows[] = {
		{ 0, 4u << 20, 0xf }, { 1, 0, 0 }, { 2, 256u << 20, 3 }, { 3, 0, 0 }, { 4, 64, 3 },
		{ 5, 0, 0 },	      { 6, 0, 0 }, { 7, 256, 3 },	 { 8, 0, 0 },
	};
	int sock = client_open(((struct sim *)*state)->path);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct region_info info = { .argsz = sizeof(info), .index = rows[i].index };
		struct reply reply;

		assert_int_equal(client_call(sock, CMD_GET_REGION_INFO, &info, sizeof(info), NULL, 0, &reply), 0);
		assert_int_equal(reply.payload_bytes, sizeof(info));
		memcpy(&info, reply.payload, sizeof(info));
		assert_int_equal(info.index, rows[i].index);
		assert_int_equal(info.size, rows[i].size);
		assert_int_equal(info.flags, rows[i].flags);
		assert_int_equal(info.offset, 0);
		if (reply.fd >= 0)
			close(reply.fd);
	}
	close(sock);
}

/* A short buffer gets the fixed part, but with cap_offset: QEMU checks it in both of its two replies. */
static void bar0_can_be_mapped_by_half(void **state)
{
	static const uint32_t argsz[] = { sizeof(struct region_info), sizeof(struct region_info) + 31,
					  sizeof(struct region_info) + 32, 4096 };
	int sock = client_open(((struct sim *)*state)->path);

	for (size_t i = 0; i < sizeof(argsz) / sizeof(argsz[0]); i++) {
		bool full = argsz[i] >= sizeof(struct region_info) + sizeof(struct sparse_cap);
		struct region_info info = { .argsz = argsz[i], .index = BAR0 };
		struct sparse_cap cap;
		struct reply reply;
		struct stat st;

		assert_int_equal(client_call(sock, CMD_GET_REGION_INFO, &info, sizeof(info), NULL, 0, &reply), 0);
		memcpy(&info, reply.payload, sizeof(info));
		assert_int_equal(info.argsz, sizeof(info) + sizeof(cap));
		assert_int_equal(info.cap_offset, sizeof(info));
		assert_int_equal(reply.payload_bytes, full ? sizeof(info) + sizeof(cap) : sizeof(info));
		assert_true(reply.fd >= 0);
		assert_int_equal(fstat(reply.fd, &st), 0);
		assert_int_equal(st.st_size, 4u << 20);
		/* nobody may cut the page table from under the server */
		assert_int_equal(ftruncate(reply.fd, 0), -1);
		close(reply.fd);
		if (!full)
			continue;
		memcpy(&cap, reply.payload + sizeof(info), sizeof(cap));
		assert_int_equal(cap.id, 1);
		assert_int_equal(cap.version, 1);
		assert_int_equal(cap.next, 0);
		assert_int_equal(cap.nr_areas, 1);
		assert_int_equal(cap.offset, GGTT_OFFSET);
		assert_int_equal(cap.size, GGTT_BYTES);
	}
	close(sock);
}

static void only_msi_is_offered(void **state)
{
	int sock = client_open(((struct sim *)*state)->path);

	for (uint32_t index = 0; index < 5; index++) {
		struct irq_info info = { .argsz = sizeof(info), .index = index };
		struct reply reply;

		assert_int_equal(client_call(sock, CMD_GET_IRQ_INFO, &info, sizeof(info), NULL, 0, &reply), 0);
		memcpy(&info, reply.payload, sizeof(info));
		assert_int_equal(info.index, index);
		assert_int_equal(info.count, index == 1);
		assert_int_equal(info.flags & 1, index == 1);
	}
	close(sock);
}

static void many_messages_in_one_write_are_answered_in_order(void **state)
{
	enum {
		COUNT = 1000
	};
	static uint8_t bytes[COUNT * 32];
	int sock = client_open(((struct sim *)*state)->path);

	for (uint32_t i = 0; i < COUNT; i++) {
		struct header header = { .id = (uint16_t)i, .command = CMD_REGION_READ, .size = 32 };
		struct region_access access = { i % 64 * 4, CONFIG, 4 };

		memcpy(bytes + i * 32, &header, sizeof(header));
		memcpy(bytes + i * 32 + 16, &access, sizeof(access));
	}
	client_send_raw(sock, bytes, sizeof(bytes), NULL, 0);
	for (uint32_t i = 0; i < COUNT; i++) {
		struct reply reply;

		assert_true(client_receive(sock, &reply));
		assert_int_equal(reply.header.id, (uint16_t)i);
		assert_int_equal(reply.header.flags, FLAG_REPLY);
	}
	close(sock);
}

static void replies_wait_for_a_slow_client(void **state)
{
	enum {
		COUNT = 64
	};
	struct region_access access = { 0, BAR2, 64 << 10 };
	int sock = client_open(((struct sim *)*state)->path);
	struct reply reply;

	/* 4 MiB of replies, far more than a socket and the server's buffer hold */
	for (int i = 0; i < COUNT; i++)
		client_send(sock, CMD_REGION_READ, &access, sizeof(access), NULL, 0);
	for (int i = 0; i < COUNT; i++) {
		assert_true(client_receive(sock, &reply));
		assert_int_equal(reply.payload_bytes, sizeof(access) + (64 << 10));
	}
	close(sock);
}

static void a_message_may_come_byte_by_byte(void **state)
{
	struct header header = { .id = 7, .command = CMD_REGION_READ, .size = 32 };
	struct region_access access = { 0, CONFIG, 4 };
	uint8_t bytes[32];
	struct reply reply;
	int sock = client_open(((struct sim *)*state)->path);

	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + 16, &access, sizeof(access));
	for (size_t i = 0; i < sizeof(bytes); i++)
		client_send_raw(sock, bytes + i, 1, NULL, 0);
	assert_true(client_receive(sock, &reply));
	assert_int_equal(reply.header.id, 7);
	assert_memory_equal(reply.payload + sizeof(access), "\x86\x80\x12\x04", 4);
	close(sock);
}

static void no_reply_means_no_reply(void **state)
{
	struct header header = { .id = 1, .command = CMD_RESET, .size = 16, .flags = FLAG_NO_REPLY };
	int sock = client_open(((struct sim *)*state)->path);

	client_send_raw(sock, &header, sizeof(header), NULL, 0);
	header.command = 999;
	client_send_raw(sock, &header, sizeof(header), NULL, 0);
	/* the next reply is the next command's */
	assert_int_equal(client_read32(sock, CONFIG, 0), 0x04128086);
	close(sock);
}

static void a_second_client_is_refused(void **state)
{
	struct sim *sim = *state;
	int first = client_open(sim->path);
	int second = client_connect(sim->path);

	assert_true(client_is_closed(second));
	close(second);
	assert_int_equal(client_read32(first, CONFIG, 0), 0x04128086);
	close(first);
	close(client_open(sim->path));
}

static void a_thousand_clients_leave_no_file_open(void **state)
{
	struct sim *sim = *state;
	unsigned int before, after;
	int sock = client_open(sim->path);

	before = sim_count_fds(sim);
	for (int i = 0; i < 1000; i++) {
		close(sock);
		sock = client_open(sim->path);
	}
	after = sim_count_fds(sim);
	assert_int_equal(after, before);
	close(sock);
}

static void signals_report_and_end(void **state)
{
	struct sim sim;
	char dir[sizeof(sim.dir)];

	sim_start(&sim, (const char *[]) { "--speed", "0.5", "--aperture", "512M", "--stats-interval", "3600", NULL });
	strcpy(dir, sim.dir);
	sim.dir[0] = '\0';
	kill(sim.pid, SIGUSR1);
	sim_wait_for(&sim, "engine vecs");
	close(client_open(sim.path));
	kill(sim.pid, SIGTERM);
	sim_wait_for(&sim, "summary after");
	assert_int_equal(sim_join(&sim), 0);
	assert_int_equal(access(sim.path, F_OK), -1);
	assert_int_equal(rmdir(dir), 0);
}

static void once_ends_with_the_client(void **state)
{
	struct sim sim;

	sim_start(&sim, (const char *[]) { "--once", NULL });
	close(client_open(sim.path));
	assert_int_equal(sim_join(&sim), 0);
}

static void a_stale_socket_is_replaced_a_live_one_is_not(void **state)
{
	struct sim killed, second, third;
	char dir[sizeof(killed.dir)];

	sim_start(&killed, NULL);
	strcpy(dir, killed.dir);
	killed.dir[0] = '\0';
	assert_int_equal(sim_stop(&killed, SIGKILL), -SIGKILL);
	assert_int_equal(access(killed.path, F_OK), 0);

	sim_launch(&second, killed.path, NULL);
	sim_wait_for(&second, "listening on");
	sim_launch(&third, killed.path, NULL);
	sim_wait_for(&third, "Address already in use");
	assert_int_equal(sim_join(&third), 1);

	close(client_open(second.path));
	assert_int_equal(sim_stop(&second, SIGTERM), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(version_is_negotiated, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(device_is_described, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(regions_are_described, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(bar0_can_be_mapped_by_half, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(only_msi_is_offered, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(many_messages_in_one_write_are_answered_in_order, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(replies_wait_for_a_slow_client, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(a_message_may_come_byte_by_byte, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(no_reply_means_no_reply, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(a_second_client_is_refused, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(a_thousand_clients_leave_no_file_open, sim_setup, sim_teardown),
		cmocka_unit_test(signals_report_and_end),
		cmocka_unit_test(once_ends_with_the_client),
		cmocka_unit_test(a_stale_socket_is_replaced_a_live_one_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
