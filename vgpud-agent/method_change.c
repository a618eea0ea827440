// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * method_change.c - the methods that make, change and remove vGPUs. Each leaves things as they were when it fails. No lock: runs in
 * the event loop's thread.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/rpc.h"
#include "lib/size.h"
#include "lib/text.h"
#include "vgpud-agent/call.h"
#include "vgpud-agent/capacity.h"
#include "vgpud-agent/class.h"
#include "vgpud-agent/device.h"
#include "vgpud-agent/pci.h"
#include "vgpud-agent/removal.h"
#include "vgpud-agent/restore.h"

/*
 * Reads sizes and settings out of the parameters; what is not there stays as it is. A setting of zero is the module's default, in the
 * parameters as in the ledger.
 */
static int read_numbers(struct vgpu_call *call, struct vgpu_record *record)
{
	const struct vgpu_resource_info *info;
	const struct vgpu_knob_info *knob;
	uint64_t value;
	unsigned int i;

	for (i = 0; i < VGPU_RESOURCES; i++) {
		info = &vgpu_resource_info[i];
		value = vgpu_json_get_u64(call->params, info->size);
		if (!value)
			continue;
		if ((info->pages && value % VGPU_PAGE_BYTES) || value > INT64_MAX)
			return vgpu_error_set(&call->error, VGPU_EXIT_USAGE, info->option, "give a multiple of 4K",
					      "%" PRIu64 " bytes are not whole pages", value);
		record->size[i] = value;
	}
	for (i = 0; i < VGPU_KNOBS; i++) {
		knob = &vgpu_knob_info[i];
		if (!vgpu_json_get(call->params, knob->name))
			continue;
		value = vgpu_json_get_u64(call->params, knob->name);
		if (value < knob->min || value > knob->max)
			return vgpu_error_set(&call->error, VGPU_EXIT_USAGE, knob->option, "see vgpuctl(1)",
					      "it must be %" PRIu64 " to %" PRIu64, knob->min, knob->max);
		record->knob[i] = value;
	}
	return 0;
}

static bool name_taken(struct vgpu_agent *agent, const char *name)
{
	struct vgpu_record other;

	return vgpu_ledger_find(agent->ledger, name, &other) != -ENOENT;
}

/* Uses the name that was asked for or makes the first of vgpu-1, vgpu-2, ... that is free. */
static int choose_name(struct vgpu_call *call, struct vgpu_record *record)
{
	const char *name = vgpu_json_get_string(call->params, "name");
	unsigned int i = 0;

	if (!name) {
		do {
			snprintf(record->name, sizeof(record->name), "vgpu-%u", ++i);
		} while (i < UINT16_MAX && name_taken(call->agent, record->name));
		return 0;
	}
	if (!vgpu_name_valid(name))
		return vgpu_error_set(&call->error, VGPU_EXIT_USAGE, name, "use " VGPU_NAME_RULE, "not a name for a vGPU");
	if (name_taken(call->agent, name))
		return vgpu_error_set(&call->error, VGPU_EXIT_IN_USE, name, "choose another name or delete it first",
				      "there is a vGPU of this name");
	strcpy(record->name, name);
	return 0;
}

/* A UUID may be asked for by who makes a vGPU again that others know by it. */
static int read_uuid(struct vgpu_call *call, struct vgpu_record *record)
{
	const char *uuid = vgpu_json_get_string(call->params, "uuid");
	struct vgpu_record other;
	int rc;

	if (!uuid)
		return 0;
	if (!vgpu_uuid_valid(uuid))
		return vgpu_error_set(&call->error, VGPU_EXIT_USAGE, uuid, "use 8-4-4-4-12 hexadecimal digits in lower case",
				      "not a UUID");
	rc = vgpu_ledger_find(call->agent->ledger, uuid, &other);
	if (rc && rc != -ENOENT)
		return vgpu_error_set(&call->error, VGPU_EXIT_FAILED, uuid, "check the disk that holds vgpud's state",
				      "the ledger can't be read: %s", strerror(-rc));
	if (!rc)
		return vgpu_error_set(&call->error, VGPU_EXIT_IN_USE, uuid, "choose another or delete it first",
				      "vGPU %s has this UUID", other.name);
	if (vgpu_mdev_exists(&call->agent->sysfs, uuid))
		return vgpu_error_set(&call->error, VGPU_EXIT_IN_USE, uuid, "choose another",
				      "a device that vgpud did not make has this UUID");
	strcpy(record->uuid, uuid);
	return 0;
}

