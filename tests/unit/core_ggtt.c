// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * GGTT entries: which become the hardware's, what is pinned when, and what is left after each way to take them away.
 */
#include <errno.h>
#include <string.h>

#include "tests/unit/harness/core_host.h"

#include "kmod/core/ggtt.h"

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

static int set_up(void **state)
{
	core_host_init(&host);
	core_host_open(&host, 0, 4 * MIB, 16 * MIB);
	g = core_host_open(&host, 1, AE - A, HE - H);
	core_host_open(&host, 2, 4 * MIB, 16 * MIB);
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

		core_guest_write(g, PTE(rows[i].gma), rows[i].pte);
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
		core_guest_write(g, PTE(H), rows[i].pte);
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
	order.ops.pte_write = order_pte_write;
	order.ops.reg_write = order_reg_write;
	order.ops.unpin = order_unpin;
	order.watched = H;
	host.gpu.ops = &order.ops;
	core_guest_write(g, PTE(H), 20 << 12 | 1);
	core_guest_write(g, PTE(H), 21 << 12 | 1);
	core_guest_write(g, PTE(H), 0);
	core_guest_write(g, PTE(H), 22 << 12 | 1);
	vgpu_dma_unmap(&g->vgpu, 22 << 12, 4096);
	core_guest_write(g, PTE(H), 23 << 12 | 1);
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
	core_guest_write(g, PTE(H + 2 * 4096), 32 << 12 | 1); /* tried again */
	assert_int_equal(stats().pinned_pages, 3);
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
		vgpu_dma_unmap(&g->vgpu, rows[i].iova, rows[i].len);
		if (stats().pinned_pages != rows[i].left)
			fail_msg("%s: %llu left", rows[i].name, (unsigned long long)stats().pinned_pages);
		core_host_check(&host);
	}
	assert_int_equal(core_guest_read(g, PTE(A)), 100 << 12 | 5); /* the guest still sees what it wrote */
	core_guest_map(g, A, 100, 16);
	assert_int_equal(stats().pinned_pages, 16);
	core_guest_unmap(g, A, 16);
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

/* As i915 does at probe and at resume: the whole table to one scratch page of the guest's. */
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

/* Which page a write will pin, told before; core_guest_write() checks that it is the one. */
static void pages_are_foretold(void **state)
{
	struct core_host h;
	struct core_guest *guest;
	const uint32_t own = 0x5005, half = 0x7;
	uint32_t at, i;
	u64 gfn = 99;

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
			{ "not valid", at, 4, &(const uint32_t) { 0x5004 }, -1 },
			{ "upper address bits", at, 4, &(const uint32_t) { 0x5015 }, 0x100005 },
			{ "outside of its partition", at - 4, 4, &own, -1 },
			{ "the last entry", 4 * MIB - 4, 4, &own, -1 },
			{ "over the end", 4 * MIB, 4, &own, -1 },
			{ "a register", 0x22030, 4, &own, -1 },
			{ "two entries", at, 8, (const uint32_t[]) { own, own }, -1 },
			{ "not aligned", at + 2, 4, &own, -1 },
			{ "the lower half", at + 4, 2, &half, 0 },
			{ "a byte of the address", at + 6, 1, &half, 0x78 },
			{ "a byte of an entry that is not valid", at + 9, 1, &half, -1 },
		};

		core_guest_write(guest, at + 4, 0x8001);
		for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
			bool told = vgpu_ggtt_page(&guest->vgpu, rows[i].offset, rows[i].buf, rows[i].len, &gfn);

			if (told != (rows[i].gfn >= 0) || (told && gfn != (u64)rows[i].gfn))
				fail_msg("%s: %d, %#llx", rows[i].name, told, gfn);
		}
	}
	vgpu_close(&guest->vgpu, h.now_ns);
	assert_false(vgpu_ggtt_page(&guest->vgpu, at, &own, 4, &gfn));
	core_host_fini(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries),
		cmocka_unit_test(changes),
		cmocka_unit_test(unpin_comes_last),
		cmocka_unit_test(pin_limit),
		cmocka_unit_test(dma_unmap),
		cmocka_unit_test(scratch_is_not_shared),
		cmocka_unit_test(gm_read),
		cmocka_unit_test(whole_table_to_scratch),
		cmocka_unit_test(pages_are_foretold),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
