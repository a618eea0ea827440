// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * top_rates.c - from two readings of monotonic counters to rates. No lock: pure functions.
 *
 * Each reading carries the time at which the agent made it, so a late reply or a restarted agent bends no figure.
 */
#include "vgpuctl/top.h"

#include <stdio.h>
#include <string.h>

#include "kmod/uapi/vgpu.h"
#include "lib/cleanup.h"

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

/* Of all engines, waits that ended in the interval, by how long they were. */
static const struct wait_class {
	const char *name;
	unsigned int us;
} wait_classes[] = {
#define X(name, ns) { #name, ns == ~0ull ? VGPU_TOP_WAIT_LONGER_US : ns / 1000 },
	VGPU_WAITS(X)
#undef X
};

static unsigned int wait_p99_us(const struct vgpu_json *before, const struct vgpu_json *now)
{
	double count[VGPU_COUNT(wait_classes)] = { 0 }, total = 0, sum = 0;
	unsigned int i, e;
	char name[48];

	for (i = 0; i < VGPU_COUNT(wait_classes); i++) {
		for (e = 0; e < VGPU_TOP_ENGINES; e++) {
			snprintf(name, sizeof(name), "%s_waits_%s", vgpu_top_engine[e], wait_classes[i].name);
			count[i] += rise(before, now, name);
		}
		total += count[i];
	}
	for (i = 0; total > 0 && i < VGPU_COUNT(wait_classes); i++) {
		sum += count[i];
		if (100 * sum >= 99 * total)
			return wait_classes[i].us;
	}
	return 0;
}

/* What turns and rounding may take from a share without anybody's fault. */
#define SHORT_RATIO 0.03
#define SHORT_PCT 0.1
/* A cap that bites for less than that is not what a vGPU suffers from. */
#define CAPPED_PCT 1.0

/* By engine: what one gets beyond its share of one does not make up for another. */
static double short_pct(const struct vgpu_top_rates *rates)
{
	double sum = 0;
	unsigned int e;

	for (e = 0; e < VGPU_TOP_ENGINES; e++)
		if (rates->entitled_pct[e] > rates->busy_pct[e])
			sum += rates->entitled_pct[e] - rates->busy_pct[e];
	return sum;
}

static enum vgpu_top_why find_why(const struct vgpu_json *row, const struct vgpu_top_rates *rates)
{
	const char *state = vgpu_json_get_string(row, "state");

	if (state && !strcmp(state, "stopped"))
		return VGPU_TOP_WHY_STOPPED;
	if (!rates->interval_ns)
		return VGPU_TOP_WHY_NOT;
	if (rates->gpu_pct <= 0 && rates->wait_pct <= 0 && rates->capped_pct <= 0)
		return VGPU_TOP_WHY_IDLE;
	if (rates->capped_pct >= CAPPED_PCT)
		return VGPU_TOP_WHY_CAPPED;
	if (rates->wait_pct > 0 && short_pct(rates) >= SHORT_PCT && short_pct(rates) > SHORT_RATIO * rates->share_pct)
		return VGPU_TOP_WHY_WAITING;
	return VGPU_TOP_WHY_NOT;
}

/**
 * vgpu_top_why_text() - a reason in a word
 * @why: the reason
 *
 * Return: the word, empty when there is nothing to explain.
 */
const char *vgpu_top_why_text(enum vgpu_top_why why)
{
	static const char *const texts[] = {
		[VGPU_TOP_WHY_NOT] = "",
		[VGPU_TOP_WHY_IDLE] = "idle",
		[VGPU_TOP_WHY_CAPPED] = "capped",
		[VGPU_TOP_WHY_WAITING] = "waiting",
		[VGPU_TOP_WHY_STOPPED] = "stopped",
	};

	return texts[why];
}

static double engine_rise(const struct vgpu_json *before, const struct vgpu_json *now, unsigned int engine, const char *what)
{
	char name[48];

	snprintf(name, sizeof(name), "%s_%s", vgpu_top_engine[engine], what);
	return rise(before, now, name);
}

static void add_engines(const struct vgpu_json *before, const struct vgpu_json *now, struct vgpu_top_rates *rates)
{
	double per_cent = 100.0 / rates->interval_ns;
	unsigned int e;

	for (e = 0; e < VGPU_TOP_ENGINES; e++) {
		rates->busy_pct[e] = per_cent * engine_rise(before, now, e, "busy_ns");
		rates->gpu_pct += rates->busy_pct[e];
		rates->entitled_pct[e] = per_cent * engine_rise(before, now, e, "entitled_ns");
		rates->share_pct += rates->entitled_pct[e];
		rates->wait_pct += per_cent * engine_rise(before, now, e, "wait_ns");
		rates->capped_pct += per_cent * engine_rise(before, now, e, "capped_ns");
		rates->submissions_per_s += 1e9 / rates->interval_ns * engine_rise(before, now, e, "submissions");
	}
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

	if (before && now && t1 > t0) {
		rates.interval_ns = t1 - t0;
		add_engines(before, now, &rates);
		rates.wait_p99_us = wait_p99_us(before, now);
		rates.switches_per_s = 1e9 / rates.interval_ns * rise(before, now, "switches");
		if (traps1 > traps0)
			rates.traps_per_s = 1e9 * (traps1 - traps0) / rates.interval_ns;
	}
	rates.why = find_why(row, &rates);
	*ret_rates = rates;
}
