// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * class.c - puts the classes of the policy into force: when the agent starts, when the policy is read again, and when a client
 * chooses one. No lock: runs in the event loop's thread.
 */
#include "vgpud-agent/class.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/rpc.h"
#include "lib/text.h"
#include "vgpud-agent/call.h"
#include "vgpud-agent/mdev.h"

#define OPERATORS_FILE "/etc/vgpud/policy.yaml"
#define SHIPPED_FILE "/share/vgpu/policy/classes.yaml" /* below the prefix that vgpud itself is below */
#define NAMED_MAX 8 /* classes that an error lists */

/* As it is installed: PREFIX/sbin/vgpud. Leaves an empty path where no policy was installed with it. */
static void shipped_file(char ret_path[PATH_MAX])
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - sizeof(SHIPPED_FILE));
	unsigned int up;
	char *slash;

	*ret_path = '\0';
	path[length < 0 ? 0 : length] = '\0';
	for (up = 0; up < 2; up++) {
		slash = strrchr(path, '/');
		if (!slash)
			return;
		*slash = '\0';
	}
	strcat(path, SHIPPED_FILE);
	if (!access(path, F_OK))
		strcpy(ret_path, path);
}

static int load(struct vgpu_agent *agent, char *ret_text, size_t size)
{
	struct vgpu_policy policy = { 0 };
	struct stat status = { 0 };
	char path[PATH_MAX];
	int rc = 0;

	/* The operator's file may be one that can't be looked at: to say so is better than to take another one. */
	if (agent->policy_option)
		vgpu_text_copy(path, sizeof(path), agent->policy_option);
	else if (!access(OPERATORS_FILE, F_OK) || errno != ENOENT)
		strcpy(path, OPERATORS_FILE);
	else
		shipped_file(path);
	if (stat(path, &status))
		status = (struct stat) { 0 }; /* to say why it can't be read is up to who reads it */
	if (*path || agent->policy_option)
		rc = vgpu_policy_read(path, &policy, ret_text, size);
	if (rc)
		return rc;
	agent->policy = policy;
	agent->policy_status = status;
	strcpy(agent->policy_path, path);
	agent->policy.file = *path ? agent->policy_path : NULL;
	return 0;
}

/**
 * vgpu_class_load() - read the policy when the agent starts
 * @agent: the agent, with .policy_option set
 *
 * Return: 0, also when there is no policy; -errno with one line logged.
 */
int vgpu_class_load(struct vgpu_agent *agent)
{
	char text[PATH_MAX + 512];
	int rc;

	rc = load(agent, text, sizeof(text));
	if (rc)
		vgpu_log_error("%s", text);
	return rc;
}

/**
 * vgpu_class_reload() - read the policy again and have the vGPUs follow it
 * @agent: the agent; keeps the policy that it has when the new one can't be read
 *
 * Return: 0 or -errno, with one line logged in both cases.
 */
int vgpu_class_reload(struct vgpu_agent *agent)
{
	char text[PATH_MAX + 512];
	struct vgpu_event event;
	int rc;

	rc = load(agent, text, sizeof(text));
	if (rc) {
		vgpu_log_error("%s; the policy stays as it was", text);
		vgpu_event_make(agent, &event, VGPU_EVENT_POLICY_FAILED, NULL, "%s; the policy stays as it was", text);
		vgpu_event_note(agent, &event);
		return rc;
	}
	snprintf(text, sizeof(text), "%s: read again", *agent->policy_path ? agent->policy_path : "no policy");
	vgpu_log_notice("%s", text);
	vgpu_event_make(agent, &event, VGPU_EVENT_POLICY_RELOADED, NULL, "%s, %zu classes", text, agent->policy.count);
	vgpu_event_note(agent, &event);
	rc = vgpu_class_follow(agent);
	if (rc)
		vgpu_log_error("the ledger can't be read: %s", strerror(-rc));
	return rc;
}

