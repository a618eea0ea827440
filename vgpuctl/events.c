// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * events.c - "vgpuctl events": what has happened, and, with --follow, what happens. No lock: one thread.
 *
 * A follower outlives the agent: it knows the number of the last event that it has shown, and asks the next agent for those after it.
 */
#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/cleanup.h"
#include "lib/rpc.h"
#include "lib/size.h"
#include "lib/text.h"
#include "lib/when.h"
#include "lib/yaml.h"
#include "vgpuctl/commands.h"

/* Without --limit: about a screen of history, a few lines before what is waited for, and all that --since reaches. */
#define LIMIT_LIST 100
#define LIMIT_FOLLOW 10
#define LIMIT_MAX 10000
#define PAGE 100 /* what the agent gives at once */
#define RETRY_NS 200000000

struct choice {
	const struct vgpu_invocation *invocation;
	const char *socket_path;
	uint64_t since, since_us;
	uint64_t limit;
};

static int usage(const char *object, const char *what, const char *remedy)
{
	struct vgpu_error error;

	vgpu_error_set(&error, VGPU_EXIT_USAGE, object, remedy, "%s", what);
	return vgpu_error_print("vgpuctl", &error);
}

static int choose(const struct vgpu_invocation *invocation, struct choice *ret_choice)
{
	const char *since = invocation->option[VGPU_OPT_SINCE], *limit = invocation->option[VGPU_OPT_LIMIT];
	struct choice choice = { .invocation = invocation, .socket_path = VGPU_RPC_SOCKET };
	struct timespec now;
	char object[96];

	if (invocation->option[VGPU_OPT_SOCKET])
		choice.socket_path = invocation->option[VGPU_OPT_SOCKET];
	if (invocation->format == VGPU_FORMAT_NAME)
		return usage("name", "events have none", "use table, wide, json or yaml");
	choice.limit = since ? LIMIT_MAX : invocation->option[VGPU_OPT_FOLLOW] ? LIMIT_FOLLOW : LIMIT_LIST;
	snprintf(object, sizeof(object), "--limit %.64s", limit ? limit : "");
	if (limit && vgpu_number_parse(limit, 1, LIMIT_MAX, &choice.limit))
		return usage(object, "not a number from 1 to 10000", "give a number in this range");
	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(object, sizeof(object), "--since %.64s", since ? since : "");
	if (since && vgpu_number_parse(since, 0, INT64_MAX, &choice.since) &&
	    vgpu_when_parse(since, now.tv_sec * 1000000ull + now.tv_nsec / 1000, &choice.since_us))
		return usage(object, "neither an event's number nor a time", VGPU_WHEN_RULE);
	*ret_choice = choice;
	return 0;
}

/* Numbers stay what they are when there is nobody of this number any more. */
static void put_user(struct vgpu_json *row, const struct vgpu_json *event)
{
	const struct vgpu_json *uid = vgpu_json_get(event, "uid");
	char number[24];
	struct passwd *user;

	if (vgpu_json_kind(uid) != VGPU_JSON_INTEGER)
		return;
	user = getpwuid(vgpu_json_u64(uid));
	snprintf(number, sizeof(number), "%" PRIu64, vgpu_json_u64(uid));
	vgpu_json_put_string(row, "by", user ? user->pw_name : number);
}

/* An event as people read it. */
static struct vgpu_json *row_of(const struct vgpu_json *event)
{
	static const char *const objects[] = { "name", "uuid", "gpu" };
	struct vgpu_json *row = vgpu_json_object();
	const char *object = NULL;
	char when[VGPU_WHEN_TEXT];
	unsigned int i;

	for (i = 0; !object && i < VGPU_COUNT(objects); i++)
		object = vgpu_json_get_string(event, objects[i]);
	vgpu_json_put_u64(row, "seq", vgpu_json_get_u64(event, "seq"));
	vgpu_json_put_string(row, "time", vgpu_when_format(vgpu_json_get_u64(event, "time_us"), when));
	vgpu_json_put_string(row, "kind", vgpu_json_get_string(event, "kind"));
	vgpu_json_put_string(row, "object", object);
	vgpu_json_put_string(row, "uuid", vgpu_json_get_string(event, "uuid"));
	put_user(row, event);
	vgpu_json_put_string(row, "text", vgpu_json_get_string(event, "text"));
	return row;
}

static int yaml_failed(void)
{
	struct vgpu_error error;

	vgpu_error_set(&error, VGPU_EXIT_FAILED, "yaml", "use -o json", "the reply can't be written so");
	return vgpu_error_print("vgpuctl", &error);
}

static void print_cell(const struct vgpu_json *row, const char *key, int width)
{
	const char *text = vgpu_json_get_string(row, key);

	vgpu_text_print(stdout, text ? text : "-");
	printf("%*s", text && width > (int)strlen(text) ? width - (int)strlen(text) : !text && width ? width - 1 : 0, "");
	if (width)
		putchar(' ');
}

