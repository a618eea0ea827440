// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Workloads that measure a Gen7.5 GPU through i915: set up, checked, kept going in rounds, checked again.
 *
 * Batches are written once and executed again and again, so that what is measured is submission and execution and not the
 * writing of commands. With more than one in flight the oldest half of them is waited for at a time: the GPU always has the other
 * half to go on with, and one interrupt serves many batches, as it does when a driver works ahead. One thread, no lock.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/guest/lib/bench.h"
#include "tests/guest/lib/oracle.h"

#define MARKER 0x600df00du
#define PAGE_BYTES 4096u
#define WAIT_NS 60000000000ll /* for work that ends by itself, however slow the machine */

#define ON(ring) (1u << (ring))
#define ALL_ENGINES (ON(I915_EXEC_BLT) | ON(I915_EXEC_RENDER) | ON(I915_EXEC_BSD) | ON(I915_EXEC_VEBOX))

/*
 * gpu-bound: 64 MiB written a batch, within 16 MiB of source and 16 MiB of target, so that it fits into the smallest type of vGPU
 * and into a small guest, and yet is more than the last-level cache holds.
 */
const struct bench_workload bench_workloads[] = {
	{
		.name = "gpu-bound",
		.what = "four blits of 16 MiB a batch, queued ahead: the GPU never waits",
		.blit_bytes = 16u << 20,
		.blits = 4,
		.pitch_bytes = 16384,
		.engines = ON(I915_EXEC_BLT),
		.in_flight = 4,
	},
	{
		.name = "small-blit",
		.what = "one blit of 16 KiB a batch, queued ahead",
		.blit_bytes = 16384,
		.blits = 1,
		.pitch_bytes = 512,
		.spread = true,
		.engines = ON(I915_EXEC_BLT),
		.in_flight = 64,
	},
	{
		.name = "empty",
		.what = "batches of nothing, queued ahead, as gem_exec_nop has them",
		.engines = ALL_ENGINES,
		.in_flight = 64,
		.unparsed = true,
	},
	{
		.name = "latency",
		.what = "one batch at a time, a store, waited for by interrupt",
		.engines = ALL_ENGINES,
		.in_flight = 1,
	},
};

const unsigned int bench_workload_count = sizeof(bench_workloads) / sizeof(bench_workloads[0]);

/* In the order in which one is chosen by default. */
static const struct {
	const char *name;
	unsigned int ring;
} engines[] = {
	{ "bcs", I915_EXEC_BLT },
	{ "rcs", I915_EXEC_RENDER },
	{ "vcs", I915_EXEC_BSD },
	{ "vecs", I915_EXEC_VEBOX },
};

#define ENGINE_COUNT (sizeof(engines) / sizeof(engines[0]))

/**
 * bench_workload_find() - by name
 * @name: name
 *
 * Return: the workload or NULL
 */
const struct bench_workload *bench_workload_find(const char *name)
{
	for (unsigned int i = 0; i < bench_workload_count; i++)
		if (!strcmp(bench_workloads[i].name, name))
			return &bench_workloads[i];
	return NULL;
}

/**
 * bench_engine_name() - short name of an engine
 * @ring: I915_EXEC_*
 *
 * Return: the name, "?" for another number
 */
const char *bench_engine_name(unsigned int ring)
{
	for (size_t i = 0; i < ENGINE_COUNT; i++)
		if (engines[i].ring == ring)
			return engines[i].name;
	return "?";
}

/**
 * bench_engine_find() - an engine by its short name
 * @name: bcs, rcs, vcs or vecs
 * @ret_ring: I915_EXEC_*
 *
 * Return: 0 or -EINVAL
 */
int bench_engine_find(const char *name, unsigned int *ret_ring)
{
	for (size_t i = 0; i < ENGINE_COUNT; i++) {
		if (!strcmp(engines[i].name, name)) {
			*ret_ring = engines[i].ring;
			return 0;
		}
	}
	return -EINVAL;
}

