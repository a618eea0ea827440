// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * agent_policy.c - the policy file: what each setting becomes, and for everything that is wrong the place and the word for it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/cleanup.h"
#include "lib/text.h"
#include "vgpud-agent/policy.h"

static void classes(void **state)
{
	static const struct {
		const char *input, *want; /* name weight cap latency, for each class */
	} cases[] = {
		{ "{}", "" },
		{ "classes: {}", "" },
		{ "classes: {a: {}}", "a 100 100 0 " },
		{ "classes:\n  z:\n    weight: 1\n  a:\n    cap_pct: 7\n    latency_us: 0\n", "z 1 100 0 a 100 7 0 " },
		{ "classes: {a: {weight: 10000, cap_pct: 100, latency_us: 10000000}, b: {weight: 1, cap_pct: 1}}",
		  "a 10000 100 10000000 b 1 1 0 " },
	};
	struct vgpu_yaml_error error;
	struct vgpu_policy policy;
	const uint64_t *knob;
	char text[256];
	size_t i, k;

	for (i = 0; i < VGPU_COUNT(cases); i++) {
		assert_int_equal(vgpu_policy_parse(cases[i].input, strlen(cases[i].input), &policy, &error), 0);
		text[0] = '\0';
		for (k = 0; k < policy.count; k++) {
			knob = policy.classes[k].knob;
			vgpu_text_append(text, sizeof(text), "%s %u %u %u ", policy.classes[k].name,
					 (unsigned int)knob[VGPU_WEIGHT], (unsigned int)knob[VGPU_CAP_PCT],
					 (unsigned int)knob[VGPU_LATENCY_US]);
			assert_ptr_equal(vgpu_policy_class(&policy, policy.classes[k].name), &policy.classes[k]);
		}
		assert_string_equal(text, cases[i].want);
		assert_null(vgpu_policy_class(&policy, "nobody"));
	}
}

