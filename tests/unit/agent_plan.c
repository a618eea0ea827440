// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * agent_plan.c - where a vGPU goes, what the policy lets be, and what is said when it can't: tables of small worlds. A world is a line
 * of words:
 *
 *	gpu=A:256		a GPU of ours with 256 MiB of aperture, six times as much hidden memory, a fence for each 8 MiB
 *	gvtg=B:2		another vendor's, with two instances left of its types of 64 and 128 MiB
 *	a@0+64			a vGPU on the GPU before it: 64 MiB of aperture from 0 on, and the same part of the rest
 *	a@0+64*200/gold^web!	of weight 200, in class gold, of domain web, in use
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/cleanup.h"
#include "lib/text.h"
#include "vgpud-agent/capacity.h"
#include "vgpud-agent/explain.h"
#include "vgpud-agent/layout.h"
#include "vgpud-agent/move.h"
#include "vgpud-agent/suggest.h"

#define M(mebibytes) ((uint64_t)(mebibytes) << 20)
#define MEMBERS_MAX 16

static void add_gpu(struct vgpu_snapshot *world, const char *name, unsigned int mebibytes)
{
	struct vgpu_snapshot_gpu *g = &world->gpus[world->gpus_count++];

	strcpy(g->gpu.address, name);
	g->gpu.ours = true;
	g->gpu.total[VGPU_APERTURE] = M(mebibytes);
	g->gpu.total[VGPU_HIDDEN] = 6 * M(mebibytes);
	g->gpu.total[VGPU_FENCES] = mebibytes / 8;
	g->types = calloc(2, sizeof(*g->types));
	g->types_count = 2;
	strcpy(g->types[0].id, "vgpu-64M");
	g->types[0].available = 1;
	g->types[0].size[VGPU_APERTURE] = M(64);
	g->types[0].size[VGPU_HIDDEN] = M(384);
	g->types[0].size[VGPU_FENCES] = 8;
	strcpy(g->types[1].id, "vgpu-flex");
	g->types[1].available = 1;
}

static void add_gvtg(struct vgpu_snapshot *world, const char *name, unsigned int available)
{
	struct vgpu_snapshot_gpu *g = &world->gpus[world->gpus_count++];
	unsigned int i;

	strcpy(g->gpu.address, name);
	g->types = calloc(2, sizeof(*g->types));
	g->types_count = 2;
	for (i = 0; i < 2; i++) {
		sprintf(g->types[i].id, "i915-GVTg_V5_%u", 8 >> i);
		g->types[i].available = available;
		g->types[i].size[VGPU_APERTURE] = M(64 << i);
		g->types[i].size[VGPU_HIDDEN] = M(256 << i);
		g->types[i].size[VGPU_FENCES] = 4;
	}
}

static void add_holder(struct vgpu_snapshot *world, const char *name, unsigned int base, unsigned int size, const char *rest)
{
	struct vgpu_holder *holder = &world->holders[world->holders_count++];
	const struct vgpu_gpu *gpu = &world->gpus[world->gpus_count - 1].gpu;
	unsigned int weight = 100;

	strcpy(holder->name, name);
	strcpy(holder->uuid, name);
	strcpy(holder->state, "ready");
	strcpy(holder->type, gpu->ours ? "vgpu-flex" : "i915-GVTg_V5_8");
	holder->gpu = world->gpus_count - 1;
	holder->managed = holder->present = true;
	sscanf(rest, "*%u", &weight);
	if (strchr(rest, '/'))
		sscanf(strchr(rest, '/') + 1, "%63[a-z]", holder->class);
	if (strchr(rest, '^'))
		sscanf(strchr(rest, '^') + 1, "%63[a-z]", holder->domain);
	holder->used = strchr(rest, '!');
	holder->size[VGPU_APERTURE] = M(size);
	if (!gpu->ours)
		return;
	holder->base[VGPU_APERTURE] = M(base);
	holder->size[VGPU_HIDDEN] = 6 * M(size);
	holder->base[VGPU_HIDDEN] = gpu->total[VGPU_APERTURE] + 6 * M(base);
	holder->size[VGPU_FENCES] = size / 8;
	holder->base[VGPU_FENCES] = base / 8;
	holder->knob[VGPU_WEIGHT] = weight;
	holder->knob[VGPU_CAP_PCT] = 100;
}

