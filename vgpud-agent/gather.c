// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * gather.c - puts sysfs, the ledger and libvirt's picture of the domains side by side. Sizes are in bytes, times in nanoseconds. No
 * lock: runs in the event loop's thread.
 */
#include "vgpud-agent/gather.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/cleanup.h"
#include "lib/rpc.h"
#include "vgpud-agent/class.h"
#include "vgpud-agent/libvirt.h"
#include "vgpud-agent/restore.h"

/* Every device of the host beside the ledger, so that a listing is made of one look at each. */
struct view {
	struct vgpu_mdev *mdevs; /* by UUID */
	bool *recorded; /* of each device: a record says so */
	size_t mdevs_count;
	struct vgpu_record *records;
	size_t records_count;
};

static void view_fini(struct view *view)
{
	free(view->mdevs);
	free(view->recorded);
	free(view->records);
}

#define cleanup_view __attribute__((cleanup(view_fini)))

static int view_read(struct vgpu_agent *agent, struct view *ret_view, struct vgpu_error *ret_error)
{
	int rc;

	rc = vgpu_mdev_list(&agent->sysfs, &ret_view->mdevs, &ret_view->mdevs_count);
	if (rc)
		return vgpu_gather_failed("sysfs", rc, ret_error);
	ret_view->recorded = calloc(ret_view->mdevs_count + 1, sizeof(*ret_view->recorded));
	if (!ret_view->recorded)
		return vgpu_gather_failed("sysfs", -ENOMEM, ret_error);
	rc = vgpu_ledger_list(agent->ledger, &ret_view->records, &ret_view->records_count);
	return rc ? vgpu_gather_failed("ledger", rc, ret_error) : 0;
}

static int compare_uuid(const void *uuid, const void *mdev)
{
	return strcmp(uuid, ((const struct vgpu_mdev *)mdev)->uuid);
}

/* The device of a record, which is noted; NULL when there is none. */
static const struct vgpu_mdev *view_claim(struct view *view, const struct vgpu_record *record)
{
	const struct vgpu_mdev *mdev = bsearch(record->uuid, view->mdevs, view->mdevs_count, sizeof(*view->mdevs), compare_uuid);

	if (mdev)
		view->recorded[mdev - view->mdevs] = true;
	return mdev;
}

static void put_domain(struct vgpu_agent *agent, struct vgpu_json *object, const char *uuid, const struct vgpu_record *record)
{
	struct vgpu_domain_owner owner;

	if (vgpu_libvirt_owner(agent->libvirt, uuid, &owner)) {
		vgpu_json_put_string(object, "domain", owner.domain);
		vgpu_json_put_bool(object, "domain_running", owner.running);
	} else {
		/* With libvirt out of reach the ledger's memory is better than nothing. */
		vgpu_json_put_string(object, "domain",
				     record->domain[0] && !vgpu_libvirt_connected(agent->libvirt) ? record->domain : NULL);
	}
}

/* Without a base it is a record, whose zeros stand for what the type or the module decides. */
static void put_ours(struct vgpu_json *object, const uint64_t size[], const uint64_t base[], const uint64_t knob[])
{
	unsigned int i;

	for (i = 0; i < VGPU_RESOURCES; i++)
		if (base || size[i])
			vgpu_json_put_u64(object, vgpu_resource_info[i].size, size[i]);
	for (i = 0; base && i < VGPU_RESOURCES; i++)
		vgpu_json_put_u64(object, vgpu_resource_info[i].base, base[i]);
	for (i = 0; i < VGPU_KNOBS; i++)
		if (base || knob[i])
			vgpu_json_put_u64(object, vgpu_knob_info[i].name, knob[i]);
}

/**
 * vgpu_gather_gpu() - one GPU without its counters
 * @gpu: the GPU
 *
 * Return: a new object.
 */
struct vgpu_json *vgpu_gather_gpu(const struct vgpu_gpu *gpu)
{
	struct vgpu_json *object = vgpu_json_object();
	unsigned int i;

	vgpu_json_put_string(object, "gpu", gpu->address);
	vgpu_json_put_string(object, "id", gpu->id[0] ? gpu->id : NULL);
	vgpu_json_put_string(object, "driver", gpu->driver[0] ? gpu->driver : NULL);
	for (i = 0; gpu->ours && i < VGPU_RESOURCES; i++) {
		vgpu_json_put_u64(object, vgpu_resource_info[i].total, gpu->total[i]);
		vgpu_json_put_u64(object, vgpu_resource_info[i].free, gpu->free[i]);
		vgpu_json_put_u64(object, vgpu_resource_info[i].hole, gpu->hole[i]);
	}
	return object;
}

