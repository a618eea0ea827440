// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Protocol tests: a client that breaks every rule. Whatever it sends, it gets an error reply or is disconnected, and the server
 * goes on: the same connection if it was not closed, and in any case a new one.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/protocol/client/client.h"
#include "tests/protocol/client/sim.h"

#define CLOSED (-ECONNRESET)
#define PAGE 4096u
#define MEMORY_BYTES (16u * PAGE)
#define SIZE_0 0xfffffff0u /* in struct row, where 0 is the size of what is sent */

enum files {
	NO_FILE,
	MEMORY, /* a memfd of MEMORY_BYTES */
	READ_ONLY, /* the same, opened for reading */
	EVENT, /* an eventfd */
	PIPE, /* the write end of a pipe */
	OTHER, /* a file that is not on a memory file system */
};

/**
 * struct row - a bad message
 * @size: what the header says, if not 0; otherwise what is sent
 * @files, @file_count: what is passed along
 * @want: the reply's error, or CLOSED
 */
struct row {
	const char *name;
	uint16_t command;
	uint32_t size;
	uint32_t flags;
	size_t payload_bytes;
	enum files files;
	unsigned int file_count;
	int want;
	union {
		uint8_t bytes[64];
		uint32_t words[16];
		struct dma_map map;
		struct dma_unmap unmap;
		struct region_info region;
		struct irq_info irq;
		struct irq_set set;
		struct region_access access;
	} payload;
};

#define MAP(f, o, a, s) .command = CMD_DMA_MAP, .payload_bytes = 32, .payload.map = { 32, f, o, a, s }
#define UNMAP(g, f, a, s) .command = CMD_DMA_UNMAP, .payload_bytes = 24, .payload.unmap = { g, f, a, s }
#define SET(g, f, i, s, c) .command = CMD_SET_IRQS, .payload_bytes = 20, .payload.set = { g, f, i, s, c }
#define READ(o, r, c) .command = CMD_REGION_READ, .payload_bytes = 16, .payload.access = { o, r, c }
#define WRITE(o, r, c, n) .command = CMD_REGION_WRITE, .payload_bytes = 16 + (n), .payload.access = { o, r, c }
#define ONE_FILE(f) .files = f, .file_count = 1

