// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What `make bench-sched` prints: the module's scheduler on simulated engines, beside two older ones on the same loads.
 *
 * Share error: how far what a vGPU got in a time is from what an ideal engine would have given it, as a part of that time; the worst of
 * all vGPUs and of all such times. Own error: the same as a part of what it should have got, of those that should have got at least a
 * hundredth of the time. All but the nanoseconds of a decision is exact, and the same on every machine.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/sched/simulate.h"

#define DECISIONS 200000u
#define SMALL_MAX 64u
#define ROUNDS 9u

/** struct figures - of one load under one scheduler, or the worst of several */
struct figures {
	double error_1s, error_10s, own_error_10s, utilisation, wait_over_bound;
	double wait_p50_ms, wait_p99_ms, wait_max_ms, switches_per_s;
};

static const struct policy *const policies[] = { &policy_vgpu, &policy_rr, &policy_gvtg };
#define POLICIES VGPU_ARRAY_SIZE(policies)

static const u32 sizes[] = { 2, 8, 64, 512, 4096 };

/* The worst difference over all times of @bins bins, as a part of the time, or of what it should have been. */
static double share_error(const struct load *load, const double *served_ns, const double *ideal_ns, u32 bins, bool own)
{
	double all_ns = (double)(bins * BIN_NS), worst = 0;

	for (u32 i = 0; i < load->vgpus; i++) {
		double served = 0, ideal = 0, part;

		for (u32 bin = 0; bin < BINS; bin++) {
			served += served_ns[i * BINS + bin] - (bin < bins ? 0 : served_ns[i * BINS + bin - bins]);
			ideal += ideal_ns[i * BINS + bin] - (bin < bins ? 0 : ideal_ns[i * BINS + bin - bins]);
			part = fabs(served - ideal) / (own ? ideal : all_ns);
			if (bin + 1 >= bins && (!own || ideal >= all_ns / 100) && part > worst)
				worst = part;
		}
	}
	return worst;
}

static int by_size(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double wait_ms(const struct outcome *o, double part)
{
	return o->waits ? (double)o->wait_ns[(u32)(part * (o->waits - 1))] / MS : 0;
}

static struct figures measure(const struct load *load, const struct policy *policy, const double *ideal_ns)
{
	struct outcome o;
	struct figures f;

	simulate(load, policy, &o);
	if (o.waits)
		qsort(o.wait_ns, o.waits, sizeof(*o.wait_ns), by_size);
	f = (struct figures) {
		.error_1s = share_error(load, o.served_ns, ideal_ns, SECOND / BIN_NS, false),
		.error_10s = share_error(load, o.served_ns, ideal_ns, 10 * SECOND / BIN_NS, false),
		.own_error_10s = share_error(load, o.served_ns, ideal_ns, 10 * SECOND / BIN_NS, true),
		.utilisation = o.wanted_ns > 0 ? o.busy_ns / o.wanted_ns : 1,
		.wait_over_bound = o.wait_over_bound,
		.wait_p50_ms = wait_ms(&o, 0.5),
		.wait_p99_ms = wait_ms(&o, 0.99),
		.wait_max_ms = wait_ms(&o, 1),
		.switches_per_s = (double)o.switches * SECOND / LOAD_NS,
	};
	outcome_free(&o);
	return f;
}

static void print(const char *name, u32 vgpus, const struct policy *policy, const struct figures *f)
{
	printf("%-12s %5u  %-11s %7.2f %7.2f %7.2f %7.2f %9.2f %9.2f %10.2f %7.3f %8.0f\n", name, vgpus, policy->name,
	       100 * f->error_1s, 100 * f->error_10s, 100 * f->own_error_10s, 100 * f->utilisation, f->wait_p50_ms,
	       f->wait_p99_ms, f->wait_max_ms, f->wait_over_bound, f->switches_per_s);
}

static void worsen(struct figures *worst, const struct figures *f)
{
	worst->error_1s = fmax(worst->error_1s, f->error_1s);
	worst->error_10s = fmax(worst->error_10s, f->error_10s);
	worst->utilisation = fmin(worst->utilisation, f->utilisation);
	worst->wait_over_bound = fmax(worst->wait_over_bound, f->wait_over_bound);
}

static void run_kind(const struct load_kind *kind, u32 vgpus, struct figures worst[POLICIES])
{
	struct load *load = load_create(kind, vgpus);
	double *ideal_ns = fluid(load);

	for (u32 p = 0; p < POLICIES; p++) {
		struct figures f = measure(load, policies[p], ideal_ns);

		print(kind->name, vgpus, policies[p], &f);
		if (!kind->apart)
			worsen(&worst[p], &f);
	}
	free(ideal_ns);
	load_destroy(load);
}

static u64 cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (u64)t.tv_sec * 1000000000ull + (u64)t.tv_nsec;
}

