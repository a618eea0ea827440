// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * gpu.c - finds mediated device parents and their types through the standard sysfs ABI (Documentation/ABI/testing/
 * sysfs-bus-vfio-mdev), and the numbers that our module adds. No lock: see sysfs.c.
 */
#include "vgpud-agent/gpu.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kmod/uapi/vgpu.h"
#include "lib/cleanup.h"
#include "lib/size.h"
#include "lib/text.h"

#define PARENTS "class/mdev_bus"

/* clang-format off */
const struct vgpu_resource_info vgpu_resource_info[VGPU_RESOURCES] = {
	[VGPU_APERTURE] = {
		.name = "aperture", .option = "--aperture", .size = "aperture_bytes", .base = "aperture_base",
		.total = "aperture_total_bytes", .free = "aperture_free_bytes", .hole = "aperture_hole_bytes",
		.pages = true,
	},
	[VGPU_HIDDEN] = {
		.name = "hidden memory", .option = "--hidden", .size = "hidden_bytes", .base = "hidden_base",
		.total = "hidden_total_bytes", .free = "hidden_free_bytes", .hole = "hidden_hole_bytes",
		.pages = true,
	},
	[VGPU_FENCES] = {
		.name = "fences", .option = "--fences", .size = "fences", .base = "fence_base",
		.total = "fences_total", .free = "fences_free", .hole = "fences_hole",
	},
};
/* clang-format on */

/**
 * vgpu_resource_text() - so much of a resource, for people
 * @resource: which; VGPU_RESOURCES: none, a plain number
 * @value: bytes or a number
 * @text: buffer for it
 *
 * Return: @text.
 */
const char *vgpu_resource_text(enum vgpu_resource resource, uint64_t value, char text[VGPU_SIZE_TEXT])
{
	if (resource < VGPU_RESOURCES && vgpu_resource_info[resource].pages)
		return vgpu_size_format(value, text);
	snprintf(text, VGPU_SIZE_TEXT, "%" PRIu64, value);
	return text;
}

static void read_id(const struct vgpu_sysfs *sysfs, struct vgpu_gpu *gpu)
{
	char vendor[16], device[16];

	if (!vgpu_sysfs_read(sysfs, vendor, sizeof(vendor), PARENTS "/%s/vendor", gpu->address) &&
	    !vgpu_sysfs_read(sysfs, device, sizeof(device), PARENTS "/%s/device", gpu->address) && !strncmp(vendor, "0x", 2) &&
	    !strncmp(device, "0x", 2))
		snprintf(gpu->id, sizeof(gpu->id), "%.4s:%.4s", vendor + 2, device + 2);
}

/* A parent that is no PCI device has no driver, but a class that its module has made: the kernel names the types after that one, too. */
static int read_driver(const struct vgpu_sysfs *sysfs, struct vgpu_gpu *gpu)
{
	char link[512], *slash;

	if (vgpu_sysfs_link(sysfs, link, sizeof(link), PARENTS "/%s/driver", gpu->address) &&
	    vgpu_sysfs_link(sysfs, link, sizeof(link), PARENTS "/%s/subsystem", gpu->address))
		return -ENOENT;
	slash = strrchr(link, '/');
	vgpu_text_copy(gpu->driver, sizeof(gpu->driver), slash ? slash + 1 : link);
	return 0;
}

/**
 * vgpu_gpu_read() - read one GPU
 * @sysfs: root
 * @address: its name, from a listing
 * @ret_gpu: what it has
 *
 * Return: 0, -ENOENT when it is no mediated device parent (any more).
 */
int vgpu_gpu_read(const struct vgpu_sysfs *sysfs, const char *address, struct vgpu_gpu *ret_gpu)
{
	const struct vgpu_resource_info *info;
	struct vgpu_gpu gpu = { 0 };
	unsigned int i;

	if (strlen(address) >= sizeof(gpu.address) || !vgpu_sysfs_exists(sysfs, PARENTS "/%s/mdev_supported_types", address))
		return -ENOENT;
	strcpy(gpu.address, address);
	read_id(sysfs, &gpu);
	if (read_driver(sysfs, &gpu))
		return -ENOENT;
	gpu.ours = vgpu_sysfs_exists(sysfs, PARENTS "/%s/vgpu/aperture_total_bytes", address);
	/* On its way in or out: the kernel adds our attributes behind the types, and takes them and the driver away before the types. */
	if ((gpu.id[0] && !strcmp(gpu.driver, "pci")) || (!gpu.ours && !strcmp(gpu.driver, VGPU_DRIVER_NAME)))
		return -ENOENT;
	for (i = 0; gpu.ours && i < VGPU_RESOURCES; i++) {
		info = &vgpu_resource_info[i];
		if (vgpu_sysfs_read_u64(sysfs, &gpu.total[i], PARENTS "/%s/vgpu/%s", address, info->total) ||
		    vgpu_sysfs_read_u64(sysfs, &gpu.free[i], PARENTS "/%s/vgpu/%s", address, info->free) ||
		    vgpu_sysfs_read_u64(sysfs, &gpu.hole[i], PARENTS "/%s/vgpu/%s", address, info->hole))
			return -ENOENT;
	}
	*ret_gpu = gpu;
	return 0;
}

/**
 * vgpu_gpu_list() - find the GPUs of this host
 * @sysfs: root
 * @ret_gpus: array to free(), by address
 * @ret_count: its length
 *
 * Return: 0 or -errno.
 */
