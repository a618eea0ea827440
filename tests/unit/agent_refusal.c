// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * agent_refusal.c - how many events of refused requests a client gets, whatever it does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vgpud-agent/event.h"

#define MINUTE_US 60000000ull
#define DAY_US (24 * 60 * MINUTE_US)
/* A machine that has just booted is the hardest case: the clock is at its beginning. */
#define BOOT_US 1

static unsigned int told(struct vgpu_refusals *refusals, int64_t uid, uint64_t from_us, uint64_t to_us, uint64_t step_us,
			 uint64_t *ret_untold)
{
	unsigned int count = 0;
	uint64_t now_us, untold;

	*ret_untold = 0;
	for (now_us = from_us; now_us < to_us; now_us += step_us)
		if (vgpu_refusal_worth(refusals, uid, now_us, &untold)) {
			*ret_untold += untold;
			count++;
		}
	return count;
}

static void flood(void **state)
{
	struct vgpu_refusals refusals = { 0 };
	uint64_t untold, another;

	/* Ten at once, and nothing more however many come. */
	assert_int_equal(told(&refusals, 1000, BOOT_US, BOOT_US + 1000, 1, &untold), 10);
	assert_int_equal(untold, 0);
	/* Another user has his own. */
	assert_int_equal(told(&refusals, 0, BOOT_US + 1000, BOOT_US + 2000, 1, &another), 10);
	/* One in six minutes, which says how many there were in between: those of before, and one a second. */
	assert_int_equal(told(&refusals, 1000, BOOT_US + 1000, BOOT_US + 7 * MINUTE_US, 1000000, &untold), 1);
	assert_int_equal(untold, 990 + 360);
}

static void day(void **state)
{
	struct vgpu_refusals refusals = { 0 };
	uint64_t untold;

	assert_in_range(told(&refusals, 1000, BOOT_US, BOOT_US + DAY_US, 1000000, &untold), 240, 250);
}

static void rest(void **state)
{
	struct vgpu_refusals refusals = { 0 };
	uint64_t untold;

	/* One an hour is never too many, and a long rest earns no more than ten. */
	assert_int_equal(told(&refusals, 1000, BOOT_US, BOOT_US + DAY_US, 60 * MINUTE_US, &untold), 24);
	assert_int_equal(untold, 0);
	assert_int_equal(told(&refusals, 1000, 9 * DAY_US, 9 * DAY_US + 1000, 1, &untold), 10);
}

static void many_users(void **state)
{
	struct vgpu_refusals refusals = { 0 };
	uint64_t untold;
	int64_t uid;

	assert_int_equal(told(&refusals, 1, BOOT_US, BOOT_US + 1000, 1, &untold), 10);
	/* Who has asked for less gives way, not who has asked for most. */
	for (uid = 2; uid < 3 * VGPU_REFUSAL_CLIENTS; uid++)
		assert_int_equal(told(&refusals, uid, BOOT_US + 1000, BOOT_US + 1001, 1, &untold), 1);
	assert_int_equal(told(&refusals, 1, BOOT_US + 2000, BOOT_US + 3000, 1, &untold), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flood),
		cmocka_unit_test(day),
		cmocka_unit_test(rest),
		cmocka_unit_test(many_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
