// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The shadow of a guest's PPGTT: which tables the hardware walks, what of the guest's is looked at when, and what is left after each
 * way to take it away. A dumb oracle computes every entry of the hardware's from what the guest has written.
 *
 * All of it with a host that tells of writes to tables, and with one that cannot; `VGPU_FUZZ_SEED=n VGPU_FUZZ_STEPS=n` as in core_fuzz.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/guest/lib/cmd.h"
#include "tests/unit/harness/core_host.h"

#include "kmod/core/ppgtt.h"
#include "kmod/core/submit.h"
#include "kmod/core/sync.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define MIB (1u << 20)
#define APERTURE (8 * MIB)
#define HIDDEN (32 * MIB)
#define DIRECTORY 4096u /* page of the hidden range at which the directory is: 512 of its slots */
#define OTHER_DIRECTORY (DIRECTORY + 1024)
#define PDES 512u
#define TABLE 300u /* page of the guest's at which its tables begin */

static struct core_host host;
static struct core_guest *g;
static bool tells, maps_table;

static void open_guest(unsigned int speed_pct)
{
	core_host_init_slow(&host, speed_pct);
	core_host_open(&host, 1, APERTURE, HIDDEN);
	g = core_host_open(&host, 0, APERTURE, HIDDEN);
	core_host_open(&host, 2, APERTURE, HIDDEN);
	g->tells = tells;
	g->maps_table = maps_table;
	core_guest_ring(g);
}

static int set_up(void **state)
{
	open_guest(1);
	return 0;
}

static int tear_down(void **state)
{
	core_host_check(&host);
	core_host_fini(&host);
	return 0;
}

static struct vgpu_stats stats(void)
{
	struct vgpu_stats s;

	vgpu_get_stats(&g->vgpu, host.now_ns, &s);
	return s;
}

static uint32_t entry_of(uint32_t gma)
{
	return GEN75_MMIO_BYTES + gma / 4096 * 4;
}

/* The value of PP_DIR_BASE for a directory whose slots begin at page @page of the hidden range. */
static uint32_t base(uint32_t page)
{
	return core_guest_gma(g, page) / 4096 * 4 << 10;
}

/* Not in force before the next sync. */
static void set_pde(uint32_t i, uint32_t pde)
{
	core_guest_write(g, entry_of(core_guest_gma(g, DIRECTORY + i)), pde);
}

static void set_pte(uint32_t table, uint32_t i, uint32_t pte)
{
	core_guest_store(g, table, i, pte);
}

static uint32_t valid(uint32_t gfn)
{
	return gfn << 12 | 5;
}

/* A write to TAIL that submits nothing, but may have. */
static void submit_nothing(void)
{
	core_guest_write(g, 0x22030, core_guest_read(g, 0x22030));
}

static void flush(void)
{
	core_guest_write(g, 0x101008, 1);
}

static void load(uint32_t page)
{
	core_guest_write(g, 0x22228, base(page));
}

/* --- the oracle ------------------------------------------------------------------------------------------------------------ */

static uint32_t scratch(void)
{
	uint64_t dma = g->vgpu.scratch.dma[0];

	return (uint32_t)(dma & 0xfffff000u) | (uint32_t)(dma >> 28 & 0x7f0) | 5;
}

/* What an entry of the guest's has to be for the hardware. */
static uint32_t translated(uint32_t pte)
{
	uint64_t gfn = (pte & 0xfffff000u) >> 12 | (uint64_t)(pte & 0x7f0) << 16, dma;

	if (!(pte & 1) || gfn >= CORE_GUEST_PAGES)
		return scratch();
	dma = ((uint64_t)g->number + 1) << 34 | gfn << 12;
	return (uint32_t)(dma & 0xfffff000u) | (uint32_t)(dma >> 28 & 0x7f0) | (pte & 0x80e) | 1;
}

static bool own(uint32_t index)
{
	struct vgpu_range a, h;

	vgpu_get_range(&g->vgpu, VGPU_APERTURE, &a);
	vgpu_get_range(&g->vgpu, VGPU_HIDDEN, &h);
	return index - a.base / 4096 < a.size / 4096 || index - h.base / 4096 < h.size / 4096;
}

