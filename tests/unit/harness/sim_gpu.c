// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * One simulated GPU with memory around it; see sim_gpu.h. No lock: one thread.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness/sim_gpu.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define RUN_COMMANDS 4096u
#define RUN_CALLS 100000u

static void *dma(void *ctx, uint64_t addr, size_t len, bool write)
{
	struct harness_gpu *h = ctx;

	assert_true(len && addr % HARNESS_PAGE + len <= HARNESS_PAGE);
	if (addr < HARNESS_BUS_BASE || addr - HARNESS_BUS_BASE + len > HARNESS_MEM_BYTES || (write && h->read_only))
		return NULL;
	return h->mem + (addr - HARNESS_BUS_BASE);
}

static void msi(void *ctx)
{
	struct harness_gpu *h = ctx;

	h->msis++;
}

static void trace(void *ctx, enum gen75_event ev, int engine, uint64_t arg0, uint64_t arg1)
{
	struct harness_gpu *h = ctx;

	h->events[ev]++;
}

/**
 * harness_create() - a GPU in its power-on state, with all HARNESS_MEM_BYTES mapped into the GGTT one to one
 * @speed_pct: see struct gen75_config
 */
void harness_create(struct harness_gpu *h, uint32_t speed_pct)
{
	static const struct gen75_ops ops = { .dma = dma, .msi = msi, .trace = trace };
	const struct gen75_config config = { .speed_pct = speed_pct };

	memset(h, 0, sizeof(*h));
	h->ggtt = calloc(GEN75_GGTT_ENTRIES, 4);
	h->mem = calloc(1, HARNESS_MEM_BYTES);
	assert_true(h->ggtt && h->mem);
	assert_int_equal(gen75_create(&config, &ops, h, h->ggtt, &h->gpu), 0);
	harness_map(h, 0, 0, HARNESS_MEM_BYTES / HARNESS_PAGE);
	h->now_ns = 1000000;
}

/**
 * harness_destroy() - free it all
 */
void harness_destroy(struct harness_gpu *h)
{
	gen75_destroy(h->gpu);
	free(h->ggtt);
	free(h->mem);
}

/**
 * harness_pte() - the page table entry for a page of the memory
 */
uint32_t harness_pte(uint64_t mem_offset)
{
	uint64_t addr = HARNESS_BUS_BASE + mem_offset;

	return (uint32_t)(addr & 0xfffff000u) | (uint32_t)(addr >> 32 & 0x7f) << 4 | 1;
}

/**
 * harness_pde() - the page directory entry for a page table in the memory
 */
uint32_t harness_pde(uint64_t mem_offset)
{
	return harness_pte(mem_offset);
}

/**
 * harness_map() - enter pages of the memory into the GGTT
 */
void harness_map(struct harness_gpu *h, uint32_t gma, uint64_t mem_offset, uint32_t pages)
{
	for (uint32_t i = 0; i < pages; i++)
		h->ggtt[gma / HARNESS_PAGE + i] = harness_pte(mem_offset + (uint64_t)i * HARNESS_PAGE);
}

/**
 * harness_ppgtt() - give an engine a PPGTT whose directory is at GGTT entry @slot (a multiple of 16)
 * @table_offset: where the one page table is, which maps graphics addresses from 0 to 4 MiB
 */
void harness_ppgtt(struct harness_gpu *h, enum gen75_engine_id id, uint32_t slot, uint64_t table_offset)
{
	h->ggtt[slot] = harness_pde(table_offset);
	harness_write(h, harness_base(id) + 0x220, 0xffffffff);
	harness_write(h, harness_base(id) + 0x228, slot * 4 << 10);
	harness_write(h, harness_base(id) + 0x29c, 1u << 25 | 1u << 9);
}

/**
 * harness_ppgtt_map() - enter pages into a page table
 */
void harness_ppgtt_map(struct harness_gpu *h, uint64_t table_offset, uint32_t gma, uint64_t mem_offset, uint32_t pages)
{
	for (uint32_t i = 0; i < pages; i++)
		harness_poke(h, table_offset + (gma / HARNESS_PAGE + i) * 4,
			     harness_pte(mem_offset + (uint64_t)i * HARNESS_PAGE));
}

