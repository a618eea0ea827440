// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * GGTT entries: which become the hardware's, what is pinned when, and what is left after each way to take them away. All of it
 * twice: with entries whose writes trap, and with a table that the guest writes to by itself.
 */
#include <errno.h>
#include <string.h>

#include "tests/guest/lib/cmd.h"
#include "tests/unit/harness/core_host.h"

#include "kmod/core/ggtt.h"
#include "kmod/core/reserve.h"
#include "kmod/core/submit.h"
#include "kmod/core/sync.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define MIB (1u << 20)
#define PTE(gma) (GEN75_MMIO_BYTES + (uint32_t)((gma) >> 12) * 4)
#define A (4u * MIB)
#define AE (12u * MIB)
#define H (144u * MIB)
#define HE (160u * MIB)

static struct core_host host;
static struct core_guest *g;
static bool maps_table;

static int set_up(void **state)
{
	core_host_init(&host);
	core_host_open(&host, 0, 4 * MIB, 16 * MIB);
	g = core_host_open(&host, 1, AE - A, HE - H);
	core_host_open(&host, 2, 4 * MIB, 16 * MIB);
	g->maps_table = maps_table;
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

/* A write to an entry, and what makes it come into force. */
static void put(uint32_t offset, uint32_t value)
{
	core_guest_write(g, offset, value);
	core_guest_write(g, 0x101008, 1);
}

static uint64_t address(uint32_t pte)
{
	return (pte & 0xfffff000u) | (uint64_t)(pte & 0x7f0) << 28;
}

static uint64_t page(uint32_t gfn)
{
	return (2ull << 34) + gfn * 4096ull;
}

static void entries(void **state)
{
	static const struct {
		const char *name;
		uint32_t gma, pte;
		bool mapped;
		unsigned int rejects;
	} rows[] = {
		{ "first of the aperture", A, 3 << 12 | 1, true, 0 },
		{ "last of the aperture", AE - 4096, 4 << 12 | 1, true, 0 },
		{ "first hidden", H, 5 << 12 | 1, true, 0 },
		{ "last hidden", HE - 4096, 6 << 12 | 1, true, 0 },
		{ "cacheability kept", H + 4096, 7 << 12 | 0x80f, true, 0 },
		{ "the same page twice", H + 8192, 5 << 12 | 1, true, 0 },
		{ "not valid", H + 12288, 5 << 12, false, 0 },
		{ "in front of the aperture", A - 4096, 3 << 12 | 1, false, 1 },
		{ "behind the aperture", AE, 3 << 12 | 1, false, 1 },
		{ "the neighbour's hidden memory", HE, 3 << 12 | 1, false, 1 },
		{ "in front of hidden", H - 4096, 3 << 12 | 1, false, 1 },
		{ "the module's part", 0x7ff00000, 3 << 12 | 1, false, 1 },
		{ "the last entry of all", 0x7ffff000, 3 << 12 | 1, false, 1 },
		{ "outside and not valid", A - 8192, 3 << 12, false, 0 },
		{ "no page of the guest's", H + 16384, CORE_GUEST_PAGES << 12 | 1, false, 1 },
		{ "no page of the guest's, above 4 GiB", H + 16384, 3 << 12 | 0x7f0 | 1, false, 1 },
	};
	unsigned int i;

	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		uint64_t rejects = stats().reject_pte, pins = stats().pinned_pages;
		uint32_t before = host.ggtt[rows[i].gma >> 12], gfn = rows[i].pte >> 12, now;

		put(PTE(rows[i].gma), rows[i].pte);
		now = host.ggtt[rows[i].gma >> 12];
		assert_int_equal(core_guest_read(g, PTE(rows[i].gma)), rows[i].pte);
		if (stats().reject_pte != rejects + rows[i].rejects || stats().pinned_pages != pins + rows[i].mapped ||
		    (rows[i].mapped ? address(now) != page(gfn) || (now & 0x80f) != (rows[i].pte & 0x80f) : now != before))
			fail_msg("%s: %#x", rows[i].name, now);
	}
	assert_int_equal(g->pins[5], 2);
	core_host_check(&host);
	vgpu_reset(&g->vgpu, host.now_ns);
	assert_int_equal(stats().pinned_pages, 0);
	assert_int_equal(core_guest_read(g, PTE(H)), 0);
	core_host_check(&host);
}

