// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * plan.c - chooses where a new vGPU goes and how large its parts are. Changes nothing. No lock: runs in the event loop's thread.
 *
 * Of several GPUs the first with room is taken, in the order of their addresses.
 */
#include "vgpud-agent/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/size.h"
#include "lib/text.h"
#include "vgpud-agent/mdev.h"

/* What a vGPU gets for each byte of aperture unless it says otherwise: a partition of the whole GPU in these proportions. */
#define HIDDEN_PER_APERTURE 6
#define APERTURE_BYTES_PER_FENCE (8u << 20)
#define HOLDERS_MAX 4

static const char *amount(enum vgpu_resource resource, uint64_t value, char text[VGPU_SIZE_TEXT])
{
	if (vgpu_resource_info[resource].pages)
		return vgpu_size_format(value, text);
	snprintf(text, VGPU_SIZE_TEXT, "%" PRIu64, value);
	return text;
}

struct holder {
	const char *name;
	uint64_t size;
};

static int compare_holders(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;

	return x->size < y->size ? 1 : x->size > y->size ? -1 : strcmp(x->name, y->name);
}

static const char *holder_name(const struct vgpu_record *records, size_t count, const struct vgpu_mdev *mdev)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(records[i].uuid, mdev->uuid))
			return records[i].name;
	return mdev->uuid;
}

/* Appends ", held by a 128M, b 64M and 3 more". */
static void append_holders(const struct vgpu_sysfs *sysfs, struct vgpu_ledger *ledger, const struct vgpu_gpu *gpu,
			   enum vgpu_resource resource, const char *except, char *text, size_t size)
{
	cleanup_free struct vgpu_record *records = NULL;
	cleanup_free struct vgpu_mdev *mdevs = NULL;
	struct holder *holders;
	size_t records_count = 0, count = 0, held = 0, i;
	char number[VGPU_SIZE_TEXT];

	if (vgpu_mdev_list(sysfs, &mdevs, &count) || vgpu_ledger_list(ledger, &records, &records_count))
		return;
	holders = calloc(count + 1, sizeof(*holders));
	for (i = 0; holders && i < count; i++)
		if (!strcmp(mdevs[i].gpu, gpu->address) && mdevs[i].size[resource] && strcmp(mdevs[i].uuid, except) != 0)
			holders[held++] =
				(struct holder) { holder_name(records, records_count, &mdevs[i]), mdevs[i].size[resource] };
	if (held)
		qsort(holders, held, sizeof(*holders), compare_holders);
	for (i = 0; i < held && i < HOLDERS_MAX; i++)
		vgpu_text_append(text, size, "%s%s %s", i ? ", " : ", held by ", holders[i].name,
				 amount(resource, holders[i].size, number));
	if (held > HOLDERS_MAX)
		vgpu_text_append(text, size, " and %zu more", held - HOLDERS_MAX);
	free(holders);
}

/* No vGPU has to go for what the GPU never had: its holders do not matter. */
static int too_large(const struct vgpu_gpu *gpu, enum vgpu_resource resource, const struct vgpu_record *record,
		     struct vgpu_error *ret_error)
{
	const struct vgpu_resource_info *info = &vgpu_resource_info[resource];
	char want[VGPU_SIZE_TEXT], total[VGPU_SIZE_TEXT];

	amount(resource, gpu->total[resource], total);
	return vgpu_error_set(ret_error, VGPU_EXIT_NO_CAPACITY, record->name, "ask for less, see vgpuctl gpu list",
			      "%s %s can't be had: GPU %s has %s%s%s", info->option,
			      amount(resource, record->size[resource], want), gpu->address, total, info->pages ? " of " : " ",
			      info->name);
}

/* Says which resource is short, by how much, who holds it and what would fit. */
static int shortage(const struct vgpu_sysfs *sysfs, struct vgpu_ledger *ledger, const struct vgpu_gpu *gpu,
		    enum vgpu_resource resource, const struct vgpu_record *record, struct vgpu_error *ret_error)
{
	char want[VGPU_SIZE_TEXT], free_text[VGPU_SIZE_TEXT], hole[VGPU_SIZE_TEXT];
	const struct vgpu_resource_info *info = &vgpu_resource_info[resource];
	char holders[256] = "", remedy[128];
	unsigned int other;

