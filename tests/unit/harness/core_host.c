// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The mediator's core on the simulated GPU; see core_host.h. No lock: one thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/guest/lib/cmd.h"
#include "tests/unit/harness/core_host.h"

#include "kmod/core/ppgtt.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define PAGE 4096u
#define GUEST_BUS(n) (((uint64_t)(n) + 1) << 34) /* beyond 32 bits, so that entries' upper address bits are used */
#define REG_NS 100u
#define COMMANDS_A_RUN 4096u
#define GDRST 0x941cu

/* --- the bus ------------------------------------------------------------------------------------------------------------- */

static void *bus(void *ctx, uint64_t addr, size_t len, bool write)
{
	struct core_host *h = ctx;
	unsigned int i;

	for (i = 0; i < CORE_GUESTS; i++) {
		struct core_guest *g = &h->guest[i];
		uint64_t page = (addr - GUEST_BUS(i)) / PAGE;

		if (!g->ram || addr < GUEST_BUS(i) || page >= CORE_GUEST_PAGES)
			continue;
		if (g->pins[page])
			return g->ram + (addr - GUEST_BUS(i));
		h->stray++;
		return NULL;
	}
	for (i = 0; i < h->mems; i++) {
		if (h->mem[i].cpu && addr >= h->mem[i].dma && addr - h->mem[i].dma < (uint64_t)h->mem[i].pages * PAGE)
			return h->mem[i].cpu + (addr - h->mem[i].dma);
	}
	return NULL;
}

static void sim_msi(void *ctx)
{
	struct core_host *h = ctx;

	h->irq = true;
}

static const struct gen75_ops sim_ops = { .dma = bus, .msi = sim_msi };

/* --- the core's host ------------------------------------------------------------------------------------------------------ */

static void sim_run(struct core_host *h)
{
	h->sim_deadline_ns = gen75_run(h->sim, h->now_ns, COMMANDS_A_RUN);
}

static u32 reg_read(void *ctx, u32 offset)
{
	struct core_host *h = ctx;
	u32 value;

	if (h->deaf)
		return ~0u;
	h->now_ns += REG_NS;
	sim_run(h);
	gen75_bar0_read(h->sim, h->now_ns, offset, &value, 4);
	return value;
}

static const uint32_t engine_base[] = { 0x2000, 0x12000, 0x22000, 0x1a000 };

/* HWSTAM, IMR and RING_MODE, whose low half is enabled by the high one. */
static const uint32_t kept[] = { 0x98, 0xa8, 0x29c };

static void reset_but_keep(struct core_host *h, u32 domains)
{
	uint32_t value[VGPU_ARRAY_SIZE(engine_base)][VGPU_ARRAY_SIZE(kept)], e, i;

	for (e = 0; e < VGPU_ARRAY_SIZE(engine_base); e++) {
		for (i = 0; i < VGPU_ARRAY_SIZE(kept); i++)
			gen75_bar0_read(h->sim, h->now_ns, engine_base[e] + kept[i], &value[e][i], 4);
	}
	gen75_bar0_write(h->sim, h->now_ns, GDRST, &domains, 4);
	for (e = 0; e < VGPU_ARRAY_SIZE(engine_base); e++) {
		value[e][2] |= 0xffff0000u;
		for (i = 0; i < VGPU_ARRAY_SIZE(kept); i++)
			gen75_bar0_write(h->sim, h->now_ns, engine_base[e] + kept[i], &value[e][i], 4);
	}
}

static void reg_write(void *ctx, u32 offset, u32 value)
{
	struct core_host *h = ctx;

	if (h->deaf)
		return;
	h->now_ns += REG_NS;
	if (offset == GDRST && h->sticky)
		reset_but_keep(h, value);
	else
		gen75_bar0_write(h->sim, h->now_ns, offset, &value, 4);
	sim_run(h);
}

static void pte_write(void *ctx, u32 index, u32 pte)
{
	struct core_host *h = ctx;

	assert_true(index < GEN75_GGTT_ENTRIES);
	h->ggtt[index] = pte;
}