int vgpu_gpu_list(const struct vgpu_sysfs *sysfs, struct vgpu_gpu **ret_gpus, size_t *ret_count)
{
	struct vgpu_gpu *gpus = NULL, *larger;
	char **names, **name;
	size_t count = 0;
	int rc;

	rc = vgpu_sysfs_list(sysfs, &names, PARENTS);
	if (rc)
		return rc;
	for (name = names; *name; name++) {
		larger = reallocarray(gpus, count + 1, sizeof(*gpus));
		if (!larger) {
			rc = -ENOMEM;
			break;
		}
		gpus = larger;
		/* One that vanishes meanwhile is no failure of the listing. */
		if (!vgpu_gpu_read(sysfs, *name, &gpus[count]))
			count++;
	}
	vgpu_sysfs_list_free(names);
	if (rc) {
		free(gpus);
		return rc;
	}
	*ret_gpus = gpus;
	*ret_count = count;
	return 0;
}

/**
 * vgpu_gpu_matches() - does a user mean this GPU?
 * @gpu: the GPU
 * @address: what the user wrote: the address, with or without PCI domain 0000
 *
 * Return: true when it does.
 */
bool vgpu_gpu_matches(const struct vgpu_gpu *gpu, const char *address)
{
	return !strcmp(gpu->address, address) || (!strncmp(gpu->address, "0000:", 5) && !strcmp(gpu->address + 5, address));
}

/**
 * vgpu_gpu_start() - where the space of a resource begins on a GPU of ours
 * @gpu: the GPU
 * @resource: which; VGPU_RESOURCES: none, a plain number
 *
 * Return: the first graphics address or fence: hidden memory lies behind the aperture, see vgpu(4).
 */
uint64_t vgpu_gpu_start(const struct vgpu_gpu *gpu, enum vgpu_resource resource)
{
	return resource == VGPU_HIDDEN ? gpu->total[VGPU_APERTURE] : 0;
}

static uint64_t megabytes_after(const char *text, const char *key)
{
	const char *at = strstr(text, key);
	unsigned int value;

	return at && sscanf(at + strlen(key), " %4u", &value) == 1 ? (uint64_t)value << 20 : 0;
}

/*
 * Ours says "aperture: 128 MiB, hidden: 768 MiB, fences: 16" (vgpu(4)). i915-GVTg describes a type in lines
 * (drivers/gpu/drm/i915/gvt/kvmgt.c, description_show): "low_gm_size: 128MB", "high_gm_size: 512MB", "fence: 4". Other vendors say
 * nothing that can be compared with an aperture.
 */
static void parse_description(const struct vgpu_gpu *gpu, struct vgpu_type *type)
{
	const char *key = gpu->ours ? "fences:" : "fence:", *fence = strstr(type->description, key);
	unsigned int fences;

	type->size[VGPU_APERTURE] = megabytes_after(type->description, gpu->ours ? "aperture:" : "low_gm_size:");
	type->size[VGPU_HIDDEN] = megabytes_after(type->description, gpu->ours ? "hidden:" : "high_gm_size:");
	if (fence && sscanf(fence + strlen(key), " %4u", &fences) == 1)
		type->size[VGPU_FENCES] = fences;
}

static void read_type(const struct vgpu_sysfs *sysfs, const struct vgpu_gpu *gpu, const char *id, struct vgpu_type *ret_type)
{
	struct vgpu_type type = { 0 };

#define TYPE PARENTS "/%s/mdev_supported_types/%s"
	vgpu_text_copy(type.id, sizeof(type.id), id);
	if (vgpu_sysfs_read(sysfs, type.name, sizeof(type.name), TYPE "/name", gpu->address, id))
		type.name[0] = '\0';
	if (vgpu_sysfs_read(sysfs, type.description, sizeof(type.description), TYPE "/description", gpu->address, id))
		type.description[0] = '\0';
	if (vgpu_sysfs_read(sysfs, type.device_api, sizeof(type.device_api), TYPE "/device_api", gpu->address, id))
		type.device_api[0] = '\0';
	if (vgpu_sysfs_read_u64(sysfs, &type.available, TYPE "/available_instances", gpu->address, id))
		type.available = 0;
#undef TYPE
	parse_description(gpu, &type);
	*ret_type = type;
}

/* 64M before 128M. */
static int compare_types(const void *a, const void *b)
{
	const struct vgpu_type *x = a, *y = b;

	return strverscmp(x->id, y->id);
}

/**
 * vgpu_type_list() - the mediated device types of a GPU
 * @sysfs: root
 * @gpu: the GPU
 * @ret_types: array to free(), by id
 * @ret_count: its length
 *
 * Return: 0 or -errno.
 */
int vgpu_type_list(const struct vgpu_sysfs *sysfs, const struct vgpu_gpu *gpu, struct vgpu_type **ret_types, size_t *ret_count)
{
	struct vgpu_type *types;
	size_t count = 0;
	char **names;
	int rc;

	rc = vgpu_sysfs_list(sysfs, &names, PARENTS "/%s/mdev_supported_types", gpu->address);
	if (rc)
		return rc;
	while (names[count])
		count++;
	types = calloc(count + 1, sizeof(*types));
	if (types) {
		for (count = 0; names[count]; count++)
			read_type(sysfs, gpu, names[count], &types[count]);
		if (count)
			qsort(types, count, sizeof(*types), compare_types);
		*ret_types = types;
		*ret_count = count;
	}
	vgpu_sysfs_list_free(names);
	return types ? 0 : -ENOMEM;
}

/**
 * vgpu_type_flex() - does this type take any size?
 * @type: a type of a GPU of ours
 *
 * Return: true for "DRIVER-flex".
 */
bool vgpu_type_flex(const struct vgpu_type *type)
{
	size_t length = strlen(type->id);

	return length > 5 && !strcmp(type->id + length - 5, "-flex");
}
