// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * dispatch.c - JSON-RPC 2.0: from a line to a method and back. The table below is all that a client can ask for; a parameter that
 * is not in it is an error. No lock: runs in the event loop's thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/rpc.h"
#include "lib/text.h"
#include "vgpud-agent/call.h"
#include "vgpud-agent/notice.h"
#include "vgpud-agent/removal.h"
#include "vgpud-agent/server.h"

/* Calls that wait hold their connections, which can't be dropped to make place for others: keep them few. */
#define WAITING_MAX 32

#define STRING(key_)                                    \
	{                                               \
		.key = (key_), .kind = VGPU_JSON_STRING \
	}
#define INTEGER(key_)                                    \
	{                                                \
		.key = (key_), .kind = VGPU_JSON_INTEGER \
	}
#define COUNT(key_)                                                    \
	{                                                              \
		.key = (key_), .kind = VGPU_JSON_INTEGER, .zero = true \
	}
#define BOOL(key_)                                    \
	{                                             \
		.key = (key_), .kind = VGPU_JSON_BOOL \
	}
#define NAME                                                              \
	{                                                                 \
		.key = "name", .kind = VGPU_JSON_STRING, .required = true \
	}

/* clang-format off */
static const struct vgpu_method methods[] = {
	{ .name = "version", .run = vgpu_method_version, .reads = true },
	{ .name = "gpu.list", .run = vgpu_method_gpus, .reads = true, .params = { STRING("gpu") } },
	{
		.name = "gpu.show", .run = vgpu_method_gpu, .reads = true,
		.params = { { .key = "gpu", .kind = VGPU_JSON_STRING, .required = true } },
	},
	{ .name = "types.list", .run = vgpu_method_types, .reads = true, .params = { STRING("gpu") } },
	{ .name = "vgpu.list", .run = vgpu_method_list, .reads = true },
	{ .name = "vgpu.show", .run = vgpu_method_show, .reads = true, .params = { NAME } },
	{ .name = "vgpu.xml", .run = vgpu_method_xml, .reads = true, .params = { NAME } },
	{ .name = "vgpu.stats", .run = vgpu_method_stats, .reads = true },
	{ .name = "policy.show", .run = vgpu_method_policy, .reads = true },
	{ .name = "doctor.run", .run = vgpu_method_doctor, .reads = true },
	{ .name = "policy.classes", .run = vgpu_method_classes, .reads = true },
	{
		.name = "events.list", .run = vgpu_method_events, .reads = true,
		.params = { COUNT("since"), INTEGER("before"), COUNT("since_us"), STRING("name"), INTEGER("limit") },
	},
	{ .name = "events.subscribe", .run = vgpu_method_subscribe, .reads = true, .params = { COUNT("since"), STRING("name") } },
	{
		.name = "vgpu.create", .run = vgpu_method_create,
		.params = {
			INTEGER("aperture_bytes"), INTEGER("hidden_bytes"), INTEGER("fences"), INTEGER("weight"),
			INTEGER("cap_pct"), COUNT("latency_us"), STRING("class"), STRING("name"), STRING("uuid"), STRING("gpu"),
			STRING("type"), STRING("domain"), BOOL("dry_run"),
		},
	},
	{
		.name = "vgpu.set", .run = vgpu_method_set,
		.params = {
			NAME, INTEGER("aperture_bytes"), INTEGER("hidden_bytes"), INTEGER("fences"), INTEGER("weight"),
			INTEGER("cap_pct"), COUNT("latency_us"), STRING("class"),
		},
	},
	{ .name = "vgpu.restore", .run = vgpu_method_restore, .params = { NAME } },
	{ .name = "vgpu.delete", .run = vgpu_method_delete, .params = { NAME } },
	{
		.name = "vgpu.attach", .run = vgpu_method_attach,
		.params = {
			NAME, { .key = "domain", .kind = VGPU_JSON_STRING, .required = true }, BOOL("live"), BOOL("config"),
		},
	},
	{ .name = "vgpu.detach", .run = vgpu_method_detach, .params = { NAME, BOOL("live"), BOOL("config") } },
	{
		.name = "gpu.bind", .run = vgpu_method_gpu_bind,
		.params = { { .key = "gpu", .kind = VGPU_JSON_STRING, .required = true }, BOOL("dry_run") },
	},
	{
		.name = "gpu.unbind", .run = vgpu_method_gpu_unbind,
		.params = { { .key = "gpu", .kind = VGPU_JSON_STRING, .required = true }, BOOL("dry_run") },
	},
};
/* clang-format on */