/* One at a time there are no columns to measure: these are as wide as most need. */
static int print_one(const struct choice *choice, const struct vgpu_json *event)
{
	cleanup_free char *text = NULL;
	cleanup_json struct vgpu_json *row = NULL;

	switch (choice->invocation->format) {
	case VGPU_FORMAT_JSON:
		text = vgpu_json_text(event, false);
		puts(text ? text : "null");
		break;
	case VGPU_FORMAT_YAML:
		puts("---");
		if (vgpu_yaml_print(event, stdout))
			return yaml_failed();
		break;
	default:
		row = row_of(event);
		if (choice->invocation->format == VGPU_FORMAT_WIDE)
			printf("%-6" PRIu64 " ", vgpu_json_get_u64(row, "seq"));
		print_cell(row, "time", 19);
		print_cell(row, "kind", 16);
		print_cell(row, "object", 12);
		if (choice->invocation->format == VGPU_FORMAT_WIDE)
			print_cell(row, "uuid", 36);
		print_cell(row, "by", 8);
		print_cell(row, "text", 0);
		putchar('\n');
	}
	/* Who follows, waits for it. What can't be written is reported at the end. */
	return fflush(stdout) ? VGPU_EXIT_FAILED : VGPU_EXIT_DONE;
}

static int print_all(const struct choice *choice, const struct vgpu_json *result)
{
	const struct vgpu_json *events = vgpu_json_get(result, "events");
	cleanup_json struct vgpu_json *rows = vgpu_json_array();
	size_t i;

	if (choice->invocation->format == VGPU_FORMAT_YAML)
		return vgpu_yaml_print(result, stdout) && !ferror(stdout) ? yaml_failed() : VGPU_EXIT_DONE;
	if (choice->invocation->format == VGPU_FORMAT_JSON) {
		vgpu_print_json(result);
		return VGPU_EXIT_DONE;
	}
	for (i = 0; i < vgpu_json_length(events); i++)
		vgpu_json_append(rows, row_of(vgpu_json_at(events, i)));
	vgpu_print_events(choice->invocation, rows);
	return VGPU_EXIT_DONE;
}

static struct vgpu_json *page_params(const struct choice *choice, uint64_t before, uint64_t limit)
{
	struct vgpu_json *params = vgpu_json_object();

	vgpu_json_put_u64(params, "since", choice->since);
	vgpu_json_put_u64(params, "since_us", choice->since_us);
	if (before)
		vgpu_json_put_u64(params, "before", before);
	if (choice->invocation->operand)
		vgpu_json_put_string(params, "name", choice->invocation->operand);
	vgpu_json_put_u64(params, "limit", limit < PAGE ? limit : PAGE);
	return params;
}

/* The newest page comes first; what is wanted begins with the oldest. */
static struct vgpu_json *in_order(struct vgpu_json *const *pages, size_t count)
{
	struct vgpu_json *result = vgpu_json_object(), *all = vgpu_json_array(), *events;
	size_t i, page;

	for (page = count; page--;) {
		events = vgpu_json_get(pages[page], "events");
		for (i = 0; i < vgpu_json_length(events); i++)
			vgpu_json_append(all, vgpu_json_ref(vgpu_json_at(events, i)));
	}
	vgpu_json_put_u64(result, "schema", VGPU_SCHEMA);
	vgpu_json_put_u64(result, "first", vgpu_json_get_u64(pages[0], "first"));
	vgpu_json_put_u64(result, "last", vgpu_json_get_u64(pages[0], "last"));
	vgpu_json_put(result, "events", all);
	return result;
}

static int read_history(struct vgpu_rpc *rpc, const struct choice *choice, struct vgpu_json **ret_result,
			struct vgpu_error *ret_error)
{
	struct vgpu_json *pages[LIMIT_MAX / PAGE + 1] = { 0 }, *events;
	uint64_t left = choice->limit, before = 0;
	size_t count = 0, i;
	bool more = true;
	int rc = 0;

	while (left && more && count < VGPU_COUNT(pages)) {
		rc = vgpu_rpc_call(rpc, "events.list", page_params(choice, before, left), &pages[count], ret_error);
		if (rc)
			break;
		events = vgpu_json_get(pages[count], "events");
		before = vgpu_json_get_u64(vgpu_json_at(events, 0), "seq");
		left -= vgpu_json_length(events) < left ? vgpu_json_length(events) : left;
		more = before && vgpu_json_get_bool(pages[count], "more");
		count++;
	}
	if (!rc)
		*ret_result = in_order(pages, count);
	for (i = 0; i < count; i++)
		vgpu_json_unref(pages[i]);
	return rc;
}

