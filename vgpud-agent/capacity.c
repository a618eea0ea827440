// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * capacity.c - says in one line what is short or which limit is reached, who has how much of it, and what to do. No lock: runs in the
 * event loop's thread.
 */
#include "vgpud-agent/capacity.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/size.h"
#include "lib/text.h"
#include "vgpud-agent/agent.h"
#include "vgpud-agent/move.h"
#include "vgpud-agent/suggest.h"

#define NAMED_MAX 4 /* holders that a line names */
#define GPUS_MAX 3 /* GPUs that a line has room for */
#define COMMAND_MAX 160 /* characters: what is cut would not work */

struct named {
	const char *name;
	uint64_t amount;
};

static int compare_named(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return x->amount < y->amount ? 1 : x->amount > y->amount ? -1 : strcmp(x->name, y->name);
}

static const char *limit_text(enum vgpu_limit limit, uint64_t value, char text[VGPU_SIZE_TEXT])
{
	return vgpu_resource_text(vgpu_limit_info[limit].pages ? VGPU_APERTURE : VGPU_FENCES, value, text);
}

/* "a 128M, b 64M and 3 more"; of a limit on their number, only the names. */
static void append_named(struct named *named, size_t count, enum vgpu_resource as, bool amounts, char *text, size_t size)
{
	char number[VGPU_SIZE_TEXT];
	size_t i;

	if (count)
		qsort(named, count, sizeof(*named), compare_named);
	for (i = 0; i < count && i < NAMED_MAX; i++) {
		vgpu_text_append(text, size, "%s%.64s", i ? ", " : "", named[i].name);
		if (amounts)
			vgpu_text_append(text, size, " %s", vgpu_resource_text(as, named[i].amount, number));
	}
	if (count > NAMED_MAX)
		vgpu_text_append(text, size, " and %zu more", count - NAMED_MAX);
}

/* Appends ", held by ..." those of a GPU who hold a resource. */
static void append_holders(const struct vgpu_snapshot *snapshot, size_t gpu, enum vgpu_resource resource, const char *except,
			   char *text, size_t size)
{
	struct named *named = calloc(snapshot->holders_count + 1, sizeof(*named));
	const struct vgpu_holder *holder;
	size_t count = 0, i;

	for (i = 0; named && i < snapshot->holders_count; i++) {
		holder = &snapshot->holders[i];
		if (holder->gpu == gpu && holder->present && holder->size[resource] && strcmp(holder->uuid, except) != 0)
			named[count++] = (struct named) { holder->name, holder->size[resource] };
	}
	if (count) {
		vgpu_text_append(text, size, ", held by ");
		append_named(named, count, resource, true, text, size);
	}
	free(named);
}

static void append_users(const struct vgpu_snapshot *snapshot, const struct vgpu_refusal *refusal, char *text, size_t size)
{
	struct named *named = calloc(snapshot->holders_count + 1, sizeof(*named));
	const struct vgpu_limit_info *info = &vgpu_limit_info[refusal->limit];
	bool amounts = info->pages || refusal->limit == VGPU_LIMIT_GPU_WEIGHT;
	size_t count = 0, i;
	uint64_t part;

	for (i = 0; named && i < snapshot->holders_count; i++) {
		part = vgpu_admission_part(refusal->limit, &refusal->subject, &snapshot->holders[i]);
		if (part)
			named[count++] = (struct named) { snapshot->holders[i].name, part };
	}
	if (count) {
		vgpu_text_append(text, size, " (");
		append_named(named, count, info->pages ? VGPU_APERTURE : VGPU_FENCES, amounts, text, size);
		vgpu_text_append(text, size, ")");
	}
	free(named);
}

/**
 * vgpu_capacity_rule() - what a limit is called in the policy
 * @limit: which limit
 * @class: for a limit of a class: which
 * @ret_text: such as "limits.gpu.max_vgpus" or "classes.gold.gpus"
 * @size: bytes in @ret_text
 */
void vgpu_capacity_rule(enum vgpu_limit limit, const char *class, char *ret_text, size_t size)
{
	const struct vgpu_limit_info *info = &vgpu_limit_info[limit];
	bool of_class = !strcmp(info->of, "class");

	snprintf(ret_text, size, "%s.%s.%s", of_class ? "classes" : "limits", of_class ? class : info->of, info->key);
}

