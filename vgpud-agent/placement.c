// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * placement.c - gives every GPU that can take a vGPU a score; the lowest is taken. vgpud-policy(5) says the same in words. No lock:
 * pure functions.
 *
 * GPUs of different sizes, and of different vendors, are compared by parts of a million of what they have: ours by their scarcest
 * resource, others by the instances of the type, of which their driver alone knows how many more there can be.
 */
#include "vgpud-agent/placement.h"

#include "vgpud-agent/layout.h"

#define WHOLE 1000000

static int64_t share(uint64_t part, uint64_t all)
{
	return all ? (int64_t)((unsigned __int128)part * WHOLE / all) : WHOLE;
}

struct load {
	uint64_t vgpus, weight;
};

static struct load count_load(const struct vgpu_snapshot *snapshot, size_t gpu)
{
	struct load load = { 0 };
	size_t i;

	for (i = 0; i < snapshot->holders_count; i++)
		if (snapshot->holders[i].gpu == gpu) {
			load.vgpus++;
			load.weight += snapshot->holders[i].knob[VGPU_WEIGHT];
		}
	return load;
}

static int64_t instances_share(const struct vgpu_snapshot *snapshot, const struct vgpu_candidate *candidate, uint64_t vgpus,
			       uint64_t taken)
{
	const struct vgpu_type *type = vgpu_snapshot_type(snapshot, candidate->gpu, candidate->record.type);
	uint64_t available = type ? type->available : 0;

	return share(available > taken ? available - taken : 0, available + vgpus);
}

static int64_t free_share(const struct vgpu_snapshot *snapshot, const struct vgpu_candidate *candidate, uint64_t vgpus)
{
	const struct vgpu_gpu *gpu = &snapshot->gpus[candidate->gpu].gpu;
	int64_t least = WHOLE, one;
	unsigned int i;

	if (!gpu->ours)
		return instances_share(snapshot, candidate, vgpus, 0);
	for (i = 0; i < VGPU_RESOURCES; i++) {
		one = share(gpu->free[i], gpu->total[i]);
		if (one < least)
			least = one;
	}
	return least;
}

/* What is left of the holes that the module would take, aperture first: it is what is fragmented most, being scarcest. */
static int score_holes(const struct vgpu_snapshot *snapshot, struct vgpu_candidate *candidate)
{
	const struct vgpu_gpu *gpu = &snapshot->gpus[candidate->gpu].gpu;
	unsigned int i;
	int rc;

	for (i = 0; i < VGPU_RESOURCES; i++) {
		cleanup_layout struct vgpu_layout layout = { 0 };
		const struct vgpu_part *hole;

		rc = vgpu_layout_make(snapshot, candidate->gpu, i, &layout);
		if (rc)
			return rc;
		hole = vgpu_layout_hole(&layout, candidate->size[i]);
		candidate->score[i] = share(hole ? hole->size - candidate->size[i] : gpu->total[i], gpu->total[i]);
	}
	return 0;
}

/**
 * vgpu_placement_score() - give a GPU that can take a vGPU its score
 * @snapshot: the snapshot
 * @placement: by which rule
 * @candidate: the GPU; .score is set
 *
 * Return: 0 or -ENOMEM.
 */
int vgpu_placement_score(const struct vgpu_snapshot *snapshot, enum vgpu_placement placement, struct vgpu_candidate *candidate)
{
	struct load load = count_load(snapshot, candidate->gpu);
	int64_t *score = candidate->score;

	switch (placement) {
	case VGPU_PLACEMENT_PACK:
		score[0] = free_share(snapshot, candidate, load.vgpus);
		return 0;
	case VGPU_PLACEMENT_BEST_FIT:
		if (snapshot->gpus[candidate->gpu].gpu.ours)
			return score_holes(snapshot, candidate);
		score[0] = instances_share(snapshot, candidate, load.vgpus, 1);
		return 0;
	default:
		score[0] = -free_share(snapshot, candidate, load.vgpus);
		score[1] = (int64_t)load.vgpus;
		score[2] = (int64_t)load.weight;
		return 0;
	}
}

/**
 * vgpu_placement_better() - is one GPU to be taken before another?
 * @a: a GPU with its score
 * @b: one of a lower address, with its score
 *
 * Return: true for the lower score; of equals, the lower address stays.
 */
bool vgpu_placement_better(const struct vgpu_candidate *a, const struct vgpu_candidate *b)
{
	unsigned int i;

	for (i = 0; i < VGPU_SCORES; i++)
		if (a->score[i] != b->score[i])
			return a->score[i] < b->score[i];
	return false;
}