/**
 * harness_base() - an engine's register base
 */
uint32_t harness_base(enum gen75_engine_id id)
{
	static const uint32_t base[GEN75_ENGINES] = { 0x2000, 0x12000, 0x22000, 0x1a000 };

	return base[id];
}

/**
 * harness_read() - read a register
 */
uint32_t harness_read(struct harness_gpu *h, uint32_t offset)
{
	uint32_t value;

	gen75_bar0_read(h->gpu, h->now_ns, offset, &value, 4);
	return value;
}

/**
 * harness_write() - write a register; the engines do not run
 */
void harness_write(struct harness_gpu *h, uint32_t offset, uint32_t value)
{
	gen75_bar0_write(h->gpu, h->now_ns, offset, &value, 4);
}

/**
 * harness_ring() - start an engine's ring, empty, and its status page
 */
void harness_ring(struct harness_gpu *h, enum gen75_engine_id id)
{
	uint32_t base = harness_base(id);

	harness_write(h, 0x4080 + 0x100 * id, HARNESS_HWSP(id));
	harness_write(h, base + 0x38, HARNESS_RING(id));
	harness_write(h, base + 0x34, 0);
	harness_write(h, base + 0x30, 0);
	harness_write(h, base + 0x3c, (HARNESS_RING_BYTES - HARNESS_PAGE) | 1);
}

/**
 * harness_emit() - put commands into an engine's ring, padded to a quadword, and move its tail
 */
void harness_emit(struct harness_gpu *h, enum gen75_engine_id id, const uint32_t *dw, uint32_t n)
{
	uint32_t tail_reg = harness_base(id) + 0x30, tail = harness_read(h, tail_reg);

	for (uint32_t i = 0; i < n + n % 2; i++) {
		harness_poke(h, HARNESS_RING(id) + tail, i < n ? dw[i] : 0);
		tail = (tail + 4) % HARNESS_RING_BYTES;
	}
	harness_write(h, tail_reg, tail);
}

/**
 * harness_batch() - put commands somewhere in the memory
 */
void harness_batch(struct harness_gpu *h, uint32_t mem_offset, const uint32_t *dw, uint32_t n)
{
	memcpy(h->mem + mem_offset, dw, n * 4);
}

/**
 * harness_run() - move the clock from deadline to deadline until all engines are idle
 * Return: false: they are not, after a generous number of calls.
 */
bool harness_run(struct harness_gpu *h)
{
	for (unsigned int i = 0; i < RUN_CALLS; i++) {
		uint64_t deadline = gen75_run(h->gpu, h->now_ns, RUN_COMMANDS);

		if (deadline == GEN75_NO_DEADLINE)
			return true;
		if (deadline > h->now_ns)
			h->now_ns = deadline;
	}
	return false;
}

/**
 * harness_run_for() - let a span of time pass, with as many calls as it takes
 */
void harness_run_for(struct harness_gpu *h, uint64_t ns)
{
	uint64_t until = h->now_ns + ns;

	for (unsigned int i = 0; i < RUN_CALLS; i++) {
		uint64_t deadline = gen75_run(h->gpu, h->now_ns, RUN_COMMANDS);

		if (deadline > until)
			break;
		if (deadline > h->now_ns)
			h->now_ns = deadline;
	}
	h->now_ns = until;
}

/**
 * harness_peek(), harness_poke() - a dword of the memory
 */
uint32_t harness_peek(const struct harness_gpu *h, uint32_t mem_offset)
{
	uint32_t value;

	memcpy(&value, h->mem + mem_offset, 4);
	return value;
}

/**
 * harness_poke() - see harness_peek()
 */
void harness_poke(struct harness_gpu *h, uint32_t mem_offset, uint32_t value)
{
	memcpy(h->mem + mem_offset, &value, 4);
}

/**
 * harness_random() - a repeatable pseudo-random number (xorshift)
 * @state: not zero
 */
uint32_t harness_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state >> 16;
}