static char *envelope(struct vgpu_json *id, const char *key, struct vgpu_json *value)
{
	cleanup_json struct vgpu_json *reply = vgpu_json_object();

	vgpu_json_put_string(reply, "jsonrpc", "2.0");
	vgpu_json_put(reply, "id", vgpu_json_ref(id));
	vgpu_json_put(reply, key, value);
	return vgpu_json_text(reply, false);
}

/* @explanation is of the method's making, and may be NULL. */
static char *error_reply(struct vgpu_json *id, enum vgpu_rpc_code code, const struct vgpu_error *error,
			 struct vgpu_json *explanation)
{
	struct vgpu_json *object = vgpu_json_object(), *data = vgpu_json_object();

	vgpu_json_put_u64(data, "exit", error->exit);
	vgpu_json_put_string(data, "object", error->object);
	vgpu_json_put_string(data, "remedy", error->remedy);
	if (explanation)
		vgpu_json_put(data, "explanation", vgpu_json_ref(explanation));
	vgpu_json_put_i64(object, "code", code);
	vgpu_json_put_string(object, "message", error->what);
	vgpu_json_put(object, "data", data);
	return envelope(id, "error", object);
}

static char *refuse(struct vgpu_json *id, enum vgpu_rpc_code code, const char *object, const char *what)
{
	struct vgpu_error error;

	vgpu_error_set(&error, VGPU_EXIT_USAGE, object, "see vgpud-api(7)", "%s", what);
	return error_reply(id, code, &error, NULL);
}

struct check {
	const struct vgpu_method *method;
	struct vgpu_error *error;
};

/* clang-format off */
static const char *const kind_names[] = {
	[VGPU_JSON_NULL] = "null",	[VGPU_JSON_BOOL] = "true or false", [VGPU_JSON_INTEGER] = "an integer",
	[VGPU_JSON_NUMBER] = "a number", [VGPU_JSON_STRING] = "a string",   [VGPU_JSON_ARRAY] = "an array",
	[VGPU_JSON_OBJECT] = "an object",
};
/* clang-format on */

static int check_param(const char *key, struct vgpu_json *value, void *data)
{
	const struct check *check = data;
	const struct vgpu_param *param;

	for (param = check->method->params; param->key; param++) {
		if (strcmp(param->key, key) != 0)
			continue;
		if (vgpu_json_kind(value) != param->kind || (param->kind == VGPU_JSON_STRING && !vgpu_json_string(value)))
			return vgpu_error_set(check->error, VGPU_EXIT_USAGE, key, "see vgpud-api(7)", "it must be %s",
					      kind_names[param->kind]);
		if (param->kind == VGPU_JSON_STRING && !*vgpu_json_string(value))
			return vgpu_error_set(check->error, VGPU_EXIT_USAGE, key, "give a value or leave it out",
					      "it must not be empty");
		if (param->kind == VGPU_JSON_INTEGER && vgpu_json_negative(value))
			return vgpu_error_set(check->error, VGPU_EXIT_USAGE, key, "give a positive number",
					      "it must not be less than 0");
		/* A size, a share or a part of one: nothing below one makes sense. */
		if (param->kind == VGPU_JSON_INTEGER && !param->zero && !vgpu_json_u64(value))
			return vgpu_error_set(check->error, VGPU_EXIT_USAGE, key, "give a positive number",
					      "it must be more than 0");
		return 0;
	}
	return vgpu_error_set(check->error, VGPU_EXIT_USAGE, key, "see vgpud-api(7)", "%s has no such parameter",
			      check->method->name);
}

