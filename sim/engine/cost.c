// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The cost model: how long a command takes on the simulated GPU, in engine time.
 *
 * It stands for an HD Graphics 4600 (GT2: 20 execution units) at 1.15 GHz with dual-channel DDR3-1600 (25.6 GB/s). Intel
 * publishes no latencies of commands; the figures below are this model's assumptions, of the right order of magnitude, and
 * each says what it rests on. One clock is 0.87 ns. struct gen75_config's speed_pct scales them all.
 */
#include "sim/engine/gpu.h"

static const uint16_t cost_ns[COSTS] = {
	[COST_NOOP] = 4, /* the parser's rate: about four clocks a command */
	[COST_MI] = 10, /* parsed and acted on within the streamer */
	[COST_REGISTER] = 40, /* a write on the internal message channel, posted */
	[COST_MEMORY] = 60, /* a posted dword write to the last-level cache */
	[COST_BATCH] = 250, /* first fetch from a new place: memory latency, the prefetcher starts over */
	[COST_INTERRUPT] = 300, /* a message to the display engine, then upstream */
	[COST_FLUSH] = 1000, /* caches written back, pipeline drained */
	[COST_CONTEXT] = 2000, /* pipeline drained; the image's bytes come on top */
	[COST_STATE] = 20, /* non-pipelined 3D state of a few dwords */
	[COST_DRAW] = 1000, /* state fetched, one batch of work through all fixed-function stages */
	[COST_DISPATCH] = 2000, /* thread spawner set up */
	[COST_BLIT] = 500, /* blitter set up and drained */
	[COST_MEDIA] = 2000, /* one codec or enhancement object */
};

#define COPY_BYTES_PER_US 10000u /* read and write share the memory's 25.6 GB/s, minus overhead */
#define FILL_BYTES_PER_US 16000u /* the blitter writes 16 bytes a clock at best */
#define CONTEXT_BYTES_PER_US 8000u
#define MEDIA_BYTES_PER_US 1000u /* compressed stream */
#define VERTEX_PS 2000u /* vertex fetch and shading: 0.5 billion vertices a second */
#define PRIMITIVE_PS 1740u /* set-up: one triangle in two clocks */
#define PIXEL_PS 435u /* two pixels a clock; the fill rate's peak is four (one slice) */
#define PIXELS_PER_PRIMITIVE 64u /* shaders are not executed, so coverage is not known: a game's typical triangle */
#define THREAD_PS 20000u /* 20 units of 7 threads, a thread of some 3 us */

/**
 * gen75_cost() - fixed part of a command's cost, in nanoseconds
 */
uint64_t gen75_cost(enum cost cost)
{
	return cost_ns[cost];
}

/**
 * gen75_cost_blit() - moving a blit's bytes; COST_BLIT comes on top
 */
uint64_t gen75_cost_blit(uint64_t bytes_read, uint64_t bytes_written)
{
	return bytes_written * 1000 / (bytes_read ? COPY_BYTES_PER_US : FILL_BYTES_PER_US);
}

/**
 * gen75_cost_draw() - a draw's vertices, primitives and pixels; COST_DRAW comes on top
 * @pixel_limit: no primitive covers more pixels than that; a rectangle covers just as many
 * @ret_pixels: the pixels that it is taken to draw
 */
uint64_t gen75_cost_draw(uint64_t vertices, uint64_t primitives, bool rectangles, uint64_t pixel_limit, uint64_t *ret_pixels)
{
	*ret_pixels = primitives * (rectangles ? pixel_limit : min_u64(pixel_limit, PIXELS_PER_PRIMITIVE));
	return (vertices * VERTEX_PS + primitives * PRIMITIVE_PS + *ret_pixels * PIXEL_PS) / 1000;
}

/**
 * gen75_cost_dispatch() - threads of a media or compute dispatch; COST_DISPATCH comes on top
 */
uint64_t gen75_cost_dispatch(uint64_t threads)
{
	return threads * THREAD_PS / 1000;
}

/**
 * gen75_cost_media() - a codec object's stream; COST_MEDIA comes on top
 */
uint64_t gen75_cost_media(uint64_t bytes)
{
	return bytes * 1000 / MEDIA_BYTES_PER_US;
}

/**
 * gen75_cost_context() - saving or restoring a context image; COST_CONTEXT comes on top
 */
uint64_t gen75_cost_context(uint64_t bytes)
{
	return bytes * 1000 / CONTEXT_BYTES_PER_US;
}
