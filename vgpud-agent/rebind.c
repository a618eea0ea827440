// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * rebind.c - one child process for each GPU that changes hands. No lock: runs in the event loop's thread.
 *
 * What the child writes is one script: if the new driver does not take the GPU, the old one gets it back, and driver_override is what it
 * was. What can't be told from the child's exit status is read from sysfs afterwards: the kernel is the truth.
 */
#include "vgpud-agent/rebind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>

#include "kmod/uapi/vgpu.h"
#include "lib/text.h"
#include "vgpud-agent/restore.h"

/* Probing takes longer than removing a device. The client waits for 60 s. */
#define TIMEOUTS 10
#define TIMEOUT_MAX_US 55000000u

struct vgpu_rebind {
	struct vgpu_agent *agent;
	struct vgpu_rebind *next;
	struct vgpu_pci_gpu gpu; /* as it was */
	char driver[64]; /* who shall have it; empty: nobody */
	sd_event_source *child;
	sd_event_source *timer;
	vgpu_rebind_done *done; /* NULL: whoever waited has been told */
	void *data;
};

static void release(struct vgpu_rebind *rebind)
{
	sd_event_source_disable_unref(rebind->child);
	sd_event_source_disable_unref(rebind->timer);
	free(rebind);
}

static void destroy(struct vgpu_rebind *rebind)
{
	struct vgpu_rebind **at;

	for (at = &rebind->agent->rebinds; *at && *at != rebind; at = &(*at)->next)
		;
	if (*at)
		*at = rebind->next;
	release(rebind);
}

static int describe(const struct vgpu_rebind *rebind, int rc, struct vgpu_error *ret_error)
{
	struct vgpu_pci_gpu now = { 0 };
	char has[128];

	vgpu_pci_read(&rebind->agent->sysfs, rebind->gpu.address, &now);
	if (now.driver[0])
		snprintf(has, sizeof(has), "%s %s it", now.driver, strcmp(now.driver, rebind->gpu.driver) ? "has" : "still has");
	else
		strcpy(has, "no driver has it now");
	return vgpu_error_set(ret_error, rc == -EBUSY ? VGPU_EXIT_IN_USE : VGPU_EXIT_FAILED, rebind->gpu.address,
			      "see the kernel log", "%s could not take it: %s; %s", rebind->driver[0] ? rebind->driver : "nobody",
			      strerror(-rc), has);
}

static int on_child(sd_event_source *source, const siginfo_t *info, void *data)
{
	struct vgpu_rebind *rebind = data;
	int rc = info->si_code == CLD_EXITED ? -info->si_status : -EIO;
	struct vgpu_agent *agent = rebind->agent;
	struct vgpu_error error;

	/* Its vGPUs come back before whoever asked for it goes on; the event that says so would come later. */
	if (!rc && !strcmp(rebind->driver, VGPU_DRIVER_NAME))
		vgpu_restore_run(agent);
	if (rc)
		rc = describe(rebind, rc, &error);
	if (rebind->done)
		rebind->done(rebind->data, rc, &error);
	else if (rc)
		vgpu_log_error("GPU %s: %s", rebind->gpu.address, error.what);
	destroy(rebind);
	return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	struct vgpu_rebind *rebind = data;
	vgpu_rebind_done *done = rebind->done;
	struct vgpu_error error;

	vgpu_error_set(&error, VGPU_EXIT_FAILED, rebind->gpu.address, "see vgpuctl gpu list later, and the kernel log now",
		       "the kernel has not finished with it yet, and goes on");
	rebind->done = NULL;
	if (done)
		done(rebind->data, -ETIMEDOUT, &error);
	return 0;
}

/**
 * vgpu_rebind_plan() - what there is to write for a GPU to change hands
 * @agent: the agent
 * @gpu: the GPU as it is
 * @driver: who shall have it; empty: nobody
 * @ret_script: the steps
 *
 * driver_override keeps a driver that is loaded later from taking the GPU, or this one from being refused. It is empty for any other
 * driver than ours, since that is how the GPU came.
 */
