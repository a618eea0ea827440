// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * refusal.c - events of requests that were refused, and how many of them a client gets. No lock: runs in the event loop's thread.
 *
 * A client may ask for what it does not get as often as it likes; what that makes the agent write must not be its choice. Each user has
 * REFUSALS_AT_ONCE events, and earns another one every REFUSAL_US: that is at most 250 a day, of a history of VGPU_EVENTS_KEPT. What is
 * refused in between is counted, and the next event says how many there were.
 */
#include <string.h>
#include <time.h>

#include "lib/text.h"
#include "vgpud-agent/agent.h"
#include "vgpud-agent/call.h"
#include "vgpud-agent/event.h"

#define REFUSALS_AT_ONCE 10
#define REFUSAL_US (6ull * 60 * 1000000)

/**
 * vgpu_refusal_worth() - is a refusal worth an event?
 * @refusals: the clients' accounts, of zeros at first
 * @uid: the client
 * @now_us: CLOCK_MONOTONIC
 * @ret_untold: how many refusals there have been without one since its last event
 *
 * When there are more clients than accounts, the one whose account is the best loses it: it has the least to gain by a new one.
 *
 * Return: true when it is; false when it has been counted instead.
 */
bool vgpu_refusal_worth(struct vgpu_refusals *refusals, int64_t uid, uint64_t now_us, uint64_t *ret_untold)
{
	unsigned int i, at = 0;

	for (i = 0; i < VGPU_REFUSAL_CLIENTS; i++) {
		if (refusals->client[i].uid == uid && refusals->client[i].paid_us)
			break;
		if (refusals->client[i].paid_us < refusals->client[at].paid_us)
			at = i;
	}
	if (i < VGPU_REFUSAL_CLIENTS) {
		at = i;
	} else {
		refusals->client[at].uid = uid;
		refusals->client[at].paid_us = 0;
		refusals->client[at].untold = 0;
	}
	if (refusals->client[at].paid_us > now_us + (REFUSALS_AT_ONCE - 1) * REFUSAL_US) {
		refusals->client[at].untold++;
		return false;
	}
	if (refusals->client[at].paid_us < now_us)
		refusals->client[at].paid_us = now_us;
	refusals->client[at].paid_us += REFUSAL_US;
	*ret_untold = refusals->client[at].untold;
	refusals->client[at].untold = 0;
	return true;
}

/**
 * vgpu_event_refused() - a call has failed: keep that, if it is for lack of room or by the policy, and not too often
 * @call: the call, with its error
 */
void vgpu_event_refused(struct vgpu_call *call)
{
	const char *name = vgpu_json_get_string(call->params, "name");
	const struct vgpu_error *error = &call->error;
	struct vgpu_agent *agent = call->agent;
	struct vgpu_event event;
	struct vgpu_json *details;
	struct timespec now;
	uint64_t untold;

	if (call->method->reads || vgpu_json_get_bool(call->params, "dry_run") ||
	    (error->exit != VGPU_EXIT_NO_CAPACITY && error->exit != VGPU_EXIT_DENIED))
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!vgpu_refusal_worth(&agent->refusals, call->uid, now.tv_sec * 1000000ull + now.tv_nsec / 1000, &untold))
		return;
	vgpu_event_make(agent, &event, VGPU_EVENT_REFUSED, NULL, "%s: %s", call->method->name, error->what);
	event.uid = call->uid;
	if (name && vgpu_uuid_valid(name))
		strcpy(event.uuid, name);
	else if (name && vgpu_name_valid(name))
		strcpy(event.name, name);
	details = vgpu_json_object();
	vgpu_json_put_string(details, "method", call->method->name);
	vgpu_json_put_u64(details, "exit", error->exit);
	if (untold)
		vgpu_json_put_u64(details, "untold", untold);
	vgpu_event_details(&event, details);
	vgpu_event_note(agent, &event);
}
