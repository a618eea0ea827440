// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What the core costs by itself: in user space, at full speed, on a host that costs next to nothing (machine.c).
 *
 * Each figure is the median of many repetitions, in CPU time; what reading the clock takes is taken off. One thread, no lock.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/machine.h"
#include "tests/bench/mix.h"

#include "kmod/core/audit.h"
#include "kmod/core/batch.h"

#define REPETITIONS 501u
#define REPETITIONS_QUICK 5u
#define AUDITS 20u /* in one repetition */
#define FIGURES_MAX 32u
#define GGTT_PAGES 8u /* table pages of changed entries */
#define CHANGED 16u /* entries of a PPGTT's table: 64 KiB, a small object */

#define RCS_TAIL 0x2030u
#define BCS_TAIL 0x22030u
#define GFX_FLSH_CNTL 0x101008u

/** struct bench - what is measured with, and what came out */
struct bench {
	unsigned int repetitions;
	double clock_ns;
	struct {
		const char *name, *unit;
		double value;
	} figure[FIGURES_MAX];
	unsigned int figures;
};

static void add(struct bench *b, const char *name, double value, const char *unit)
{
	if (b->figures == FIGURES_MAX)
		abort();
	b->figure[b->figures].name = name;
	b->figure[b->figures].unit = unit;
	b->figure[b->figures++].value = value;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *value, unsigned int n)
{
	qsort(value, n, sizeof(*value), compare);
	return value[n / 2];
}

static void measure_clock(struct bench *b)
{
	double value[REPETITIONS];

	for (unsigned int r = 0; r < b->repetitions; r++) {
		u64 start_ns = machine_cpu_ns(), end_ns = start_ns;

		for (unsigned int i = 0; i < 1000; i++)
			end_ns = machine_cpu_ns();
		value[r] = (double)(end_ns - start_ns) / 1000;
	}
	b->clock_ns = median(value, b->repetitions);
}

/* --- the audit --------------------------------------------------------------------------------------------------------------- */

/* The audit of a fresh copy, since it may change what it audits; without @audit, the copy alone. Return: ns of one. */
static double copy_and_audit(struct machine *m, const struct mix *mix, u32 *copy, bool audit)
{
	u64 start_ns = machine_cpu_ns();

	for (unsigned int i = 0; i < AUDITS; i++) {
		struct vgpu_batch_room room = { 0 };
		struct vgpu_audit a = {
			.vgpu = &m->vgpu,
			.engine = mix->engine,
			.ppgtt = true,
			.batch = mix->batch,
			.dw = copy,
			.dwords = mix->dwords,
			.max_requests = ~0u,
			.wanted = true,
			.room = &room,
		};

		memcpy(copy, mix->dw, mix->dwords * sizeof(*copy));
		/* The copy is really made, though nobody looks at it. */
		__asm__ volatile("" : : "r"(copy) : "memory");
		if (!audit)
			continue;
		if (vgpu_audit_run(&a) || a.passed_dw != mix->dwords) {
			fprintf(stderr, "bench: %s: fault %d at dword %u, %#x\n", mix->name, a.fault, a.passed_dw,
				copy[a.passed_dw]);
			exit(1);
		}
	}
	return (double)(machine_cpu_ns() - start_ns) / AUDITS;
}

static void measure_audit(struct bench *b)
{
	static const char *const names[] = { "audit_ring_ns_per_dword", "audit_blt_ns_per_dword", "audit_render_ns_per_dword" };
	static struct mix mix[3];
	struct machine *m = machine_create(true);
	double copies_ns = 0, audits_ns = 0;
	u32 dwords = 0;

	mix_ring(m, &mix[0]);
	mix_blt(m, &mix[1]);
	mix_render(m, &mix[2]);
	for (unsigned int i = 0; i < 3; i++) {
		double copy_ns[REPETITIONS], both_ns[REPETITIONS], copied_ns, audited_ns;
		u32 *copy = machine_page(m, MACHINE_DATA);

		for (unsigned int r = 0; r < b->repetitions; r++) {
			copy_ns[r] = copy_and_audit(m, &mix[i], copy, false);
			both_ns[r] = copy_and_audit(m, &mix[i], copy, true);
		}
		copied_ns = median(copy_ns, b->repetitions);
		audited_ns = median(both_ns, b->repetitions) - copied_ns;
		add(b, names[i], audited_ns / mix[i].dwords, "ns");
		copies_ns += copied_ns;
		audits_ns += audited_ns;
		dwords += mix[i].dwords;
	}
	add(b, "audit_ns_per_dword", audits_ns / dwords, "ns");
	add(b, "memcpy_ns_per_dword", copies_ns / dwords, "ns");
	machine_destroy(m);
}

/* --- submission -------------------------------------------------------------------------------------------------------------- */

/*
 * From the guest's write to its ring's tail to the module's write to the engine's, with an idle GPU: the sync of page tables that
 * finds nothing, the copy, the audit, the module's own commands.
 */
