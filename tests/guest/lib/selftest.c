// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Steps that gpu-selftest's tests are made of; each says why it failed. One thread, no lock.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/guest/lib/oracle.h"
#include "tests/guest/lib/selftest.h"

/**
 * selftest_fail() - say why a test failed
 * @t: test
 * @format: printf format of the reason, one line
 *
 * Return: -1
 */
int selftest_fail(struct selftest *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(t->why, sizeof(t->why), format, args);
	va_end(args);
	return -1;
}

/**
 * selftest_skip() - say why a test cannot run here
 * @t: test
 * @format: printf format of the reason, one line
 *
 * Return: SELFTEST_SKIP
 */
int selftest_skip(struct selftest *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(t->why, sizeof(t->why), format, args);
	va_end(args);
	return SELFTEST_SKIP;
}

/**
 * selftest_bo() - allocate a zeroed object with a CPU map, freed by the runner
 * @t: test
 * @size_bytes: size
 *
 * Return: the object, or NULL with the reason recorded
 */
struct gem_bo *selftest_bo(struct selftest *t, size_t size_bytes)
{
	struct gem_bo *bo = &t->bos[t->bo_count];
	int ret;

	if (t->bo_count == SELFTEST_BOS_MAX) {
		selftest_fail(t, "the test wants more than %u objects", SELFTEST_BOS_MAX);
		return NULL;
	}
	ret = gem_bo_create(t->fd, size_bytes, bo);
	if (ret) {
		selftest_fail(t, "create object of %zu bytes: %s", size_bytes, strerror(-ret));
		return NULL;
	}
	t->bo_count++;
	ret = gem_bo_map_cpu(t->fd, bo);
	if (ret) {
		selftest_fail(t, "map object for the CPU: %s", strerror(-ret));
		return NULL;
	}
	return bo;
}

/**
 * selftest_run() - execute a batch and wait for its end
 * @t: test
 * @batch: finished batch
 * @exec: where
 *
 * Return: 0 or -1
 */
int selftest_run(struct selftest *t, struct gem_batch *batch, const struct gem_exec *exec)
{
	int ret = gem_batch_submit(t->fd, batch, exec);

	if (ret)
		return selftest_fail(t, "submit: %s", strerror(-ret));
	ret = gem_bo_wait(t->fd, batch->bos[0], SELFTEST_WAIT_NS);
	if (ret)
		return selftest_fail(t, "wait for the batch: %s", strerror(-ret));
	return 0;
}

/**
 * selftest_load() - fill an object by the CPU
 * @t: test
 * @bo: idle object
 * @data: as many bytes as the object has
 *
 * Return: 0 or -1
 */
int selftest_load(struct selftest *t, struct gem_bo *bo, const void *data)
{
	int ret = gem_bo_set_domain(t->fd, bo, I915_GEM_DOMAIN_CPU, true);

	if (ret)
		return selftest_fail(t, "move object to the CPU: %s", strerror(-ret));
	memcpy(bo->cpu, data, bo->size_bytes);
	return 0;
}

static int read_by_cpu(struct selftest *t, struct gem_bo *bo)
{
	int ret = gem_bo_wait(t->fd, bo, SELFTEST_WAIT_NS);

	if (!ret)
		ret = gem_bo_set_domain(t->fd, bo, I915_GEM_DOMAIN_CPU, false);
	return ret ? selftest_fail(t, "move object to the CPU: %s", strerror(-ret)) : 0;
}

/**
 * selftest_expect() - compare an object with what it should hold
 * @t: test
 * @bo: object; waited for
 * @want: as many bytes as the object has
 * @what: name of the object in the reason
 *
 * Return: 0 or -1
 */
int selftest_expect(struct selftest *t, struct gem_bo *bo, const void *want, const char *what)
{
	ptrdiff_t at;

	if (read_by_cpu(t, bo))
		return -1;
	at = oracle_mismatch(bo->cpu, want, bo->size_bytes);
	if (at >= 0)
		return selftest_fail(t, "%s: byte %#tx is %02x, not %02x", what, at, ((uint8_t *)bo->cpu)[at],
				     ((const uint8_t *)want)[at]);
	return 0;
}

/**
 * selftest_expect_dword() - compare one dword of an object
 * @t: test
 * @bo: object; waited for
 * @offset_bytes: where, a multiple of 4
 * @want: value
 * @what: name of the dword in the reason
 *
 * Return: 0 or -1
 */
int selftest_expect_dword(struct selftest *t, struct gem_bo *bo, uint32_t offset_bytes, uint32_t want, const char *what)
{
	uint32_t got;

	if (read_by_cpu(t, bo))
		return -1;
	got = ((const uint32_t *)bo->cpu)[offset_bytes / sizeof(uint32_t)];
	if (got != want)
		return selftest_fail(t, "%s: %#010x, not %#010x", what, got, want);
	return 0;
}
