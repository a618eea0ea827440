// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Register access from user batches: what i915's command parser allows works, belongs to the context, and what it
 * refuses has no effect.
 *
 * A batch that the parser refuses is not an error since its version 8: it runs unprivileged and the hardware drops
 * its register writes (i915 i915_cmd_parser.c, history of the parser's versions).
 */
#include <errno.h>
#include <string.h>

#include "tests/guest/lib/selftest.h"

#define MARKER 0x600df00du

/* Allowed by the parser on the render ring: a general-purpose register (Haswell only) and one of the context. */
#define RCS_GPR0 0x2600u
#define GEN7_SO_WRITE_OFFSET0 0x5280u

/* Never allowed; writing any of them breaks the ring or the address space. */
#define BCS_RING_TAIL 0x22030u
#define BCS_RING_START 0x22038u
#define BCS_PP_DIR_BASE 0x22228u

static void put_store_reg(struct gem_batch *batch, uint32_t reg, struct gem_bo *dst, uint32_t offset_bytes)
{
	cmd_put(&batch->cmd, MI_STORE_REGISTER_MEM);
	cmd_put(&batch->cmd, reg);
	gem_batch_address(batch, dst, offset_bytes, true);
}

static void put_load_reg(struct gem_batch *batch, uint32_t reg, uint32_t value)
{
	cmd_put(&batch->cmd, MI_NOOP); /* a register load needs a no-op before it (i915 gt/intel_gpu_commands.h) */
	cmd_load_reg(&batch->cmd, reg, value);
}

/**
 * test_register_access() - load a register with a constant, store it, load it from memory, store it again
 * @t: test
 * @arg: unused
 *
 * Return: 0 or -1
 */
int test_register_access(struct selftest *t, unsigned int arg)
{
	const struct gem_exec exec = { .ring = I915_EXEC_RENDER };
	struct gem_bo *code = selftest_bo(t, GEM_BATCH_BYTES), *dst = selftest_bo(t, 4096);
	struct gem_batch batch;

	if (!code || !dst)
		return -1;
	gem_batch_init(&batch, code);
	put_load_reg(&batch, RCS_GPR0, MARKER);
	put_store_reg(&batch, RCS_GPR0, dst, 0);
	gem_batch_store(&batch, dst, 16, ~MARKER);
	cmd_put(&batch.cmd, MI_LOAD_REGISTER_MEM);
	cmd_put(&batch.cmd, RCS_GPR0);
	gem_batch_address(&batch, dst, 16, false);
	put_store_reg(&batch, RCS_GPR0, dst, 4);
	gem_batch_end(&batch);
	if (selftest_run(t, &batch, &exec))
		return -1;
	if (selftest_expect_dword(t, dst, 0, MARKER, "register loaded with a constant"))
		return -1;
	return selftest_expect_dword(t, dst, 4, ~MARKER, "register loaded from memory");
}

static int run_in_context(struct selftest *t, uint32_t context, struct gem_bo *code, const uint32_t *load, struct gem_bo *dst,
			  uint32_t offset_bytes)
{
	const struct gem_exec exec = { .ring = I915_EXEC_RENDER, .context = context };
	struct gem_batch batch;

	gem_batch_init(&batch, code);
	if (load)
		put_load_reg(&batch, GEN7_SO_WRITE_OFFSET0, *load);
	else
		put_store_reg(&batch, GEN7_SO_WRITE_OFFSET0, dst, offset_bytes);
	gem_batch_end(&batch);
	return selftest_run(t, &batch, &exec);
}

/**
 * test_context_state() - a register of the render context keeps its value across a switch to another context
 * @t: test
 * @arg: unused
 *
 * Return: 0 or -1
 */
int test_context_state(struct selftest *t, unsigned int arg)
{
	static const uint32_t values[2] = { 0x1000, 0x2340 }; /* multiples of 4: the low bits are reserved */
	struct gem_bo *code = selftest_bo(t, GEM_BATCH_BYTES), *dst = selftest_bo(t, 4096);
	uint32_t contexts[2];
	int ret;

	if (!code || !dst)
		return -1;
	for (int i = 0; i < 2; i++) {
		ret = gem_context_create(t->fd, &contexts[i]);
		if (ret)
			return selftest_fail(t, "create context: %s", strerror(-ret));
	}
	for (int i = 0; i < 2; i++)
		if (run_in_context(t, contexts[i], code, &values[i], NULL, 0))
			return -1;
	for (uint32_t i = 0; i < 2; i++)
		if (run_in_context(t, contexts[i], code, NULL, dst, 4 * i))
			return -1;
	if (selftest_expect_dword(t, dst, 0, values[0], "register in the first context"))
		return -1;
	return selftest_expect_dword(t, dst, 4, values[1], "register in the second context");
}

/**
 * test_register_filter() - writes to ring registers in a user batch are dropped, and the rest of the batch runs
 * @t: test
 * @unparsed: 1: without i915's command parser, so that the hardware's filter stands alone
 *
 * Return: 0 or -1
 */
int test_register_filter(struct selftest *t, unsigned int unparsed)
{
	static const uint32_t regs[] = { BCS_PP_DIR_BASE, BCS_RING_START, BCS_RING_TAIL };
	const struct gem_exec exec = { .ring = I915_EXEC_BLT, .unparsed = unparsed };
	struct gem_bo *code = selftest_bo(t, GEM_BATCH_BYTES), *dst = selftest_bo(t, 4096);
	struct drm_i915_reset_stats before, after;
	struct gem_batch batch;

	if (!code || !dst)
		return -1;
	if (gem_reset_stats(t->fd, 0, &before))
		return selftest_fail(t, "read reset statistics");
	gem_batch_init(&batch, code);
	for (size_t i = 0; i < sizeof(regs) / sizeof(regs[0]); i++)
		put_load_reg(&batch, regs[i], 0x10);
	gem_batch_store(&batch, dst, 0, MARKER);
	gem_batch_end(&batch);
	if (selftest_run(t, &batch, &exec) || selftest_expect_dword(t, dst, 0, MARKER, "store after the writes"))
		return -1;

	gem_batch_init(&batch, code);
	gem_batch_store(&batch, dst, 4, MARKER + 1);
	gem_batch_end(&batch);
	if (selftest_run(t, &batch, &exec) || selftest_expect_dword(t, dst, 4, MARKER + 1, "next batch"))
		return -1;
	if (gem_reset_stats(t->fd, 0, &after))
		return selftest_fail(t, "read reset statistics");
	if (after.reset_count != before.reset_count || after.batch_active != before.batch_active)
		return selftest_fail(t, "the batch hung the GPU");
	return 0;
}

/**
 * test_parser_einval() - a batch whose last command is cut off is refused with EINVAL
 * @t: test
 * @arg: unused
 *
 * Return: 0 or -1
 */
int test_parser_einval(struct selftest *t, unsigned int arg)
{
	const struct gem_exec exec = { .ring = I915_EXEC_BLT };
	struct gem_bo *code = selftest_bo(t, GEM_BATCH_BYTES);
	struct gem_batch batch;
	int ret;

	if (!code)
		return -1;
	gem_batch_init(&batch, code);
	cmd_put(&batch.cmd, MI_NOOP);
	cmd_put(&batch.cmd, XY_COLOR_BLT);
	ret = gem_batch_submit(t->fd, &batch, &exec);
	if (!ret)
		return selftest_fail(t, "the kernel accepted the batch");
	return ret == -EINVAL ? 0 : selftest_fail(t, "submit: %s, not EINVAL", strerror(-ret));
}
