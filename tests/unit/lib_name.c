// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * lib_name.c - names and UUIDs: what may become part of a path.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/cleanup.h"
#include "lib/name.h"

#define LONGEST "a23456789012345678901234567890123456789012345678901234567890123"

static void names(void **state)
{
	static const struct {
		const char *input;
		bool want;
	} cases[] = {
		{ "a", true },
		{ "vgpu-1", true },
		{ "0.a_b-c", true },
		{ LONGEST, true },
		{ LONGEST "4", false },
		{ "", false },
		{ "A", false },
		{ ".", false },
		{ "..", false },
		{ "-a", false },
		{ "_a", false },
		{ "a/b", false },
		{ "a b", false },
		{ "a\n", false },
		{ "\xc3\xa4", false },
		{ "c2177883-f1bb-47f0-914d-32a22e3a8804", false },
		{ "c2177883-f1bb-47f0-914d-32a22e3a880", true },
	};
	size_t i;

	assert_int_equal(strlen(LONGEST), VGPU_NAME_SIZE - 1);
	for (i = 0; i < VGPU_COUNT(cases); i++)
		if (vgpu_name_valid(cases[i].input) != cases[i].want)
			fail_msg("\"%s\"", cases[i].input);
}

static void uuids(void **state)
{
	static const struct {
		const char *input;
		bool want;
	} cases[] = {
		{ "c2177883-f1bb-47f0-914d-32a22e3a8804", true },
		{ "C2177883-F1BB-47F0-914D-32A22E3A8804", false },
		{ "c2177883-f1bb-47f0-914d-32a22e3a88045", false },
		{ "c2177883-f1bb-47f0-914d-32a22e3a880", false },
		{ "c2177883xf1bb-47f0-914d-32a22e3a8804", false },
		{ "g2177883-f1bb-47f0-914d-32a22e3a8804", false },
		{ "../..", false },
		{ "", false },
	};
	char a[VGPU_UUID_SIZE], b[VGPU_UUID_SIZE];
	size_t i;

	for (i = 0; i < VGPU_COUNT(cases); i++)
		if (vgpu_uuid_valid(cases[i].input) != cases[i].want)
			fail_msg("\"%s\"", cases[i].input);
	assert_int_equal(vgpu_uuid_make(a), 0);
	assert_int_equal(vgpu_uuid_make(b), 0);
	assert_true(vgpu_uuid_valid(a));
	assert_string_not_equal(a, b);
	assert_int_equal(a[14], '4');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(uuids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
