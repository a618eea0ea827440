// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * snapshot.c - takes a snapshot out of sysfs, the ledger, libvirt's picture of the domains, and the calls that are under way. No lock:
 * runs in the event loop's thread.
 */
#include "vgpud-agent/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/text.h"
#include "vgpud-agent/call.h"
#include "vgpud-agent/layout.h"

/**
 * vgpu_snapshot_find_gpu() - which GPU has this address
 * @snapshot: the snapshot
 * @address: in full
 *
 * Return: its index, or VGPU_NOWHERE.
 */
size_t vgpu_snapshot_find_gpu(const struct vgpu_snapshot *snapshot, const char *address)
{
	size_t i;

	for (i = 0; i < snapshot->gpus_count; i++)
		if (!strcmp(snapshot->gpus[i].gpu.address, address))
			return i;
	return VGPU_NOWHERE;
}

/**
 * vgpu_snapshot_type() - look a type of a GPU up
 * @snapshot: the snapshot
 * @gpu: which GPU, or VGPU_NOWHERE
 * @type: its id
 *
 * Return: the type, or NULL.
 */
const struct vgpu_type *vgpu_snapshot_type(const struct vgpu_snapshot *snapshot, size_t gpu, const char *type)
{
	const struct vgpu_snapshot_gpu *g;
	size_t i;

	if (gpu == VGPU_NOWHERE)
		return NULL;
	g = &snapshot->gpus[gpu];
	for (i = 0; i < g->types_count; i++)
		if (!strcmp(g->types[i].id, type))
			return &g->types[i];
	return NULL;
}

/**
 * vgpu_snapshot_holder() - look a vGPU up
 * @snapshot: the snapshot
 * @uuid: whose
 *
 * Return: the vGPU, or NULL.
 */
const struct vgpu_holder *vgpu_snapshot_holder(const struct vgpu_snapshot *snapshot, const char *uuid)
{
	size_t i;

	for (i = 0; i < snapshot->holders_count; i++)
		if (!strcmp(snapshot->holders[i].uuid, uuid))
			return &snapshot->holders[i];
	return NULL;
}

static int read_gpus(struct vgpu_agent *agent, struct vgpu_snapshot *snapshot)
{
	cleanup_free struct vgpu_gpu *gpus = NULL;
	struct vgpu_snapshot_gpu *g;
	size_t count = 0, i;
	int rc;

	rc = vgpu_gpu_list(&agent->sysfs, &gpus, &count);
	if (rc)
		return rc;
	snapshot->gpus = calloc(count + 1, sizeof(*snapshot->gpus));
	if (!snapshot->gpus)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		g = &snapshot->gpus[snapshot->gpus_count];
		g->gpu = gpus[i];
		/* One that has gone since is no GPU of the snapshot's. */
		if (!vgpu_type_list(&agent->sysfs, &g->gpu, &g->types, &g->types_count))
			snapshot->gpus_count++;
	}
	return 0;
}

/* Who has it, also of one that a call is about to give away: else two of those could have what the policy allows to one. */
static void find_domain(struct vgpu_agent *agent, const struct vgpu_record *record, struct vgpu_holder *holder)
{
	const struct vgpu_call *call;
	struct vgpu_domain_owner owner;

	if (vgpu_libvirt_owner(agent->libvirt, holder->uuid, &owner)) {
		vgpu_text_copy(holder->domain, sizeof(holder->domain), owner.domain);
		holder->used |= owner.running;
		return;
	}
	if (record && !vgpu_libvirt_connected(agent->libvirt))
		strcpy(holder->domain, record->domain);
	for (call = agent->waiting; call; call = call->next)
		if (call->domain && !strcmp(call->record.uuid, holder->uuid))
			vgpu_text_copy(holder->domain, sizeof(holder->domain), call->domain);
}

static void fill_sizes(const struct vgpu_snapshot *snapshot, struct vgpu_holder *holder)
{
	const struct vgpu_type *type = vgpu_snapshot_type(snapshot, holder->gpu, holder->type);
	unsigned int i;

	for (i = 0; type && i < VGPU_RESOURCES; i++)
		if (!holder->size[i])
			holder->size[i] = type->size[i];
}