/* clang-format off */
static const struct {
	const char *input;
	unsigned int line, column;
	const char *what;
} refused[] = {
	{ "", 1, 1, "nothing in it" },
	{ "classes", 1, 1, "a policy must hold placement, limits or classes" },
	{ "- classes", 1, 1, "a policy must hold placement, limits or classes" },
	{ "clases: {}", 1, 1, "clases: a policy has no such part; it has placement, limits and classes" },
	{ "placement: first\n", 1, 12, "placement: it must be spread, pack or best-fit" },
	{ "placement: [pack]\n", 1, 12, "placement: it must be spread, pack or best-fit" },
	{ "placement:\n", 1, 11, "placement: it must be spread, pack or best-fit" },
	{ "placement: pack\nplacement: pack\n", 2, 1, "placement stands here twice" },
	{ "limits: 3\n", 1, 9, "limits: it must hold vgpu, domain or gpu" },
	{ "limits:\n  host: {}\n", 2, 3, "host: there are no such limits; there are those of vgpu, domain and gpu" },
	{ "limits:\n  class: {}\n", 2, 3, "class: there are no such limits" },
	{ "limits:\n  gpu: 3\n", 2, 8, "gpu: it must hold limits" },
	{ "limits:\n  gpu:\n    vgpus: 3\n", 3, 5, "vgpus: there is no such limit of a gpu; there are max_vgpus, max_weight, min_free_aperture" },
	{ "limits:\n  domain:\n    max_weight: 3\n", 3, 5, "max_weight: there is no such limit of a domain; there are max_vgpus, max_aperture" },
	{ "limits:\n  domain:\n    max_vgpus: 64M\n", 3, 16, "max_vgpus: it must be a whole number from 0 to 1000000" },
	{ "limits:\n  domain:\n    max_vgpus: '1'\n", 3, 16, "max_vgpus: it must be a number, without quotes" },
	{ "limits:\n  vgpu:\n    min_aperture: 100\n", 3, 19, "min_aperture: it must be a size of whole pages of 4K, such as 64M" },
	{ "limits:\n  vgpu:\n    max_aperture: [1M]\n", 3, 19, "max_aperture: it must be a size" },
	{ "limits:\n  vgpu:\n    min_aperture: 2M\n    max_aperture: 1M\n", 4, 1, "min_aperture is more than max_aperture" },
	{ "classes:\n  gold:\n    max_vgpus: -1\n", 3, 16, "max_vgpus: it must be a whole number" },
	{ "classes:\n  gold:\n    gpus: 00:02.0\n", 3, 11, "gpus: it must be a list of GPUs, such as [00:02.0]" },
	{ "classes:\n  gold:\n    gpus: []\n", 3, 11, "gpus: it must be a list of GPUs" },
	{ "classes:\n  gold:\n    gpus: [00:02.0, a/b]\n", 3, 21, "gpus: this is no GPU's address" },
	{ "classes:\n  gold:\n    gpus: [{a: b}]\n", 3, 12, "gpus: this is no GPU's address" },
	{ "classes: gold", 1, 10, "classes: it must hold classes by name" },
	{ "classes:\n", 1, 9, "classes: it must hold classes by name; write {} for none" },
	{ "classes:\n  '': {}\n", 2, 3, "a key must be a word" },
	{ "classes:\n- gold\n", 2, 1, "classes: it must hold classes by name" },
	{ "classes:\n  gold:\n", 2, 8, "gold: it must hold weight" },
	{ "classes:\n  gold: 100\n", 2, 9, "gold: it must hold weight" },
	{ "classes:\n  Gold: {}\n", 2, 3, "Gold: it can't be a class's name" },
	{ "classes:\n  none: {}\n", 2, 3, "none: it can't be a class's name" },
	{ "classes:\n  ../x: {}\n", 2, 3, "../x: it can't be a class's name" },
	{ "classes:\n  gold: {}\n  gold: {}\n", 3, 3, "gold stands here twice, first in line 2" },
	{ "classes: {}\nclasses: {}\n", 2, 1, "classes stands here twice, first in line 1" },
	{ "classes:\n  gold:\n    weigth: 1\n", 3, 5, "weigth: a class has no such setting; it has weight, cap_pct, latency_us, max_vgpus and gpus" },
	{ "classes:\n  gold:\n    weight: 1\n    weight: 1\n", 4, 5, "weight stands here twice, first in line 3" },
	{ "classes:\n  gold:\n    weight: 0\n", 3, 13, "weight: it must be a whole number from 1 to 10000" },
	{ "classes:\n  gold:\n    weight: 10001\n", 3, 13, "weight: it must be a whole number from 1 to 10000" },
	{ "classes:\n  gold:\n    weight: 99999999999999999999\n", 3, 13, "weight: it must be a whole number" },
	{ "classes:\n  gold:\n    weight: -1\n", 3, 13, "weight: it must be a whole number" },
	{ "classes:\n  gold:\n    weight: 0100\n", 3, 13, "weight: it must be a whole number" },
	{ "classes:\n  gold:\n    weight: 1.5\n", 3, 13, "weight: it must be a whole number" },
	{ "classes:\n  gold:\n    weight: heavy\n", 3, 13, "weight: it must be a whole number" },
	{ "classes:\n  gold:\n    weight:\n", 3, 12, "weight: it must be a whole number" },
	{ "classes:\n  gold:\n    weight: '100'\n", 3, 13, "weight: it must be a number, without quotes" },
	{ "classes:\n  gold:\n    weight: [100]\n", 3, 13, "weight: it must be a number, without quotes" },
	{ "classes:\n  gold:\n    cap_pct: 101\n", 3, 14, "cap_pct: it must be a whole number from 1 to 100" },
	{ "classes:\n  gold:\n    cap_pct: 50%\n", 3, 14, "cap_pct: it must be a whole number from 1 to 100" },
	{ "classes:\n  gold:\n    latency_us: 10000001\n", 3, 17, "latency_us: it must be a whole number from 0 to 10000000" },
};
/* clang-format on */