static void *host_alloc(void *ctx, size_t bytes)
{
	struct core_host *h = ctx;
	void *mem;

	if (!h->alloc_budget)
		return NULL;
	h->alloc_budget--;
	mem = calloc(1, bytes);
	assert_non_null(mem);
	h->allocs++;
	return mem;
}

static void host_free(void *ctx, void *mem, size_t bytes)
{
	struct core_host *h = ctx;

	if (mem)
		h->allocs--;
	free(mem);
}

static int host_dma_alloc(void *ctx, u32 pages, struct vgpu_dma_mem *ret_mem)
{
	struct core_host *h = ctx;
	unsigned int i;
	u32 k;

	for (i = 0; i < h->mems && h->mem[i].cpu; i++)
		;
	assert_true(i < VGPU_ARRAY_SIZE(h->mem));
	if (!h->alloc_budget)
		return -ENOMEM;
	h->alloc_budget--;
	if (i == h->mems)
		h->mems++;
	h->mem[i].cpu = aligned_alloc(PAGE, (size_t)pages * PAGE);
	h->mem[i].dma = h->next_dma;
	h->mem[i].pages = pages;
	h->next_dma += (uint64_t)pages * PAGE + PAGE;
	ret_mem->cpu = h->mem[i].cpu;
	ret_mem->pages = pages;
	ret_mem->dma = calloc(pages, sizeof(*ret_mem->dma));
	assert_true(ret_mem->cpu && ret_mem->dma);
	memset(ret_mem->cpu, 0, (size_t)pages * PAGE);
	for (k = 0; k < pages; k++)
		ret_mem->dma[k] = h->mem[i].dma + (uint64_t)k * PAGE;
	h->allocs++;
	return 0;
}

static void host_dma_free(void *ctx, struct vgpu_dma_mem *mem)
{
	struct core_host *h = ctx;
	unsigned int i;

	for (i = 0; i < h->mems; i++) {
		if (h->mem[i].cpu != mem->cpu)
			continue;
		h->mem[i].cpu = NULL;
		h->allocs--;
		free(mem->cpu);
		free(mem->dma);
		return;
	}
	fail_msg("dma_free of what was not allocated");
}

static int guest_read(void *guest, u64 gpa, void *buf, size_t len)
{
	struct core_guest *g = guest;
	u64 page;

	for (page = gpa / PAGE; page <= (gpa + len - 1) / PAGE && len; page++)
		assert_true(page < CORE_GUEST_PAGES && g->pins[page]);
	memcpy(buf, g->ram + gpa, len);
	return 0;
}

static int pin(void *guest, u64 gfn, u64 *ret_dma)
{
	struct core_guest *g = guest;
	unsigned int i;

	assert_non_null(g->want);
	for (i = 0; i < g->want->count && g->want->gfn[i] != gfn; i++)
		;
	assert_true(i < g->want->count);
	if (gfn >= CORE_GUEST_PAGES)
		return -EFAULT;
	if (!g->pin_budget)
		return -ENOSPC;
	g->pin_budget--;
	g->pins[gfn]++;
	*ret_dma = GUEST_BUS(g->number) + gfn * PAGE;
	return 0;
}

static void unpin(void *guest, u64 gfn)
{
	struct core_guest *g = guest;

	assert_true(gfn < CORE_GUEST_PAGES && g->pins[gfn]);
	g->pins[gfn]--;
}

static void irq(void *guest)
{
	struct core_guest *g = guest;

	g->irqs++;
}

static int track(void *guest, u32 table, u64 gfn)
{
	struct core_guest *g = guest;

	assert_true(table < VGPU_PPGTT_TABLES && gfn < CORE_GUEST_PAGES && g->pins[gfn]);
	if (!g->tells)
		return -EINVAL;
	g->told[table] = gfn + 1;
	return 0;
}

static void untrack(void *guest, u32 table, u64 gfn)
{
	struct core_guest *g = guest;

	assert_int_equal(g->told[table], gfn + 1);
	g->told[table] = 0;
}

