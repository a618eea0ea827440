/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * policy.h - what the operator has laid down in the policy file, see vgpud-policy(5). Only read here; class.h puts it into force.
 */
#ifndef VGPU_AGENT_POLICY_H
#define VGPU_AGENT_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/name.h"
#include "lib/yaml.h"
#include "vgpud-agent/mdev.h"

#define VGPU_CLASSES_MAX 64
#define VGPU_CLASS_GPUS_MAX 16
#define VGPU_CLASS_NONE "none" /* what a client says to leave its class, and so the name of none */

/* Which of the GPUs that could take a vGPU does. */
enum vgpu_placement {
	VGPU_PLACEMENT_SPREAD, /* where no policy says anything */
	VGPU_PLACEMENT_PACK,
	VGPU_PLACEMENT_BEST_FIT,
	VGPU_PLACEMENTS,
};

extern const char *const vgpu_placement_names[VGPU_PLACEMENTS];

/* What admission compares with a number of the policy; limits.c has the words for it, admission.c what each means. */
enum vgpu_limit {
	VGPU_LIMIT_VGPU_MIN_APERTURE,
	VGPU_LIMIT_VGPU_MAX_APERTURE,
	VGPU_LIMIT_DOMAIN_VGPUS,
	VGPU_LIMIT_DOMAIN_APERTURE,
	VGPU_LIMIT_CLASS_VGPUS,
	VGPU_LIMIT_CLASS_GPUS,
	VGPU_LIMIT_GPU_VGPUS,
	VGPU_LIMIT_GPU_WEIGHT,
	VGPU_LIMIT_GPU_FREE_APERTURE,
	VGPU_LIMITS,
};

struct vgpu_limit_info {
	const char *of; /* one vGPU, each domain, each class or each GPU */
	const char *key;
	bool pages; /* bytes, in whole pages */
};

extern const struct vgpu_limit_info vgpu_limit_info[VGPU_LIMITS];

/* A limit as it stands in the file. */
struct vgpu_rule {
	uint64_t value;
	unsigned int line; /* 0: there is none */
};

struct vgpu_class {
	char name[VGPU_NAME_SIZE];
	uint64_t knob[VGPU_KNOBS]; /* all of them: what the file leaves out is what a new vGPU has */
	struct vgpu_rule max_vgpus;
	struct vgpu_rule gpus; /* .value: how many are in .gpu */
	char gpu[VGPU_CLASS_GPUS_MAX][64]; /* addresses, with or without the PCI domain 0000 */
};

struct vgpu_policy {
	const char *file; /* where it stands, for messages; NULL: nowhere */
	enum vgpu_placement placement;
	struct vgpu_rule limit[VGPU_LIMITS]; /* those of a class stand with the class */
	struct vgpu_class classes[VGPU_CLASSES_MAX]; /* in the order of the file */
	size_t count;
};

int vgpu_policy_parse(const char *text, size_t length, struct vgpu_policy *ret_policy, struct vgpu_yaml_error *ret_error);
int vgpu_policy_read(const char *path, struct vgpu_policy *ret_policy, char *ret_text, size_t size);
const struct vgpu_class *vgpu_policy_class(const struct vgpu_policy *policy, const char *name);

#endif
