// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ctl_pool_file.c - the pool file: what each key becomes, and for everything that is wrong the place, the word for it and what to do.
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
#include "lib/text.h"
#include "vgpuctl/pool.h"

#define HEAD "kind: vgpu-pool\nversion: 1\npool:\n"
#define UUID "12345678-1234-4234-8234-123456789abc"

/* clang-format off */
static const struct {
	const char *input, *want; /* the parameters, a line for each vGPU */
} accepted[] = {
	{ "{kind: vgpu-pool, version: 1, pool: []}", "" },
	{ "pool:\n- {aperture: 64M, name: a}\nversion: 1\nkind: vgpu-pool\n", "{\"aperture_bytes\":67108864,\"name\":\"a\"}\n" },
	{ HEAD "- name: a\n  aperture: 4K\n- name: b\n  type: i915-GVTg_V5_4\n  gpu: 00:02.0\n",
	  "{\"name\":\"a\",\"aperture_bytes\":4096}\n{\"name\":\"b\",\"type\":\"i915-GVTg_V5_4\",\"gpu\":\"00:02.0\"}\n" },
	{ HEAD "- name: a\n  uuid: " UUID "\n  aperture: 128M\n  hidden: 1G\n  fences: 32\n  weight: 10000\n  cap: 25%\n  latency: 0\n"
	  "  domain: two words\n",
	  "{\"name\":\"a\",\"uuid\":\"" UUID "\",\"aperture_bytes\":134217728,\"hidden_bytes\":1073741824,\"fences\":32,"
	  "\"weight\":10000,\"cap_pct\":25,\"latency_us\":0,\"domain\":\"two words\"}\n" },
	{ HEAD "- {name: '1', aperture: '128M', class: gold, domain: 'null'}\n",
	  "{\"name\":\"1\",\"aperture_bytes\":134217728,\"class\":\"gold\",\"domain\":\"null\"}\n" },
	{ HEAD "- {name: a, aperture: 8192, cap: 100}\n", "{\"name\":\"a\",\"aperture_bytes\":8192,\"cap_pct\":100}\n" },
	{ HEAD "- {name: a, aperture: 4K, domain: null}\n- {name: b, aperture: 4K, domain: ~}\n",
	  "{\"name\":\"a\",\"aperture_bytes\":4096} no domain\n{\"name\":\"b\",\"aperture_bytes\":4096} no domain\n" },
};
/* clang-format on */

static void parse(const char *input, int want, struct vgpu_pool *ret_pool, struct vgpu_pool_issues *ret_issues)
{
	int rc;

	*ret_issues = (struct vgpu_pool_issues) { 0 };
	rc = vgpu_pool_parse(input, strlen(input), ret_pool, ret_issues);
	if (rc != want)
		fail_msg("\"%s\": %d, %u:%u %s", input, rc, ret_issues->list[0].line, ret_issues->list[0].column,
			 ret_issues->count ? ret_issues->list[0].error.what : "nothing said");
}

static void keys(void **state)
{
	struct vgpu_pool_issues issues;
	struct vgpu_pool pool;
	char text[1024], *line;
	size_t i, k;

	for (i = 0; i < VGPU_COUNT(accepted); i++) {
		parse(accepted[i].input, 0, &pool, &issues);
		text[0] = '\0';
		for (k = 0; k < pool.count; k++) {
			line = vgpu_json_text(pool.entries[k].want, false);
			vgpu_text_append(text, sizeof(text), "%s%s\n", line, pool.entries[k].no_domain ? " no domain" : "");
			free(line);
		}
		assert_string_equal(text, accepted[i].want);
		vgpu_pool_fini(&pool);
	}
}

