/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * mdev.h - mediated devices as they exist in the kernel at this moment: made, removed, measured and adjusted through sysfs.
 */
#ifndef VGPU_AGENT_MDEV_H
#define VGPU_AGENT_MDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/name.h"
#include "vgpud-agent/resource.h"
#include "vgpud-agent/sysfs.h"

/* What the scheduler of our module can be told about a vGPU, at any time. */
enum vgpu_knob {
	VGPU_WEIGHT,
	VGPU_CAP_PCT,
	VGPU_LATENCY_US,
	VGPU_KNOBS,
};

struct vgpu_knob_info {
	const char *name; /* attribute of the vGPU, and key on the wire */
	const char *option;
	uint64_t min, max;
	uint64_t initial; /* what a new vGPU has */
};

extern const struct vgpu_knob_info vgpu_knob_info[VGPU_KNOBS];

struct vgpu_mdev {
	char uuid[VGPU_UUID_SIZE];
	char gpu[64];
	char type[96];
	bool ours; /* the fields below mean something */
	char state[16];
	uint64_t size[VGPU_RESOURCES];
	uint64_t base[VGPU_RESOURCES];
	uint64_t knob[VGPU_KNOBS];
};

bool vgpu_mdev_exists(const struct vgpu_sysfs *sysfs, const char *uuid);
int vgpu_mdev_read(const struct vgpu_sysfs *sysfs, const char *uuid, struct vgpu_mdev *ret_mdev);
int vgpu_mdev_list(const struct vgpu_sysfs *sysfs, struct vgpu_mdev **ret_mdevs, size_t *ret_count);
int vgpu_mdev_create(const struct vgpu_sysfs *sysfs, const char *gpu, const char *type, const char *uuid);
int vgpu_mdev_remove(const struct vgpu_sysfs *sysfs, const char *uuid);
int vgpu_mdev_removed(const struct vgpu_sysfs *sysfs, const char *uuid, int rc);
int vgpu_mdev_remove_apart(const struct vgpu_sysfs *sysfs, const char *uuid, pid_t *ret_child);
int vgpu_mdev_write(const struct vgpu_sysfs *sysfs, const char *uuid, const char *attribute, uint64_t value);
bool vgpu_mdev_busy(const struct vgpu_mdev *mdev);

#endif
