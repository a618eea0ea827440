// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * top_rates.c - from two readings of monotonic counters to rates. No lock: pure functions.
 *
 * Each reading carries the time at which the agent made it, so a late reply or a restarted agent bends no figure.
 */
#include "vgpuctl/top.h"

#include <stdio.h>
#include <string.h>

const char *const vgpu_top_engine[VGPU_TOP_ENGINES] = { "rcs", "vcs", "bcs", "vecs" };

static const struct vgpu_json *find_row(const struct vgpu_json *rows, const char *key, const char *value)
{
	const char *other;
	size_t i;

	for (i = 0; i < vgpu_json_length(rows); i++) {
		other = vgpu_json_get_string(vgpu_json_at(rows, i), key);
		if (other && !strcmp(other, value))
			return vgpu_json_at(rows, i);
	}
	return NULL;
}

/* A counter that went back belongs to another life of the device: no rate rather than a wrong one. */
static double rise(const struct vgpu_json *before, const struct vgpu_json *now, const char *key)
{
	uint64_t a = vgpu_json_get_u64(before, key), b = vgpu_json_get_u64(now, key);

	return b > a ? (double)(b - a) : 0;
}

struct sum {
	const char *prefix;
	uint64_t value;
};

static int add_matching(const char *key, struct vgpu_json *value, void *data)
{
	struct sum *sum = data;

	if (!strncmp(key, sum->prefix, strlen(sum->prefix)))
		sum->value += vgpu_json_u64(value);
	return 0;
}

/* Counters of one family, also those that this version has never heard of. */
static uint64_t family(const struct vgpu_json *counters, const char *prefix)
{
	struct sum sum = { .prefix = prefix };

	vgpu_json_each(counters, add_matching, &sum);
	return sum.value;
}

/**
 * vgpu_top_rates() - rates of one GPU or vGPU
 * @report: the two readings
 * @kind: "gpus" or "vgpus"
 * @key: what identifies a row of that kind
 * @row: a row of the later reading
 * @ret_rates: the rates, zero where there is nothing to compare with
 */
void vgpu_top_rates(const struct vgpu_top_report *report, const char *kind, const char *key, const struct vgpu_json *row,
		    struct vgpu_top_rates *ret_rates)
{
	const char *id = vgpu_json_get_string(row, key);
	const struct vgpu_json *old = id ? find_row(vgpu_json_get(report->before, kind), key, id) : NULL;
	const struct vgpu_json *now = vgpu_json_get(row, "counters"), *before = vgpu_json_get(old, "counters");
	uint64_t t0 = vgpu_json_get_u64(old, "t_ns"), t1 = vgpu_json_get_u64(row, "t_ns");
	/* Not of entries: a driver points all of its table, also what is not its own, to a page, at each resume. */
	struct vgpu_top_rates rates = { .rejections = family(now, "reject_") - vgpu_json_get_u64(now, "reject_pte") };
	uint64_t traps0 = family(before, "traps_"), traps1 = family(now, "traps_");
	char name[32];
	unsigned int i;

	if (before && now && t1 > t0) {
		rates.interval_ns = t1 - t0;
		for (i = 0; i < VGPU_TOP_ENGINES; i++) {
			snprintf(name, sizeof(name), "%s_busy_ns", vgpu_top_engine[i]);
			rates.busy_pct[i] = 100 * rise(before, now, name) / rates.interval_ns;
			rates.gpu_pct += rates.busy_pct[i];
			snprintf(name, sizeof(name), "%s_submissions", vgpu_top_engine[i]);
			rates.submissions_per_s += 1e9 * rise(before, now, name) / rates.interval_ns;
		}
		if (traps1 > traps0)
			rates.traps_per_s = 1e9 * (traps1 - traps0) / rates.interval_ns;
	}
	*ret_rates = rates;
}
