// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * event.c - makes events. Their texts stand alone: who reads one knows nothing of the one before. No lock: runs in the event loop's
 * thread.
 */
#include "vgpud-agent/event.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/size.h"
#include "lib/text.h"
#include "vgpud-agent/agent.h"
#include "vgpud-agent/call.h"
#include "vgpud-agent/mdev.h"

/* What changed, and from what to what. */
#define DETAILS_DEPTH 4

static const char *const kind_names[VGPU_EVENT_KINDS] = {
	[VGPU_EVENT_AGENT_STARTED] = "agent.started",
	[VGPU_EVENT_AGENT_STOPPED] = "agent.stopped",
	[VGPU_EVENT_POLICY_RELOADED] = "policy.reloaded",
	[VGPU_EVENT_POLICY_FAILED] = "policy.failed",
	[VGPU_EVENT_GPU_APPEARED] = "gpu.appeared",
	[VGPU_EVENT_GPU_DISAPPEARED] = "gpu.disappeared",
	[VGPU_EVENT_CREATED] = "vgpu.created",
	[VGPU_EVENT_CHANGED] = "vgpu.changed",
	[VGPU_EVENT_DELETED] = "vgpu.deleted",
	[VGPU_EVENT_MISSING] = "vgpu.missing",
	[VGPU_EVENT_RESTORED] = "vgpu.restored",
	[VGPU_EVENT_ATTACHED] = "vgpu.attached",
	[VGPU_EVENT_DETACHED] = "vgpu.detached",
	[VGPU_EVENT_DOMAIN_STARTED] = "domain.started",
	[VGPU_EVENT_DOMAIN_ENDED] = "domain.ended",
	[VGPU_EVENT_REFUSED] = "request.refused",
};

/**
 * vgpu_event_kind_name() - what a kind of event is called on the wire
 * @kind: the kind
 *
 * Return: its name.
 */
const char *vgpu_event_kind_name(enum vgpu_event_kind kind)
{
	return kind_names[kind];
}

