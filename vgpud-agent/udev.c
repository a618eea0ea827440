// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * udev.c - libudev, its one home. It only listens: what there is, gpu.c reads from sysfs, whose root a test can move. No lock: runs in
 * the event loop's thread.
 */
#include "vgpud-agent/udev.h"

#include <errno.h>
#include <libudev.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "kmod/uapi/vgpu.h"

struct vgpu_udev {
	struct udev *udev;
	struct udev_monitor *monitor;
	sd_event_source *source;
	struct vgpu_udev_handler handler;
};

/*
 * A parent announces itself with the property MDEV_STATE, and goes with it too (drivers/vfio/mdev/mdev_core.c, mdev_register_parent);
 * devices are of the bus mdev. A GPU of ours has its attributes a moment later, by the time that its driver is bound.
 */
static int on_device(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct vgpu_udev *udev = data;
	struct udev_device *device = udev_monitor_receive_device(udev->monitor);
	const char *state, *action, *subsystem, *name, *driver;
	bool ours;

	if (!device)
		return 0;
	state = udev_device_get_property_value(device, "MDEV_STATE");
	action = udev_device_get_action(device);
	subsystem = udev_device_get_subsystem(device);
	name = udev_device_get_sysname(device);
	driver = udev_device_get_driver(device);
	ours = driver && !strcmp(driver, VGPU_DRIVER_NAME);
	if (ours ? action && !strcmp(action, "bind") : state && !strcmp(state, "registered"))
		udev->handler.gpu_appeared(udev->handler.data);
	if (state && !strcmp(state, "unregistered"))
		udev->handler.gpu_disappeared(udev->handler.data);
	if (name && action && subsystem && !strcmp(action, "remove") && !strcmp(subsystem, "mdev"))
		udev->handler.mdev_removed(udev->handler.data, name);
	udev_device_unref(device);
	return 0;
}

/**
 * vgpu_udev_create() - start to listen
 * @event: the event loop
 * @handler: called in the event loop; copied
 * @ret_udev: released by vgpu_udev_destroy()
 *
 * Return: 0 or -errno.
 */
int vgpu_udev_create(struct sd_event *event, const struct vgpu_udev_handler *handler, struct vgpu_udev **ret_udev)
{
	struct vgpu_udev *udev = calloc(1, sizeof(*udev));
	int rc = -ENOMEM;

	if (!udev)
		return rc;
	udev->handler = *handler;
	udev->udev = udev_new();
	udev->monitor = udev->udev ? udev_monitor_new_from_netlink(udev->udev, "udev") : NULL;
	if (udev->monitor) {
		rc = udev_monitor_enable_receiving(udev->monitor);
		if (rc >= 0)
			rc = sd_event_add_io(event, &udev->source, udev_monitor_get_fd(udev->monitor), EPOLLIN, on_device, udev);
	}
	if (rc < 0) {
		vgpu_udev_destroy(udev);
		return rc;
	}
	*ret_udev = udev;
	return 0;
}

/**
 * vgpu_udev_destroy() - stop listening
 * @udev: what vgpu_udev_create() returned, or NULL
 */
void vgpu_udev_destroy(struct vgpu_udev *udev)
{
	if (!udev)
		return;
	sd_event_source_disable_unref(udev->source);
	udev_monitor_unref(udev->monitor);
	udev_unref(udev->udev);
	free(udev);
}