static double submit_once(struct machine *m, enum vgpu_engine_id e, u32 tail_reg)
{
	struct mix request;
	u64 start_ns;
	u32 tail;

	mix_request(m, e, &request);
	tail = machine_ring_put(m, e, request.dw, request.dwords);
	m->tail_ns = 0;
	start_ns = machine_cpu_ns();
	machine_write(m, tail_reg, tail);
	if (!m->tail_ns) {
		fprintf(stderr, "bench: the core did not submit a request (fault %d at %#x)\n", m->vgpu.fault.fault,
			m->vgpu.fault.header);
		exit(1);
	}
	return (double)(m->tail_ns - start_ns);
}

static void measure_submit(struct bench *b, const char *name, enum vgpu_engine_id e, u32 tail_reg)
{
	struct machine *m = machine_create(true);
	double value[REPETITIONS];

	for (unsigned int r = 0; r < b->repetitions; r++) {
		value[r] = submit_once(m, e, tail_reg);
		machine_finish(m);
	}
	add(b, name, median(value, b->repetitions) - b->clock_ns, "ns");
	machine_destroy(m);
}

/* --- page tables ------------------------------------------------------------------------------------------------------------- */

/* The guest's driver points the first @changed entries of a table elsewhere than last time. */
static void change_table(u32 *table, u32 changed, unsigned int round)
{
	for (u32 i = 0; i < changed; i++)
		table[i] = (MACHINE_DATA + (i + round) % 2048) * VGPU_PAGE_BYTES | 5;
}

static void measure_ppgtt(struct bench *b, const char *name, bool tracked, u32 changed)
{
	struct machine *m = machine_create(tracked);
	double value[REPETITIONS];

	for (unsigned int r = 0; r < b->repetitions; r++) {
		u32 table = r % 64;
		u64 start_ns;

		if (changed) {
			change_table(machine_page(m, MACHINE_TABLE(table)), changed, r);
			vgpu_ppgtt_dirty(&m->vgpu, table);
		}
		start_ns = machine_cpu_ns();
		machine_sync(m, VGPU_SYNC_SUBMIT);
		value[r] = (double)(machine_cpu_ns() - start_ns);
	}
	add(b, name, median(value, b->repetitions) - b->clock_ns, "ns");
	machine_destroy(m);
}

static void measure_ggtt(struct bench *b)
{
	struct machine *m = machine_create(true);
	u32 *ggtt = vgpu_ggtt_table(&m->vgpu), first = machine_gma(m, MACHINE_DATA) >> VGPU_PAGE_SHIFT, i;
	double value[REPETITIONS];

	first = (first + VGPU_TABLE_ENTRIES - 1) / VGPU_TABLE_ENTRIES * VGPU_TABLE_ENTRIES;
	for (unsigned int r = 0; r < b->repetitions; r++) {
		u64 start_ns;

		for (i = 0; i < GGTT_PAGES * VGPU_TABLE_ENTRIES; i++)
			ggtt[first + i] = (MACHINE_DATA + (i + r) % 4096) * VGPU_PAGE_BYTES | 5;
		for (i = 0; i < GGTT_PAGES; i++)
			vgpu_ggtt_dirty(&m->vgpu, first / VGPU_TABLE_ENTRIES + i);
		start_ns = machine_cpu_ns();
		machine_write(m, GFX_FLSH_CNTL, 1);
		value[r] = (double)(machine_cpu_ns() - start_ns) / (GGTT_PAGES * VGPU_TABLE_ENTRIES);
	}
	add(b, "ggtt_reconcile_ns_per_entry", median(value, b->repetitions), "ns");
	machine_destroy(m);
}

/* --- output ------------------------------------------------------------------------------------------------------------------ */

static void print_json(const struct bench *b)
{
	puts("{");
	for (unsigned int i = 0; i < b->figures; i++)
		printf("  \"%s\": { \"value\": %.3f, \"unit\": \"%s\" }%s\n", b->figure[i].name, b->figure[i].value,
		       b->figure[i].unit, i + 1 < b->figures ? "," : "");
	puts("}");
}

static void print_text(const struct bench *b)
{
	for (unsigned int i = 0; i < b->figures; i++)
		printf("%-32s %12.2f %s\n", b->figure[i].name, b->figure[i].value, b->figure[i].unit);
}

int main(int argc, char **argv)
{
	struct bench b = { .repetitions = REPETITIONS };
	bool json = false;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--quick")) {
			b.repetitions = REPETITIONS_QUICK;
		} else if (!strcmp(argv[i], "--json")) {
			json = true;
		} else {
			fputs("usage: core [--quick] [--json]\nMeasures the mediator's core in user space.\n", stderr);
			return 2;
		}
	}
	measure_clock(&b);
	measure_audit(&b);
	measure_submit(&b, "submit_ns", VGPU_BCS, BCS_TAIL);
	measure_submit(&b, "submit_rcs_ns", VGPU_RCS, RCS_TAIL);
	measure_ppgtt(&b, "ppgtt_reconcile_ns", true, CHANGED);
	measure_ppgtt(&b, "ppgtt_reconcile_1_entry_ns", true, 1);
	measure_ppgtt(&b, "ppgtt_reconcile_1024_entries_ns", true, VGPU_TABLE_ENTRIES);
	measure_ppgtt(&b, "ppgtt_unchanged_tracked_ns", true, 0);
	measure_ppgtt(&b, "ppgtt_unchanged_compared_ns", false, 0);
	measure_ggtt(&b);
	if (json)
		print_json(&b);
	else
		print_text(&b);
	return 0;
}
