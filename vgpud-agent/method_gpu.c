// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * method_gpu.c - the methods that take a GPU from its driver to share it, and give it back. What somebody uses is not taken. No lock:
 * runs in the event loop's thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kmod/uapi/vgpu.h"
#include "lib/cleanup.h"
#include "lib/rpc.h"
#include "lib/text.h"
#include "vgpud-agent/call.h"
#include "vgpud-agent/mdev.h"
#include "vgpud-agent/pci.h"
#include "vgpud-agent/rebind.h"

/* Who drives such a GPU where nobody has decided otherwise. */
#define STOCK_DRIVER "i915"
#define NAMED_MAX 4 /* vGPUs that an error lists */

static int find_gpu(struct vgpu_call *call, struct vgpu_pci_gpu *ret_gpu)
{
	const char *text = vgpu_json_get_string(call->params, "gpu");
	int rc;

	rc = vgpu_pci_read(&call->agent->sysfs, text, ret_gpu);
	if (rc == -ENODEV)
		return vgpu_error_set(&call->error, VGPU_EXIT_FAILED, ret_gpu->address, "see vgpuctl gpu list",
				      "PCI device %s is no GPU that vgpu could share: it must be %04x:%04x", ret_gpu->id,
				      VGPU_PCI_VENDOR, VGPU_PCI_DEVICE);
	if (rc)
		return vgpu_error_set(&call->error, VGPU_EXIT_NOT_FOUND, text, "see vgpuctl gpu list",
				      "this host has no such PCI device");
	if (vgpu_rebind_pending(call->agent, ret_gpu->address))
		return vgpu_error_set(&call->error, VGPU_EXIT_IN_USE, ret_gpu->address, "try again in a moment",
				      "another change of its driver is under way");
	return 0;
}

static struct vgpu_json *step_array(const struct vgpu_sysfs_script *script)
{
	struct vgpu_json *array = vgpu_json_array(), *step;
	size_t i;

	for (i = 0; i < script->count; i++) {
		if (script->steps[i].undo)
			continue;
		step = vgpu_json_object();
		vgpu_json_put_string(step, "file", script->steps[i].path);
		vgpu_json_put_string(step, "text", script->steps[i].text);
		vgpu_json_append(array, step);
	}
	return array;
}

static void put_result(struct vgpu_call *call, const struct vgpu_pci_gpu *gpu, const char *driver)
{
	call->result = vgpu_json_object();
	vgpu_json_put_u64(call->result, "schema", VGPU_SCHEMA);
	vgpu_json_put_string(call->result, "gpu", gpu->address);
	vgpu_json_put_string(call->result, "driver_before", gpu->driver[0] ? gpu->driver : NULL);
	vgpu_json_put_string(call->result, "driver", driver[0] ? driver : NULL);
}

static void rebound(void *data, int rc, const struct vgpu_error *error)
{
	struct vgpu_call *call = data;

	if (rc)
		call->error = *error;
	vgpu_call_answer(call, rc);
}

/* The call is held by the GPU's address: no vGPU is called so. */
static int hand_over(struct vgpu_call *call, const struct vgpu_pci_gpu *gpu, const char *driver)
{
	struct vgpu_record record = { 0 };
	struct vgpu_sysfs_script script;
	int rc;

	put_result(call, gpu, driver);
	if (!strcmp(gpu->driver, driver))
		return 0;
	if (vgpu_json_get_bool(call->params, "dry_run")) {
		vgpu_rebind_plan(call->agent, gpu, driver, &script);
		vgpu_json_put(call->result, "steps", step_array(&script));
		return 0;
	}
	strcpy(record.name, gpu->address);
	rc = vgpu_call_hold(call, &record);
	if (rc)
		return rc;
	rc = vgpu_rebind_start(call->agent, gpu, driver, rebound, call);
	return rc ? vgpu_error_set(&call->error, VGPU_EXIT_FAILED, gpu->address, "try again", "it can't be begun: %s",
				   strerror(-rc))
		  : VGPU_CALL_WAITS;
}

/**
 * vgpu_method_gpu_bind() - "gpu.bind": have our module take a GPU
 * @call: "gpu"; "dry_run" to see what would be written
 *
 * Return: 0, also when it has it; VGPU_CALL_WAITS; -errno, with the driver that it had.
 */