static void make_world(const char *text, struct vgpu_snapshot *ret_world)
{
	struct vgpu_snapshot world = { 0 };
	char copy[512], *word, *rest, name[64];
	unsigned int first, second;
	int length;
	size_t i;

	world.gpus = calloc(MEMBERS_MAX, sizeof(*world.gpus));
	world.holders = calloc(MEMBERS_MAX, sizeof(*world.holders));
	strcpy(copy, text);
	for (word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		if (sscanf(word, "gpu=%63[^:]:%u", name, &first) == 2)
			add_gpu(&world, name, first);
		else if (sscanf(word, "gvtg=%63[^:]:%u", name, &first) == 2)
			add_gvtg(&world, name, first);
		else if (sscanf(word, "%63[^@]@%u+%u%n", name, &first, &second, &length) == 3)
			add_holder(&world, name, first, second, word + length);
		else
			fail_msg("%s: no such word", word);
	}
	for (i = 0; i < world.gpus_count; i++)
		if (world.gpus[i].gpu.ours) {
			assert_int_equal(vgpu_layout_recount(&world, i), 0);
			world.gpus[i].exact = true;
		}
	*ret_world = world;
}

static void make_policy(const char *text, struct vgpu_policy *ret_policy)
{
	struct vgpu_yaml_error error;

	if (vgpu_policy_parse(text, strlen(text), ret_policy, &error))
		fail_msg("%s:%u:%u: %s", text, error.line, error.column, error.what);
	ret_policy->file = "p.yaml";
}

static struct vgpu_request make_request(const struct vgpu_policy *policy, unsigned int aperture, const char *class,
					const char *domain, const char *gpu, unsigned int weight)
{
	struct vgpu_request request = { .gpu = gpu, .domain = domain };

	strcpy(request.record.name, "new");
	request.record.size[VGPU_APERTURE] = M(aperture);
	request.record.knob[VGPU_WEIGHT] = weight;
	if (!class)
		return request;
	strcpy(request.record.class, class);
	assert_non_null(vgpu_policy_class(policy, class));
	memcpy(request.record.knob, vgpu_policy_class(policy, class)->knob, sizeof(request.record.knob));
	return request;
}

/* clang-format off */
static const struct {
	const char *world, *placement;
	unsigned int aperture;
	const char *want;
} placed[] = {
	/* Empty GPUs are alike: the lowest address. */
	{ "gpu=A:256 gpu=B:256", "spread", 64, "A" },
	{ "gpu=A:256 gpu=B:256", "pack", 64, "A" },
	{ "gpu=A:256 gpu=B:256", "best-fit", 64, "A" },
	/* One is half full. */
	{ "gpu=A:256 a@0+128 gpu=B:256", "spread", 64, "B" },
	{ "gpu=A:256 gpu=B:256 a@0+128", "pack", 64, "B" },
	{ "gpu=A:256 gpu=B:256 a@0+128", "best-fit", 64, "B" },
	/* It is parts that count: 64 of 128 is less free than 128 of 256, though it is less that is taken. */
	{ "gpu=A:128 a@0+64 gpu=B:512 b@0+192", "spread", 64, "B" },
	{ "gpu=A:128 a@0+64 gpu=B:512 b@0+320", "spread", 32, "A" },
	{ "gpu=A:512 a@0+192 gpu=B:128 b@0+64", "pack", 64, "B" },
	/* Equally full: fewer vGPUs, then less weight. */
	{ "gpu=A:256 a@0+32 b@32+32 gpu=B:256 c@0+64", "spread", 64, "B" },
	{ "gpu=A:256 a@0+32*40 b@32+32*40 gpu=B:256 c@0+64*100", "spread", 64, "B" },
	{ "gpu=A:256 a@0+64*200 gpu=B:256 b@0+64", "spread", 64, "B" },
	{ "gpu=A:256 a@0+64*100 gpu=B:256 b@0+64", "spread", 64, "A" },
	/* Pack does not take what has no room. */
	{ "gpu=A:256 gpu=B:256 a@0+224", "pack", 64, "A" },
	/* Best fit looks at the hole, not at the sum: A has more in use, B the hole that is nearer. */
	{ "gpu=A:256 a@0+192 gpu=B:256 b@0+32 c@96+32", "best-fit", 64, "A" },
	{ "gpu=A:256 a@0+160 gpu=B:256 b@0+32 c@96+32", "best-fit", 64, "B" },
	{ "gpu=A:256 a@0+160 gpu=B:256 b@0+32 c@96+32", "pack", 64, "A" },
	/* Other vendors' GPUs are compared by instances. */
	{ "gpu=A:256 a@0+128 gvtg=B:2", "spread", 64, "B" },
	{ "gpu=A:256 a@0+64 gvtg=B:1 b@0+64", "spread", 64, "A" },
	{ "gpu=A:256 a@0+64 gvtg=B:1 b@0+64", "pack", 64, "B" },
	{ "gpu=A:256 a@0+64 gvtg=B:1 b@0+64", "best-fit", 64, "B" },
	{ "gpu=A:256 a@0+64 gvtg=B:0", "pack", 64, "A" },
};
/* clang-format on */

