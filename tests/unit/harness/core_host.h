/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The mediator's core on the simulated GPU, in one process: the host's ops, guests with memory, and time.
 *
 * The bus is simulated too, so that nothing the GPU does goes unseen: every access to a guest's page that is not pinned, or to an
 * address where nothing is, is counted in struct core_host, and a test ends with core_host_fini(), which fails on any.
 */
#ifndef TESTS_UNIT_HARNESS_CORE_HOST_H
#define TESTS_UNIT_HARNESS_CORE_HOST_H

#include "kmod/core/core.h"
#include "sim/engine/gen75.h"

#define CORE_GUESTS 4u
#define CORE_GUEST_PAGES 1024u
#define CORE_APERTURE_BYTES (128u << 20)
#define CORE_US 1000ull
#define CORE_MS 1000000ull

struct core_host;

/**
 * struct core_guest - one virtual machine
 * @ram: CORE_GUEST_PAGES pages, from guest physical address 0 on
 * @pins: how often each page is pinned
 * @irqs: virtual interrupts that it got
 * @pin_budget: pins that are granted from now on, then -ENOSPC
 * @want: what the core has named to be pinned, while it applies that; NULL otherwise, when it must not pin
 * @maps_table: its table of GGTT entries is mapped to it, so that core_guest_write() to an entry does not trap
 * @written: pages of it that it has written to by itself since the last sync
 * @tells: the host can tell of its writes to its PPGTT's tables
 * @told: by table, the page whose next write is to be told, plus one; 0 for none
 * @event: by enum vgpu_event, how often the core told it, and what it said last
 * @sync_wanted: the core has asked for a sync, which core_host_run() runs
 * @ring_tail: see core_i915.h
 */
struct core_guest {
	struct core_host *host;
	unsigned int number;
	uint8_t *ram;
	unsigned int pins[CORE_GUEST_PAGES];
	unsigned int irqs;
	unsigned int pin_budget;
	const struct vgpu_sync_want *want;
	bool maps_table, tells, sync_wanted;
	bool written[GEN75_GGTT_ENTRIES / VGPU_TABLE_ENTRIES];
	u64 told[VGPU_PPGTT_TABLES];
	uint32_t ring_tail[VGPU_ENGINES];
	struct {
		unsigned int count;
		uint32_t engine;
		uint64_t a, b;
	} event[VGPU_EVENT_HANG + 1];
	struct vgpu vgpu;
};

/**
 * struct core_host - the machine
 * @now_ns: what the clock shows; each register access takes a moment
 * @stray: accesses of the GPU to guests' pages that were not pinned
 * @interrupts: of the hardware, that were served
 * @alloc_budget: allocations that succeed from now on
 * @allocs: allocations that are held
 * @deaf: the GPU does not answer
 * @sticky: a reset leaves the registers of an engine alone that no public record says it clears
 * @mem: the module's memory; the first @mems may be in use
 * @foreign: memory that an earlier driver left the GPU with; see core_host_dirty()
 */
struct core_host {
	struct gen75 *sim;
	uint32_t *ggtt;
	uint64_t now_ns, deadline_ns, sim_deadline_ns;
	bool irq;
	unsigned int interrupts, stray, alloc_budget, allocs;
	bool deaf, sticky;
	struct vgpu_dma_mem foreign;
	struct {
		uint8_t *cpu;
		uint64_t dma;
		uint32_t pages;
	} mem[4096];
	unsigned int mems;
	uint64_t next_dma;
	struct vgpu_gpu gpu;
	struct core_guest guest[CORE_GUESTS];
};

extern const struct vgpu_host_ops core_host_ops;

void core_host_power_on(struct core_host *h, unsigned int speed_pct);
void core_host_dirty(struct core_host *h);
bool core_host_foreign_work(struct core_host *h);
void core_host_power_off(struct core_host *h);
void core_host_init(struct core_host *h);
void core_host_init_slow(struct core_host *h, unsigned int speed_pct);
void core_host_fini(struct core_host *h);
void core_host_run(struct core_host *h, uint64_t ns);
struct core_guest *core_host_open(struct core_host *h, unsigned int number, uint64_t aperture_bytes, uint64_t hidden_bytes);
void core_host_check(struct core_host *h);
uint32_t core_host_pde(const struct core_guest *g, uint32_t i);
const uint32_t *core_host_table(struct core_guest *g, uint32_t i);

void core_guest_write(struct core_guest *g, uint32_t offset, uint32_t value);
uint32_t core_guest_read(struct core_guest *g, uint32_t offset);
void core_guest_sync(struct core_guest *g, enum vgpu_sync what);
bool core_guest_next(struct core_guest *g, struct vgpu_sync_want *ret_want);
void core_guest_apply(struct core_guest *g, const struct vgpu_sync_want *want);
void core_guest_store(struct core_guest *g, uint32_t page, uint32_t dw, uint32_t value);
void core_guest_map(struct core_guest *g, uint64_t gma, uint32_t gfn, uint32_t pages);
void core_guest_unmap(struct core_guest *g, uint64_t gma, uint32_t pages);
void core_guest_ring(struct core_guest *g);
void core_guest_put(struct core_guest *g, const uint32_t *dw, uint32_t n);
void core_guest_submit(struct core_guest *g, const uint32_t *dw, uint32_t n);
struct vgpu_stats core_guest_stats(const struct core_guest *g);
uint32_t core_guest_gma(const struct core_guest *g, uint32_t page);
uint32_t *core_guest_dw(struct core_guest *g, uint32_t page);
uint32_t core_cmd_fill(uint32_t *dw, uint32_t gma, uint32_t width, uint32_t height, uint32_t colour);

/*
 * The layout that core_guest_ring() makes, in pages of the hidden range and of the guest's memory at the same number: the ring
 * with a guard behind it, the status page, then data.
 */
#define CORE_RING_PAGE 0u
#define CORE_RING_PAGES 4u
#define CORE_HWS_PAGE 5u
#define CORE_DATA_PAGE 8u
#define CORE_DATA_PAGES 256u

#endif
