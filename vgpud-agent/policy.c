// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * policy.c - reads the policy file. What it does not know is an error: a setting that is misspelt must not be one that is missing. No
 * lock: pure functions.
 */
#include "vgpud-agent/policy.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/size.h"

#define FILE_BYTES_MAX (64u << 10)

#define refuse(error, node, format, ...) vgpu_yaml_refuse(error, (node)->line, (node)->column, format, ##__VA_ARGS__)

/* A 0 in front makes a number octal to some readers of YAML: it is none here. */
static int read_knob(const struct vgpu_yaml *value, const struct vgpu_knob_info *knob, uint64_t *ret_value,
		     struct vgpu_yaml_error *ret_error)
{
	if (value->kind != VGPU_YAML_SCALAR || !value->plain)
		return refuse(ret_error, value, "%s: it must be a number, without quotes", knob->name);
	if ((value->text[0] == '0' && value->text[1]) || vgpu_number_parse(value->text, knob->min, knob->max, ret_value))
		return refuse(ret_error, value, "%s: it must be a whole number from %" PRIu64 " to %" PRIu64, knob->name,
			      knob->min, knob->max);
	return 0;
}

static int read_class(const struct vgpu_yaml *name, const struct vgpu_yaml *body, struct vgpu_class *class,
		      struct vgpu_yaml_error *ret_error)
{
	const struct vgpu_yaml *key;
	unsigned int i;
	int rc;

	if (!vgpu_name_valid(name->text) || !strcmp(name->text, VGPU_CLASS_NONE))
		return refuse(ret_error, name, "%.64s: it can't be a class's name; use " VGPU_NAME_RULE ", nor " VGPU_CLASS_NONE,
			      name->text);
	if (body->kind != VGPU_YAML_MAPPING)
		return refuse(ret_error, body, "%s: it must hold weight, cap_pct or latency_us, each with its value", name->text);
	strcpy(class->name, name->text);
	for (i = 0; i < VGPU_KNOBS; i++)
		class->knob[i] = vgpu_knob_info[i].initial;
	for (key = body->items; key < body->items + body->count; key += 2) {
		for (i = 0; i < VGPU_KNOBS && strcmp(vgpu_knob_info[i].name, key->text) != 0; i++)
			;
		if (i == VGPU_KNOBS)
			return refuse(ret_error, key, "%.64s: a class has no such setting; it has weight, cap_pct and latency_us",
				      key->text);
		rc = read_knob(key + 1, &vgpu_knob_info[i], &class->knob[i], ret_error);
		if (rc)
			return rc;
	}
	return 0;
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
		return refuse(ret_error, root, "a policy must hold classes");
	for (key = root->items; !rc && key < root->items + root->count; key += 2) {
		if (strcmp(key->text, "classes") != 0)
			return refuse(ret_error, key, "%.64s: a policy has no such part; it has classes", key->text);
		rc = read_classes(key + 1, &policy, ret_error);
	}
	if (!rc)
		*ret_policy = policy;
	return rc;
}

/* Whatever the path leads to, this neither waits nor takes more than a buffer. */
static int read_file(const char *path, char *ret_text, size_t size, size_t *ret_length)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t length = 0;
	ssize_t got;

	if (fd < 0)
		return -errno;
	while ((got = read(fd, ret_text + length, size - length)) > 0)
		length += got;
	if (got < 0)
		return -errno;
	if (length == size)
		return -EFBIG;
	*ret_length = length;
	return 0;
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
