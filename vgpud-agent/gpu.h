/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * gpu.h - the GPUs of this host that can be shared, ours and other vendors', as sysfs shows them at this moment. Nothing is cached:
 * the kernel is the truth.
 */
#ifndef VGPU_AGENT_GPU_H
#define VGPU_AGENT_GPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vgpud-agent/resource.h"
#include "vgpud-agent/sysfs.h"

struct vgpu_gpu {
	char address[64]; /* name of the parent device: 0000:00:02.0 */
	char driver[64];
	char id[16]; /* vendor:device, empty when the parent is no PCI device */
	bool ours; /* has the vgpu/ attributes */
	uint64_t total[VGPU_RESOURCES];
	uint64_t free[VGPU_RESOURCES];
	uint64_t hole[VGPU_RESOURCES];
};

/* A mediated device type. What its text does not say is zero. */
struct vgpu_type {
	char id[96];
	char name[96];
	char description[512];
	char device_api[32];
	uint64_t available;
	uint64_t size[VGPU_RESOURCES];
};

int vgpu_gpu_list(const struct vgpu_sysfs *sysfs, struct vgpu_gpu **ret_gpus, size_t *ret_count);
int vgpu_gpu_read(const struct vgpu_sysfs *sysfs, const char *address, struct vgpu_gpu *ret_gpu);
bool vgpu_gpu_matches(const struct vgpu_gpu *gpu, const char *address);
uint64_t vgpu_gpu_start(const struct vgpu_gpu *gpu, enum vgpu_resource resource);
int vgpu_type_list(const struct vgpu_sysfs *sysfs, const struct vgpu_gpu *gpu, struct vgpu_type **ret_types, size_t *ret_count);
bool vgpu_type_flex(const struct vgpu_type *type);

#endif