/* Every entry of the GGTT's that is the guest's, and every one of each of the 512 tables, as a dumb computation from all that it wrote. */
static void assert_as_the_oracle_says(uint32_t directory)
{
	const uint32_t *view = vgpu_ggtt_table(&g->vgpu);
	uint32_t i, k, first = core_guest_gma(g, directory) / 4096;

	for (i = 0; i < GEN75_GGTT_ENTRIES; i++) {
		if (own(i) && host.ggtt[i] != translated(view[i]))
			fail_msg("GGTT entry %#x: %#x instead of %#x", i, host.ggtt[i], translated(view[i]));
	}
	for (i = 0; i < PDES; i++) {
		const uint32_t *table = core_host_table(g, i), *guest = NULL;

		assert_true(core_host_pde(g, i) & 1);
		assert_non_null(table);
		if (directory && translated(view[first + i]) != scratch())
			guest = core_guest_dw(g, view[first + i] >> 12);
		for (k = 0; k < 1024; k++) {
			if (table[k] != (guest ? translated(guest[k]) : scratch()))
				fail_msg("table %u, entry %u: %#x of %#x", i, k, table[k], guest ? guest[k] : 0);
		}
	}
}

/* --- loading --------------------------------------------------------------------------------------------------------------- */

static void directories(void **state)
{
	uint32_t hidden = core_guest_gma(g, 0), aperture = (uint32_t)g->vgpu.own[VGPU_APERTURE].base, i;
	const struct {
		const char *name;
		uint32_t gma, low;
		int want;
	} rows[] = {
		{ "hidden", hidden, 0, 0 },
		{ "the end of hidden", hidden + HIDDEN - 2 * MIB, 0, 0 },
		{ "the aperture", aperture, 0, 0 },
		{ "the end of the aperture", aperture + APERTURE - 2 * MIB, 0, 0 },
		{ "over the end of hidden", hidden + HIDDEN - 2 * MIB + 0x10000, 0, -EINVAL },
		{ "over the end of the aperture", aperture + APERTURE - 2 * MIB + 0x10000, 0, -EINVAL },
		{ "in front of hidden", hidden - 0x10000, 0, -EINVAL },
		{ "a neighbour's", hidden - 4 * MIB, 0, -EINVAL },
		{ "the module's", vgpu_ppgtt_base(&g->vgpu) >> 12 << 12, 0, -EINVAL },
		{ "the end of all", 0x7fff0000, 0, -EINVAL },
		{ "low bits", hidden, 1 << 15, -EINVAL },
		{ "more low bits", hidden, 1, -EINVAL },
	};

	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		uint32_t value = rows[i].gma / 4096 * 4 << 10 | rows[i].low;
		uint64_t rejects = stats().reject_address;

		core_guest_write(g, 0x2228, value);
		if (vgpu_ppgtt_is(&g->vgpu, value) != !rows[i].want || stats().reject_address != rejects + !!rows[i].want ||
		    vgpu_ppgtt_load(&g->vgpu, value) != rows[i].want)
			fail_msg("%s", rows[i].name);
		assert_int_equal(core_guest_read(g, 0x2228), value);
	}
	/* Each vGPU's is its own, where the module's entries are. */
	for (i = 0; i < 3; i++) {
		uint32_t at = (vgpu_ppgtt_base(&host.guest[i].vgpu) >> 16) * 16;

		assert_int_equal(vgpu_ppgtt_base(&host.guest[i].vgpu) & 0xffff, 0);
		assert_true(at >= host.gpu.reserve && at + PDES <= GEN75_GGTT_ENTRIES);
		assert_true(!i || at != (vgpu_ppgtt_base(&host.guest[i - 1].vgpu) >> 16) * 16);
	}
}

/* Nothing is loaded, then one directory, another, none. */
static void another_directory(void **state)
{
	unsigned int allocs = host.allocs;

	set_pte(TABLE, 7, valid(470));
	set_pte(TABLE + 1, 8, valid(471));
	set_pde(3, valid(TABLE));
	core_guest_write(g, entry_of(core_guest_gma(g, OTHER_DIRECTORY + 3)), valid(TABLE + 1));
	submit_nothing();
	assert_as_the_oracle_says(0);
	load(DIRECTORY);
	assert_as_the_oracle_says(0);
	submit_nothing();
	assert_as_the_oracle_says(DIRECTORY);
	assert_int_equal(g->pins[470], 1);
	load(DIRECTORY);
	assert_as_the_oracle_says(DIRECTORY); /* the same again changes nothing */
	load(OTHER_DIRECTORY);
	submit_nothing();
	assert_as_the_oracle_says(OTHER_DIRECTORY);
	assert_int_equal(g->pins[470], 0);
	assert_int_equal(g->pins[471], 1);
	vgpu_reset(&g->vgpu, host.now_ns);
	assert_as_the_oracle_says(0);
	assert_false(vgpu_ppgtt_is(&g->vgpu, base(OTHER_DIRECTORY)));
	assert_int_equal(host.allocs, allocs);
	assert_int_equal(stats().pinned_pages, 0);
}

