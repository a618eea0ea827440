// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * restore.c - runs at start-up and whenever a GPU appears. Only a vGPU that this agent made is touched. No lock: runs in the event
 * loop's thread.
 */
#include "vgpud-agent/restore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/text.h"
#include "vgpud-agent/device.h"
#include "vgpud-agent/gpu.h"
#include "vgpud-agent/mdev.h"
#include "vgpud-agent/removal.h"

static void judge(struct vgpu_agent *agent, const struct vgpu_record *record, char *ret_text, size_t size)
{
	struct vgpu_error error;
	struct vgpu_mdev mdev;
	struct vgpu_gpu gpu;
	unsigned int i;

	if (!vgpu_mdev_read(&agent->sysfs, record->uuid, &mdev)) {
		vgpu_text_copy(ret_text, size, "present");
		for (i = 0; mdev.ours && i < VGPU_RESOURCES; i++)
			if (record->size[i] && mdev.size[i] != record->size[i])
				vgpu_text_copy(ret_text, size, "differs: its sizes are not the recorded ones");
		return;
	}
	if (vgpu_gpu_read(&agent->sysfs, record->gpu, &gpu)) {
		snprintf(ret_text, size, "missing: GPU %s is not there", record->gpu);
		return;
	}
	if (vgpu_device_make(agent, record, &error))
		snprintf(ret_text, size, "missing: %.*s", (int)size - 16, error.what);
	else
		vgpu_text_copy(ret_text, size, "restored");
}

/* What the agent died in the middle of making or removing goes; see ledger.h. */
static void clean_up(struct vgpu_agent *agent, const struct vgpu_record *record)
{
	struct vgpu_error error;
	int rc;

	if (vgpu_removal_pending(agent, record->uuid))
		return;
	rc = vgpu_removal_start(agent, record, NULL, NULL, &error);
	if (rc < 0)
		vgpu_log_error("%s: half-made or half-removed vGPU %s stays: %s", record->name, record->uuid, error.what);
	else if (!rc)
		vgpu_log_notice("%s: removed what was left of it", record->name);
}

static int compare_verdicts(const void *a, const void *b)
{
	return strcmp(((const struct vgpu_verdict *)a)->uuid, ((const struct vgpu_verdict *)b)->uuid);
}

/**
 * vgpu_restore_note() - tell of a vGPU that went missing or came back, once each time
 * @agent: the agent
 * @record: its record, changed
 * @verdict: what became of it
 */
void vgpu_restore_note(struct vgpu_agent *agent, struct vgpu_record *record, const char *verdict)
{
	bool missing = !strncmp(verdict, "missing: ", 9), made = !strcmp(verdict, "restored");
	struct vgpu_event event;

	if (missing == record->missing && !made)
		return;
	vgpu_event_make(agent, &event, missing ? VGPU_EVENT_MISSING : VGPU_EVENT_RESTORED, record, "%s",
			missing ? verdict + 9
			: made	? "its device was made again"
				: "its device is there again");
	record->missing = missing;
	vgpu_event_set(agent, record, &event);
}

/**
 * vgpu_restore_run() - compare the ledger with the kernel and make what is missing
 * @agent: the agent
 *
 * Return: 0, also when some could not be brought back, which their verdicts and the log say; -errno when the ledger can't be read.
 */
int vgpu_restore_run(struct vgpu_agent *agent)
{
	struct vgpu_verdict *verdicts, *verdict;
	struct vgpu_record *records;
	size_t count, judged = 0, i;
	int rc;

	rc = vgpu_ledger_list(agent->ledger, &records, &count);
	if (rc)
		return rc;
	verdicts = calloc(count + 1, sizeof(*verdicts));
	for (i = 0; verdicts && i < count; i++) {
		if (!records[i].wanted) {
			clean_up(agent, &records[i]);
			continue;
		}
		verdict = &verdicts[judged++];
		strcpy(verdict->uuid, records[i].uuid);
		judge(agent, &records[i], verdict->text, sizeof(verdict->text));
		if (strcmp(verdict->text, "present") != 0)
			vgpu_log_notice("%s: %s", records[i].name, verdict->text);
		vgpu_restore_note(agent, &records[i], verdict->text);
	}
	free(records);
	if (!verdicts)
		return -ENOMEM;
	qsort(verdicts, judged, sizeof(*verdicts), compare_verdicts);
	free(agent->verdicts);
	agent->verdicts = verdicts;
	agent->verdicts_count = judged;
	return 0;
}