static int check_params(const struct vgpu_method *method, struct vgpu_json *params, struct vgpu_error *ret_error)
{
	struct check check = { .method = method, .error = ret_error };
	const struct vgpu_param *param;
	int rc;

	if (vgpu_json_kind(params) != VGPU_JSON_OBJECT)
		return vgpu_error_set(ret_error, VGPU_EXIT_USAGE, "params", "pass parameters by name", "it must be an object");
	rc = vgpu_json_each(params, check_param, &check);
	for (param = method->params; !rc && param->key; param++)
		if (param->required && !vgpu_json_get(params, param->key))
			rc = vgpu_error_set(ret_error, VGPU_EXIT_USAGE, param->key, "see vgpud-api(7)", "%s needs it",
					    method->name);
	return rc;
}

static void free_call(struct vgpu_call *call)
{
	vgpu_json_unref(call->params);
	vgpu_json_unref(call->result);
	vgpu_json_unref(call->explanation);
	vgpu_json_unref(call->id);
	free(call);
}

static void unhold(struct vgpu_call *call)
{
	struct vgpu_call **at;

	for (at = &call->agent->waiting; *at && *at != call; at = &(*at)->next)
		;
	if (*at)
		*at = call->next;
}

/* Frees the call. Returns its reply, NULL for a notification. */
static char *finish(struct vgpu_call *call, int rc)
{
	char *reply = NULL;

	unhold(call);
	if (rc)
		vgpu_event_refused(call);
	if (call->id && rc)
		reply = error_reply(call->id, VGPU_RPC_AGENT, &call->error, call->explanation);
	else if (call->id)
		reply = envelope(call->id, "result", vgpu_json_ref(call->result));
	free_call(call);
	return reply;
}

static char *run(struct vgpu_agent *agent, const struct vgpu_peer *peer, const struct vgpu_method *method,
		 struct vgpu_json *request, bool *ret_later)
{
	struct vgpu_json *params = vgpu_json_get(request, "params");
	struct vgpu_call *call = calloc(1, sizeof(*call));
	char *reply;
	int rc;

	if (!call)
		return NULL;
	call->agent = agent;
	call->method = method;
	call->connection = peer->connection;
	call->uid = peer->uid;
	call->id = vgpu_json_ref(vgpu_json_get(request, "id"));
	call->params = params ? vgpu_json_ref(params) : vgpu_json_object();
	rc = check_params(method, call->params, &call->error);
	if (rc) {
		reply = call->id ? error_reply(call->id, VGPU_RPC_PARAMS, &call->error, NULL) : NULL;
		free_call(call);
		return reply;
	}
	agent->asker = call->uid;
	rc = method->run(call);
	agent->asker = VGPU_NOBODY;
	*ret_later = rc == VGPU_CALL_WAITS;
	return *ret_later ? NULL : finish(call, rc);
}

static char *denied(struct vgpu_json *id, const char *method)
{
	struct vgpu_error error;

	vgpu_error_set(&error, VGPU_EXIT_DENIED, method, "run as root or join the group vgpu",
		       "the read-only socket changes nothing");
	return error_reply(id, VGPU_RPC_AGENT, &error, NULL);
}

/**
 * vgpu_dispatch_line() - answer a request
 * @data: the agent
 * @peer: who asked; on the read-only socket only what reads
 * @line: the request, without the newline
 * @length: bytes in @line
 * @ret_later: the reply comes through vgpu_server_reply()
 *
 * Return: the reply to free(), or NULL.
 */
