// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Protocol tests: registers, page table, DMA and interrupts working together: real blits on the blitter's ring, as a driver
 * submits them, and what happens when the client goes away in the middle of one.
 *
 * Registers and commands: i915, gt/intel_engine_regs.h, gt/intel_gpu_commands.h, i915_reg.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/protocol/client/client.h"
#include "tests/protocol/client/sim.h"

#define PAGE 4096u
#define WAIT_MS 30000

#define HWS_PGA 0x04280
#define RING_TAIL 0x22030
#define RING_HEAD 0x22034
#define RING_START 0x22038
#define RING_CTL 0x2203c
#define RING_IMR 0x220a8
#define DE_IER 0x4400c
#define GT_IMR 0x44014
#define GT_IIR 0x44018
#define GT_IER 0x4401c
#define GDRST 0x0941c
#define BLT_INTERRUPT (1u << 22)
#define MASTER_ENABLE (1u << 31)

#define MI_USER_INTERRUPT 0x01000000u
#define MI_BATCH_BUFFER_START 0x18800000u
#define MI_FLUSH_DW 0x13000001u
#define FLUSH_STORE_INDEX (1u << 21 | 1u << 14)
#define FLUSH_GGTT (1u << 2)
#define XY_SRC_COPY_BLT 0x54f00006u

/* Memory, in pages from its start; graphics addresses are the same. It lies above 4 GiB, and not at the file's start. */
#define RING_PAGE 0u
#define RING_PAGES 4u
#define STATUS_PAGE 4u
#define SOURCE_PAGE 256u
#define TARGET_PAGE 512u
#define PICTURE_PAGES 256u
#define MEMORY_PAGES 1024u
#define MEMORY_BYTES (MEMORY_PAGES * PAGE)
#define MEMORY_ADDR 0x140000000ull
#define FILE_OFFSET (64u * PAGE)
#define SEQNO_OFFSET 0x80u

/**
 * struct gpu - a client that has set up the blitter
 * @tail: where the next command goes, in bytes
 */
struct gpu {
	int sock;
	int file;
	int event;
	uint8_t *memory;
	uint32_t *ggtt;
	uint32_t tail;
};

static uint32_t *words(struct gpu *gpu, uint32_t page)
{
	return (uint32_t *)(gpu->memory + page * PAGE);
}

static void map_pages(struct gpu *gpu)
{
	for (uint32_t i = 0; i < MEMORY_PAGES; i++) {
		uint64_t addr = MEMORY_ADDR + i * PAGE;

		gpu->ggtt[i] = (uint32_t)(addr & 0xfffff000) | (uint32_t)((addr >> 28) & 0x7f0) | 1;
	}
}

static void gpu_open(struct gpu *gpu, const char *path)
{
	memset(gpu, 0, sizeof(*gpu));
	gpu->sock = client_open(path);
	gpu->file = memfd_create("guest", MFD_CLOEXEC);
	gpu->event = eventfd(0, EFD_CLOEXEC);
	assert_true(gpu->file >= 0 && gpu->event >= 0);
	assert_int_equal(ftruncate(gpu->file, FILE_OFFSET + MEMORY_BYTES), 0);
	gpu->memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, gpu->file, FILE_OFFSET);
	assert_true(gpu->memory != MAP_FAILED);
	gpu->ggtt = client_map_ggtt(gpu->sock);
	map_pages(gpu);

	assert_int_equal(client_map(gpu->sock, MEMORY_ADDR, MEMORY_BYTES, FILE_OFFSET, gpu->file, MAP_READ | MAP_WRITE), 0);
	assert_int_equal(client_set_msi(gpu->sock, gpu->event), 0);
	client_enable_bus_master(gpu->sock);
}

static void gpu_close(struct gpu *gpu)
{
	close(gpu->sock);
	close(gpu->file);
	close(gpu->event);
	munmap(gpu->memory, MEMORY_BYTES);
	munmap(gpu->ggtt, GGTT_BYTES);
}

static void start_ring(struct gpu *gpu)
{
	static const uint32_t writes[][2] = {
		{ HWS_PGA, STATUS_PAGE * PAGE },
		{ RING_START, RING_PAGE * PAGE },
		{ RING_HEAD, 0 },
		{ RING_TAIL, 0 },
		{ RING_CTL, ((RING_PAGES - 1) * PAGE) | 1 },
		{ RING_IMR, ~BLT_INTERRUPT },
		{ GT_IMR, ~BLT_INTERRUPT },
		{ GT_IER, BLT_INTERRUPT },
		{ DE_IER, MASTER_ENABLE },
	};

	for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++)
		client_write32(gpu->sock, BAR0, writes[i][0], writes[i][1]);
	gpu->tail = 0;
}

