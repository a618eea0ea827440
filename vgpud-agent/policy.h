/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * policy.h - what the operator has laid down in the policy file, see vgpud-policy(5). Only read here; class.h puts it into force.
 */
#ifndef VGPU_AGENT_POLICY_H
#define VGPU_AGENT_POLICY_H

#include <stddef.h>
#include <stdint.h>

#include "lib/name.h"
#include "lib/yaml.h"
#include "vgpud-agent/mdev.h"

#define VGPU_CLASSES_MAX 64
#define VGPU_CLASS_NONE "none" /* what a client says to leave its class, and so the name of none */

struct vgpu_class {
	char name[VGPU_NAME_SIZE];
	uint64_t knob[VGPU_KNOBS]; /* all of them: what the file leaves out is what a new vGPU has */
};

struct vgpu_policy {
	struct vgpu_class classes[VGPU_CLASSES_MAX]; /* in the order of the file */
	size_t count;
};

int vgpu_policy_parse(const char *text, size_t length, struct vgpu_policy *ret_policy, struct vgpu_yaml_error *ret_error);
int vgpu_policy_read(const char *path, struct vgpu_policy *ret_policy, char *ret_text, size_t size);
const struct vgpu_class *vgpu_policy_class(const struct vgpu_policy *policy, const char *name);

#endif
