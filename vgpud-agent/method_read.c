// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * method_read.c - the methods that change nothing: what GPUs and vGPUs there are and what they have done. Sizes are in bytes, times
 * in nanoseconds. No lock: runs in the event loop's thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/cleanup.h"
#include "lib/rpc.h"
#include "vgpud-agent/call.h"
#include "vgpud-agent/gpu.h"
#include "vgpud-agent/restore.h"
#include "vgpud-agent/xml.h"

/* Every device of the host beside the ledger, so that a listing is made of one look at each. */
struct view {
	struct vgpu_mdev *mdevs;
	size_t mdevs_count;
	struct vgpu_record *records;
	size_t records_count;
};

static void view_fini(struct view *view)
{
	free(view->mdevs);
	free(view->records);
}

#define cleanup_view __attribute__((cleanup(view_fini)))

static int failed(struct vgpu_call *call, const char *object, int rc)
{
	vgpu_error_set(&call->error, VGPU_EXIT_FAILED, object, "see the log of vgpud", "it can't be read: %s", strerror(-rc));
	return rc;
}

static int view_read(struct vgpu_call *call, struct view *ret_view)
{
	int rc;

	rc = vgpu_mdev_list(&call->agent->sysfs, &ret_view->mdevs, &ret_view->mdevs_count);
	if (rc)
		return failed(call, "sysfs", rc);
	rc = vgpu_ledger_list(call->agent->ledger, &ret_view->records, &ret_view->records_count);
	return rc ? failed(call, "ledger", rc) : 0;
}

static const struct vgpu_mdev *view_mdev(const struct view *view, const char *uuid)
{
	size_t i;

	for (i = 0; i < view->mdevs_count; i++)
		if (!strcmp(view->mdevs[i].uuid, uuid))
			return &view->mdevs[i];
	return NULL;
}

static bool view_recorded(const struct view *view, const char *uuid)
{
	size_t i;

	for (i = 0; i < view->records_count; i++)
		if (!strcmp(view->records[i].uuid, uuid))
			return true;
	return false;
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

/* What stands for the record of a device that somebody else made. */
static const struct vgpu_record no_record;

/* One vGPU: its device as far as there is one, and its record or no_record. */
static struct vgpu_json *row(struct vgpu_agent *agent, const struct vgpu_record *record, const struct vgpu_mdev *mdev)
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
	if (mdev && mdev->ours)
		put_ours(object, mdev->size, mdev->base, mdev->knob);
	else if (!mdev)
		put_ours(object, record->size, NULL, record->knob);
	return object;
}

static struct vgpu_json *result_with(const char *key, struct vgpu_json *value)
{
	struct vgpu_json *result = vgpu_json_object();

	vgpu_json_put_u64(result, "schema", VGPU_SCHEMA);
	vgpu_json_put(result, key, value);
	return result;
}

/**
 * vgpu_method_version() - "version"
 * @call: no parameters
 *
 * Return: 0.
 */
int vgpu_method_version(struct vgpu_call *call)
{
	call->result = vgpu_json_object();
	vgpu_json_put_u64(call->result, "schema", VGPU_SCHEMA);
	vgpu_json_put_string(call->result, "version", VGPU_VERSION);
	return 0;
}

static struct vgpu_json *gpu_object(const struct vgpu_gpu *gpu)
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

/* Lists the GPUs that the parameter "gpu" selects, all without it. */
static int selected(struct vgpu_call *call, struct vgpu_gpu **ret_gpus, size_t *ret_count)
{
	const char *address = vgpu_json_get_string(call->params, "gpu");
	size_t count, kept = 0, i;
	struct vgpu_gpu *gpus;
	int rc;

	rc = vgpu_gpu_list(&call->agent->sysfs, &gpus, &count);
	if (rc)
		return failed(call, "sysfs", rc);
	for (i = 0; i < count; i++)
		if (!address || vgpu_gpu_matches(&gpus[i], address))
			gpus[kept++] = gpus[i];
	if (address && !kept) {
		free(gpus);
		return vgpu_error_set(&call->error, VGPU_EXIT_NOT_FOUND, address, "see vgpuctl gpu list", "no such GPU");
	}
	*ret_gpus = gpus;
	*ret_count = kept;
	return 0;
}

/**
 * vgpu_method_gpus() - "gpu.list"
 * @call: "gpu" to see one only
 *
 * Return: 0 or -errno.
 */
int vgpu_method_gpus(struct vgpu_call *call)
{
	struct vgpu_json *array;
	struct vgpu_gpu *gpus;
	size_t count = 0, i;
	int rc;

	rc = selected(call, &gpus, &count);
	if (rc)
		return rc;
	array = vgpu_json_array();
	for (i = 0; i < count; i++)
		vgpu_json_append(array, gpu_object(&gpus[i]));
	free(gpus);
	call->result = result_with("gpus", array);
	return 0;
}