static void sync_soon(void *guest)
{
	struct core_guest *g = guest;

	g->sync_wanted = true;
}

static void event(void *guest, enum vgpu_event event, u32 engine, u64 a, u64 b)
{
	struct core_guest *g = guest;

	g->event[event].count++;
	g->event[event].engine = engine;
	g->event[event].a = a;
	g->event[event].b = b;
}

const struct vgpu_host_ops core_host_ops = {
	.reg_read = reg_read,
	.reg_write = reg_write,
	.pte_write = pte_write,
	.alloc = host_alloc,
	.free = host_free,
	.dma_alloc = host_dma_alloc,
	.dma_free = host_dma_free,
	.guest_read = guest_read,
	.pin = pin,
	.unpin = unpin,
	.irq = irq,
	.track = track,
	.untrack = untrack,
	.sync = sync_soon,
	.event = event,
};

/* --- the machine ---------------------------------------------------------------------------------------------------------- */

/** core_host_power_on() - a GPU of that speed that nobody has taken over yet */
void core_host_power_on(struct core_host *h, unsigned int speed_pct)
{
	const struct gen75_config config = { .aperture_bytes = CORE_APERTURE_BYTES, .speed_pct = speed_pct };

	memset(h, 0, sizeof(*h));
	h->ggtt = calloc(GEN75_GGTT_ENTRIES, sizeof(*h->ggtt));
	assert_non_null(h->ggtt);
	h->next_dma = 1ull << 32;
	h->alloc_budget = ~0u;
	h->deadline_ns = VGPU_NO_DEADLINE;
	assert_int_equal(gen75_create(&config, &sim_ops, h, h->ggtt, &h->sim), 0);
}

/**
 * core_host_dirty() - leave the GPU as a BIOS or a driver may: rings that run an endless batch, PPGTT on, all interrupts
 * let through, fences set, and entries that point to memory that somebody else has now
 */
void core_host_dirty(struct core_host *h)
{
	const uint32_t gma = 0x10000;
	uint32_t *dw, i, e;

	assert_int_equal(host_dma_alloc(h, 3, &h->foreign), 0);
	dw = h->foreign.cpu;
	dw[0] = 0x31u << 23; /* MI_BATCH_BUFFER_START in the GGTT, of what stores and begins again */
	dw[1] = gma + PAGE;
	dw[1024] = 0x20u << 23 | 1u << 22 | 2;
	dw[1026] = gma + 2 * PAGE;
	dw[1027] = 1;
	dw[1028] = dw[0];
	dw[1029] = gma + PAGE;
	for (i = 0; i < GEN75_GGTT_ENTRIES; i++)
		h->ggtt[i] = (uint32_t)h->foreign.dma[i % 3] | (uint32_t)(h->foreign.dma[i % 3] >> 28 & 0x7f0) | 1;
	for (i = 0; i < 3; i++)
		h->ggtt[gma / PAGE + i] = (uint32_t)h->foreign.dma[i] | (uint32_t)(h->foreign.dma[i] >> 28 & 0x7f0) | 1;
	for (i = 0; i < GEN75_FENCES; i++) {
		reg_write(h, 0x100004 + 8 * i, i << 20 | 0xff003);
		reg_write(h, 0x100000 + 8 * i, i << 20 | 1);
	}
	for (i = 0x44004; i <= 0x44024; i += 16) {
		reg_write(h, i, 0);
		reg_write(h, i + 8, ~0u);
	}
	for (e = 0; e < VGPU_ARRAY_SIZE(engine_base); e++) {
		reg_write(h, engine_base[e] + 0x98, 0);
		reg_write(h, engine_base[e] + 0xa8, 0);
		reg_write(h, engine_base[e] + 0x29c, 1u << 25 | 1u << 9);
		reg_write(h, engine_base[e] + 0x38, gma);
		reg_write(h, engine_base[e] + 0x3c, 1);
		reg_write(h, engine_base[e] + 0x30, 8);
	}
}

