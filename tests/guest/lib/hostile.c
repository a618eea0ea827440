// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Runs hostile cases one by one: the misdeed, what is seen of it, the reset that software would do, and a normal
 * blit to show that the GPU still serves. Attacks by register and memory access are here, those by command in
 * hostile_cmd.c. One thread, no lock.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/guest/lib/hostile.h"

#define CMD_MAX_DW 64
#define WATCH_DW 16 /* how much of the outside page is compared */
#define POISON 0xbadc0d00u
#define MAGIC 0x5ec2e7u /* no entry of a table and no poison looks like it */
#define FOREIGN_PHYS 0x7ffffff000ull /* the last page of 39 bits, where no guest has memory */

static void say(const struct hostile_case *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(const struct hostile_case *c, const char *format, ...)
{
	va_list args;

	printf("hostile %s/%s: ", c->mode, c->name);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/**
 * hostile_address() - resolve where an attack aims
 * @h: attack
 * @place: place
 *
 * Return: graphics address
 */
uint32_t hostile_address(const struct hostile *h, enum hostile_place place)
{
	const struct gpu_range *slice = &h->probe->gpu.mappable;

	switch (place) {
	case PLACE_OWN:
		return (uint32_t)h->probe->dst.gma;
	case PLACE_OWN_END:
		return (uint32_t)(slice->base + slice->bytes - GPU_PAGE_BYTES);
	case PLACE_TOP:
		return 0xfffff000u;
	case PLACE_BATCH:
		return (uint32_t)h->probe->batch.gma;
	default:
		return h->outside;
	}
}

/* Behind our slice if there is aperture left, before it otherwise: in both cases the CPU may be able to look. */
static int find_outside(struct hostile *h)
{
	struct gpu *gpu = &h->probe->gpu;
	uint64_t end = gpu->mappable.base + gpu->mappable.bytes;

	if (end < gpu->aperture_bytes)
		h->outside = (uint32_t)end;
	else if (gpu->mappable.base)
		h->outside = (uint32_t)(gpu->mappable.base - GPU_PAGE_BYTES);
	else
		return gpu_fail(gpu, EINVAL, "the whole aperture is ours, so nothing is outside; use a vGPU, or --partition");
	return 0;
}

static void look_outside(const struct hostile *h, uint32_t *words)
{
	const volatile uint32_t *page = (const volatile uint32_t *)(h->probe->gpu.aperture + h->outside);

	for (int i = 0; i < WATCH_DW; i++)
		words[i] = page[i];
}

static void run_commands(const struct hostile_case *c, struct hostile *h)
{
	uint32_t dw[CMD_MAX_DW], before[WATCH_DW], after[WATCH_DW];
	struct cmd_buf cmd = { .dw = dw, .max_dw = CMD_MAX_DW };
	struct ring *ring = &h->probe->ring;
	uint64_t start_ns = gpu_now_ns();
	bool changed;
	int ret;

	look_outside(h, before);
	c->emit(c, h, &cmd);
	if (c->cut) {
		ring->seqno++; /* never written, so that the wait below is for the time alone */
		ret = ring_write(ring, &cmd);
	} else {
		ret = ring_submit(ring, &cmd);
	}
	if (!ret)
		ret = ring_wait(ring, h->probe->timeout_ms);
	look_outside(h, after);
	changed = memcmp(before, after, sizeof(before)) != 0;
	h->breaches += changed;
	say(c, "%s after %llu us; outside %#x: %s", ret ? ring->gpu->why : "ran to its end",
	    (unsigned long long)(gpu_now_ns() - start_ns) / 1000, h->outside,
	    changed ? "CHANGED" : "unchanged, as far as this guest sees");
}

/* Bind our magic page at @gma and see whether the entry and the aperture show it; then put the old entry back. */
static void try_pte(const struct hostile_case *c, struct hostile *h, const char *where, uint64_t gma)
{
	const struct gpu *gpu = &h->probe->gpu;
	const uint32_t pte = gpu_pte_encode(h->probe->batch.phys[0]);
	uint32_t old, got, seen = 0;
	bool leaked;

	if (gma >= gpu->total_bytes || gpu_owns(gpu, gma, GPU_PAGE_BYTES))
		return;
	*(uint32_t *)h->probe->batch.va = MAGIC;
	old = gpu_pte_read(gpu, gma);
	gpu_pte_write(gpu, gma, pte);
	gpu_gtt_flush(gpu);
	got = gpu_pte_read(gpu, gma);
	if (gma < gpu->aperture_bytes)
		seen = *(const volatile uint32_t *)(gpu->aperture + gma);
	leaked = seen == MAGIC;
	h->breaches += leaked;
	say(c, "%s %#llx: was %#x, wrote %#x, reads %#x%s", where, (unsigned long long)gma, old, pte, got,
	    leaked ? "; our page SHOWS in the aperture" : "; no effect seen");
	gpu_pte_write(gpu, gma, old);
	gpu_gtt_flush(gpu);
}

static void pte_outside(const struct hostile_case *c, struct hostile *h)
{
	const struct gpu *gpu = &h->probe->gpu;

	try_pte(c, h, "first entry", 0);
	try_pte(c, h, "before the slice", gpu->mappable.base - GPU_PAGE_BYTES);
	try_pte(c, h, "behind the slice", gpu->mappable.base + gpu->mappable.bytes);
	try_pte(c, h, "end of the aperture", gpu->aperture_bytes - GPU_PAGE_BYTES);
	try_pte(c, h, "before the hidden range", gpu->hidden.base - GPU_PAGE_BYTES);
	try_pte(c, h, "behind the hidden range", gpu->hidden.base + gpu->hidden.bytes);
	try_pte(c, h, "last entry", gpu->total_bytes - GPU_PAGE_BYTES);
}

/* An entry of ours that names memory which is not: the destination buffer's first page, then put back. */
static void pte_foreign(const struct hostile_case *c, struct hostile *h)
{
	const struct gpu *gpu = &h->probe->gpu;
	const uint64_t gma = h->probe->dst.gma;
	const uint32_t pte = gpu_pte_encode(FOREIGN_PHYS);

	gpu_pte_write(gpu, gma, pte);
	gpu_gtt_flush(gpu);
	say(c, "wrote %#x, reads %#x; the aperture shows %#x", pte, gpu_pte_read(gpu, gma),
	    *(const volatile uint32_t *)(gpu->aperture + gma));
	gpu_pte_write(gpu, gma, gpu_pte_encode(h->probe->dst.phys[0]));
	gpu_gtt_flush(gpu);
}

static void try_aperture(const struct hostile_case *c, struct hostile *h, const char *where, uint64_t gma)
{
	const struct gpu *gpu = &h->probe->gpu;
	volatile uint32_t *word = (volatile uint32_t *)(gpu->aperture + gma);
	uint32_t old, got;

	if (gma >= gpu->aperture_bytes || gpu_owns(gpu, gma, GPU_PAGE_BYTES))
		return;
	old = *word;
	*word = old ^ MAGIC;
	__sync_synchronize();
	got = *word;
	if (got != old) {
		h->breaches++;
		*word = old;
	}
	say(c, "%s %#llx: was %#x, wrote %#x, reads %#x: %s", where, (unsigned long long)gma, old, old ^ MAGIC, got,
	    got != old ? "WRITTEN" : "no effect seen");
}

static void aperture_outside(const struct hostile_case *c, struct hostile *h)
{
	const struct gpu *gpu = &h->probe->gpu;

	try_aperture(c, h, "start", 0);
	try_aperture(c, h, "before the slice", gpu->mappable.base - GPU_PAGE_BYTES);
	try_aperture(c, h, "behind the slice", gpu->mappable.base + gpu->mappable.bytes);
	try_aperture(c, h, "end", gpu->aperture_bytes - GPU_PAGE_BYTES);
}

/* The engine is stopped, so the register can be programmed as for a normal start, but to a wrong address. */
static void run_ring_at(const struct hostile_case *c, struct hostile *h)
{
	const struct gpu *gpu = &h->probe->gpu;
	const uint32_t start = hostile_address(h, c->at);

	gpu_write(gpu, GPU_BCS_CTL, 0);
	gpu_write(gpu, GPU_BCS_START, start);
	gpu_write(gpu, GPU_BCS_HEAD, 0);
	gpu_write(gpu, GPU_BCS_TAIL, 0);
	gpu_write(gpu, GPU_BCS_CTL, (RING_BYTES - GPU_PAGE_BYTES) | GPU_CTL_VALID);
	gpu_write(gpu, GPU_BCS_TAIL, c->word[0]);
	gpu_poll(gpu, GPU_BCS_HEAD, GPU_HEAD_ADDR, c->word[0], 100000);
	say(c, "start %#x reads %#x, ctl %#x, head %#x of tail %#x", start, gpu_read(gpu, GPU_BCS_START),
	    gpu_read(gpu, GPU_BCS_CTL), gpu_read(gpu, GPU_BCS_HEAD), gpu_read(gpu, GPU_BCS_TAIL));
}

static void set_tail(const struct hostile_case *c, struct hostile *h)
{
	const struct gpu *gpu = &h->probe->gpu;

	gpu_write(gpu, GPU_BCS_TAIL, c->word[0]);
	gpu_poll(gpu, GPU_BCS_HEAD, GPU_HEAD_ADDR, c->word[0], 100000);
	say(c, "tail %#x reads %#x, head %#x, ctl %#x", c->word[0], gpu_read(gpu, GPU_BCS_TAIL), gpu_read(gpu, GPU_BCS_HEAD),
	    gpu_read(gpu, GPU_BCS_CTL));
}

static void hwsp_outside(const struct hostile_case *c, struct hostile *h)
{
	const uint32_t gma = hostile_address(h, c->at);

	gpu_write(&h->probe->gpu, GPU_BLT_HWS_PGA, gma);
	say(c, "status page %#x reads %#x", gma, gpu_read(&h->probe->gpu, GPU_BLT_HWS_PGA));
	run_commands(c, h);
}

static void nothing(const struct hostile_case *c, struct hostile *h, struct cmd_buf *cmd)
{
}

static const struct hostile_case accesses[] = {
	{ .mode = "pte-outside", .name = "own-page", .run = pte_outside },
	{ .mode = "pte-foreign", .name = "no-memory", .run = pte_foreign },
	{ .mode = "aperture-outside", .name = "write", .run = aperture_outside },
	{ .mode = "bad-length", .name = "tail-beyond-ring", .run = set_tail, .word = { RING_BYTES + 64 } },
	{ .mode = "bad-length", .name = "tail-unaligned", .run = set_tail, .word = { 0x44 } },
	{ .mode = "ring-outside", .name = "start", .run = run_ring_at, .word = { 64 } },
	{ .mode = "ring-outside", .name = "end", .run = run_ring_at, .at = PLACE_OWN_END, .word = { 0x2000 } },
	{ .mode = "ring-outside", .name = "top", .run = run_ring_at, .at = PLACE_TOP, .word = { 64 } },
	{ .mode = "hwsp-outside", .name = "next-page", .run = hwsp_outside, .emit = nothing },
	{ .mode = "hwsp-outside", .name = "top", .run = hwsp_outside, .emit = nothing, .at = PLACE_TOP },
};

#define ACCESS_COUNT (sizeof(accesses) / sizeof(accesses[0]))

static const struct hostile_case *get_case(size_t index)
{
	if (index < ACCESS_COUNT)
		return &accesses[index];
	return index - ACCESS_COUNT < hostile_command_count ? &hostile_commands[index - ACCESS_COUNT] : NULL;
}

static bool matches(const struct hostile_case *c, const char *mode)
{
	const size_t length = strlen(c->mode);

	if (!strcmp(mode, "all") || !strcmp(mode, c->mode))
		return true;
	return !strncmp(mode, c->mode, length) && mode[length] == '/' && !strcmp(mode + length + 1, c->name);
}

/**
 * hostile_known() - tell whether a mode exists
 * @mode: "all", a mode, or MODE/NAME for one of its cases
 *
 * Return: true when it does
 */
bool hostile_known(const char *mode)
{
	const struct hostile_case *c;

	for (size_t i = 0; (c = get_case(i)); i++)
		if (matches(c, mode))
			return true;
	return false;
}

/**
 * hostile_list() - print all cases, one MODE/NAME a line
 */
void hostile_list(void)
{
	const struct hostile_case *c;

	for (size_t i = 0; (c = get_case(i)); i++)
		printf("%s/%s\n", c->mode, c->name);
}

static int recover(const struct hostile_case *c, struct hostile *h)
{
	uint64_t start_ns = gpu_now_ns();
	int ret = ring_reset(&h->probe->ring);

	if (!ret)
		ret = probe_verify(h->probe, 0x4057113u);
	if (ret) {
		say(c, "NOT recovered by a reset: %s", h->probe->gpu.why);
		return ret;
	}
	say(c, "recovered by a reset, a normal blit is right, %llu us", (unsigned long long)(gpu_now_ns() - start_ns) / 1000);
	return 0;
}

/**
 * hostile_run() - misbehave in one way, or in all
 * @probe: created probe
 * @mode: what hostile_known() knows
 * @ret_breaches: number of effects seen outside our partition
 *
 * Return: 0 when every reset brought the GPU back, or -errno with the reason in the device
 */
int hostile_run(struct probe *probe, const char *mode, unsigned int *ret_breaches)
{
	struct hostile h = { .probe = probe };
	const struct hostile_case *c;
	int ret = find_outside(&h);

	for (size_t i = 0; !ret && (c = get_case(i)); i++) {
		if (!matches(c, mode))
			continue;
		h.poison = POISON + (uint32_t)i;
		if (c->run)
			c->run(c, &h);
		else
			run_commands(c, &h);
		ret = recover(c, &h);
	}
	if (!ret)
		*ret_breaches = h.breaches;
	return ret;
}