/* Remap, attributes only, unmap; each leaves exactly the pins of what is mapped. */
static void changes(void **state)
{
	static const struct {
		uint32_t pte;
		unsigned int pins[2];
	} rows[] = {
		{ 10 << 12 | 1, { 1, 0 } },
		{ 11 << 12 | 1, { 0, 1 } },
		{ 11 << 12 | 1, { 0, 1 } },
		{ 11 << 12 | 3, { 0, 1 } },
		{ 10 << 12 | 1, { 1, 0 } },
		{ 10 << 12, { 0, 0 } },
		{ 0, { 0, 0 } },
		{ 11 << 12 | 1, { 0, 1 } },
		{ CORE_GUEST_PAGES << 12 | 1, { 0, 0 } },
		{ 10 << 12 | 5, { 1, 0 } },
		{ 0, { 0, 0 } },
	};
	unsigned int i;

	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		put(PTE(H), rows[i].pte);
		assert_int_equal(g->pins[10], rows[i].pins[0]);
		assert_int_equal(g->pins[11], rows[i].pins[1]);
		core_host_check(&host);
	}
}

/* The order: by the time a page is unpinned the entry is another, and the TLB was flushed after that. */
static struct {
	struct vgpu_host_ops ops;
	uint32_t watched;
	bool flushed_since;
	unsigned int unpins;
} order;

static void order_pte_write(void *ctx, u32 index, u32 pte)
{
	core_host_ops.pte_write(ctx, index, pte);
	order.flushed_since = false;
}

static void order_reg_write(void *ctx, u32 offset, u32 value)
{
	core_host_ops.reg_write(ctx, offset, value);
	if (offset == 0x101008 && value & 1)
		order.flushed_since = true;
}

static void order_unpin(void *guest, u64 gfn)
{
	assert_true(order.flushed_since);
	assert_true(address(host.ggtt[order.watched >> 12]) != page((uint32_t)gfn));
	order.unpins++;
	core_host_ops.unpin(guest, gfn);
}

static void unpin_comes_last(void **state)
{
	order.ops = core_host_ops;
	order.unpins = 0;
	order.ops.pte_write = order_pte_write;
	order.ops.reg_write = order_reg_write;
	order.ops.unpin = order_unpin;
	order.watched = H;
	host.gpu.ops = &order.ops;
	put(PTE(H), 20 << 12 | 1);
	put(PTE(H), 21 << 12 | 1);
	put(PTE(H), 0);
	put(PTE(H), 22 << 12 | 1);
	vgpu_dma_unmap(&g->vgpu, 22 << 12, 4096, host.now_ns);
	put(PTE(H), 23 << 12 | 1);
	vgpu_reset(&g->vgpu, host.now_ns);
	host.gpu.ops = &core_host_ops;
	assert_int_equal(order.unpins, 4);
}

static void pin_limit(void **state)
{
	uint64_t rejects = stats().reject_pte;

	g->pin_budget = 2;
	core_guest_map(g, H, 30, 4);
	assert_int_equal(stats().pinned_pages, 2);
	assert_int_equal(stats().reject_pte, rejects + 2);
	g->pin_budget = ~0u;
	core_host_check(&host);
	put(PTE(H + 2 * 4096), 32 << 12 | 1); /* all of that page of the table are tried again */
	assert_int_equal(stats().pinned_pages, 4);
	assert_int_equal(stats().reject_pte, rejects + 2);
	core_guest_unmap(g, H, 4);
	assert_int_equal(stats().pinned_pages, 0);
}