static void emit(struct gpu *gpu, const uint32_t *dwords, uint32_t count)
{
	memcpy(words(gpu, RING_PAGE) + gpu->tail / 4, dwords, count * 4);
	gpu->tail += count * 4;
	assert_true(gpu->tail < RING_PAGES * PAGE);
}

static void emit_blit(struct gpu *gpu)
{
	const uint32_t blit[] = {
		XY_SRC_COPY_BLT,
		3u << 24 | 0xccu << 16 | PAGE, /* 32 bits a pixel, copy, pitch */
		0,
		PICTURE_PAGES << 16 | PAGE / 4,
		TARGET_PAGE * PAGE,
		0,
		PAGE,
		SOURCE_PAGE * PAGE,
	};

	emit(gpu, blit, 8);
}

static void emit_seqno(struct gpu *gpu, uint32_t seqno)
{
	const uint32_t flush[] = {
		MI_FLUSH_DW | FLUSH_STORE_INDEX,
		SEQNO_OFFSET | FLUSH_GGTT,
		seqno,
		MI_USER_INTERRUPT,
	};

	emit(gpu, flush, 4);
}

static void submit(struct gpu *gpu)
{
	client_write32(gpu->sock, BAR0, RING_TAIL, gpu->tail);
}

static void wait_for_interrupt(struct gpu *gpu)
{
	struct pollfd poll_fd = { .fd = gpu->event, .events = POLLIN };
	uint64_t count;

	assert_int_equal(poll(&poll_fd, 1, WAIT_MS), 1);
	assert_int_equal(read(gpu->event, &count, sizeof(count)), sizeof(count));
	assert_int_equal(client_read32(gpu->sock, BAR0, GT_IIR) & BLT_INTERRUPT, BLT_INTERRUPT);
	client_write32(gpu->sock, BAR0, GT_IIR, BLT_INTERRUPT);
}

static void fill_source(struct gpu *gpu, uint32_t seed)
{
	for (uint32_t i = 0; i < PICTURE_PAGES * PAGE / 4; i++)
		words(gpu, SOURCE_PAGE)[i] = seed + i * 2654435761u;
}

static bool is_copied(struct gpu *gpu)
{
	return !memcmp(words(gpu, SOURCE_PAGE), words(gpu, TARGET_PAGE), PICTURE_PAGES * PAGE);
}

/* A blit from the start to the interrupt, on a fresh connection: the proof that the server is well. */
static void check_blit(const char *path, uint32_t seed)
{
	struct gpu gpu;

	gpu_open(&gpu, path);
	start_ring(&gpu);
	fill_source(&gpu, seed);
	emit_blit(&gpu);
	emit_seqno(&gpu, seed);
	assert_false(is_copied(&gpu));
	submit(&gpu);
	wait_for_interrupt(&gpu);
	assert_int_equal(words(&gpu, STATUS_PAGE)[SEQNO_OFFSET / 4], seed);
	assert_true(is_copied(&gpu));
	assert_int_equal(client_read32(gpu.sock, BAR0, RING_HEAD) & 0x1ffffc, gpu.tail);
	gpu_close(&gpu);
}

static void a_blit_ends_with_an_interrupt(void **state)
{
	check_blit(((struct sim *)*state)->path, 17);
}

static void page_table_is_one_by_message_and_by_mapping(void **state)
{
	struct gpu gpu;

	gpu_open(&gpu, ((struct sim *)*state)->path);
	gpu.ggtt[1000] = 0x12345001;
	assert_int_equal(client_read32(gpu.sock, BAR0, GGTT_OFFSET + 4000), 0x12345001);
	client_write32(gpu.sock, BAR0, GGTT_OFFSET + 4004, 0x54321001);
	assert_int_equal(gpu.ggtt[1001], 0x54321001);
	gpu_close(&gpu);
}

static void aperture_reaches_memory(void **state)
{
	struct gpu gpu;
	uint8_t bytes[3 * PAGE], pattern[3 * PAGE];

	gpu_open(&gpu, ((struct sim *)*state)->path);
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i * 7);
	/* across pages, misaligned, and any length: the aperture is memory */
	assert_int_equal(client_write(gpu.sock, BAR2, SOURCE_PAGE * PAGE + 5, pattern, 2 * PAGE + 1), 0);
	assert_memory_equal(gpu.memory + SOURCE_PAGE * PAGE + 5, pattern, 2 * PAGE + 1);
	assert_int_equal(client_read(gpu.sock, BAR2, SOURCE_PAGE * PAGE + 5, bytes, 2 * PAGE + 1), 0);
	assert_memory_equal(bytes, pattern, 2 * PAGE + 1);
	gpu_close(&gpu);
}

