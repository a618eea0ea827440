// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * suggest.c - looks for the nearest smaller vGPU that would fit, and writes command lines. No lock: pure functions.
 */
#include "vgpud-agent/suggest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/size.h"
#include "lib/text.h"

static uint64_t at_most(uint64_t value, uint64_t limit)
{
	return value < limit ? value : limit;
}

static uint64_t minus(uint64_t value, uint64_t less)
{
	return value > less ? value - less : 0;
}

/* The aperture that the holes and the limits leave. */
static uint64_t aperture_left(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy,
			      const struct vgpu_request *request, const struct vgpu_candidate *candidate)
{
	const struct vgpu_rule *limit = policy->limit, *rule;
	const struct vgpu_gpu *gpu = &snapshot->gpus[candidate->gpu].gpu;
	uint64_t aperture = at_most(candidate->size[VGPU_APERTURE], gpu->hole[VGPU_APERTURE]);
	struct vgpu_holder holder;

	vgpu_plan_holder(snapshot, request, candidate, &holder);
	rule = &limit[VGPU_LIMIT_VGPU_MAX_APERTURE];
	if (rule->line)
		aperture = at_most(aperture, rule->value);
	rule = &limit[VGPU_LIMIT_DOMAIN_APERTURE];
	if (rule->line && holder.domain[0])
		aperture =
			at_most(aperture, minus(rule->value, vgpu_admission_used(snapshot, VGPU_LIMIT_DOMAIN_APERTURE, &holder)));
	rule = &limit[VGPU_LIMIT_GPU_FREE_APERTURE];
	if (rule->line)
		aperture = at_most(aperture, minus(gpu->free[VGPU_APERTURE], rule->value));
	rule = &limit[VGPU_LIMIT_VGPU_MIN_APERTURE];
	if (rule->line && aperture < rule->value)
		aperture = rule->value;
	return aperture - aperture % VGPU_PAGE_BYTES;
}

/* On a GPU of ours. What was not asked for stays so, as long as what it would be by default has room. */
static void shrink(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy, const struct vgpu_request *request,
		   const struct vgpu_candidate *candidate, struct vgpu_request *smaller)
{
	const struct vgpu_gpu *gpu = &snapshot->gpus[candidate->gpu].gpu;
	const struct vgpu_rule *weight = &policy->limit[VGPU_LIMIT_GPU_WEIGHT];
	uint64_t size[VGPU_RESOURCES], used;
	unsigned int i;

	smaller->record.type[0] = '\0';
	smaller->record.size[VGPU_APERTURE] = aperture_left(snapshot, policy, request, candidate);
	memcpy(size, smaller->record.size, sizeof(size));
	vgpu_plan_defaults(gpu, size);
	for (i = VGPU_HIDDEN; i < VGPU_RESOURCES; i++)
		if (size[i] > gpu->hole[i])
			smaller->record.size[i] = gpu->hole[i];
	if (candidate->fit != VGPU_FIT_LIMIT || candidate->refusal.limit != VGPU_LIMIT_GPU_WEIGHT || request->record.class[0])
		return;
	used = candidate->refusal.used;
	if (weight->value > used)
		smaller->record.knob[VGPU_WEIGHT] =
			at_most(smaller->record.knob[VGPU_WEIGHT] ? smaller->record.knob[VGPU_WEIGHT]
								  : vgpu_knob_info[VGPU_WEIGHT].initial,
				weight->value - used);
}

/* On another vendor's: the largest of its types that is left. */
static void shrink_type(const struct vgpu_snapshot_gpu *g, struct vgpu_request *smaller)
{
	uint64_t best = 0;
	size_t i;

	for (i = 0; i < g->types_count; i++)
		if (g->types[i].available && g->types[i].size[VGPU_APERTURE] > best)
			best = g->types[i].size[VGPU_APERTURE];
	smaller->record.type[0] = '\0';
	memset(smaller->record.size, 0, sizeof(smaller->record.size));
	smaller->record.size[VGPU_APERTURE] = best;
}