void vgpu_rebind_plan(const struct vgpu_agent *agent, const struct vgpu_pci_gpu *gpu, const char *driver,
		      struct vgpu_sysfs_script *ret_script)
{
	const struct vgpu_sysfs *sysfs = &agent->sysfs;
	bool ours = !strcmp(driver, VGPU_DRIVER_NAME);
	char before[64];

	memset(ret_script, 0, sizeof(*ret_script));
	if (vgpu_sysfs_read(sysfs, before, sizeof(before), "bus/pci/devices/%s/driver_override", gpu->address) ||
	    !strcmp(before, "(null)"))
		before[0] = '\0';
	vgpu_text_append(before, sizeof(before), "\n");
	vgpu_sysfs_script_add(sysfs, ret_script, false, ours ? VGPU_DRIVER_NAME "\n" : "\n", "bus/pci/devices/%s/driver_override",
			      gpu->address);
	if (gpu->driver[0])
		vgpu_sysfs_script_add(sysfs, ret_script, false, gpu->address, "bus/pci/drivers/%s/unbind", gpu->driver);
	if (driver[0])
		vgpu_sysfs_script_add(sysfs, ret_script, false, gpu->address, "bus/pci/drivers/%s/bind", driver);
	vgpu_sysfs_script_add(sysfs, ret_script, true, before, "bus/pci/devices/%s/driver_override", gpu->address);
	if (gpu->driver[0])
		vgpu_sysfs_script_add(sysfs, ret_script, true, gpu->address, "bus/pci/drivers/%s/bind", gpu->driver);
}

/**
 * vgpu_rebind_start() - begin to hand a GPU over
 * @agent: the agent
 * @gpu: the GPU as it is
 * @driver: who shall have it; empty: nobody
 * @done: called at the end, or when it takes too long
 * @data: passed to @done
 *
 * Return: 0, -errno with @done never called and nothing changed.
 */
int vgpu_rebind_start(struct vgpu_agent *agent, const struct vgpu_pci_gpu *gpu, const char *driver, vgpu_rebind_done *done,
		      void *data)
{
	uint64_t timeout_us = agent->remove_timeout_us * TIMEOUTS;
	struct vgpu_rebind *rebind = calloc(1, sizeof(*rebind));
	struct vgpu_sysfs_script script;
	pid_t child;
	int rc;

	if (!rebind)
		return -ENOMEM;
	*rebind = (struct vgpu_rebind) { .agent = agent, .gpu = *gpu, .done = done, .data = data };
	vgpu_text_copy(rebind->driver, sizeof(rebind->driver), driver);
	vgpu_rebind_plan(agent, gpu, driver, &script);
	rc = sd_event_add_time_relative(agent->event, &rebind->timer, CLOCK_MONOTONIC,
					timeout_us < TIMEOUT_MAX_US ? timeout_us : TIMEOUT_MAX_US, 0, on_timer, rebind);
	if (rc >= 0)
		rc = vgpu_sysfs_script_apart(&script, &child);
	if (rc >= 0)
		rc = sd_event_add_child(agent->event, &rebind->child, child, WEXITED, on_child, rebind);
	if (rc < 0) {
		release(rebind);
		return rc;
	}
	rebind->next = agent->rebinds;
	agent->rebinds = rebind;
	return 0;
}

/**
 * vgpu_rebind_pending() - is a GPU changing hands?
 * @agent: the agent
 * @address: its
 *
 * Return: true when the kernel has been told to and has not answered yet.
 */
bool vgpu_rebind_pending(const struct vgpu_agent *agent, const char *address)
{
	const struct vgpu_rebind *rebind;

	for (rebind = agent->rebinds; rebind; rebind = rebind->next)
		if (!strcmp(rebind->gpu.address, address))
			return true;
	return false;
}

/**
 * vgpu_rebind_fini() - stop watching, at the end of the agent; the children go on by themselves
 * @agent: the agent
 */
void vgpu_rebind_fini(struct vgpu_agent *agent)
{
	struct vgpu_rebind *rebind;

	while ((rebind = agent->rebinds)) {
		agent->rebinds = rebind->next;
		release(rebind);
	}
}