	append_holders(sysfs, ledger, gpu, resource, record->uuid, holders, sizeof(holders));
	for (other = resource + 1; other < VGPU_RESOURCES; other++)
		if (record->size[other] > gpu->hole[other])
			vgpu_text_append(holders, sizeof(holders), ", %s short too", vgpu_resource_info[other].name);
	amount(resource, record->size[resource], want);
	amount(resource, gpu->hole[resource], hole);
	if (!gpu->hole[resource])
		strcpy(remedy, "delete a vGPU or use another GPU");
	else
		snprintf(remedy, sizeof(remedy), "ask for %s %s or less or delete a vGPU", info->option, hole);
	return vgpu_error_set(ret_error, VGPU_EXIT_NO_CAPACITY, record->name, remedy,
			      "GPU %s is short of %s: %s wanted, %s free, largest hole %s%s", gpu->address, info->name, want,
			      amount(resource, gpu->free[resource], free_text), hole, holders);
}

static int check_room(const struct vgpu_sysfs *sysfs, struct vgpu_ledger *ledger, const struct vgpu_gpu *gpu,
		      const struct vgpu_record *record, struct vgpu_error *ret_error)
{
	unsigned int i;

	for (i = 0; i < VGPU_RESOURCES; i++)
		if (record->size[i] > gpu->total[i])
			return too_large(gpu, i, record, ret_error);
	for (i = 0; i < VGPU_RESOURCES; i++)
		if (record->size[i] > gpu->hole[i])
			return shortage(sysfs, ledger, gpu, i, record, ret_error);
	return 0;
}

/**
 * vgpu_plan_fits() - is there room for a record on its GPU now?
 * @sysfs: root
 * @ledger: for the names of those who hold what is short
 * @record: its .gpu and .size
 * @ret_error: what is short
 *
 * Return: 0, -ENOSPC or -ENOENT when the GPU is gone.
 */
int vgpu_plan_fits(const struct vgpu_sysfs *sysfs, struct vgpu_ledger *ledger, const struct vgpu_record *record,
		   struct vgpu_error *ret_error)
{
	struct vgpu_gpu gpu;

	if (vgpu_gpu_read(sysfs, record->gpu, &gpu))
		return vgpu_error_set(ret_error, VGPU_EXIT_NOT_FOUND, record->gpu, "see vgpuctl gpu list", "GPU is not there");
	return gpu.ours ? check_room(sysfs, ledger, &gpu, record, ret_error) : 0;
}

/**
 * vgpu_plan_growth() - why a vGPU can't have more of a resource
 * @sysfs: root
 * @ledger: for the names of those who hold what is short
 * @record: the vGPU with the size that it was to have
 * @resource: of what
 * @old: what it has
 * @ret_error: the report; one vGPU may move while it grows, so what would fit is the larger of its own part and the largest hole
 *
 * Return: the -errno that matches @ret_error.
 */
int vgpu_plan_growth(const struct vgpu_sysfs *sysfs, struct vgpu_ledger *ledger, const struct vgpu_record *record,
		     enum vgpu_resource resource, uint64_t old, struct vgpu_error *ret_error)
{
	char from[VGPU_SIZE_TEXT], to[VGPU_SIZE_TEXT], free_text[VGPU_SIZE_TEXT], hole[VGPU_SIZE_TEXT], holders[256] = "";
	struct vgpu_gpu gpu;

	if (vgpu_gpu_read(sysfs, record->gpu, &gpu))
		return vgpu_error_set(ret_error, VGPU_EXIT_NOT_FOUND, record->gpu, "see vgpuctl gpu list", "GPU is not there");
	if (record->size[resource] > gpu.total[resource])
		return too_large(&gpu, resource, record, ret_error);
	append_holders(sysfs, ledger, &gpu, resource, record->uuid, holders, sizeof(holders));
	return vgpu_error_set(ret_error, VGPU_EXIT_NO_CAPACITY, record->name, "ask for less or delete a vGPU",
			      "%s can't grow from %s to %s: GPU %s has %s free beside it, largest hole %s%s",
			      vgpu_resource_info[resource].name, amount(resource, old, from),
			      amount(resource, record->size[resource], to), gpu.address,
			      amount(resource, gpu.free[resource], free_text), amount(resource, gpu.hole[resource], hole),
			      holders);
}

