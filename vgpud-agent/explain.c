// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * explain.c - tells the whole story of which capacity.c tells a line. Sizes are in bytes. No lock: pure functions.
 */
#include "vgpud-agent/explain.h"

#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "vgpud-agent/layout.h"
#include "vgpud-agent/move.h"
#include "vgpud-agent/suggest.h"

static const char *const resource_keys[VGPU_RESOURCES] = { "aperture", "hidden", "fences" };

static const char *const fit_names[] = {
	[VGPU_FIT_YES] = "yes",
	[VGPU_FIT_SHORT] = "short",
	[VGPU_FIT_LIMIT] = "limit",
	[VGPU_FIT_NEVER] = "never",
};

static struct vgpu_json *part_object(const struct vgpu_part *part)
{
	struct vgpu_json *object = vgpu_json_object();
	const struct vgpu_holder *holder = part->holder;

	vgpu_json_put_u64(object, "base", part->base);
	vgpu_json_put_u64(object, "size", part->size);
	vgpu_json_put_string(object, "name", holder && holder->managed ? holder->name : NULL);
	vgpu_json_put_string(object, "uuid", holder ? holder->uuid : NULL);
	vgpu_json_put_string(object, "domain", holder && holder->domain[0] ? holder->domain : NULL);
	vgpu_json_put_string(object, "state", holder ? holder->state : "free");
	return object;
}

/* Who holds which range, and the holes: one array for each resource. */
static struct vgpu_json *map_object(const struct vgpu_snapshot *snapshot, size_t gpu)
{
	struct vgpu_json *object = vgpu_json_object(), *array;
	unsigned int r;
	size_t i;

	for (r = 0; r < VGPU_RESOURCES; r++) {
		cleanup_layout struct vgpu_layout layout = { 0 };

		if (vgpu_layout_make(snapshot, gpu, r, &layout))
			continue;
		array = vgpu_json_array();
		for (i = 0; i < layout.count; i++)
			vgpu_json_append(array, part_object(&layout.parts[i]));
		vgpu_json_put(object, resource_keys[r], array);
	}
	return object;
}

static void put_rule(struct vgpu_json *object, const struct vgpu_policy *policy, enum vgpu_limit limit, const char *class,
		     const struct vgpu_rule *rule)
{
	char name[160];

	vgpu_capacity_rule(limit, class, name, sizeof(name));
	vgpu_json_put_string(object, "rule", name);
	vgpu_json_put_string(object, "file", policy->file);
	vgpu_json_put_u64(object, "line", rule->line);
	if (limit != VGPU_LIMIT_CLASS_GPUS)
		vgpu_json_put_u64(object, "limit", rule->value);
}

/* The limits of a GPU, and how much of each is used. */
static struct vgpu_json *limits_array(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy, size_t gpu)
{
	const struct vgpu_holder any = { .gpu = gpu };
	struct vgpu_json *array = vgpu_json_array(), *object;
	unsigned int i;

	for (i = 0; i < VGPU_LIMITS; i++) {
		if (strcmp(vgpu_limit_info[i].of, "gpu") != 0 || !policy->limit[i].line)
			continue;
		object = vgpu_json_object();
		put_rule(object, policy, i, "", &policy->limit[i]);
		vgpu_json_put_u64(object, "used",
				  i == VGPU_LIMIT_GPU_FREE_APERTURE ? snapshot->gpus[gpu].gpu.free[VGPU_APERTURE]
								    : vgpu_admission_used(snapshot, i, &any));
		vgpu_json_append(array, object);
	}
	return array;
}

/* Who is nearest to a limit, or farthest beyond it: so much has which vGPU, domain, class or GPU. */
struct nearest {
	bool found;
	uint64_t amount;
	char of[160];
};

static void consider(struct nearest *nearest, bool least, uint64_t amount, const char *kind, const char *name)
{
	if (nearest->found && (least ? amount >= nearest->amount : amount <= nearest->amount))
		return;
	nearest->found = true;
	nearest->amount = amount;
	snprintf(nearest->of, sizeof(nearest->of), "%s%.128s", kind, name);
}

/* One vGPU counts for itself here, so the subject is its like without a UUID. */
static void consider_holder(const struct vgpu_snapshot *snapshot, enum vgpu_limit limit, const struct vgpu_holder *holder,
			    struct nearest *nearest)
{
	struct vgpu_holder like = { .gpu = VGPU_NOWHERE };

