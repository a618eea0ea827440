// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Runs tables of commands through the audit; see audit.h.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness/audit.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

/**
 * audit_vgpu() - the vGPU whose commands are audited; not open, since the audit asks for its partition alone
 */
struct vgpu *audit_vgpu(void)
{
	static struct vgpu_gpu gpu;
	static struct vgpu v;

	gpu.reserve = 0x50000;
	v.gpu = &gpu;
	v.slot = 6;
	v.own[VGPU_APERTURE] = (struct vgpu_range) { A, AE - A };
	v.own[VGPU_HIDDEN] = (struct vgpu_range) { H, HE - H };
	return &v;
}

/**
 * audit_of() - an audit of @dw, which begins
 */
struct vgpu_audit audit_of(const struct audit_where *where, uint32_t *dw, uint32_t n)
{
	return (struct vgpu_audit) {
		.vgpu = audit_vgpu(),
		.engine = where->engine,
		.ppgtt = where->ppgtt,
		.batch = where->batch,
		.dw = dw,
		.dwords = n,
		.wanted = true,
	};
}

/*
 * The first @n dwords of a row, in memory of just that size: the sanitizer sees any look beyond. Return: the audit, whose copy
 * is gone.
 */
static struct vgpu_audit run(const struct audit_where *where, const struct audit_row *row, uint32_t n, bool more)
{
	uint32_t *exact = malloc(n * 4);
	struct vgpu_audit a;

	assert_non_null(exact);
	memcpy(exact, row->dw, n * 4);
	a = audit_of(where, exact, n);
	a.swctrl = row->swctrl;
	a.more = more;
	vgpu_audit_run(&a);
	free(exact);
	return a;
}

/* A row that passes, cut off at every length: what is not there whole does not pass, and is not malformed if more is to come. */
static bool cut_off(const struct audit_where *where, const struct audit_row *row)
{
	bool good = true;
	uint32_t n;

	for (n = 1; n < row->n; n++) {
		struct vgpu_audit a = run(where, row, n, false);

		good &= a.fault == LENGTH || (!a.fault && a.passed_dw == n);
		a = run(where, row, n, true);
		good &= a.fault == (a.passed_dw || where->batch ? OK : BUDGET);
	}
	return good;
}

/**
 * audit_check() - every row gets the verdict that it wants, and those that pass, pass as a whole
 */
void audit_check(const struct audit_where *where, const struct audit_row *rows, uint32_t count)
{
	unsigned int i, failed = 0;

	for (i = 0; i < count; i++) {
		struct vgpu_audit a = run(where, &rows[i], rows[i].n, false);

		if (a.fault == rows[i].want && (a.fault || (a.passed_dw == rows[i].n && cut_off(where, &rows[i]))))
			continue;
		print_error("%s: fault %d at %u, want %d\n", rows[i].name, a.fault, a.passed_dw, rows[i].want);
		failed++;
	}
	assert_int_equal(failed, 0);
}

/**
 * audit_on_offer() - how many commands an engine knows
 */
unsigned int audit_on_offer(enum vgpu_engine_id e)
{
	unsigned int i, known = 0;

	for (i = 0; i < 64; i++)
		known += vgpu_audit_lookup(e, i << 23) != NULL;
	for (i = 0; i < 128; i++)
		known += vgpu_audit_lookup(e, 2u << 29 | i << 22) != NULL;
	for (i = 0; i < 0x2000; i++)
		known += vgpu_audit_lookup(e, 3u << 29 | i << 16) != NULL;
	for (i = 0; i < 8; i++)
		if (i != 0 && i != 2 && i != 3)
			assert_null(vgpu_audit_lookup(e, i << 29));
	return known;
}
