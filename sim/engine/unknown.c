// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Events: counts them, remembers which registers and commands were not known, and tells the caller's trace hook.
 */
#include "sim/engine/gpu.h"

static const char *const event_names[GEN75_EVENTS] = {
	[GEN75_EV_UNKNOWN_READ] = "unknown-read",
	[GEN75_EV_UNKNOWN_WRITE] = "unknown-write",
	[GEN75_EV_UNKNOWN_COMMAND] = "unknown-command",
	[GEN75_EV_BAD_PTE] = "bad-pte",
	[GEN75_EV_BUS_ERROR] = "bus-error",
	[GEN75_EV_FILTERED] = "filtered",
	[GEN75_EV_COMMAND] = "command",
	[GEN75_EV_MMIO_READ] = "mmio-read",
	[GEN75_EV_MMIO_WRITE] = "mmio-write",
	[GEN75_EV_IRQ] = "irq",
	[GEN75_EV_RESET] = "reset",
	[GEN75_EV_NOT_EXECUTED] = "not-executed",
};

static bool is_remembered(enum gen75_event ev)
{
	return ev == GEN75_EV_UNKNOWN_READ || ev == GEN75_EV_UNKNOWN_WRITE || ev == GEN75_EV_UNKNOWN_COMMAND ||
	       ev == GEN75_EV_NOT_EXECUTED;
}

static void remember(struct gen75 *gpu, enum gen75_event ev, uint32_t what)
{
	unsigned int i;

	for (i = 0; i < gpu->unknown_count; i++) {
		if (gpu->unknown[i].ev == ev && gpu->unknown[i].what == what) {
			gpu->unknown[i].count++;
			return;
		}
	}
	if (i == UNKNOWN_MAX) {
		/* the last entry stands for all that found no place */
		gpu->unknown[UNKNOWN_MAX - 1].ev = GEN75_EVENTS;
		gpu->unknown[UNKNOWN_MAX - 1].what = 0;
		gpu->unknown[UNKNOWN_MAX - 1].count++;
		return;
	}
	gpu->unknown[i] = (struct unknown) { .ev = ev, .what = what, .count = 1 };
	gpu->unknown_count = i + 1;
}

/* Only the bits that say which command it is: what differs from one use to the next would fill the list. */
static uint32_t opcode_of(uint32_t header)
{
	switch (header >> 29) {
	case 0:
		return header & 0xff800000u;
	case 2:
		return header & 0xffc00000u;
	default:
		return header & 0xffff0000u;
	}
}

/**
 * gen75_event() - count an event and tell the trace hook
 * @engine: the engine it happened on, -1: none
 */
void gen75_event(struct gen75 *gpu, enum gen75_event ev, int engine, uint64_t arg0, uint64_t arg1)
{
	gpu->stats.events[ev]++;
	if (is_remembered(ev))
		remember(gpu, ev, ev == GEN75_EV_UNKNOWN_COMMAND || ev == GEN75_EV_NOT_EXECUTED ? opcode_of(arg0) : arg0);
	if (gpu->ops.trace)
		gpu->ops.trace(gpu->ctx, ev, engine, arg0, arg1);
}

/**
 * gen75_unknown() - the registers and commands that the model did not know, with their counts
 * @i: 0, 1, ... until it returns false; the list is bounded
 * @ret_ev: GEN75_EVENTS in the last entry of a full list, which counts all others
 */
bool gen75_unknown(const struct gen75 *gpu, unsigned int i, enum gen75_event *ret_ev, uint32_t *ret_what, uint64_t *ret_count)
{
	if (i >= gpu->unknown_count)
		return false;
	*ret_ev = gpu->unknown[i].ev;
	*ret_what = gpu->unknown[i].what;
	*ret_count = gpu->unknown[i].count;
	return true;
}

/**
 * gen75_event_name() - a short name for an event, for logs; "other" for GEN75_EVENTS
 */
const char *gen75_event_name(enum gen75_event ev)
{
	return (unsigned int)ev < GEN75_EVENTS ? event_names[ev] : "other";
}
