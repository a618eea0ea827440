// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * plan.c - chooses where a new vGPU goes and how large its parts are. Changes nothing. No lock: pure functions.
 *
 * Every GPU that the user leaves open is looked at: its type for the vGPU, the policy's limits, its room. placement.c says which of
 * those that can take it does.
 */
#include "vgpud-agent/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/size.h"
#include "lib/text.h"
#include "vgpud-agent/placement.h"

/* What a vGPU gets for each byte of aperture unless it says otherwise: a partition of the whole GPU in these proportions. */
#define HIDDEN_PER_APERTURE 6
#define APERTURE_BYTES_PER_FENCE (8u << 20)

struct planner {
	const struct vgpu_snapshot *snapshot;
	const struct vgpu_policy *policy;
	const struct vgpu_request *request;
};

static int never(struct vgpu_candidate *candidate)
{
	candidate->fit = VGPU_FIT_NEVER;
	return vgpu_error_errno(candidate->error.exit);
}

static int lacks(struct vgpu_candidate *candidate)
{
	candidate->fit = VGPU_FIT_SHORT;
	return -ENOSPC;
}

/**
 * vgpu_plan_defaults() - the hidden memory and fences that go with an aperture
 * @gpu: the GPU; no default is more than it has in all, so that its whole aperture can be had in one piece
 * @size: with the aperture; what else is 0 is filled in
 */
void vgpu_plan_defaults(const struct vgpu_gpu *gpu, uint64_t size[VGPU_RESOURCES])
{
	uint64_t aperture = size[VGPU_APERTURE], hidden, fences;

	if (!size[VGPU_HIDDEN]) {
		if (__builtin_mul_overflow(aperture, HIDDEN_PER_APERTURE, &hidden) || hidden > gpu->total[VGPU_HIDDEN])
			hidden = gpu->total[VGPU_HIDDEN];
		size[VGPU_HIDDEN] = hidden;
	}
	if (!size[VGPU_FENCES]) {
		fences = aperture / APERTURE_BYTES_PER_FENCE;
		if (fences > gpu->total[VGPU_FENCES])
			fences = gpu->total[VGPU_FENCES];
		size[VGPU_FENCES] = fences ? fences : 1;
	}
}

static int named_type(const struct planner *planner, const struct vgpu_snapshot_gpu *g, struct vgpu_candidate *candidate)
{
	const struct vgpu_record *asked = &planner->request->record;
	const struct vgpu_type *type = vgpu_snapshot_type(planner->snapshot, candidate->gpu, asked->type);

	if (asked->size[VGPU_APERTURE] || asked->size[VGPU_HIDDEN] || asked->size[VGPU_FENCES]) {
		vgpu_error_set(&candidate->error, VGPU_EXIT_USAGE, asked->type, "leave out --aperture, --hidden and --fences",
			       "its sizes come with the type");
		return never(candidate);
	}
	if (g->gpu.ours && vgpu_type_flex(type)) {
		vgpu_error_set(&candidate->error, VGPU_EXIT_USAGE, asked->type, "give --aperture instead of --type",
			       "this type has no size of its own");
		return never(candidate);
	}
	memcpy(candidate->size, type->size, sizeof(candidate->size));
	return type->available ? 0 : lacks(candidate);
}

/* Another vendor's GPU: the smallest type that covers what was asked for, of those with an instance left if there are any. */
static const struct vgpu_type *smallest_type(const struct vgpu_snapshot_gpu *g, const uint64_t size[])
{
	const struct vgpu_type *type, *best = NULL;
	unsigned int r;

	for (type = g->types; type < g->types + g->types_count; type++) {
		for (r = 0; r < VGPU_RESOURCES && type->size[r] >= size[r]; r++)
			;
		if (r < VGPU_RESOURCES || (best && best->available && !type->available))
			continue;
		if (!best || (type->available && !best->available) || type->size[VGPU_APERTURE] < best->size[VGPU_APERTURE])
			best = type;
	}
	return best;
}

