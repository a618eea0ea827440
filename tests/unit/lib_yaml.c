// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * lib_yaml.c - what of YAML is read, where an error is said to be, and that what is printed is read back as what it was.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/cleanup.h"
#include "lib/yaml.h"

/* A tree in one line: scalars as they are, in quotes if they were, [] and {} around the rest. */
static void flatten(const struct vgpu_yaml *node, char *text, size_t size)
{
	bool mapping = node->kind == VGPU_YAML_MAPPING;
	size_t i, length = strlen(text);

	if (node->kind == VGPU_YAML_SCALAR) {
		snprintf(text + length, size - length, node->plain ? "%s" : "'%s'", node->text);
		return;
	}
	strcat(text, mapping ? "{" : "[");
	for (i = 0; i < node->count; i++) {
		flatten(&node->items[i], text, size);
		if (i + 1 < node->count)
			strcat(text, mapping && i % 2 == 0 ? ":" : ",");
	}
	strcat(text, mapping ? "}" : "]");
}

static void trees(void **state)
{
	static const struct {
		const char *input, *want;
	} cases[] = {
		{ "a", "a" },
		{ "a: 1\nb: 'x y'\n", "{a:1,b:'x y'}" },
		{ "# only\na: {b: 2} # said\n", "{a:{b:2}}" },
		{ "- a\n- b: c\n- []\n", "[a,{b:c},[]]" },
		{ "a:\n", "{a:}" },
		{ "--- {}\n...\n", "{}" },
		{ "\xef\xbb\xbf"
		  "a: \xc3\xa4",
		  "{a:\xc3\xa4}" },
		{ "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]" },
	};
	struct vgpu_yaml_error error;
	struct vgpu_yaml *root;
	char text[256];
	size_t i;

	for (i = 0; i < VGPU_COUNT(cases); i++) {
		if (vgpu_yaml_parse(cases[i].input, strlen(cases[i].input), &root, &error))
			fail_msg("\"%s\": %u:%u: %s", cases[i].input, error.line, error.column, error.what);
		text[0] = '\0';
		flatten(root, text, sizeof(text));
		assert_string_equal(text, cases[i].want);
		vgpu_yaml_free(root);
	}
}

static void places(void **state)
{
	static const char text[] = "a: 1\nlonger:\n  b:\n    - c\n";
	struct vgpu_yaml_error error;
	struct vgpu_yaml *root, *inner;

	assert_int_equal(vgpu_yaml_parse(text, strlen(text), &root, &error), 0);
	assert_int_equal(root->items[1].column, 4);
	assert_int_equal(root->items[2].line, 2);
	inner = &root->items[3];
	assert_int_equal(inner->line, 3);
	assert_int_equal(inner->items[0].column, 3);
	assert_int_equal(inner->items[1].items[0].line, 4);
	assert_int_equal(inner->items[1].items[0].column, 7);
	vgpu_yaml_free(root);
}

/* clang-format off */
#define BYTES(text) text, sizeof(text) - 1
static const struct {
	const char *input;
	size_t length;
	unsigned int line, column;
	const char *what;
} refused[] = {
	{ BYTES(""), 1, 1, "nothing in it" },
	{ BYTES("# a comment\n"), 1, 1, "nothing in it" },
	{ BYTES("a: 1\nb: 2\na: 3\n"), 3, 1, "a stands here twice, first in line 1" },
	{ BYTES("a:\n  b: 1\n  'b': 2\n"), 3, 3, "b stands here twice, first in line 2" },
	{ BYTES("a: 1\n? [b]\n: 2\n"), 2, 3, "a key must be a word" },
	{ BYTES("{?,?}"), 1, 3, "a key must be a word" },
	{ BYTES("'': 1\n"), 1, 1, "a key must be a word" },
	{ BYTES("a: &x 1\n"), 1, 4, "anchors and tags" },
	{ BYTES("a: &x [1]\n"), 1, 4, "anchors and tags" },
	{ BYTES("&x\na: 1\n"), 1, 1, "anchors and tags" },
	{ BYTES("a: !!int 1\n"), 1, 4, "anchors and tags" },
	{ BYTES("a: *x\n"), 1, 4, "aliases" },
	{ BYTES("a: 1\n---\nb: 2\n"), 2, 1, "second document" },
	{ BYTES("a: [1, 2\n"), 2, 1, "did not find" },
	{ BYTES("a: 1\n\tb: 2\n"), 2, 1, "tab character" },
	{ BYTES("a: 1\n b: 2\n"), 2, 3, "mapping values are not allowed" },
	{ BYTES("a: 1\nb: \xff\n"), 2, 4, "UTF-8" },
	{ BYTES("a: 1\nb: \x01\n"), 2, 4, "control characters" },
	{ BYTES("a: 1\nb: \0\n"), 2, 4, "control characters" },
	{ BYTES("a: \"x\\0y\"\n"), 1, 4, "zero byte" },
	{ BYTES("\"a\\nb\": 1\n\"a\\nb\": 2\n"), 2, 1, "a?b stands here twice" },
	{ BYTES("[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"), 1, 17, "nests too deep" },
	{ BYTES("- - - - - - - - - - - - - - - - - - - a"), 1, 33, "nests too deep" },
};
/* clang-format on */

