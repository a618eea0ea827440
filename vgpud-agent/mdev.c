// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * mdev.c - mediated devices through the standard sysfs ABI (Documentation/driver-api/vfio-mediated-device.rst) and the vgpu/
 * attributes that our module adds. No lock: see sysfs.c.
 */
#include "vgpud-agent/mdev.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/size.h"
#include "lib/text.h"

#define DEVICES "bus/mdev/devices"
#define SUMMARY_SIZE 1024

const struct vgpu_knob_info vgpu_knob_info[VGPU_KNOBS] = {
	[VGPU_WEIGHT] = { .name = "weight", .option = "--weight", .min = 1, .max = 10000, .initial = 100 },
	[VGPU_CAP_PCT] = { .name = "cap_pct", .option = "--cap", .min = 1, .max = 100, .initial = 100 },
	[VGPU_LATENCY_US] = { .name = "latency_us", .option = "--latency", .min = 0, .max = 10000000, .initial = 0 },
};

/**
 * vgpu_mdev_exists() - is there such a mediated device?
 * @sysfs: root
 * @uuid: a valid UUID
 *
 * Return: true when there is.
 */
bool vgpu_mdev_exists(const struct vgpu_sysfs *sysfs, const char *uuid)
{
	return vgpu_sysfs_exists(sysfs, DEVICES "/%s", uuid);
}

static void set_number(struct vgpu_mdev *mdev, const char *key, uint64_t value)
{
	unsigned int i;

	for (i = 0; i < VGPU_RESOURCES; i++) {
		if (!strcmp(key, vgpu_resource_info[i].size))
			mdev->size[i] = value;
		if (!strcmp(key, vgpu_resource_info[i].base))
			mdev->base[i] = value;
	}
	for (i = 0; i < VGPU_KNOBS; i++)
		if (!strcmp(key, vgpu_knob_info[i].name))
			mdev->knob[i] = value;
}

/* One file for each vGPU and not one for each number of it: with a thousand vGPUs that is most of the time that a listing takes. */
static bool read_ours(const struct vgpu_sysfs *sysfs, struct vgpu_mdev *mdev)
{
	char text[SUMMARY_SIZE], *line, *value, *rest;
	uint64_t number;

	if (vgpu_sysfs_read(sysfs, text, sizeof(text), DEVICES "/%s/vgpu/summary", mdev->uuid))
		return false;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		value = strchr(line, ' ');
		if (!value)
			continue;
		*value++ = '\0';
		if (!strcmp(line, "state"))
			vgpu_text_copy(mdev->state, sizeof(mdev->state), value);
		else if (!vgpu_number_parse(value, 0, UINT64_MAX, &number))
			set_number(mdev, line, number);
	}
	return true;
}

/**
 * vgpu_mdev_read() - read one mediated device
 * @sysfs: root
 * @uuid: a valid UUID
 * @ret_mdev: what it is
 *
 * Return: 0, -ENOENT when it is not there (any more).
 */
int vgpu_mdev_read(const struct vgpu_sysfs *sysfs, const char *uuid, struct vgpu_mdev *ret_mdev)
{
	struct vgpu_mdev mdev = { 0 };
	char link[512], *last, *parent;

	/* The device's link ends in .../PARENT/UUID, its type's in .../TYPE. */
	if (vgpu_sysfs_link(sysfs, link, sizeof(link), DEVICES "/%s", uuid))
		return -ENOENT;
	vgpu_text_copy(mdev.uuid, sizeof(mdev.uuid), uuid);
	last = strrchr(link, '/');
	if (last) {
		*last = '\0';
		parent = strrchr(link, '/');
		vgpu_text_copy(mdev.gpu, sizeof(mdev.gpu), parent ? parent + 1 : link);
	}
	if (!vgpu_sysfs_link(sysfs, link, sizeof(link), DEVICES "/%s/mdev_type", uuid)) {
		last = strrchr(link, '/');
		vgpu_text_copy(mdev.type, sizeof(mdev.type), last ? last + 1 : link);
	}
	strcpy(mdev.state, "unknown");
	mdev.ours = read_ours(sysfs, &mdev);
	*ret_mdev = mdev;
	return 0;
}

/**
 * vgpu_mdev_list() - every mediated device of this host, whoever made it
 * @sysfs: root
 * @ret_mdevs: array to free(), by UUID
 * @ret_count: its length
 *
 * Return: 0 or -errno.
 */