static void placement(void **state)
{
	const char *chosen;
	char text[64];
	size_t i;

	for (i = 0; i < VGPU_COUNT(placed); i++) {
		cleanup_snapshot struct vgpu_snapshot world = { 0 };
		cleanup_plan struct vgpu_plan plan = { 0 };
		struct vgpu_policy policy;
		struct vgpu_request request;

		make_world(placed[i].world, &world);
		snprintf(text, sizeof(text), "placement: %s\n", placed[i].placement);
		make_policy(text, &policy);
		request = make_request(&policy, placed[i].aperture, NULL, NULL, NULL, 0);
		assert_int_equal(vgpu_plan_make(&world, &policy, &request, &plan), 0);
		chosen = plan.chosen ? world.gpus[plan.chosen->gpu].gpu.address : "none";
		if (strcmp(chosen, placed[i].want) != 0)
			fail_msg("%s, %s: %s, not %s", placed[i].world, placed[i].placement, chosen, placed[i].want);
		assert_string_equal(plan.chosen->record.gpu, chosen);
	}
}

/* clang-format off */
static const struct {
	const char *world, *policy;
	unsigned int aperture;
	const char *class, *domain, *gpu;
	unsigned int weight;
	enum vgpu_exit exit; /* VGPU_EXIT_DONE: @want is the GPU */
	const char *want; /* of the error, the whole line behind the name */
} asked[] = {
	/* Room. */
	{ "gpu=A:256 a@0+64 b@128+64", "{}", 96, NULL, NULL, NULL, 0, VGPU_EXIT_NO_CAPACITY,
	  "GPU A is short of aperture: 96M wanted, 128M free, largest hole 64M, held by a 64M, b 64M, hidden memory short too, "
	  "fences short too; this would fit: vgpuctl create --aperture 64M; or move a, see --dry-run" },
	{ "gpu=A:256 a@0+64! b@128+64!", "{}", 96, NULL, NULL, NULL, 0, VGPU_EXIT_NO_CAPACITY,
	  "GPU A is short of aperture: 96M wanted, 128M free, largest hole 64M, held by a 64M, b 64M, hidden memory short too, "
	  "fences short too; this would fit: vgpuctl create --aperture 64M" },
	{ "gpu=A:256 a@0+256!", "{}", 96, NULL, NULL, NULL, 0, VGPU_EXIT_NO_CAPACITY,
	  "GPU A is short of aperture: 96M wanted, 0 free, largest hole 0, held by a 256M, hidden memory short too, "
	  "fences short too; delete a vGPU" },
	{ "gpu=A:256", "{}", 512, NULL, NULL, NULL, 0, VGPU_EXIT_NO_CAPACITY,
	  "--aperture 512M can't be had: GPU A has 256M of aperture; ask for less, see vgpuctl gpu list" },
	{ "gpu=A:256", "{}", 64, NULL, NULL, "B", 0, VGPU_EXIT_NOT_FOUND, "no such GPU; see vgpuctl gpu list" },
	{ "gvtg=A:0", "{}", 64, NULL, NULL, NULL, 0, VGPU_EXIT_NO_CAPACITY,
	  "GPU A has no instance left of type i915-GVTg_V5_8; delete a vGPU" },
	{ "gvtg=A:1", "{}", 256, NULL, NULL, NULL, 0, VGPU_EXIT_NO_CAPACITY,
	  "no type of GPU A has an aperture of 256M and what else was asked for; see vgpuctl types" },
	/* Several GPUs: each is named, briefly. */
	{ "gpu=A:256 a@0+192! gpu=B:256 b@0+256!", "{}", 128, NULL, NULL, NULL, 0, VGPU_EXIT_NO_CAPACITY,
	  "no GPU can take it: A is short of aperture (largest hole 64M), hidden memory (largest hole 384M), fences (largest hole 8), "
	  "B is short of aperture (largest hole 0), hidden memory (largest hole 0), fences (largest hole 0); "
	  "this would fit: vgpuctl create --aperture 64M" },
	{ "gpu=A:256 a@0+192! gvtg=B:0", "limits: {gpu: {max_vgpus: 1}}", 32, NULL, NULL, NULL, 0, VGPU_EXIT_NO_CAPACITY,
	  "no GPU can take it: A is stopped by limits.gpu.max_vgpus, B has no instance left of type i915-GVTg_V5_8; "
	  "delete a vGPU" },
	{ "gpu=A:256 a@0+256! gvtg=B:1", "{}", 64, NULL, NULL, NULL, 7, VGPU_EXIT_NO_CAPACITY,
	  "no GPU can take it: A is short of aperture (largest hole 0), hidden memory (largest hole 0), fences (largest hole 0), "
	  "B: its driver has no scheduler settings; delete a vGPU" },
	/* Moving: to another GPU, elsewhere on the same one, and nothing that would not work. */
	{ "gpu=A:256 a@64+128 gpu=B:128", "{}", 192, NULL, NULL, NULL, 0, VGPU_EXIT_NO_CAPACITY,
	  "no GPU can take it: A is short of aperture (largest hole 64M), hidden memory (largest hole 384M), fences (largest hole 8), "
	  "--aperture 192M can't be had: GPU B has 128M of aperture; this would fit: vgpuctl create --aperture 128M; "
	  "or move a, see --dry-run" },
	{ "gpu=A:256 a@64+64^web", "{}", 192, NULL, NULL, NULL, 0, VGPU_EXIT_NO_CAPACITY,
	  "GPU A is short of aperture: 192M wanted, 192M free, largest hole 128M, held by a 64M, hidden memory short too, "
	  "fences short too; this would fit: vgpuctl create --aperture 128M; or move a, see --dry-run" },
	/* Limits of one vGPU. */
	{ "gpu=A:256", "limits:\n  vgpu:\n    min_aperture: 16M\n", 8, NULL, NULL, NULL, 0, VGPU_EXIT_DENIED,
	  "limits.vgpu.min_aperture is 16M (p.yaml:3): 8M wanted; ask for --aperture 16M or more" },
	{ "gpu=A:256", "limits: {vgpu: {min_aperture: 16M}}", 16, NULL, NULL, NULL, 0, VGPU_EXIT_DONE, "A" },
	{ "gpu=A:256 gpu=B:256", "limits: {vgpu: {max_aperture: 64M}}", 128, NULL, NULL, NULL, 0, VGPU_EXIT_DENIED,
	  "limits.vgpu.max_aperture is 64M (p.yaml:1): 128M wanted; ask for --aperture 64M or less" },
	{ "gpu=A:256", "limits: {vgpu: {max_aperture: 64M}}", 64, NULL, NULL, NULL, 0, VGPU_EXIT_DONE, "A" },
	/* A type of another vendor's that says how large it is counts by what it says. */
	{ "gvtg=A:1", "limits: {vgpu: {max_aperture: 64M}}", 100, NULL, NULL, NULL, 0, VGPU_EXIT_DENIED,
	  "limits.vgpu.max_aperture is 64M (p.yaml:1): 128M wanted; ask for --aperture 64M or less" },
	/* Of a domain, on whatever GPU. */
	{ "gpu=A:256 a@0+64^web gpu=B:256 b@0+32^web", "limits: {domain: {max_vgpus: 2}}", 8, NULL, "web", NULL, 0, VGPU_EXIT_DENIED,
	  "limits.domain.max_vgpus is 2 (p.yaml:1): domain web has 2 (a, b), 1 more wanted; "
	  "detach one of them from it, or use another domain" },
	{ "gpu=A:256 a@0+64^web b@64+8^web", "limits: {domain: {max_vgpus: 2}}", 8, NULL, "other", NULL, 0, VGPU_EXIT_DONE, "A" },
	{ "gpu=A:256 a@0+64^web b@64+8^web", "limits: {domain: {max_vgpus: 2}}", 8, NULL, NULL, NULL, 0, VGPU_EXIT_DONE, "A" },
	{ "gpu=A:256 a@0+64^web", "limits: {domain: {max_aperture: 96M}}", 64, NULL, "web", NULL, 0, VGPU_EXIT_DENIED,
	  "limits.domain.max_aperture is 96M (p.yaml:1): domain web has 64M (a 64M), 64M more wanted; "
	  "detach one of them from it, or use another domain" },
	{ "gpu=A:256 a@0+64^web", "limits: {domain: {max_aperture: 96M}}", 32, NULL, "web", NULL, 0, VGPU_EXIT_DONE, "A" },
	/* Of a GPU: it counts as full, and another one is taken. */
	{ "gpu=A:256 a@0+8 gpu=B:256 b@0+128", "limits: {gpu: {max_vgpus: 1}}", 8, NULL, NULL, NULL, 0, VGPU_EXIT_NO_CAPACITY,
	  "no GPU can take it: A is stopped by limits.gpu.max_vgpus, B is stopped by limits.gpu.max_vgpus; "
	  "delete a vGPU" },
	{ "gpu=A:256 a@0+8 gpu=B:256", "placement: pack\nlimits: {gpu: {max_vgpus: 1}}", 8, NULL, NULL, NULL, 0, VGPU_EXIT_DONE, "B" },
	{ "gpu=A:256 a@0+8*300 b@8+8", "limits: {gpu: {max_weight: 450}}", 8, NULL, NULL, NULL, 100, VGPU_EXIT_NO_CAPACITY,
	  "limits.gpu.max_weight is 450 (p.yaml:1): GPU A has 400 (a 300, b 100), 100 more wanted; "
	  "this would fit: vgpuctl create --aperture 8M --weight 50" },
	{ "gpu=A:256 a@0+8*300 b@8+8", "limits: {gpu: {max_weight: 500}}", 8, NULL, NULL, NULL, 100, VGPU_EXIT_DONE, "A" },
	{ "gpu=A:256 a@0+128!", "limits: {gpu: {min_free_aperture: 96M}}", 64, NULL, NULL, NULL, 0, VGPU_EXIT_NO_CAPACITY,
	  "limits.gpu.min_free_aperture is 96M (p.yaml:1): GPU A has 128M free (a 128M), 64M wanted; "
	  "this would fit: vgpuctl create --aperture 32M" },
	{ "gpu=A:256 a@0+128", "limits: {gpu: {min_free_aperture: 64M}}", 64, NULL, NULL, NULL, 0, VGPU_EXIT_DONE, "A" },
	/* Of a class. */
	{ "gpu=A:256 a@0+8/gold gpu=B:256", "classes: {gold: {max_vgpus: 1}}", 8, "gold", NULL, NULL, 0, VGPU_EXIT_DENIED,
	  "classes.gold.max_vgpus is 1 (p.yaml:1): class gold has 1 (a), 1 more wanted; use another class, see vgpuctl classes" },
	{ "gpu=A:256 a@0+8/gold gpu=B:256", "classes: {gold: {max_vgpus: 1}, tin: {}}", 8, "tin", NULL, NULL, 0, VGPU_EXIT_DONE, "B" },
	{ "gpu=A:256 gpu=B:256", "classes:\n  gold:\n    gpus: [B]\n", 8, "gold", NULL, NULL, 0, VGPU_EXIT_DONE, "B" },
	{ "gpu=A:256 gpu=B:256", "classes:\n  gold:\n    gpus: [B]\n", 8, "gold", NULL, "A", 0, VGPU_EXIT_DENIED,
	  "classes.gold.gpus (p.yaml:3) does not have GPU A; use another GPU or class, see vgpuctl classes" },
	{ "gpu=A:256 gpu=B:256 b@0+256!", "classes:\n  gold:\n    gpus: [B]\n", 8, "gold", NULL, NULL, 0, VGPU_EXIT_NO_CAPACITY,
	  "no GPU can take it: A is stopped by classes.gold.gpus, B is short of aperture (largest hole 0), "
	  "hidden memory (largest hole 0), fences (largest hole 0); delete a vGPU" },
	/* The policy before room, where it grants the thing to nobody. */
	{ "gpu=A:256 a@0+256^web", "limits: {domain: {max_vgpus: 1}}", 8, NULL, "web", NULL, 0, VGPU_EXIT_DENIED,
	  "limits.domain.max_vgpus is 1 (p.yaml:1): domain web has 1 (a), 1 more wanted; "
	  "detach one of them from it, or use another domain" },
	/* Room before the policy, where the GPU is full anyway. */
	{ "gpu=A:256 a@0+256!", "limits: {gpu: {max_vgpus: 1}}", 8, NULL, NULL, NULL, 0, VGPU_EXIT_NO_CAPACITY,
	  "GPU A is short of aperture: 8M wanted, 0 free, largest hole 0, held by a 256M, hidden memory short too, fences short too; "
	  "delete a vGPU" },
};
/* clang-format on */

