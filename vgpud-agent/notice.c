// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * notice.c - events from udev and libvirt, brought to the ledger and the log. No lock: runs in the event loop's thread.
 */
#include "vgpud-agent/notice.h"

#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/text.h"
#include "vgpud-agent/call.h"
#include "vgpud-agent/gpu.h"
#include "vgpud-agent/mdev.h"
#include "vgpud-agent/removal.h"
#include "vgpud-agent/restore.h"

static void note_gpu(struct vgpu_agent *agent, const char *address, bool there)
{
	struct vgpu_event event;
	int rc;

	vgpu_event_make(agent, &event, there ? VGPU_EVENT_GPU_APPEARED : VGPU_EVENT_GPU_DISAPPEARED, NULL,
			there ? "it can be shared" : "it can't be shared any more: it is gone, or another driver has it");
	vgpu_text_copy(event.gpu, sizeof(event.gpu), address);
	rc = vgpu_ledger_gpu_set(agent->ledger, address, there, &event);
	if (rc)
		vgpu_log_error("GPU %s: the ledger could not be written: %s", address, strerror(-rc));
}

static bool listed(const struct vgpu_gpu *gpus, size_t count, const char *address)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(gpus[i].address, address))
			return true;
	return false;
}

static bool known(char (*addresses)[64], size_t count, const char *address)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(addresses[i], address))
			return true;
	return false;
}

/**
 * vgpu_notice_gpus() - tell of the GPUs that are there and were not, and of those that were
 * @agent: the agent
 *
 * What was is in the ledger, so that what happens while no agent runs is told of, too.
 */
void vgpu_notice_gpus(struct vgpu_agent *agent)
{
	cleanup_free char(*addresses)[64] = NULL;
	cleanup_free struct vgpu_gpu *gpus = NULL;
	size_t gpus_count = 0, count = 0, i;
	int rc;

	rc = vgpu_ledger_gpu_list(agent->ledger, &addresses, &count);
	if (!rc)
		rc = vgpu_gpu_list(&agent->sysfs, &gpus, &gpus_count);
	if (rc) {
		vgpu_log_error("GPUs that have come or gone are not told of: %s", strerror(-rc));
		return;
	}
	for (i = 0; i < gpus_count; i++)
		if (!known(addresses, count, gpus[i].address))
			note_gpu(agent, gpus[i].address, true);
	for (i = 0; i < count; i++)
		if (!listed(gpus, gpus_count, addresses[i]))
			note_gpu(agent, addresses[i], false);
}

/**
 * vgpu_notice_gpu() - a GPU has appeared: bring back what was on it
 * @data: the agent
 */
void vgpu_notice_gpu(void *data)
{
	int rc;

	vgpu_notice_gpus(data);
	rc = vgpu_restore_run(data);
	if (rc)
		vgpu_log_error("the ledger can't be read: %s", strerror(-rc));
}

/**
 * vgpu_notice_gpu_gone() - a GPU has disappeared
 * @data: the agent
 */
void vgpu_notice_gpu_gone(void *data)
{
	vgpu_notice_gpus(data);
}

/**
 * vgpu_notice_removed() - a mediated device has gone
 * @data: the agent
 * @uuid: which one; any text
 *
 * It is not made again: whoever removed it may have meant it. Its state says that it is missing, and why.
 */
void vgpu_notice_removed(void *data, const char *uuid)
{
	struct vgpu_agent *agent = data;
	struct vgpu_record record;
	char why[256];

	if (!vgpu_uuid_valid(uuid) || vgpu_removal_pending(agent, uuid) || vgpu_ledger_find(agent->ledger, uuid, &record) ||
	    !record.wanted)
		return;
	if (!vgpu_restore_verdict(agent, &record, vgpu_mdev_exists(&agent->sysfs, uuid), why, sizeof(why)) ||
	    strncmp(why, "missing", 7) != 0)
		return;
	vgpu_log_notice("%s: %s", record.name, why);
	vgpu_restore_note(agent, &record, why);
}

static bool waits(const struct vgpu_agent *agent, const char *uuid)
{
	const struct vgpu_call *call;

	for (call = agent->waiting; call; call = call->next)
		if (!strcmp(call->record.uuid, uuid))
			return true;
	return false;
}

/* One change is told of at a time: another domain, or what the domain that has it does. */
static int note_owner(struct vgpu_agent *agent, struct vgpu_record *record, const struct vgpu_domain_owner *owner)
{
	bool another = strcmp(record->domain, owner->domain) != 0;
	enum vgpu_event_kind kind;
	struct vgpu_event event;
	char domain[VGPU_DOMAIN_NAME_SIZE];

	if (!another && owner->running == record->running)
		return 0;
	if (another)
		kind = owner->domain[0] ? VGPU_EVENT_ATTACHED : VGPU_EVENT_DETACHED;
	else
		kind = owner->running ? VGPU_EVENT_DOMAIN_STARTED : VGPU_EVENT_DOMAIN_ENDED;
	vgpu_text_copy(domain, sizeof(domain), owner->domain[0] ? owner->domain : record->domain);
	vgpu_text_copy(record->domain, sizeof(record->domain), owner->domain);
	record->running = owner->running;
	vgpu_event_domain(agent, &event, kind, record, domain, 0, kind == VGPU_EVENT_DOMAIN_ENDED ? owner->ended : NULL);
	return vgpu_ledger_set(agent->ledger, record, &event);
}

/**
 * vgpu_notice_domains() - domains have other vGPUs, start or end, or libvirt answers again: let the ledger remember who has what
 * @data: the agent
 *
 * What the ledger remembers is what is shown, and what protects from deletion, while libvirt does not answer. What a call that waits is
 * changing is left to it; see dispatch.c.
 */
void vgpu_notice_domains(void *data)
{
	cleanup_free struct vgpu_record *records = NULL;
	struct vgpu_agent *agent = data;
	struct vgpu_domain_owner owner;
	size_t count = 0, i;
	int rc;

	if (!vgpu_libvirt_connected(agent->libvirt))
		return;
	rc = vgpu_ledger_list(agent->ledger, &records, &count);
	for (i = 0; !rc && i < count; i++) {
		if (waits(agent, records[i].uuid))
			continue;
		if (!vgpu_libvirt_owner(agent->libvirt, records[i].uuid, &owner))
			owner = (struct vgpu_domain_owner) { 0 };
		rc = note_owner(agent, &records[i], &owner);
	}
	if (rc)
		vgpu_log_error("the ledger does not know who has what: %s", strerror(-rc));
}
