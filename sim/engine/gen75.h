/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The engine of the Gen7.5 simulator: a Haswell GT2 as software sees it, without I/O.
 *
 * One struct gen75 is one GPU: registers, GGTT, aliasing PPGTT, fences, four rings with their command streamers, the blitter,
 * interrupts and reset. It makes no system call, keeps no clock and owns no thread: the caller hands in the time, and
 * calls gen75_run() again when the deadline that the last call returned has come. The same inputs at the same times give
 * the same outputs, so a unit test can step through a minute of GPU time in a millisecond.
 *
 * Context: nothing here locks. All calls for one GPU come from one thread, or under one lock of the caller's.
 */
#ifndef GEN75_H
#define GEN75_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GEN75_BAR0_BYTES (4u << 20) /* registers, then the GGTT's entries (the GTTMMADR BAR) */
#define GEN75_MMIO_BYTES (2u << 20) /* registers: the lower half of BAR0 */
#define GEN75_GGTT_ENTRIES (512u << 10) /* 4 bytes each: 2 GiB of graphics addresses */
#define GEN75_FENCES 32u
#define GEN75_NO_DEADLINE UINT64_MAX

struct gen75;

enum gen75_engine_id {
	GEN75_RCS,
	GEN75_VCS,
	GEN75_BCS,
	GEN75_VECS,
	GEN75_ENGINES,
};

/* What the trace hook is told. @arg0 and @arg1 by kind. */
enum gen75_event {
	GEN75_EV_UNKNOWN_READ, /* register read that the model does not know: offset, - */
	GEN75_EV_UNKNOWN_WRITE, /* register write that the model does not know: offset, value */
	GEN75_EV_UNKNOWN_COMMAND, /* command that the model does not know: header, address; the engine stops there */
	GEN75_EV_BAD_PTE, /* an access through an entry that is not valid: graphics address, entry */
	GEN75_EV_BUS_ERROR, /* an access to an address at which there is no memory: bus address, - */
	GEN75_EV_FILTERED, /* non-privileged register write or command, dropped: header, register */
	GEN75_EV_COMMAND, /* every command as it starts, only while tracing: header, address */
	GEN75_EV_MMIO_READ, /* only while tracing: offset, value */
	GEN75_EV_MMIO_WRITE, /* only while tracing: offset, value */
	GEN75_EV_IRQ, /* an MSI was sent: -, - */
	GEN75_EV_RESET, /* engines reset: GDRST value, - */
	GEN75_EV_NOT_EXECUTED, /* command that was skipped by its length, having no model: header, address */
	GEN75_EVENTS,
};

/**
 * struct gen75_ops - what the engine asks of its surroundings
 * @dma: memory at bus address @addr as the GPU's DMA sees it; @len never crosses a 4 KiB page. Returns a pointer that stays
 *	valid until the caller itself changes the memory map between two engine calls, or NULL where there is no
 *	memory or (@write) it may not be written.
 * @msi: the GPU sends its one message-signalled interrupt.
 * @trace: an event, may be NULL. Called often when gen75_trace() is on; the counters are kept without it.
 */
struct gen75_ops {
	void *(*dma)(void *ctx, uint64_t addr, size_t len, bool write);
	void (*msi)(void *ctx);
	void (*trace)(void *ctx, enum gen75_event ev, int engine, uint64_t arg0, uint64_t arg1);
};

/**
 * struct gen75_config - what can be chosen about a GPU
 * @aperture_bytes: size of the aperture: 128, 256 or 512 MiB (0: 256 MiB)
 * @speed_pct: speed in percent of the cost model (0: 100); 50 takes twice the time
 */
struct gen75_config {
	uint64_t aperture_bytes;
	uint32_t speed_pct;
};

/**
 * struct gen75_engine_stats - what one engine has done since gen75_create(), all monotonic
 * @busy_ns: engine time spent on commands, by the cost model; waiting is not busy
 * @draws: 3DPRIMITIVEs that were not predicated away
 * @bytes, @pixels: written by blits; draws add the pixels that the cost model takes them to cover, since shaders do not run
 * @resets: through GDRST
 */
