/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Workloads that measure a Gen7.5 GPU through i915, and the loop that keeps them going; see bench.c.
 */
#ifndef TESTS_GUEST_LIB_BENCH_H
#define TESTS_GUEST_LIB_BENCH_H

#include <stdbool.h>

#include "tests/guest/lib/gem.h"

#define BENCH_IN_FLIGHT_MAX 256u
#define BENCH_SAMPLES_MAX (1u << 20)

/**
 * struct bench_workload - a kind of work
 * @blit_bytes: what one XY_SRC_COPY_BLT moves, 0: the batch does not blit
 * @blits: of those in a batch
 * @pitch_bytes: of both surfaces
 * @spread: each batch in flight has a destination of its own
 * @engines: those that it runs on, a bit per I915_EXEC_*
 * @in_flight: batches that are queued at the same time, unless told otherwise; 1: each is waited for, which is timed
 * @unparsed: given to the kernel as gem_exec_nop does, without a length, so that no parser looks at it
 */
struct bench_workload {
	const char *name, *what;
	uint32_t blit_bytes, blits, pitch_bytes;
	bool spread;
	uint32_t engines;
	unsigned int in_flight;
	bool unparsed;
};

/**
 * struct bench - a workload that is set up on an open device
 * @batch: one for each that may be in flight, executed in a circle
 * @code: its object
 * @source, @target: what is copied, and where it or a marker goes
 * @executed: batches so far, with those that were only checked
 * @sample_ns: time of each batch from submission to the end of the wait, if they go one at a time
 * @why: of the last failure, one line
 */
struct bench {
	int fd;
	const struct bench_workload *workload;
	struct gem_exec exec;
	unsigned int in_flight;
	struct gem_batch *batch;
	struct gem_bo *code;
	struct gem_bo source, target;
	uint64_t executed;
	uint64_t *sample_ns;
	char why[256];
};

/**
 * struct bench_result - one round
 * @p50_ns, @p99_ns: of a batch from submission to the end of the wait, if they go one at a time, else 0
 */
struct bench_result {
	uint64_t ns, batches, bytes;
	uint64_t p50_ns, p99_ns;
};

extern const struct bench_workload bench_workloads[];
extern const unsigned int bench_workload_count;

const struct bench_workload *bench_workload_find(const char *name);
const char *bench_engine_name(unsigned int ring);
int bench_engine_find(const char *name, unsigned int *ret_ring);
unsigned int bench_default_engine(const struct bench_workload *workload);

int bench_start(struct bench *b, const char *device, const struct bench_workload *workload, unsigned int ring,
		unsigned int in_flight, bool unparsed);
int bench_round(struct bench *b, uint64_t ns, struct bench_result *ret_result);
int bench_finish(struct bench *b);
void bench_stop(struct bench *b);

#endif
