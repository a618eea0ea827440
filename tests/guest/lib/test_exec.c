// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Executing batches: stores by every ring, completion interrupts, chained batches, relocations, many batches.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/guest/lib/selftest.h"

#define MARKER 0x600df00du

/* i915 polls nothing: without an interrupt a wait ends at its next retry, about two seconds later. */
#define INTERRUPT_ROUNDS 16
#define INTERRUPT_SLOW_NS 1500000000ll

#define MANY_BATCHES 512u
#define MANY_CODES 32u

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

/* VEBOX is absent from some parts; the other three always exist. */
static int need_ring(struct selftest *t, unsigned int ring)
{
	int present = 0;

	if (ring != I915_EXEC_VEBOX)
		return 0;
	if (gem_get_param(t->fd, I915_PARAM_HAS_VEBOX, &present) || !present)
		return selftest_skip(t, "this GPU has no video enhancement ring");
	return 0;
}

/**
 * test_store() - MI_STORE_DATA_IMM from one ring, and that its completions interrupt
 * @t: test
 * @ring: I915_EXEC_*
 *
 * Return: 0, SELFTEST_SKIP or -1
 */
int test_store(struct selftest *t, unsigned int ring)
{
	const struct gem_exec exec = { .ring = ring };
	struct gem_bo *code = selftest_bo(t, GEM_BATCH_BYTES), *dst = selftest_bo(t, 8192);
	struct gem_batch batch;
	unsigned int slow = 0;
	int ret = need_ring(t, ring);

	if (ret)
		return ret;
	if (!code || !dst)
		return -1;
	for (uint32_t round = 0; round < INTERRUPT_ROUNDS; round++) {
		int64_t start_ns;

		gem_batch_init(&batch, code);
		gem_batch_store(&batch, dst, 0, MARKER + round);
		gem_batch_store(&batch, dst, 4096 + 4 * round, ~round);
		gem_batch_end(&batch);
		start_ns = now_ns();
		if (selftest_run(t, &batch, &exec))
			return -1;
		slow += now_ns() - start_ns > INTERRUPT_SLOW_NS;
		if (selftest_expect_dword(t, dst, 0, MARKER + round, "first page") ||
		    selftest_expect_dword(t, dst, 4096 + 4 * round, ~round, "second page") ||
		    selftest_expect_dword(t, dst, 4, 0, "dword beside the first"))
			return -1;
	}
	if (slow > INTERRUPT_ROUNDS / 2)
		return selftest_fail(t, "%u of %d waits were slow: completion interrupts are lost", slow, INTERRUPT_ROUNDS);
	return 0;
}

/**
 * test_store_qword() - MI_STORE_DATA_IMM of a qword
 * @t: test
 * @ring: I915_EXEC_*
 *
 * The length alone makes it one on Gen7; the address is a multiple of 8.
 *
 * Return: 0 or -1
 */
int test_store_qword(struct selftest *t, unsigned int ring)
{
	const struct gem_exec exec = { .ring = ring };
	struct gem_bo *code = selftest_bo(t, GEM_BATCH_BYTES), *dst = selftest_bo(t, 4096);
	struct gem_batch batch;

	if (!code || !dst)
		return -1;
	gem_batch_init(&batch, code);
	cmd_put(&batch.cmd, MI_STORE_QWORD_IMM);
	cmd_put(&batch.cmd, 0);
	gem_batch_address(&batch, dst, 24, true);
	cmd_put(&batch.cmd, 0x11112222);
	cmd_put(&batch.cmd, 0x33334444);
	gem_batch_end(&batch);
	if (selftest_run(t, &batch, &exec) || selftest_expect_dword(t, dst, 24, 0x11112222, "low dword") ||
	    selftest_expect_dword(t, dst, 28, 0x33334444, "high dword"))
		return -1;
	return selftest_expect_dword(t, dst, 32, 0, "dword after the qword");
}

/**
 * test_chain() - a batch that continues in a second one
 * @t: test
 * @unparsed: 1: without i915's command parser
 *
 * On Gen7 the parser sends a batch with MI_BATCH_BUFFER_START to the hardware unprivileged and as it is (i915
 * i915_cmd_parser.c, check_bbstart()), so both ways have to work.
 *
 * Return: 0 or -1
 */
int test_chain(struct selftest *t, unsigned int unparsed)
{
	const struct gem_exec exec = { .ring = I915_EXEC_BLT, .unparsed = unparsed };
	struct gem_bo *code = selftest_bo(t, GEM_BATCH_BYTES), *next = selftest_bo(t, GEM_BATCH_BYTES);
	struct gem_bo *dst = selftest_bo(t, 4096);
	struct gem_batch batch, second;
	int ret;

	if (!code || !next || !dst)
		return -1;

	/* The second batch runs once alone: that places its objects, and the commands stay in it. */
	gem_batch_init(&second, next);
	gem_batch_store(&second, dst, 4, MARKER + 1);
	gem_batch_end(&second);
	if (selftest_run(t, &second, &exec))
		return -1;
	ret = gem_bo_set_domain(t->fd, dst, I915_GEM_DOMAIN_CPU, true);
	if (ret)
		return selftest_fail(t, "move object to the CPU: %s", strerror(-ret));
	memset(dst->cpu, 0, dst->size_bytes);

	gem_batch_init(&batch, code);
	gem_batch_store(&batch, dst, 0, MARKER);
	cmd_put(&batch.cmd, MI_BATCH_BUFFER_START | MI_BATCH_PPGTT_HSW | MI_BATCH_NON_SECURE_HSW);
	gem_batch_address(&batch, next, 0, false);
	gem_batch_store(&batch, dst, 8, MARKER + 2); /* never reached: a chain does not return */
	gem_batch_end(&batch);
	if (selftest_run(t, &batch, &exec))
		return -1;
	if (selftest_expect_dword(t, dst, 0, MARKER, "first batch") ||
	    selftest_expect_dword(t, dst, 4, MARKER + 1, "second batch"))
		return -1;
	return selftest_expect_dword(t, dst, 8, 0, "after the jump");
}

