/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What gpu-selftest's test files share: the state that a test gets, and steps that fail with a reason.
 *
 * A test returns 0, SELFTEST_SKIP or -1; the reason of the latter two stands in the state. Buffer objects come from
 * a pool that the runner empties after each test, so that a test can return at any point.
 */
#ifndef TESTS_GUEST_LIB_SELFTEST_H
#define TESTS_GUEST_LIB_SELFTEST_H

#include <stdbool.h>

#include "tests/guest/lib/gem.h"

#define SELFTEST_BOS_MAX 64u
#define SELFTEST_SKIP 1
#define SELFTEST_WAIT_NS 20000000000ll /* for work that ends by itself */

/** struct selftest - state of one test; @fd is opened for it alone, so that no ban outlives it. */
struct selftest {
	int fd;
	const char *path;
	struct gem_bo bos[SELFTEST_BOS_MAX];
	unsigned int bo_count;
	char why[256];
};

/** struct selftest_case - a test; @arg is what tells apart the cases that share a function. */
struct selftest_case {
	const char *name;
	int (*run)(struct selftest *t, unsigned int arg);
	unsigned int arg;
	bool resets; /* hangs the GPU on purpose */
};

int selftest_fail(struct selftest *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
int selftest_skip(struct selftest *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct gem_bo *selftest_bo(struct selftest *t, size_t size_bytes);
int selftest_run(struct selftest *t, struct gem_batch *batch, const struct gem_exec *exec);
int selftest_load(struct selftest *t, struct gem_bo *bo, const void *data);
int selftest_expect(struct selftest *t, struct gem_bo *bo, const void *want, const char *what);
int selftest_expect_dword(struct selftest *t, struct gem_bo *bo, uint32_t offset_bytes, uint32_t want, const char *what);

int test_copy_linear(struct selftest *t, unsigned int arg);
int test_copy_rect(struct selftest *t, unsigned int arg);
int test_copy_rop(struct selftest *t, unsigned int arg);
int test_fill(struct selftest *t, unsigned int arg);

int test_tiled_blit(struct selftest *t, unsigned int tiling);
int test_tiled_aperture(struct selftest *t, unsigned int tiling);
int test_fence_stealing(struct selftest *t, unsigned int arg);

int test_store(struct selftest *t, unsigned int ring);
int test_store_qword(struct selftest *t, unsigned int ring);
int test_chain(struct selftest *t, unsigned int unparsed);
int test_relocation(struct selftest *t, unsigned int arg);
int test_no_relocation(struct selftest *t, unsigned int arg);
int test_many_batches(struct selftest *t, unsigned int ring);

int test_register_access(struct selftest *t, unsigned int arg);
int test_context_state(struct selftest *t, unsigned int arg);
int test_register_filter(struct selftest *t, unsigned int unparsed);
int test_parser_einval(struct selftest *t, unsigned int arg);

int test_reset_recover(struct selftest *t, unsigned int arg);
int test_reset_ban(struct selftest *t, unsigned int arg);

#endif
