// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * admit.c - asks planning and admission on behalf of the calls that make and change vGPUs. No lock: runs in the event loop's thread.
 */
#include <string.h>

#include "lib/text.h"
#include "vgpud-agent/call.h"
#include "vgpud-agent/explain.h"

/**
 * vgpu_call_place() - choose GPU, type and sizes of a new vGPU
 * @call: a "vgpu.create"
 * @record: what was asked for; completed
 * @ret_explanation: all about it, unless NULL
 *
 * One request is planned and carried out before the next is looked at, so of two clients that want the last room, one gets it.
 *
 * Return: 0, or -errno with the call's error filled, and its explanation if a GPU was considered.
 */
int vgpu_call_place(struct vgpu_call *call, struct vgpu_record *record, struct vgpu_json **ret_explanation)
{
	cleanup_snapshot struct vgpu_snapshot snapshot = { 0 };
	cleanup_plan struct vgpu_plan plan = { 0 };
	const struct vgpu_request request = {
		.record = *record,
		.gpu = vgpu_json_get_string(call->params, "gpu"),
		.domain = vgpu_json_get_string(call->params, "domain"),
		.named = vgpu_json_get(call->params, "name"),
	};
	const struct vgpu_capacity capacity = { &snapshot, &call->agent->policy, &request, &plan };
	int rc;

	rc = vgpu_snapshot_read(call->agent, &snapshot);
	if (!rc)
		rc = vgpu_plan_make(&snapshot, capacity.policy, &request, &plan);
	if (rc)
		return vgpu_error_set(&call->error, VGPU_EXIT_FAILED, record->name, "see the log of vgpud",
				      "the GPUs can't be read: %s", strerror(-rc));
	if (!plan.chosen) {
		if (plan.count)
			call->explanation = vgpu_explain_plan(&capacity);
		return vgpu_capacity_error(&capacity, &call->error);
	}
	if (ret_explanation)
		*ret_explanation = vgpu_explain_plan(&capacity);
	*record = plan.chosen->record;
	return 0;
}

/**
 * vgpu_call_asks_for_class() - does a call put a vGPU in a class? That is to ask for all that comes with it.
 * @call: the call
 * @record: of the vGPU, with the class
 *
 * Return: true when it does.
 */
bool vgpu_call_asks_for_class(const struct vgpu_call *call, const struct vgpu_record *record)
{
	return record->class[0] && vgpu_json_get(call->params, "class");
}

/**
 * vgpu_call_admit() - does the policy let a vGPU become what a call asks for?
 * @call: a call that changes it
 * @record: what would be recorded of it
 * @domain: to which it would be given; NULL: to none
 *
 * Return: 0, or -errno with the call's error filled.
 */
int vgpu_call_admit(struct vgpu_call *call, const struct vgpu_record *record, const char *domain)
{
	cleanup_snapshot struct vgpu_snapshot snapshot = { 0 };
	const struct vgpu_policy *policy = &call->agent->policy;
	const struct vgpu_holder *before;
	struct vgpu_refusal refusal;
	struct vgpu_holder after;
	unsigned int i;
	int rc;

	if (!vgpu_admission_limits(policy))
		return 0;
	rc = vgpu_snapshot_read(call->agent, &snapshot);
	if (rc)
		return vgpu_error_set(&call->error, VGPU_EXIT_FAILED, record->name, "see the log of vgpud",
				      "the GPUs can't be read: %s", strerror(-rc));
	before = vgpu_snapshot_holder(&snapshot, record->uuid);
	if (!before)
		return 0; /* gone since: what comes next says so */
	after = *before;
	if (domain)
		vgpu_text_copy(after.domain, sizeof(after.domain), domain);
	strcpy(after.class, record->class);
	/* Only what the call asks for: the rest may differ from the record, by somebody's hand. */
	for (i = 0; i < VGPU_RESOURCES; i++)
		if (vgpu_json_get(call->params, vgpu_resource_info[i].size))
			after.size[i] = record->size[i];
	for (i = 0; i < VGPU_KNOBS; i++)
		if (vgpu_call_asks_for_class(call, record) || vgpu_json_get(call->params, vgpu_knob_info[i].name))
			after.knob[i] = record->knob[i];
	if (vgpu_admission_check(&snapshot, policy, &after, before, &refusal))
		return 0;
	return vgpu_capacity_denied(&snapshot, policy, record->name, &refusal, &call->error);
}
