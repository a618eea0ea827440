// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * device.c - the steps between a record and a device, and the way back when one of them fails. No lock: runs in the event loop's
 * thread.
 */
#include "vgpud-agent/device.h"

#include <errno.h>
#include <string.h>

#include "vgpud-agent/capacity.h"
#include "vgpud-agent/mdev.h"

/* Between the plan and the kernel's answer somebody else may have taken the room: look again, then say what is short. */
static int no_room(struct vgpu_agent *agent, const struct vgpu_record *record, const char *attribute,
		   struct vgpu_error *ret_error)
{
	int rc = vgpu_capacity_fits(agent, record, ret_error);

	return rc ? rc
		  : vgpu_error_set(ret_error, VGPU_EXIT_NO_CAPACITY, record->name, "ask for less or delete a vGPU",
				   "GPU %s has no room for %s", record->gpu, attribute);
}

static int write_failed(const struct vgpu_record *record, const char *attribute, int rc, struct vgpu_error *ret_error)
{
	switch (rc) {
	case -EINVAL:
	case -ERANGE:
		return vgpu_error_set(ret_error, VGPU_EXIT_FAILED, record->name, "see vgpuctl gpu show for its limits",
				      "GPU %s refused the value of %s", record->gpu, attribute);
	case -EBUSY:
		return vgpu_error_set(ret_error, VGPU_EXIT_IN_USE, record->name, "delete it and create another",
				      "%s can't change once a guest has opened it", attribute);
	default:
		return vgpu_error_set(ret_error, VGPU_EXIT_FAILED, record->name, "see the kernel log", "writing %s failed: %s",
				      attribute, strerror(-rc));
	}
}

static int write_all(struct vgpu_agent *agent, const struct vgpu_record *record, const char **ret_attribute)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; !rc && i < VGPU_RESOURCES; i++) {
		*ret_attribute = vgpu_resource_info[i].size;
		if (record->size[i])
			rc = vgpu_mdev_write(&agent->sysfs, record->uuid, *ret_attribute, record->size[i]);
	}
	for (i = 0; !rc && i < VGPU_KNOBS; i++) {
		*ret_attribute = vgpu_knob_info[i].name;
		if (record->knob[i])
			rc = vgpu_mdev_write(&agent->sysfs, record->uuid, *ret_attribute, record->knob[i]);
	}
	return rc;
}

/**
 * vgpu_device_make() - make the device that a record describes
 * @agent: the agent
 * @record: a complete record
 * @ret_error: why it can't be
 *
 * Return: 0, or -errno with @ret_error filled and no device left behind.
 */
int vgpu_device_make(struct vgpu_agent *agent, const struct vgpu_record *record, struct vgpu_error *ret_error)
{
	const char *attribute;
	int rc;

	rc = vgpu_mdev_create(&agent->sysfs, record->gpu, record->type, record->uuid);
	if (rc == -ENOSPC || rc == -EUSERS)
		return no_room(agent, record, "another vGPU", ret_error);
	if (rc)
		return vgpu_error_set(ret_error, VGPU_EXIT_FAILED, record->name, "see the kernel log", "GPU %s made no %s: %s",
				      record->gpu, record->type, strerror(-rc));
	rc = write_all(agent, record, &attribute);
	if (!rc)
		return 0;
	/* Gone before the report is made: what the half-made device held is free, and it must not show up as a holder. */
	if (vgpu_mdev_remove(&agent->sysfs, record->uuid))
		vgpu_log_error("%s: half-made device %s could not be removed", record->name, record->uuid);
	return rc == -ENOSPC ? no_room(agent, record, attribute, ret_error) : write_failed(record, attribute, rc, ret_error);
}

static int ledger_failed(const struct vgpu_record *record, int rc, struct vgpu_error *ret_error)
{
	if (rc == -EEXIST)
		return vgpu_error_set(ret_error, VGPU_EXIT_IN_USE, record->name, "choose another name or delete it first",
				      "there is a vGPU of this name");
	return vgpu_error_set(ret_error, VGPU_EXIT_FAILED, record->name, "check the disk that holds vgpud's state",
			      "the ledger could not be written: %s", strerror(-rc));
}

/**
 * vgpu_device_create() - make a device and record it
 * @agent: the agent
 * @record: a complete record; .wanted becomes true
 * @ret_error: why it can't be
 *
 * Return: 0, or -errno with @ret_error filled and neither device nor record left behind.
 */
int vgpu_device_create(struct vgpu_agent *agent, struct vgpu_record *record, struct vgpu_error *ret_error)
{
	struct vgpu_event event;
	int rc;

	record->wanted = false;
	rc = vgpu_ledger_add(agent->ledger, record, NULL);
	if (rc)
		return ledger_failed(record, rc, ret_error);
	rc = vgpu_device_make(agent, record, ret_error);
	if (!rc) {
		record->wanted = true;
		vgpu_event_created(agent, &event, record);
		rc = vgpu_ledger_set(agent->ledger, record, &event);
		if (!rc)
			return 0;
		vgpu_mdev_remove(&agent->sysfs, record->uuid);
		rc = ledger_failed(record, rc, ret_error);
	}
	vgpu_ledger_remove(agent->ledger, record->uuid, NULL);
	return rc;
}

/**
 * vgpu_device_discard() - take away a device that was just made and given to nobody
 * @agent: the agent
 * @record: its record
 */
void vgpu_device_discard(struct vgpu_agent *agent, const struct vgpu_record *record)
{
	struct vgpu_record unwanted = *record;
	struct vgpu_event event;

	unwanted.wanted = false;
	vgpu_ledger_set(agent->ledger, &unwanted, NULL);
	vgpu_event_make(agent, &event, VGPU_EVENT_DELETED, record, "again: what was asked for with it could not be done");
	if (vgpu_mdev_remove(&agent->sysfs, record->uuid))
		vgpu_log_error("%s: device %s could not be removed", record->name, record->uuid);
	else
		vgpu_ledger_remove(agent->ledger, record->uuid, &event);
}
