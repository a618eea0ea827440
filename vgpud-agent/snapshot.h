/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * snapshot.h - the GPUs of this host and who holds what of them, at one moment. All that planning, admission and the reports on
 * capacity know of the world, so that they are functions of it, and can be asked what would be if it were a little different.
 */
#ifndef VGPU_AGENT_SNAPSHOT_H
#define VGPU_AGENT_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/name.h"
#include "vgpud-agent/gpu.h"
#include "vgpud-agent/mdev.h"

struct vgpu_agent;
struct vgpu_record;

#define VGPU_NOWHERE SIZE_MAX

/* A vGPU: its device, or what is recorded of one that is missing. */
struct vgpu_holder {
	char uuid[VGPU_UUID_SIZE];
	char name[VGPU_NAME_SIZE]; /* its UUID, if somebody else made it */
	char domain[256]; /* that has it, or is about to get it; empty: none */
	char class[VGPU_NAME_SIZE];
	char type[96];
	char state[16];
	size_t gpu; /* which of the snapshot's; VGPU_NOWHERE when its GPU is not there */
	bool managed; /* the agent made it */
	bool present; /* its device is there, and holds its parts */
	bool used; /* a guest has it open, or a domain that has it runs */
	uint64_t size[VGPU_RESOURCES]; /* also of a type that says how large it is */
	uint64_t base[VGPU_RESOURCES]; /* on a GPU of ours */
	uint64_t knob[VGPU_KNOBS]; /* on a GPU of ours; else 0 */
};

struct vgpu_snapshot_gpu {
	struct vgpu_gpu gpu;
	struct vgpu_type *types;
	size_t types_count;
	bool exact; /* what the kernel says is free is what the holders leave: nobody else has a part */
};

struct vgpu_snapshot {
	struct vgpu_snapshot_gpu *gpus; /* by address */
	size_t gpus_count;
	struct vgpu_holder *holders;
	size_t holders_count;
};

int vgpu_snapshot_read(struct vgpu_agent *agent, struct vgpu_snapshot *ret_snapshot);
void vgpu_snapshot_fini(struct vgpu_snapshot *snapshot);
const struct vgpu_holder *vgpu_snapshot_holder(const struct vgpu_snapshot *snapshot, const char *uuid);
const struct vgpu_type *vgpu_snapshot_type(const struct vgpu_snapshot *snapshot, size_t gpu, const char *type);
size_t vgpu_snapshot_find_gpu(const struct vgpu_snapshot *snapshot, const char *address);

#define cleanup_snapshot __attribute__((cleanup(vgpu_snapshot_fini)))

#endif