	if (limit == VGPU_LIMIT_VGPU_MIN_APERTURE || limit == VGPU_LIMIT_VGPU_MAX_APERTURE) {
		if (holder->size[VGPU_APERTURE])
			consider(nearest, limit == VGPU_LIMIT_VGPU_MIN_APERTURE, holder->size[VGPU_APERTURE], "", holder->name);
		return;
	}
	if (!holder->domain[0])
		return;
	strcpy(like.domain, holder->domain);
	consider(nearest, false, vgpu_admission_used(snapshot, limit, &like), "domain ", like.domain);
}

static void consider_gpu(const struct vgpu_snapshot *snapshot, enum vgpu_limit limit, size_t gpu, struct nearest *nearest)
{
	const struct vgpu_holder like = { .gpu = gpu };
	const struct vgpu_gpu *g = &snapshot->gpus[gpu].gpu;

	if (limit == VGPU_LIMIT_GPU_FREE_APERTURE && g->ours)
		consider(nearest, true, g->free[VGPU_APERTURE], "GPU ", g->address);
	else if (limit != VGPU_LIMIT_GPU_FREE_APERTURE)
		consider(nearest, false, vgpu_admission_used(snapshot, limit, &like), "GPU ", g->address);
}

static void append_limit(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy, enum vgpu_limit limit,
			 struct vgpu_json *array)
{
	bool of_gpu = !strcmp(vgpu_limit_info[limit].of, "gpu");
	struct vgpu_json *object = vgpu_json_object();
	struct nearest nearest = { 0 };
	size_t i;

	for (i = 0; of_gpu && i < snapshot->gpus_count; i++)
		consider_gpu(snapshot, limit, i, &nearest);
	for (i = 0; !of_gpu && i < snapshot->holders_count; i++)
		consider_holder(snapshot, limit, &snapshot->holders[i], &nearest);
	put_rule(object, policy, limit, "", &policy->limit[limit]);
	if (nearest.found)
		vgpu_json_put_u64(object, "nearest", nearest.amount);
	vgpu_json_put_string(object, "nearest_of", nearest.found ? nearest.of : NULL);
	vgpu_json_append(array, object);
}

static void append_class(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy, const struct vgpu_class *class,
			 struct vgpu_json *array)
{
	struct vgpu_holder like = { .gpu = VGPU_NOWHERE };
	struct vgpu_json *object = vgpu_json_object();
	char of[160];

	strcpy(like.class, class->name);
	snprintf(of, sizeof(of), "class %s", class->name);
	put_rule(object, policy, VGPU_LIMIT_CLASS_VGPUS, class->name, &class->max_vgpus);
	vgpu_json_put_u64(object, "nearest", vgpu_admission_used(snapshot, VGPU_LIMIT_CLASS_VGPUS, &like));
	vgpu_json_put_string(object, "nearest_of", of);
	vgpu_json_append(array, object);
}

/**
 * vgpu_explain_limits() - the limits of the policy, and who is nearest to each
 * @snapshot: the snapshot
 * @policy: the policy
 *
 * Return: a new array; the GPUs of a class are not in it.
 */
struct vgpu_json *vgpu_explain_limits(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy)
{
	struct vgpu_json *array = vgpu_json_array();
	size_t i;

	for (i = 0; i < VGPU_LIMITS; i++)
		if (policy->limit[i].line)
			append_limit(snapshot, policy, i, array);
	for (i = 0; i < policy->count; i++)
		if (policy->classes[i].max_vgpus.line)
			append_class(snapshot, policy, &policy->classes[i], array);
	return array;
}

static struct vgpu_json *request_object(const struct vgpu_request *request)
{
	struct vgpu_json *object = vgpu_json_object();
	char command[VGPU_COMMAND_SIZE];
	unsigned int i;

	vgpu_suggest_command(request, command);
	for (i = 0; i < VGPU_RESOURCES; i++)
		if (request->record.size[i])
			vgpu_json_put_u64(object, vgpu_resource_info[i].size, request->record.size[i]);
	vgpu_json_put_string(object, "command", command);
	return object;
}

