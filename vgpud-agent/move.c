// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * move.c - tries what would be if one vGPU went, the wanted one came, and the first was made again. No lock: pure functions.
 */
#include "vgpud-agent/move.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vgpud-agent/layout.h"

/* The event loop waits meanwhile. */
#define TRIES_MAX 32

/* The same world without one of its vGPUs, with room for two. The types are shared with the original. */
static int clone_without(const struct vgpu_snapshot *snapshot, size_t gone, struct vgpu_snapshot *ret_clone)
{
	struct vgpu_snapshot clone = { .gpus_count = snapshot->gpus_count };
	size_t i;

	clone.gpus = calloc(snapshot->gpus_count + 1, sizeof(*clone.gpus));
	clone.holders = calloc(snapshot->holders_count + 2, sizeof(*clone.holders));
	if (!clone.gpus || !clone.holders) {
		free(clone.gpus);
		free(clone.holders);
		return -ENOMEM;
	}
	memcpy(clone.gpus, snapshot->gpus, snapshot->gpus_count * sizeof(*clone.gpus));
	for (i = 0; i < snapshot->holders_count; i++)
		if (i != gone)
			clone.holders[clone.holders_count++] = snapshot->holders[i];
	*ret_clone = clone;
	return 0;
}

static void clone_fini(struct vgpu_snapshot *clone)
{
	free(clone->gpus);
	free(clone->holders);
}

#define cleanup_clone __attribute__((cleanup(clone_fini)))

/* Only what nobody would notice: no guest has it open, no domain that has it runs. */
static bool movable(const struct vgpu_snapshot *snapshot, const struct vgpu_holder *holder)
{
	if (!holder->managed || !holder->present || holder->used || holder->gpu == VGPU_NOWHERE)
		return false;
	return snapshot->gpus[holder->gpu].exact && (!strcmp(holder->state, "new") || !strcmp(holder->state, "ready"));
}

/* By its sizes, unless these are still what its type gives; in its class, unless the policy has forgotten it. */
static void ask_again(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy, const struct vgpu_holder *holder,
		      struct vgpu_request *ret_request)
{
	const struct vgpu_type *type = vgpu_snapshot_type(snapshot, holder->gpu, holder->type);
	struct vgpu_request request = { .domain = holder->domain[0] ? holder->domain : NULL, .named = true };
	struct vgpu_record *record = &request.record;
	unsigned int i;

	strcpy(record->name, holder->name);
	strcpy(record->uuid, holder->uuid);
	if (type && !vgpu_type_flex(type) && !memcmp(type->size, holder->size, sizeof(type->size)))
		strcpy(record->type, holder->type);
	else
		memcpy(record->size, holder->size, sizeof(record->size));
	if (holder->class[0] && vgpu_policy_class(policy, holder->class))
		strcpy(record->class, holder->class);
	for (i = 0; i < VGPU_KNOBS; i++)
		if (record->class[0] || holder->knob[i] != vgpu_knob_info[i].initial)
			record->knob[i] = holder->knob[i];
	*ret_request = request;
}

/* Plans a request and puts its vGPU into the world. Returns -ENOSPC when that can't be, or can't be known. */
static int settle(struct vgpu_snapshot *world, const struct vgpu_policy *policy, const struct vgpu_request *request,
		  size_t *ret_gpu)
{
	cleanup_plan struct vgpu_plan plan = { 0 };
	struct vgpu_holder *holder;
	int rc;

	rc = vgpu_plan_make(world, policy, request, &plan);
	if (rc)
		return rc;
	if (!plan.chosen || !world->gpus[plan.chosen->gpu].exact)
		return -ENOSPC;
	*ret_gpu = plan.chosen->gpu;
	holder = &world->holders[world->holders_count++];
	vgpu_plan_holder(world, request, plan.chosen, holder);
	return vgpu_layout_claim(world, holder);
}

static int try(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy, const struct vgpu_request *request,
	       const struct vgpu_holder *holder, struct vgpu_move *ret_move)
{
	struct vgpu_move move = { .holder = holder };
	cleanup_clone struct vgpu_snapshot world = { 0 };
	size_t gpu;
	int rc;

	ask_again(snapshot, policy, holder, &move.again);
	rc = clone_without(snapshot, holder - snapshot->holders, &world);
	if (!rc)
		rc = vgpu_layout_recount(&world, holder->gpu);
	if (!rc)
		rc = settle(&world, policy, request, &gpu);
	if (!rc)
		rc = settle(&world, policy, &move.again, &move.to);
	if (rc)
		return rc;
	move.again.gpu = snapshot->gpus[move.to].gpu.address;
	*ret_move = move;
	return 0;
}

struct choice {
	const struct vgpu_holder *holder;
};

/* First those that no domain has, then the small ones: the least trouble. */
static int compare_trouble(const void *a, const void *b)
{
	const struct vgpu_holder *x = ((const struct choice *)a)->holder, *y = ((const struct choice *)b)->holder;

	if (!x->domain[0] != !y->domain[0])
		return x->domain[0] ? 1 : -1;
	if (x->size[VGPU_APERTURE] != y->size[VGPU_APERTURE])
		return x->size[VGPU_APERTURE] < y->size[VGPU_APERTURE] ? -1 : 1;
	return strcmp(x->name, y->name);
}

/**
 * vgpu_move_find() - a vGPU that could make room for another by moving
 * @snapshot: the snapshot, which must outlive the answer
 * @policy: the policy
 * @request: what no GPU can take
 * @ret_move: which vGPU, and where to
 *
 * Return: 0, -ENOSPC when there is none, or -ENOMEM.
 */
int vgpu_move_find(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy, const struct vgpu_request *request,
		   struct vgpu_move *ret_move)
{
	struct choice *order = calloc(snapshot->holders_count + 1, sizeof(*order));
	size_t count = 0, i;
	int rc = -ENOSPC;

	if (!order)
		return -ENOMEM;
	for (i = 0; i < snapshot->holders_count; i++)
		if (movable(snapshot, &snapshot->holders[i]))
			order[count++].holder = &snapshot->holders[i];
	if (count)
		qsort(order, count, sizeof(*order), compare_trouble);
	for (i = 0; rc == -ENOSPC && i < count && i < TRIES_MAX; i++)
		rc = try(snapshot, policy, request, order[i].holder, ret_move);
	free(order);
	return rc;
}