static const struct row rows[] = {
	/* framing: after any of these there is no telling where the next message begins */
	{ "size 0", CMD_RESET, .size = SIZE_0, .want = CLOSED },
	{ "size less than a header", CMD_RESET, .size = 15, .want = CLOSED },
	{ "size of a megabyte", CMD_REGION_WRITE, .size = 1u << 20, .want = CLOSED },
	{ "size of 4 GiB", CMD_REGION_WRITE, .size = UINT32_MAX, .want = CLOSED },
	{ "reply to nothing", CMD_DMA_READ, .flags = FLAG_REPLY, .want = CLOSED },
	{ "unknown type", CMD_RESET, .flags = 0xf, .want = CLOSED },

	/* commands */
	{ "command 0", 0, .want = EOPNOTSUPP },
	{ "command of the other direction", CMD_DMA_READ, .payload_bytes = 16, .want = EOPNOTSUPP },
	{ "region io fds", CMD_GET_REGION_IO_FDS, .payload_bytes = 16, .want = EOPNOTSUPP },
	{ "command 14", 14, .want = EOPNOTSUPP },
	{ "command 65535", 65535, .want = EOPNOTSUPP },
	{ "second version", CMD_VERSION, .payload_bytes = 4, .want = EINVAL },

	/* short */
	{ "version without a version", CMD_VERSION, .payload_bytes = 2, .want = EINVAL },
	{ "map without a payload", CMD_DMA_MAP, .want = EINVAL },
	{ "map cut short", CMD_DMA_MAP, .payload_bytes = 31, .want = EINVAL },
	{ "unmap cut short", CMD_DMA_UNMAP, .payload_bytes = 23, .want = EINVAL },
	{ "info cut short", CMD_GET_INFO, .payload_bytes = 15, .want = EINVAL },
	{ "region info cut short", CMD_GET_REGION_INFO, .payload_bytes = 31, .want = EINVAL },
	{ "irq info cut short", CMD_GET_IRQ_INFO, .payload_bytes = 15, .want = EINVAL },
	{ "set irqs cut short", CMD_SET_IRQS, .payload_bytes = 19, .want = EINVAL },
	{ "read cut short", CMD_REGION_READ, .payload_bytes = 15, .want = EINVAL },
	{ "write cut short", CMD_REGION_WRITE, .payload_bytes = 15, .want = EINVAL },

	/* descriptors */
	{ "reset with a file", CMD_RESET, ONE_FILE(MEMORY), .want = E2BIG },
	{ "map with two files", MAP(3, 0, 0, PAGE), .files = MEMORY, .file_count = 2, .want = E2BIG },
	{ "map with fifty files", MAP(3, 0, 0, PAGE), .files = MEMORY, .file_count = 50, .want = E2BIG },
	{ "unknown command with a file", 99, ONE_FILE(MEMORY), .want = EOPNOTSUPP },

	/* DMA */
	{ "map with a small argsz", .command = CMD_DMA_MAP, .payload_bytes = 32, .payload.map = { 31, 3, 0, 0, PAGE },
	  .want = EINVAL },
	{ "map of nothing", MAP(3, 0, 0, 0), ONE_FILE(MEMORY), .want = EINVAL },
	{ "map with an odd size", MAP(3, 0, 0, 100), ONE_FILE(MEMORY), .want = EINVAL },
	{ "map at an odd address", MAP(3, 0, 100, PAGE), ONE_FILE(MEMORY), .want = EINVAL },
	{ "map at an odd offset", MAP(3, 100, 0, PAGE), ONE_FILE(MEMORY), .want = EINVAL },
	{ "map around the end of addresses", MAP(3, 0, -(uint64_t)PAGE, 2 * PAGE), ONE_FILE(MEMORY), .want = EINVAL },
	{ "map of everything", MAP(3, 0, 0, -(uint64_t)PAGE), ONE_FILE(MEMORY), .want = EINVAL },
	{ "map beyond the file", MAP(3, 0, 0, MEMORY_BYTES + PAGE), ONE_FILE(MEMORY), .want = EINVAL },
	{ "map at an offset beyond the file", MAP(3, MEMORY_BYTES, 0, PAGE), ONE_FILE(MEMORY), .want = EINVAL },
	{ "map at an absurd offset", MAP(3, -(uint64_t)PAGE, 0, PAGE), ONE_FILE(MEMORY), .want = EINVAL },
	{ "map with unknown flags", MAP(0x83, 0, 0, PAGE), ONE_FILE(MEMORY), .want = EINVAL },
	{ "map without access", MAP(0, 0, 0, PAGE), ONE_FILE(MEMORY), .want = EINVAL },
	{ "map to write what is read-only", MAP(3, 0, 0, PAGE), ONE_FILE(READ_ONLY), .want = EACCES },
	{ "map of an eventfd", MAP(3, 0, 0, PAGE), ONE_FILE(EVENT), .want = EACCES },
	{ "map of a pipe", MAP(3, 0, 0, PAGE), ONE_FILE(PIPE), .want = EACCES },
	{ "map of a file of another kind", MAP(1, 0, 0, PAGE), ONE_FILE(OTHER), .want = EACCES },
	{ "map over a map", MAP(3, PAGE, 0x101000, PAGE), ONE_FILE(MEMORY), .want = EEXIST },
	{ "map around a map", MAP(3, 0, 0xff000, 8 * PAGE), ONE_FILE(MEMORY), .want = EEXIST },
	{ "unmap what is not mapped", UNMAP(24, 0, 0, PAGE), .want = ENOENT },
	{ "unmap a part", UNMAP(24, 0, 0x100000, PAGE), .want = ENOENT },
	{ "unmap too much", UNMAP(24, 0, 0x100000, 8 * PAGE), .want = ENOENT },
	{ "unmap with unknown flags", UNMAP(24, 1, 0x100000, 4 * PAGE), .want = EINVAL },
	{ "unmap with a small argsz", UNMAP(20, 0, 0x100000, 4 * PAGE), .want = EINVAL },

	/* regions */
	{ "region 9", CMD_GET_REGION_INFO, .payload_bytes = 32, .payload.region = { .argsz = 32, .index = 9 }, .want = EINVAL },
	{ "region 4294967295", CMD_GET_REGION_INFO, .payload_bytes = 32, .payload.region = { .argsz = 32, .index = UINT32_MAX },
	  .want = EINVAL },
	{ "region info with a small argsz", CMD_GET_REGION_INFO, .payload_bytes = 32, .payload.region = { .argsz = 31 },
	  .want = EINVAL },
	{ "read of nothing", READ(0, BAR0, 0), .want = EINVAL },
	{ "read of region 9", READ(0, 9, 4), .want = EINVAL },
	{ "read of an empty region", READ(0, 1, 4), .want = EINVAL },
	{ "read of 4 GiB", READ(0, BAR2, UINT32_MAX), .want = EINVAL },
	{ "read of more than was agreed", READ(0, BAR2, (64 << 10) + 1), .want = EINVAL },
	{ "read at the end", READ(4 << 20, BAR0, 4), .want = EINVAL },
	{ "read across the end", READ(254, CONFIG, 4), .want = EINVAL },
	{ "read across the end of addresses", READ(UINT64_MAX - 3, BAR2, 8), .want = EINVAL },
	{ "read of three bytes of registers", READ(0x2000, BAR0, 3), .want = EINVAL },
	{ "read of a page of registers", READ(0x2000, BAR0, PAGE), .want = EINVAL },
	{ "misaligned read of a register", READ(0x2031, BAR0, 4), .want = EINVAL },
	{ "misaligned write of a register", WRITE(0x2032, BAR0, 4, 4), .want = EINVAL },
	{ "write with too little data", WRITE(0, BAR2, 8, 4), .want = EINVAL },
	{ "write with too much data", WRITE(0, BAR2, 4, 8), .want = EINVAL },
	{ "write of 4 GiB", WRITE(0, BAR2, UINT32_MAX, 4), .want = EINVAL },
	{ "write across the end", WRITE(0xfe, CONFIG, 4, 4), .want = EINVAL },

	/* interrupts */
	{ "irq 5", CMD_GET_IRQ_INFO, .payload_bytes = 16, .payload.irq = { 16, 0, 5, 0 }, .want = EINVAL },
	{ "irq info with a small argsz", CMD_GET_IRQ_INFO, .payload_bytes = 16, .payload.irq = { 15, 0, 1, 0 }, .want = EINVAL },
	{ "set irq 5", SET(20, 0x21, 5, 0, 0), .want = EINVAL },
	{ "set irqs with a small argsz", SET(19, 0x21, 1, 0, 0), .want = EINVAL },
	{ "set two vectors of one", SET(20, 0x24, 1, 0, 2), .want = EINVAL },
	{ "set 4294967295 vectors", SET(20, 0x24, 1, 1, UINT32_MAX), .want = EINVAL },
	{ "set a vector of INTx", SET(20, 0x24, 0, 0, 1), ONE_FILE(EVENT), .want = EINVAL },
	{ "set without an action", SET(20, 0x04, 1, 0, 1), ONE_FILE(EVENT), .want = EINVAL },
	{ "mask what has no mask", SET(20, 0x09, 1, 0, 1), .want = EINVAL },
	{ "two kinds of data", SET(20, 0x27, 1, 0, 1), .want = EINVAL },
	{ "booleans without data", SET(20, 0x22, 1, 0, 1), .want = EINVAL },
	{ "eventfd with nothing to set", SET(20, 0x24, 1, 0, 0), ONE_FILE(EVENT), .want = EINVAL },
	{ "eventfd that is not asked for", SET(20, 0x21, 1, 0, 1), ONE_FILE(EVENT), .want = EINVAL },
	{ "memory as an eventfd", SET(20, 0x24, 1, 0, 1), ONE_FILE(MEMORY), .want = EINVAL },
	{ "pipe as an eventfd", SET(20, 0x24, 1, 0, 1), ONE_FILE(PIPE), .want = EINVAL },
};