/* Whom to serve next, and that he has been: all are busy, each turn is somebody else's, and everybody moves. Return: ns. */
static double decision_ns(u32 vgpus)
{
	struct load *load = load_create(&load_kinds[0], vgpus);
	double best = 1e9;

	for (u32 round = 0; round < ROUNDS; round++) {
		void *p = policy_vgpu.create(load);
		u64 now_ns = 0, start_ns;

		for (u32 i = 0; i < vgpus; i++)
			policy_vgpu.wake(p, i, 0);
		start_ns = cpu_ns();
		for (u32 n = 0; n < DECISIONS; n++) {
			policy_vgpu.pick(p, now_ns);
			now_ns += policy_limits.turn_max_ns + n % 1024 * 1000;
			policy_vgpu.stop(p, true, now_ns);
		}
		best = fmin(best, (double)(cpu_ns() - start_ns) / DECISIONS);
		policy_vgpu.destroy(p);
	}
	load_destroy(load);
	return best;
}

static void put(FILE *file, const char *prefix, const char *name, double value, const char *unit, bool last)
{
	fprintf(file, "  \"%s%s\": { \"value\": %.6g, \"unit\": \"%s\" }%s\n", prefix, name, value, unit, last ? "" : ",");
}

static int write_json(const char *path, const struct figures worst[POLICIES], double ns_64, double ns_4096)
{
	FILE *file = fopen(path, "w");

	if (!file) {
		perror(path);
		return 1;
	}
	fputs("{\n", file);
	for (u32 p = 0; p < POLICIES; p++) {
		put(file, policies[p]->prefix, "share_error_10s_max", worst[p].error_10s, "ratio", false);
		put(file, policies[p]->prefix, "share_error_1s_max", worst[p].error_1s, "ratio", false);
		put(file, policies[p]->prefix, "utilisation_min", worst[p].utilisation, "ratio", false);
		put(file, policies[p]->prefix, "wait_max_over_bound", worst[p].wait_over_bound, "ratio", false);
	}
	put(file, "", "decision_ns_64", ns_64, "ns", false);
	put(file, "", "decision_ns_4096", ns_4096, "ns", true);
	fputs("}\n", file);
	if (fclose(file)) {
		perror(path);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct figures worst[POLICIES];
	const char *json = NULL;
	double ns_64, ns_4096;
	u32 count = VGPU_ARRAY_SIZE(sizes);

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--quick")) {
			count = 3;
		} else if (!strcmp(argv[i], "--json") && i + 1 < argc) {
			json = argv[++i];
		} else {
			fputs("usage: sched [--quick] [--json FILE]\nMeasures the scheduler on simulated engines.\n", stderr);
			return 2;
		}
	}
	for (u32 p = 0; p < POLICIES; p++)
		worst[p] = (struct figures) { .utilisation = 1 };
	for (u32 k = 0; k < load_kinds_count; k++)
		printf("%-12s %s%s\n", load_kinds[k].name, load_kinds[k].what,
		       load_kinds[k].apart ? "; not in the sum below" : "");
	printf("\n%-12s %5s  %-11s %7s %7s %7s %7s %9s %9s %10s %7s %8s\n", "load", "vGPUs", "scheduler", "err1s%", "err10s%",
	       "own10s%", "util%", "p50 ms", "p99 ms", "max ms", "/bound", "switch/s");
	for (u32 k = 0; k < load_kinds_count; k++) {
		for (u32 i = 0; i < count && (!load_kinds[k].small || sizes[i] <= SMALL_MAX); i++)
			run_kind(&load_kinds[k], sizes[i], worst);
	}
	puts("");
	for (u32 p = 0; p < POLICIES; p++)
		printf("%-12s share error at most %.2f %% in 1 s, %.2f %% in 10 s; utilisation at least %.2f %%; longest wait %.3f of the bound\n",
		       policies[p]->name, 100 * worst[p].error_1s, 100 * worst[p].error_10s, 100 * worst[p].utilisation,
		       worst[p].wait_over_bound);
	ns_64 = decision_ns(64);
	ns_4096 = decision_ns(4096);
	printf("a decision takes %.0f ns with 64 vGPUs, %.0f ns with 4096\n", ns_64, ns_4096);
	return json ? write_json(json, worst, ns_64, ns_4096) : 0;
}
