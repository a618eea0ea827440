// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * method_read.c - the methods that change nothing. What there is and what it has done comes from gather.c. No lock: runs in the event
 * loop's thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/rpc.h"
#include "vgpud-agent/call.h"
#include "vgpud-agent/explain.h"
#include "vgpud-agent/gather.h"
#include "vgpud-agent/gpu.h"
#include "vgpud-agent/pci.h"
#include "vgpud-agent/xml.h"

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
	vgpu_json_put_u64(call->result, "api", VGPU_API);
	vgpu_json_put_string(call->result, "version", VGPU_VERSION);
	return 0;
}

/* Adds those that vgpu could share, and another driver has, or none: what they have to share, nobody knows yet. */
static int add_others(const struct vgpu_sysfs *sysfs, struct vgpu_gpu **gpus, size_t *count)
{
	struct vgpu_pci_gpu *others;
	struct vgpu_gpu *larger;
	size_t more, i;
	int rc;

	rc = vgpu_pci_list(sysfs, &others, &more);
	if (rc)
		return rc;
	larger = reallocarray(*gpus, *count + more + 1, sizeof(*larger));
	for (i = 0; larger && i < more; i++) {
		if (others[i].shared)
			continue;
		larger[*count] = (struct vgpu_gpu) { 0 };
		strcpy(larger[*count].address, others[i].address);
		strcpy(larger[*count].driver, others[i].driver);
		strcpy(larger[(*count)++].id, others[i].id);
	}
	free(others);
	if (!larger)
		return -ENOMEM;
	*gpus = larger;
	return 0;
}

/* Lists the GPUs that the parameter "gpu" selects, all without it; @others: also those that could be shared. */
static int selected(struct vgpu_call *call, bool others, struct vgpu_gpu **ret_gpus, size_t *ret_count)
{
	const char *address = vgpu_json_get_string(call->params, "gpu");
	struct vgpu_gpu *gpus = NULL;
	size_t count, kept = 0, i;
	int rc;

	rc = vgpu_gpu_list(&call->agent->sysfs, &gpus, &count);
	if (!rc && others)
		rc = add_others(&call->agent->sysfs, &gpus, &count);
	if (rc) {
		free(gpus);
		return vgpu_gather_failed("sysfs", rc, &call->error);
	}
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
	struct vgpu_gpu *gpus = NULL;
	size_t count = 0, i;
	int rc;

	rc = selected(call, true, &gpus, &count);
	if (rc)
		return rc;
	array = vgpu_json_array();
	for (i = 0; i < count; i++)
		vgpu_json_append(array, vgpu_gather_gpu(&gpus[i]));
	free(gpus);
	call->result = result_with("gpus", array);
	return 0;
}

/**
 * vgpu_method_gpu() - "gpu.show": one GPU with who holds what of it, and what it could still take, if it is shared
 * @call: "gpu"
 *
 * Return: 0 or -errno.
 */
int vgpu_method_gpu(struct vgpu_call *call)
{
	cleanup_snapshot struct vgpu_snapshot snapshot = { 0 };
	struct vgpu_gpu *gpus = NULL;
	struct vgpu_json *object;
	size_t count = 0, i;
	int rc;

	rc = selected(call, true, &gpus, &count);
	if (rc)
		return rc;
	rc = vgpu_snapshot_read(call->agent, &snapshot);
	if (rc) {
		free(gpus);
		return vgpu_gather_failed("sysfs", rc, &call->error);
	}
	i = vgpu_snapshot_find_gpu(&snapshot, gpus[0].address);
	object = vgpu_gather_gpu(i == VGPU_NOWHERE ? &gpus[0] : &snapshot.gpus[i].gpu);
	if (i != VGPU_NOWHERE)
		vgpu_explain_gpu(&snapshot, &call->agent->policy, i, object);
	free(gpus);
	call->result = result_with("gpu", object);
	return 0;
}

/**
 * vgpu_method_policy() - "policy.show": placement and limits, and who is nearest to each
 * @call: no parameters
 *
 * Return: 0 or -errno.
 */
int vgpu_method_policy(struct vgpu_call *call)
{
	cleanup_snapshot struct vgpu_snapshot snapshot = { 0 };
	const struct vgpu_policy *policy = &call->agent->policy;
	int rc;

	rc = vgpu_snapshot_read(call->agent, &snapshot);
	if (rc)
		return vgpu_gather_failed("sysfs", rc, &call->error);
	call->result = result_with("limits", vgpu_explain_limits(&snapshot, policy));
	vgpu_json_put_string(call->result, "file", policy->file);
	vgpu_json_put_string(call->result, "placement", vgpu_placement_names[policy->placement]);
	return 0;
}

static void append_types(struct vgpu_agent *agent, struct vgpu_json *array, const struct vgpu_gpu *gpu)
{
	struct vgpu_json *object;
	struct vgpu_type *types;
	size_t count = 0, i;
	unsigned int r;

	if (vgpu_type_list(&agent->sysfs, gpu, &types, &count))
		return;
	for (i = 0; i < count; i++) {
		object = vgpu_json_object();
		vgpu_json_put_string(object, "gpu", gpu->address);
		vgpu_json_put_string(object, "type", types[i].id);
		vgpu_json_put_string(object, "name", types[i].name);
		vgpu_json_put_u64(object, "available", types[i].available);
		vgpu_json_put_string(object, "device_api", types[i].device_api);
		/* As far as its driver tells. */
		for (r = 0; r < VGPU_RESOURCES; r++)
			if (types[i].size[r])
				vgpu_json_put_u64(object, vgpu_resource_info[r].size, types[i].size[r]);
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
	struct vgpu_gpu *gpus = NULL;
	size_t count = 0, i;
	int rc;

	rc = selected(call, false, &gpus, &count);
	if (rc)
		return rc;
	array = vgpu_json_array();
	for (i = 0; i < count; i++)
		append_types(call->agent, array, &gpus[i]);
	free(gpus);
	call->result = result_with("types", array);
	return 0;
}

/**
 * vgpu_method_list() - "vgpu.list"
 * @call: no parameters
 *
 * Return: 0 or -errno.
 */
int vgpu_method_list(struct vgpu_call *call)
{
	struct vgpu_json *array;
	int rc;

	rc = vgpu_gather_vgpus(call->agent, false, &array, &call->error);
	if (!rc)
		call->result = result_with("vgpus", array);
	return rc;
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
	struct vgpu_mdev mdev;
	bool exists;
	int rc;

	rc = vgpu_call_find(call, &record);
	if (rc && rc != -EPERM)
		return rc;
	exists = !vgpu_mdev_read(&agent->sysfs, rc ? name : record.uuid, &mdev);
	if (rc && !exists)
		return rc;
	call->result = result_with("vgpu", vgpu_gather_vgpu(agent, rc ? NULL : &record, exists ? &mdev : NULL, true));
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
		return vgpu_gather_failed(name, rc, &call->error);
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
	return vgpu_gather_stats(call->agent, &call->result, &call->error);
}
