// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * policy.c - reads the policy file. What it does not know is an error: a setting that is misspelt must not be one that is missing. No
 * lock: pure functions.
 */
#include "vgpud-agent/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/file.h"
#include "vgpud-agent/limits.h"

#define FILE_BYTES_MAX (64u << 10)

#define refuse(error, node, format, ...) vgpu_yaml_refuse(error, (node)->line, (node)->column, format, ##__VA_ARGS__)

const char *const vgpu_placement_names[VGPU_PLACEMENTS] = {
	[VGPU_PLACEMENT_SPREAD] = "spread",
	[VGPU_PLACEMENT_PACK] = "pack",
	[VGPU_PLACEMENT_BEST_FIT] = "best-fit",
};

static int read_gpus(const struct vgpu_yaml *key, const struct vgpu_yaml *list, struct vgpu_class *class,
		     struct vgpu_yaml_error *ret_error)
{
	static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:._-";
	const struct vgpu_yaml *item;

	if (list->kind != VGPU_YAML_SEQUENCE || !list->count)
		return refuse(ret_error, list, "gpus: it must be a list of GPUs, such as [00:02.0]");
	if (list->count > VGPU_CLASS_GPUS_MAX)
		return refuse(ret_error, list, "gpus: there are more than %u", VGPU_CLASS_GPUS_MAX);
	for (item = list->items; item < list->items + list->count; item++) {
		if (item->kind != VGPU_YAML_SCALAR || !item->text[0] || strlen(item->text) >= sizeof(class->gpu[0]) ||
		    item->text[strspn(item->text, allowed)])
			return refuse(ret_error, item, "gpus: this is no GPU's address, such as 00:02.0");
		strcpy(class->gpu[item - list->items], item->text);
	}
	class->gpus = (struct vgpu_rule) { .value = list->count, .line = key->line };
	return 0;
}

static int read_setting(const struct vgpu_yaml *key, struct vgpu_class *class, struct vgpu_yaml_error *ret_error)
{
	const struct vgpu_knob_info *knob;
	unsigned int i;

	for (i = 0; i < VGPU_KNOBS; i++) {
		knob = &vgpu_knob_info[i];
		if (!strcmp(knob->name, key->text))
			return vgpu_limits_number(key, knob->min, knob->max, &class->knob[i], ret_error);
	}
	if (!strcmp(key->text, vgpu_limit_info[VGPU_LIMIT_CLASS_VGPUS].key))
		return vgpu_limits_rule(key, VGPU_LIMIT_CLASS_VGPUS, &class->max_vgpus, ret_error);
	if (!strcmp(key->text, vgpu_limit_info[VGPU_LIMIT_CLASS_GPUS].key))
		return read_gpus(key, key + 1, class, ret_error);
	return refuse(ret_error, key,
		      "%.64s: a class has no such setting; it has weight, cap_pct, latency_us, max_vgpus and gpus", key->text);
}

static int read_class(const struct vgpu_yaml *name, const struct vgpu_yaml *body, struct vgpu_class *class,
		      struct vgpu_yaml_error *ret_error)
{
	const struct vgpu_yaml *key;
	unsigned int i;
	int rc = 0;

	if (!vgpu_name_valid(name->text) || !strcmp(name->text, VGPU_CLASS_NONE))
		return refuse(ret_error, name, "%.64s: it can't be a class's name; use " VGPU_NAME_RULE ", nor " VGPU_CLASS_NONE,
			      name->text);
	if (body->kind != VGPU_YAML_MAPPING)
		return refuse(ret_error, body,
			      "%s: it must hold weight, cap_pct, latency_us, max_vgpus or gpus, each with its value", name->text);
	strcpy(class->name, name->text);
	for (i = 0; i < VGPU_KNOBS; i++)
		class->knob[i] = vgpu_knob_info[i].initial;
	for (key = body->items; !rc && key < body->items + body->count; key += 2)
		rc = read_setting(key, class, ret_error);
	return rc;
}