/* --- what a sync looks at --------------------------------------------------------------------------------------------------- */

/* As i915 does: all directory entries that it does not use lead to one table, full of entries for its scratch page. */
static void one_table_for_all(void **state)
{
	unsigned int allocs = host.allocs;
	uint64_t compared;
	uint32_t i;

	for (i = 0; i < 1024; i++)
		set_pte(TABLE, i, valid(460));
	for (i = 0; i < PDES; i++)
		set_pde(i, valid(TABLE));
	load(DIRECTORY);
	submit_nothing();
	assert_as_the_oracle_says(DIRECTORY);
	assert_int_equal(host.allocs, allocs + 2);
	assert_int_equal(g->pins[460], 1024);
	set_pte(TABLE + 1, 5, valid(461));
	set_pde(100, valid(TABLE + 1));
	submit_nothing();
	assert_as_the_oracle_says(DIRECTORY);
	assert_int_equal(host.allocs, allocs + 4);
	compared = stats().ppgtt_compared_tables;
	submit_nothing();
	assert_int_equal(stats().ppgtt_compared_tables, compared + (tells ? 0 : 2));
	set_pte(TABLE + 1, 6, valid(462));
	set_pte(TABLE + 1, 7, valid(463));
	submit_nothing();
	assert_as_the_oracle_says(DIRECTORY);
	assert_int_equal(stats().ppgtt_compared_tables, compared + (tells ? 1 : 4));
	for (i = 0; i < PDES; i++)
		set_pde(i, 0);
	submit_nothing();
	assert_as_the_oracle_says(DIRECTORY);
	assert_int_equal(host.allocs, allocs);
	assert_int_equal(g->pins[460] + g->pins[461], 0);
}

static void only_submissions_need_it(void **state)
{
	uint64_t compared, synced;

	set_pde(0, valid(TABLE));
	load(DIRECTORY);
	submit_nothing();
	compared = stats().ppgtt_compared_tables;
	synced = stats().ppgtt_synced_entries;
	set_pte(TABLE, 1, valid(460));
	set_pte(TABLE, 2, 0x1234000); /* not valid: a change that costs nothing */
	set_pde(1, valid(TABLE + 1));
	flush();
	assert_int_equal(stats().ppgtt_compared_tables, compared);
	assert_int_equal(g->pins[460], 0);
	submit_nothing();
	assert_as_the_oracle_says(DIRECTORY);
	assert_int_equal(stats().ppgtt_compared_tables, compared + 2);
	assert_int_equal(stats().ppgtt_synced_entries, synced + 2);
	set_pte(TABLE, 2, 0x1235000);
	set_pte(TABLE, 1, valid(460) ^ 8); /* cacheability alone */
	submit_nothing();
	assert_as_the_oracle_says(DIRECTORY);
	assert_int_equal(stats().ppgtt_synced_entries, synced + 4);
	assert_int_equal(g->pins[460], 1);
}

/* The first and the last entry of the directory, each alone. */
static void edges_of_the_directory(void **state)
{
	static const uint32_t slot[] = { 0, PDES - 1 };
	uint32_t i;

	set_pte(TABLE, 1023, valid(460));
	load(DIRECTORY);
	submit_nothing();
	for (i = 0; i < 4; i++) {
		set_pde(slot[i % 2], i < 2 ? valid(TABLE) : 0);
		submit_nothing();
		assert_as_the_oracle_says(DIRECTORY);
	}
}

/* A write that comes as soon as the copy of a table is made: the host must have been asked to tell of it by then. */
static bool told_in_time;

static int read_and_write(void *guest, u64 gpa, void *buf, size_t len)
{
	int err = core_host_ops.guest_read(guest, gpa, buf, len);
	uint32_t i;

	if (gpa >> 12 != TABLE)
		return err;
	core_guest_dw(g, TABLE)[1] = valid(461);
	for (i = 0; i < VGPU_PPGTT_TABLES; i++)
		told_in_time |= g->told[i] == TABLE + 1;
	return err;
}