/* Whose limit it is: "domain web", "GPU 0000:00:02.0". */
static void subject_text(const struct vgpu_snapshot *snapshot, const struct vgpu_refusal *refusal, char *ret_text, size_t size)
{
	const struct vgpu_holder *subject = &refusal->subject;
	const char *of = vgpu_limit_info[refusal->limit].of;

	if (!strcmp(of, "domain"))
		snprintf(ret_text, size, "domain %.64s", subject->domain);
	else if (!strcmp(of, "class"))
		snprintf(ret_text, size, "class %s", subject->class);
	else
		snprintf(ret_text, size, "GPU %s", snapshot->gpus[subject->gpu].gpu.address);
}

/* "limits.domain.max_vgpus is 2 (FILE:6): domain web has 2 (a, b), 1 more wanted" */
static void refusal_text(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy,
			 const struct vgpu_refusal *refusal, char *ret_text, size_t size)
{
	char rule[160], whose[160], value[VGPU_SIZE_TEXT], wanted[VGPU_SIZE_TEXT], used[VGPU_SIZE_TEXT];
	enum vgpu_limit limit = refusal->limit;

	vgpu_capacity_rule(limit, refusal->subject.class, rule, sizeof(rule));
	limit_text(limit, refusal->rule.value, value);
	limit_text(limit, refusal->wanted, wanted);
	limit_text(limit, refusal->used, used);
	snprintf(ret_text, size, "%s ", rule);
	if (limit == VGPU_LIMIT_CLASS_GPUS) {
		subject_text(snapshot, &(struct vgpu_refusal) { .limit = VGPU_LIMIT_GPU_VGPUS, .subject = refusal->subject },
			     whose, sizeof(whose));
		vgpu_text_append(ret_text, size, "(%.128s:%u) does not have %s", policy->file ? policy->file : "policy",
				 refusal->rule.line, whose);
		return;
	}
	vgpu_text_append(ret_text, size, "is %s (%.128s:%u): ", value, policy->file ? policy->file : "policy",
			 refusal->rule.line);
	if (!strcmp(vgpu_limit_info[limit].of, "vgpu")) {
		vgpu_text_append(ret_text, size, "%s wanted", wanted);
		return;
	}
	subject_text(snapshot, refusal, whose, sizeof(whose));
	vgpu_text_append(ret_text, size, "%s has %s%s", whose, used, limit == VGPU_LIMIT_GPU_FREE_APERTURE ? " free" : "");
	append_users(snapshot, refusal, ret_text, size);
	vgpu_text_append(ret_text, size, ", %s%s wanted", wanted, limit == VGPU_LIMIT_GPU_FREE_APERTURE ? "" : " more");
}

static void refusal_remedy(const struct vgpu_refusal *refusal, char *ret_text, size_t size)
{
	char value[VGPU_SIZE_TEXT];

	limit_text(refusal->limit, refusal->rule.value, value);
	switch (refusal->limit) {
	case VGPU_LIMIT_VGPU_MIN_APERTURE:
		snprintf(ret_text, size, "ask for --aperture %s or more", value);
		break;
	case VGPU_LIMIT_VGPU_MAX_APERTURE:
		snprintf(ret_text, size, "ask for --aperture %s or less", value);
		break;
	case VGPU_LIMIT_DOMAIN_VGPUS:
	case VGPU_LIMIT_DOMAIN_APERTURE:
		snprintf(ret_text, size, "detach one of them from it, or use another domain");
		break;
	case VGPU_LIMIT_CLASS_VGPUS:
		snprintf(ret_text, size, "use another class, see vgpuctl classes");
		break;
	case VGPU_LIMIT_CLASS_GPUS:
		snprintf(ret_text, size, "use another GPU or class, see vgpuctl classes");
		break;
	default:
		snprintf(ret_text, size, "delete one of them or use another GPU");
	}
}

/**
 * vgpu_capacity_denied() - the error of a change that a limit stops
 * @snapshot: the snapshot
 * @policy: the policy
 * @name: of the vGPU
 * @refusal: the limit
 * @ret_error: the error
 *
 * Return: the -errno that matches @ret_error.
 */
int vgpu_capacity_denied(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy, const char *name,
			 const struct vgpu_refusal *refusal, struct vgpu_error *ret_error)
{
	char text[sizeof(ret_error->what)], remedy[sizeof(ret_error->remedy)];

	refusal_text(snapshot, policy, refusal, text, sizeof(text));
	refusal_remedy(refusal, remedy, sizeof(remedy));
	return vgpu_error_set(ret_error, vgpu_admission_exit(refusal->limit), name, remedy, "%s", text);
}

static bool lacks_any(const struct vgpu_candidate *candidate, unsigned int *ret_first)
{
	unsigned int i;

	for (i = 0; i < VGPU_RESOURCES && !candidate->lacks[i]; i++)
		;
	*ret_first = i;
	return i < VGPU_RESOURCES;
}