static int read_classes(const struct vgpu_yaml *body, struct vgpu_policy *policy, struct vgpu_yaml_error *ret_error)
{
	const struct vgpu_yaml *name;
	int rc = 0;

	if (body->kind != VGPU_YAML_MAPPING)
		return refuse(ret_error, body, "classes: it must hold classes by name; write {} for none");
	for (name = body->items; !rc && name < body->items + body->count; name += 2) {
		if (policy->count == VGPU_CLASSES_MAX)
			return refuse(ret_error, name, "%.64s: there are more than %u classes", name->text, VGPU_CLASSES_MAX);
		rc = read_class(name, name + 1, &policy->classes[policy->count++], ret_error);
	}
	return rc;
}

static int read_placement(const struct vgpu_yaml *value, struct vgpu_policy *policy, struct vgpu_yaml_error *ret_error)
{
	unsigned int i;

	for (i = 0; value->kind == VGPU_YAML_SCALAR && i < VGPU_PLACEMENTS; i++)
		if (!strcmp(vgpu_placement_names[i], value->text)) {
			policy->placement = i;
			return 0;
		}
	return refuse(ret_error, value, "placement: it must be spread, pack or best-fit");
}

static int read_part(const struct vgpu_yaml *key, struct vgpu_policy *policy, struct vgpu_yaml_error *ret_error)
{
	if (!strcmp(key->text, "classes"))
		return read_classes(key + 1, policy, ret_error);
	if (!strcmp(key->text, "placement"))
		return read_placement(key + 1, policy, ret_error);
	if (!strcmp(key->text, "limits"))
		return vgpu_limits_read(key + 1, policy, ret_error);
	return refuse(ret_error, key, "%.64s: a policy has no such part; it has placement, limits and classes", key->text);
}

/**
 * vgpu_policy_parse() - read a policy
 * @text: what stands in the file
 * @length: bytes in @text
 * @ret_policy: the policy
 * @ret_error: what is wrong and where, when it is -EINVAL
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int vgpu_policy_parse(const char *text, size_t length, struct vgpu_policy *ret_policy, struct vgpu_yaml_error *ret_error)
{
	cleanup_yaml struct vgpu_yaml *root = NULL;
	struct vgpu_policy policy = { 0 };
	const struct vgpu_yaml *key;
	int rc;

	rc = vgpu_yaml_parse(text, length, &root, ret_error);
	if (rc)
		return rc;
	if (root->kind != VGPU_YAML_MAPPING)
		return refuse(ret_error, root, "a policy must hold placement, limits or classes");
	for (key = root->items; !rc && key < root->items + root->count; key += 2)
		rc = read_part(key, &policy, ret_error);
	if (!rc)
		*ret_policy = policy;
	return rc;
}

/* Whatever the path leads to, this neither waits nor takes more than a buffer. */
static int read_file(const char *path, char *ret_text, size_t size, size_t *ret_length)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return fd < 0 ? -errno : vgpu_file_read(fd, ret_text, size, ret_length);
}

/**
 * vgpu_policy_read() - read the policy file
 * @path: the file, of less than 64 KiB
 * @ret_policy: the policy
 * @ret_text: what is wrong: the file, and as far as it could be read the line and column, then what
 * @size: bytes in @ret_text
 *
 * Return: 0, or -errno with @ret_text filled.
 */
int vgpu_policy_read(const char *path, struct vgpu_policy *ret_policy, char *ret_text, size_t size)
{
	char text[FILE_BYTES_MAX];
	struct vgpu_yaml_error error;
	size_t length = 0;
	int rc;

	rc = read_file(path, text, sizeof(text), &length);
	if (!rc) {
		rc = vgpu_policy_parse(text, length, ret_policy, &error);
		if (rc == -EINVAL) {
			snprintf(ret_text, size, "%s:%u:%u: %s", path, error.line, error.column, error.what);
			return rc;
		}
	}
	if (rc)
		snprintf(ret_text, size, "%s: it can't be read: %s", path, strerror(-rc));
	return rc;
}

/**
 * vgpu_policy_class() - look a class up
 * @policy: the policy
 * @name: its name
 *
 * Return: the class, or NULL.
 */
const struct vgpu_class *vgpu_policy_class(const struct vgpu_policy *policy, const char *name)
{
	size_t i;

	for (i = 0; i < policy->count; i++)
		if (!strcmp(policy->classes[i].name, name))
			return &policy->classes[i];
	return NULL;
}
