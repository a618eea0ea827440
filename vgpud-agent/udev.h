/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * udev.h - tells when a GPU that can be shared appears.
 */
#ifndef VGPU_AGENT_UDEV_H
#define VGPU_AGENT_UDEV_H

struct sd_event;
struct vgpu_udev;

int vgpu_udev_create(struct sd_event *event, void (*appeared)(void *data), void *data, struct vgpu_udev **ret_udev);
void vgpu_udev_destroy(struct vgpu_udev *udev);

#endif
