// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * admission.c - compares what a vGPU would be with the limits of the policy. A vGPU counts as long as it is recorded or its device is
 * there, whoever made it. No lock: pure functions.
 */
#include "vgpud-agent/admission.h"

#include <string.h>

/* What a vGPU has of what is limited, wherever it is. */
static uint64_t amount(enum vgpu_limit limit, const struct vgpu_holder *holder)
{
	switch (limit) {
	case VGPU_LIMIT_VGPU_MIN_APERTURE:
	case VGPU_LIMIT_VGPU_MAX_APERTURE:
	case VGPU_LIMIT_DOMAIN_APERTURE:
	case VGPU_LIMIT_GPU_FREE_APERTURE:
		return holder->size[VGPU_APERTURE];
	case VGPU_LIMIT_GPU_WEIGHT:
		return holder->knob[VGPU_WEIGHT];
	default:
		return 1;
	}
}

/* Does a limit count two vGPUs together? Of one vGPU's own size, nobody else's counts. */
static bool together(enum vgpu_limit limit, const struct vgpu_holder *a, const struct vgpu_holder *b)
{
	switch (limit) {
	case VGPU_LIMIT_DOMAIN_VGPUS:
	case VGPU_LIMIT_DOMAIN_APERTURE:
		return a->domain[0] && !strcmp(a->domain, b->domain);
	case VGPU_LIMIT_CLASS_VGPUS:
		return a->class[0] && !strcmp(a->class, b->class);
	case VGPU_LIMIT_GPU_VGPUS:
	case VGPU_LIMIT_GPU_WEIGHT:
	case VGPU_LIMIT_GPU_FREE_APERTURE:
		return a->gpu != VGPU_NOWHERE && a->gpu == b->gpu;
	default:
		return false;
	}
}

/**
 * vgpu_admission_part() - what another vGPU has of what a limit leaves to a vGPU and its like
 * @limit: which limit
 * @subject: the vGPU
 * @holder: the other
 *
 * Return: vGPUs, weight or bytes; 0 when the limit does not count the two together.
 */
uint64_t vgpu_admission_part(enum vgpu_limit limit, const struct vgpu_holder *subject, const struct vgpu_holder *holder)
{
	/* One that is not made yet has no UUID. */
	if ((subject->uuid[0] && !strcmp(holder->uuid, subject->uuid)) || !together(limit, subject, holder))
		return 0;
	return amount(limit, holder);
}

/**
 * vgpu_admission_used() - how much of what a limit limits others than a vGPU have
 * @snapshot: the snapshot
 * @limit: which limit
 * @subject: the vGPU: its domain, class and GPU say whose limit it is
 *
 * Return: vGPUs, weight or bytes.
 */
uint64_t vgpu_admission_used(const struct vgpu_snapshot *snapshot, enum vgpu_limit limit, const struct vgpu_holder *subject)
{
	uint64_t used = 0;
	size_t i;

	for (i = 0; i < snapshot->holders_count; i++)
		used += vgpu_admission_part(limit, subject, &snapshot->holders[i]);
	return used;
}

/**
 * vgpu_admission_rule() - a limit as the policy has it
 * @policy: the policy
 * @limit: which limit
 * @class: for a limit of a class: which
 *
 * Return: the rule; its line is 0 when there is no such limit.
 */
struct vgpu_rule vgpu_admission_rule(const struct vgpu_policy *policy, enum vgpu_limit limit, const char *class)
{
	const struct vgpu_class *c;

	if (limit != VGPU_LIMIT_CLASS_VGPUS && limit != VGPU_LIMIT_CLASS_GPUS)
		return policy->limit[limit];
	c = vgpu_policy_class(policy, class);
	if (!c)
		return (struct vgpu_rule) { 0 };
	return limit == VGPU_LIMIT_CLASS_VGPUS ? c->max_vgpus : c->gpus;
}

/**
 * vgpu_admission_exit() - how a command that a limit stops ends
 * @limit: which limit
 *
 * Return: no capacity for what a GPU is full by, denied for what the policy grants to nobody or to no more.
 */
enum vgpu_exit vgpu_admission_exit(enum vgpu_limit limit)
{
	return strcmp(vgpu_limit_info[limit].of, "gpu") ? VGPU_EXIT_DENIED : VGPU_EXIT_NO_CAPACITY;
}

