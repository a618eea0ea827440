// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * limits.c - the words of the limits in a policy, and reading them. What they mean is admission.c's. No lock: pure functions.
 */
#include "vgpud-agent/limits.h"

#include <inttypes.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/size.h"
#include "lib/text.h"

/* Of vGPUs, and of the sum of their weights: more than any host has. */
#define COUNT_MAX 1000000

#define refuse(error, node, format, ...) vgpu_yaml_refuse(error, (node)->line, (node)->column, format, ##__VA_ARGS__)

/* clang-format off */
const struct vgpu_limit_info vgpu_limit_info[VGPU_LIMITS] = {
	[VGPU_LIMIT_VGPU_MIN_APERTURE] = { .of = "vgpu", .key = "min_aperture", .pages = true },
	[VGPU_LIMIT_VGPU_MAX_APERTURE] = { .of = "vgpu", .key = "max_aperture", .pages = true },
	[VGPU_LIMIT_DOMAIN_VGPUS] = { .of = "domain", .key = "max_vgpus" },
	[VGPU_LIMIT_DOMAIN_APERTURE] = { .of = "domain", .key = "max_aperture", .pages = true },
	[VGPU_LIMIT_CLASS_VGPUS] = { .of = "class", .key = "max_vgpus" },
	[VGPU_LIMIT_CLASS_GPUS] = { .of = "class", .key = "gpus" },
	[VGPU_LIMIT_GPU_VGPUS] = { .of = "gpu", .key = "max_vgpus" },
	[VGPU_LIMIT_GPU_WEIGHT] = { .of = "gpu", .key = "max_weight" },
	[VGPU_LIMIT_GPU_FREE_APERTURE] = { .of = "gpu", .key = "min_free_aperture", .pages = true },
};
/* clang-format on */

/* Those of a class stand with the class. */
static const char *const sections[] = { "vgpu", "domain", "gpu" };

/**
 * vgpu_limits_number() - read a plain number
 * @key: its key, in front of its value
 * @min: smallest value taken
 * @max: largest value taken
 * @ret_value: the number
 * @ret_error: what is wrong and where
 *
 * Return: 0 or -EINVAL.
 */
int vgpu_limits_number(const struct vgpu_yaml *key, uint64_t min, uint64_t max, uint64_t *ret_value,
		       struct vgpu_yaml_error *ret_error)
{
	const struct vgpu_yaml *value = key + 1;

	if (value->kind != VGPU_YAML_SCALAR || !value->plain)
		return refuse(ret_error, value, "%s: it must be a number, without quotes", key->text);
	/* A 0 in front makes a number octal to some readers of YAML: it is none here. */
	if ((value->text[0] == '0' && value->text[1]) || vgpu_number_parse(value->text, min, max, ret_value))
		return refuse(ret_error, value, "%s: it must be a whole number from %" PRIu64 " to %" PRIu64, key->text, min,
			      max);
	return 0;
}

/**
 * vgpu_limits_rule() - read one limit
 * @key: its key, in front of its value
 * @limit: which one
 * @ret_rule: its value and line
 * @ret_error: what is wrong and where
 *
 * Return: 0 or -EINVAL.
 */
int vgpu_limits_rule(const struct vgpu_yaml *key, enum vgpu_limit limit, struct vgpu_rule *ret_rule,
		     struct vgpu_yaml_error *ret_error)
{
	const struct vgpu_yaml *value = key + 1;
	struct vgpu_rule rule = { .line = key->line };
	int rc = 0;

	if (!vgpu_limit_info[limit].pages)
		rc = vgpu_limits_number(key, 0, COUNT_MAX, &rule.value, ret_error);
	else if (value->kind != VGPU_YAML_SCALAR || vgpu_size_parse(value->text, &rule.value))
		rc = refuse(ret_error, value, "%s: it must be a size of whole pages of 4K, such as 64M", key->text);
	if (!rc)
		*ret_rule = rule;
	return rc;
}

static int unknown(const struct vgpu_yaml *key, const char *of, struct vgpu_yaml_error *ret_error)
{
	char known[128] = "";
	unsigned int i;

	for (i = 0; i < VGPU_LIMITS; i++)
		if (!strcmp(vgpu_limit_info[i].of, of))
			vgpu_text_append(known, sizeof(known), "%s%s", *known ? ", " : "", vgpu_limit_info[i].key);
	return refuse(ret_error, key, "%.64s: there is no such limit of a %s; there are %s", key->text, of, known);
}

static int read_section(const char *of, const struct vgpu_yaml *body, struct vgpu_policy *policy,
			struct vgpu_yaml_error *ret_error)
{
	const struct vgpu_yaml *key;
	unsigned int i;
	int rc = 0;

	if (body->kind != VGPU_YAML_MAPPING)
		return refuse(ret_error, body, "%s: it must hold limits, each with its value", of);
	for (key = body->items; !rc && key < body->items + body->count; key += 2) {
		for (i = 0; i < VGPU_LIMITS; i++)
			if (!strcmp(vgpu_limit_info[i].of, of) && !strcmp(vgpu_limit_info[i].key, key->text))
				break;
		rc = i == VGPU_LIMITS ? unknown(key, of, ret_error) : vgpu_limits_rule(key, i, &policy->limit[i], ret_error);
	}
	return rc;
}

/* A policy by which no vGPU could be made is a mistake. */
static int check_range(const struct vgpu_policy *policy, struct vgpu_yaml_error *ret_error)
{
	const struct vgpu_rule *min = &policy->limit[VGPU_LIMIT_VGPU_MIN_APERTURE];
	const struct vgpu_rule *max = &policy->limit[VGPU_LIMIT_VGPU_MAX_APERTURE];
	unsigned int line = min->line > max->line ? min->line : max->line;

	if (min->line && max->line && min->value > max->value)
		return vgpu_yaml_refuse(ret_error, line, 1, "min_aperture is more than max_aperture");
	return 0;
}

/**
 * vgpu_limits_read() - read the part "limits" of a policy
 * @body: what stands in it
 * @policy: gets the limits
 * @ret_error: what is wrong and where
 *
 * Return: 0 or -EINVAL with @policy undefined.
 */
int vgpu_limits_read(const struct vgpu_yaml *body, struct vgpu_policy *policy, struct vgpu_yaml_error *ret_error)
{
	const struct vgpu_yaml *key;
	unsigned int i;
	int rc = 0;

	if (body->kind != VGPU_YAML_MAPPING)
		return refuse(ret_error, body, "limits: it must hold vgpu, domain or gpu, each with its limits");
	for (key = body->items; !rc && key < body->items + body->count; key += 2) {
		for (i = 0; i < VGPU_COUNT(sections) && strcmp(sections[i], key->text) != 0; i++)
			;
		rc = i == VGPU_COUNT(sections)
			     ? refuse(ret_error, key, "%.64s: there are no such limits; there are those of vgpu, domain and gpu",
				      key->text)
			     : read_section(sections[i], key + 1, policy, ret_error);
	}
	return rc ? rc : check_range(policy, ret_error);
}
