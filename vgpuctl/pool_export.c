// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * pool_export.c - what there is, as a pool file. No lock: pure functions of what the agent answers.
 */
#include <string.h>

#include "vgpuctl/pool.h"

/* Of our module's types, the one that takes any size: "DRIVER-flex". */
static bool is_flexible(const struct vgpu_json *vgpu)
{
	const char *type = vgpu_json_get_string(vgpu, vgpu_option_info[VGPU_OPT_TYPE].key);
	const char *end = type ? strrchr(type, '-') : NULL;

	return end && !strcmp(end, "-flex");
}

/* A size of a type's, or a setting of a class, comes with it. */
static bool implied(enum vgpu_option key, const struct vgpu_json *vgpu, bool class)
{
	switch (key) {
	case VGPU_OPT_TYPE:
		return is_flexible(vgpu);
	case VGPU_OPT_APERTURE:
	case VGPU_OPT_HIDDEN:
	case VGPU_OPT_FENCES:
		return !is_flexible(vgpu) || !vgpu_json_get_u64(vgpu, vgpu_option_info[key].key);
	case VGPU_OPT_WEIGHT:
	case VGPU_OPT_CAP:
	case VGPU_OPT_LATENCY:
		return class;
	case VGPU_OPT_CLASS:
		return !class;
	default:
		return false;
	}
}

/* All that there is to say of a vGPU, in the order of the keys. */
static struct vgpu_json *params_of(const struct vgpu_json *vgpu, bool class)
{
	struct vgpu_json *params = vgpu_json_object(), *value;
	const char *wire;
	unsigned int i;

	for (i = 0; i < VGPU_POOL_KEYS; i++) {
		wire = vgpu_option_info[vgpu_pool_keys[i]].key;
		value = vgpu_json_get(vgpu, wire);
		if (value && !implied(vgpu_pool_keys[i], vgpu, class))
			vgpu_json_put(params, wire, vgpu_json_ref(value));
	}
	return params;
}

/**
 * vgpu_pool_params() - what makes a vGPU as it is
 * @vgpu: the vGPU; if the policy has its class no more, its settings stand for it
 *
 * Return: parameters of "vgpu.create", a new object.
 */
struct vgpu_json *vgpu_pool_params(const struct vgpu_json *vgpu)
{
	return params_of(vgpu, vgpu_json_get_bool(vgpu, "class_defined"));
}

static struct vgpu_json *entry_of(const struct vgpu_json *vgpu)
{
	bool class = vgpu_json_get_string(vgpu, vgpu_option_info[VGPU_OPT_CLASS].key);
	cleanup_json struct vgpu_json *params = params_of(vgpu, class);
	struct vgpu_json *entry = vgpu_json_object(), *value;
	const struct vgpu_option_info *info;
	char text[VGPU_POOL_VALUE_SIZE];
	unsigned int i;

	for (i = 0; i < VGPU_POOL_KEYS; i++) {
		info = &vgpu_option_info[vgpu_pool_keys[i]];
		value = vgpu_json_get(params, info->key);
		if (!value)
			continue;
		vgpu_pool_value(vgpu_pool_keys[i], value, text);
		/* What has no unit is a number in the file, too. */
		if (vgpu_json_kind(value) == VGPU_JSON_INTEGER && strspn(text, "0123456789") == strlen(text))
			vgpu_json_put(entry, info->name, vgpu_json_ref(value));
		else
			vgpu_json_put_string(entry, info->name, text);
	}
	return entry;
}

/**
 * vgpu_pool_export() - what there is, as a pool file has it
 * @vgpus: of "vgpu.list", which is in the order of the names
 *
 * Left out are devices that the agent did not make, and what is being removed.
 *
 * Return: a new object; printed as YAML, it is a pool file.
 */
struct vgpu_json *vgpu_pool_export(const struct vgpu_json *vgpus)
{
	struct vgpu_json *file = vgpu_json_object(), *pool = vgpu_json_array();
	const struct vgpu_json *vgpu;
	size_t i;

	for (i = 0; i < vgpu_json_length(vgpus); i++) {
		vgpu = vgpu_json_at(vgpus, i);
		if (vgpu_json_get_bool(vgpu, "managed") && !vgpu_pool_state(vgpu, "removing"))
			vgpu_json_append(pool, entry_of(vgpu));
	}
	vgpu_json_put_string(file, "kind", VGPU_POOL_KIND);
	vgpu_json_put_u64(file, "version", VGPU_POOL_VERSION);
	vgpu_json_put(file, "pool", pool);
	return file;
}
