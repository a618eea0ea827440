// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * An endless batch, i915's reset of the engine, and what each party sees of it afterwards.
 *
 * How i915 notices: Haswell has no preemption, so a context cannot be made non-persistent and cancelled (i915
 * gem/i915_gem_context.c, __context_set_persistence(): ENODEV), and preempt_timeout_ms does not exist. What remains
 * is the heartbeat (gt/intel_engine_heartbeat.c): a missed one resets the engine, after two to three intervals,
 * and root can shorten the interval in sysfs. Without root it takes the default interval of 2.5 s or the request
 * timeout of 20 s. The error capture that comes first reads the aperture and can take half a minute.
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "tests/guest/lib/selftest.h"

#define MARKER 0x600df00du
#define HEARTBEAT_MS 100
#define RESET_LIMIT_NS 120000000000ll

/* The blitter's heartbeat interval; the card's directory hangs off the render node's device. */
static int set_heartbeat_ms(const struct selftest *t, long interval_ms, long *ret_old_ms)
{
	char pattern[96];
	glob_t found;
	struct stat st;
	FILE *file = NULL;
	int ok = 0;

	if (stat(t->path, &st))
		return -errno;
	snprintf(pattern, sizeof(pattern), "/sys/dev/char/%u:%u/device/drm/card*/engine/bcs0/heartbeat_interval_ms",
		 major(st.st_rdev), minor(st.st_rdev));
	if (glob(pattern, 0, NULL, &found))
		return -ENOENT;
	file = fopen(found.gl_pathv[0], "r+");
	if (file) {
		ok = fscanf(file, "%ld", ret_old_ms) == 1;
		rewind(file);
		ok = ok && fprintf(file, "%ld\n", interval_ms) > 0;
		ok = !fclose(file) && ok;
	}
	globfree(&found);
	return ok ? 0 : -EACCES;
}

static int store_in_context(struct selftest *t, uint32_t context, struct gem_bo *code, struct gem_bo *dst, uint32_t offset_bytes)
{
	const struct gem_exec exec = { .ring = I915_EXEC_BLT, .context = context };
	struct gem_batch batch;

	gem_batch_init(&batch, code);
	gem_batch_store(&batch, dst, offset_bytes, MARKER + offset_bytes);
	gem_batch_end(&batch);
	return gem_batch_submit(t->fd, &batch, &exec);
}

static int submit_endless(struct selftest *t, uint32_t context, struct gem_bo *code)
{
	const struct gem_exec exec = { .ring = I915_EXEC_BLT, .context = context, .unparsed = true };
	struct gem_batch batch;

	gem_batch_init(&batch, code);
	cmd_put(&batch.cmd, MI_BATCH_BUFFER_START | MI_BATCH_PPGTT_HSW | MI_BATCH_NON_SECURE_HSW);
	gem_batch_address(&batch, code, 0, false);
	gem_batch_end(&batch);
	return gem_batch_submit(t->fd, &batch, &exec);
}

/* Hang the blitter in @context, with an innocent batch of the default context queued behind it. */
static int hang(struct selftest *t, uint32_t context, struct gem_bo *dst)
{
	struct gem_bo *endless = selftest_bo(t, GEM_BATCH_BYTES), *innocent = selftest_bo(t, GEM_BATCH_BYTES);
	struct drm_i915_reset_stats before, after;
	long old_ms = 0;
	int shortened, ret;

	if (!endless || !innocent)
		return -1;
	if (gem_reset_stats(t->fd, context, &before))
		return selftest_fail(t, "read reset statistics");
	shortened = set_heartbeat_ms(t, HEARTBEAT_MS, &old_ms);
	ret = submit_endless(t, context, endless);
	if (!ret)
		ret = store_in_context(t, 0, innocent, dst, 0);
	if (!ret)
		ret = gem_bo_wait(t->fd, endless, RESET_LIMIT_NS);
	if (!shortened)
		set_heartbeat_ms(t, old_ms, &old_ms);
	if (ret)
		return selftest_fail(t, "endless batch: %s", strerror(-ret));

	/* The device's reset_count leaves out resets of one engine (i915 i915_gpu_error.h), the guilt does not. */
	if (gem_reset_stats(t->fd, context, &after))
		return selftest_fail(t, "read reset statistics");
	if (after.batch_active != before.batch_active + 1)
		return selftest_fail(t, "the endless batch ended, but its context is guilty of %u resets, not %u",
				     after.batch_active, before.batch_active + 1);
	return selftest_expect_dword(t, dst, 0, MARKER, "innocent batch behind the endless one");
}

/**
 * test_reset_recover() - after the reset, the guilty context and the others work on
 * @t: test
 * @arg: unused
 *
 * Return: 0 or -1
 */
int test_reset_recover(struct selftest *t, unsigned int arg)
{
	struct gem_bo *code = selftest_bo(t, GEM_BATCH_BYTES), *dst = selftest_bo(t, 4096);
	uint32_t context;
	int ret;

	if (!code || !dst)
		return -1;
	ret = gem_context_create(t->fd, &context);
	if (ret)
		return selftest_fail(t, "create context: %s", strerror(-ret));
	if (hang(t, context, dst))
		return -1;
	ret = store_in_context(t, context, code, dst, 4);
	if (ret)
		return selftest_fail(t, "submit in the guilty context: %s", strerror(-ret));
	if (selftest_expect_dword(t, dst, 4, MARKER + 4, "guilty context's next batch"))
		return -1;
	ret = store_in_context(t, 0, code, dst, 8);
	if (ret)
		return selftest_fail(t, "submit in the default context: %s", strerror(-ret));
	return selftest_expect_dword(t, dst, 8, MARKER + 8, "default context's next batch");
}

/**
 * test_reset_ban() - a context that declined recovery is banned by its first hang, and it alone
 * @t: test
 * @arg: unused
 *
 * Return: 0 or -1
 */
int test_reset_ban(struct selftest *t, unsigned int arg)
{
	struct gem_bo *code = selftest_bo(t, GEM_BATCH_BYTES), *dst = selftest_bo(t, 4096);
	uint32_t context;
	int ret;

	if (!code || !dst)
		return -1;
	ret = gem_context_create(t->fd, &context);
	if (!ret)
		ret = gem_context_set_param(t->fd, context, I915_CONTEXT_PARAM_RECOVERABLE, 0);
	if (ret)
		return selftest_fail(t, "create non-recoverable context: %s", strerror(-ret));
	if (hang(t, context, dst))
		return -1;
	ret = store_in_context(t, context, code, dst, 4);
	if (ret != -EIO)
		return selftest_fail(t, "submit in the banned context: %s, not EIO", ret ? strerror(-ret) : "done");
	ret = store_in_context(t, 0, code, dst, 8);
	if (ret)
		return selftest_fail(t, "submit in the default context: %s", strerror(-ret));
	return selftest_expect_dword(t, dst, 8, MARKER + 8, "default context's next batch");
}
