// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * lib_size.c - sizes, numbers and times as people write them.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/cleanup.h"
#include "lib/size.h"

#define UNTOUCHED 0x5a5a5a5aull

static void sizes(void **state)
{
	static const struct {
		const char *input;
		int rc;
		uint64_t want;
	} cases[] = {
		{ "4096", 0, 4096 },
		{ "4K", 0, 4096 },
		{ "004K", 0, 4096 },
		{ "128M", 0, 128ull << 20 },
		{ "2G", 0, 2ull << 30 },
		{ "8589934591G", 0, 8589934591ull << 30 },
		{ "8589934592G", -ERANGE, UNTOUCHED },
		{ "9223372036854771712", 0, 9223372036854771712ull },
		{ "9223372036854775808", -ERANGE, UNTOUCHED },
		{ "18446744073709551616", -ERANGE, UNTOUCHED },
		{ "17179869184G", -ERANGE, UNTOUCHED },
		{ "0", -ERANGE, UNTOUCHED },
		{ "0M", -ERANGE, UNTOUCHED },
		{ "1", -ERANGE, UNTOUCHED },
		{ "4097", -ERANGE, UNTOUCHED },
		{ "2K", -ERANGE, UNTOUCHED },
		{ "", -EINVAL, UNTOUCHED },
		{ "M", -EINVAL, UNTOUCHED },
		{ "-1", -EINVAL, UNTOUCHED },
		{ "+4K", -EINVAL, UNTOUCHED },
		{ " 4K", -EINVAL, UNTOUCHED },
		{ "4K ", -EINVAL, UNTOUCHED },
		{ "4k", -EINVAL, UNTOUCHED },
		{ "128Q", -EINVAL, UNTOUCHED },
		{ "128MB", -EINVAL, UNTOUCHED },
		{ "1.5G", -EINVAL, UNTOUCHED },
		{ "0x1000", -EINVAL, UNTOUCHED },
	};
	uint64_t got;
	size_t i;

	for (i = 0; i < VGPU_COUNT(cases); i++) {
		got = UNTOUCHED;
		if (vgpu_size_parse(cases[i].input, &got) != cases[i].rc || got != cases[i].want)
			fail_msg("\"%s\": got %#lx", cases[i].input, (unsigned long)got);
	}
}

static void numbers(void **state)
{
	static const struct {
		const char *input;
		uint64_t min, max;
		int rc;
		uint64_t want;
	} cases[] = {
		{ "1", 1, 100, 0, 1 },
		{ "100", 1, 100, 0, 100 },
		{ "0", 1, 100, -ERANGE, UNTOUCHED },
		{ "101", 1, 100, -ERANGE, UNTOUCHED },
		{ "18446744073709551615", 0, UINT64_MAX, 0, UINT64_MAX },
		{ "18446744073709551616", 0, UINT64_MAX, -ERANGE, UNTOUCHED },
		{ "5K", 1, 100, -EINVAL, UNTOUCHED },
		{ "-5", 0, 100, -EINVAL, UNTOUCHED },
		{ "", 0, 100, -EINVAL, UNTOUCHED },
	};
	uint64_t got;
	size_t i;

	for (i = 0; i < VGPU_COUNT(cases); i++) {
		got = UNTOUCHED;
		if (vgpu_number_parse(cases[i].input, cases[i].min, cases[i].max, &got) != cases[i].rc || got != cases[i].want)
			fail_msg("\"%s\": got %#lx", cases[i].input, (unsigned long)got);
	}
}

static void seconds(void **state)
{
	static const struct {
		const char *input;
		int rc;
		uint64_t want;
	} cases[] = {
		{ "2", 0, 2000000000 },
		{ "0.05", 0, 50000000 },
		{ ".5", 0, 500000000 },
		{ "1.", 0, 1000000000 },
		{ "1.000000001", 0, 1000000001 },
		{ "60", 0, 60000000000 },
		{ "60.000000001", -ERANGE, UNTOUCHED },
		{ "0.049999999", -ERANGE, UNTOUCHED },
		{ "0", -ERANGE, UNTOUCHED },
		{ "18446744073", -ERANGE, UNTOUCHED },
		{ "18446744073.9", -ERANGE, UNTOUCHED },
		{ "99999999999999999999", -ERANGE, UNTOUCHED },
		{ "0.0000000001", -EINVAL, UNTOUCHED },
		{ "", -EINVAL, UNTOUCHED },
		{ ".", -EINVAL, UNTOUCHED },
		{ "0x1", -EINVAL, UNTOUCHED },
		{ "1e1", -EINVAL, UNTOUCHED },
		{ "-1", -EINVAL, UNTOUCHED },
		{ " 1", -EINVAL, UNTOUCHED },
		{ "1s", -EINVAL, UNTOUCHED },
		{ "1,5", -EINVAL, UNTOUCHED },
		{ "1.5.", -EINVAL, UNTOUCHED },
		{ "nan", -EINVAL, UNTOUCHED },
		{ "inf", -EINVAL, UNTOUCHED },
	};
	uint64_t got;
	size_t i;

	for (i = 0; i < VGPU_COUNT(cases); i++) {
		got = UNTOUCHED;
		if (vgpu_seconds_parse(cases[i].input, 50000000, 60000000000, &got) != cases[i].rc || got != cases[i].want)
			fail_msg("\"%s\": got %lu", cases[i].input, (unsigned long)got);
	}
}

static void formats(void **state)
{
	static const struct {
		uint64_t input;
		const char *want;
	} cases[] = {
		{ 0, "0" },
		{ 1, "1" },
		{ 1023, "1023" },
		{ 4096, "4K" },
		{ 128ull << 20, "128M" },
		{ (128ull << 20) + 4096, "131076K" },
		{ 1536ull << 20, "1536M" },
		{ 2ull << 30, "2G" },
		{ 1ull << 42, "4096G" },
		{ UINT64_MAX, "18446744073709551615" },
	};
	char text[VGPU_SIZE_TEXT];
	size_t i;

	for (i = 0; i < VGPU_COUNT(cases); i++)
		assert_string_equal(vgpu_size_format(cases[i].input, text), cases[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(numbers),
		cmocka_unit_test(seconds),
		cmocka_unit_test(formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