/* The guest's memory goes away in parts. */
static void dma_unmap(void **state)
{
	static const struct {
		const char *name;
		uint64_t iova, len;
		unsigned int left;
	} rows[] = {
		{ "nothing", 100 << 12, 0, 16 },
		{ "elsewhere", 200 << 12, 1 << 20, 16 },
		{ "one page", 100 << 12, 4096, 15 },
		{ "one byte of a page", (101 << 12) + 5, 1, 14 },
		{ "over a page's end", (102 << 12) + 4095, 2, 12 },
		{ "the same again", 102 << 12, 8192, 12 },
		{ "to the end of 64 bits", 110ull << 12, ~0ull, 6 },
		{ "all", 0, ~0ull, 0 },
	};
	unsigned int i;

	core_guest_map(g, A, 100, 16);
	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		vgpu_dma_unmap(&g->vgpu, rows[i].iova, rows[i].len, host.now_ns);
		if (stats().pinned_pages != rows[i].left)
			fail_msg("%s: %llu left", rows[i].name, (unsigned long long)stats().pinned_pages);
		core_host_check(&host);
	}
	assert_int_equal(core_guest_read(g, PTE(A)), 100 << 12 | 5); /* the guest still sees what it wrote */
	core_guest_map(g, A, 100, 16);
	assert_int_equal(stats().pinned_pages, 16);
	core_guest_unmap(g, A, 16);
}

/* Memory that went away and came back, which the driver does not know: its entries are in force again at the next sync. */
static void comes_back(void **state)
{
	uint64_t rejects;

	core_guest_map(g, A, 100, 16);
	core_guest_map(g, H, 100, 16);
	rejects = stats().reject_pte;
	vgpu_dma_unmap(&g->vgpu, 104 << 12, 4 << 12, host.now_ns);
	assert_int_equal(stats().pinned_pages, 24);
	g->pin_budget = 0; /* not yet back */
	core_guest_write(g, 0x101008, 1);
	assert_int_equal(stats().pinned_pages, 24);
	g->pin_budget = ~0u;
	put(PTE(A + 4 * 4096), 0); /* meanwhile one of them is another */
	put(PTE(H + 5 * 4096), 200 << 12 | 1);
	core_guest_write(g, 0x101008, 1);
	core_guest_write(g, 0x101008, 1);
	assert_int_equal(stats().pinned_pages, 31);
	assert_int_equal(g->pins[104], 1);
	assert_int_equal(g->pins[105], 1);
	assert_int_equal(g->pins[200], 1);
	assert_true(address(host.ggtt[(H + 4 * 4096) >> 12]) == page(104));
	assert_int_equal(stats().reject_pte, rejects);
	core_host_check(&host);
	core_guest_unmap(g, A, 16);
	core_guest_unmap(g, H, 16);
	assert_int_equal(stats().pinned_pages, 0);
}

/* What cannot be pinned is tried again, but less and less often: each attempt costs the host. */
static struct {
	struct vgpu_host_ops ops;
	unsigned int pins;
} attempts;

static int counted_pin(void *guest, u64 gfn, u64 *ret_dma)
{
	attempts.pins++;
	return core_host_ops.pin(guest, gfn, ret_dma);
}

static void attempts_are_few(void **state)
{
	unsigned int i;

	attempts.ops = core_host_ops;
	attempts.ops.pin = counted_pin;
	host.gpu.ops = &attempts.ops;
	put(PTE(H), CORE_GUEST_PAGES << 12 | 1);
	attempts.pins = 0;
	for (i = 0; i < 16 * 1024; i++)
		core_guest_write(g, 0x101008, 1);
	assert_in_range(attempts.pins, 20, 30);
	put(PTE(H), 0);
	core_guest_write(g, 0x101008, 1);
	attempts.pins = 0;
	for (i = 0; i < 4096; i++)
		core_guest_write(g, 0x101008, 1);
	assert_int_equal(attempts.pins, 0);
	host.gpu.ops = &core_host_ops;
}