/**
 * bench_default_engine() - the engine that a workload runs on unless told otherwise
 * @workload: workload
 *
 * Return: I915_EXEC_*
 */
unsigned int bench_default_engine(const struct bench_workload *workload)
{
	for (size_t i = 0; i < ENGINE_COUNT; i++)
		if (workload->engines & ON(engines[i].ring))
			return engines[i].ring;
	return I915_EXEC_BLT;
}

static int bench_fail(struct bench *b, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

static int bench_fail(struct bench *b, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(b->why, sizeof(b->why), format, args);
	va_end(args);
	return -error;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* --- set up ---------------------------------------------------------------------------------------------------------------- */

static uint32_t target_offset(const struct bench *b, unsigned int i)
{
	return b->workload->spread ? i * b->workload->blit_bytes : 0;
}

static void put_blit(struct gem_batch *batch, struct bench *b, uint32_t offset_bytes)
{
	const struct bench_workload *w = b->workload;
	struct cmd_buf *cmd = &batch->cmd;

	cmd_put(cmd, blt_copy_header(BLT_DEPTH_32, BLT_LINEAR, BLT_LINEAR));
	cmd_put(cmd, blt_br13(BLT_DEPTH_32, BLT_ROP_COPY, w->pitch_bytes, BLT_LINEAR));
	cmd_put(cmd, blt_point(0, 0));
	cmd_put(cmd, blt_point(w->pitch_bytes / 4, w->blit_bytes / w->pitch_bytes));
	gem_batch_address(batch, &b->target, offset_bytes, true);
	cmd_put(cmd, blt_point(0, 0));
	cmd_put(cmd, blt_pitch_field(w->pitch_bytes, BLT_LINEAR));
	gem_batch_address(batch, &b->source, 0, false);
}

static int make_batch(struct bench *b, unsigned int i)
{
	struct gem_batch *batch = &b->batch[i];
	int ret = gem_bo_create(b->fd, GEM_BATCH_BYTES, &b->code[i]);

	if (ret)
		return ret;
	gem_batch_init(batch, &b->code[i]);
	for (uint32_t k = 0; k < b->workload->blits; k++)
		put_blit(batch, b, target_offset(b, i));
	if (b->workload->in_flight == 1)
		gem_batch_store(batch, &b->target, 0, MARKER);
	gem_batch_end(batch);
	return gem_batch_write(b->fd, batch);
}

/* An object that the CPU writes to and reads from without telling: the GPU's accesses are coherent with its cache on Gen7. */
static int make_surface(struct bench *b, size_t bytes, struct gem_bo *bo)
{
	int ret = gem_bo_create(b->fd, bytes, bo);

	if (!ret)
		ret = gem_bo_map_cpu(b->fd, bo);
	if (!ret)
		ret = gem_bo_set_domain(b->fd, bo, I915_GEM_DOMAIN_CPU, true);
	return ret;
}

static int make_objects(struct bench *b)
{
	const struct bench_workload *w = b->workload;
	int ret = 0;

	b->batch = calloc(b->in_flight, sizeof(*b->batch));
	b->code = calloc(b->in_flight, sizeof(*b->code));
	b->sample_ns = w->in_flight == 1 ? calloc(BENCH_SAMPLES_MAX, sizeof(*b->sample_ns)) : NULL;
	if (!b->batch || !b->code || (w->in_flight == 1 && !b->sample_ns))
		return -ENOMEM;
	if (w->blits)
		ret = make_surface(b, w->blit_bytes, &b->source);
	if (!ret)
		ret = make_surface(b, w->blits ? (size_t)w->blit_bytes * (w->spread ? b->in_flight : 1) : PAGE_BYTES, &b->target);
	for (unsigned int i = 0; !ret && i < b->in_flight; i++)
		ret = make_batch(b, i);
	if (!ret && w->blits)
		oracle_pattern(b->source.cpu, b->source.size_bytes, 42);
	return ret;
}

/* --- running --------------------------------------------------------------------------------------------------------------- */

static int execute(struct bench *b, unsigned int i)
{
	int ret = gem_batch_exec(b->fd, &b->batch[i], &b->exec);

	if (ret)
		return bench_fail(b, -ret, "submit a batch: %s", strerror(-ret));
	b->executed++;
	return 0;
}

static int wait_for(struct bench *b, unsigned int i)
{
	int ret = gem_bo_wait(b->fd, &b->code[i], WAIT_NS);

	return ret ? bench_fail(b, -ret, "wait for a batch: %s", strerror(-ret)) : 0;
}

/* The first, the middle and the last page of what a batch writes. */
static void *checked_page(const struct bench *b, const struct gem_bo *bo, uint32_t offset_bytes, unsigned int which)
{
	uint32_t last = b->workload->blit_bytes / PAGE_BYTES - 1;

	return (uint8_t *)bo->cpu + offset_bytes + (size_t)(last * which / 2) * PAGE_BYTES;
}

static void forget_results(struct bench *b)
{
	memset(b->target.cpu, 0, PAGE_BYTES);
	for (unsigned int i = 0; b->workload->blits && i < b->in_flight; i++)
		for (unsigned int which = 0; which < 3; which++)
			memset(checked_page(b, &b->target, target_offset(b, i), which), 0, PAGE_BYTES);
}

static int check_results(struct bench *b)
{
	for (unsigned int i = 0; b->workload->blits && i < b->in_flight; i++)
		for (unsigned int which = 0; which < 3; which++)
			if (memcmp(checked_page(b, &b->target, target_offset(b, i), which), checked_page(b, &b->source, 0, which),
				   PAGE_BYTES))
				return bench_fail(b, EIO, "batch %u: page %u of what it copies is wrong", i, which);
	if (b->workload->in_flight == 1 && *(volatile uint32_t *)b->target.cpu != MARKER)
		return bench_fail(b, EIO, "the batch has run, but its store is not there");
	return 0;
}

/* Every batch once, and what it wrote. */
static int run_checked(struct bench *b)
{
	int ret = 0;

	forget_results(b);
	for (unsigned int i = 0; !ret && i < b->in_flight; i++)
		ret = execute(b, i);
	for (unsigned int i = 0; !ret && i < b->in_flight; i++)
		ret = wait_for(b, i);
	return ret ? ret : check_results(b);
}

/**
 * bench_start() - open the device, set a workload up and see that it does what it should
 * @b: state, to be given to bench_stop() in any case
 * @device: path of a DRM render node
 * @workload: which
 * @ring: I915_EXEC_*, one of the workload's
 * @in_flight: 1 to BENCH_IN_FLIGHT_MAX, 0: the workload's own choice
 * @unparsed: keep i915's command parser out
 *
 * Return: 0 or -errno, with the reason in @b
 */
int bench_start(struct bench *b, const char *device, const struct bench_workload *workload, unsigned int ring,
		unsigned int in_flight, bool unparsed)
{
	int ret;

	memset(b, 0, sizeof(*b));
	b->workload = workload;
	b->exec = (struct gem_exec) { .ring = ring, .unparsed = unparsed || workload->unparsed };
	b->in_flight = in_flight && workload->in_flight > 1 ? in_flight : workload->in_flight;
	b->fd = gem_open(device);
	if (b->fd < 0)
		return bench_fail(b, -b->fd, "%s: %s", device, b->fd == -ENODEV ? "not driven by i915" : strerror(-b->fd));
	ret = make_objects(b);
	if (ret)
		return bench_fail(b, -ret, "make the workload's objects: %s", strerror(-ret));
	ret = run_checked(b);
	/* From here on all objects are where the batches expect them. */
	b->exec.flags = I915_EXEC_NO_RELOC;
	return ret;
}

static int compare_ns(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int round_one_by_one(struct bench *b, uint64_t ns, struct bench_result *ret_result)
{
	volatile uint32_t *marker = b->target.cpu;
	uint64_t start_ns = now_ns(), from_ns = start_ns, to_ns;
	uint32_t n = 0;
	int ret;

	do {
		*marker = 0;
		ret = execute(b, 0);
		if (!ret)
			ret = wait_for(b, 0);
		if (!ret)
			ret = check_results(b);
		if (ret)
			return ret;
		to_ns = now_ns();
		b->sample_ns[n++] = to_ns - from_ns;
		from_ns = to_ns;
	} while (to_ns - start_ns < ns && n < BENCH_SAMPLES_MAX);

	qsort(b->sample_ns, n, sizeof(*b->sample_ns), compare_ns);
	*ret_result = (struct bench_result) {
		.ns = to_ns - start_ns,
		.batches = n,
		.p50_ns = b->sample_ns[n / 2],
		.p99_ns = b->sample_ns[(uint64_t)n * 99 / 100],
	};
	return 0;
}

/*
 * The queue is filled, and its oldest half is over, when time begins to count; what is counted is what was seen to complete.
 */
static int round_queued(struct bench *b, uint64_t ns, struct bench_result *ret_result)
{
	const unsigned int half = b->in_flight / 2 ? b->in_flight / 2 : 1;
	uint64_t start_ns = 0, end_ns = 0, completed = 0;
	unsigned int next = 0;
	int ret = 0;

	for (unsigned int i = 0; !ret && i < b->in_flight; i++)
		ret = execute(b, i);
	while (!ret) {
		unsigned int n = next + half <= b->in_flight ? half : b->in_flight - next;

		ret = wait_for(b, next + n - 1);
		end_ns = now_ns();
		if (!start_ns)
			start_ns = end_ns;
		else
			completed += n;
		if (ret || end_ns - start_ns >= ns)
			break;
		for (unsigned int i = 0; !ret && i < n; i++)
			ret = execute(b, next + i);
		next = (next + n) % b->in_flight;
	}
	/* What is still queued is no part of this round, nor of the next. */
	for (unsigned int i = 0; !ret && i < b->in_flight; i++)
		ret = wait_for(b, i);
	if (ret)
		return ret;
	*ret_result = (struct bench_result) {
		.ns = end_ns - start_ns,
		.batches = completed,
		.bytes = completed * b->workload->blits * b->workload->blit_bytes,
	};
	return 0;
}

/**
 * bench_round() - run the workload for a while
 * @b: as bench_start() left it
 * @ns: how long at least
 * @ret_result: what it did
 *
 * Return: 0 or -errno, with the reason in @b
 */
int bench_round(struct bench *b, uint64_t ns, struct bench_result *ret_result)
{
	return b->workload->in_flight == 1 ? round_one_by_one(b, ns, ret_result) : round_queued(b, ns, ret_result);
}

/**
 * bench_finish() - see that the batches still do what they should, and that the kernel had no reason to reset the GPU for them
 * @b: as bench_round() left it
 *
 * Return: 0 or -errno, with the reason in @b
 */
int bench_finish(struct bench *b)
{
	struct drm_i915_reset_stats stats;
	int ret = run_checked(b);

	if (ret)
		return ret;
	ret = gem_reset_stats(b->fd, 0, &stats);
	if (ret)
		return bench_fail(b, -ret, "ask for resets: %s", strerror(-ret));
	if (stats.batch_active || stats.batch_pending)
		return bench_fail(b, EIO, "the GPU was reset: %u batches were lost", stats.batch_active + stats.batch_pending);
	return 0;
}

/**
 * bench_stop() - free everything
 * @b: state, whatever bench_start() returned
 */
void bench_stop(struct bench *b)
{
	if (b->fd < 0)
		return;
	for (unsigned int i = 0; b->code && i < b->in_flight; i++)
		gem_bo_destroy(b->fd, &b->code[i]);
	gem_bo_destroy(b->fd, &b->source);
	gem_bo_destroy(b->fd, &b->target);
	free(b->batch);
	free(b->code);
	free(b->sample_ns);
	close(b->fd);
}