/* All of what differs, or nothing. */
static int write_knobs(struct vgpu_agent *agent, const char *uuid, const uint64_t from[], const uint64_t to[])
{
	unsigned int i;
	int rc = 0;

	for (i = 0; !rc && i < VGPU_KNOBS; i++)
		if (from[i] != to[i])
			rc = vgpu_mdev_write(&agent->sysfs, uuid, vgpu_knob_info[i].name, to[i]);
	if (!rc)
		return 0;
	/* The last one failed; those before it go back. */
	while (--i)
		if (from[i - 1] != to[i - 1])
			vgpu_mdev_write(&agent->sysfs, uuid, vgpu_knob_info[i - 1].name, from[i - 1]);
	return rc;
}

/*
 * The device before the ledger, which is what the next comparison is with: what failed, or the agent died in the middle of, is tried
 * again then. What somebody wrote to the device by hand stays, unless it is this setting that the policy changes.
 */
static void follow(struct vgpu_agent *agent, const struct vgpu_record *record, const struct vgpu_class *class)
{
	bool exists = vgpu_mdev_exists(&agent->sysfs, record->uuid);
	struct vgpu_record updated = *record;
	struct vgpu_change changes[VGPU_KNOBS];
	struct vgpu_event event;
	size_t count = 0;
	unsigned int i;
	int rc;

	if (!memcmp(record->knob, class->knob, sizeof(record->knob)))
		return;
	memcpy(updated.knob, class->knob, sizeof(updated.knob));
	for (i = 0; i < VGPU_KNOBS; i++)
		if (record->knob[i] != class->knob[i])
			changes[count++] =
				(struct vgpu_change) { vgpu_knob_info[i].name, record->knob[i], class->knob[i], VGPU_RESOURCES };
	vgpu_event_make(agent, &event, VGPU_EVENT_CHANGED, record, "follows class %s: ", class->name);
	vgpu_event_changes(&event, changes, count, class->name, class->name);
	rc = exists ? write_knobs(agent, record->uuid, record->knob, class->knob) : 0;
	if (!rc) {
		rc = vgpu_ledger_set(agent->ledger, &updated, &event);
		if (rc && exists)
			write_knobs(agent, record->uuid, class->knob, record->knob);
	}
	if (rc) {
		vgpu_log_error("%s: it can't follow class %s: %s", record->name, class->name, strerror(-rc));
		return;
	}
	vgpu_call_refresh(agent, &updated);
	vgpu_log_notice("%s: follows class %s: weight %" PRIu64 ", cap %" PRIu64 "%%, latency %" PRIu64 " us", record->name,
			class->name, class->knob[VGPU_WEIGHT], class->knob[VGPU_CAP_PCT], class->knob[VGPU_LATENCY_US]);
}

/**
 * vgpu_class_follow() - give every vGPU of a class what the policy says of the class now
 * @agent: the agent
 *
 * One whose class is not in the policy keeps what it has.
 *
 * Return: 0, also when some could not follow, which the log says; -errno when the ledger can't be read.
 */
int vgpu_class_follow(struct vgpu_agent *agent)
{
	cleanup_free struct vgpu_record *records = NULL;
	const struct vgpu_class *class;
	size_t count = 0, i;
	int rc;

	rc = vgpu_ledger_list(agent->ledger, &records, &count);
	for (i = 0; !rc && i < count; i++) {
		if (!records[i].wanted || !records[i].class[0])
			continue;
		class = vgpu_policy_class(&agent->policy, records[i].class);
		if (class)
			follow(agent, &records[i], class);
		else
			vgpu_log_notice("%s: class %s is not in the policy, its settings stay", records[i].name,
					records[i].class);
	}
	return rc;
}

static int unknown_class(struct vgpu_call *call, const char *name)
{
	const struct vgpu_policy *policy = &call->agent->policy;
	char remedy[256] = "use ";
	size_t i;

	for (i = 0; i < policy->count && policy->count <= NAMED_MAX; i++)
		vgpu_text_append(remedy, sizeof(remedy), "%s%s",
				 !i			 ? ""
				 : i + 1 < policy->count ? ", "
							 : " or ",
				 policy->classes[i].name);
	if (!policy->count)
		strcpy(remedy, "write a policy, see vgpud-policy(5)");
	else if (!i)
		strcpy(remedy, "see vgpuctl classes");
	return vgpu_error_set(&call->error, VGPU_EXIT_NOT_FOUND, name, remedy, "no such class");
}