static int open_memory(void)
{
	int fd = memfd_create("memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, MEMORY_BYTES), 0);
	return fd;
}

static int open_file(enum files kind)
{
	char path[64];
	int fd, both[2];

	switch (kind) {
	case MEMORY:
		return open_memory();
	case READ_ONLY:
		fd = open_memory();
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		both[0] = open(path, O_RDONLY | O_CLOEXEC);
		close(fd);
		return both[0];
	case EVENT:
		return eventfd(0, EFD_CLOEXEC);
	case PIPE:
		assert_int_equal(pipe2(both, O_CLOEXEC), 0);
		close(both[0]);
		return both[1];
	case OTHER:
		return open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
	default:
		return -1;
	}
}

static void send_row(int sock, const struct row *row)
{
	struct {
		struct header header;
		uint8_t payload[64];
	} message = {
		.header = { .id = 0x77,
			    .command = row->command,
			    .flags = row->flags,
			    .size = (uint32_t)(sizeof(struct header) + row->payload_bytes) },
	};
	int fd = open_file(row->files);
	int fds[50];

	if (row->size)
		message.header.size = row->size == SIZE_0 ? 0 : row->size;
	memcpy(message.payload, row->payload.bytes, row->payload_bytes);
	for (int i = 0; i < 50; i++)
		fds[i] = fd;
	client_send_raw(sock, &message, sizeof(message.header) + row->payload_bytes, fds, row->file_count);
	if (fd >= 0)
		close(fd);
}

static void check_answer(int sock, const struct row *row)
{
	struct reply reply;

	if (!client_receive(sock, &reply)) {
		if (row->want != CLOSED)
			fail_msg("%s: connection closed instead of error %d", row->name, row->want);
		return;
	}
	if (row->want == CLOSED)
		fail_msg("%s: an answer (error %u) instead of a closed connection", row->name, reply.header.error);
	if (reply.header.flags != (FLAG_REPLY | FLAG_ERROR) || (int)reply.header.error != row->want)
		fail_msg("%s: flags 0x%x error %u instead of error %d", row->name, reply.header.flags, reply.header.error,
			 row->want);
	assert_int_equal(reply.header.id, 0x77);
	assert_int_equal(reply.header.command, row->command);
	assert_int_equal(reply.payload_bytes, 0);
	/* the connection is good, and what was mapped still is */
	assert_int_equal(client_read32(sock, CONFIG, 0), 0x04128086);
	assert_int_equal(client_unmap(sock, 0x100000, 4 * PAGE), 0);
}

static void bad_messages_are_refused(void **state)
{
	struct sim *sim = *state;
	unsigned int before = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int memory = open_memory();
		int sock = client_open(sim->path);

		assert_int_equal(client_map(sock, 0x100000, 4 * PAGE, 0, memory, MAP_READ | MAP_WRITE), 0);
		if (!before)
			before = sim_count_fds(sim);
		send_row(sock, &rows[i]);
		check_answer(sock, &rows[i]);
		close(sock);
		sock = client_open(sim->path);
		if (sim_count_fds(sim) != before)
			fail_msg("%s: %u files open instead of %u", rows[i].name, sim_count_fds(sim), before);
		close(sock);
		close(memory);
	}
}