static void written_while_copied(void **state)
{
	struct vgpu_host_ops ops = core_host_ops;
	uint32_t i;

	ops.guest_read = read_and_write;
	told_in_time = false;
	set_pde(0, valid(TABLE));
	set_pte(TABLE, 1, valid(460));
	load(DIRECTORY);
	host.gpu.ops = &ops;
	submit_nothing();
	host.gpu.ops = &core_host_ops;
	assert_int_equal(core_host_table(g, 0)[1], translated(valid(460)));
	assert_int_equal(told_in_time, tells);
	for (i = 0; i < VGPU_PPGTT_TABLES; i++) {
		if (g->told[i] == TABLE + 1)
			vgpu_ppgtt_dirty(&g->vgpu, i);
	}
	submit_nothing();
	assert_as_the_oracle_says(DIRECTORY);
}

/* Entries of no page of the guest's lead to scratch, are counted once, and work when there is one. */
static void no_page(void **state)
{
	uint64_t rejects;
	uint32_t i;

	set_pde(0, valid(TABLE));
	set_pte(TABLE, 1, valid(CORE_GUEST_PAGES));
	set_pte(TABLE, 2, 3 << 12 | 0x7f1);
	load(DIRECTORY);
	flush();
	rejects = stats().reject_pte;
	submit_nothing();
	assert_as_the_oracle_says(DIRECTORY);
	assert_int_equal(stats().reject_pte, rejects + 2);
	g->pin_budget = 0;
	set_pte(TABLE, 3, valid(460));
	submit_nothing();
	assert_int_equal(stats().reject_pte, rejects + 3);
	assert_int_equal(core_host_table(g, 0)[3], scratch());
	g->pin_budget = ~0u;
	for (i = 0; i < 16; i++)
		submit_nothing();
	assert_as_the_oracle_says(DIRECTORY);
	assert_int_equal(stats().reject_pte, rejects + 3);
}

static int no_read(void *guest, u64 gpa, void *buf, size_t len)
{
	memset(buf, 0xff, len / 2);
	return -EFAULT;
}

/* A table that cannot be read maps nothing. */
static void unreadable(void **state)
{
	struct vgpu_host_ops ops = core_host_ops;

	ops.guest_read = no_read;
	set_pde(0, valid(TABLE));
	set_pte(TABLE, 1, valid(460));
	load(DIRECTORY);
	host.gpu.ops = &ops;
	submit_nothing();
	host.gpu.ops = &core_host_ops;
	assert_int_equal(core_host_table(g, 0)[1], scratch());
	assert_int_equal(g->pins[460], 0);
	set_pte(TABLE, 2, valid(461));
	submit_nothing();
	assert_as_the_oracle_says(DIRECTORY);
}

/* What the guest writes after a table was copied is the next sync's; loading another directory makes the copy worthless. */
static void changes_meanwhile(void **state)
{
	struct vgpu_sync_want want;

	set_pde(0, valid(TABLE));
	set_pte(TABLE, 1, valid(460));
	load(DIRECTORY);
	flush();
	vgpu_sync_begin(&g->vgpu, VGPU_SYNC_SUBMIT);
	assert_true(vgpu_sync_next(&g->vgpu, &want)); /* the directory */
	assert_int_equal(want.count, 0);
	core_guest_apply(g, &want);
	assert_true(vgpu_sync_next(&g->vgpu, &want));
	assert_int_equal(want.count, 1);
	assert_int_equal(want.gfn[0], 460);
	set_pte(TABLE, 1, valid(461));
	core_guest_apply(g, &want);
	assert_int_equal(core_host_table(g, 0)[1], translated(valid(460)));
	assert_false(vgpu_sync_next(&g->vgpu, &want));
	submit_nothing();
	assert_as_the_oracle_says(DIRECTORY);

	set_pte(TABLE, 1, valid(462));
	vgpu_sync_begin(&g->vgpu, VGPU_SYNC_SUBMIT);
	assert_true(vgpu_sync_next(&g->vgpu, &want));
	assert_int_equal(want.gfn[0], 462);
	assert_int_equal(vgpu_ppgtt_load(&g->vgpu, base(OTHER_DIRECTORY)), 0);
	core_guest_apply(g, &want);
	assert_int_equal(g->pins[462], 0);
	submit_nothing();
	assert_as_the_oracle_says(OTHER_DIRECTORY);
	load(DIRECTORY);
	submit_nothing();
	assert_as_the_oracle_says(DIRECTORY);
}

