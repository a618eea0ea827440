// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * removal.c - one child process for each removal that is under way, and a limit on how long anybody waits for it. No lock: runs in the
 * event loop's thread.
 *
 * A removal that was started can't be called back. When the time is up, whoever waits is told so; the child, and the record that says
 * that the device shall go, stay until it has. What an earlier agent left is tried again and again, since its child may still be at it.
 */
#include "vgpud-agent/removal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>

#include "vgpud-agent/mdev.h"

struct vgpu_removal {
	struct vgpu_agent *agent;
	struct vgpu_removal *next;
	struct vgpu_record record; /* as it was */
	sd_event_source *child;
	sd_event_source *timer; /* until whoever waits is told, or until the next attempt */
	int64_t asker;
	vgpu_removal_done *done; /* NULL: nobody waits, or no longer */
	void *data;
	bool told; /* the log has been */
};

static int ledger_failed(const struct vgpu_record *record, int rc, struct vgpu_error *ret_error)
{
	return vgpu_error_set(ret_error, VGPU_EXIT_FAILED, record->name, "check the disk that holds vgpud's state",
			      "the ledger could not be written: %s", strerror(-rc));
}

/* The kernel has answered: what that means for the record. */
static int conclude(struct vgpu_agent *agent, const struct vgpu_record *record, int rc, struct vgpu_error *ret_error)
{
	struct vgpu_event event;
	int ledger_rc;

	if (!rc) {
		/* The device is gone and the record says so: if it can't be taken out now, the next start-up does. */
		vgpu_event_make(
			agent, &event, VGPU_EVENT_DELETED, record, "from GPU %s%s", record->gpu,
			record->wanted ? "" : ": what was left when the agent had ended in the middle of making or deleting it");
		rc = vgpu_ledger_remove(agent->ledger, record->uuid, &event);
		return rc ? ledger_failed(record, rc, ret_error) : 0;
	}
	ledger_rc = vgpu_ledger_set(agent->ledger, record, NULL);
	if (ledger_rc)
		return ledger_failed(record, ledger_rc, ret_error);
	if (rc == -EBUSY || rc == -EAGAIN)
		return vgpu_error_set(ret_error, VGPU_EXIT_IN_USE, record->name, "stop what uses it first",
				      "the kernel says that it is in use");
	return vgpu_error_set(ret_error, VGPU_EXIT_FAILED, record->name, "see the kernel log", "it could not be removed: %s",
			      strerror(-rc));
}

static void release(struct vgpu_removal *removal)
{
	sd_event_source_disable_unref(removal->child);
	sd_event_source_disable_unref(removal->timer);
	free(removal);
}

static void destroy(struct vgpu_removal *removal)
{
	struct vgpu_removal **at;

	for (at = &removal->agent->removals; *at && *at != removal; at = &(*at)->next)
		;
	if (*at)
		*at = removal->next;
	release(removal);
}

static int arm(struct vgpu_removal *removal)
{
	int rc = sd_event_source_set_time_relative(removal->timer, removal->agent->remove_timeout_us);

	return rc < 0 ? rc : sd_event_source_set_enabled(removal->timer, SD_EVENT_ONESHOT);
}

/* The kernel has answered, or could not be asked. Frees the removal, unless it is tried again. */
static void end(struct vgpu_removal *removal, int rc)
{
	struct vgpu_error error;

	if (rc && !removal->record.wanted && arm(removal) >= 0) {
		if (!removal->told)
			vgpu_log_error("%s: half-made or half-removed vGPU %s stays for now: %s", removal->record.name,
				       removal->record.uuid, strerror(-rc));
		removal->told = true;
		return;
	}
	removal->agent->asker = removal->asker;
	rc = conclude(removal->agent, &removal->record, rc, &error);
	removal->agent->asker = VGPU_NOBODY;
	if (removal->done)
		removal->done(removal->data, rc, &error);
	else if (rc)
		vgpu_log_error("%s: %s", removal->record.name, error.what);
	else
		vgpu_log_notice("%s: removed", removal->record.name);
	destroy(removal);
}