/* A ledger that somebody has taken away begins with 1 again: what was seen is not in it. */
static int subscribe(struct vgpu_rpc *rpc, const struct choice *choice, uint64_t *seen, struct vgpu_error *ret_error)
{
	cleanup_json struct vgpu_json *result = NULL;
	struct vgpu_json *params = vgpu_json_object();
	int rc;

	vgpu_json_put_u64(params, "since", *seen);
	if (choice->invocation->operand)
		vgpu_json_put_string(params, "name", choice->invocation->operand);
	rc = vgpu_rpc_call(rpc, "events.subscribe", params, &result, ret_error);
	if (rc || vgpu_json_get_u64(result, "last") >= *seen)
		return rc;
	fputs("vgpuctl: the agent has begun a new history\n", stderr);
	*seen = 0;
	return subscribe(rpc, choice, seen, ret_error);
}

static int show_next(struct vgpu_rpc *rpc, const struct choice *choice, uint64_t *seen, struct vgpu_error *ret_error,
		     int *ret_exit)
{
	cleanup_json struct vgpu_json *notification = NULL;
	const struct vgpu_json *params;
	const char *method;
	int rc = vgpu_rpc_next(rpc, &notification, ret_error);

	if (rc)
		return rc;
	method = vgpu_json_get_string(notification, "method");
	params = vgpu_json_get(notification, "params");
	if (method && !strcmp(method, "events.event")) {
		*seen = vgpu_json_get_u64(params, "seq");
		*ret_exit = print_one(choice, params);
	} else if (method && !strcmp(method, "events.lost")) {
		*seen = vgpu_json_get_u64(params, "to");
		fprintf(stderr, "vgpuctl: events %" PRIu64 " to %" PRIu64 " are no longer kept\n",
			vgpu_json_get_u64(params, "from"), *seen);
	}
	return 0;
}

static int reconnect(const struct choice *choice, uint64_t *seen, struct vgpu_rpc **ret_rpc, struct vgpu_error *ret_error)
{
	const struct timespec moment = { .tv_nsec = RETRY_NS };
	struct vgpu_rpc *rpc;
	int rc;

	fputs("vgpuctl: vgpud is away; waiting for it\n", stderr);
	for (;;) {
		nanosleep(&moment, NULL);
		if (vgpu_rpc_connect(choice->socket_path, true, &rpc, ret_error))
			continue;
		rc = subscribe(rpc, choice, seen, ret_error);
		if (!rc) {
			*ret_rpc = rpc;
			return 0;
		}
		vgpu_rpc_close(rpc);
		if (ret_error->exit != VGPU_EXIT_UNREACHABLE)
			return rc;
	}
}

static int follow(struct vgpu_rpc **rpc, const struct choice *choice, uint64_t seen, struct vgpu_error *ret_error)
{
	int exit = VGPU_EXIT_DONE, rc;

	rc = subscribe(*rpc, choice, &seen, ret_error);
	while (!rc && exit == VGPU_EXIT_DONE) {
		rc = show_next(*rpc, choice, &seen, ret_error, &exit);
		if (!rc || ret_error->exit != VGPU_EXIT_UNREACHABLE)
			continue;
		vgpu_rpc_close(*rpc);
		*rpc = NULL;
		rc = reconnect(choice, &seen, rpc, ret_error);
	}
	return rc ? vgpu_error_print("vgpuctl", ret_error) : exit;
}

/**
 * vgpu_events_run() - "vgpuctl events [NAME]"
 * @invocation: its operand is a vGPU's name or UUID
 *
 * Return: an exit code.
 */
int vgpu_events_run(const struct vgpu_invocation *invocation)
{
	cleanup_json struct vgpu_json *result = NULL;
	const struct vgpu_json *events;
	struct vgpu_rpc *rpc = NULL;
	struct vgpu_error error;
	struct choice choice = { .invocation = invocation };
	size_t i;
	int rc;

	rc = choose(invocation, &choice);
	if (rc)
		return rc;
	if (vgpu_rpc_connect(choice.socket_path, true, &rpc, &error))
		return vgpu_error_print("vgpuctl", &error);
	if (read_history(rpc, &choice, &result, &error)) {
		vgpu_rpc_close(rpc);
		return vgpu_error_print("vgpuctl", &error);
	}
	events = vgpu_json_get(result, "events");
	if (!invocation->option[VGPU_OPT_FOLLOW]) {
		rc = print_all(&choice, result);
	} else {
		for (i = 0; !rc && i < vgpu_json_length(events); i++)
			rc = print_one(&choice, vgpu_json_at(events, i));
		if (!rc)
			rc = follow(&rpc, &choice, vgpu_json_get_u64(result, "last"), &error);
	}
	vgpu_rpc_close(rpc);
	return rc;
}
