// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * pool_print.c - a plan for people, a line for each action, and for scripts; and why one was refused. No lock: pure functions.
 */
#include <string.h>

#include "lib/cleanup.h"
#include "lib/rpc.h"
#include "lib/text.h"
#include "vgpuctl/pool.h"

struct verb_info {
	char mark;
	const char *name;
	bool why; /* people are told the reason: it is not seen from what changes */
};

/* clang-format off */
static const struct verb_info verbs[VGPU_POOL_VERBS] = {
	[VGPU_POOL_DETACH] = { .mark = '~', .name = "detach", .why = true },
	[VGPU_POOL_DELETE] = { .mark = '-', .name = "delete", .why = true },
	[VGPU_POOL_SHRINK] = { .mark = '~', .name = "set" },
	[VGPU_POOL_RESTORE] = { .mark = '+', .name = "restore", .why = true },
	[VGPU_POOL_SET] = { .mark = '~', .name = "set" },
	[VGPU_POOL_CREATE] = { .mark = '+', .name = "create" },
	[VGPU_POOL_ATTACH] = { .mark = '~', .name = "attach" },
};
/* clang-format on */

/* What a domain is called may be anything. */
static void print_value(enum vgpu_option key, const struct vgpu_json *value, FILE *to)
{
	char text[VGPU_POOL_VALUE_SIZE];

	vgpu_pool_value(key, value, text);
	vgpu_text_print(to, text);
}

/**
 * vgpu_pool_print_action() - a line for people: "~ set bob weight 100 -> 200"
 * @action: the action
 * @to: where
 */
void vgpu_pool_print_action(const struct vgpu_pool_action *action, FILE *to)
{
	const struct verb_info *verb = &verbs[action->verb];
	const struct vgpu_json *from, *value;
	enum vgpu_option key;
	unsigned int i;

	fprintf(to, "%c %s %s", verb->mark, verb->name, action->name);
	/* Of what goes, people need not be told what it was. */
	for (i = 0; i < VGPU_POOL_KEYS && action->verb != VGPU_POOL_DELETE; i++) {
		key = vgpu_pool_keys[i];
		from = vgpu_json_get(action->from, vgpu_option_info[key].key);
		value = vgpu_json_get(action->to, vgpu_option_info[key].key);
		if ((!from && !value) || key == VGPU_OPT_NAME)
			continue;
		fprintf(to, " %s ", vgpu_option_info[key].name);
		if (from)
			print_value(key, from, to);
		if (from && action->to)
			fputs(" -> ", to);
		if (action->to)
			print_value(key, value, to);
	}
	if (verb->why)
		fprintf(to, " (%s)", action->reason);
	fputc('\n', to);
}

/**
 * vgpu_pool_print_issues() - print why a file or a plan is refused, a line for each
 * @issues: why
 * @file: the file's name
 */
void vgpu_pool_print_issues(const struct vgpu_pool_issues *issues, const char *file)
{
	const struct vgpu_pool_issue *issue;
	const char *name = strcmp(file, "-") != 0 ? file : "stdin";
	size_t i;

	for (i = 0; i < issues->count && i < VGPU_POOL_ISSUES_MAX; i++) {
		issue = &issues->list[i];
		fputs("vgpuctl: ", stderr);
		if (issue->line) {
			vgpu_text_print(stderr, name);
			fprintf(stderr, ":%u:%u: ", issue->line, issue->column);
		}
		vgpu_text_print(stderr, issue->error.object);
		fputs(": ", stderr);
		vgpu_text_print(stderr, issue->error.what);
		fputs("; ", stderr);
		vgpu_text_print(stderr, issue->error.remedy);
		fputc('\n', stderr);
	}
	if (issues->count > i) {
		fputs("vgpuctl: ", stderr);
		vgpu_text_print(stderr, name);
		fprintf(stderr, ": there are %zu more errors; mend these first\n", issues->count - i);
	}
}

static struct vgpu_json *action_object(const struct vgpu_pool_action *action, bool applied)
{
	struct vgpu_json *object = vgpu_json_object();

	vgpu_json_put_string(object, "action", verbs[action->verb].name);
	vgpu_json_put_string(object, "name", action->name);
	vgpu_json_put_string(object, "uuid", *action->uuid ? action->uuid : NULL);
	vgpu_json_put_string(object, "reason", action->reason);
	vgpu_json_put(object, "from", vgpu_json_ref(action->from));
	vgpu_json_put(object, "to", vgpu_json_ref(action->to));
	if (applied)
		vgpu_json_put_bool(object, "done", action->done);
	return object;
}

static struct vgpu_json *error_object(const struct vgpu_error *error)
{
	struct vgpu_json *object = vgpu_json_object();

	vgpu_json_put_u64(object, "exit", error->exit);
	vgpu_json_put_string(object, "object", error->object);
	vgpu_json_put_string(object, "what", error->what);
	vgpu_json_put_string(object, "remedy", error->remedy);
	return object;
}

/**
 * vgpu_pool_document() - a plan for scripts
 * @plan: the plan
 * @issues: what can't be done
 * @applied: it was applied, as far as it went: each action has "done"
 * @error: what it ended with, or NULL
 *
 * Return: a new object with "schema", "actions", "refused" and, if there is one, "error".
 */
struct vgpu_json *vgpu_pool_document(const struct vgpu_pool_plan *plan, const struct vgpu_pool_issues *issues, bool applied,
				     const struct vgpu_error *error)
{
	struct vgpu_json *document = vgpu_json_object(), *actions = vgpu_json_array(), *refused = vgpu_json_array(), *object;
	size_t i;

	for (i = 0; i < plan->count; i++)
		vgpu_json_append(actions, action_object(&plan->actions[i], applied));
	for (i = 0; i < issues->count && i < VGPU_POOL_ISSUES_MAX; i++) {
		object = error_object(&issues->list[i].error);
		if (issues->list[i].line) {
			vgpu_json_put_u64(object, "line", issues->list[i].line);
			vgpu_json_put_u64(object, "column", issues->list[i].column);
		}
		vgpu_json_append(refused, object);
	}
	vgpu_json_put_u64(document, "schema", VGPU_SCHEMA);
	vgpu_json_put(document, "actions", actions);
	vgpu_json_put(document, "refused", refused);
	if (error)
		vgpu_json_put(document, "error", error_object(error));
	return document;
}