/* What the guest changes while the host pins is the next sync's; the first one goes by its copy. */
static void changes_meanwhile(void **state)
{
	struct vgpu_sync_want want;

	core_guest_write(g, PTE(H), 80 << 12 | 1);
	core_guest_write(g, PTE(H + 4096), 81 << 12 | 1);
	if (maps_table)
		vgpu_ggtt_dirty(&g->vgpu, PTE(H) % GEN75_MMIO_BYTES / 4096);
	memset(g->written, 0, sizeof(g->written));
	vgpu_sync_begin(&g->vgpu, VGPU_SYNC_ENTRIES);
	assert_true(vgpu_sync_next(&g->vgpu, &want));
	assert_int_equal(want.count, 2);
	assert_int_equal(want.gfn[0], 80);
	assert_int_equal(want.gfn[1], 81);
	core_guest_write(g, PTE(H), 82 << 12 | 1);
	core_guest_write(g, PTE(H + 4096), 0);
	core_guest_apply(g, &want);
	assert_true(address(host.ggtt[H >> 12]) == page(80));
	assert_true(address(host.ggtt[(H >> 12) + 1]) == page(81));
	assert_false(vgpu_sync_next(&g->vgpu, &want));
	core_guest_write(g, 0x101008, 1);
	assert_true(address(host.ggtt[H >> 12]) == page(82));
	assert_int_equal(g->pins[80] + g->pins[81], 0);
	core_host_check(&host);
	put(PTE(H), 0);
}

/* What the host does not pin although it was named leads to scratch. */
static void not_pinned(void **state)
{
	uint32_t scratch = host.ggtt[H >> 12];
	uint64_t rejects = stats().reject_pte;

	g->pin_budget = 0;
	put(PTE(H), 80 << 12 | 1);
	assert_int_equal(host.ggtt[H >> 12], scratch);
	assert_int_equal(stats().reject_pte, rejects + 1);
	g->pin_budget = ~0u;
	put(PTE(H), 0);
}

/* The same writes, trapped in one machine and to a mapped table in the other: the same hardware table, pins and counters. */
static void both_ways_are_one(void **state)
{
	static struct core_host h[2];
	struct core_guest *guest[2];
	struct vgpu_stats s[2];
	uint32_t i, k, seed = 1, steps;

	for (k = 0; k < 2; k++) {
		core_host_init(&h[k]);
		guest[k] = core_host_open(&h[k], 0, 4 * MIB, 8 * MIB);
		guest[k]->maps_table = k;
	}
	for (i = 0; i < 20000; i++) {
		uint32_t gma, pte;

		seed = seed * 1664525 + 1013904223;
		steps = seed >> 24;
		gma = core_guest_gma(guest[0], (seed >> 8) % 2100);
		seed = seed * 1664525 + 1013904223;
		pte = (seed >> 8) % (CORE_GUEST_PAGES + 20) << 12 | (seed >> 30 ? 5 : 4);
		for (k = 0; k < 2; k++) {
			core_guest_write(guest[k], PTE(gma), pte);
			if (steps < 8)
				core_guest_write(guest[k], 0x101008, 1);
			if (steps == 9)
				vgpu_dma_unmap(&guest[k]->vgpu, pte & 0xfffff000, 100 << 12, h[k].now_ns);
			if (steps == 10 && i % 16 == 0)
				vgpu_reset(&guest[k]->vgpu, h[k].now_ns);
		}
	}
	for (k = 0; k < 2; k++) {
		core_guest_write(guest[k], 0x101008, 1);
		core_host_check(&h[k]);
		vgpu_get_stats(&guest[k]->vgpu, h[k].now_ns, &s[k]);
		assert_true(s[k].traps_ggtt == (k ? 0 : 20000) && s[k].pinned_pages && s[k].reject_pte &&
			    s[k].ggtt_synced_entries);
		s[k].traps_ggtt = 0;
	}
	assert_memory_equal(h[0].ggtt, h[1].ggtt, GEN75_GGTT_ENTRIES * 4);
	assert_memory_equal(guest[0]->pins, guest[1]->pins, sizeof(guest[0]->pins));
	assert_memory_equal(&s[0], &s[1], sizeof(s[0]));
	for (k = 0; k < 2; k++)
		core_host_fini(&h[k]);
}