/** core_host_foreign_work() - whether the GPU still does what core_host_dirty() had it do */
bool core_host_foreign_work(struct core_host *h)
{
	volatile uint32_t *stored = (uint32_t *)h->foreign.cpu + 2048;

	*stored = 0;
	h->now_ns += CORE_MS;
	sim_run(h);
	return *stored;
}

/** core_host_power_off() - and everything that was held is back */
void core_host_power_off(struct core_host *h)
{
	unsigned int i, k;

	for (i = 0; i < CORE_GUESTS; i++) {
		for (k = 0; k < CORE_GUEST_PAGES; k++)
			assert_int_equal(h->guest[i].pins[k], 0);
		free(h->guest[i].ram);
	}
	assert_int_equal(h->allocs, 0);
	assert_int_equal(h->stray, 0);
	gen75_destroy(h->sim);
	free(h->ggtt);
}

/** core_host_init() - a GPU that the core has taken over */
void core_host_init(struct core_host *h)
{
	core_host_init_slow(h, 100);
}

/** core_host_init_slow() - as core_host_init(), of another speed */
void core_host_init_slow(struct core_host *h, unsigned int speed_pct)
{
	const struct vgpu_gpu_info info = { .aperture_bytes = CORE_APERTURE_BYTES, .ggtt_entries = GEN75_GGTT_ENTRIES };

	core_host_power_on(h, speed_pct);
	assert_int_equal(vgpu_gpu_init(&h->gpu, &core_host_ops, h, &info), 0);
}

/** core_host_fini() - close what is open, give the GPU back, and see that nothing is left and nothing strayed */
void core_host_fini(struct core_host *h)
{
	unsigned int i;

	for (i = 0; i < CORE_GUESTS; i++) {
		if (h->guest[i].ram)
			vgpu_fini(&h->guest[i].vgpu, h->now_ns);
	}
	vgpu_gpu_fini(&h->gpu);
	for (i = 0; i < GEN75_GGTT_ENTRIES; i++)
		assert_int_equal(h->ggtt[i], 0);
	assert_int_equal(gen75_stats(h->sim)->events[GEN75_EV_BUS_ERROR], 0);
	assert_int_equal(gen75_stats(h->sim)->events[GEN75_EV_BAD_PTE], 0);
	core_host_power_off(h);
}

/* Return: whether there was one. */
static bool run_syncs(struct core_host *h)
{
	bool any = false;
	unsigned int i;

	for (i = 0; i < CORE_GUESTS; i++) {
		struct core_guest *g = &h->guest[i];

		if (!g->sync_wanted)
			continue;
		g->sync_wanted = false;
		core_guest_sync(g, VGPU_SYNC_SUBMIT);
		vgpu_sync_done(&g->vgpu, h->now_ns);
		any = true;
	}
	return any;
}

/** core_host_run() - let @ns pass: engines work, interrupts and deadlines are served as they come */
void core_host_run(struct core_host *h, uint64_t ns)
{
	uint64_t end = h->now_ns + ns, next;

	for (;;) {
		sim_run(h);
		if (h->irq) {
			h->irq = false;
			h->interrupts++;
			vgpu_gpu_irq(&h->gpu, h->now_ns);
			continue;
		}
		if (run_syncs(h))
			continue;
		h->deadline_ns = vgpu_gpu_deadline(&h->gpu);
		if (h->deadline_ns <= h->now_ns) {
			vgpu_gpu_tick(&h->gpu, h->now_ns);
			continue;
		}
		if (h->now_ns >= end)
			return;
		next = h->deadline_ns < h->sim_deadline_ns ? h->deadline_ns : h->sim_deadline_ns;
		if (next <= h->now_ns)
			next = h->now_ns + 1;
		h->now_ns = next < end ? next : end;
	}
}

/** core_host_open() - a guest with memory opens a vGPU of these sizes, with four fences */
struct core_guest *core_host_open(struct core_host *h, unsigned int number, uint64_t aperture_bytes, uint64_t hidden_bytes)
{
	struct core_guest *g = &h->guest[number];

