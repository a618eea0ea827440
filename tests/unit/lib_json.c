// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * lib_json.c - what the parser takes from a hostile client, and what comes back out.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/cleanup.h"
#include "lib/json.h"

static void parses(void **state)
{
	static const struct {
		const char *input;
		size_t length; /* 0: to the NUL */
		int rc;
	} cases[] = {
		{ "{}", 0, 0 },
		{ " {\"a\":[1,2,{}]} \r\n", 0, 0 },
		{ "[[[]]]", 0, 0 },
		{ "[[[[]]]]", 0, 0 },
		{ "[[[[[]]]]]", 0, 0 },
		{ "[[[[1]]]]", 0, 0 },
		{ "[[[[[1]]]]]", 0, -EINVAL },
		{ "[[[[[[]]]]]]", 0, -EINVAL },
		{ "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}", 0, -EINVAL },
		{ "", 0, -EINVAL },
		{ "{", 0, -EINVAL },
		{ "{} {}", 0, -EINVAL },
		{ "{}x", 0, -EINVAL },
		{ "{\"a\":\"\xc3\x9c\"}", 0, 0 },
		{ "{\"a\":\"\xff\"}", 0, -EINVAL },
		{ "{}\0", 3, -EINVAL },
		{ "{\"a\":\"x\0y\"}", 11, -EINVAL },
		{ "null", 0, -EINVAL },
	};
	struct vgpu_json *value;
	int rc;
	size_t i;

	for (i = 0; i < VGPU_COUNT(cases); i++) {
		value = NULL;
		rc = vgpu_json_parse(cases[i].input, cases[i].length ? cases[i].length : strlen(cases[i].input), 5, &value);
		if (rc != cases[i].rc || (value != NULL) != (rc == 0))
			fail_msg("%s: %d", cases[i].input, rc);
		vgpu_json_unref(value);
	}
}

static void typed(void **state)
{
	static const char text[] = "{\"n\":-1,\"s\":\"x\",\"nul\":\"a\\u0000b\",\"f\":1.5,\"t\":true,\"z\":null}";
	static const char big[] = "{\"big\":99999999999999999999}";
	cleanup_json struct vgpu_json *object = NULL, *huge = NULL;

	/* json-c refuses what no integer holds from 0.18 on, and made it the largest one before. */
	if (!vgpu_json_parse(big, strlen(big), 5, &huge))
		assert_true(vgpu_json_get_u64(huge, "big") >= INT64_MAX);
	assert_int_equal(vgpu_json_parse(text, strlen(text), 5, &object), 0);
	assert_int_equal(vgpu_json_get_u64(object, "n"), 0);
	assert_int_equal(vgpu_json_get_u64(object, "f"), 0);
	assert_int_equal(vgpu_json_get_u64(object, "s"), 0);
	assert_string_equal(vgpu_json_get_string(object, "s"), "x");
	assert_null(vgpu_json_get_string(object, "nul"));
	assert_null(vgpu_json_get_string(object, "n"));
	assert_null(vgpu_json_get_string(object, "absent"));
	assert_true(vgpu_json_get_bool(object, "t"));
	assert_false(vgpu_json_get_bool(object, "n"));
	assert_int_equal(vgpu_json_kind(vgpu_json_get(object, "z")), VGPU_JSON_NULL);
	assert_int_equal(vgpu_json_kind(vgpu_json_get(object, "f")), VGPU_JSON_NUMBER);
	assert_null(vgpu_json_get(vgpu_json_get(object, "s"), "x"));
	assert_null(vgpu_json_at(object, 0));
}

static void builds(void **state)
{
	cleanup_json struct vgpu_json *object = vgpu_json_object();
	cleanup_free char *text = NULL;
	struct vgpu_json *array = vgpu_json_array();

	vgpu_json_append(array, vgpu_json_object());
	vgpu_json_append(array, NULL);
	vgpu_json_put_u64(object, "u", UINT64_MAX);
	vgpu_json_put_i64(object, "i", -32700);
	vgpu_json_put_number(object, "n", 12.3456);
	vgpu_json_put_bool(object, "b", false);
	vgpu_json_put_string(object, "s", "a\n\"/");
	vgpu_json_put_string(object, "z", NULL);
	vgpu_json_put(object, "a", array);
	text = vgpu_json_text(object, false);
	assert_string_equal(
		text,
		"{\"u\":18446744073709551615,\"i\":-32700,\"n\":12.35,\"b\":false,\"s\":\"a\\n\\\"/\",\"z\":null,\"a\":[{},null]}");
	assert_int_equal(vgpu_json_get_u64(object, "u"), UINT64_MAX);
}

/* Only an object takes members; what is put elsewhere is freed, which the leak checker sees. */
static void puts_nowhere(void **state)
{
	cleanup_json struct vgpu_json *array = vgpu_json_array();
	cleanup_free char *text = NULL;

	vgpu_json_append(array, NULL);
	vgpu_json_put_string(array, "s", "text");
	vgpu_json_put_u64(vgpu_json_at(array, 0), "u", 1);
	vgpu_json_put(NULL, "a", vgpu_json_array());
	text = vgpu_json_text(array, false);
	assert_string_equal(text, "[null]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(typed),
		cmocka_unit_test(builds),
		cmocka_unit_test(puts_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