static void put_result(struct vgpu_call *call, const struct vgpu_record *record)
{
	struct vgpu_json *result = vgpu_json_object();
	unsigned int i;

	vgpu_json_put_u64(result, "schema", VGPU_SCHEMA);
	vgpu_json_put_string(result, "name", record->name);
	vgpu_json_put_string(result, "uuid", record->uuid[0] ? record->uuid : NULL);
	vgpu_json_put_string(result, "gpu", record->gpu);
	vgpu_json_put_string(result, "type", record->type);
	vgpu_json_put_string(result, "domain", record->domain[0] ? record->domain : NULL);
	for (i = 0; i < VGPU_RESOURCES; i++)
		if (record->size[i])
			vgpu_json_put_u64(result, vgpu_resource_info[i].size, record->size[i]);
	vgpu_class_put(call->agent, result, record);
	for (i = 0; i < VGPU_KNOBS; i++)
		if (record->knob[i])
			vgpu_json_put_u64(result, vgpu_knob_info[i].name, record->knob[i]);
	vgpu_json_unref(call->result);
	call->result = result;
}

static int libvirt_off(struct vgpu_call *call, const char *domain)
{
	return vgpu_error_set(&call->error, VGPU_EXIT_FAILED, domain, "start vgpud with --libvirt URI",
			      "vgpud runs without libvirt");
}

/* The domain has it; a ledger that could not note that learns it from libvirt. */
static void note_attached(struct vgpu_call *call, const struct vgpu_domain_job *job)
{
	struct vgpu_record *record = &call->record;
	struct vgpu_domain_owner owner;
	struct vgpu_event event;

	vgpu_text_copy(record->domain, sizeof(record->domain), job->domain);
	record->running = vgpu_libvirt_owner(call->agent->libvirt, record->uuid, &owner) && owner.running;
	vgpu_event_domain(call->agent, &event, VGPU_EVENT_ATTACHED, record, job->domain, job->where, NULL);
	vgpu_ledger_set(call->agent->ledger, record, &event);
}

/* Why it was not attached is what the user is told, whatever becomes of the removal. */
static void create_undone(void *data, int rc, const struct vgpu_error *error)
{
	struct vgpu_call *call = data;

	vgpu_call_answer(call, vgpu_error_errno(call->error.exit));
}

static int create_attached(struct vgpu_call *call, const struct vgpu_domain_job *job)
{
	struct vgpu_record *record = &call->record;
	struct vgpu_error error;

	if (job->rc) {
		call->error = job->error;
		/* What libvirt may still attach has to stay; see list. Anything else goes as if it had never been. */
		if (job->rc != -ETIMEDOUT &&
		    vgpu_removal_start(call->agent, record, create_undone, call, &error) == VGPU_REMOVAL_WAITS)
			return VGPU_CALL_WAITS;
		return job->rc;
	}
	note_attached(call, job);
	put_result(call, record);
	return 0;
}

static int read_domain(struct vgpu_call *call, struct vgpu_domain_job *job)
{
	const char *domain = vgpu_json_get_string(call->params, "domain");

	if (!domain)
		return 0;
	if (!*domain || strlen(domain) >= sizeof(job->domain))
		return vgpu_error_set(&call->error, VGPU_EXIT_USAGE, "domain", "see virsh list --all", "not a domain's name");
	if (!call->agent->libvirt)
		return libvirt_off(call, domain);
	strcpy(job->domain, domain);
	return 0;
}

/**
 * vgpu_method_create() - "vgpu.create"
 * @call: "aperture_bytes" or "type"; the rest has defaults
 *
 * Return: 0, VGPU_CALL_WAITS or -errno.
 */