/* What is said to fit, fits. */
static void check_suggestion(const struct vgpu_capacity *capacity)
{
	cleanup_plan struct vgpu_plan plan = { 0 };
	struct vgpu_request smaller;

	if (vgpu_suggest_smaller(capacity->snapshot, capacity->policy, capacity->request, capacity->plan, &smaller))
		return;
	assert_int_equal(vgpu_plan_make(capacity->snapshot, capacity->policy, &smaller, &plan), 0);
	assert_non_null(plan.chosen);
}

static void answers(void **state)
{
	struct vgpu_error error;
	char text[1024];
	size_t i;
	int rc;

	for (i = 0; i < VGPU_COUNT(asked); i++) {
		cleanup_snapshot struct vgpu_snapshot world = { 0 };
		cleanup_plan struct vgpu_plan plan = { 0 };
		cleanup_json struct vgpu_json *explanation = NULL;
		struct vgpu_policy policy;
		struct vgpu_request request;
		const struct vgpu_capacity capacity = { &world, &policy, &request, &plan };

		make_world(asked[i].world, &world);
		make_policy(asked[i].policy, &policy);
		request =
			make_request(&policy, asked[i].aperture, asked[i].class, asked[i].domain, asked[i].gpu, asked[i].weight);
		assert_int_equal(vgpu_plan_make(&world, &policy, &request, &plan), 0);
		explanation = vgpu_explain_plan(&capacity);
		assert_int_equal(vgpu_json_get_bool(explanation, "fits"), asked[i].exit == VGPU_EXIT_DONE);
		if (plan.chosen) {
			if (asked[i].exit || strcmp(world.gpus[plan.chosen->gpu].gpu.address, asked[i].want) != 0)
				fail_msg("%s, %s: it fits", asked[i].world, asked[i].policy);
			continue;
		}
		rc = vgpu_capacity_error(&capacity, &error);
		snprintf(text, sizeof(text), "%s; %s", error.what, error.remedy);
		if (error.exit != asked[i].exit || strcmp(text, asked[i].want) != 0)
			fail_msg("%s, %s: exit %u, %s", asked[i].world, asked[i].policy, error.exit, text);
		assert_int_equal(rc, vgpu_error_errno(error.exit));
		check_suggestion(&capacity);
	}
}