static void errors(void **state)
{
	struct vgpu_yaml *root = NULL;
	struct vgpu_yaml_error error;
	size_t i;

	for (i = 0; i < VGPU_COUNT(refused); i++) {
		assert_int_equal(vgpu_yaml_parse(refused[i].input, refused[i].length, &root, &error), -EINVAL);
		if (error.line != refused[i].line || error.column != refused[i].column || !strstr(error.what, refused[i].what))
			fail_msg("\"%s\": %u:%u: %s", refused[i].input, error.line, error.column, error.what);
		assert_null(root);
	}
}

static char *printed(const struct vgpu_json *value)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	assert_non_null(to);
	assert_int_equal(vgpu_yaml_print(value, to), 0);
	fclose(to);
	return text;
}

static void documents(void **state)
{
	static const struct {
		const char *json, *want;
	} cases[] = {
		{ "{\"a\":1,\"b\":null,\"c\":true,\"d\":-2.5}", "a: 1\nb: null\nc: true\nd: -2.5\n" },
		{ "{\"list\":[{\"name\":\"a\",\"size\":1},{\"name\":\"b\",\"size\":2}],\"none\":[],\"empty\":{}}",
		  "list:\n- name: a\n  size: 1\n- name: b\n  size: 2\nnone: []\nempty: {}\n" },
		{ "{\"file\":\"/etc/a b.yaml\",\"at\":\"0000:00:02.0\"}", "file: /etc/a b.yaml\nat: \"0000:00:02.0\"\n" },
		{ "[\"No\",\"null\",\"12\",\"\",\"- a\",\"a: b\",\"#\",\"~\",\".inf\",\"none\"]",
		  "- \"No\"\n- \"null\"\n- \"12\"\n- \"\"\n- \"- a\"\n- 'a: b'\n- \"#\"\n- \"~\"\n- \".inf\"\n- none\n" },
		{ "[\"128M\",\"50%\",\"0K\",\"12MB\",\"0x1F\",\"1e5\",\"1:30\",\"M\",\"%\"]",
		  "- 128M\n- 50%\n- 0K\n- \"12MB\"\n- \"0x1F\"\n- \"1e5\"\n- \"1:30\"\n- M\n- \"%\"\n" },
		{ "{\"y\":\"a\\nb\",\"u\":\"z\\u00e4\"}", "\"y\": |-\n  a\n  b\nu: z\xc3\xa4\n" },
	};
	struct vgpu_json *value;
	size_t i;
	char *text;

	for (i = 0; i < VGPU_COUNT(cases); i++) {
		assert_int_equal(vgpu_json_parse(cases[i].json, strlen(cases[i].json), 16, &value), 0);
		text = printed(value);
		assert_string_equal(text, cases[i].want);
		free(text);
		vgpu_json_unref(value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees),
		cmocka_unit_test(places),
		cmocka_unit_test(errors),
		cmocka_unit_test(documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
