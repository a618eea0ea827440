// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * watch.c - the methods that show events. No lock: runs in the event loop's thread.
 *
 * The history is what a subscriber is sent from: all that is kept of it is how far it has come. One that reads slowly is given more when it
 * has taken what it has; if what it has not seen is no longer in the history, it is told so and goes on.
 */
#include "vgpud-agent/watch.h"

#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/rpc.h"
#include "vgpud-agent/call.h"
#include "vgpud-agent/gather.h"
#include "vgpud-agent/server.h"

/* A reply of events is about as long as one of counters, for whoever has it sent and does not read it. */
#define EVENTS_MAX 100
/* At once, to a subscriber: others come between. */
#define EVENTS_A_TURN 16
#define WATCHES_OF_A_USER 16

struct vgpu_watch {
	struct vgpu_watch *next;
	uint64_t connection;
	uid_t uid;
	uint64_t seen; /* number of the last event that it was sent, or did not want */
	char name[VGPU_NAME_SIZE]; /* only of this vGPU, a name or UUID; empty: of all */
};

/* Numbers of events, and times, are counted from 1 and never as far as this. */
static uint64_t number(const struct vgpu_call *call, const char *key)
{
	uint64_t value = vgpu_json_get_u64(call->params, key);

	return value < INT64_MAX ? value : INT64_MAX;
}

/* A vGPU that is gone may still have a history. */
static int check_name(struct vgpu_call *call, const char *name)
{
	struct vgpu_event_query query = { .name = name, .limit = 1 };
	cleanup_free struct vgpu_event *events = NULL;
	struct vgpu_ledger *ledger = call->agent->ledger;
	struct vgpu_record record;
	size_t count = 0;
	int rc;

	if (!vgpu_name_valid(name) && !vgpu_uuid_valid(name))
		return vgpu_error_set(&call->error, VGPU_EXIT_USAGE, name, "use " VGPU_NAME_RULE, "not a name for a vGPU");
	if (!vgpu_ledger_find(ledger, name, &record))
		return 0;
	rc = vgpu_ledger_events(ledger, &query, &events, &count);
	if (rc)
		return vgpu_gather_failed("ledger", rc, &call->error);
	return count ? 0
		     : vgpu_error_set(&call->error, VGPU_EXIT_NOT_FOUND, name, "see vgpuctl events",
				      "no such vGPU, and no event tells of one");
}

/**
 * vgpu_method_events() - "events.list": of the events that match the newest
 * @call: "since", "before", "since_us", "name" and "limit" choose
 *
 * Return: 0 or -errno.
 */
int vgpu_method_events(struct vgpu_call *call)
{
	struct vgpu_ledger *ledger = call->agent->ledger;
	struct vgpu_event_query query = {
		.since = number(call, "since"),
		.before = number(call, "before"),
		.since_us = number(call, "since_us"),
		.name = vgpu_json_get_string(call->params, "name"),
		.limit = number(call, "limit"),
	};
	cleanup_free struct vgpu_event *events = NULL;
	struct vgpu_json *array;
	size_t count = 0, limit, i;
	int rc;

	if (query.limit > EVENTS_MAX)
		return vgpu_error_set(&call->error, VGPU_EXIT_USAGE, "limit", "ask again, with \"before\"", "it must be 1 to %d",
				      EVENTS_MAX);
	rc = query.name ? check_name(call, query.name) : 0;
	if (rc)
		return rc;
	limit = query.limit ? query.limit : EVENTS_MAX;
	query.limit = limit + 1;
	rc = vgpu_ledger_events(ledger, &query, &events, &count);
	if (rc)
		return vgpu_gather_failed("ledger", rc, &call->error);
	array = vgpu_json_array();
	for (i = count > limit; i < count; i++)
		vgpu_json_append(array, vgpu_event_json(&events[i]));
	call->result = vgpu_json_object();
	vgpu_json_put_u64(call->result, "schema", VGPU_SCHEMA);
	vgpu_json_put_u64(call->result, "first", vgpu_ledger_first_event(ledger));
	vgpu_json_put_u64(call->result, "last", vgpu_ledger_last_event(ledger));
	vgpu_json_put_bool(call->result, "more", count > limit);
	vgpu_json_put(call->result, "events", array);
	return 0;
}

static struct vgpu_watch *find(const struct vgpu_agent *agent, uint64_t connection)
{
	struct vgpu_watch *watch;

	for (watch = agent->watches; watch && watch->connection != connection; watch = watch->next)
		;
	return watch;
}

/* Returns NULL with the call's error filled. */
static struct vgpu_watch *add(struct vgpu_call *call)
{
	struct vgpu_agent *agent = call->agent;
	struct vgpu_watch *watch;
	unsigned int count = 0;