static void nothing_happens_without_bus_mastering(void **state)
{
	struct gpu gpu;
	const uint16_t memory_only = 2;
	uint32_t value = 0;

	gpu_open(&gpu, ((struct sim *)*state)->path);
	assert_int_equal(client_write(gpu.sock, CONFIG, 4, &memory_only, 2), 0);
	words(&gpu, SOURCE_PAGE)[0] = 0x600df00d;
	assert_int_equal(client_read(gpu.sock, BAR2, SOURCE_PAGE * PAGE, &value, 4), 0);
	assert_int_not_equal(value, 0x600df00d);
	client_enable_bus_master(gpu.sock);
	assert_int_equal(client_read32(gpu.sock, BAR2, SOURCE_PAGE * PAGE), 0x600df00d);
	gpu_close(&gpu);
}

static void an_interrupt_can_be_asked_for(void **state)
{
	struct irq_set set = { sizeof(set), 0x21, 1, 0, 1 }; /* DATA_NONE | ACTION_TRIGGER */
	struct reply reply;
	struct gpu gpu;
	uint64_t count;

	gpu_open(&gpu, ((struct sim *)*state)->path);
	assert_int_equal(client_call(gpu.sock, CMD_SET_IRQS, &set, sizeof(set), NULL, 0, &reply), 0);
	assert_int_equal(read(gpu.event, &count, sizeof(count)), sizeof(count));
	assert_int_equal(count, 1);

	/* disabled, it does not come */
	set.count = 0;
	assert_int_equal(client_call(gpu.sock, CMD_SET_IRQS, &set, sizeof(set), NULL, 0, &reply), 0);
	set.count = 1;
	assert_int_equal(client_call(gpu.sock, CMD_SET_IRQS, &set, sizeof(set), NULL, 0, &reply), 0);
	assert_int_equal(fcntl(gpu.event, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(read(gpu.event, &count, sizeof(count)), -1);
	gpu_close(&gpu);
}

static void reset_stops_the_engines_and_keeps_the_memory(void **state)
{
	struct gpu gpu;
	struct reply reply;

	gpu_open(&gpu, ((struct sim *)*state)->path);
	start_ring(&gpu);
	assert_int_equal(client_call(gpu.sock, CMD_RESET, NULL, 0, NULL, 0, &reply), 0);
	assert_int_equal(client_read32(gpu.sock, BAR0, RING_CTL), 0);
	assert_int_equal(client_read32(gpu.sock, BAR0, GT_IER), 0);
	assert_int_equal(gpu.ggtt[0], 0);

	map_pages(&gpu);
	client_enable_bus_master(gpu.sock);
	start_ring(&gpu);
	fill_source(&gpu, 3);
	emit_blit(&gpu);
	emit_seqno(&gpu, 3);
	submit(&gpu);
	wait_for_interrupt(&gpu);
	assert_true(is_copied(&gpu));
	gpu_close(&gpu);
}

static bool has_mapping(const struct sim *sim, const char *name)
{
	char path[64], line[512];
	bool found = false;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", sim->pid);
	maps = fopen(path, "re");
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps))
		found = found || strstr(line, name);
	fclose(maps);
	return found;
}

static void death_in_the_middle_of_a_blit_is_survived(void **state)
{
	struct sim sim;
	struct gpu gpu;
	uint32_t *stale;

	sim_start(&sim, (const char *[]) { "--speed", "0.01", NULL });
	gpu_open(&gpu, sim.path);
	start_ring(&gpu);
	fill_source(&gpu, 5);
	while (gpu.tail < 400 * 32)
		emit_blit(&gpu);
	emit_seqno(&gpu, 5);
	submit(&gpu);
	/* it has begun, and it has not ended */
	while (!(client_read32(gpu.sock, BAR0, RING_HEAD) & 0x1ffffc))
		;
	assert_int_not_equal(words(&gpu, STATUS_PAGE)[SEQNO_OFFSET / 4], 5);
	assert_true(has_mapping(&sim, "memfd:guest"));
	stale = gpu.ggtt;
	close(gpu.sock);

	gpu.sock = client_open(sim.path);
	assert_false(has_mapping(&sim, "memfd:guest"));
	/* the old page table is nobody's */
	stale[7] = 0xdead0001;
	assert_int_equal(client_read32(gpu.sock, BAR0, GGTT_OFFSET + 28), 0);
	assert_int_equal(client_read32(gpu.sock, BAR0, RING_CTL), 0);
	gpu_close(&gpu);
	check_blit(sim.path, 6);
	assert_int_equal(sim_stop(&sim, SIGTERM), 0);
}