static void shortage_text(const struct vgpu_snapshot *snapshot, const struct vgpu_candidate *candidate, char *ret_text,
			  size_t size)
{
	const struct vgpu_gpu *gpu = &snapshot->gpus[candidate->gpu].gpu;
	char want[VGPU_SIZE_TEXT], free_text[VGPU_SIZE_TEXT], hole[VGPU_SIZE_TEXT];
	unsigned int i;

	if (!lacks_any(candidate, &i)) {
		snprintf(ret_text, size, "GPU %s has no instance left of type %s", gpu->address, candidate->record.type);
		return;
	}
	snprintf(ret_text, size, "GPU %s is short of %s: %s wanted, %s free, largest hole %s", gpu->address,
		 vgpu_resource_info[i].name, vgpu_resource_text(i, candidate->size[i], want),
		 vgpu_resource_text(i, gpu->free[i], free_text), vgpu_resource_text(i, gpu->hole[i], hole));
	append_holders(snapshot, candidate->gpu, i, candidate->record.uuid, ret_text, size);
	while (++i < VGPU_RESOURCES)
		if (candidate->lacks[i])
			vgpu_text_append(ret_text, size, ", %s short too", vgpu_resource_info[i].name);
}

/**
 * vgpu_capacity_reason() - why a GPU can't take a vGPU
 * @capacity: the request and its plan
 * @candidate: the GPU
 * @ret_text: a sentence without its end; empty when it can
 * @size: bytes in @ret_text
 */
void vgpu_capacity_reason(const struct vgpu_capacity *capacity, const struct vgpu_candidate *candidate, char *ret_text,
			  size_t size)
{
	*ret_text = '\0';
	switch (candidate->fit) {
	case VGPU_FIT_YES:
		break;
	case VGPU_FIT_SHORT:
		shortage_text(capacity->snapshot, candidate, ret_text, size);
		break;
	case VGPU_FIT_LIMIT:
		refusal_text(capacity->snapshot, capacity->policy, &candidate->refusal, ret_text, size);
		break;
	case VGPU_FIT_NEVER:
		vgpu_text_copy(ret_text, size, candidate->error.what);
		break;
	}
}

/* A few words, for one of several GPUs. */
static void append_brief(const struct vgpu_capacity *capacity, const struct vgpu_candidate *candidate, char *text, size_t size)
{
	const struct vgpu_gpu *gpu = &capacity->snapshot->gpus[candidate->gpu].gpu;
	char rule[160], number[VGPU_SIZE_TEXT];
	bool first = true;
	unsigned int i;

	if (candidate->fit == VGPU_FIT_NEVER) {
		/* Most of these name the GPU themselves. */
		vgpu_text_append(text, size, "%s%s%.96s", strstr(candidate->error.what, gpu->address) ? "" : gpu->address,
				 strstr(candidate->error.what, gpu->address) ? "" : ": ", candidate->error.what);
		return;
	}
	vgpu_text_append(text, size, "%s ", gpu->address);
	if (candidate->fit == VGPU_FIT_LIMIT) {
		vgpu_capacity_rule(candidate->refusal.limit, candidate->refusal.subject.class, rule, sizeof(rule));
		vgpu_text_append(text, size, "is stopped by %s", rule);
		return;
	}
	if (!lacks_any(candidate, &i))
		vgpu_text_append(text, size, "has no instance left of type %s", candidate->record.type);
	for (i = 0; i < VGPU_RESOURCES; i++) {
		if (!candidate->lacks[i])
			continue;
		vgpu_text_append(text, size, "%s%s (largest hole %s)", first ? "is short of " : ", ", vgpu_resource_info[i].name,
				 vgpu_resource_text(i, gpu->hole[i], number));
		first = false;
	}
}

/* Which of several reasons is told by the exit code: what a free GPU would cure, then the policy, then what nothing cures. */
static int urgency(const struct vgpu_candidate *candidate)
{
	if (candidate->fit == VGPU_FIT_SHORT)
		return 3;
	if (candidate->fit == VGPU_FIT_LIMIT)
		return vgpu_admission_exit(candidate->refusal.limit) == VGPU_EXIT_NO_CAPACITY ? 3 : 2;
	/* That another GPU has no such type says less than what keeps one that has it from making it. */
	if (candidate->error.exit == VGPU_EXIT_NOT_FOUND)
		return -1;
	return candidate->error.exit == VGPU_EXIT_NO_CAPACITY ? 1 : 0;
}