/**
 * vgpu_class_choose() - put a vGPU in the class that a call names, or take it out of its class
 * @call: may have the parameter "class", or settings, which can't go together
 * @record: of the vGPU, with the settings of the call in it; .class and .knob are changed
 *
 * Return: 0, or -errno with the call's error filled.
 */
int vgpu_class_choose(struct vgpu_call *call, struct vgpu_record *record)
{
	const char *name = vgpu_json_get_string(call->params, "class");
	const struct vgpu_class *class;
	bool settings = false;
	unsigned int i;

	for (i = 0; i < VGPU_KNOBS; i++)
		settings |= vgpu_json_get(call->params, vgpu_knob_info[i].name) != NULL;
	if (name && settings)
		return vgpu_error_set(&call->error, VGPU_EXIT_USAGE, "--class",
				      "leave out --weight, --cap and --latency, or --class",
				      "weight, cap and latency come with the class");
	if (settings || (name && !strcmp(name, VGPU_CLASS_NONE))) {
		record->class[0] = '\0';
		return 0;
	}
	if (!name)
		return 0;
	class = vgpu_policy_class(&call->agent->policy, name);
	if (!class)
		return unknown_class(call, name);
	strcpy(record->class, class->name);
	memcpy(record->knob, class->knob, sizeof(record->knob));
	return 0;
}

/**
 * vgpu_class_put() - say which class a vGPU is in
 * @agent: the agent
 * @object: gets "class", null for none, and "class_defined", false when the class is not in the policy
 * @record: of the vGPU
 */
void vgpu_class_put(const struct vgpu_agent *agent, struct vgpu_json *object, const struct vgpu_record *record)
{
	vgpu_json_put_string(object, "class", record->class[0] ? record->class : NULL);
	if (record->class[0])
		vgpu_json_put_bool(object, "class_defined", vgpu_policy_class(&agent->policy, record->class) != NULL);
}

static const char *gpus_text(const struct vgpu_class *class, char *ret_text, size_t size)
{
	uint64_t i;

	*ret_text = '\0';
	for (i = 0; i < class->gpus.value; i++)
		vgpu_text_append(ret_text, size, "%s%s", i ? "," : "", class->gpu[i]);
	return ret_text;
}

static struct vgpu_json *class_object(const struct vgpu_class *class, const struct vgpu_record *records, size_t count)
{
	struct vgpu_json *object = vgpu_json_object();
	char gpus[VGPU_CLASS_GPUS_MAX * sizeof(class->gpu[0])];
	uint64_t vgpus = 0;
	size_t i;

	vgpu_json_put_string(object, "name", class->name);
	for (i = 0; i < VGPU_KNOBS; i++)
		vgpu_json_put_u64(object, vgpu_knob_info[i].name, class->knob[i]);
	for (i = 0; i < count; i++)
		vgpus += !strcmp(records[i].class, class->name);
	vgpu_json_put_u64(object, "vgpus", vgpus);
	if (class->max_vgpus.line)
		vgpu_json_put_u64(object, "max_vgpus", class->max_vgpus.value);
	if (class->gpus.line)
		vgpu_json_put_string(object, "gpus", gpus_text(class, gpus, sizeof(gpus)));
	return object;
}

/**
 * vgpu_method_classes() - "policy.classes": the classes of the policy, and how many vGPUs are in each
 * @call: no parameters
 *
 * Return: 0 or -errno.
 */
int vgpu_method_classes(struct vgpu_call *call)
{
	cleanup_free struct vgpu_record *records = NULL;
	struct vgpu_agent *agent = call->agent;
	struct vgpu_json *array;
	size_t count = 0, i;
	int rc;

	rc = vgpu_ledger_list(agent->ledger, &records, &count);
	if (rc)
		return vgpu_error_set(&call->error, VGPU_EXIT_FAILED, "ledger", "check the disk that holds vgpud's state",
				      "it can't be read: %s", strerror(-rc));
	array = vgpu_json_array();
	for (i = 0; i < agent->policy.count; i++)
		vgpu_json_append(array, class_object(&agent->policy.classes[i], records, count));
	call->result = vgpu_json_object();
	vgpu_json_put_u64(call->result, "schema", VGPU_SCHEMA);
	vgpu_json_put_string(call->result, "file", *agent->policy_path ? agent->policy_path : NULL);
	vgpu_json_put(call->result, "classes", array);
	return 0;
}