static void a_spinning_batch_does_not_starve_the_client(void **state)
{
	static const uint32_t spin[] = { MI_BATCH_BUFFER_START, SOURCE_PAGE * PAGE };
	struct sim *sim = *state;
	struct gpu gpu;

	gpu_open(&gpu, sim->path);
	start_ring(&gpu);
	memcpy(words(&gpu, SOURCE_PAGE), spin, sizeof(spin));
	emit(&gpu, spin, 2);
	submit(&gpu);
	for (int i = 0; i < 100; i++)
		assert_int_equal(client_read32(gpu.sock, BAR0, RING_TAIL), gpu.tail);
	/* the engine can be reset while it spins, and the next client finds it well in any case */
	client_write32(gpu.sock, BAR0, GDRST, 1u << 3);
	assert_int_equal(client_read32(gpu.sock, BAR0, GDRST), 0);
	assert_int_equal(client_read32(gpu.sock, BAR0, RING_CTL) & 1, 0);
	start_ring(&gpu);
	emit(&gpu, spin, 2);
	submit(&gpu);
	gpu_close(&gpu);
	check_blit(sim->path, 8);
}

/* The client cuts its file: what was memory raises SIGBUS in the server. */
static void vanished_memory_is_survived(void **state)
{
	struct sim sim;
	struct gpu gpu;

	sim_start(&sim, NULL);
	gpu_open(&gpu, sim.path);
	start_ring(&gpu);
	emit_blit(&gpu);
	assert_int_equal(ftruncate(gpu.file, 0), 0);
	submit(&gpu);
	client_read32(gpu.sock, BAR0, RING_HEAD);
	client_read32(gpu.sock, BAR2, SOURCE_PAGE * PAGE);
	sim_wait_for(&sim, "memory of the client has vanished");
	assert_int_equal(client_unmap(gpu.sock, MEMORY_ADDR, MEMORY_BYTES), 0);
	gpu_close(&gpu);
	check_blit(sim.path, 9);
	assert_int_equal(sim_stop(&sim, SIGTERM), 0);
}

static void memory_without_a_file_is_not_there(void **state)
{
	struct gpu gpu;

	gpu_open(&gpu, ((struct sim *)*state)->path);
	assert_int_equal(client_map(gpu.sock, 0xc0000, PAGE, 0, -1, MAP_READ), 0);
	gpu.ggtt[2000] = 0xc0001;
	client_read32(gpu.sock, BAR2, 2000 * PAGE);
	assert_int_equal(client_unmap(gpu.sock, 0xc0000, PAGE), 0);
	client_read32(gpu.sock, BAR2, 2000 * PAGE);
	gpu_close(&gpu);
}

static void the_trace_tells_what_happened(void **state)
{
	char path[] = "/tmp/gen75-trace-XXXXXX";
	char option[64], line[256];
	bool write_seen = false;
	struct sim sim;
	FILE *trace;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	snprintf(option, sizeof(option), "--trace=%s", path);
	sim_start(&sim, (const char *[]) { option, NULL });
	check_blit(sim.path, 4);
	assert_int_equal(sim_stop(&sim, SIGTERM), 0);
	trace = fdopen(fd, "r");
	while (fgets(line, sizeof(line), trace))
		write_seen = write_seen || strstr(line, " 0x22030 0x30\n");
	fclose(trace);
	unlink(path);
	assert_true(write_seen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_blit_ends_with_an_interrupt, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(page_table_is_one_by_message_and_by_mapping, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(aperture_reaches_memory, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(nothing_happens_without_bus_mastering, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(an_interrupt_can_be_asked_for, sim_setup, sim_teardown),
		cmocka_unit_test_setup_teardown(reset_stops_the_engines_and_keeps_the_memory, sim_setup, sim_teardown),
		cmocka_unit_test(death_in_the_middle_of_a_blit_is_survived),
		cmocka_unit_test_setup_teardown(a_spinning_batch_does_not_starve_the_client, sim_setup, sim_teardown),
		cmocka_unit_test(vanished_memory_is_survived),
		cmocka_unit_test_setup_teardown(memory_without_a_file_is_not_there, sim_setup, sim_teardown),
		cmocka_unit_test(the_trace_tells_what_happened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