static void errors(void **state)
{
	struct vgpu_policy policy = { .count = 77 };
	struct vgpu_yaml_error error;
	size_t i;

	for (i = 0; i < VGPU_COUNT(refused); i++) {
		assert_int_equal(vgpu_policy_parse(refused[i].input, strlen(refused[i].input), &policy, &error), -EINVAL);
		if (error.line != refused[i].line || error.column != refused[i].column || !strstr(error.what, refused[i].what))
			fail_msg("\"%s\": %u:%u: %s", refused[i].input, error.line, error.column, error.what);
		assert_int_equal(policy.count, 77);
	}
}

static void rules(void **state)
{
	static const char text[] = "placement: best-fit\n"
				   "limits:\n"
				   "  vgpu: {min_aperture: 4M,\n"
				   "         max_aperture: 128M}\n"
				   "  domain:\n"
				   "    max_vgpus: 2\n"
				   "    max_aperture: 1G\n"
				   "  gpu:\n"
				   "    max_vgpus: 0\n"
				   "    min_free_aperture: '64M'\n"
				   "classes:\n"
				   "  gold:\n"
				   "    max_vgpus: 3\n"
				   "    gpus:\n"
				   "    - 0000:00:02.0\n"
				   "    - 03:00.0\n";
	static const struct vgpu_rule want[VGPU_LIMITS] = {
		[VGPU_LIMIT_VGPU_MIN_APERTURE] = { 4 << 20, 3 },
		[VGPU_LIMIT_VGPU_MAX_APERTURE] = { 128 << 20, 4 },
		[VGPU_LIMIT_DOMAIN_VGPUS] = { 2, 6 },
		[VGPU_LIMIT_DOMAIN_APERTURE] = { 1 << 30, 7 },
		[VGPU_LIMIT_GPU_VGPUS] = { 0, 9 },
		[VGPU_LIMIT_GPU_FREE_APERTURE] = { 64 << 20, 10 },
	};
	struct vgpu_yaml_error error;
	struct vgpu_policy policy;
	unsigned int i;

	assert_int_equal(vgpu_policy_parse("{}", 2, &policy, &error), 0);
	assert_int_equal(policy.placement, VGPU_PLACEMENT_SPREAD);
	assert_int_equal(vgpu_policy_parse(text, strlen(text), &policy, &error), 0);
	assert_int_equal(policy.placement, VGPU_PLACEMENT_BEST_FIT);
	for (i = 0; i < VGPU_LIMITS; i++) {
		assert_int_equal(policy.limit[i].value, want[i].value);
		assert_int_equal(policy.limit[i].line, want[i].line);
	}
	assert_int_equal(policy.classes[0].max_vgpus.value, 3);
	assert_int_equal(policy.classes[0].max_vgpus.line, 13);
	assert_int_equal(policy.classes[0].gpus.value, 2);
	assert_int_equal(policy.classes[0].gpus.line, 14);
	assert_string_equal(policy.classes[0].gpu[0], "0000:00:02.0");
	assert_string_equal(policy.classes[0].gpu[1], "03:00.0");
}

static void how_many(void **state)
{
	struct vgpu_yaml_error error;
	struct vgpu_policy policy;
	char text[4096] = "classes:\n";
	unsigned int i;

	for (i = 0; i < VGPU_CLASSES_MAX; i++)
		vgpu_text_append(text, sizeof(text), "  c%u: {}\n", i);
	assert_int_equal(vgpu_policy_parse(text, strlen(text), &policy, &error), 0);
	assert_int_equal(policy.count, VGPU_CLASSES_MAX);
	vgpu_text_append(text, sizeof(text), "  more: {}\n");
	assert_int_equal(vgpu_policy_parse(text, strlen(text), &policy, &error), -EINVAL);
	assert_int_equal(error.line, VGPU_CLASSES_MAX + 2);
	assert_string_equal(error.what, "more: there are more than 64 classes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes),
		cmocka_unit_test(errors),
		cmocka_unit_test(rules),
		cmocka_unit_test(how_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