/* A blit that lasts for some milliseconds, of which the core does not hear before core_host_run(). */
static void start_work(struct core_guest *guest)
{
	const uint32_t cmd[] = { XY_COLOR_BLT | BLT_WRITE_RGBA,
				 3u << 24 | BLT_ROP_PATTERN << 16 | 4096,
				 0,
				 200u << 16 | 1024,
				 core_guest_gma(guest, CORE_DATA_PAGE),
				 0x3a3a };

	core_guest_submit(guest, cmd, VGPU_ARRAY_SIZE(cmd));
	assert_true(vgpu_submit_in_flight(&guest->vgpu));
}

static struct core_guest *working_guest(struct core_host *h)
{
	struct core_guest *guest;

	core_host_init_slow(h, 1);
	guest = core_host_open(h, 0, 8 * MIB, 32 * MIB);
	guest->maps_table = maps_table;
	core_guest_ring(guest);
	return guest;
}

/* A page that leaves the table while the vGPU has work in flight stays pinned until that has ended. */
static void limbo(void **state)
{
	static struct core_host h;
	struct core_guest *guest = working_guest(&h);
	uint32_t gma = core_guest_gma(guest, 0) + 8 * MIB, i;

	core_guest_map(guest, gma, 600, 4);
	core_guest_unmap(guest, gma, 1);
	assert_int_equal(guest->pins[600], 0);
	start_work(guest);
	core_guest_unmap(guest, gma, 4);
	core_guest_map(guest, gma, 700, 1);
	core_guest_map(guest, gma, 601, 1);
	for (i = 0; i < 4; i++)
		assert_int_equal(guest->pins[600 + i], i == 1 ? 2 : i != 0);
	assert_int_equal(guest->pins[700], 1);
	assert_true(vgpu_submit_in_flight(&guest->vgpu));
	core_host_check(&h);
	core_host_run(&h, 400 * CORE_MS);
	assert_false(vgpu_submit_in_flight(&guest->vgpu));
	for (i = 0; i < 4; i++)
		assert_int_equal(guest->pins[600 + i], i == 1);
	assert_int_equal(guest->pins[700], 0);

	/* Memory that goes away does not wait for the work, but the work for it. */
	start_work(guest);
	core_guest_unmap(guest, gma, 1);
	assert_int_equal(guest->pins[601], 1);
	vgpu_dma_unmap(&guest->vgpu, 600 << 12, 8 << 12, h.now_ns);
	assert_int_equal(guest->pins[601], 0);
	assert_false(vgpu_submit_in_flight(&guest->vgpu));
	core_host_check(&h);
	core_host_fini(&h);
}

/* An engine that is never idle: pages wait for what it had when they went, not for what it was given since. */
static void limbo_of_the_busy(void **state)
{
	struct vgpu_hw_engine *eng = &host.gpu.engine[VGPU_VECS];
	uint32_t *seqno = (uint32_t *)((uint8_t *)vgpu_reserve_own(&host.gpu, OWN_STATUS) + VGPU_VECS * 64), i;
	const uint32_t at = *seqno;

	core_guest_map(g, H, 600, 4);
	eng->vgpu = &g->vgpu;
	eng->seqno = at + 2;
	*seqno = at + 1;
	core_guest_unmap(g, H, 1);
	eng->seqno = at + 3;
	core_guest_unmap(g, H + 4096, 1);
	assert_int_equal(g->pins[600] + g->pins[601], 2);
	*seqno = at + 2;
	core_guest_unmap(g, H + 8192, 1);
	assert_int_equal(g->pins[600], 0);
	assert_int_equal(g->pins[601], 1);
	assert_int_equal(g->pins[602], 1);
	eng->seqno = at + 4;
	core_guest_unmap(g, H + 3 * 4096, 1);
	assert_int_equal(g->pins[601] + g->pins[602] + g->pins[603], 3);
	*seqno = at + 3;
	core_guest_write(g, PTE(H), 604 << 12 | 1);
	core_guest_write(g, 0x101008, 1);
	assert_int_equal(g->pins[601], 0);
	assert_int_equal(g->pins[603], 1);
	*seqno = at + 4;
	core_guest_write(g, 0x101008, 1);
	assert_int_equal(g->pins[602] + g->pins[603], 0);
	eng->vgpu = NULL;
	*seqno = eng->seqno = at;
	for (i = 0; i < 2; i++)
		put(PTE(H), 0);
	assert_int_equal(stats().pinned_pages, 0);
}