/* clang-format off */
static const struct {
	const char *world;
	unsigned int aperture;
	const char *want; /* NAME FROM>TO, or empty */
} moved[] = {
	{ "gpu=A:256 a@64+64", 192, "a A>A" },
	{ "gpu=A:256 a@64+128 gpu=B:128", 192, "a A>B" },
	{ "gpu=A:256 a@64+128", 192, "" },
	{ "gpu=A:256 a@64+64!", 192, "" },
	/* The smallest that helps, and one of a domain only when no other does. */
	{ "gpu=A:256 a@32+32 b@128+64", 128, "a A>A" },
	{ "gpu=A:256 a@32+32^web b@128+64", 128, "b A>A" },
	{ "gpu=A:256 a@32+32^web b@128+64!", 128, "a A>A" },
	{ "gpu=A:256 a@0+256", 64, "" },
	{ "gpu=A:256 a@0+256 gpu=B:512 b@0+256!", 512, "" },
};
/* clang-format on */

static void moves(void **state)
{
	struct vgpu_policy policy;
	char text[256];
	size_t i;

	make_policy("{}", &policy);
	for (i = 0; i < VGPU_COUNT(moved); i++) {
		cleanup_snapshot struct vgpu_snapshot world = { 0 };
		struct vgpu_request request;
		struct vgpu_move move;

		make_world(moved[i].world, &world);
		request = make_request(&policy, moved[i].aperture, NULL, NULL, NULL, 0);
		text[0] = '\0';
		if (!vgpu_move_find(&world, &policy, &request, &move))
			snprintf(text, sizeof(text), "%s %s>%s", move.holder->name, world.gpus[move.holder->gpu].gpu.address,
				 world.gpus[move.to].gpu.address);
		if (strcmp(text, moved[i].want) != 0)
			fail_msg("%s: \"%s\", not \"%s\"", moved[i].world, text, moved[i].want);
	}
}