static const struct vgpu_candidate *most_urgent(const struct vgpu_plan *plan)
{
	const struct vgpu_candidate *candidate, *best = plan->candidates;

	for (candidate = plan->candidates; candidate < plan->candidates + plan->count; candidate++)
		if (urgency(candidate) > urgency(best))
			best = candidate;
	return best;
}

/* "this would fit: ..." as far as it is short enough to be whole, and whether moving a vGPU would help. */
static void append_remedy(const struct vgpu_capacity *capacity, char *remedy, size_t size)
{
	struct vgpu_request smaller;
	struct vgpu_move move;
	char command[VGPU_COMMAND_SIZE];
	bool fits = !vgpu_suggest_smaller(capacity->snapshot, capacity->policy, capacity->request, capacity->plan, &smaller);
	bool moves = !vgpu_move_find(capacity->snapshot, capacity->policy, capacity->request, &move);

	if (fits)
		vgpu_suggest_command(&smaller, command);
	if (fits && strlen(command) <= COMMAND_MAX)
		snprintf(remedy, size, "this would fit: %.*s", COMMAND_MAX, command);
	else if (moves)
		snprintf(remedy, size, "moving %s would make room, see vgpuctl create --dry-run", move.holder->name);
	else
		snprintf(remedy, size, "delete a vGPU%s", capacity->request->gpu ? " or use another GPU" : "");
	if (fits && moves && strlen(command) <= COMMAND_MAX)
		vgpu_text_append(remedy, size, "; or move %s, see --dry-run", move.holder->name);
}

static enum vgpu_exit exit_of(const struct vgpu_candidate *candidate)
{
	if (candidate->fit == VGPU_FIT_LIMIT)
		return vgpu_admission_exit(candidate->refusal.limit);
	return candidate->fit == VGPU_FIT_NEVER ? candidate->error.exit : VGPU_EXIT_NO_CAPACITY;
}

static int no_gpu(const struct vgpu_request *request, struct vgpu_error *ret_error)
{
	if (request->gpu)
		return vgpu_error_set(ret_error, VGPU_EXIT_NOT_FOUND, request->gpu, "see vgpuctl gpu list", "no such GPU");
	return vgpu_error_set(ret_error, VGPU_EXIT_NOT_FOUND, "gpu", "load the module: modprobe vgpu",
			      "no GPU of this host can be shared");
}

/* A few words on each GPU. */
static void several(const struct vgpu_capacity *capacity, char *text, size_t size)
{
	const struct vgpu_plan *plan = capacity->plan;
	size_t told = 0, i;

	snprintf(text, size, "no GPU can take it: ");
	for (i = 0; i < plan->count; i++) {
		if (urgency(&plan->candidates[i]) < 0 || told++ >= GPUS_MAX)
			continue;
		vgpu_text_append(text, size, "%s", told > 1 ? ", " : "");
		append_brief(capacity, &plan->candidates[i], text, size);
	}
	if (told > GPUS_MAX)
		vgpu_text_append(text, size, " and %zu more", told - GPUS_MAX);
}

static size_t count_telling(const struct vgpu_plan *plan)
{
	size_t count = 0, i;

	for (i = 0; i < plan->count; i++)
		count += urgency(&plan->candidates[i]) >= 0;
	return count;
}

/**
 * vgpu_capacity_error() - the error of a request that no GPU can take
 * @capacity: the request and its plan
 * @ret_error: the error
 *
 * Return: the -errno that matches @ret_error.
 */
int vgpu_capacity_error(const struct vgpu_capacity *capacity, struct vgpu_error *ret_error)
{
	const struct vgpu_candidate *candidate = most_urgent(capacity->plan);
	char text[sizeof(ret_error->what)], remedy[sizeof(ret_error->remedy)];
	const char *object = capacity->request->record.name;
	enum vgpu_exit exit;

	if (!capacity->plan->count)
		return no_gpu(capacity->request, ret_error);
	exit = exit_of(candidate);
	/* Where no other GPU would help, the one reason is the whole answer. */
	if (count_telling(capacity->plan) > 1 && urgency(candidate) > 0 && exit != VGPU_EXIT_DENIED)
		several(capacity, text, sizeof(text));
	else if (candidate->fit == VGPU_FIT_NEVER) {
		*ret_error = candidate->error;
		return vgpu_error_errno(exit);
	} else
		vgpu_capacity_reason(capacity, candidate, text, sizeof(text));
	if (exit == VGPU_EXIT_DENIED)
		refusal_remedy(&candidate->refusal, remedy, sizeof(remedy));
	else
		append_remedy(capacity, remedy, sizeof(remedy));
	return vgpu_error_set(ret_error, exit, object, remedy, "%s", text);
}