char *vgpu_dispatch_line(void *data, const struct vgpu_peer *peer, const char *line, size_t length, bool *ret_later)
{
	cleanup_json struct vgpu_json *request = NULL;
	const char *name, *version;
	struct vgpu_json *id;
	unsigned int i;

	*ret_later = false;
	if (vgpu_json_parse(line, length, VGPU_RPC_DEPTH_MAX, &request))
		return refuse(NULL, VGPU_RPC_PARSE, "request", "it is not JSON, or nests too deep");
	id = vgpu_json_get(request, "id");
	version = vgpu_json_get_string(request, "jsonrpc");
	name = vgpu_json_get_string(request, "method");
	if (vgpu_json_kind(id) != VGPU_JSON_NULL && vgpu_json_kind(id) != VGPU_JSON_INTEGER &&
	    vgpu_json_kind(id) != VGPU_JSON_STRING)
		return refuse(NULL, VGPU_RPC_REQUEST, "id", "it must be an integer or a string");
	if (!version || strcmp(version, "2.0") != 0 || !name)
		return refuse(id, VGPU_RPC_REQUEST, "request", "it is not a JSON-RPC 2.0 request");
	for (i = 0; i < VGPU_COUNT(methods); i++) {
		if (strcmp(methods[i].name, name) != 0)
			continue;
		if (peer->readonly && !methods[i].reads)
			return id ? denied(id, name) : NULL;
		return run(data, peer, &methods[i], request, ret_later);
	}
	return id ? refuse(id, VGPU_RPC_METHOD, name, "there is no such method") : NULL;
}

/**
 * vgpu_dispatch_too_long() - what to say to a request that is longer than a request may be
 * @data: the agent
 *
 * Return: the reply to free(), or NULL.
 */
char *vgpu_dispatch_too_long(void *data)
{
	return refuse(NULL, VGPU_RPC_REQUEST, "request", "it is longer than 64 KiB");
}

/**
 * vgpu_call_find() - the record of the vGPU that a call names
 * @call: a call with the parameter "name"
 * @ret_record: the record
 *
 * Return: 0, or -errno with the call's error filled; a device that somebody else made has no record.
 */
int vgpu_call_find(struct vgpu_call *call, struct vgpu_record *ret_record)
{
	const char *name = vgpu_json_get_string(call->params, "name");
	int rc = vgpu_ledger_find(call->agent->ledger, name, ret_record);

	if (!rc)
		return 0;
	if (rc != -ENOENT)
		return vgpu_error_set(&call->error, VGPU_EXIT_FAILED, name, "check the disk that holds vgpud's state",
				      "the ledger can't be read: %s", strerror(-rc));
	if (vgpu_uuid_valid(name) && vgpu_mdev_exists(&call->agent->sysfs, name))
		return vgpu_error_set(&call->error, VGPU_EXIT_DENIED, name, "use what made it, such as mdevctl",
				      "vgpud did not make this device");
	return vgpu_error_set(&call->error, VGPU_EXIT_NOT_FOUND, name, "see vgpuctl list", "no such vGPU");
}

/**
 * vgpu_call_change() - the record of the vGPU that a call is about to change
 * @call: a call with the parameter "name"
 * @ret_record: the record
 *
 * Return: as vgpu_call_find(); -EBUSY while another call that changes it waits, or the kernel is removing it.
 */
int vgpu_call_change(struct vgpu_call *call, struct vgpu_record *ret_record)
{
	const struct vgpu_call *other;
	int rc = vgpu_call_find(call, ret_record);

	for (other = call->agent->waiting; !rc && other; other = other->next)
		if (!strcmp(other->record.uuid, ret_record->uuid))
			rc = vgpu_error_set(&call->error, VGPU_EXIT_IN_USE, ret_record->name, "try again in a moment",
					    "another change to it is under way");
	if (!rc && vgpu_removal_pending(call->agent, ret_record->uuid))
		rc = vgpu_error_set(&call->error, VGPU_EXIT_IN_USE, ret_record->name, "stop what has it open: then it goes",
				    "it is being removed");
	return rc;
}

/**
 * vgpu_call_hold() - let a call wait for something
 * @call: the call; its method returns VGPU_CALL_WAITS, and vgpu_call_answer() ends it. Holding it again changes nothing.
 * @record: the vGPU that is being changed; no other call may until this one has ended
 *
 * Return: 0, or -errno with the call's error filled.
 */
int vgpu_call_hold(struct vgpu_call *call, const struct vgpu_record *record)
{
	const struct vgpu_call *other;
	unsigned int waiting = 0;

	for (other = call->agent->waiting; other; other = other->next) {
		if (other == call)
			return 0;
		waiting++;
	}
	if (waiting >= WAITING_MAX)
		return vgpu_error_set(&call->error, VGPU_EXIT_FAILED, record->name, "try again in a moment",
				      "too many changes are under way");
	call->record = *record;
	call->next = call->agent->waiting;
	call->agent->waiting = call;
	return 0;
}