/* Closed or reset with work in flight and pages in limbo. */
static void limbo_ends_with_its_guest(void **state)
{
	static struct core_host h;
	struct core_guest *guest = working_guest(&h);
	uint32_t gma = core_guest_gma(guest, 0) + 8 * MIB;

	start_work(guest);
	core_guest_map(guest, gma, 600, 4);
	core_guest_unmap(guest, gma, 4);
	assert_int_equal(guest->pins[600], 1);
	vgpu_reset(&guest->vgpu, h.now_ns);
	assert_int_equal(guest->pins[600], 0);
	core_host_check(&h);
	core_guest_ring(guest);
	start_work(guest);
	core_guest_map(guest, gma, 600, 4);
	core_guest_unmap(guest, gma, 4);
	assert_int_equal(guest->pins[600], 1);
	vgpu_close(&guest->vgpu, h.now_ns);
	assert_int_equal(guest->pins[600], 0);
	core_host_check(&h);
	core_host_fini(&h);
}

/* When limbo has no room left, new work waits until the old one has ended and all that the guest has changed is in force. */
static void limbo_is_full(void **state)
{
	static struct core_host h;
	struct core_guest *guest = working_guest(&h);
	const uint32_t gma = core_guest_gma(guest, 0) + 8 * MIB, target = gma + 10 * MIB;
	const uint32_t store[] = { MI_STORE_DWORD_IMM | MI_USE_GGTT, 0, target, 0xf1f0 };
	uint32_t i;

	start_work(guest);
	for (i = 0; !vgpu_sync_full(&guest->vgpu) && i < 200; i++)
		core_guest_map(guest, gma + i % 4 * 4 * MIB, 300 + i / 4 % 2, 700);
	assert_true(vgpu_sync_full(&guest->vgpu));
	assert_in_range(guest->vgpu.limbo.count, VGPU_LIMBO_PINS - VGPU_TABLE_ENTRIES, VGPU_LIMBO_PINS);
	core_host_check(&h);
	/* A new page, and a submission that stores to it. */
	core_guest_map(guest, target, 1010, 1);
	assert_int_equal(guest->pins[1010], 0);
	core_guest_submit(guest, store, VGPU_ARRAY_SIZE(store));
	assert_true(vgpu_sync_full(&guest->vgpu));
	core_host_run(&h, 800 * CORE_MS);
	assert_false(vgpu_sync_full(&guest->vgpu));
	assert_false(vgpu_submit_in_flight(&guest->vgpu));
	assert_int_equal(guest->vgpu.limbo.count, 0);
	assert_int_equal(core_guest_dw(guest, 1010)[0], 0xf1f0);
	core_host_check(&h);
	core_host_fini(&h);
}

/* An entry that points nowhere points to a page of this guest alone. */
static void scratch_is_not_shared(void **state)
{
	assert_true(address(host.ggtt[A >> 12]) == address(host.ggtt[H >> 12]));
	assert_true(address(host.ggtt[A >> 12]) != address(host.ggtt[0]));
	assert_true(address(host.ggtt[A >> 12]) != address(host.ggtt[AE >> 12]));
	assert_true(address(host.ggtt[A >> 12]) != address(host.ggtt[0x40000]));
}