int vgpu_mdev_list(const struct vgpu_sysfs *sysfs, struct vgpu_mdev **ret_mdevs, size_t *ret_count)
{
	struct vgpu_mdev *mdevs;
	size_t count = 0, found = 0;
	char **names, **name;
	int rc;

	rc = vgpu_sysfs_list(sysfs, &names, DEVICES);
	if (rc)
		return rc;
	while (names[count])
		count++;
	mdevs = calloc(count + 1, sizeof(*mdevs));
	for (name = names; mdevs && *name; name++)
		if (vgpu_uuid_valid(*name) && !vgpu_mdev_read(sysfs, *name, &mdevs[found]))
			found++;
	vgpu_sysfs_list_free(names);
	if (!mdevs)
		return -ENOMEM;
	*ret_mdevs = mdevs;
	*ret_count = found;
	return 0;
}

/**
 * vgpu_mdev_create() - have the kernel make a mediated device
 * @sysfs: root
 * @gpu: address of its parent
 * @type: type id
 * @uuid: a valid UUID
 *
 * Return: 0 or the kernel's -errno.
 */
int vgpu_mdev_create(const struct vgpu_sysfs *sysfs, const char *gpu, const char *type, const char *uuid)
{
	return vgpu_sysfs_write(sysfs, uuid, "class/mdev_bus/%s/mdev_supported_types/%s/create", gpu, type);
}

/**
 * vgpu_mdev_removed() - what the kernel's answer to a removal means
 * @sysfs: root
 * @uuid: a valid UUID
 * @rc: the answer, 0 or -errno
 *
 * The attribute goes before the device does: without one, the device is gone or on its way.
 *
 * Return: 0 when the device is gone; -EBUSY when somebody else's removal is under way; otherwise @rc.
 */
int vgpu_mdev_removed(const struct vgpu_sysfs *sysfs, const char *uuid, int rc)
{
	if (rc != -ENOENT && rc != -ENODEV)
		return rc;
	return vgpu_mdev_exists(sysfs, uuid) ? -EBUSY : 0;
}

/**
 * vgpu_mdev_remove() - have the kernel remove a mediated device that nobody can have opened yet
 * @sysfs: root
 * @uuid: a valid UUID
 *
 * Of one that is open, the kernel first takes what it can get from who has it, and waits for the rest (drivers/vfio/vfio_main.c,
 * vfio_unregister_group_dev): vgpu_mdev_remove_apart() is for those.
 *
 * Return: 0, also when it was not there; -EBUSY when its removal is under way; otherwise the kernel's -errno.
 */
int vgpu_mdev_remove(const struct vgpu_sysfs *sysfs, const char *uuid)
{
	return vgpu_mdev_removed(sysfs, uuid, vgpu_sysfs_write(sysfs, "1", DEVICES "/%s/remove", uuid));
}

/**
 * vgpu_mdev_remove_apart() - have a child process have the kernel remove a mediated device
 * @sysfs: root
 * @uuid: a valid UUID
 * @ret_child: the child, see vgpu_sysfs_write_apart(); 0 when the device was not there
 *
 * Return: 0; -EBUSY when its removal is under way; otherwise -errno.
 */
int vgpu_mdev_remove_apart(const struct vgpu_sysfs *sysfs, const char *uuid, pid_t *ret_child)
{
	pid_t child = 0;
	int rc = vgpu_mdev_removed(sysfs, uuid, vgpu_sysfs_write_apart(sysfs, &child, "1", DEVICES "/%s/remove", uuid));

	if (!rc)
		*ret_child = child;
	return rc;
}

/**
 * vgpu_mdev_write() - write one of our module's attributes
 * @sysfs: root
 * @uuid: a valid UUID
 * @attribute: its name
 * @value: decimal
 *
 * Return: 0 or the module's -errno: -ENOSPC no room, -EINVAL bad value, -EBUSY opened already.
 */
int vgpu_mdev_write(const struct vgpu_sysfs *sysfs, const char *uuid, const char *attribute, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return vgpu_sysfs_write(sysfs, text, DEVICES "/%s/vgpu/%s", uuid, attribute);
}

/**
 * vgpu_mdev_busy() - does a process have the device open?
 * @mdev: the device
 *
 * Return: true when our module says so; of other vendors' devices only libvirt knows.
 */
bool vgpu_mdev_busy(const struct vgpu_mdev *mdev)
{
	return mdev->ours && (!strcmp(mdev->state, "open") || !strcmp(mdev->state, "running"));
}