/* Defaults never ask for more than the GPU has in all, so that its whole aperture can be had in one piece. */
static void fill_defaults(const struct vgpu_gpu *gpu, struct vgpu_record *record)
{
	uint64_t aperture = record->size[VGPU_APERTURE], hidden, fences;

	if (!record->size[VGPU_HIDDEN]) {
		if (__builtin_mul_overflow(aperture, HIDDEN_PER_APERTURE, &hidden) || hidden > gpu->total[VGPU_HIDDEN])
			hidden = gpu->total[VGPU_HIDDEN];
		record->size[VGPU_HIDDEN] = hidden;
	}
	if (!record->size[VGPU_FENCES]) {
		fences = aperture / APERTURE_BYTES_PER_FENCE;
		if (fences > gpu->total[VGPU_FENCES])
			fences = gpu->total[VGPU_FENCES];
		record->size[VGPU_FENCES] = fences ? fences : 1;
	}
}

static const struct vgpu_type *find_type(const struct vgpu_type *types, size_t count, const char *id)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(types[i].id, id))
			return &types[i];
	return NULL;
}

static int plan_named_type(const struct vgpu_gpu *gpu, const struct vgpu_type *type, const struct vgpu_record *record,
			   struct vgpu_error *ret_error)
{
	if (record->size[VGPU_APERTURE] || record->size[VGPU_HIDDEN] || record->size[VGPU_FENCES])
		return vgpu_error_set(ret_error, VGPU_EXIT_USAGE, record->type, "leave out --aperture, --hidden and --fences",
				      "its sizes come with the type");
	if (gpu->ours && vgpu_type_flex(type))
		return vgpu_error_set(ret_error, VGPU_EXIT_USAGE, record->type, "give --aperture instead of --type",
				      "this type has no size of its own");
	if (!type->available)
		return vgpu_error_set(ret_error, VGPU_EXIT_NO_CAPACITY, record->type, "delete a vGPU or use another type",
				      "GPU %s has no instance left", gpu->address);
	return 0;
}

/* Another vendor's GPU: the smallest type that covers what was asked for. */
static int plan_smallest_type(const struct vgpu_gpu *gpu, const struct vgpu_type *types, size_t count, struct vgpu_record *record,
			      struct vgpu_error *ret_error)
{
	const struct vgpu_type *best = NULL;
	bool comparable = false, covered = false;
	char want[VGPU_SIZE_TEXT];
	unsigned int r;
	size_t i;

	for (i = 0; i < count; i++) {
		comparable |= types[i].size[VGPU_APERTURE] != 0;
		for (r = 0; r < VGPU_RESOURCES && types[i].size[r] >= record->size[r]; r++)
			;
		if (r < VGPU_RESOURCES)
			continue;
		covered = true;
		if (types[i].available && (!best || types[i].size[VGPU_APERTURE] < best->size[VGPU_APERTURE]))
			best = &types[i];
	}
	if (!comparable)
		return vgpu_error_set(ret_error, VGPU_EXIT_FAILED, gpu->address, "choose one with --type, see vgpuctl types",
				      "its types do not say how much aperture they have");
	if (!best)
		return vgpu_error_set(ret_error, VGPU_EXIT_NO_CAPACITY, record->name, "see vgpuctl types",
				      covered ? "no instance is left of the types of GPU %s with an aperture of %s"
					      : "no type of GPU %s has an aperture of %s and what else was asked for",
				      gpu->address, vgpu_size_format(record->size[VGPU_APERTURE], want));
	vgpu_text_copy(record->type, sizeof(record->type), best->id);
	memset(record->size, 0, sizeof(record->size));
	return 0;
}

static int plan_flex(const struct vgpu_sysfs *sysfs, struct vgpu_ledger *ledger, const struct vgpu_gpu *gpu,
		     const struct vgpu_type *types, size_t count, struct vgpu_record *record, struct vgpu_error *ret_error)
{
	size_t i;

	for (i = 0; i < count && !vgpu_type_flex(&types[i]); i++)
		;
	if (i == count)
		return vgpu_error_set(ret_error, VGPU_EXIT_FAILED, gpu->address, "choose one with --type, see vgpuctl types",
				      "it has no flexible type");
	vgpu_text_copy(record->type, sizeof(record->type), types[i].id);
	fill_defaults(gpu, record);
	return check_room(sysfs, ledger, gpu, record, ret_error);
}