/* clang-format off */
static const struct {
	const char *input;
	unsigned int line, column;
	const char *object, *what, *remedy;
} refused[] = {
	/* the file */
	{ "", 1, 1, "YAML", "there is nothing in it", "vgpu-pool(5)" },
	{ "kind: [", 2, 1, "YAML", "did not find expected", "vgpu-pool(5)" },
	{ "- name: a\n", 1, 1, "file", "it must hold kind, version and pool", "vgpu-pool(5)" },
	{ "version: 1\npool: []\n", 1, 1, "kind", "the file does not have it", "vgpu-pool(5)" },
	{ "kind: vgpu-pool\npool: []\n", 1, 1, "version", "the file does not have it", "vgpu-pool(5)" },
	{ "kind: vgpu-pool\nversion: 1\n", 1, 1, "pool", "the file does not have it", "vgpu-pool(5)" },
	{ "kind: policy\nversion: 1\npool: []\n", 1, 7, "kind", "it must be vgpu-pool", "vgpu-pool(5)" },
	{ "kind: vgpu-pool\nversion: 2\npool: []\n", 2, 10, "version", "it must be 1", "vgpu-pool(5)" },
	{ "kind: vgpu-pool\nversion: [1]\npool: []\n", 2, 10, "version", "it must be 1", "vgpu-pool(5)" },
	{ "kind: vgpu-pool\nversion: 1\npool: []\nclasses: {}\n", 4, 1, "classes", "a pool file has no such part", "use kind, version and pool" },
	{ "kind: vgpu-pool\nversion: 1\npool:\n", 3, 6, "pool", "it must hold a list of vGPUs", "write [] for none" },
	{ "kind: vgpu-pool\nversion: 1\npool: {a: b}\n", 3, 7, "pool", "it must hold a list of vGPUs", "write [] for none" },
	{ "kind: vgpu-pool\nkind: vgpu-pool\n", 2, 1, "YAML", "kind stands here twice, first in line 1", "" },
	/* a vGPU */
	{ HEAD "- a\n", 4, 3, "pool", "this is not a vGPU", "give each a name" },
	{ HEAD "- name: a\n  apertur: 64M\n  aperture: 64M\n", 5, 3, "apertur", "a vGPU has no such key", "use name, uuid, gpu" },
	{ HEAD "- name: a\n  aperture_bytes: 1\n  aperture: 64M\n", 5, 3, "aperture_bytes", "a vGPU has no such key", "use name" },
	{ HEAD "- name: a\n  dry-run: true\n  aperture: 64M\n", 5, 3, "dry-run", "a vGPU has no such key", "use name" },
	{ HEAD "- name: a\n  name: a\n  aperture: 64M\n", 5, 3, "YAML", "name stands here twice", "" },
	{ HEAD "- aperture: 64M\n", 4, 3, "pool", "this vGPU has no name", "give it a name" },
	{ HEAD "- name: a\n", 4, 3, "a", "how large it shall be is not said", "give it an aperture, or a type" },
	{ HEAD "- name: a\n  hidden: 64M\n", 4, 3, "a", "how large it shall be is not said", "give it an aperture, or a type" },
	{ HEAD "- name: a\n  aperture: 64M\n  type: t\n", 4, 3, "a", "its sizes come with the type", "leave out aperture" },
	{ HEAD "- name: a\n  type: t\n  fences: 3\n", 4, 3, "a", "its sizes come with the type", "leave out aperture" },
	{ HEAD "- name: a\n  type: t\n  class: c\n  cap: 3\n", 4, 3, "a", "weight, cap and latency come with the class", "or the class" },
	{ HEAD "- name: a\n  type: t\n  class: none\n  weight: 3\n", 4, 3, "a", "weight, cap and latency come", "or the class" },
	{ HEAD "- {name: a, type: t}\n- {name: b, type: t}\n- {name: a, type: t}\n", 6, 10, "a", "this name stands in line 4 too", "of its own" },
	{ HEAD "- {name: a, type: t, uuid: " UUID "}\n- {name: b, type: t, uuid: " UUID "}\n", 5, 28, UUID, "this UUID stands in line 4 too", "or none" },
	/* values */
	{ HEAD "- {name: A, type: t}\n", 4, 10, "name", "A is not a name for a vGPU", "use 1 to 63 of a-z" },
	{ HEAD "- {name: ../x, type: t}\n", 4, 10, "name", "../x is not a name for a vGPU", "use 1 to 63 of a-z" },
	{ HEAD "- {name: " UUID ", type: t}\n", 4, 10, "name", "is not a name for a vGPU", "and not a UUID" },
	{ HEAD "- {name: null, type: t}\n", 4, 10, "name", "it has no value", "give a value" },
	{ HEAD "- {name: '', type: t}\n", 4, 10, "name", "it has no value", "give a value" },
	{ HEAD "- {name: [a], type: t}\n", 4, 10, "name", "this is a list", "give one value" },
	{ HEAD "- {name: a, uuid: 12345678-1234-4234-8234-123456789ABC, type: t}\n", 4, 19, "uuid", "is not a UUID", "in lower case" },
	{ HEAD "- {name: a, class: Gold!, type: t}\n", 4, 20, "class", "Gold! is not a name for a class", "vgpuctl classes" },
	{ HEAD "- name: a\n  type: t\n  domain:\n", 6, 10, "domain", "it has no value", "write null for no domain" },
	{ HEAD "- {name: a, type: t, domain: ''}\n", 4, 30, "domain", "it has no value", "write null for no domain" },
	{ HEAD "- {name: a, aperture: 64m}\n", 4, 23, "aperture", "64m is not a size", "with K, M or G" },
	{ HEAD "- {name: a, aperture: 64MB}\n", 4, 23, "aperture", "64MB is not a size", "with K, M or G" },
	{ HEAD "- {name: a, aperture: 1.5G}\n", 4, 23, "aperture", "1.5G is not a size", "with K, M or G" },
	{ HEAD "- {name: a, aperture: -1}\n", 4, 23, "aperture", "-1 is not a size", "with K, M or G" },
	{ HEAD "- {name: a, aperture: 0}\n", 4, 23, "aperture", "0 is not a size", "in whole pages of 4K" },
	{ HEAD "- {name: a, aperture: 5}\n", 4, 23, "aperture", "5 is not a size", "in whole pages of 4K" },
	{ HEAD "- {name: a, aperture: 064M}\n", 4, 23, "aperture", "064M is not a size", "" },
	{ HEAD "- {name: a, aperture: 00000000000000000000000000000064M}\n", 4, 23, "aperture", "is not a size", "" },
	{ HEAD "- {name: a, aperture: 64M, hidden: lots}\n", 4, 36, "hidden", "lots is not a size", "such as 128M" },
	{ HEAD "- {name: a, aperture: 64M, fences: 33}\n", 4, 36, "fences", "33 is not such a number", "from 1 to 32" },
	{ HEAD "- {name: a, aperture: 64M, weight: 0}\n", 4, 36, "weight", "0 is not such a number", "from 1 to 10000" },
	{ HEAD "- {name: a, aperture: 64M, weight: 0100}\n", 4, 36, "weight", "0100 is not such a number", "from 1 to 10000" },
	{ HEAD "- {name: a, aperture: 64M, weight: 5%}\n", 4, 36, "weight", "5% is not such a number", "from 1 to 10000" },
	{ HEAD "- {name: a, aperture: 64M, cap: 101%}\n", 4, 33, "cap", "101% is not such a number", "from 1 to 100" },
	{ HEAD "- {name: a, aperture: 64M, cap: '%'}\n", 4, 33, "cap", "% is not such a number", "from 1 to 100" },
	{ HEAD "- {name: a, aperture: 64M, latency: 5ms}\n", 4, 37, "latency", "5ms is not such a number", "from 0 to 10000000" },
};
/* clang-format on */

