/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * udev.h - tells when a GPU that can be shared appears or goes, and when a mediated device goes.
 */
#ifndef VGPU_AGENT_UDEV_H
#define VGPU_AGENT_UDEV_H

struct sd_event;
struct vgpu_udev;

struct vgpu_udev_handler {
	void (*gpu_appeared)(void *data);
	void (*gpu_disappeared)(void *data);
	void (*mdev_removed)(void *data, const char *uuid);
	void *data;
};

int vgpu_udev_create(struct sd_event *event, const struct vgpu_udev_handler *handler, struct vgpu_udev **ret_udev);
void vgpu_udev_destroy(struct vgpu_udev *udev);

#endif