	g->host = h;
	g->number = number;
	g->pin_budget = ~0u;
	g->ram = calloc(CORE_GUEST_PAGES, PAGE);
	assert_non_null(g->ram);
	assert_int_equal(vgpu_init(&g->vgpu, &h->gpu, g), 0);
	assert_int_equal(vgpu_set_size(&g->vgpu, VGPU_APERTURE, aperture_bytes), 0);
	assert_int_equal(vgpu_set_size(&g->vgpu, VGPU_HIDDEN, hidden_bytes), 0);
	assert_int_equal(vgpu_set_size(&g->vgpu, VGPU_FENCES, 4), 0);
	assert_int_equal(vgpu_open(&g->vgpu), 0);
	return g;
}

/** core_host_pde() - entry @i of the directory that the hardware walks for a guest */
uint32_t core_host_pde(const struct core_guest *g, uint32_t i)
{
	return g->host->ggtt[(vgpu_ppgtt_base(&g->vgpu) >> 16) * 16 + i];
}

/** core_host_table() - the table that the hardware finds there; NULL if there is no memory */
const uint32_t *core_host_table(struct core_guest *g, uint32_t i)
{
	uint32_t pde = core_host_pde(g, i);

	return bus(g->host, (pde & 0xfffff000u) | (uint64_t)(pde & 0xff0u) << 28, PAGE, false);
}

/* An entry of a table that the hardware walks for a guest: its own pinned page, or a page of the module's. */
static void check_table(struct core_guest *g, const uint32_t *table)
{
	struct core_host *h = g->host;
	uint32_t i;

	for (i = 0; i < VGPU_TABLE_ENTRIES; i++) {
		uint64_t addr = (table[i] & 0xfffff000u) | (uint64_t)(table[i] & 0x7f0u) << 28;
		uint64_t page = (addr - GUEST_BUS(g->number)) / PAGE;

		assert_true(table[i] & 1);
		if (addr >= GUEST_BUS(g->number) && page < CORE_GUEST_PAGES)
			assert_true(g->pins[page] > 0);
		else
			assert_true(addr == g->vgpu.scratch.dma[0]);
	}
	assert_int_equal(h->stray, 0);
}

static void check_ppgtt(struct core_guest *g)
{
	uint32_t i;

	for (i = 0; i < VGPU_PPGTT_TABLES && g->vgpu.open; i++) {
		const uint32_t *table = core_host_table(g, i);

		assert_true(core_host_pde(g, i) & 1 && table);
		if (!i || core_host_pde(g, i) != core_host_pde(g, i - 1))
			check_table(g, table);
	}
}

/* What the hardware's entry @index may hold: its owner's pinned page, a scratch page, or the module's own page. */
static void check_entry(struct core_host *h, uint32_t index)
{
	uint64_t gma = (uint64_t)index * PAGE, addr = (h->ggtt[index] & 0xfffff000u) | (uint64_t)(h->ggtt[index] & 0x7f0u) << 28;
	unsigned int i, r;

	assert_true(h->ggtt[index] & 1);
	for (i = 0; i < CORE_GUESTS; i++) {
		struct core_guest *g = &h->guest[i];
		bool own = false;

		if (addr < GUEST_BUS(i) || addr >= GUEST_BUS(i) + (uint64_t)CORE_GUEST_PAGES * PAGE)
			continue;
		assert_true(g->pins[(addr - GUEST_BUS(i)) / PAGE] > 0);
		for (r = VGPU_APERTURE; r <= VGPU_HIDDEN; r++) {
			struct vgpu_range range;

			vgpu_get_range(&g->vgpu, (enum vgpu_resource)r, &range);
			own = own || (gma >= range.base && gma < range.base + range.size);
		}
		assert_true(own);
		return;
	}
	assert_true(addr >= 1ull << 32 && addr < h->next_dma);
}