/* A text that did not fit ends where a character does: half of one is no UTF-8. */
static void end_at_character(char *text)
{
	size_t length = strlen(text), start = length;
	unsigned char first;
	size_t whole;

	while (start && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (!start)
		return;
	first = text[--start];
	whole = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
	if (length - start < whole)
		text[start] = '\0';
}

/**
 * vgpu_event_make() - begin an event
 * @agent: knows whose request it is working for
 * @ret_event: the event, without details
 * @kind: its kind
 * @record: the vGPU that it is about; NULL: none
 * @format: what happened, printf style; cut to what an event holds
 */
void vgpu_event_make(const struct vgpu_agent *agent, struct vgpu_event *ret_event, enum vgpu_event_kind kind,
		     const struct vgpu_record *record, const char *format, ...)
{
	struct vgpu_event event = { .uid = agent->asker };
	va_list args;

	vgpu_text_copy(event.kind, sizeof(event.kind), kind_names[kind]);
	if (record) {
		strcpy(event.name, record->name);
		strcpy(event.uuid, record->uuid);
		strcpy(event.gpu, record->gpu);
	}
	va_start(args, format);
	vsnprintf(event.text, sizeof(event.text), format, args);
	va_end(args);
	end_at_character(event.text);
	*ret_event = event;
}

/**
 * vgpu_event_details() - give an event its details
 * @event: the event; keeps none when they are too long
 * @details: an object, consumed
 */
void vgpu_event_details(struct vgpu_event *event, struct vgpu_json *details)
{
	cleanup_free char *text = vgpu_json_text(details, false);

	if (text && strlen(text) < sizeof(event->details))
		strcpy(event->details, text);
	vgpu_json_unref(details);
}

/**
 * vgpu_event_created() - an event that tells of a new vGPU
 * @agent: knows whose request it is working for
 * @ret_event: the event
 * @record: of the vGPU
 */
void vgpu_event_created(const struct vgpu_agent *agent, struct vgpu_event *ret_event, const struct vgpu_record *record)
{
	struct vgpu_json *details = vgpu_json_object();
	char number[VGPU_SIZE_TEXT];
	unsigned int i;

	vgpu_event_make(agent, ret_event, VGPU_EVENT_CREATED, record, "on GPU %s, type %s", record->gpu, record->type);
	vgpu_json_put_string(details, "type", record->type);
	for (i = 0; i < VGPU_RESOURCES; i++) {
		if (!record->size[i])
			continue;
		vgpu_text_append(ret_event->text, sizeof(ret_event->text), ", %s %s", vgpu_resource_info[i].name,
				 vgpu_resource_text(i, record->size[i], number));
		vgpu_json_put_u64(details, vgpu_resource_info[i].size, record->size[i]);
	}
	for (i = 0; i < VGPU_KNOBS; i++) {
		if (!record->knob[i])
			continue;
		vgpu_text_append(ret_event->text, sizeof(ret_event->text), ", %s %" PRIu64, vgpu_knob_info[i].name,
				 record->knob[i]);
		vgpu_json_put_u64(details, vgpu_knob_info[i].name, record->knob[i]);
	}
	if (record->class[0]) {
		vgpu_text_append(ret_event->text, sizeof(ret_event->text), ", class %s", record->class);
		vgpu_json_put_string(details, "class", record->class);
	}
	vgpu_event_details(ret_event, details);
}

/**
 * vgpu_event_changes() - say what a vGPU had and what it has now
 * @event: its text is continued, its details are made
 * @changes: attributes
 * @count: how many
 * @old_class: empty for none
 * @new_class: empty for none; the same as before: no change
 */
void vgpu_event_changes(struct vgpu_event *event, const struct vgpu_change *changes, size_t count, const char *old_class,
			const char *new_class)
{
	struct vgpu_json *details = vgpu_json_object(), *pair;
	char from[VGPU_SIZE_TEXT], to[VGPU_SIZE_TEXT];
	const struct vgpu_change *change;
	const char *comma = "", *name;

	for (change = changes; change < changes + count; change++, comma = ", ") {
		name = change->resource < VGPU_RESOURCES ? vgpu_resource_info[change->resource].name : change->attribute;
		vgpu_text_append(event->text, sizeof(event->text), "%s%s from %s to %s", comma, name,
				 vgpu_resource_text(change->resource, change->old, from),
				 vgpu_resource_text(change->resource, change->new, to));
		pair = vgpu_json_object();
		vgpu_json_put_u64(pair, "from", change->old);
		vgpu_json_put_u64(pair, "to", change->new);
		vgpu_json_put(details, change->attribute, pair);
	}
	if (strcmp(old_class, new_class) != 0) {
		vgpu_text_append(event->text, sizeof(event->text), "%sclass from %s to %s", comma,
				 *old_class ? old_class : VGPU_CLASS_NONE, *new_class ? new_class : VGPU_CLASS_NONE);
		pair = vgpu_json_object();
		vgpu_json_put_string(pair, "from", *old_class ? old_class : NULL);
		vgpu_json_put_string(pair, "to", *new_class ? new_class : NULL);
		vgpu_json_put(details, "class", pair);
	}
	vgpu_event_details(event, details);
}

/**
 * vgpu_event_domain() - an event that tells of a vGPU and a domain
 * @agent: knows whose request it is working for
 * @ret_event: the event
 * @kind: its kind
 * @record: of the vGPU
 * @domain: the domain
 * @where: in which of the domain's descriptions, VGPU_DOMAIN_LIVE and VGPU_DOMAIN_CONFIG; 0: that does not matter
 * @why: in a word or two; NULL: nobody knows
 */
void vgpu_event_domain(const struct vgpu_agent *agent, struct vgpu_event *ret_event, enum vgpu_event_kind kind,
		       const struct vgpu_record *record, const char *domain, unsigned int where, const char *why)
{
	static const char *const verbs[VGPU_EVENT_KINDS] = { [VGPU_EVENT_ATTACHED] = "to ", [VGPU_EVENT_DETACHED] = "from " };
	struct vgpu_json *details = vgpu_json_object();

	vgpu_event_make(agent, ret_event, kind, record, "%sdomain %s%s%s%s", verbs[kind] ? verbs[kind] : "", domain,
			why ? ": " : "", why ? why : "",
			where == VGPU_DOMAIN_LIVE     ? ", while it runs"
			: where == VGPU_DOMAIN_CONFIG ? ", for its next start"
						      : "");
	vgpu_json_put_string(details, "domain", domain);
	if (why)
		vgpu_json_put_string(details, "reason", why);
	if (where) {
		vgpu_json_put_bool(details, "live", where & VGPU_DOMAIN_LIVE);
		vgpu_json_put_bool(details, "config", where & VGPU_DOMAIN_CONFIG);
	}
	vgpu_event_details(ret_event, details);
}

/**
 * vgpu_event_note() - keep an event that tells of no change in the ledger
 * @agent: the agent
 * @event: the event; when it can't be kept, the log says so, and that is all
 */
void vgpu_event_note(struct vgpu_agent *agent, const struct vgpu_event *event)
{
	int rc = vgpu_ledger_note(agent->ledger, event);

	if (rc)
		vgpu_log_error("%s is not in the history: the ledger could not be written: %s", event->kind, strerror(-rc));
}

/**
 * vgpu_event_set() - change a record and tell of it, when it is nobody's request that changes it
 * @agent: the agent
 * @record: its new contents, which a call that waits with a copy of it learns too
 * @event: what happened
 *
 * Return: 0 or -errno, which the log says.
 */
int vgpu_event_set(struct vgpu_agent *agent, const struct vgpu_record *record, const struct vgpu_event *event)
{
	int rc = vgpu_ledger_set(agent->ledger, record, event);

	if (rc)
		vgpu_log_error("%s: the ledger could not be written: %s", record->name, strerror(-rc));
	else
		vgpu_call_refresh(agent, record);
	return rc;
}

static void put_text(struct vgpu_json *object, const char *key, const char *text)
{
	vgpu_json_put_string(object, key, *text ? text : NULL);
}

/**
 * vgpu_event_json() - an event as it goes over the wire
 * @event: from the ledger
 *
 * Return: a new object.
 */
struct vgpu_json *vgpu_event_json(const struct vgpu_event *event)
{
	struct vgpu_json *object = vgpu_json_object(), *details;

	vgpu_json_put_u64(object, "seq", event->seq);
	vgpu_json_put_u64(object, "time_us", event->time_us);
	vgpu_json_put_string(object, "kind", event->kind);
	put_text(object, "name", event->name);
	put_text(object, "uuid", event->uuid);
	put_text(object, "gpu", event->gpu);
	if (event->uid == VGPU_NOBODY)
		vgpu_json_put_string(object, "uid", NULL);
	else
		vgpu_json_put_i64(object, "uid", event->uid);
	vgpu_json_put_string(object, "text", event->text);
	if (event->details[0] && !vgpu_json_parse(event->details, strlen(event->details), DETAILS_DEPTH, &details))
		vgpu_json_put(object, "details", details);
	return object;
}