static void gm_read(void **state)
{
	static const struct {
		const char *name;
		uint64_t gma;
		uint32_t len;
		int want;
	} rows[] = {
		{ "inside", H + 8, 16, 0 },
		{ "over pages that are not neighbours", H + 4096 - 8, 16, 0 },
		{ "three pages", H, 3 * 4096, 0 },
		{ "nothing", H, 0, 0 },
		{ "over the last mapped page", H + 3 * 4096 - 8, 16, -EFAULT },
		{ "not mapped", H + 8 * 4096, 4, -EFAULT },
		{ "in front", H - 4, 8, -EFAULT },
		{ "the module's ring", 0x7ff00000, 4, -EFAULT },
		{ "beyond all", 0x80000000, 4, -EFAULT },
		{ "beyond 32 bits", (1ull << 32) + H, 4, -EFAULT },
	};
	static const uint32_t gfn[3] = { 50, 40, 60 };
	uint8_t buf[3 * 4096];
	unsigned int i, k;

	for (i = 0; i < 3; i++) {
		core_guest_map(g, H + i * 4096, gfn[i], 1);
		memset(core_guest_dw(g, gfn[i]), i + 1, 4096);
	}
	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		if (vgpu_gm_read(&g->vgpu, rows[i].gma, buf, rows[i].len) != rows[i].want)
			fail_msg("%s", rows[i].name);
		for (k = 0; k < rows[i].len && !rows[i].want; k++)
			assert_int_equal(buf[k], (rows[i].gma + k - H) / 4096 + 1);
	}
	core_guest_unmap(g, H, 3);
}

/* As i915 does at resume, and natively at probe: the whole table to one scratch page of the guest's. */
static void whole_table_to_scratch(void **state)
{
	uint32_t i;

	for (i = 0; i < GEN75_GGTT_ENTRIES; i++)
		core_guest_write(g, GEN75_MMIO_BYTES + 4 * i, 70 << 12 | 5);
	core_guest_write(g, 0x101008, 1);
	assert_int_equal(g->pins[70], (AE - A + HE - H) / 4096);
	for (i = 0; i < GEN75_GGTT_ENTRIES; i += 1111)
		assert_int_equal(core_guest_read(g, GEN75_MMIO_BYTES + 4 * i), 70 << 12 | 5);
	core_host_check(&host);
	vgpu_reset(&g->vgpu, host.now_ns);
	assert_int_equal(g->pins[70], 0);
}

/* Which pages a trapped write to entries of any size needs, named before. */
static void pages_are_named(void **state)
{
	struct core_host h;
	struct core_guest *guest;
	struct vgpu_sync_want want;
	const uint32_t own = 0x5005, half = 0x7;
	uint32_t at, i, count;

	core_host_init(&h);
	guest = core_host_open(&h, 0, 8 * MIB, 16 * MIB);
	at = GEN75_MMIO_BYTES + core_guest_gma(guest, 0) / 4096 * 4;
	{
		const struct {
			const char *name;
			uint32_t offset, len;
			const void *buf;
			int gfn; /* -1: none */
		} rows[] = {
			{ "its own entry", at, 4, &own, 5 },
			{ "an entry as it was", at, 4, &(const uint32_t) { 0x4005 }, -1 },
			{ "not valid", at, 4, &(const uint32_t) { 0x5004 }, -1 },
			{ "upper address bits", at, 4, &(const uint32_t) { 0x5015 }, 0x100005 },
			{ "outside of its partition", at - 4, 4, &own, -1 },
			{ "the last entry", 4 * MIB - 4, 4, &own, -1 },
			{ "over the end", 4 * MIB, 4, &own, -1 },
			{ "a register", 0x22028, 4, &own, -1 },
			{ "two entries of a page", at + 16, 8, (const uint32_t[]) { own, own }, 5 },
			{ "not aligned", at + 2, 4, &own, -1 },
			{ "the lower half", at + 4, 2, &half, 0 },
			{ "a byte of the address", at + 6, 1, &half, 0x78 },
			{ "a byte of an entry that is not valid", at + 9, 1, &half, -1 },
		};

		for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
			core_guest_write(guest, at, 0x4005);
			core_guest_write(guest, at + 4, 0x8001);
			core_guest_unmap(guest, core_guest_gma(guest, 2), 4);
			vgpu_bar0_write(&guest->vgpu, rows[i].offset, rows[i].buf, rows[i].len, 0);
			vgpu_sync_begin(&guest->vgpu, VGPU_SYNC_ENTRIES);
			for (count = 0; vgpu_sync_next(&guest->vgpu, &want); core_guest_apply(guest, &want)) {
				count += want.count;
				if (want.count && want.gfn[0] != (u32)rows[i].gfn)
					fail_msg("%s: %#x", rows[i].name, want.gfn[0]);
			}
			if (count != (rows[i].gfn >= 0))
				fail_msg("%s: %u", rows[i].name, count);
		}
	}
	vgpu_close(&guest->vgpu, h.now_ns);
	vgpu_sync_begin(&guest->vgpu, VGPU_SYNC_SUBMIT);
	assert_false(vgpu_sync_next(&guest->vgpu, &want));
	assert_null(vgpu_ggtt_table(&guest->vgpu));
	core_host_fini(&h);
}