	for (watch = agent->watches; watch; watch = watch->next)
		count += watch->uid == call->uid;
	if (count >= WATCHES_OF_A_USER) {
		vgpu_error_set(&call->error, VGPU_EXIT_NO_CAPACITY, "events.subscribe", "end one of them",
			       "user %u has %u subscriptions, which is as many as there may be", call->uid, count);
		return NULL;
	}
	watch = calloc(1, sizeof(*watch));
	if (!watch) {
		vgpu_error_set(&call->error, VGPU_EXIT_FAILED, "events.subscribe", "try again", "out of memory");
		return NULL;
	}
	watch->connection = call->connection;
	watch->uid = call->uid;
	watch->next = agent->watches;
	agent->watches = watch;
	return watch;
}

/**
 * vgpu_method_subscribe() - "events.subscribe": from now on, or from some event on, this connection is sent the events
 * @call: "since" and "name"; a second subscription of a connection takes the place of the first
 *
 * Return: 0 or -errno.
 */
int vgpu_method_subscribe(struct vgpu_call *call)
{
	const char *name = vgpu_json_get_string(call->params, "name");
	struct vgpu_agent *agent = call->agent;
	uint64_t last = vgpu_ledger_last_event(agent->ledger);
	uint64_t since = vgpu_json_get(call->params, "since") ? number(call, "since") : last;
	struct vgpu_watch *watch = find(agent, call->connection);
	int rc;

	rc = name ? check_name(call, name) : 0;
	if (rc)
		return rc;
	if (!watch)
		watch = add(call);
	if (!watch)
		return vgpu_error_errno(call->error.exit);
	watch->seen = since < last ? since : last;
	strcpy(watch->name, name ? name : "");
	vgpu_server_stream(agent->server, call->connection);
	call->result = vgpu_json_object();
	vgpu_json_put_u64(call->result, "schema", VGPU_SCHEMA);
	vgpu_json_put_u64(call->result, "first", vgpu_ledger_first_event(agent->ledger));
	vgpu_json_put_u64(call->result, "last", last);
	return 0;
}

static char *notification(const char *method, struct vgpu_json *params)
{
	cleanup_json struct vgpu_json *object = vgpu_json_object();

	vgpu_json_put_string(object, "jsonrpc", "2.0");
	vgpu_json_put_string(object, "method", method);
	vgpu_json_put(object, "params", params);
	return vgpu_json_text(object, false);
}

static char *lost(struct vgpu_watch *watch, uint64_t first)
{
	struct vgpu_json *params = vgpu_json_object();

	vgpu_json_put_u64(params, "from", watch->seen + 1);
	vgpu_json_put_u64(params, "to", first - 1);
	watch->seen = first - 1;
	return notification("events.lost", params);
}

static char *join(const struct vgpu_event *events, size_t count)
{
	char *text = NULL, *line, *longer;
	size_t i;

	for (i = 0; i < count; i++) {
		line = notification("events.event", vgpu_event_json(&events[i]));
		if (!line || asprintf(&longer, "%s%s%s", text ? text : "", text ? "\n" : "", line) < 0) {
			free(line);
			break;
		}
		free(line);
		free(text);
		text = longer;
	}
	return text;
}

/**
 * vgpu_watch_next() - what a subscriber is sent next
 * @data: the agent
 * @connection: which
 *
 * Return: lines to free(), NULL when it has seen all that there is.
 */
char *vgpu_watch_next(void *data, uint64_t connection)
{
	struct vgpu_agent *agent = data;
	struct vgpu_watch *watch = find(agent, connection);
	cleanup_free struct vgpu_event *events = NULL;
	struct vgpu_event_query query = { .limit = EVENTS_A_TURN, .oldest = true };
	uint64_t first = vgpu_ledger_first_event(agent->ledger);
	size_t count = 0;

	if (!watch)
		return NULL;
	if (watch->seen + 1 < first)
		return lost(watch, first);
	query.since = watch->seen;
	query.name = watch->name[0] ? watch->name : NULL;
	/* A ledger that can't be read is tried again with the next event. */
	if (vgpu_ledger_events(agent->ledger, &query, &events, &count))
		return NULL;
	watch->seen = count == EVENTS_A_TURN ? events[count - 1].seq : vgpu_ledger_last_event(agent->ledger);
	return join(events, count);
}

/**
 * vgpu_watch_gone() - a subscriber has gone
 * @data: the agent
 * @connection: its
 */
void vgpu_watch_gone(void *data, uint64_t connection)
{
	struct vgpu_agent *agent = data;
	struct vgpu_watch **at, *watch;

	for (at = &agent->watches; *at && (*at)->connection != connection; at = &(*at)->next)
		;
	watch = *at;
	if (!watch)
		return;
	*at = watch->next;
	free(watch);
}

/**
 * vgpu_watch_noted() - something has happened
 * @data: the agent
 */
void vgpu_watch_noted(void *data)
{
	struct vgpu_agent *agent = data;

	if (agent->watches)
		vgpu_server_wake(agent->server);
}