int vgpu_method_create(struct vgpu_call *call)
{
	struct vgpu_domain_job job = { .verb = VGPU_DOMAIN_ATTACH };
	const char *type = vgpu_json_get_string(call->params, "type");
	bool dry_run = vgpu_json_get_bool(call->params, "dry_run");
	struct vgpu_json *explanation = NULL;
	struct vgpu_agent *agent = call->agent;
	struct vgpu_record record = { 0 };
	int rc;

	rc = read_numbers(call, &record);
	if (!rc)
		rc = vgpu_class_choose(call, &record);
	if (!rc)
		rc = choose_name(call, &record);
	if (!rc)
		rc = read_uuid(call, &record);
	if (!rc)
		rc = read_domain(call, &job);
	if (rc)
		return rc;
	if (!type && !record.size[VGPU_APERTURE])
		return vgpu_error_set(&call->error, VGPU_EXIT_USAGE, record.name, "give --aperture SIZE or --type TYPE",
				      "how large it shall be was not said");
	if (type)
		vgpu_text_copy(record.type, sizeof(record.type), type);
	rc = vgpu_call_place(call, &record, dry_run ? &explanation : NULL);
	if (rc == -ENOENT)
		vgpu_pci_hint(&agent->sysfs, vgpu_json_get_string(call->params, "gpu"), &call->error);
	if (rc)
		return rc;
	if (dry_run) {
		put_result(call, &record);
		vgpu_json_put(call->result, "explanation", explanation);
		return 0;
	}
	if (!record.uuid[0] && vgpu_uuid_make(record.uuid))
		return vgpu_error_set(&call->error, VGPU_EXIT_FAILED, record.name, "try again", "no random numbers");
	rc = vgpu_device_create(agent, &record, &call->error);
	if (rc)
		return rc;
	put_result(call, &record);
	if (!job.domain[0])
		return 0;
	call->domain = vgpu_json_get_string(call->params, "domain");
	rc = vgpu_call_wait(call, &job, &record, create_attached);
	if (rc < 0)
		vgpu_device_discard(agent, &record);
	return rc;
}

static void deleted(void *data, int rc, const struct vgpu_error *error)
{
	struct vgpu_call *call = data;

	if (rc)
		call->error = *error;
	vgpu_call_answer(call, rc);
}

static int delete_now(struct vgpu_call *call, const struct vgpu_record *record)
{
	int rc;
	struct vgpu_domain_owner owner;
	struct vgpu_mdev mdev;
	bool owned = vgpu_libvirt_owner(call->agent->libvirt, record->uuid, &owner);

	if (owned)
		return vgpu_error_set(&call->error, VGPU_EXIT_IN_USE, record->name, "detach it first: vgpuctl detach",
				      "domain %s has it", owner.domain);
	if (!vgpu_mdev_read(&call->agent->sysfs, record->uuid, &mdev) && vgpu_mdev_busy(&mdev))
		return vgpu_error_set(&call->error, VGPU_EXIT_IN_USE, record->name, "stop what uses it first",
				      "a guest has it open (state %s)%s%s", mdev.state, record->domain[0] ? ", domain " : "",
				      record->domain);
	put_result(call, record);
	rc = vgpu_call_hold(call, record);
	if (!rc)
		rc = vgpu_removal_start(call->agent, record, deleted, call, &call->error);
	return rc == VGPU_REMOVAL_WAITS ? VGPU_CALL_WAITS : rc;
}

static int delete_looked(struct vgpu_call *call, const struct vgpu_domain_job *job)
{
	/* Without libvirt's word, only the ledger knows whether a domain that is shut off counts on this vGPU. */
	if (job->rc && call->record.domain[0]) {
		call->error = job->error;
		return job->rc;
	}
	return delete_now(call, &call->record);
}

/**
 * vgpu_method_delete() - "vgpu.delete"
 * @call: "name"
 *
 * Return: 0, VGPU_CALL_WAITS or -errno; -EBUSY when a domain has it or a guest has it open.
 */
int vgpu_method_delete(struct vgpu_call *call)
{
	struct vgpu_domain_job job = { .verb = VGPU_DOMAIN_LOOK };
	struct vgpu_record record;
	int rc;

	rc = vgpu_call_change(call, &record);
	if (rc)
		return rc;
	return call->agent->libvirt ? vgpu_call_wait(call, &job, &record, delete_looked) : delete_now(call, &record);
}