static int on_child(sd_event_source *source, const siginfo_t *info, void *data)
{
	struct vgpu_removal *removal = data;
	int rc = info->si_code == CLD_EXITED ? -info->si_status : -EIO;

	removal->child = sd_event_source_disable_unref(removal->child);
	end(removal, vgpu_mdev_removed(&removal->agent->sysfs, removal->record.uuid, rc));
	return 0;
}

/* Returns VGPU_REMOVAL_WAITS, 0 when the device is gone already, -errno. */
static int attempt(struct vgpu_removal *removal)
{
	pid_t child;
	int rc;

	rc = vgpu_mdev_remove_apart(&removal->agent->sysfs, removal->record.uuid, &child);
	if (rc || !child)
		return rc;
	rc = sd_event_add_child(removal->agent->event, &removal->child, child, WEXITED, on_child, removal);
	return rc < 0 ? rc : VGPU_REMOVAL_WAITS;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	struct vgpu_removal *removal = data;
	vgpu_removal_done *done = removal->done;
	struct vgpu_error error;
	int rc;

	if (!removal->child) {
		rc = attempt(removal);
		if (rc != VGPU_REMOVAL_WAITS)
			end(removal, rc);
	} else if (done) {
		rc = vgpu_error_set(&error, VGPU_EXIT_IN_USE, removal->record.name, "stop what has it open: then it goes",
				    "the kernel waits for somebody who has it open");
		removal->done = NULL;
		done(removal->data, rc, &error);
	}
	return 0;
}

static int begin(struct vgpu_removal *removal)
{
	int rc;

	rc = sd_event_add_time_relative(removal->agent->event, &removal->timer, CLOCK_MONOTONIC,
					removal->agent->remove_timeout_us, 0, on_timer, removal);
	if (rc >= 0)
		rc = attempt(removal);
	return rc < 0 && removal->timer && !removal->record.wanted ? VGPU_REMOVAL_WAITS : rc;
}

/**
 * vgpu_removal_start() - begin to take a device and its record away
 * @agent: the agent
 * @record: its record; the ledger's is marked as unwanted first, and put back if the kernel refuses, unless it was unwanted before
 * @done: called at the end, or when it takes too long; NULL when nobody waits for it
 * @data: passed to @done
 * @ret_error: why it can't be
 *
 * Return: VGPU_REMOVAL_WAITS when @done will be called; 0 when both are gone already; -errno with @ret_error filled and everything as it
 * was.
 */
int vgpu_removal_start(struct vgpu_agent *agent, const struct vgpu_record *record, vgpu_removal_done *done, void *data,
		       struct vgpu_error *ret_error)
{
	struct vgpu_record unwanted = *record;
	struct vgpu_removal *removal;
	int rc;

	unwanted.wanted = false;
	rc = vgpu_ledger_set(agent->ledger, &unwanted, NULL);
	if (rc)
		return ledger_failed(record, rc, ret_error);
	removal = calloc(1, sizeof(*removal));
	if (!removal)
		return conclude(agent, record, -ENOMEM, ret_error);
	*removal = (struct vgpu_removal) { .agent = agent, .record = *record, .asker = agent->asker, .done = done, .data = data };
	rc = begin(removal);
	if (rc == VGPU_REMOVAL_WAITS) {
		removal->next = agent->removals;
		agent->removals = removal;
		return rc;
	}
	destroy(removal);
	return conclude(agent, record, rc, ret_error);
}

/**
 * vgpu_removal_pending() - is a vGPU being removed?
 * @agent: the agent
 * @uuid: its
 *
 * Return: true when the kernel has been told to and has not answered yet.
 */
bool vgpu_removal_pending(const struct vgpu_agent *agent, const char *uuid)
{
	const struct vgpu_removal *removal;

	for (removal = agent->removals; removal; removal = removal->next)
		if (!strcmp(removal->record.uuid, uuid))
			return true;
	return false;
}

/**
 * vgpu_removal_fini() - stop watching, at the end of the agent; the children are left to the kernel
 * @agent: the agent
 */
void vgpu_removal_fini(struct vgpu_agent *agent)
{
	struct vgpu_removal *removal;

	while ((removal = agent->removals)) {
		agent->removals = removal->next;
		release(removal);
	}
}