struct gen75_engine_stats {
	uint64_t busy_ns;
	uint64_t commands;
	uint64_t batches;
	uint64_t draws;
	uint64_t bytes;
	uint64_t pixels;
	uint64_t user_interrupts;
	uint64_t resets;
};

struct gen75_stats {
	struct gen75_engine_stats engine[GEN75_ENGINES];
	uint64_t events[GEN75_EVENTS];
	uint64_t mmio_reads, mmio_writes;
	uint64_t aperture_reads, aperture_writes;
};

/**
 * gen75_create() - make a GPU in its power-on state
 * @ggtt: the GGTT's GEN75_GGTT_ENTRIES entries, little endian. The caller's memory, so that it can be mapped elsewhere
 *	(a hypervisor's guest writes entries there without telling the engine); read at every use.
 * Return: 0, -EINVAL for a configuration that is not one, -ENOMEM.
 */
int gen75_create(const struct gen75_config *config, const struct gen75_ops *ops, void *ctx, uint32_t *ggtt,
		 struct gen75 **ret_gpu);
void gen75_destroy(struct gen75 *gpu);

/**
 * gen75_reset() - power-on reset or function-level reset: registers at their defaults, engines stopped, GGTT entries zero
 */
void gen75_reset(struct gen75 *gpu, uint64_t now_ns);

/**
 * gen75_bar0_read(), gen75_bar0_write() - access BAR0 as the bus does: registers, or GGTT entries in the upper half
 * @len: 1, 2, 4 or 8; other lengths and a range outside of the BAR read as zeros and are dropped, with an unknown event.
 *
 * A write may start engines; the work itself is done by gen75_run(). Call gen75_run() after every write.
 */
void gen75_bar0_read(struct gen75 *gpu, uint64_t now_ns, uint32_t offset, void *buf, size_t len);
void gen75_bar0_write(struct gen75 *gpu, uint64_t now_ns, uint32_t offset, const void *buf, size_t len);

/**
 * gen75_aperture_read(), gen75_aperture_write() - access graphics memory through the aperture BAR (GGTT, fences detiled)
 * @len: any; a range outside of the aperture reads as all ones and is dropped.
 */
void gen75_aperture_read(struct gen75 *gpu, uint64_t offset, void *buf, size_t len);
void gen75_aperture_write(struct gen75 *gpu, uint64_t offset, const void *buf, size_t len);

/**
 * gen75_run() - let the engines work up to @now_ns
 * @max_commands: give up the CPU after about as many commands (a hostile batch never ends)
 * Return: the time at which to call again: @now_ns or less when there is work left to do now,
 *	GEN75_NO_DEADLINE when all engines are idle.
 *
 * The deadline may be rounded up: a late call costs the engines no time. While an engine waits for something that changes
 * without notice (memory, the display), the deadline is a short polling interval away.
 *
 * Each engine has its own time: a command that starts at t and costs c takes effect at t, and the next one starts at
 * t + c; what software sees of it (seqno, interrupt) is therefore never earlier than the work before it takes.
 */
uint64_t gen75_run(struct gen75 *gpu, uint64_t now_ns, uint32_t max_commands);

void gen75_trace(struct gen75 *gpu, bool on);
const struct gen75_stats *gen75_stats(const struct gen75 *gpu);

/**
 * gen75_unknown() - the registers and commands that the model did not know or did not execute, with their counts
 * @i: 0, 1, ... until it returns false; the list is bounded
 * @ret_ev: what happened; GEN75_EVENTS in the last entry of a full list, which stands for all others
 * @ret_what: register offset, or the command's opcode bits
 */
bool gen75_unknown(const struct gen75 *gpu, unsigned int i, enum gen75_event *ret_ev, uint32_t *ret_what, uint64_t *ret_count);

const char *gen75_engine_name(enum gen75_engine_id id); /* "rcs", "vcs", "bcs", "vecs" */
const char *gen75_event_name(enum gen75_event ev);

#endif
