/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * event.h - what has happened and who asked for it, as one line for people and as JSON for programs. An event is made here and handed to
 * the ledger together with the change that it tells of, so that there is never one without the other.
 */
#ifndef VGPU_AGENT_EVENT_H
#define VGPU_AGENT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/json.h"
#include "vgpud-agent/ledger.h"
#include "vgpud-agent/resource.h"

struct vgpu_agent;
struct vgpu_call;

/* vgpud-api(7) says what each means; one that was released keeps its name and its meaning. */
enum vgpu_event_kind {
	VGPU_EVENT_AGENT_STARTED,
	VGPU_EVENT_AGENT_STOPPED,
	VGPU_EVENT_POLICY_RELOADED,
	VGPU_EVENT_POLICY_FAILED,
	VGPU_EVENT_GPU_APPEARED,
	VGPU_EVENT_GPU_DISAPPEARED,
	VGPU_EVENT_CREATED,
	VGPU_EVENT_CHANGED,
	VGPU_EVENT_DELETED,
	VGPU_EVENT_MISSING,
	VGPU_EVENT_RESTORED,
	VGPU_EVENT_ATTACHED,
	VGPU_EVENT_DETACHED,
	VGPU_EVENT_DOMAIN_STARTED,
	VGPU_EVENT_DOMAIN_ENDED,
	VGPU_EVENT_REFUSED,
	VGPU_EVENT_KINDS,
};

/* One attribute of a vGPU gets another value. */
struct vgpu_change {
	const char *attribute;
	uint64_t old, new;
	enum vgpu_resource resource; /* VGPU_RESOURCES: a setting */
};

/* How soon again a client's refusals are worth an event; see refusal.c. */
#define VGPU_REFUSAL_CLIENTS 16

struct vgpu_refusals {
	struct {
		int64_t uid;
		uint64_t paid_us; /* until when its events are paid for; 0: nobody's */
		uint64_t untold; /* refusals since the last event */
	} client[VGPU_REFUSAL_CLIENTS];
};

const char *vgpu_event_kind_name(enum vgpu_event_kind kind);
void vgpu_event_make(const struct vgpu_agent *agent, struct vgpu_event *ret_event, enum vgpu_event_kind kind,
		     const struct vgpu_record *record, const char *format, ...) __attribute__((format(printf, 5, 6)));
void vgpu_event_details(struct vgpu_event *event, struct vgpu_json *details);
void vgpu_event_created(const struct vgpu_agent *agent, struct vgpu_event *ret_event, const struct vgpu_record *record);
void vgpu_event_changes(struct vgpu_event *event, const struct vgpu_change *changes, size_t count, const char *old_class,
			const char *new_class);
void vgpu_event_domain(const struct vgpu_agent *agent, struct vgpu_event *ret_event, enum vgpu_event_kind kind,
		       const struct vgpu_record *record, const char *domain, unsigned int where, const char *why);
void vgpu_event_note(struct vgpu_agent *agent, const struct vgpu_event *event);
int vgpu_event_set(struct vgpu_agent *agent, const struct vgpu_record *record, const struct vgpu_event *event);
struct vgpu_json *vgpu_event_json(const struct vgpu_event *event);

void vgpu_event_refused(struct vgpu_call *call);
bool vgpu_refusal_worth(struct vgpu_refusals *refusals, int64_t uid, uint64_t now_us, uint64_t *ret_untold);

#endif