static int foreign_type(const struct planner *planner, const struct vgpu_snapshot_gpu *g, struct vgpu_candidate *candidate)
{
	const struct vgpu_record *asked = &planner->request->record;
	const struct vgpu_type *type = smallest_type(g, asked->size);
	char want[VGPU_SIZE_TEXT];
	bool comparable = false;
	size_t i;

	for (i = 0; i < g->types_count; i++)
		comparable |= g->types[i].size[VGPU_APERTURE] != 0;
	if (!comparable)
		vgpu_error_set(&candidate->error, VGPU_EXIT_FAILED, g->gpu.address, "choose one with --type, see vgpuctl types",
			       "its types do not say how much aperture they have");
	else if (!type)
		vgpu_error_set(&candidate->error, VGPU_EXIT_NO_CAPACITY, asked->name, "see vgpuctl types",
			       "no type of GPU %s has an aperture of %s and what else was asked for", g->gpu.address,
			       vgpu_size_format(asked->size[VGPU_APERTURE], want));
	if (!comparable || !type)
		return never(candidate);
	vgpu_text_copy(candidate->record.type, sizeof(candidate->record.type), type->id);
	memset(candidate->record.size, 0, sizeof(candidate->record.size));
	memcpy(candidate->size, type->size, sizeof(candidate->size));
	return type->available ? 0 : lacks(candidate);
}

static int flex_type(const struct vgpu_snapshot_gpu *g, struct vgpu_candidate *candidate)
{
	size_t i;

	for (i = 0; i < g->types_count && !vgpu_type_flex(&g->types[i]); i++)
		;
	if (i == g->types_count) {
		vgpu_error_set(&candidate->error, VGPU_EXIT_FAILED, g->gpu.address, "choose one with --type, see vgpuctl types",
			       "it has no flexible type");
		return never(candidate);
	}
	vgpu_text_copy(candidate->record.type, sizeof(candidate->record.type), g->types[i].id);
	vgpu_plan_defaults(&g->gpu, candidate->record.size);
	memcpy(candidate->size, candidate->record.size, sizeof(candidate->size));
	return 0;
}

static bool any_knob(const struct vgpu_record *record)
{
	unsigned int i;

	for (i = 0; i < VGPU_KNOBS; i++)
		if (record->knob[i])
			return true;
	return false;
}

static int choose_type(const struct planner *planner, const struct vgpu_snapshot_gpu *g, struct vgpu_candidate *candidate)
{
	const struct vgpu_record *asked = &planner->request->record;

	if (asked->type[0] && !vgpu_snapshot_type(planner->snapshot, candidate->gpu, asked->type)) {
		vgpu_error_set(&candidate->error, VGPU_EXIT_NOT_FOUND, asked->type, "see vgpuctl types",
			       "GPU %s has no such type", g->gpu.address);
		return never(candidate);
	}
	if (!g->gpu.ours && any_knob(asked)) {
		vgpu_error_set(&candidate->error, VGPU_EXIT_FAILED, g->gpu.address,
			       "leave out --weight, --cap, --latency and --class", "its driver has no scheduler settings");
		return never(candidate);
	}
	if (asked->type[0])
		return named_type(planner, g, candidate);
	return g->gpu.ours ? flex_type(g, candidate) : foreign_type(planner, g, candidate);
}

/* No vGPU has to go for what the GPU never had. */
static int check_total(const struct vgpu_snapshot_gpu *g, struct vgpu_candidate *candidate)
{
	char want[VGPU_SIZE_TEXT], total[VGPU_SIZE_TEXT];
	const struct vgpu_resource_info *info;
	unsigned int i;

	for (i = 0; i < VGPU_RESOURCES; i++) {
		info = &vgpu_resource_info[i];
		if (candidate->size[i] <= g->gpu.total[i])
			continue;
		vgpu_resource_text(i, g->gpu.total[i], total);
		vgpu_error_set(&candidate->error, VGPU_EXIT_NO_CAPACITY, candidate->record.name,
			       "ask for less, see vgpuctl gpu list", "%s %s can't be had: GPU %s has %s%s%s", info->option,
			       vgpu_resource_text(i, candidate->size[i], want), g->gpu.address, total, info->pages ? " of " : " ",
			       info->name);
		return never(candidate);
	}
	return 0;
}

/**
 * vgpu_plan_holder() - the vGPU that a request would become on a GPU
 * @snapshot: the snapshot
 * @request: the request
 * @candidate: the GPU, with the sizes
 * @ret_holder: the vGPU, not present yet
 */
