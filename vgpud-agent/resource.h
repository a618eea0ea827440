/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * resource.h - the three things of which every vGPU owns a contiguous part: what they are called for people, on the wire, on the
 * GPU and on the vGPU. Every loop over "aperture, hidden memory, fences" runs over this table.
 */
#ifndef VGPU_AGENT_RESOURCE_H
#define VGPU_AGENT_RESOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/size.h"

enum vgpu_resource {
	VGPU_APERTURE,
	VGPU_HIDDEN,
	VGPU_FENCES,
	VGPU_RESOURCES,
};

struct vgpu_resource_info {
	const char *name; /* in messages */
	const char *option; /* of vgpuctl, in remedies */
	const char *size; /* attribute of the vGPU, and key on the wire */
	const char *base;
	const char *total; /* attributes of the GPU */
	const char *free;
	const char *hole;
	bool pages; /* counted in bytes, whole pages */
};

extern const struct vgpu_resource_info vgpu_resource_info[VGPU_RESOURCES];

const char *vgpu_resource_text(enum vgpu_resource resource, uint64_t value, char text[VGPU_SIZE_TEXT]);

#endif
