// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A host for the core that costs as little as one can; see machine.h. One thread, no lock.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "tests/bench/machine.h"

#define PAGE 4096u
#define ARENA_BUS (1ull << 32)
#define ARENA_BYTES (64ull << 20)
#define GUEST_BUS (1ull << 34)

/* i915 gt/intel_engine_regs.h, gt/intel_gt_regs.h. */
#define TAIL 0x30u
#define HEAD 0x34u
#define START 0x38u
#define CTL 0x3cu
#define MI_MODE 0x9cu
#define MI_MODE_IDLE (1u << 9)
#define INSTPM 0xc0u
#define GDRST 0x941cu
#define DEIIR 0x44008u
#define GTIIR 0x44018u
#define PMIIR 0x44028u
#define FORCEWAKE_MT 0xa188u
#define FORCEWAKE_ACK 0x130044u
#define GFX_FLSH_CNTL 0x101008u
#define PTE_WB 5u

static const u32 engine_base[VGPU_ENGINES] = { 0x2000, 0x12000, 0x22000, 0x1a000 };
static const u32 hws_pga[VGPU_ENGINES] = { 0x4080, 0x4180, 0x4280, 0x4380 };

static void die(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

static u64 read_clock(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (u64)ts.tv_sec * 1000000000u + (u64)ts.tv_nsec;
}

/** machine_now_ns() - the clock that the core is told */
u64 machine_now_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

/** machine_cpu_ns() - the CPU time that has been used: what is measured does not include who else uses the CPU */
u64 machine_cpu_ns(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

static void *map(size_t bytes)
{
	void *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (mem == MAP_FAILED)
		die("out of memory");
	return mem;
}

/* --- the GPU ----------------------------------------------------------------------------------------------------------------- */

/* A dword as the GPU reaches it through the GGTT; NULL where nothing is. */
static u32 *reach(struct machine *m, u32 gma)
{
	u32 pte = m->ggtt[gma / PAGE % MACHINE_GGTT_ENTRIES];
	u64 addr = (pte & 0xfffff000u) | (u64)(pte & 0x7f0) << 28 | (gma & (PAGE - 4));

	if (addr >= ARENA_BUS && addr < ARENA_BUS + ARENA_BYTES)
		return (u32 *)(m->arena + (addr - ARENA_BUS));
	if (addr >= GUEST_BUS && addr < GUEST_BUS + (u64)MACHINE_GUEST_PAGES * PAGE)
		return (u32 *)(m->ram + (addr - GUEST_BUS));
	return NULL;
}

static void store(struct machine *m, u32 gma, u32 value)
{
	u32 *to = reach(m, gma);

	if (to)
		*to = value;
}

static u32 command_dw(u32 header)
{
	u32 client = header >> 29, opcode = header >> 23 & 0x3f;

	if ((client == 0 && opcode < 0x10) || header >> 16 == 0x6904)
		return 1;
	return (header & 0xff) + 2;
}

/* Haswell PRM vol. 2a: MI_STORE_DATA_IMM, MI_FLUSH_DW, PIPE_CONTROL. All else leaves nothing that the module looks at. */
static void execute(struct machine *m, const u32 *dw)
{
	u32 mi = dw[0] >> 23;

	if (mi == 0x20 && dw[0] & 1u << 22)
		store(m, dw[2], dw[3]);
	else if (mi == 0x26 && (dw[0] >> 14 & 3) == 1 && dw[1] & 4)
		store(m, dw[1] & ~7u, dw[2]);
	else if (dw[0] >> 16 == 0x7a00 && (dw[1] >> 14 & 3) == 1 && dw[1] & 1u << 24)
		store(m, dw[2], dw[3]);
}

static void run_engine(struct machine *m, u32 base)
{
	u32 bytes = (m->regs[(base + CTL) / 4] & 0x1ff000) + PAGE, start = m->regs[(base + START) / 4];
	u32 head = m->regs[(base + HEAD) / 4], tail = m->regs[(base + TAIL) / 4], dw[8], i;

	while (m->regs[(base + CTL) / 4] & 1 && head != tail) {
		for (i = 0; i < 8; i++) {
			const u32 *from = reach(m, start + (head + 4 * i) % bytes);

			dw[i] = from ? *from : 0;
		}
		execute(m, dw);
		head = (head + 4 * command_dw(dw[0])) % bytes;
	}
	m->regs[(base + HEAD) / 4] = head;
}

/** machine_finish() - the GPU executes all that it was given, and the core is told */
void machine_finish(struct machine *m)
{
	u32 e;

	for (e = 0; e < VGPU_ENGINES; e++)
		run_engine(m, engine_base[e]);
	vgpu_gpu_irq(&m->gpu, machine_now_ns());
	if (!m->sync_asked)
		return;
	m->sync_asked = false;
	machine_sync(m, VGPU_SYNC_SUBMIT);
	vgpu_sync_done(&m->vgpu, machine_now_ns());
}

/* --- the core's host --------------------------------------------------------------------------------------------------------- */

static u32 reg_read(void *gpu, u32 offset)
{
	struct machine *m = gpu;
	u32 e;

	for (e = 0; e < VGPU_ENGINES; e++) {
		if (offset == engine_base[e] + HEAD)
			run_engine(m, engine_base[e]);
		else if (offset == engine_base[e] + MI_MODE)
			return m->regs[offset / 4] | MI_MODE_IDLE;
	}
	return m->regs[offset / 4];
}

static void reg_write(void *gpu, u32 offset, u32 value)
{
	struct machine *m = gpu;
	u32 e;

	/* A reset is done at once, and reads as zero; no interrupt is ever pending. */
	if (offset == GDRST || offset == DEIIR || offset == GTIIR || offset == PMIIR)
		return;
	if (offset == FORCEWAKE_MT) {
		m->regs[FORCEWAKE_ACK / 4] = value & 0xffff;
		return;
	}
	for (e = 0; e < VGPU_ENGINES; e++) {
		if (offset == engine_base[e] + TAIL)
			m->tail_ns = machine_cpu_ns();
		else if (offset == engine_base[e] + INSTPM)
			return; /* what is asked for there clears itself */
	}
	m->regs[offset / 4] = value;
}

static void pte_write(void *gpu, u32 index, u32 pte)
{
	struct machine *m = gpu;

	m->ggtt[index] = pte;
}

static void *host_alloc(void *gpu, size_t bytes)
{
	size_t whole = (bytes + PAGE - 1) / PAGE * PAGE;
	void *mem = aligned_alloc(PAGE, whole);

	return mem ? memset(mem, 0, whole) : NULL;
}

static void host_free(void *gpu, void *mem, size_t bytes)
{
	free(mem);
}

static int host_dma_alloc(void *gpu, u32 pages, struct vgpu_dma_mem *ret_mem)
{
	struct machine *m = gpu;
	u64 *dma = calloc(pages, sizeof(*dma));
	u32 i;

	if (!dma || m->arena_used + (u64)pages * PAGE > ARENA_BYTES)
		die("the module wants more memory than the arena has");
	for (i = 0; i < pages; i++)
		dma[i] = ARENA_BUS + m->arena_used + (u64)i * PAGE;
	*ret_mem = (struct vgpu_dma_mem) { .cpu = m->arena + m->arena_used, .dma = dma, .pages = pages };
	m->arena_used += (u64)pages * PAGE;
	return 0;
}

static void host_dma_free(void *gpu, struct vgpu_dma_mem *mem)
{
	free(mem->dma);
}

static int guest_read(void *guest, u64 gpa, void *buf, size_t len)
{
	struct machine *m = guest;

	if (gpa + len > (u64)MACHINE_GUEST_PAGES * PAGE)
		return -EFAULT;
	memcpy(buf, m->ram + gpa, len);
	return 0;
}

static int pin(void *guest, u64 gfn, u64 *ret_dma)
{
	struct machine *m = guest;

	if (gfn >= MACHINE_GUEST_PAGES)
		return -EFAULT;
	m->pins++;
	*ret_dma = GUEST_BUS + gfn * PAGE;
	return 0;
}

static void unpin(void *guest, u64 gfn)
{
	struct machine *m = guest;

	m->pins--;
}

static void irq(void *guest)
{
}

static int track(void *guest, u32 table, u64 gfn)
{
	return 0;
}

static void untrack(void *guest, u32 table, u64 gfn)
{
}

/* The core asks for a sync where it cannot have one: machine_finish() runs it. */
static void sync_soon(void *guest)
{
	struct machine *m = guest;

	m->sync_asked = true;
}

static const struct vgpu_host_ops host_ops = {
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
};

/* --- the guest --------------------------------------------------------------------------------------------------------------- */

/** machine_page() - a page of the guest's memory */
u32 *machine_page(struct machine *m, u32 gfn)
{
	return (u32 *)(m->ram + (size_t)gfn * PAGE);
}

/** machine_gma() - where a page of the guest's that is below MACHINE_MAPPED is in its GGTT */
u32 machine_gma(const struct machine *m, u32 gfn)
{
	struct vgpu_range range;

	vgpu_get_range(&m->vgpu, VGPU_HIDDEN, &range);
	return (u32)range.base + gfn * PAGE;
}

/** machine_sync() - as a host does before a write that wants the page tables in force */
void machine_sync(struct machine *m, enum vgpu_sync what)
{
	static struct vgpu_sync_want want;

	if (!what)
		return;
	vgpu_sync_begin(&m->vgpu, what);
	while (vgpu_sync_next(&m->vgpu, &want))
		vgpu_sync_apply(&m->vgpu, machine_now_ns());
}

/** machine_write() - the guest writes a register, as its host handles that */
void machine_write(struct machine *m, u32 offset, u32 value)
{
	machine_sync(m, vgpu_sync_point(&m->vgpu, offset));
	vgpu_bar0_write(&m->vgpu, offset, &value, sizeof(value), machine_now_ns());
}

/** machine_read() - the guest reads a register */
u32 machine_read(struct machine *m, u32 offset)
{
	u32 value;

	vgpu_bar0_read(&m->vgpu, offset, &value, sizeof(value), machine_now_ns());
	return value;
}

/** machine_ring_put() - the guest puts commands behind its ring's tail. Return: the new tail, not yet written. */
u32 machine_ring_put(struct machine *m, enum vgpu_engine_id e, const u32 *dw, u32 n)
{
	u32 *ring = machine_page(m, MACHINE_RING(e)), dwords = MACHINE_RING_PAGES * PAGE / 4, i;
	u32 at = machine_read(m, engine_base[e] + TAIL) / 4;

	for (i = 0; i < n; i++)
		ring[(at + i) % dwords] = dw[i];
	return (at + n) % dwords * 4;
}

static void map_ggtt(struct machine *m)
{
	u32 *table = vgpu_ggtt_table(&m->vgpu), i;

	for (i = 0; i < MACHINE_MAPPED; i++)
		table[machine_gma(m, i) / PAGE] = i * PAGE | PTE_WB;
	for (i = 0; i < MACHINE_GGTT_ENTRIES / VGPU_TABLE_ENTRIES; i++)
		vgpu_ggtt_dirty(&m->vgpu, i);
}

/* The directory takes the slots of the last 512 entries of hidden memory (i915 gt/gen6_ppgtt.c). Return: PP_DIR_BASE. */
static u32 make_ppgtt(struct machine *m)
{
	u32 *ggtt = vgpu_ggtt_table(&m->vgpu), i, k, slot;
	struct vgpu_range range;

	vgpu_get_range(&m->vgpu, VGPU_HIDDEN, &range);
	slot = (u32)((range.base + range.size) / PAGE) - MACHINE_TABLES;
	for (i = 0; i < MACHINE_TABLES; i++) {
		u32 *table = machine_page(m, MACHINE_TABLE(i));

		for (k = 0; k < VGPU_TABLE_ENTRIES; k++)
			table[k] = MACHINE_SCRATCH * PAGE | PTE_WB;
		ggtt[slot + i] = MACHINE_TABLE(i) * PAGE | 1;
	}
	return slot * 4 << 10;
}

static void start_engine(struct machine *m, enum vgpu_engine_id e, u32 pp_dir_base)
{
	u32 base = engine_base[e];

	machine_write(m, hws_pga[e], machine_gma(m, MACHINE_HWS(e)));
	machine_write(m, base + START, machine_gma(m, MACHINE_RING(e)));
	machine_write(m, base + HEAD, 0);
	machine_write(m, base + TAIL, 0);
	machine_write(m, base + CTL, (MACHINE_RING_PAGES - 1) * PAGE | 1);
	machine_write(m, base + 0x29c, 1u << 25 | 1u << 9); /* GFX_MODE: PPGTT */
	machine_write(m, base + 0x220, ~0u); /* PP_DIR_DCLV */
	machine_write(m, base + 0x228, pp_dir_base);
}

/**
 * machine_create() - a GPU with a guest whose driver has started
 * @tracked: the host tells of writes to the PPGTT's tables; else the core compares them
 */
struct machine *machine_create(bool tracked)
{
	const struct vgpu_gpu_info info = { .aperture_bytes = MACHINE_APERTURE_BYTES, .ggtt_entries = MACHINE_GGTT_ENTRIES };
	struct machine *m = calloc(1, sizeof(*m));
	u32 pp_dir_base;

	if (!m)
		die("out of memory");
	m->regs = map(VGPU_MMIO_BYTES);
	m->ggtt = map(MACHINE_GGTT_ENTRIES * sizeof(u32));
	m->arena = map(ARENA_BYTES);
	m->ram = map((size_t)MACHINE_GUEST_PAGES * PAGE);
	m->ops = host_ops;
	if (!tracked)
		m->ops.track = NULL;
	if (vgpu_gpu_init(&m->gpu, &m->ops, m, &info))
		die("the core does not take the GPU");
	if (vgpu_init(&m->vgpu, &m->gpu, m) || vgpu_set_size(&m->vgpu, VGPU_APERTURE, 64u << 20) ||
	    vgpu_set_size(&m->vgpu, VGPU_HIDDEN, 384u << 20) || vgpu_set_size(&m->vgpu, VGPU_FENCES, 8) || vgpu_open(&m->vgpu))
		die("no vGPU can be opened");
	map_ggtt(m);
	pp_dir_base = make_ppgtt(m);
	machine_write(m, GFX_FLSH_CNTL, 1);
	start_engine(m, VGPU_RCS, pp_dir_base);
	start_engine(m, VGPU_BCS, pp_dir_base);
	return m;
}

/** machine_destroy() - the guest and the GPU are gone */
void machine_destroy(struct machine *m)
{
	vgpu_fini(&m->vgpu, machine_now_ns());
	vgpu_gpu_fini(&m->gpu);
	if (m->pins)
		die("pages are still pinned");
	munmap(m->regs, VGPU_MMIO_BYTES);
	munmap(m->ggtt, MACHINE_GGTT_ENTRIES * sizeof(u32));
	munmap(m->arena, ARENA_BYTES);
	munmap(m->ram, (size_t)MACHINE_GUEST_PAGES * PAGE);
	free(m);
}