/* The largest vGPU that a GPU could still take. */
static void put_room(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy, const struct vgpu_gpu *gpu,
		     struct vgpu_json *object)
{
	struct vgpu_request request = { .gpu = gpu->address }, smaller;
	cleanup_plan struct vgpu_plan plan = { 0 };

	strcpy(request.record.name, "-");
	/* More than there is: what is left of it is the largest. */
	request.record.size[VGPU_APERTURE] = gpu->ours ? gpu->total[VGPU_APERTURE] : INT64_MAX - INT64_MAX % VGPU_PAGE_BYTES;
	if (vgpu_plan_make(snapshot, policy, &request, &plan))
		return;
	if (plan.chosen)
		vgpu_json_put(object, "would_fit", request_object(&request));
	else if (!vgpu_suggest_smaller(snapshot, policy, &request, &plan, &smaller))
		vgpu_json_put(object, "would_fit", request_object(&smaller));
	else
		vgpu_json_put(object, "would_fit", NULL);
}

/**
 * vgpu_explain_gpu() - who holds what of a GPU, and what it could still take
 * @snapshot: the snapshot
 * @policy: the policy
 * @gpu: which GPU
 * @object: gets "vgpus", "map" on a GPU of ours, "limits" and "would_fit"
 */
void vgpu_explain_gpu(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy, size_t gpu,
		      struct vgpu_json *object)
{
	const struct vgpu_snapshot_gpu *g = &snapshot->gpus[gpu];
	const struct vgpu_holder any = { .gpu = gpu };

	vgpu_json_put_u64(object, "vgpus", vgpu_admission_used(snapshot, VGPU_LIMIT_GPU_VGPUS, &any));
	vgpu_json_put_string(object, "placement", vgpu_placement_names[policy->placement]);
	vgpu_json_put(object, "limits", limits_array(snapshot, policy, gpu));
	put_room(snapshot, policy, &g->gpu, object);
	if (!g->gpu.ours)
		return;
	vgpu_json_put(object, "map", map_object(snapshot, gpu));
	vgpu_json_put_bool(object, "map_complete", g->exact);
}

static struct vgpu_json *holders_array(const struct vgpu_snapshot *snapshot, size_t gpu, enum vgpu_resource resource)
{
	struct vgpu_json *array = vgpu_json_array(), *object;
	const struct vgpu_holder *holder;
	size_t i;

	for (i = 0; i < snapshot->holders_count; i++) {
		holder = &snapshot->holders[i];
		if (holder->gpu != gpu || !holder->present || !holder->size[resource])
			continue;
		object = vgpu_json_object();
		vgpu_json_put_string(object, "name", holder->managed ? holder->name : NULL);
		vgpu_json_put_string(object, "uuid", holder->uuid);
		vgpu_json_put_u64(object, "amount", holder->size[resource]);
		vgpu_json_append(array, object);
	}
	return array;
}

/* Also of what is not short: what is left of one resource says whether another GPU would be better. */
static struct vgpu_json *resources_object(const struct vgpu_snapshot *snapshot, const struct vgpu_candidate *candidate)
{
	const struct vgpu_gpu *gpu = &snapshot->gpus[candidate->gpu].gpu;
	struct vgpu_json *all = vgpu_json_object(), *object;
	unsigned int i;

	for (i = 0; i < VGPU_RESOURCES; i++) {
		object = vgpu_json_object();
		vgpu_json_put_u64(object, "wanted", candidate->size[i]);
		vgpu_json_put_u64(object, "total", gpu->total[i]);
		vgpu_json_put_u64(object, "free", gpu->free[i]);
		vgpu_json_put_u64(object, "largest_hole", gpu->hole[i]);
		vgpu_json_put_bool(object, "short", candidate->lacks[i]);
		if (candidate->lacks[i])
			vgpu_json_put(object, "held_by", holders_array(snapshot, candidate->gpu, i));
		vgpu_json_put(all, resource_keys[i], object);
	}
	return all;
}

static struct vgpu_json *refusal_object(const struct vgpu_capacity *capacity, const struct vgpu_refusal *refusal)
{
	struct vgpu_json *object = vgpu_json_object(), *array = vgpu_json_array(), *one;
	const struct vgpu_snapshot *snapshot = capacity->snapshot;
	uint64_t part;
	size_t i;