static bool class_may(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy, const struct vgpu_holder *after)
{
	const struct vgpu_class *class = vgpu_policy_class(policy, after->class);
	uint64_t i;

	for (i = 0; after->gpu != VGPU_NOWHERE && i < class->gpus.value; i++)
		if (vgpu_gpu_matches(&snapshot->gpus[after->gpu].gpu, class->gpu[i]))
			return true;
	return false;
}

/* Was it one of these before, so that what it had counted already? */
static uint64_t had(enum vgpu_limit limit, const struct vgpu_holder *after, const struct vgpu_holder *before)
{
	return before && together(limit, after, before) ? amount(limit, before) : 0;
}

/* What the kernel says is free, plus what the vGPU would give back by becoming another. */
static uint64_t free_without(const struct vgpu_snapshot *snapshot, const struct vgpu_holder *after,
			     const struct vgpu_holder *before)
{
	uint64_t back = before && before->present ? had(VGPU_LIMIT_GPU_FREE_APERTURE, after, before) : 0;

	return snapshot->gpus[after->gpu].gpu.free[VGPU_APERTURE] + back;
}

/* Fills what a refusal says. Returns whether it is one. */
static bool exceeds(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy, const struct vgpu_holder *after,
		    const struct vgpu_holder *before, struct vgpu_refusal *refusal)
{
	uint64_t old = before ? amount(refusal->limit, before) : 0, value = refusal->rule.value;

	refusal->wanted = amount(refusal->limit, after);
	switch (refusal->limit) {
	case VGPU_LIMIT_VGPU_MIN_APERTURE:
		/* Of other vendors' types nobody knows how large they are. */
		return refusal->wanted && refusal->wanted < value && (!before || refusal->wanted < old);
	case VGPU_LIMIT_VGPU_MAX_APERTURE:
		return refusal->wanted > value && refusal->wanted > old;
	case VGPU_LIMIT_CLASS_GPUS:
		return !class_may(snapshot, policy, after) && (!before || strcmp(before->class, after->class) != 0);
	case VGPU_LIMIT_GPU_FREE_APERTURE:
		if (after->gpu == VGPU_NOWHERE || !snapshot->gpus[after->gpu].gpu.ours ||
		    refusal->wanted <= had(refusal->limit, after, before))
			return false;
		refusal->used = free_without(snapshot, after, before);
		return refusal->used < refusal->wanted || refusal->used - refusal->wanted < value;
	default:
		if (!together(refusal->limit, after, after) || refusal->wanted <= had(refusal->limit, after, before))
			return false;
		refusal->used = vgpu_admission_used(snapshot, refusal->limit, after);
		return refusal->used + refusal->wanted > value;
	}
}

/**
 * vgpu_admission_limits() - does the policy limit anything?
 * @policy: the policy
 *
 * Return: false when every change may be made, and nobody has to be counted.
 */
bool vgpu_admission_limits(const struct vgpu_policy *policy)
{
	size_t i;

	for (i = 0; i < VGPU_LIMITS; i++)
		if (policy->limit[i].line)
			return true;
	for (i = 0; i < policy->count; i++)
		if (policy->classes[i].max_vgpus.line || policy->classes[i].gpus.line)
			return true;
	return false;
}

/**
 * vgpu_admission_check() - does the policy let a vGPU be made, or become another?
 * @snapshot: the snapshot
 * @policy: the policy
 * @after: what it would be
 * @before: what it is, with the same UUID; NULL when it is to be made
 * @ret_refusal: the first limit that is in the way
 *
 * Return: true when it may.
 */
bool vgpu_admission_check(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy, const struct vgpu_holder *after,
			  const struct vgpu_holder *before, struct vgpu_refusal *ret_refusal)
{
	struct vgpu_refusal refusal;
	unsigned int i;

	for (i = 0; i < VGPU_LIMITS; i++) {
		refusal = (struct vgpu_refusal) { .limit = i, .rule = vgpu_admission_rule(policy, i, after->class) };
		if (!refusal.rule.line || !exceeds(snapshot, policy, after, before, &refusal))
			continue;
		refusal.subject = *after;
		*ret_refusal = refusal;
		return false;
	}
	return true;
}