static bool any_knob(const struct vgpu_record *record)
{
	unsigned int i;

	for (i = 0; i < VGPU_KNOBS; i++)
		if (record->knob[i])
			return true;
	return false;
}

/**
 * vgpu_plan_gpu() - plan a vGPU on one GPU
 * @sysfs: root
 * @ledger: for the names of those who hold what is short
 * @gpu: the GPU
 * @record: what was asked for, zero or empty where nothing was; completed with .gpu, .type and .size
 * @ret_error: why it can't be
 *
 * Return: 0 or -errno with @ret_error filled and @record undefined.
 */
int vgpu_plan_gpu(const struct vgpu_sysfs *sysfs, struct vgpu_ledger *ledger, const struct vgpu_gpu *gpu,
		  struct vgpu_record *record, struct vgpu_error *ret_error)
{
	cleanup_free struct vgpu_type *types = NULL;
	const struct vgpu_type *type = NULL;
	size_t count;

	if (vgpu_type_list(sysfs, gpu, &types, &count))
		return vgpu_error_set(ret_error, VGPU_EXIT_FAILED, gpu->address, "see the kernel log", "its types can't be read");
	vgpu_text_copy(record->gpu, sizeof(record->gpu), gpu->address);
	if (record->type[0]) {
		type = find_type(types, count, record->type);
		if (!type)
			return vgpu_error_set(ret_error, VGPU_EXIT_NOT_FOUND, record->type, "see vgpuctl types",
					      "GPU %s has no such type", gpu->address);
	}
	if (!gpu->ours && any_knob(record))
		return vgpu_error_set(ret_error, VGPU_EXIT_FAILED, gpu->address,
				      "leave out --weight, --cap, --latency and --class", "its driver has no scheduler settings");
	if (type)
		return plan_named_type(gpu, type, record, ret_error);
	if (gpu->ours)
		return plan_flex(sysfs, ledger, gpu, types, count, record, ret_error);
	return plan_smallest_type(gpu, types, count, record, ret_error);
}

/**
 * vgpu_plan_make() - plan a vGPU on the GPU that was asked for, or on the first with room
 * @sysfs: root
 * @ledger: for the names of those who hold what is short
 * @address: the GPU that was asked for, NULL for any
 * @record: as for vgpu_plan_gpu()
 * @ret_error: why it can't be: that of the first GPU, of those with the type that was asked for
 *
 * Return: 0 or -errno with @ret_error filled and @record undefined.
 */
int vgpu_plan_make(const struct vgpu_sysfs *sysfs, struct vgpu_ledger *ledger, const char *address, struct vgpu_record *record,
		   struct vgpu_error *ret_error)
{
	cleanup_free struct vgpu_gpu *gpus = NULL;
	const struct vgpu_record asked = *record;
	size_t count = 0, i, tried = 0;
	struct vgpu_error error;
	int rc = -ENOENT, why = -ENOENT;

	if (vgpu_gpu_list(sysfs, &gpus, &count))
		count = 0;
	for (i = 0; i < count; i++) {
		if (address && !vgpu_gpu_matches(&gpus[i], address))
			continue;
		*record = asked;
		rc = vgpu_plan_gpu(sysfs, ledger, &gpus[i], record, &error);
		if (!rc)
			return 0;
		/* That another GPU has no such type says less than what keeps one that has it from making it. */
		if (!tried++ || (why == -ENOENT && rc != -ENOENT)) {
			*ret_error = error;
			why = rc;
		}
	}
	if (tried)
		return why;
	if (address)
		return vgpu_error_set(ret_error, VGPU_EXIT_NOT_FOUND, address, "see vgpuctl gpu list", "no such GPU");
	return vgpu_error_set(ret_error, VGPU_EXIT_NOT_FOUND, "gpu", "load the module: modprobe vgpu",
			      "no GPU of this host can be shared");
}