/**
 * vgpu_call_refresh() - tell the call that waits with a copy of a record, if there is one, that the record has changed
 * @agent: the agent
 * @record: what is in the ledger now
 */
void vgpu_call_refresh(struct vgpu_agent *agent, const struct vgpu_record *record)
{
	struct vgpu_call *call;

	for (call = agent->waiting; call; call = call->next)
		if (!strcmp(call->record.uuid, record->uuid))
			call->record = *record;
}

/**
 * vgpu_call_answer() - end a call that was held
 * @call: freed
 * @rc: as a method's return value: 0 or -errno
 */
void vgpu_call_answer(struct vgpu_call *call, int rc)
{
	struct vgpu_agent *agent = call->agent;
	uint64_t connection = call->connection;
	cleanup_free char *reply = finish(call, rc);

	vgpu_server_reply(agent->server, connection, reply);
}

static void job_done(struct vgpu_domain_job *job, void *data)
{
	struct vgpu_call *call = data;
	struct vgpu_agent *agent = call->agent;
	int rc;

	agent->asker = call->uid;
	rc = call->resume(call, job);
	agent->asker = VGPU_NOBODY;
	if (rc != VGPU_CALL_WAITS)
		vgpu_call_answer(call, rc);
	/* What the domains were seen to have meanwhile was left to this call, which may have failed. */
	vgpu_notice_domains(agent);
}

/**
 * vgpu_call_wait() - let a call wait for libvirt
 * @call: the call
 * @job: what libvirt shall do; copied, .name, .uuid, .done and .data are filled here
 * @record: the vGPU that is being changed; no other call may until this one has ended
 * @resume: goes on with the call, its return value is the call's; @job->rc says how the job went
 *
 * Return: VGPU_CALL_WAITS, or -errno with the call's error filled.
 */
int vgpu_call_wait(struct vgpu_call *call, struct vgpu_domain_job *job, const struct vgpu_record *record,
		   int (*resume)(struct vgpu_call *call, const struct vgpu_domain_job *job))
{
	int rc = vgpu_call_hold(call, record);

	if (rc)
		return rc;
	call->resume = resume;
	strcpy(job->name, record->name);
	strcpy(job->uuid, record->uuid);
	job->done = job_done;
	job->data = call;
	rc = vgpu_libvirt_submit(call->agent->libvirt, job);
	return rc ? vgpu_error_set(&call->error, VGPU_EXIT_FAILED, record->name, "try again in a moment",
				   "libvirt can't be asked: %s", strerror(-rc))
		  : VGPU_CALL_WAITS;
}

/**
 * vgpu_dispatch_fini() - forget the calls that still wait, at the end of the agent
 * @agent: the agent, with libvirt and the removals stopped
 */
void vgpu_dispatch_fini(struct vgpu_agent *agent)
{
	struct vgpu_call *call;

	while ((call = agent->waiting)) {
		agent->waiting = call->next;
		free_call(call);
	}
}

/**
 * vgpu_dispatch_print() - print the methods, their parameters and the kinds of events, for those who compare them with vgpud-api(7)
 */
void vgpu_dispatch_print(void)
{
	static const char *const types[] = {
		[VGPU_JSON_BOOL] = "boolean", [VGPU_JSON_INTEGER] = "integer", [VGPU_JSON_STRING] = "string"
	};
	const struct vgpu_param *param;
	unsigned int i;

	for (i = 0; i < VGPU_COUNT(methods); i++) {
		printf("%s%s\n", methods[i].name, methods[i].reads ? " *" : "");
		for (param = methods[i].params; param->key; param++)
			printf("\t%s: %s%s\n", param->key, types[param->kind], param->required ? ", required" : "");
	}
	for (i = 0; i < VGPU_EVENT_KINDS; i++)
		printf("event %s\n", vgpu_event_kind_name(i));
}