/* --- memory that goes ------------------------------------------------------------------------------------------------------- */

static void dma_unmap(void **state)
{
	static const struct {
		const char *name;
		uint32_t gfn, pages;
		bool data, table, used;
	} rows[] = {
		{ "elsewhere", 800, 10, true, true, true },
		{ "a page that an entry leads to", 460, 1, false, true, true },
		{ "the table", TABLE, 1, false, false, true },
		{ "the table and its page", TABLE, 460 - TABLE + 1, false, false, false },
		{ "another table", TABLE + 1, 1, true, true, true },
		{ "everything", 0, CORE_GUEST_PAGES, false, false, false },
	};
	unsigned int i;

	set_pde(0, valid(TABLE));
	set_pde(1, valid(TABLE));
	set_pde(9, valid(TABLE + 1));
	set_pte(TABLE, 1, valid(460));
	set_pte(TABLE, 2, valid(461));
	load(DIRECTORY);
	for (i = 0; i < VGPU_ARRAY_SIZE(rows); i++) {
		submit_nothing();
		assert_as_the_oracle_says(DIRECTORY);
		vgpu_dma_unmap(&g->vgpu, (u64)rows[i].gfn << 12, (u64)rows[i].pages << 12, host.now_ns);
		if ((core_host_table(g, 0)[1] == translated(valid(460))) != rows[i].data ||
		    (core_host_pde(g, 0) != core_host_pde(g, 100)) != rows[i].table ||
		    (g->pins[461] != 0) != (rows[i].used && rows[i].table))
			fail_msg("%s", rows[i].name);
		core_host_check(&host);
	}
	submit_nothing();
	assert_as_the_oracle_says(DIRECTORY); /* all back by itself */
}

static void submit_work(void)
{
	const uint32_t cmd[] = { XY_COLOR_BLT | BLT_WRITE_RGBA,
				 3u << 24 | BLT_ROP_PATTERN << 16 | 4096,
				 0,
				 200u << 16 | 1024,
				 core_guest_gma(g, CORE_DATA_PAGE),
				 0x3a3a };

	/* What was in flight when memory was taken away has hung. */
	if (g->vgpu.ring[VGPU_BCS].wedged) {
		core_guest_write(g, 0x941c, 8);
		core_guest_ring(g);
	}
	core_guest_submit(g, cmd, VGPU_ARRAY_SIZE(cmd));
}

static void start_work(void)
{
	submit_work();
	assert_true(vgpu_submit_in_flight(&g->vgpu));
}

/* As a driver whose work was ended when its memory went: reset, then all anew. */
static void restart_work(void)
{
	if (g->vgpu.ring[VGPU_BCS].wedged) {
		core_guest_write(g, 0x941c, 1u << 3);
		core_guest_ring(g);
	}
	submit_work();
}

/* With work in flight nothing is unpinned, and no table freed, that the hardware may still find. */
static void limbo(void **state)
{
	unsigned int allocs = host.allocs;

	set_pde(0, valid(TABLE));
	set_pde(1, valid(TABLE + 1));
	set_pte(TABLE, 1, valid(400));
	set_pte(TABLE, 2, valid(401));
	set_pte(TABLE + 1, 3, valid(402));
	load(DIRECTORY);
	start_work();
	assert_as_the_oracle_says(DIRECTORY);
	set_pte(TABLE, 1, 0);
	set_pte(TABLE, 2, valid(403));
	set_pde(1, 0);
	submit_nothing();
	assert_as_the_oracle_says(DIRECTORY);
	assert_true(vgpu_submit_in_flight(&g->vgpu));
	assert_int_equal(g->pins[400], 1);
	assert_int_equal(g->pins[401], 1);
	assert_int_equal(g->pins[402], 1);
	assert_int_equal(g->pins[TABLE + 1], 1);
	assert_int_equal(host.allocs, allocs + 4);
	/* It comes back in time. */
	set_pde(2, valid(TABLE + 1));
	submit_nothing();
	assert_as_the_oracle_says(DIRECTORY);
	assert_int_equal(host.allocs, allocs + 4);
	set_pde(2, 0);
	submit_nothing();
	core_host_run(&host, 400 * CORE_MS);
	assert_false(vgpu_submit_in_flight(&g->vgpu));
	assert_int_equal(g->pins[400] + g->pins[401] + g->pins[402] + g->pins[TABLE + 1], 0);
	assert_int_equal(host.allocs, allocs + 2);
	assert_as_the_oracle_says(DIRECTORY);

	/* Memory that goes does not wait. */
	set_pte(TABLE, 2, valid(404));
	start_work();
	set_pte(TABLE, 2, 0);
	submit_nothing();
	assert_int_equal(g->pins[404], 1);
	vgpu_dma_unmap(&g->vgpu, 404 << 12, 4096, host.now_ns);
	assert_int_equal(g->pins[404], 0);
	assert_false(vgpu_submit_in_flight(&g->vgpu));
}

