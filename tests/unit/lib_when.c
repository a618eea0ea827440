// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * lib_when.c - moments as people write them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "lib/cleanup.h"
#include "lib/when.h"

#define NOW 1800000000000000ull /* 2027-01-15 08:00:00 UTC */
#define UNTOUCHED 0x5a5a5a5aull
#define SECOND 1000000ull

/* Two hours east of Greenwich, an hour more in summer. */
static int set_zone(void **state)
{
	setenv("TZ", "EET-2EEST,M3.5.0/3,M10.5.0/4", 1);
	tzset();
	return 0;
}

static void moments(void **state)
{
	static const struct {
		const char *input;
		int rc;
		uint64_t want;
	} cases[] = {
		{ "90s", 0, NOW - 90 * SECOND },
		{ "10m", 0, NOW - 600 * SECOND },
		{ "2h", 0, NOW - 7200 * SECOND },
		{ "7d", 0, NOW - 604800 * SECOND },
		{ "0s", 0, NOW },
		{ "4294967295d", 0, 0 },
		{ "2027-01-15", 0, NOW - 10 * 3600 * SECOND },
		{ "2027-01-15Z", 0, NOW - 8 * 3600 * SECOND },
		{ "2027-01-15 10:00", 0, NOW },
		{ "2027-01-15 10:00:01", 0, NOW + SECOND },
		{ "2027-01-15T10:00:01", 0, NOW + SECOND },
		{ "2027-01-15T08:00:00Z", 0, NOW },
		{ "2026-07-01 12:00Z", 0, 1782907200 * SECOND },
		{ "2026-07-01 15:00", 0, 1782907200 * SECOND },
		{ "", -EINVAL, UNTOUCHED },
		{ "s", -EINVAL, UNTOUCHED },
		{ "10", -EINVAL, UNTOUCHED },
		{ "-10m", -EINVAL, UNTOUCHED },
		{ "+10m", -EINVAL, UNTOUCHED },
		{ "10 m", -EINVAL, UNTOUCHED },
		{ "10min", -EINVAL, UNTOUCHED },
		{ "1.5h", -EINVAL, UNTOUCHED },
		{ "10w", -EINVAL, UNTOUCHED },
		{ "4294967296d", -EINVAL, UNTOUCHED },
		{ "99999999999999999999999s", -EINVAL, UNTOUCHED },
		{ "2027-02-31", -EINVAL, UNTOUCHED },
		{ "2027-13-01", -EINVAL, UNTOUCHED },
		{ "2027-01-15 24:01", -EINVAL, UNTOUCHED },
		{ "2027-01-15 10", -EINVAL, UNTOUCHED },
		{ "2027-01-15 10:00 CET", -EINVAL, UNTOUCHED },
		{ "1969-12-30", -EINVAL, UNTOUCHED },
		{ "yesterday", -EINVAL, UNTOUCHED },
	};
	uint64_t got;
	size_t i;

	for (i = 0; i < VGPU_COUNT(cases); i++) {
		got = UNTOUCHED;
		if (vgpu_when_parse(cases[i].input, NOW, &got) != cases[i].rc || got != cases[i].want)
			fail_msg("\"%s\": got %lu", cases[i].input, (unsigned long)got);
	}
}

static void text(void **state)
{
	char text[VGPU_WHEN_TEXT];

	assert_string_equal(vgpu_when_format(NOW + 999999, text), "2027-01-15 10:00:00");
	assert_string_equal(vgpu_when_format(0, text), "1970-01-01 02:00:00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(moments, set_zone),
		cmocka_unit_test_setup(text, set_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