/** core_host_check() - the invariants: hardware entries and tables, pins and their counter */
void core_host_check(struct core_host *h)
{
	unsigned int i, k;

	for (i = 0; i < GEN75_GGTT_ENTRIES; i++)
		check_entry(h, i);
	for (i = 0; i < CORE_GUESTS; i++) {
		struct vgpu_stats stats;
		uint64_t pins = 0;

		if (!h->guest[i].ram)
			continue;
		for (k = 0; k < CORE_GUEST_PAGES; k++)
			pins += h->guest[i].pins[k];
		vgpu_get_stats(&h->guest[i].vgpu, h->now_ns, &stats);
		assert_int_equal(stats.pinned_pages, pins);
		check_ppgtt(&h->guest[i]);
	}
	assert_int_equal(h->stray, 0);
}

/* --- a guest's driver ------------------------------------------------------------------------------------------------------- */

/** core_guest_next() - as vgpu_sync_next() */
bool core_guest_next(struct core_guest *g, struct vgpu_sync_want *ret_want)
{
	return vgpu_sync_next(&g->vgpu, ret_want);
}

/** core_guest_apply() - as vgpu_sync_apply(), which pins nothing but what was named */
void core_guest_apply(struct core_guest *g, const struct vgpu_sync_want *want)
{
	g->want = want;
	vgpu_sync_apply(&g->vgpu, g->host->now_ns);
	g->want = NULL;
}

/** core_guest_sync() - bring the guest's page tables into force, as a host does before a write to a sync point */
void core_guest_sync(struct core_guest *g, enum vgpu_sync what)
{
	struct vgpu_sync_want want;
	uint32_t i;

	for (i = 0; i < VGPU_ARRAY_SIZE(g->written); i++) {
		if (g->written[i])
			vgpu_ggtt_dirty(&g->vgpu, i);
		g->written[i] = false;
	}
	vgpu_sync_begin(&g->vgpu, what);
	while (core_guest_next(g, &want))
		core_guest_apply(g, &want);
}

/** core_guest_write() - write a register or a GGTT entry */
void core_guest_write(struct core_guest *g, uint32_t offset, uint32_t value)
{
	uint32_t *table = vgpu_ggtt_table(&g->vgpu), index = (offset - GEN75_MMIO_BYTES) / 4;
	enum vgpu_sync what = vgpu_sync_point(&g->vgpu, offset);

	if (offset >= GEN75_MMIO_BYTES && g->maps_table && table) {
		table[index] = value;
		g->written[index / VGPU_TABLE_ENTRIES] = true;
		return;
	}
	if (what)
		core_guest_sync(g, what);
	vgpu_bar0_write(&g->vgpu, offset, &value, 4, g->host->now_ns);
}

/** core_guest_store() - write a dword of the guest's memory, which may be a table of its PPGTT */
void core_guest_store(struct core_guest *g, uint32_t page, uint32_t dw, uint32_t value)
{
	uint32_t i;

	core_guest_dw(g, page)[dw] = value;
	for (i = 0; i < VGPU_PPGTT_TABLES; i++) {
		if (g->told[i] == page + 1ull) {
			g->told[i] = 0;
			vgpu_ppgtt_dirty(&g->vgpu, i);
		}
	}
}

/** core_guest_read() - read a register or a GGTT entry */
uint32_t core_guest_read(struct core_guest *g, uint32_t offset)
{
	uint32_t value;

	vgpu_bar0_read(&g->vgpu, offset, &value, 4, g->host->now_ns);
	return value;
}

/** core_guest_map() - entries of the guest's pages from @gfn on at @gma, write-back */
void core_guest_map(struct core_guest *g, uint64_t gma, uint32_t gfn, uint32_t pages)
{
	uint32_t i;

	for (i = 0; i < pages; i++)
		core_guest_write(g, GEN75_MMIO_BYTES + (uint32_t)(gma / PAGE + i) * 4, (gfn + i) * PAGE | 5);
	core_guest_write(g, 0x101008, 1);
}