	put_rule(object, capacity->policy, refusal->limit, refusal->subject.class, &refusal->rule);
	vgpu_json_put_u64(object, "used", refusal->used);
	vgpu_json_put_u64(object, "wanted", refusal->wanted);
	for (i = 0; i < snapshot->holders_count; i++) {
		part = vgpu_admission_part(refusal->limit, &refusal->subject, &snapshot->holders[i]);
		if (!part)
			continue;
		one = vgpu_json_object();
		vgpu_json_put_string(one, "name", snapshot->holders[i].managed ? snapshot->holders[i].name : NULL);
		vgpu_json_put_string(one, "uuid", snapshot->holders[i].uuid);
		vgpu_json_put_u64(one, "amount", part);
		vgpu_json_append(array, one);
	}
	vgpu_json_put(object, "used_by", array);
	return object;
}

static struct vgpu_json *candidate_object(const struct vgpu_capacity *capacity, const struct vgpu_candidate *candidate)
{
	const struct vgpu_gpu *gpu = &capacity->snapshot->gpus[candidate->gpu].gpu;
	struct vgpu_json *object = vgpu_json_object();
	char reason[512];

	vgpu_capacity_reason(capacity, candidate, reason, sizeof(reason));
	vgpu_json_put_string(object, "gpu", gpu->address);
	vgpu_json_put_string(object, "fits", fit_names[candidate->fit]);
	vgpu_json_put_bool(object, "chosen", candidate == capacity->plan->chosen);
	vgpu_json_put_string(object, "reason", reason[0] ? reason : NULL);
	if (gpu->ours && candidate->size[VGPU_APERTURE])
		vgpu_json_put(object, "resources", resources_object(capacity->snapshot, candidate));
	if (candidate->fit == VGPU_FIT_LIMIT)
		vgpu_json_put(object, "limit", refusal_object(capacity, &candidate->refusal));
	return object;
}

static void append_command(struct vgpu_json *array, const char *verb, const char *name)
{
	struct vgpu_json *holder = vgpu_json_object();
	char text[VGPU_COMMAND_SIZE];

	snprintf(text, sizeof(text), "vgpuctl %s %s", verb, name);
	vgpu_json_put_string(holder, "command", text);
	vgpu_json_append(array, holder);
}

static struct vgpu_json *move_object(const struct vgpu_capacity *capacity, const struct vgpu_move *move)
{
	struct vgpu_json *object = vgpu_json_object(), *commands = vgpu_json_array();

	vgpu_json_put_string(object, "name", move->holder->name);
	vgpu_json_put_string(object, "uuid", move->holder->uuid);
	vgpu_json_put_string(object, "from", capacity->snapshot->gpus[move->holder->gpu].gpu.address);
	vgpu_json_put_string(object, "to", capacity->snapshot->gpus[move->to].gpu.address);
	if (move->holder->domain[0])
		append_command(commands, "detach", move->holder->name);
	append_command(commands, "delete", move->holder->name);
	vgpu_json_append(commands, request_object(capacity->request));
	vgpu_json_append(commands, request_object(&move->again));
	vgpu_json_put(object, "commands", commands);
	return object;
}

/**
 * vgpu_explain_plan() - every GPU that was considered for a vGPU, and what can be done if none can take it
 * @capacity: the request and its plan
 *
 * Return: a new object.
 */
struct vgpu_json *vgpu_explain_plan(const struct vgpu_capacity *capacity)
{
	struct vgpu_json *object = vgpu_json_object(), *array = vgpu_json_array();
	const struct vgpu_plan *plan = capacity->plan;
	struct vgpu_request smaller;
	struct vgpu_move move;
	size_t i;

	vgpu_json_put_bool(object, "fits", plan->chosen != NULL);
	vgpu_json_put_string(object, "placement", vgpu_placement_names[capacity->policy->placement]);
	for (i = 0; i < plan->count; i++)
		vgpu_json_append(array, candidate_object(capacity, &plan->candidates[i]));
	vgpu_json_put(object, "gpus", array);
	if (plan->chosen)
		return object;
	if (!vgpu_suggest_smaller(capacity->snapshot, capacity->policy, capacity->request, plan, &smaller))
		vgpu_json_put(object, "would_fit", request_object(&smaller));
	if (!vgpu_move_find(capacity->snapshot, capacity->policy, capacity->request, &move))
		vgpu_json_put(object, "move", move_object(capacity, &move));
	return object;
}