static void nothing_goes_before_the_version(void **state)
{
	struct sim *sim = *state;

	for (uint16_t command = CMD_DMA_MAP; command <= CMD_RESET; command++) {
		int sock = client_connect(sim->path);
		struct reply reply;

		client_send(sock, command, rows[0].payload.bytes, 32, NULL, 0);
		assert_true(client_receive(sock, &reply));
		assert_int_equal(reply.header.flags, FLAG_REPLY | FLAG_ERROR);
		assert_true(client_is_closed(sock));
		close(sock);
	}
}

static void death_at_any_byte_is_survived(void **state)
{
	struct dma_map map = { sizeof(map), 3, 0, 0x100000, 4 * PAGE };
	struct header header = { .command = CMD_DMA_MAP, .size = sizeof(header) + sizeof(map) };
	struct sim *sim = *state;
	int memory = open_memory();
	uint8_t bytes[sizeof(header) + sizeof(map)];
	unsigned int before = 0;

	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + sizeof(header), &map, sizeof(map));
	for (size_t len = 1; len <= sizeof(bytes); len++) {
		int sock = client_open(sim->path);

		if (!before)
			before = sim_count_fds(sim);
		client_send_raw(sock, bytes, len, &memory, 1);
		close(sock);
		sock = client_open(sim->path);
		assert_int_equal(sim_count_fds(sim), before);
		close(sock);
	}
	close(memory);
}

/* The descriptor comes with the first byte of its message, and the next message begins in the last write of this one. */
static void descriptors_stay_with_their_message(void **state)
{
	struct dma_map map = { sizeof(map), 3, 0, 0x100000, 4 * PAGE };
	struct header map_header = { .id = 1, .command = CMD_DMA_MAP, .size = sizeof(map_header) + sizeof(map) };
	struct header reset = { .id = 2, .command = CMD_RESET, .size = sizeof(reset) };
	int memory = open_memory();
	uint8_t bytes[sizeof(map_header) + sizeof(map) + sizeof(reset)];

	memcpy(bytes, &map_header, sizeof(map_header));
	memcpy(bytes + sizeof(map_header), &map, sizeof(map));
	memcpy(bytes + sizeof(map_header) + sizeof(map), &reset, sizeof(reset));
	for (size_t cut = 1; cut < sizeof(map_header) + sizeof(map); cut++) {
		int sock = client_open(((struct sim *)*state)->path);
		struct reply reply;

		client_send_raw(sock, bytes, cut, &memory, 1);
		client_send_raw(sock, bytes + cut, sizeof(bytes) - cut, NULL, 0);
		for (uint16_t id = 1; id <= 2; id++) {
			assert_true(client_receive(sock, &reply));
			assert_int_equal(reply.header.id, id);
			assert_int_equal(reply.header.flags, FLAG_REPLY);
		}
		close(sock);
	}
	close(memory);
}