static struct vgpu_verdict *find_verdict(const struct vgpu_agent *agent, const char *uuid)
{
	struct vgpu_verdict wanted = { 0 };

	if (!agent->verdicts_count)
		return NULL;
	vgpu_text_copy(wanted.uuid, sizeof(wanted.uuid), uuid);
	return bsearch(&wanted, agent->verdicts, agent->verdicts_count, sizeof(wanted), compare_verdicts);
}

/**
 * vgpu_restore_verdict() - what became of a vGPU
 * @agent: the agent
 * @record: its record
 * @exists: its device is there
 * @ret_text: "present", "restored" or "differs: ..." as of when the agent last looked; "missing: ..." as of now
 * @size: bytes in @ret_text
 *
 * Return: false when there is nothing to say: it was made since, and is there.
 */
bool vgpu_restore_verdict(const struct vgpu_agent *agent, const struct vgpu_record *record, bool exists, char *ret_text,
			  size_t size)
{
	const struct vgpu_verdict *verdict = find_verdict(agent, record->uuid);
	bool was_missing = verdict && !strncmp(verdict->text, "missing:", 8);
	struct vgpu_gpu gpu;

	if (exists && (!verdict || was_missing))
		return false;
	if (exists || was_missing)
		vgpu_text_copy(ret_text, size, verdict->text);
	else if (vgpu_gpu_read(&agent->sysfs, record->gpu, &gpu))
		snprintf(ret_text, size, "missing: GPU %s is not there", record->gpu);
	else
		vgpu_text_copy(ret_text, size, "missing: its device was removed, and not by vgpud");
	return true;
}

/**
 * vgpu_restore_missing() - how many vGPUs did not come back
 * @agent: the agent
 *
 * Return: their number, as of when the agent last looked.
 */
unsigned int vgpu_restore_missing(const struct vgpu_agent *agent)
{
	unsigned int missing = 0;
	size_t i;

	for (i = 0; i < agent->verdicts_count; i++)
		missing += !strncmp(agent->verdicts[i].text, "missing:", 8);
	return missing;
}

/**
 * vgpu_restore_one() - make the device of one record again
 * @agent: the agent
 * @record: a vGPU that is missing
 * @ret_error: why it can't be
 *
 * Return: 0 or -errno with @ret_error filled.
 */
int vgpu_restore_one(struct vgpu_agent *agent, struct vgpu_record *record, struct vgpu_error *ret_error)
{
	struct vgpu_verdict *verdict;
	struct vgpu_gpu gpu;
	int rc;

	if (vgpu_gpu_read(&agent->sysfs, record->gpu, &gpu))
		return vgpu_error_set(ret_error, VGPU_EXIT_NOT_FOUND, record->name, "see vgpuctl gpu list", "GPU %s is not there",
				      record->gpu);
	rc = vgpu_device_make(agent, record, ret_error);
	if (rc)
		return rc;
	verdict = find_verdict(agent, record->uuid);
	if (verdict)
		strcpy(verdict->text, "restored");
	vgpu_restore_note(agent, record, "restored");
	return 0;
}

/**
 * vgpu_restore_fini() - forget the verdicts
 * @agent: the agent
 */
void vgpu_restore_fini(struct vgpu_agent *agent)
{
	free(agent->verdicts);
	agent->verdicts = NULL;
	agent->verdicts_count = 0;
}