static void errors(void **state)
{
	struct vgpu_pool pool = { .count = 77 };
	struct vgpu_pool_issues issues;
	const struct vgpu_pool_issue *first = &issues.list[0];
	size_t i;

	for (i = 0; i < VGPU_COUNT(refused); i++) {
		parse(refused[i].input, -EINVAL, &pool, &issues);
		if (issues.count != 1 || first->line != refused[i].line || first->column != refused[i].column ||
		    strcmp(first->error.object, refused[i].object) != 0 || !strstr(first->error.what, refused[i].what) ||
		    !strstr(first->error.remedy, refused[i].remedy) || first->error.exit != VGPU_EXIT_USAGE)
			fail_msg("\"%s\": %zu, first %u:%u: %s: %s; %s", refused[i].input, issues.count, first->line,
				 first->column, first->error.object, first->error.what, first->error.remedy);
		assert_int_equal(pool.count, 77);
	}
}

static void all_at_once(void **state)
{
	struct vgpu_pool_issues issues;
	struct vgpu_pool pool;
	char text[4096] = HEAD;
	unsigned int i;

	parse("kind: pool\nversion: 1\npool:\n- {name: A, size: 3}\n- {name: b, aperture: 64M, cap: 0, weight: 0}\n", -EINVAL,
	      &pool, &issues);
	assert_int_equal(issues.count, 6);
	assert_int_equal(issues.list[5].line, 5);
	assert_int_equal(issues.list[5].column, 44);
	/* More than there is place for are counted. */
	for (i = 0; i < VGPU_POOL_ISSUES_MAX + 7; i++)
		vgpu_text_append(text, sizeof(text), "- {name: n%u, aperture: %u}\n", i, i);
	parse(text, -EINVAL, &pool, &issues);
	assert_int_equal(issues.count, VGPU_POOL_ISSUES_MAX + 7);
}

static void how_many(void **state)
{
	static const char one[] = "- {name: n%u, aperture: 4K}\n";
	char *text = malloc(strlen(HEAD) + (VGPU_POOL_VGPUS_MAX + 1) * (sizeof(one) + 8)), *at = text;
	struct vgpu_pool_issues issues;
	struct vgpu_pool pool;
	unsigned int i;

	assert_non_null(text);
	at += sprintf(at, "%s", HEAD);
	for (i = 0; i < VGPU_POOL_VGPUS_MAX; i++)
		at += sprintf(at, one, i);
	parse(text, 0, &pool, &issues);
	assert_int_equal(pool.count, VGPU_POOL_VGPUS_MAX);
	vgpu_pool_fini(&pool);
	sprintf(at, one, i);
	parse(text, -EINVAL, &pool, &issues);
	assert_int_equal(issues.count, 1);
	assert_int_equal(issues.list[0].line, VGPU_POOL_VGPUS_MAX + 4);
	assert_string_equal(issues.list[0].error.what, "these are more than 4096 vGPUs");
	free(text);
}

/* Every prefix of a good file is one, or is refused; none is read past its end. */
static void cut_off(void **state)
{
	const char *whole = accepted[3].input;
	struct vgpu_pool_issues issues;
	struct vgpu_pool pool;
	size_t length, read = 0;
	char *text;

	for (length = 0; length <= strlen(whole); length++) {
		text = malloc(length ? length : 1);
		assert_non_null(text);
		memcpy(text, whole, length);
		issues.count = 0;
		if (vgpu_pool_parse(text, length, &pool, &issues)) {
			assert_true(issues.count);
		} else {
			read++;
			vgpu_pool_fini(&pool);
		}
		free(text);
	}
	assert_in_range(read, 10, strlen(whole));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),	    cmocka_unit_test(errors),  cmocka_unit_test(all_at_once),
		cmocka_unit_test(how_many), cmocka_unit_test(cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