static void use_tables(uint32_t from)
{
	uint32_t i;

	for (i = 0; i < PDES; i++)
		set_pde(i, valid(from + i));
}

/* No work starts on a directory before it is in force: the host is asked for a sync when what runs has ended. */
static void no_work_before_a_sync(void **state)
{
	set_pde(0, valid(TABLE));
	set_pte(TABLE, 1, valid(460));
	start_work();
	load(DIRECTORY);
	assert_true(vgpu_sync_full(&g->vgpu));
	flush();
	assert_true(vgpu_sync_full(&g->vgpu));
	assert_false(g->sync_wanted);
	core_host_run(&host, 400 * CORE_MS);
	assert_false(vgpu_sync_full(&g->vgpu));
	assert_as_the_oracle_says(DIRECTORY);
	load(OTHER_DIRECTORY);
	assert_true(vgpu_sync_full(&g->vgpu) && g->sync_wanted);
	submit_nothing();
	assert_false(vgpu_sync_full(&g->vgpu));
	assert_as_the_oracle_says(OTHER_DIRECTORY);
}

/* As many tables as there can be, then others: at once when nothing is in flight, after that when something is. */
static void too_many_tables(void **state)
{
	uint32_t i;

	for (i = 0; i < 1024; i++)
		core_guest_dw(g, i)[1023] = i < 512 ? valid(i) : 0;
	use_tables(0);
	load(DIRECTORY);
	submit_nothing();
	assert_as_the_oracle_says(DIRECTORY);
	use_tables(512);
	submit_nothing();
	core_host_run(&host, CORE_MS);
	assert_false(vgpu_sync_full(&g->vgpu));
	assert_as_the_oracle_says(DIRECTORY);

	start_work();
	use_tables(0);
	submit_nothing();
	assert_true(vgpu_sync_full(&g->vgpu));
	core_host_check(&host);
	flush();
	assert_true(vgpu_sync_full(&g->vgpu));
	core_host_run(&host, 400 * CORE_MS);
	assert_false(vgpu_sync_full(&g->vgpu));
	assert_as_the_oracle_says(DIRECTORY);
}

/* No memory for tables, at each step of it: nothing is mapped, and it is when there is some. */
static void no_memory(void **state)
{
	unsigned int budget, allocs = host.allocs, i;

	set_pte(TABLE, 1, valid(460));
	set_pte(TABLE + 1, 1, valid(461));
	for (budget = 0; budget < 4; budget++) {
		set_pde(0, valid(TABLE));
		set_pde(511, valid(TABLE + 1));
		load(DIRECTORY);
		host.alloc_budget = budget;
		submit_nothing();
		host.alloc_budget = ~0u;
		assert_int_equal(core_host_table(g, 0)[1], budget < 2 ? scratch() : translated(valid(460)));
		assert_int_equal(core_host_table(g, 511)[1], scratch());
		assert_int_equal(host.allocs, allocs + budget / 2 * 2);
		core_host_check(&host);
		for (i = 0; i < 4; i++)
			submit_nothing();
		assert_as_the_oracle_says(DIRECTORY);
		vgpu_reset(&g->vgpu, host.now_ns);
		assert_int_equal(host.allocs, allocs);
	}
}

/* --- anything at all --------------------------------------------------------------------------------------------------------- */

static uint64_t seed;

static uint32_t below(uint32_t n)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (uint32_t)(seed * 0x2545f4914f6cdd1dull >> 32) % n;
}

