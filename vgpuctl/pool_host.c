// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * pool_host.c - questions about what there is, as the agent has told it. No lock: pure functions.
 */
#include <string.h>

#include "vgpuctl/pool.h"

/**
 * vgpu_pool_find() - look an object up by a text that it has
 * @array: of objects
 * @key: the text's key
 * @value: the text
 *
 * Return: the first that has it, borrowed, or NULL.
 */
const struct vgpu_json *vgpu_pool_find(const struct vgpu_json *array, const char *key, const char *value)
{
	const char *other;
	size_t i;

	for (i = 0; i < vgpu_json_length(array); i++) {
		other = vgpu_json_get_string(vgpu_json_at(array, i), key);
		if (other && !strcmp(other, value))
			return vgpu_json_at(array, i);
	}
	return NULL;
}

/**
 * vgpu_pool_same_gpu() - does somebody mean this GPU?
 * @address: the GPU's
 * @asked: what was written: the address, with or without the PCI domain 0000, as the agent takes it
 *
 * Return: true when so.
 */
bool vgpu_pool_same_gpu(const char *address, const char *asked)
{
	return !strcmp(address, asked) || (!strncmp(address, "0000:", 5) && !strcmp(address + 5, asked));
}

/**
 * vgpu_pool_find_gpu() - look a GPU up
 * @host: what there is
 * @asked: as for vgpu_pool_same_gpu(); NULL finds nothing
 *
 * Return: the GPU, borrowed, or NULL.
 */
const struct vgpu_json *vgpu_pool_find_gpu(const struct vgpu_pool_host *host, const char *asked)
{
	const char *address;
	size_t i;

	for (i = 0; asked && i < vgpu_json_length(host->gpus); i++) {
		address = vgpu_json_get_string(vgpu_json_at(host->gpus, i), "gpu");
		if (address && vgpu_pool_same_gpu(address, asked))
			return vgpu_json_at(host->gpus, i);
	}
	return NULL;
}

/**
 * vgpu_pool_find_type() - look a type up
 * @host: what there is
 * @gpu: as for vgpu_pool_same_gpu(); NULL for any
 * @type: its id; NULL finds nothing
 *
 * Return: the type, borrowed, or NULL.
 */
const struct vgpu_json *vgpu_pool_find_type(const struct vgpu_pool_host *host, const char *gpu, const char *type)
{
	const struct vgpu_json *object;
	const char *address, *id;
	size_t i;

	for (i = 0; type && i < vgpu_json_length(host->types); i++) {
		object = vgpu_json_at(host->types, i);
		address = vgpu_json_get_string(object, "gpu");
		id = vgpu_json_get_string(object, "type");
		if (address && id && !strcmp(id, type) && (!gpu || vgpu_pool_same_gpu(address, gpu)))
			return object;
	}
	return NULL;
}

/**
 * vgpu_pool_gpu_schedules() - has a GPU sizes and settings to give, or types only?
 * @gpu: the GPU; NULL has none
 *
 * Return: true for one that our module drives.
 */
bool vgpu_pool_gpu_schedules(const struct vgpu_json *gpu)
{
	return vgpu_json_get(gpu, "aperture_total_bytes");
}

/**
 * vgpu_pool_state() - is a vGPU in this state?
 * @have: the vGPU
 * @state: the state
 *
 * Return: true when it is.
 */
bool vgpu_pool_state(const struct vgpu_json *have, const char *state)
{
	const char *is = vgpu_json_get_string(have, "state");

	return is && !strcmp(is, state);
}

/**
 * vgpu_pool_in_use() - would somebody miss it at once?
 * @have: the vGPU
 *
 * Return: true when a domain runs with it or a guest has it open, also one whose work is stopped.
 */
bool vgpu_pool_in_use(const struct vgpu_json *have)
{
	return vgpu_json_get_bool(have, "domain_running") || vgpu_pool_state(have, "open") || vgpu_pool_state(have, "running") ||
	       vgpu_pool_state(have, "stopped");
}

static int find_trap(const char *key, struct vgpu_json *value, void *data)
{
	return !strncmp(key, "traps_", 6) && vgpu_json_u64(value);
}

/**
 * vgpu_pool_was_opened() - has a guest ever had it open, so that its sizes can't change any more?
 * @have: the vGPU, with its counters, which begin when it is made
 *
 * The state says so only for as long as it is open. But who opens it reads its PCI configuration before anything else, and that is a trap.
 *
 * Return: true when so.
 */
bool vgpu_pool_was_opened(const struct vgpu_json *have)
{
	return vgpu_pool_in_use(have) || vgpu_json_each(vgpu_json_get(have, "counters"), find_trap, NULL);
}