static int unreadable(const char *name, int rc, struct vgpu_error *ret_error)
{
	return vgpu_error_set(ret_error, VGPU_EXIT_FAILED, name, "see the log of vgpud", "the GPUs can't be read: %s",
			      strerror(-rc));
}

static int gone(const struct vgpu_record *record, struct vgpu_error *ret_error)
{
	return vgpu_error_set(ret_error, VGPU_EXIT_NOT_FOUND, record->gpu, "see vgpuctl gpu list", "GPU is not there");
}

/**
 * vgpu_capacity_growth() - why a vGPU can't have more of a resource
 * @agent: the agent
 * @record: the vGPU with the size that it was to have
 * @resource: of what
 * @old: what it has
 * @ret_error: the report; one vGPU may move while it grows, so what would fit is the larger of its own part and the largest hole
 *
 * Return: the -errno that matches @ret_error.
 */
int vgpu_capacity_growth(struct vgpu_agent *agent, const struct vgpu_record *record, enum vgpu_resource resource, uint64_t old,
			 struct vgpu_error *ret_error)
{
	char from[VGPU_SIZE_TEXT], to[VGPU_SIZE_TEXT], free_text[VGPU_SIZE_TEXT], hole[VGPU_SIZE_TEXT], holders[256] = "";
	const struct vgpu_resource_info *info = &vgpu_resource_info[resource];
	cleanup_snapshot struct vgpu_snapshot snapshot = { 0 };
	const struct vgpu_gpu *gpu;
	size_t g;
	int rc;

	rc = vgpu_snapshot_read(agent, &snapshot);
	if (rc)
		return unreadable(record->name, rc, ret_error);
	g = vgpu_snapshot_find_gpu(&snapshot, record->gpu);
	if (g == VGPU_NOWHERE)
		return gone(record, ret_error);
	gpu = &snapshot.gpus[g].gpu;
	vgpu_resource_text(resource, record->size[resource], to);
	if (record->size[resource] > gpu->total[resource])
		return vgpu_error_set(ret_error, VGPU_EXIT_NO_CAPACITY, record->name, "ask for less, see vgpuctl gpu list",
				      "%s %s can't be had: GPU %s has %s%s%s", info->option, to, gpu->address,
				      vgpu_resource_text(resource, gpu->total[resource], from), info->pages ? " of " : " ",
				      info->name);
	append_holders(&snapshot, g, resource, record->uuid, holders, sizeof(holders));
	return vgpu_error_set(ret_error, VGPU_EXIT_NO_CAPACITY, record->name, "ask for less or delete a vGPU",
			      "%s can't grow from %s to %s: GPU %s has %s free beside it, largest hole %s%s", info->name,
			      vgpu_resource_text(resource, old, from), to, gpu->address,
			      vgpu_resource_text(resource, gpu->free[resource], free_text),
			      vgpu_resource_text(resource, gpu->hole[resource], hole), holders);
}

/**
 * vgpu_capacity_fits() - is there room for what a record says on its GPU now?
 * @agent: the agent
 * @record: its .gpu and .size
 * @ret_error: what is short
 *
 * Return: 0, -ENOSPC, or -ENOENT when the GPU is gone.
 */
int vgpu_capacity_fits(struct vgpu_agent *agent, const struct vgpu_record *record, struct vgpu_error *ret_error)
{
	cleanup_snapshot struct vgpu_snapshot snapshot = { 0 };
	struct vgpu_candidate candidate = { .record = *record };
	char text[sizeof(ret_error->what)];
	const struct vgpu_gpu *gpu;
	unsigned int i;
	int rc;

	rc = vgpu_snapshot_read(agent, &snapshot);
	if (rc)
		return unreadable(record->name, rc, ret_error);
	candidate.gpu = vgpu_snapshot_find_gpu(&snapshot, record->gpu);
	if (candidate.gpu == VGPU_NOWHERE)
		return gone(record, ret_error);
	gpu = &snapshot.gpus[candidate.gpu].gpu;
	memcpy(candidate.size, record->size, sizeof(candidate.size));
	for (i = 0; gpu->ours && i < VGPU_RESOURCES; i++)
		candidate.lacks[i] = record->size[i] > gpu->hole[i];
	if (!lacks_any(&candidate, &i))
		return 0;
	shortage_text(&snapshot, &candidate, text, sizeof(text));
	return vgpu_error_set(ret_error, VGPU_EXIT_NO_CAPACITY, record->name, "delete a vGPU or use another GPU", "%s", text);
}