void vgpu_plan_holder(const struct vgpu_snapshot *snapshot, const struct vgpu_request *request,
		      const struct vgpu_candidate *candidate, struct vgpu_holder *ret_holder)
{
	struct vgpu_holder holder = { .gpu = candidate->gpu, .managed = true };
	unsigned int i;

	strcpy(holder.name, request->record.name);
	strcpy(holder.class, request->record.class);
	strcpy(holder.type, candidate->record.type);
	if (request->domain)
		vgpu_text_copy(holder.domain, sizeof(holder.domain), request->domain);
	memcpy(holder.size, candidate->size, sizeof(holder.size));
	for (i = 0; snapshot->gpus[candidate->gpu].gpu.ours && i < VGPU_KNOBS; i++)
		holder.knob[i] = request->record.knob[i] ? request->record.knob[i] : vgpu_knob_info[i].initial;
	*ret_holder = holder;
}

/*
 * What the policy grants to nobody matters more than what is full; a GPU that has no room has none, whatever the policy would have it
 * keep free.
 */
static void judge(const struct planner *planner, struct vgpu_candidate *candidate)
{
	const struct vgpu_snapshot_gpu *g = &planner->snapshot->gpus[candidate->gpu];
	struct vgpu_holder after;
	unsigned int i;

	candidate->record = planner->request->record;
	vgpu_text_copy(candidate->record.gpu, sizeof(candidate->record.gpu), g->gpu.address);
	choose_type(planner, g, candidate);
	if (candidate->fit != VGPU_FIT_NEVER && g->gpu.ours)
		check_total(g, candidate);
	if (candidate->fit == VGPU_FIT_NEVER)
		return;
	for (i = 0; g->gpu.ours && i < VGPU_RESOURCES; i++)
		candidate->lacks[i] = candidate->size[i] > g->gpu.hole[i];
	if (candidate->lacks[VGPU_APERTURE] || candidate->lacks[VGPU_HIDDEN] || candidate->lacks[VGPU_FENCES])
		candidate->fit = VGPU_FIT_SHORT;
	vgpu_plan_holder(planner->snapshot, planner->request, candidate, &after);
	if (!vgpu_admission_check(planner->snapshot, planner->policy, &after, NULL, &candidate->refusal) &&
	    (candidate->fit == VGPU_FIT_YES || vgpu_admission_exit(candidate->refusal.limit) == VGPU_EXIT_DENIED))
		candidate->fit = VGPU_FIT_LIMIT;
}

/**
 * vgpu_plan_make() - plan a vGPU
 * @snapshot: the snapshot
 * @policy: the policy
 * @request: what was asked for
 * @ret_plan: the GPUs that were considered, and the one that takes it, released by vgpu_plan_fini(); also when none can
 *
 * Return: 0, also when no GPU can take it, or -ENOMEM.
 */
int vgpu_plan_make(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy, const struct vgpu_request *request,
		   struct vgpu_plan *ret_plan)
{
	const struct planner planner = { snapshot, policy, request };
	struct vgpu_plan plan = { 0 };
	struct vgpu_candidate *candidate;
	int rc = 0;
	size_t i;

	plan.candidates = calloc(snapshot->gpus_count + 1, sizeof(*plan.candidates));
	if (!plan.candidates)
		return -ENOMEM;
	for (i = 0; !rc && i < snapshot->gpus_count; i++) {
		if (request->gpu && !vgpu_gpu_matches(&snapshot->gpus[i].gpu, request->gpu))
			continue;
		candidate = &plan.candidates[plan.count++];
		candidate->gpu = i;
		judge(&planner, candidate);
		if (candidate->fit != VGPU_FIT_YES)
			continue;
		rc = vgpu_placement_score(snapshot, policy->placement, candidate);
		if (!rc && (!plan.chosen || vgpu_placement_better(candidate, plan.chosen)))
			plan.chosen = candidate;
	}
	if (rc) {
		vgpu_plan_fini(&plan);
		return rc;
	}
	*ret_plan = plan;
	return 0;
}

/**
 * vgpu_plan_fini() - release a plan
 * @plan: the plan, also one of zeros
 */
void vgpu_plan_fini(struct vgpu_plan *plan)
{
	free(plan->candidates);
	*plan = (struct vgpu_plan) { 0 };
}
