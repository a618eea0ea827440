/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * One simulated GPU with memory around it, for unit tests: a flat array as the bus sees it, the GGTT's table, a count of
 * interrupts, and a clock that only the test moves.
 *
 * The memory lies above 4 GiB on the bus, so that the upper address bits of page table entries are used.
 */
#ifndef TESTS_UNIT_HARNESS_SIM_GPU_H
#define TESTS_UNIT_HARNESS_SIM_GPU_H

#include "sim/engine/gen75.h"

#define HARNESS_BUS_BASE 0x500000000ull
#define HARNESS_MEM_BYTES (32u << 20)
#define HARNESS_PAGE 4096u

/* Where harness_ring() puts each engine's things, in the GGTT and at the same offset of the memory. */
#define HARNESS_RING(id) (0x00010000u + 0x10000u * (id)) /* ring, 4 pages */
#define HARNESS_HWSP(id) (0x00018000u + 0x10000u * (id)) /* status page */
#define HARNESS_RING_BYTES 0x4000u
#define HARNESS_DATA 0x00100000u /* from here on the test's own */

/**
 * struct harness_gpu - the GPU and its surroundings
 * @mem: HARNESS_MEM_BYTES; bus address HARNESS_BUS_BASE is its first byte
 * @read_only: writes to memory are refused
 * @now_ns: the clock
 */
struct harness_gpu {
	struct gen75 *gpu;
	uint32_t *ggtt;
	uint8_t *mem;
	bool read_only;
	unsigned int msis;
	unsigned int events[GEN75_EVENTS];
	uint64_t now_ns;
};

void harness_create(struct harness_gpu *h, uint32_t speed_pct);
void harness_destroy(struct harness_gpu *h);

uint32_t harness_pte(uint64_t mem_offset);
uint32_t harness_pde(uint64_t mem_offset);
void harness_map(struct harness_gpu *h, uint32_t gma, uint64_t mem_offset, uint32_t pages);
void harness_ppgtt(struct harness_gpu *h, enum gen75_engine_id id, uint32_t slot, uint64_t table_offset);
void harness_ppgtt_map(struct harness_gpu *h, uint64_t table_offset, uint32_t gma, uint64_t mem_offset, uint32_t pages);

uint32_t harness_base(enum gen75_engine_id id);
uint32_t harness_read(struct harness_gpu *h, uint32_t offset);
void harness_write(struct harness_gpu *h, uint32_t offset, uint32_t value);

void harness_ring(struct harness_gpu *h, enum gen75_engine_id id);
void harness_emit(struct harness_gpu *h, enum gen75_engine_id id, const uint32_t *dw, uint32_t n);
void harness_batch(struct harness_gpu *h, uint32_t mem_offset, const uint32_t *dw, uint32_t n);
bool harness_run(struct harness_gpu *h);
void harness_run_for(struct harness_gpu *h, uint64_t ns);

uint32_t harness_peek(const struct harness_gpu *h, uint32_t mem_offset);
void harness_poke(struct harness_gpu *h, uint32_t mem_offset, uint32_t value);
uint32_t harness_random(uint64_t *state);

#define HARNESS_EMIT(h, id, ...)                           \
	do {                                               \
		const uint32_t dw_[] = { __VA_ARGS__ };    \
		harness_emit(h, id, dw_, sizeof(dw_) / 4); \
	} while (0)

#endif