static void maps_are_limited_and_may_repeat(void **state)
{
	int sock = client_open(((struct sim *)*state)->path);
	int memory = open_memory();
	unsigned int count = 0;

	/* backwards, so that each one is inserted before the others */
	for (; count < 5000; count++)
		if (client_map(sock, (uint64_t)(5000 - count) * 2 * PAGE, PAGE, 0, memory, MAP_READ))
			break;
	assert_int_equal(count, 1024);
	assert_int_equal(client_map(sock, 5000 * 2 * PAGE, PAGE, 0, memory, MAP_READ), 0);
	assert_int_equal(client_map(sock, 5000 * 2 * PAGE, PAGE, 0, memory, MAP_READ | MAP_WRITE), EEXIST);
	assert_int_equal(client_map(sock, 5000 * 2 * PAGE, PAGE, PAGE, memory, MAP_READ), EEXIST);
	assert_int_equal(client_map(sock, 5000 * 2 * PAGE, PAGE, 0, -1, MAP_READ), EEXIST);
	assert_int_equal(client_map(sock, 0, PAGE, 0, memory, MAP_READ), ENOSPC);
	for (unsigned int i = 0; i < count; i++)
		assert_int_equal(client_unmap(sock, (uint64_t)(5000 - i) * 2 * PAGE, PAGE), 0);
	assert_int_equal(client_map(sock, 0, PAGE, 0, memory, MAP_READ), 0);
	close(memory);
	close(sock);
}

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/*
 * Messages that are almost right: a row of the table with a few bytes changed, or an access anywhere in the registers, which
 * also starts engines on whatever is there. Nothing is expected but that the server lives; the sanitizers see the rest.
 */
static void almost_right_messages_are_survived(void **state)
{
	struct sim *sim = *state;
	int memory = open_memory(), sock = -1;
	uint32_t seed = 0x2545f491;

	for (int i = 0; i < 50000; i++) {
		struct row row = rows[next_random(&seed) % (sizeof(rows) / sizeof(rows[0]))];
		struct reply reply;

		if (sock < 0) {
			sock = client_open(sim->path);
			client_enable_bus_master(sock);
			assert_int_equal(client_map(sock, 0, MEMORY_BYTES, 0, memory, MAP_READ | MAP_WRITE), 0);
		}
		if (next_random(&seed) % 2) {
			row = (struct row) { .command = CMD_REGION_WRITE, .payload_bytes = 20 };
			row.payload.access = (struct region_access) { next_random(&seed) % (4u << 20) & ~3u, BAR0, 4 };
			row.payload.words[4] = next_random(&seed);
		}
		for (uint32_t flips = next_random(&seed) % 3; flips; flips--)
			row.payload.bytes[next_random(&seed) % 32] ^= (uint8_t)(1u << next_random(&seed) % 8);
		send_row(sock, &row);
		if (!client_receive(sock, &reply)) {
			close(sock);
			sock = -1;
		}
	}
	if (sock >= 0)
		close(sock);
	close(memory);
	close(client_open(sim->path));
}

static void the_log_is_limited(void **state)
{
	struct sim sim;
	struct reply reply;
	size_t bytes;
	int sock;

	sim_start(&sim, NULL);
	sock = client_open(sim.path);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(client_call(sock, 99, NULL, 0, NULL, 0, &reply), EOPNOTSUPP);
	close(sock);
	assert_int_equal(sim_stop(&sim, SIGTERM), 0);
	bytes = sim.text_bytes;
	assert_true(bytes < 8192);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bad_messages_are_refused, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(nothing_goes_before_the_version, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(death_at_any_byte_is_survived, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(descriptors_stay_with_their_message, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(maps_are_limited_and_may_repeat, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(almost_right_messages_are_survived, sim_setup, sim_teardown),
		cmocka_unit_test(the_log_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