static int fits(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy, const struct vgpu_request *request)
{
	cleanup_plan struct vgpu_plan plan = { 0 };
	int rc;

	if (!request->record.size[VGPU_APERTURE])
		return -ENOSPC;
	rc = vgpu_plan_make(snapshot, policy, request, &plan);
	return rc ? rc : plan.chosen ? 0 : -ENOSPC;
}

static bool larger(const struct vgpu_request *a, const struct vgpu_request *b)
{
	unsigned int i;

	for (i = 0; i < VGPU_RESOURCES; i++)
		if (a->record.size[i] != b->record.size[i])
			return a->record.size[i] > b->record.size[i];
	return false;
}

/**
 * vgpu_suggest_smaller() - the largest vGPU, no larger than a request, that could be made now
 * @snapshot: the snapshot
 * @policy: the policy
 * @request: the request
 * @plan: its plan, by which no GPU can take it
 * @ret_request: the same request with other sizes, or another weight
 *
 * Return: 0, -ENOSPC when there is none, or -ENOMEM.
 */
int vgpu_suggest_smaller(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy,
			 const struct vgpu_request *request, const struct vgpu_plan *plan, struct vgpu_request *ret_request)
{
	struct vgpu_request smaller, best = { 0 };
	const struct vgpu_candidate *candidate;
	const struct vgpu_snapshot_gpu *g;
	bool found = false;
	size_t i;
	int rc;

	for (i = 0; i < plan->count; i++) {
		candidate = &plan->candidates[i];
		g = &snapshot->gpus[candidate->gpu];
		smaller = *request;
		if (g->gpu.ours && candidate->size[VGPU_APERTURE])
			shrink(snapshot, policy, request, candidate, &smaller);
		else if (!g->gpu.ours)
			shrink_type(g, &smaller);
		else
			continue;
		rc = fits(snapshot, policy, &smaller);
		if (rc == -ENOMEM)
			return rc;
		if (rc || (found && !larger(&smaller, &best)))
			continue;
		best = smaller;
		found = true;
	}
	if (!found)
		return -ENOSPC;
	*ret_request = best;
	return 0;
}

/* For a shell: a domain may be called anything. */
static void append_word(char *text, const char *option, const char *word)
{
	static const char plain[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ:._-+/,";
	const char *at;

	if (!word[strspn(word, plain)] && *word) {
		vgpu_text_append(text, VGPU_COMMAND_SIZE, " %s %s", option, word);
		return;
	}
	vgpu_text_append(text, VGPU_COMMAND_SIZE, " %s '", option);
	for (at = word; *at; at++)
		if (*at == '\'')
			vgpu_text_append(text, VGPU_COMMAND_SIZE, "'\\''");
		else
			vgpu_text_append(text, VGPU_COMMAND_SIZE, "%c", *at);
	vgpu_text_append(text, VGPU_COMMAND_SIZE, "'");
}

/**
 * vgpu_suggest_command() - the command line of a request
 * @request: the request
 * @ret_text: "vgpuctl create ..."
 */
void vgpu_suggest_command(const struct vgpu_request *request, char ret_text[VGPU_COMMAND_SIZE])
{
	const struct vgpu_record *record = &request->record;
	char number[VGPU_SIZE_TEXT];
	unsigned int i;

	strcpy(ret_text, "vgpuctl create");
	if (record->type[0])
		append_word(ret_text, "--type", record->type);
	for (i = 0; i < VGPU_RESOURCES; i++)
		if (record->size[i])
			append_word(ret_text, vgpu_resource_info[i].option, vgpu_resource_text(i, record->size[i], number));
	if (record->class[0])
		append_word(ret_text, "--class", record->class);
	for (i = 0; !record->class[0] && i < VGPU_KNOBS; i++)
		if (record->knob[i])
			vgpu_text_append(ret_text, VGPU_COMMAND_SIZE, " %s %" PRIu64, vgpu_knob_info[i].option, record->knob[i]);
	if (request->named)
		append_word(ret_text, "--name", record->name);
	if (record->uuid[0])
		append_word(ret_text, "--uuid", record->uuid);
	if (request->gpu)
		append_word(ret_text, "--gpu", request->gpu);
	if (request->domain && *request->domain)
		append_word(ret_text, "--domain", request->domain);
}