/* What would fit is not told by every error, but by every explanation. */
static void suggestions(void **state)
{
	static const struct {
		const char *world, *policy;
		unsigned int aperture;
		const char *domain, *want; /* NULL: nothing fits */
	} cases[] = {
		{ "gpu=A:256 a@0+192", "{}", 128, NULL, "vgpuctl create --aperture 64M" },
		{ "gpu=A:256 a@0+256", "{}", 128, NULL, NULL },
		{ "gpu=A:256 a@0+192 gpu=B:256 b@0+160", "{}", 128, NULL, "vgpuctl create --aperture 96M" },
		{ "gpu=A:256 a@0+192 gvtg=B:1", "{}", 256, NULL, "vgpuctl create --aperture 128M" },
		{ "gpu=A:256", "limits: {vgpu: {min_aperture: 8M}}", 4, NULL, "vgpuctl create --aperture 8M" },
		{ "gpu=A:256", "limits: {vgpu: {max_aperture: 8M}}", 16, NULL, "vgpuctl create --aperture 8M" },
		{ "gpu=A:256 a@0+64^web", "limits: {domain: {max_aperture: 72M}}", 16, "web",
		  "vgpuctl create --aperture 8M --domain web" },
		{ "gpu=A:256 a@0+64^web", "limits: {domain: {max_vgpus: 1}}", 16, "web", NULL },
		/* What one limit leaves, another one may not take. */
		{ "gpu=A:256 a@0+64^web", "limits: {domain: {max_aperture: 72M}, vgpu: {min_aperture: 16M}}", 16, "web", NULL },
		{ "gpu=A:256 a@0+128", "limits: {gpu: {min_free_aperture: 128M}}", 16, NULL, NULL },
	};
	const char *command;
	size_t i;

	for (i = 0; i < VGPU_COUNT(cases); i++) {
		cleanup_snapshot struct vgpu_snapshot world = { 0 };
		cleanup_plan struct vgpu_plan plan = { 0 };
		cleanup_json struct vgpu_json *explanation = NULL;
		struct vgpu_policy policy;
		struct vgpu_request request;
		const struct vgpu_capacity capacity = { &world, &policy, &request, &plan };

		make_world(cases[i].world, &world);
		make_policy(cases[i].policy, &policy);
		request = make_request(&policy, cases[i].aperture, NULL, cases[i].domain, NULL, 0);
		assert_int_equal(vgpu_plan_make(&world, &policy, &request, &plan), 0);
		assert_null(plan.chosen);
		explanation = vgpu_explain_plan(&capacity);
		command = vgpu_json_get_string(vgpu_json_get(explanation, "would_fit"), "command");
		if ((command || cases[i].want) && (!command || !cases[i].want || strcmp(command, cases[i].want) != 0))
			fail_msg("%s, %s: %s", cases[i].world, cases[i].policy, command ? command : "nothing");
	}
}

