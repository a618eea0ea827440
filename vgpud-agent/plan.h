/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * plan.h - from what a user asks for to a GPU, a type and sizes. A function of the request, a snapshot and the policy: it can be asked
 * what would be.
 */
#ifndef VGPU_AGENT_PLAN_H
#define VGPU_AGENT_PLAN_H

#include "lib/error.h"
#include "vgpud-agent/admission.h"
#include "vgpud-agent/ledger.h"

struct vgpu_request {
	struct vgpu_record record; /* what was asked for, zero or empty where nothing was */
	const char *gpu; /* NULL: any */
	const char *domain; /* that is to get it; NULL: none */
	bool named; /* its name was asked for, and not made up */
};

/* What is in the way of a vGPU on a GPU. */
enum vgpu_fit {
	VGPU_FIT_YES,
	VGPU_FIT_SHORT, /* room, or an instance of the type */
	VGPU_FIT_LIMIT, /* the policy */
	VGPU_FIT_NEVER, /* the GPU is of another kind, or has never been as large */
};

#define VGPU_SCORES 3

struct vgpu_candidate {
	size_t gpu; /* which of the snapshot's */
	enum vgpu_fit fit;
	struct vgpu_record record; /* what would be recorded: with GPU, type and sizes */
	uint64_t size[VGPU_RESOURCES]; /* what it would have, also by its type, as far as that is known */
	bool lacks[VGPU_RESOURCES]; /* of VGPU_FIT_SHORT; none: there is no instance left */
	struct vgpu_refusal refusal; /* of VGPU_FIT_LIMIT */
	struct vgpu_error error; /* of VGPU_FIT_NEVER */
	int64_t score[VGPU_SCORES]; /* of VGPU_FIT_YES: by the placement of the policy, the lowest is taken */
};

struct vgpu_plan {
	struct vgpu_candidate *candidates; /* every GPU that was considered, by address */
	size_t count;
	struct vgpu_candidate *chosen; /* NULL: none can take it */
};

int vgpu_plan_make(const struct vgpu_snapshot *snapshot, const struct vgpu_policy *policy, const struct vgpu_request *request,
		   struct vgpu_plan *ret_plan);
void vgpu_plan_fini(struct vgpu_plan *plan);
void vgpu_plan_holder(const struct vgpu_snapshot *snapshot, const struct vgpu_request *request,
		      const struct vgpu_candidate *candidate, struct vgpu_holder *ret_holder);
void vgpu_plan_defaults(const struct vgpu_gpu *gpu, uint64_t size[VGPU_RESOURCES]);

#define cleanup_plan __attribute__((cleanup(vgpu_plan_fini)))

#endif