/* Which accesses a sync has to come before; those of 8 bytes cover two registers. */
static void sync_points(void **state)
{
	static const struct {
		uint32_t offset;
		enum vgpu_sync want;
	} rows[] = {
		{ 0x101008, VGPU_SYNC_ENTRIES }, { 0x101010, VGPU_SYNC_NONE },	{ 0x2030, VGPU_SYNC_SUBMIT },
		{ 0x12034, VGPU_SYNC_SUBMIT },	 { 0x22038, VGPU_SYNC_SUBMIT }, { 0x1a03c, VGPU_SYNC_SUBMIT },
		{ 0x2209c, VGPU_SYNC_SUBMIT },	 { 0x22098, VGPU_SYNC_SUBMIT }, { 0x2228, VGPU_SYNC_ENTRIES },
		{ 0x1a228, VGPU_SYNC_ENTRIES },	 { 0x22220, VGPU_SYNC_NONE },	{ 0x22028, VGPU_SYNC_NONE },
		{ 0x22040, VGPU_SYNC_NONE },	 { 0x22032, VGPU_SYNC_SUBMIT }, { 0, VGPU_SYNC_NONE },
		{ 0x200000, VGPU_SYNC_NONE },	 { 0x22a030, VGPU_SYNC_NONE },	{ ~0u, VGPU_SYNC_NONE },
		{ 0x941c, VGPU_SYNC_NONE },	 { 0x2080, VGPU_SYNC_NONE },
	};
	unsigned int i;

	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		if (vgpu_sync_point(&g->vgpu, rows[i].offset) != rows[i].want)
			fail_msg("%#x", rows[i].offset);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries),
		cmocka_unit_test(changes),
		cmocka_unit_test(unpin_comes_last),
		cmocka_unit_test(pin_limit),
		cmocka_unit_test(dma_unmap),
		cmocka_unit_test(comes_back),
		cmocka_unit_test(attempts_are_few),
		cmocka_unit_test(changes_meanwhile),
		cmocka_unit_test(not_pinned),
		cmocka_unit_test(both_ways_are_one),
		cmocka_unit_test(limbo),
		cmocka_unit_test(limbo_of_the_busy),
		cmocka_unit_test(limbo_ends_with_its_guest),
		cmocka_unit_test(limbo_is_full),
		cmocka_unit_test(scratch_is_not_shared),
		cmocka_unit_test(gm_read),
		cmocka_unit_test(whole_table_to_scratch),
		cmocka_unit_test(pages_are_named),
		cmocka_unit_test(sync_points),
	};
	int failed;

	failed = cmocka_run_group_tests(tests, set_up, tear_down);
	maps_table = true;
	return failed + cmocka_run_group_tests(tests, set_up, tear_down);
}