/* A limit stops what brings more of what it limits. */
static void changes(void **state)
{
	static const struct {
		const char *policy;
		unsigned int aperture, weight; /* what a, of 64 MiB and weight 100, becomes */
		const char *class, *domain;
		bool want;
	} cases[] = {
		{ "limits: {vgpu: {max_aperture: 32M}}", 64, 200, "", "web", true },
		{ "limits: {vgpu: {max_aperture: 32M}}", 48, 100, "", "web", true },
		{ "limits: {vgpu: {max_aperture: 32M}}", 72, 100, "", "web", false },
		{ "limits: {vgpu: {min_aperture: 96M}}", 72, 100, "", "web", true },
		{ "limits: {vgpu: {min_aperture: 96M}}", 56, 100, "", "web", false },
		{ "limits: {domain: {max_vgpus: 1}}", 64, 100, "", "web", true },
		{ "limits: {domain: {max_vgpus: 1}}", 64, 100, "", "other", true },
		{ "limits: {domain: {max_vgpus: 1}}", 64, 100, "", "full", false },
		{ "limits: {domain: {max_aperture: 32M}}", 64, 100, "", "web", true },
		{ "limits: {domain: {max_aperture: 32M}}", 72, 100, "", "web", false },
		{ "limits: {gpu: {max_weight: 150}}", 64, 100, "", "web", true },
		{ "limits: {gpu: {max_weight: 150}}", 64, 90, "", "web", true },
		{ "limits: {gpu: {max_weight: 150}}", 64, 101, "", "web", false },
		{ "limits: {gpu: {max_vgpus: 1}}", 128, 500, "", "web", true },
		{ "limits: {gpu: {min_free_aperture: 128M}}", 64, 100, "", "web", true },
		{ "limits: {gpu: {min_free_aperture: 128M}}", 72, 100, "", "web", false },
		{ "limits: {gpu: {min_free_aperture: 64M}}", 128, 100, "", "web", true },
		{ "classes: {gold: {max_vgpus: 0}}", 64, 100, "gold", "web", false },
		{ "classes: {gold: {max_vgpus: 1}}", 64, 100, "gold", "web", true },
		{ "classes: {gold: {gpus: [B]}}", 64, 100, "gold", "web", false },
		{ "classes: {gold: {gpus: [A]}}", 64, 100, "gold", "web", true },
	};
	cleanup_snapshot struct vgpu_snapshot world = { 0 };
	struct vgpu_refusal refusal;
	struct vgpu_policy policy;
	struct vgpu_holder after;
	size_t i;

	make_world("gpu=A:256 a@0+64^web b@64+64^full", &world);
	for (i = 0; i < VGPU_COUNT(cases); i++) {
		make_policy(cases[i].policy, &policy);
		after = world.holders[0];
		after.size[VGPU_APERTURE] = M(cases[i].aperture);
		after.knob[VGPU_WEIGHT] = cases[i].weight;
		strcpy(after.class, cases[i].class);
		strcpy(after.domain, cases[i].domain);
		if (vgpu_admission_check(&world, &policy, &after, &world.holders[0], &refusal) != cases[i].want)
			fail_msg("%s: %zu", cases[i].policy, i);
	}
}