/** core_guest_unmap() - entries of no page */
void core_guest_unmap(struct core_guest *g, uint64_t gma, uint32_t pages)
{
	uint32_t i;

	for (i = 0; i < pages; i++)
		core_guest_write(g, GEN75_MMIO_BYTES + (uint32_t)(gma / PAGE + i) * 4, 0);
	core_guest_write(g, 0x101008, 1);
}

/** core_guest_gma() - graphics address of page @page of the hidden range */
uint32_t core_guest_gma(const struct core_guest *g, uint32_t page)
{
	struct vgpu_range range;

	vgpu_get_range(&g->vgpu, VGPU_HIDDEN, &range);
	return (uint32_t)range.base + page * PAGE;
}

/** core_guest_dw() - a page of the guest's memory */
uint32_t *core_guest_dw(struct core_guest *g, uint32_t page)
{
	return (uint32_t *)(g->ram + (size_t)page * PAGE);
}

/** core_guest_ring() - as a driver starts the blitter: entries, status page, ring, interrupts on */
void core_guest_ring(struct core_guest *g)
{
	core_guest_map(g, core_guest_gma(g, CORE_RING_PAGE), CORE_RING_PAGE, CORE_RING_PAGES);
	core_guest_map(g, core_guest_gma(g, CORE_HWS_PAGE), CORE_HWS_PAGE, 1);
	core_guest_map(g, core_guest_gma(g, CORE_DATA_PAGE), CORE_DATA_PAGE, CORE_DATA_PAGES);
	core_guest_write(g, 0x4280, core_guest_gma(g, CORE_HWS_PAGE));
	core_guest_write(g, 0x22038, core_guest_gma(g, CORE_RING_PAGE));
	core_guest_write(g, 0x22034, 0);
	core_guest_write(g, 0x22030, 0);
	core_guest_write(g, 0x2203c, (CORE_RING_PAGES - 1) * PAGE | 1);
	core_guest_write(g, 0x220a8, ~(1u << 22));
	core_guest_write(g, 0x44014, ~(1u << 22));
	core_guest_write(g, 0x4401c, 1u << 22);
	core_guest_write(g, 0x4400c, 1u << 31);
}

/** core_guest_put() - commands into the ring behind its tail, padded to a quadword; not submitted */
void core_guest_put(struct core_guest *g, const uint32_t *dw, uint32_t n)
{
	uint32_t *ring = core_guest_dw(g, CORE_RING_PAGE);
	uint32_t at = core_guest_read(g, 0x22030) / 4, i;

	for (i = 0; i < n + (n & 1); i++)
		ring[(at + i) % (CORE_RING_PAGES * PAGE / 4)] = i < n ? dw[i] : 0;
}

/** core_guest_submit() - commands into the ring, and its tail behind them */
void core_guest_submit(struct core_guest *g, const uint32_t *dw, uint32_t n)
{
	uint32_t tail = core_guest_read(g, 0x22030);

	core_guest_put(g, dw, n);
	core_guest_write(g, 0x22030, (tail + (n + (n & 1)) * 4) % (CORE_RING_PAGES * PAGE));
}

/** core_guest_stats() - its counters now */
struct vgpu_stats core_guest_stats(const struct core_guest *g)
{
	struct vgpu_stats s;

	vgpu_get_stats(&g->vgpu, g->host->now_ns, &s);
	return s;
}

/**
 * core_cmd_fill() - a blit that fills a rectangle, a row of which is as long as it is wide
 * @dw: room for 6 dwords
 * @width, @height: in pixels of 4 bytes
 * Return: how many dwords it is.
 */
uint32_t core_cmd_fill(uint32_t *dw, uint32_t gma, uint32_t width, uint32_t height, uint32_t colour)
{
	const uint32_t cmd[] = {
		XY_COLOR_BLT | BLT_WRITE_RGBA, 3u << 24 | BLT_ROP_PATTERN << 16 | width * 4, 0, height << 16 | width, gma, colour
	};

	memcpy(dw, cmd, sizeof(cmd));
	return VGPU_ARRAY_SIZE(cmd);
}
