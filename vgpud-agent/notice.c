// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * notice.c - events from udev and libvirt, brought to the ledger and the log. No lock: runs in the event loop's thread.
 */
#include "vgpud-agent/notice.h"

#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/text.h"
#include "vgpud-agent/mdev.h"
#include "vgpud-agent/removal.h"
#include "vgpud-agent/restore.h"

/**
 * vgpu_notice_gpu() - a GPU has appeared: bring back what was on it
 * @data: the agent
 */
void vgpu_notice_gpu(void *data)
{
	int rc = vgpu_restore_run(data);

	if (rc)
		vgpu_log_error("the ledger can't be read: %s", strerror(-rc));
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
	char why[128];

	if (!vgpu_uuid_valid(uuid) || vgpu_removal_pending(agent, uuid) || vgpu_ledger_find(agent->ledger, uuid, &record) ||
	    !record.wanted)
		return;
	if (vgpu_restore_verdict(agent, &record, vgpu_mdev_exists(&agent->sysfs, uuid), why, sizeof(why)) &&
	    !strncmp(why, "missing", 7))
		vgpu_log_notice("%s: %s", record.name, why);
}

/**
 * vgpu_notice_domains() - a domain has another vGPU, or libvirt answers again: let the ledger remember who has what
 * @data: the agent
 *
 * What the ledger remembers is what is shown, and what protects from deletion, while libvirt does not answer.
 */
void vgpu_notice_domains(void *data)
{
	cleanup_free struct vgpu_record *records = NULL;
	struct vgpu_agent *agent = data;
	struct vgpu_domain_owner owner;
	size_t count = 0, i;
	int rc;

	rc = vgpu_ledger_list(agent->ledger, &records, &count);
	for (i = 0; !rc && i < count; i++) {
		if (!vgpu_libvirt_owner(agent->libvirt, records[i].uuid, &owner))
			owner.domain[0] = '\0';
		if (!strcmp(owner.domain, records[i].domain))
			continue;
		vgpu_text_copy(records[i].domain, sizeof(records[i].domain), owner.domain);
		rc = vgpu_ledger_set(agent->ledger, &records[i]);
	}
	if (rc)
		vgpu_log_error("the ledger does not know who has what: %s", strerror(-rc));
}