static void append_types(struct vgpu_agent *agent, struct vgpu_json *array, const struct vgpu_gpu *gpu)
{
	struct vgpu_json *object;
	struct vgpu_type *types;
	size_t count = 0, i;

	if (vgpu_type_list(&agent->sysfs, gpu, &types, &count))
		return;
	for (i = 0; i < count; i++) {
		object = vgpu_json_object();
		vgpu_json_put_string(object, "gpu", gpu->address);
		vgpu_json_put_string(object, "type", types[i].id);
		vgpu_json_put_string(object, "name", types[i].name);
		vgpu_json_put_u64(object, "available", types[i].available);
		vgpu_json_put_string(object, "device_api", types[i].device_api);
		vgpu_json_put_string(object, "description", types[i].description);
		vgpu_json_append(array, object);
	}
	free(types);
}

/**
 * vgpu_method_types() - "types.list"
 * @call: "gpu" to see those of one only
 *
 * Return: 0 or -errno.
 */
int vgpu_method_types(struct vgpu_call *call)
{
	struct vgpu_json *array;
	struct vgpu_gpu *gpus;
	size_t count = 0, i;
	int rc;

	rc = selected(call, &gpus, &count);
	if (rc)
		return rc;
	array = vgpu_json_array();
	for (i = 0; i < count; i++)
		append_types(call->agent, array, &gpus[i]);
	free(gpus);
	call->result = result_with("types", array);
	return 0;
}

static struct vgpu_json *rows(struct vgpu_agent *agent, const struct view *view, bool counters)
{
	struct vgpu_json *array = vgpu_json_array(), *object;
	size_t i;

	for (i = 0; i < view->records_count; i++) {
		object = row(agent, &view->records[i], view_mdev(view, view->records[i].uuid));
		if (counters)
			put_counters(agent, object, "bus/mdev/devices", view->records[i].uuid);
		vgpu_json_append(array, object);
	}
	for (i = 0; i < view->mdevs_count; i++) {
		if (view_recorded(view, view->mdevs[i].uuid))
			continue;
		object = row(agent, &no_record, &view->mdevs[i]);
		if (counters)
			put_counters(agent, object, "bus/mdev/devices", view->mdevs[i].uuid);
		vgpu_json_append(array, object);
	}
	return array;
}

/**
 * vgpu_method_list() - "vgpu.list"
 * @call: no parameters
 *
 * Return: 0 or -errno.
 */
int vgpu_method_list(struct vgpu_call *call)
{
	cleanup_view struct view view = { 0 };
	int rc;

	rc = view_read(call, &view);
	if (rc)
		return rc;
	call->result = result_with("vgpus", rows(call->agent, &view, false));
	return 0;
}

/**
 * vgpu_method_show() - "vgpu.show": one vGPU with its counters
 * @call: "name", a name or UUID; also of a device that the agent did not make
 *
 * Return: 0 or -errno.
 */
int vgpu_method_show(struct vgpu_call *call)
{
	const char *name = vgpu_json_get_string(call->params, "name");
	struct vgpu_agent *agent = call->agent;
	struct vgpu_record record;
	struct vgpu_json *object;
	struct vgpu_mdev mdev;
	bool exists;
	int rc;

	rc = vgpu_call_find(call, &record);
	if (rc && rc != -EPERM)
		return rc;
	exists = !vgpu_mdev_read(&agent->sysfs, rc ? name : record.uuid, &mdev);
	if (rc && !exists)
		return rc;
	object = row(agent, rc ? &no_record : &record, exists ? &mdev : NULL);
	if (exists)
		put_counters(agent, object, "bus/mdev/devices", mdev.uuid);
	call->result = result_with("vgpu", object);
	return 0;
}

/**
 * vgpu_method_xml() - "vgpu.xml": the hostdev element for a domain's description
 * @call: "name", a name or UUID
 *
 * Return: 0 or -errno.
 */
int vgpu_method_xml(struct vgpu_call *call)
{
	const char *name = vgpu_json_get_string(call->params, "name");
	cleanup_free char *xml = NULL;
	struct vgpu_record record;
	int rc;

	rc = vgpu_call_find(call, &record);
	if (rc && rc != -EPERM)
		return rc;
	rc = vgpu_xml_hostdev(rc ? name : record.uuid, false, &xml);
	if (rc)
		return failed(call, name, rc);
	call->result = result_with("xml", NULL);
	vgpu_json_put_string(call->result, "xml", xml);
	return 0;
}

/**
 * vgpu_method_stats() - "vgpu.stats": the counters of every GPU and vGPU, each with the time at which it was read
 * @call: no parameters
 *
 * Return: 0 or -errno.
 */
int vgpu_method_stats(struct vgpu_call *call)
{
	cleanup_view struct view view = { 0 };
	cleanup_free struct vgpu_gpu *gpus = NULL;
	struct vgpu_json *array, *object;
	size_t count = 0, i;
	int rc;

	rc = view_read(call, &view);
	if (!rc)
		rc = selected(call, &gpus, &count);
	if (rc)
		return rc;
	array = vgpu_json_array();
	for (i = 0; i < count; i++) {
		object = gpu_object(&gpus[i]);
		put_counters(call->agent, object, "class/mdev_bus", gpus[i].address);
		vgpu_json_append(array, object);
	}
	call->result = result_with("gpus", array);
	vgpu_json_put(call->result, "vgpus", rows(call->agent, &view, true));
	return 0;
}