static void put_counters(struct vgpu_agent *agent, struct vgpu_json *object, const char *directory, const char *name)
{
	struct vgpu_json *counters;
	struct timespec now;

	/* The time stands next to the counters, so that rates do not depend on when the client asked. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (vgpu_sysfs_counters(&agent->sysfs, &counters, "%s/%s/vgpu/stats", directory, name))
		return;
	vgpu_json_put_u64(object, "t_ns", now.tv_sec * 1000000000ull + now.tv_nsec);
	vgpu_json_put(object, "counters", counters);
}

/* What stands for the record of a device that somebody else made. */
static const struct vgpu_record no_record;

/* One vGPU: its device as far as there is one, and its record or no_record. */
static struct vgpu_json *row(struct vgpu_agent *agent, const struct vgpu_record *record, const struct vgpu_mdev *mdev,
			     bool counters)
{
	struct vgpu_json *object = vgpu_json_object();
	const char *uuid = mdev ? mdev->uuid : record->uuid;
	bool managed = record != &no_record;
	char verdict[256];

	vgpu_json_put_string(object, "name", managed ? record->name : NULL);
	vgpu_json_put_string(object, "uuid", uuid);
	vgpu_json_put_string(object, "gpu", mdev ? mdev->gpu : record->gpu);
	vgpu_json_put_string(object, "type", mdev ? mdev->type : record->type);
	put_domain(agent, object, uuid, record);
	if (managed && !record->wanted)
		vgpu_json_put_string(object, "state", "removing");
	else
		vgpu_json_put_string(object, "state", mdev ? mdev->state : "missing");
	vgpu_json_put_bool(object, "managed", managed);
	vgpu_json_put_string(object, "verdict",
			     managed && vgpu_restore_verdict(agent, record, mdev, verdict, sizeof(verdict)) ? verdict : NULL);
	vgpu_class_put(agent, object, record);
	if (mdev && mdev->ours)
		put_ours(object, mdev->size, mdev->base, mdev->knob);
	else if (!mdev)
		put_ours(object, record->size, NULL, record->knob);
	if (counters && mdev)
		put_counters(agent, object, "bus/mdev/devices", mdev->uuid);
	return object;
}

/**
 * vgpu_gather_vgpu() - one vGPU
 * @agent: the agent
 * @record: what the ledger says of it; NULL: somebody else made it
 * @mdev: its device; NULL: there is none
 * @counters: with its counters, and the CLOCK_MONOTONIC time of reading them
 *
 * Return: a new object.
 */
struct vgpu_json *vgpu_gather_vgpu(struct vgpu_agent *agent, const struct vgpu_record *record, const struct vgpu_mdev *mdev,
				   bool counters)
{
	return row(agent, record ? record : &no_record, mdev, counters);
}

/**
 * vgpu_gather_vgpus() - every vGPU of this host, also those that are missing and those that somebody else made
 * @agent: the agent
 * @counters: with their counters
 * @ret_array: a new array, the recorded ones first
 * @ret_error: why not
 *
 * Return: 0 or -errno with @ret_error filled.
 */
int vgpu_gather_vgpus(struct vgpu_agent *agent, bool counters, struct vgpu_json **ret_array, struct vgpu_error *ret_error)
{
	cleanup_view struct view view = { 0 };
	const struct vgpu_record *record;
	struct vgpu_json *array;
	size_t i;
	int rc;

	rc = view_read(agent, &view, ret_error);
	if (rc)
		return rc;
	array = vgpu_json_array();
	for (i = 0; i < view.records_count; i++) {
		record = &view.records[i];
		vgpu_json_append(array, row(agent, record, view_claim(&view, record), counters));
	}
	for (i = 0; i < view.mdevs_count; i++)
		if (!view.recorded[i])
			vgpu_json_append(array, row(agent, &no_record, &view.mdevs[i], counters));
	*ret_array = array;
	return 0;
}

/**
 * vgpu_gather_stats() - every GPU and vGPU with its counters, each with the time at which they were read
 * @agent: the agent
 * @ret_stats: a new object with "schema", "gpus" and "vgpus"
 * @ret_error: why not
 *
 * Return: 0 or -errno with @ret_error filled.
 */
int vgpu_gather_stats(struct vgpu_agent *agent, struct vgpu_json **ret_stats, struct vgpu_error *ret_error)
{
	struct vgpu_json *stats, *gpu_array, *vgpu_array, *object;
	cleanup_free struct vgpu_gpu *gpus = NULL;
	size_t count, i;
	int rc;

	rc = vgpu_gpu_list(&agent->sysfs, &gpus, &count);
	if (rc)
		return vgpu_gather_failed("sysfs", rc, ret_error);
	rc = vgpu_gather_vgpus(agent, true, &vgpu_array, ret_error);
	if (rc)
		return rc;
	gpu_array = vgpu_json_array();
	for (i = 0; i < count; i++) {
		object = vgpu_gather_gpu(&gpus[i]);
		put_counters(agent, object, "class/mdev_bus", gpus[i].address);
		vgpu_json_append(gpu_array, object);
	}
	stats = vgpu_json_object();
	vgpu_json_put_u64(stats, "schema", VGPU_SCHEMA);
	vgpu_json_put(stats, "gpus", gpu_array);
	vgpu_json_put(stats, "vgpus", vgpu_array);
	*ret_stats = stats;
	return 0;
}