/**
 * test_relocation() - wrong presumed addresses, which the kernel has to correct in the batch
 * @t: test
 * @arg: unused
 *
 * Return: 0 or -1
 */
int test_relocation(struct selftest *t, unsigned int arg)
{
	const struct gem_exec exec = { .ring = I915_EXEC_BLT };
	struct gem_bo *code = selftest_bo(t, GEM_BATCH_BYTES), *dst = selftest_bo(t, 8192);
	struct gem_batch batch;
	uint32_t at;

	if (!code || !dst)
		return -1;
	dst->gma = 0x7ff00000; /* the end of the 2 GiB, where nothing of this size fits by chance */
	gem_batch_init(&batch, code);
	gem_batch_store(&batch, dst, 4100, MARKER);
	gem_batch_end(&batch);
	at = (uint32_t)batch.relocs[0].offset;
	if (selftest_run(t, &batch, &exec) || selftest_expect_dword(t, dst, 4100, MARKER, "relocated store"))
		return -1;
	if (dst->gma == 0x7ff00000)
		return selftest_skip(t, "the object happens to lie at the address taken for a wrong one");
	if (batch.relocs[0].presumed_offset != dst->gma)
		return selftest_fail(t, "the kernel reports %#llx in the relocation and %#llx for the object",
				     (unsigned long long)batch.relocs[0].presumed_offset, (unsigned long long)dst->gma);
	return selftest_expect_dword(t, code, at, (uint32_t)dst->gma + 4100, "address in the batch");
}

/**
 * test_no_relocation() - addresses known from before, and nothing for the kernel to correct
 * @t: test
 * @arg: unused
 *
 * Return: 0, SELFTEST_SKIP or -1
 */
int test_no_relocation(struct selftest *t, unsigned int arg)
{
	const struct gem_exec place = { .ring = I915_EXEC_BLT };
	const struct gem_exec exec = { .ring = I915_EXEC_BLT, .flags = I915_EXEC_NO_RELOC };
	struct gem_bo *code = selftest_bo(t, GEM_BATCH_BYTES), *dst = selftest_bo(t, 4096);
	struct gem_batch batch;
	uint64_t gma;

	if (!code || !dst)
		return -1;
	gem_batch_init(&batch, code);
	gem_batch_store(&batch, dst, 0, 1);
	gem_batch_end(&batch);
	if (selftest_run(t, &batch, &place))
		return -1;

	gma = dst->gma;
	gem_batch_init(&batch, code);
	gem_batch_store(&batch, dst, 4, MARKER);
	gem_batch_end(&batch);
	batch.reloc_count = 0;
	if (selftest_run(t, &batch, &exec))
		return -1;
	if (dst->gma != gma)
		return selftest_skip(t, "another client made the kernel move the object");
	return selftest_expect_dword(t, dst, 4, MARKER, "store at the address of before");
}

/**
 * test_many_batches() - hundreds of small batches in flight, each with a slot of its own, and a running total
 * @t: test
 * @ring: I915_EXEC_*
 *
 * Return: 0 or -1
 */
int test_many_batches(struct selftest *t, unsigned int ring)
{
	const struct gem_exec exec = { .ring = ring };
	struct gem_bo *codes[MANY_CODES], *dst = selftest_bo(t, 8192);
	struct gem_batch batch;

	if (!dst)
		return -1;
	for (unsigned int i = 0; i < MANY_CODES; i++) {
		codes[i] = selftest_bo(t, GEM_BATCH_BYTES);
		if (!codes[i])
			return -1;
	}
	for (uint32_t i = 0; i < MANY_BATCHES; i++) {
		struct gem_bo *code = codes[i % MANY_CODES];
		int ret = gem_bo_wait(t->fd, code, SELFTEST_WAIT_NS);

		if (ret)
			return selftest_fail(t, "wait for batch %u: %s", i - MANY_CODES, strerror(-ret));
		gem_batch_init(&batch, code);
		gem_batch_store(&batch, dst, 4 * i, MARKER ^ i);
		gem_batch_store(&batch, dst, 4096, i + 1);
		gem_batch_end(&batch);
		ret = gem_batch_submit(t->fd, &batch, &exec);
		if (ret)
			return selftest_fail(t, "submit batch %u: %s", i, strerror(-ret));
	}
	if (selftest_expect_dword(t, dst, 4096, MANY_BATCHES, "number of the last batch"))
		return -1;
	for (uint32_t i = 0; i < MANY_BATCHES; i++) {
		char what[32];

		snprintf(what, sizeof(what), "slot %u", i);
		if (selftest_expect_dword(t, dst, 4 * i, MARKER ^ i, what))
			return -1;
	}
	return 0;
}
