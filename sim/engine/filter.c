// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What a non-privileged batch may not do: i915 hands batches that its own parser rejects to the hardware unprivileged, and
 * relies on this.
 *
 * Commands: Haswell PRM vol. 6, Command Stream Programming, "User Mode Privileged Commands"; their rules stand in the
 * command tables. Registers: "Non-Privileged Registers" there; the rest cannot be written.
 */
#include "sim/engine/gpu.h"

static const struct {
	uint32_t start, end; /* first and last register */
	uint32_t engines;
} allowed[] = {
	{ 0x2028, 0x2028, ON_RCS }, /* EXCC */
	{ 0x2094, 0x2094, ON_RCS }, /* NOPID */
	{ 0x20c0, 0x20c0, ON_RCS }, /* INSTPM */
	{ 0x2290, 0x2294, ON_RCS }, /* GPGPU_THREADS_DISPATCHED */
	{ 0x22c8, 0x2354, ON_RCS }, /* pipeline statistics */
	{ 0x2400, 0x2414, ON_RCS }, /* MI_PREDICATE_SRC0, SRC1, DATA */
	{ 0x2420, 0x2440, ON_RCS }, /* 3DPRIM_* */
	{ 0x2500, 0x2508, ON_RCS }, /* GPGPU_DISPATCHDIM* */
	{ 0x5200, 0x528c, ON_RCS }, /* SO_* */
	{ 0x7004, 0x7004, ON_RCS }, /* CACHE_MODE_1 */
	{ REG_BCS_SWCTRL, REG_BCS_SWCTRL, ON_BCS },
};

/**
 * gen75_filter_reg_allowed() - whether a command of @e may write a register, by where the command comes from
 */
bool gen75_filter_reg_allowed(const struct engine *e, uint32_t offset)
{
	if (!gen75_nonpriv(e))
		return true;
	for (unsigned int i = 0; i < ARRAY_COUNT(allowed); i++)
		if (offset >= allowed[i].start && offset <= allowed[i].end && allowed[i].engines >> e->id & 1)
			return true;
	return false;
}

/**
 * gen75_filter_dropped() - count a command, or one of its writes, that the filter took away
 */
void gen75_filter_dropped(struct gen75 *gpu, const struct engine *e, uint32_t header, uint32_t what)
{
	gen75_event(gpu, GEN75_EV_FILTERED, e->id, header, what);
}