static void add_device(struct vgpu_agent *agent, struct vgpu_snapshot *snapshot, const struct vgpu_mdev *mdev,
		       const struct vgpu_record *record)
{
	struct vgpu_holder *holder = &snapshot->holders[snapshot->holders_count++];

	strcpy(holder->uuid, mdev->uuid);
	strcpy(holder->name, record ? record->name : mdev->uuid);
	strcpy(holder->class, record ? record->class : "");
	strcpy(holder->type, mdev->type);
	strcpy(holder->state, mdev->state);
	holder->gpu = vgpu_snapshot_find_gpu(snapshot, mdev->gpu);
	holder->managed = record != NULL;
	holder->present = true;
	holder->used = vgpu_mdev_busy(mdev);
	memcpy(holder->size, mdev->size, sizeof(holder->size));
	memcpy(holder->base, mdev->base, sizeof(holder->base));
	memcpy(holder->knob, mdev->knob, sizeof(holder->knob));
	find_domain(agent, record, holder);
	if (!mdev->ours)
		fill_sizes(snapshot, holder);
}

static void add_missing(struct vgpu_agent *agent, struct vgpu_snapshot *snapshot, const struct vgpu_record *record)
{
	struct vgpu_holder *holder = &snapshot->holders[snapshot->holders_count++];
	unsigned int i;

	strcpy(holder->uuid, record->uuid);
	strcpy(holder->name, record->name);
	strcpy(holder->class, record->class);
	strcpy(holder->type, record->type);
	strcpy(holder->state, "missing");
	holder->gpu = vgpu_snapshot_find_gpu(snapshot, record->gpu);
	holder->managed = true;
	memcpy(holder->size, record->size, sizeof(holder->size));
	for (i = 0; i < VGPU_KNOBS && holder->gpu != VGPU_NOWHERE && snapshot->gpus[holder->gpu].gpu.ours; i++)
		holder->knob[i] = record->knob[i] ? record->knob[i] : vgpu_knob_info[i].initial;
	find_domain(agent, record, holder);
	fill_sizes(snapshot, holder);
}

static int compare_records(const void *a, const void *b)
{
	const struct vgpu_record *x = a, *y = b;

	return strcmp(x->uuid, y->uuid);
}

static int record_of(const void *key, const void *record)
{
	return strcmp(key, ((const struct vgpu_record *)record)->uuid);
}

static int device_of(const void *key, const void *mdev)
{
	return strcmp(key, ((const struct vgpu_mdev *)mdev)->uuid);
}

static int read_holders(struct vgpu_agent *agent, struct vgpu_snapshot *snapshot)
{
	cleanup_free struct vgpu_record *records = NULL;
	cleanup_free struct vgpu_mdev *mdevs = NULL;
	size_t records_count = 0, mdevs_count = 0, i;
	int rc;

	rc = vgpu_mdev_list(&agent->sysfs, &mdevs, &mdevs_count);
	if (rc)
		return rc;
	rc = vgpu_ledger_list(agent->ledger, &records, &records_count);
	if (rc)
		return rc;
	snapshot->holders = calloc(records_count + mdevs_count + 1, sizeof(*snapshot->holders));
	if (!snapshot->holders)
		return -ENOMEM;
	/* The devices come by UUID. */
	if (records_count)
		qsort(records, records_count, sizeof(*records), compare_records);
	for (i = 0; i < mdevs_count; i++)
		add_device(agent, snapshot, &mdevs[i],
			   records_count ? bsearch(mdevs[i].uuid, records, records_count, sizeof(*records), record_of) : NULL);
	for (i = 0; i < records_count; i++)
		if (records[i].wanted &&
		    !(mdevs_count && bsearch(records[i].uuid, mdevs, mdevs_count, sizeof(*mdevs), device_of)))
			add_missing(agent, snapshot, &records[i]);
	return 0;
}

/**
 * vgpu_snapshot_read() - take a snapshot
 * @agent: the agent
 * @ret_snapshot: the snapshot, released by vgpu_snapshot_fini()
 *
 * Return: 0 or -errno.
 */
int vgpu_snapshot_read(struct vgpu_agent *agent, struct vgpu_snapshot *ret_snapshot)
{
	struct vgpu_snapshot snapshot = { 0 };
	size_t i;
	int rc;

	rc = read_gpus(agent, &snapshot);
	if (!rc)
		rc = read_holders(agent, &snapshot);
	for (i = 0; !rc && i < snapshot.gpus_count; i++)
		rc = vgpu_layout_check(&snapshot, i);
	if (rc) {
		vgpu_snapshot_fini(&snapshot);
		return rc;
	}
	*ret_snapshot = snapshot;
	return 0;
}

/**
 * vgpu_snapshot_fini() - release a snapshot
 * @snapshot: the snapshot, also one of zeros
 */
void vgpu_snapshot_fini(struct vgpu_snapshot *snapshot)
{
	size_t i;

	for (i = 0; i < snapshot->gpus_count; i++)
		free(snapshot->gpus[i].types);
	free(snapshot->gpus);
	free(snapshot->holders);
	*snapshot = (struct vgpu_snapshot) { 0 };
}