static void layouts(void **state)
{
	static const struct {
		const char *world, *want; /* of the aperture: NAME, or - for a hole, with base and size */
	} cases[] = {
		{ "gpu=A:256", "-@0+256 " },
		{ "gpu=A:256 a@0+256", "a@0+256 " },
		{ "gpu=A:256 b@128+64 a@0+64", "a@0+64 -@64+64 b@128+64 -@192+64 " },
		/* What was read while it changed: no hole is made up. */
		{ "gpu=A:256 a@0+64 b@32+64", "a@0+64 b@32+64 -@96+160 " },
		{ "gpu=A:256 a@192+128", "-@0+192 a@192+128 " },
		{ "gpu=A:256 a@512+64", "-@0+256 a@512+64 " },
	};
	const struct vgpu_part *part;
	char text[256];
	size_t i;

	for (i = 0; i < VGPU_COUNT(cases); i++) {
		cleanup_snapshot struct vgpu_snapshot world = { 0 };
		cleanup_layout struct vgpu_layout layout = { 0 };

		make_world(cases[i].world, &world);
		assert_int_equal(vgpu_layout_make(&world, 0, VGPU_APERTURE, &layout), 0);
		text[0] = '\0';
		for (part = layout.parts; part < layout.parts + layout.count; part++)
			vgpu_text_append(text, sizeof(text), "%s@%u+%u ", part->holder ? part->holder->name : "-",
					 (unsigned int)(part->base >> 20), (unsigned int)(part->size >> 20));
		assert_string_equal(text, cases[i].want);
	}
}

static void commands(void **state)
{
	struct vgpu_request request = { .named = true, .gpu = "0000:00:02.0", .domain = "it's $(big)" };
	char text[VGPU_COMMAND_SIZE];

	strcpy(request.record.name, "web");
	request.record.size[VGPU_APERTURE] = M(64);
	request.record.size[VGPU_FENCES] = 3;
	request.record.knob[VGPU_CAP_PCT] = 50;
	vgpu_suggest_command(&request, text);
	assert_string_equal(text, "vgpuctl create --aperture 64M --fences 3 --cap 50 --name web --gpu 0000:00:02.0 "
				  "--domain 'it'\\''s $(big)'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(placement), cmocka_unit_test(answers), cmocka_unit_test(moves),    cmocka_unit_test(suggestions),
		cmocka_unit_test(changes),   cmocka_unit_test(layouts), cmocka_unit_test(commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
