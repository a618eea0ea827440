// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Carving, against an oracle that marks each unit of the resource in an array.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kmod/core/core.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#define UNITS 200u
#define BASE 1000u

struct oracle {
	unsigned char used[UNITS];
};

/* Smallest hole of at least @size, the lowest of equals; UNITS if there is none. */
static unsigned int oracle_find(const struct oracle *o, unsigned int size)
{
	unsigned int i, end, best = UNITS, best_size = UNITS + 1;

	for (i = 0; i < UNITS; i = end + 1) {
		for (end = i; end < UNITS && !o->used[end]; end++)
			;
		if (end - i >= size && end - i < best_size) {
			best = i;
			best_size = end - i;
		}
	}
	return best;
}

static void oracle_room(const struct oracle *o, struct vgpu_room *room)
{
	unsigned int i, run = 0;

	*room = (struct vgpu_room) { .total = UNITS };
	for (i = 0; i < UNITS; i++) {
		run = o->used[i] ? 0 : run + 1;
		room->free += !o->used[i];
		if (run > room->hole)
			room->hole = run;
	}
}

static void against_oracle(void **state)
{
	struct vgpu_partition p;
	struct oracle o = { 0 };
	struct vgpu_range held[VGPU_MAX], range;
	struct vgpu_room got, want;
	unsigned int n = 0, i, full = 0;

	srand(4711);
	vgpu_partition_init(&p, BASE, UNITS);
	for (i = 0; i < 50000; i++) {
		if (rand() % 2 && n) {
			unsigned int k = rand() % n;

			vgpu_partition_release(&p, held[k].base);
			memset(o.used + held[k].base - BASE, 0, held[k].size);
			/* Now and then it is put back where it was. */
			if (rand() % 4 == 0) {
				assert_int_equal(vgpu_partition_restore(&p, &held[k]), 0);
				assert_int_equal(vgpu_partition_restore(&p, &held[k]), -ENOSPC);
				memset(o.used + held[k].base - BASE, 1, held[k].size);
			} else {
				held[k] = held[--n];
			}
		} else {
			unsigned int size = 1 + rand() % (rand() % 8 ? 12 : 60), at = oracle_find(&o, size);
			int err = vgpu_partition_claim(&p, size, &range);

			if (at == UNITS || n == VGPU_MAX) {
				assert_int_equal(err, -ENOSPC);
				full++;
			} else {
				assert_int_equal(err, 0);
				assert_int_equal(range.base, BASE + at);
				assert_int_equal(range.size, size);
				memset(o.used + at, 1, size);
				held[n++] = range;
			}
		}
		vgpu_partition_room(&p, &got);
		oracle_room(&o, &want);
		assert_memory_equal(&got, &want, sizeof(got));
	}
	assert_true(full > 100);
}

static void edges(void **state)
{
	struct vgpu_partition p;
	struct vgpu_range range = { 7, 7 };
	struct vgpu_room room;
	unsigned int i;

	vgpu_partition_init(&p, BASE, VGPU_MAX + 10);
	assert_int_equal(vgpu_partition_claim(&p, 0, &range), -EINVAL);
	assert_int_equal(vgpu_partition_claim(&p, VGPU_MAX + 11, &range), -ENOSPC);
	assert_int_equal(vgpu_partition_claim(&p, ~0ull, &range), -ENOSPC);
	assert_int_equal(range.base, 7);
	assert_int_equal(range.size, 7);
	for (i = 0; i < VGPU_MAX; i++)
		assert_int_equal(vgpu_partition_claim(&p, 1, &range), 0);
	assert_int_equal(vgpu_partition_claim(&p, 1, &range), -ENOSPC);
	vgpu_partition_release(&p, BASE + VGPU_MAX); /* nothing there */
	vgpu_partition_room(&p, &room);
	assert_int_equal(room.free, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(against_oracle), cmocka_unit_test(edges) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