static uint32_t any_entry(void)
{
	return below(CORE_GUEST_PAGES + 8) << 12 | (below(4) ? 5 : below(0x1000) & 0x80f);
}

static void change(uint32_t *directory)
{
	uint32_t i, n = 1 + below(30);

	switch (below(60)) {
	case 0:
		vgpu_dma_unmap(&g->vgpu, (u64)below(CORE_GUEST_PAGES) << 12, (u64)below(300) << 12, host.now_ns);
		break;
	case 1:
		*directory = below(2) ? DIRECTORY : OTHER_DIRECTORY;
		load(*directory);
		break;
	case 2:
		g->tells = below(2);
		break;
	case 3:
		restart_work();
		break;
	case 4:
		core_host_run(&host, 300 * CORE_MS);
		break;
	case 5 ... 10:
		flush();
		break;
	case 11 ... 25:
		for (i = 0; i < n; i++)
			set_pde(below(PDES + 1000), below(4) ? valid(TABLE + below(24)) : any_entry());
		break;
	default:
		for (i = 0; i < n; i++)
			set_pte(TABLE + below(24), below(1024), any_entry());
	}
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 0) : otherwise;
}

/* Changes and syncs at random, compared with the oracle after each sync that is for a submission. */
static void anything(uint64_t steps)
{
	uint32_t directory = DIRECTORY;
	uint64_t i, checked = 0, worked = 0;

	seed = setting("VGPU_FUZZ_SEED", 2014);
	load(directory);
	for (i = 0; i < steps; i++) {
		change(&directory);
		worked += vgpu_submit_in_flight(&g->vgpu);
		if (below(8))
			continue;
		submit_nothing();
		if (vgpu_sync_full(&g->vgpu))
			core_host_run(&host, 300 * CORE_MS);
		assert_as_the_oracle_says(directory);
		if (!below(4))
			core_host_check(&host);
		checked++;
	}
	assert_true(checked > steps / 50 && worked);
	assert_true(stats().ppgtt_synced_entries > steps && stats().ggtt_synced_entries > steps && stats().reject_pte);
}

static void as_the_oracle_says(void **state)
{
	anything(setting("VGPU_FUZZ_STEPS", 2000));
}

/* Trapped or not, the writes to the GGTT come to the same: tables, pins and counters. */
static void both_ways_are_one(void **state)
{
	static uint32_t ggtt[GEN75_GGTT_ENTRIES], tables[PDES][1024];
	static unsigned int pins[CORE_GUEST_PAGES];
	struct vgpu_stats before, after;
	uint32_t i;

	g->maps_table = false;
	anything(300);
	before = stats();
	memcpy(ggtt, host.ggtt, sizeof(ggtt));
	memcpy(pins, g->pins, sizeof(pins));
	for (i = 0; i < PDES; i++)
		memcpy(tables[i], core_host_table(g, i), 4096);
	core_host_fini(&host);

	open_guest(1);
	g->maps_table = true;
	anything(300);
	assert_true(before.traps_ggtt && stats().traps_ggtt < before.traps_ggtt);
	before.traps_ggtt = stats().traps_ggtt;
	for (i = 0; i < PDES; i++)
		assert_memory_equal(tables[i], core_host_table(g, i), 4096);
	assert_memory_equal(pins, g->pins, sizeof(pins));
	assert_memory_equal(ggtt, host.ggtt, sizeof(ggtt));
	after = stats();
	assert_memory_equal(&before, &after, sizeof(after));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(directories, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_directory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_table_for_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_submissions_need_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(edges_of_the_directory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(written_while_copied, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_page, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unreadable, set_up, tear_down),
		cmocka_unit_test_setup_teardown(changes_meanwhile, set_up, tear_down),
		cmocka_unit_test_setup_teardown(dma_unmap, set_up, tear_down),
		cmocka_unit_test_setup_teardown(limbo, set_up, tear_down),
		cmocka_unit_test_setup_teardown(too_many_tables, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_memory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_work_before_a_sync, set_up, tear_down),
		cmocka_unit_test_setup_teardown(as_the_oracle_says, set_up, tear_down),
		cmocka_unit_test_setup_teardown(both_ways_are_one, set_up, tear_down),
	};
	int failed;

	failed = cmocka_run_group_tests(tests, NULL, NULL);
	tells = true;
	maps_table = true;
	return failed + cmocka_run_group_tests(tests, NULL, NULL);
}