/* What was asked for and is not so yet. */
static size_t list_changes(const struct vgpu_call *call, const struct vgpu_mdev *mdev, const struct vgpu_record *record,
			   struct vgpu_change *changes)
{
	bool class = vgpu_call_asks_for_class(call, record);
	const char *name;
	size_t count = 0;
	unsigned int i;

	for (i = 0; i < VGPU_RESOURCES; i++) {
		name = vgpu_resource_info[i].size;
		if (vgpu_json_get(call->params, name) && record->size[i] != mdev->size[i])
			changes[count++] = (struct vgpu_change) { name, mdev->size[i], record->size[i], i };
	}
	for (i = 0; i < VGPU_KNOBS; i++) {
		name = vgpu_knob_info[i].name;
		if ((class || vgpu_json_get(call->params, name)) && record->knob[i] != mdev->knob[i])
			changes[count++] = (struct vgpu_change) { name, mdev->knob[i], record->knob[i], VGPU_RESOURCES };
	}
	return count;
}

static int change_failed(struct vgpu_call *call, const struct vgpu_record *record, const struct vgpu_change *change, int rc)
{
	if (rc == -EBUSY)
		return vgpu_error_set(&call->error, VGPU_EXIT_IN_USE, record->name, "delete it and create another",
				      "%s can't change once a guest has opened it", change->attribute);
	if (rc == -ENOSPC && change->resource < VGPU_RESOURCES)
		return vgpu_capacity_growth(call->agent, record, change->resource, change->old, &call->error);
	return vgpu_error_set(&call->error, VGPU_EXIT_FAILED, record->name, "see the kernel log",
			      "%s could not be set to %" PRIu64 ": %s", change->attribute, change->new, strerror(-rc));
}

static int apply(struct vgpu_call *call, const struct vgpu_record *record, const struct vgpu_change *changes, size_t count,
		 const char *old_class)
{
	const struct vgpu_sysfs *sysfs = &call->agent->sysfs;
	bool news = count || strcmp(old_class, record->class) != 0;
	struct vgpu_event event;
	size_t done;
	int rc = 0;

	for (done = 0; !rc && done < count; done++)
		rc = vgpu_mdev_write(sysfs, record->uuid, changes[done].attribute, changes[done].new);
	if (!rc) {
		vgpu_event_make(call->agent, &event, VGPU_EVENT_CHANGED, record, "%s", "");
		vgpu_event_changes(&event, changes, count, old_class, record->class);
		rc = vgpu_ledger_set(call->agent->ledger, record, news ? &event : NULL);
		if (!rc)
			return 0;
		vgpu_error_set(&call->error, VGPU_EXIT_FAILED, record->name, "check the disk that holds vgpud's state",
			       "the ledger could not be written: %s", strerror(-rc));
	} else {
		done--;
		change_failed(call, record, &changes[done], rc);
	}
	while (done--)
		vgpu_mdev_write(sysfs, record->uuid, changes[done].attribute, changes[done].old);
	return vgpu_error_errno(call->error.exit);
}

static int missing(struct vgpu_call *call, const struct vgpu_record *record)
{
	return vgpu_error_set(&call->error, VGPU_EXIT_NOT_FOUND, record->name, "bring it back: vgpuctl restore",
			      "its device is missing");
}

/**
 * vgpu_method_set() - "vgpu.set": class, weight, cap and latency at any time, sizes until the first open
 * @call: "name" and what to change
 *
 * Return: 0 or -errno with nothing changed.
 */
int vgpu_method_set(struct vgpu_call *call)
{
	struct vgpu_change changes[VGPU_RESOURCES + VGPU_KNOBS];
	char old_class[VGPU_NAME_SIZE];
	struct vgpu_record record;
	struct vgpu_mdev mdev;
	int rc;

	rc = vgpu_call_change(call, &record);
	if (rc)
		return rc;
	strcpy(old_class, record.class);
	rc = read_numbers(call, &record);
	if (!rc)
		rc = vgpu_class_choose(call, &record);
	if (rc)
		return rc;
	if (vgpu_mdev_read(&call->agent->sysfs, record.uuid, &mdev))
		return missing(call, &record);
	if (!mdev.ours)
		return vgpu_error_set(&call->error, VGPU_EXIT_FAILED, record.name, "delete it and create another",
				      "the driver of GPU %s has nothing to set", mdev.gpu);
	rc = vgpu_call_admit(call, &record, NULL);
	if (rc)
		return rc;
	rc = apply(call, &record, changes, list_changes(call, &mdev, &record, changes), old_class);
	if (!rc)
		put_result(call, &record);
	return rc;
}