int vgpu_method_gpu_bind(struct vgpu_call *call)
{
	const struct vgpu_sysfs *sysfs = &call->agent->sysfs;
	struct vgpu_pci_gpu gpu;
	int rc;

	rc = find_gpu(call, &gpu);
	if (rc)
		return rc;
	if (!vgpu_sysfs_exists(sysfs, "bus/pci/drivers/" VGPU_DRIVER_NAME))
		return vgpu_error_set(&call->error, VGPU_EXIT_FAILED, gpu.address, "modprobe vgpu", "the module is not loaded");
	if (strcmp(gpu.driver, VGPU_DRIVER_NAME) != 0 && vgpu_pci_display(sysfs, &gpu, &call->error))
		return vgpu_error_errno(call->error.exit);
	return hand_over(call, &gpu, VGPU_DRIVER_NAME);
}

/* Who has a vGPU of the GPU open, runs with it, or has made it without the agent, which would not make it again. */
static const char *user_of(struct vgpu_agent *agent, const struct vgpu_mdev *mdev, char text[VGPU_DOMAIN_NAME_SIZE + 160])
{
	struct vgpu_domain_owner owner;
	struct vgpu_record record;
	bool ours = !vgpu_ledger_find(agent->ledger, mdev->uuid, &record);
	const char *name = ours ? record.name : mdev->uuid;
	bool runs = vgpu_libvirt_owner(agent->libvirt, mdev->uuid, &owner) && owner.running;

	if (runs || vgpu_mdev_busy(mdev))
		snprintf(text, VGPU_DOMAIN_NAME_SIZE + 160, "%s%s%s", name, runs ? " by domain " : "", runs ? owner.domain : "");
	else if (!ours)
		snprintf(text, VGPU_DOMAIN_NAME_SIZE + 160, "%s, which others made", name);
	return !runs && !vgpu_mdev_busy(mdev) && ours ? NULL : text;
}

static int check_users(struct vgpu_call *call, const struct vgpu_pci_gpu *gpu)
{
	char one[VGPU_DOMAIN_NAME_SIZE + 160], all[400] = "";
	cleanup_free struct vgpu_mdev *mdevs = NULL;
	unsigned int users = 0;
	size_t count, i;

	if (vgpu_mdev_list(&call->agent->sysfs, &mdevs, &count))
		return vgpu_error_set(&call->error, VGPU_EXIT_FAILED, gpu->address, "see the log of vgpud",
				      "its vGPUs can't be listed");
	for (i = 0; i < count; i++)
		if (!strcmp(mdevs[i].gpu, gpu->address) && user_of(call->agent, &mdevs[i], one) && users++ < NAMED_MAX)
			vgpu_text_append(all, sizeof(all), "%s%s", *all ? ", " : "", one);
	if (!users)
		return 0;
	if (users > NAMED_MAX)
		vgpu_text_append(all, sizeof(all), " and %u more", users - NAMED_MAX);
	return vgpu_error_set(&call->error, VGPU_EXIT_IN_USE, gpu->address, "shut these domains down or detach their vGPUs",
			      "its vGPUs are in use: %s", all);
}

/**
 * vgpu_method_gpu_unbind() - "gpu.unbind": give a GPU back to the stock driver; its vGPUs are missing until it is bound again
 * @call: "gpu"; "dry_run" to see what would be written
 *
 * Return: 0, also when our module does not have it; VGPU_CALL_WAITS; -errno, with our module having it.
 */
int vgpu_method_gpu_unbind(struct vgpu_call *call)
{
	const struct vgpu_sysfs *sysfs = &call->agent->sysfs;
	bool stock = vgpu_sysfs_exists(sysfs, "bus/pci/drivers/" STOCK_DRIVER);
	struct vgpu_pci_gpu gpu;
	int rc;

	rc = find_gpu(call, &gpu);
	if (rc)
		return rc;
	if (strcmp(gpu.driver, VGPU_DRIVER_NAME) != 0)
		return hand_over(call, &gpu, gpu.driver); /* to whom has it: nothing to do */
	rc = check_users(call, &gpu);
	return rc ? rc : hand_over(call, &gpu, stock ? STOCK_DRIVER : "");
}