/**
 * vgpu_method_restore() - "vgpu.restore": make the device of a vGPU again that somebody else has removed
 * @call: "name"
 *
 * Return: 0, also when it is there, or -errno.
 */
int vgpu_method_restore(struct vgpu_call *call)
{
	struct vgpu_record record;
	int rc;

	rc = vgpu_call_change(call, &record);
	if (!rc && vgpu_mdev_exists(&call->agent->sysfs, record.uuid))
		vgpu_restore_note(call->agent, &record, "present");
	else if (!rc)
		rc = vgpu_restore_one(call->agent, &record, &call->error);
	if (!rc)
		put_result(call, &record);
	return rc;
}

static unsigned int where(const struct vgpu_call *call)
{
	return (vgpu_json_get_bool(call->params, "live") ? VGPU_DOMAIN_LIVE : 0) |
	       (vgpu_json_get_bool(call->params, "config") ? VGPU_DOMAIN_CONFIG : 0);
}

static void put_where(struct vgpu_call *call, const struct vgpu_domain_job *job)
{
	put_result(call, &call->record);
	vgpu_json_put_string(call->result, "domain", job->domain);
	vgpu_json_put_bool(call->result, "live", job->where & VGPU_DOMAIN_LIVE);
	vgpu_json_put_bool(call->result, "config", job->where & VGPU_DOMAIN_CONFIG);
}

static int attached(struct vgpu_call *call, const struct vgpu_domain_job *job)
{
	if (job->rc) {
		call->error = job->error;
		return job->rc;
	}
	note_attached(call, job);
	put_where(call, job);
	return 0;
}

/**
 * vgpu_method_attach() - "vgpu.attach"
 * @call: "name", "domain", and "live" or "config" to change only one description of the domain
 *
 * Return: VGPU_CALL_WAITS or -errno.
 */
int vgpu_method_attach(struct vgpu_call *call)
{
	struct vgpu_domain_job job = { .verb = VGPU_DOMAIN_ATTACH, .where = where(call) };
	struct vgpu_record record;
	int rc;

	rc = vgpu_call_change(call, &record);
	if (!rc)
		rc = read_domain(call, &job);
	if (rc)
		return rc;
	if (!vgpu_mdev_exists(&call->agent->sysfs, record.uuid))
		return missing(call, &record);
	rc = vgpu_call_admit(call, &record, job.domain);
	if (rc)
		return rc;
	call->domain = vgpu_json_get_string(call->params, "domain");
	return vgpu_call_wait(call, &job, &record, attached);
}

static int detached(struct vgpu_call *call, const struct vgpu_domain_job *job)
{
	struct vgpu_domain_owner owner = { 0 };
	struct vgpu_event event;

	if (job->rc) {
		call->error = job->error;
		return job->rc;
	}
	if (!vgpu_libvirt_owner(call->agent->libvirt, call->record.uuid, &owner))
		call->record.domain[0] = '\0';
	call->record.running = owner.running;
	vgpu_event_domain(call->agent, &event, VGPU_EVENT_DETACHED, &call->record, job->domain, job->where, NULL);
	vgpu_ledger_set(call->agent->ledger, &call->record, &event);
	put_where(call, job);
	return 0;
}

/**
 * vgpu_method_detach() - "vgpu.detach"
 * @call: "name", and "live" or "config" to change only one description of the domain
 *
 * Return: VGPU_CALL_WAITS or -errno.
 */
int vgpu_method_detach(struct vgpu_call *call)
{
	struct vgpu_domain_job job = { .verb = VGPU_DOMAIN_DETACH, .where = where(call) };
	struct vgpu_record record;
	int rc;

	rc = vgpu_call_change(call, &record);
	if (rc)
		return rc;
	return call->agent->libvirt ? vgpu_call_wait(call, &job, &record, detached) : libvirt_off(call, record.name);
}
