// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * pool_apply.c - apply, diff and export: asks the agent what there is, and has it do what the plan says. No lock: one command, one
 * connection.
 *
 * Nothing is done unless all of the plan can be tried. If an action fails all the same, those before it stay, and to apply the file again
 * goes on from there: the plan is made anew of what there is then.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/output.h"
#include "lib/rpc.h"
#include "lib/yaml.h"
#include "vgpuctl/pool.h"
#include "vgpuctl/progress.h"

/* diff(1) keeps 1 for a difference; so what ends other commands with 1 ends diff with 2. */
#define DIFFERS 1
#define TROUBLE 2

struct session {
	struct vgpu_pool pool;
	struct vgpu_rpc *rpc;
	struct vgpu_json *stats, *types, *classes;
	struct vgpu_pool_plan plan;
	struct vgpu_pool_issues issues;
};

static void session_fini(struct session *session)
{
	vgpu_pool_plan_fini(&session->plan);
	vgpu_pool_fini(&session->pool);
	vgpu_json_unref(session->stats);
	vgpu_json_unref(session->types);
	vgpu_json_unref(session->classes);
	vgpu_rpc_close(session->rpc);
}

#define cleanup_session __attribute__((cleanup(session_fini)))

static int connect_agent(const struct vgpu_invocation *invocation, bool reads, struct vgpu_rpc **ret_rpc,
			 struct vgpu_error *ret_error)
{
	const char *path = invocation->option[VGPU_OPT_SOCKET];

	return vgpu_rpc_connect(path ? path : VGPU_RPC_SOCKET, reads, ret_rpc, ret_error);
}

static int ask(struct session *session, struct vgpu_error *ret_error)
{
	const struct {
		const char *method;
		struct vgpu_json **result;
	} questions[] = {
		{ "vgpu.stats", &session->stats },
		{ "types.list", &session->types },
		{ "policy.classes", &session->classes },
	};
	unsigned int i;
	int rc = 0;

	for (i = 0; !rc && i < VGPU_COUNT(questions); i++)
		rc = vgpu_rpc_call(session->rpc, questions[i].method, NULL, questions[i].result, ret_error);
	return rc;
}

/* Reads the file before anybody is asked: what is wrong with it is told without an agent. Returns an exit code. */
static int make_plan(const struct vgpu_invocation *invocation, bool reads, struct session *session)
{
	const char *file = invocation->option[VGPU_OPT_FILE];
	struct vgpu_pool_host host;
	struct vgpu_error error;

	if (vgpu_pool_read(file, &session->pool, &session->issues)) {
		vgpu_pool_print_issues(&session->issues, file);
		return session->issues.list[0].error.exit;
	}
	if (connect_agent(invocation, reads, &session->rpc, &error) || ask(session, &error))
		return vgpu_error_print("vgpuctl", &error);
	host = (struct vgpu_pool_host) {
		.vgpus = vgpu_json_get(session->stats, "vgpus"),
		.gpus = vgpu_json_get(session->stats, "gpus"),
		.types = vgpu_json_get(session->types, "types"),
		.classes = vgpu_json_get(session->classes, "classes"),
	};
	if (vgpu_pool_plan(&session->pool, &host, invocation->option[VGPU_OPT_PRUNE], &session->plan, &session->issues)) {
		vgpu_error_set(&error, VGPU_EXIT_FAILED, file, "try again", "out of memory");
		return vgpu_error_print("vgpuctl", &error);
	}
	return VGPU_EXIT_DONE;
}

static void print_names(const struct vgpu_pool_plan *plan)
{
	size_t i, k;

	for (i = 0; i < plan->count; i++) {
		for (k = 0; k < i && strcmp(plan->actions[k].name, plan->actions[i].name) != 0; k++)
			;
		if (k == i)
			puts(plan->actions[i].name);
	}
}

/* For people nothing is left to print once a line was printed for each action that was done. */
static int print_plan(const struct vgpu_invocation *invocation, const struct session *session, bool applied,
		      const struct vgpu_error *failure)
{
	cleanup_json struct vgpu_json *document = vgpu_pool_document(&session->plan, &session->issues, applied, failure);
	struct vgpu_error error;
	size_t i;

	switch (invocation->format) {
	case VGPU_FORMAT_JSON:
		vgpu_print_json(document);
		break;
	case VGPU_FORMAT_YAML:
		if (!vgpu_yaml_print(document, stdout) || ferror(stdout))
			break;
		vgpu_error_set(&error, VGPU_EXIT_FAILED, "yaml", "use -o json", "the plan can't be written so");
		return vgpu_error_print("vgpuctl", &error);
	case VGPU_FORMAT_NAME:
		print_names(&session->plan);
		break;
	default:
		for (i = 0; !applied && i < session->plan.count; i++)
			vgpu_pool_print_action(&session->plan.actions[i], stdout);
	}
	return VGPU_EXIT_DONE;
}

static int put_member(const char *key, struct vgpu_json *value, void *data)
{
	vgpu_json_put(data, key, vgpu_json_ref(value));
	return 0;
}

/* By UUID: a name may have become somebody else's since the plan was made. */
static int perform(struct vgpu_rpc *rpc, const struct vgpu_pool_action *action, struct vgpu_error *ret_error)
{
	static const char *const methods[VGPU_POOL_VERBS] = {
		[VGPU_POOL_DETACH] = "vgpu.detach",   [VGPU_POOL_DELETE] = "vgpu.delete", [VGPU_POOL_SHRINK] = "vgpu.set",
		[VGPU_POOL_RESTORE] = "vgpu.restore", [VGPU_POOL_SET] = "vgpu.set",	  [VGPU_POOL_CREATE] = "vgpu.create",
		[VGPU_POOL_ATTACH] = "vgpu.attach",
	};
	cleanup_json struct vgpu_json *result = NULL;
	struct vgpu_json *params = vgpu_json_object();

	vgpu_json_each(action->to, put_member, params);
	if (action->verb != VGPU_POOL_CREATE)
		vgpu_json_put_string(params, "name", action->uuid);
	/* From a domain that is shut off; one that has been started meanwhile keeps what it runs with. */
	if (action->verb == VGPU_POOL_DETACH)
		vgpu_json_put_bool(params, "config", true);
	return vgpu_rpc_call(rpc, methods[action->verb], params, &result, ret_error);
}

/* Signals that end a command are held back while one change leads to the next, and looked for in between. */
static const int ending_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };

static void hold_signals(sigset_t *ret_before)
{
	sigset_t held;
	unsigned int i;

	sigemptyset(&held);
	for (i = 0; i < VGPU_COUNT(ending_signals); i++)
		sigaddset(&held, ending_signals[i]);
	sigprocmask(SIG_BLOCK, &held, ret_before);
}

static bool interrupted(void)
{
	sigset_t pending;
	unsigned int i;

	sigpending(&pending);
	for (i = 0; i < VGPU_COUNT(ending_signals) && !sigismember(&pending, ending_signals[i]); i++)
		;
	return i < VGPU_COUNT(ending_signals);
}

/* On a terminal, what takes long is said while it does. */
static int perform_watched(const struct vgpu_invocation *invocation, struct vgpu_rpc *rpc, const struct vgpu_pool_action *action,
			   struct vgpu_error *ret_error)
{
	struct vgpu_invocation one = *invocation;
	struct vgpu_progress progress = { .invocation = &one };
	int rc;

	one.operand = action->name;
	one.option[VGPU_OPT_DOMAIN] = vgpu_json_get_string(action->from ? action->from : action->to, "domain");
	vgpu_rpc_watch(rpc, vgpu_progress_show, &progress);
	rc = perform(rpc, action, ret_error);
	vgpu_rpc_watch(rpc, NULL, NULL);
	vgpu_progress_hide(&progress);
	return rc;
}

/* The line for what was done leaves at once: whoever reads along knows how far it went. */
static int perform_all(const struct vgpu_invocation *invocation, struct session *session, struct vgpu_error *ret_error)
{
	bool people = invocation->format == VGPU_FORMAT_TABLE || invocation->format == VGPU_FORMAT_WIDE;
	struct vgpu_pool_action *action = session->plan.actions, *end = action + session->plan.count;
	int rc = 0;

	for (; action < end; action++) {
		if (interrupted())
			rc = vgpu_error_set(ret_error, VGPU_EXIT_FAILED, "apply", "apply the file again to go on",
					    "it was interrupted");
		else
			rc = perform_watched(invocation, session->rpc, action, ret_error);
		if (rc)
			break;
		action->done = true;
		if (people) {
			vgpu_pool_print_action(action, stdout);
			fflush(stdout);
		}
	}
	return rc;
}

static struct vgpu_pool_action *replacement_of(struct vgpu_pool_plan *plan, const struct vgpu_pool_action *deleted)
{
	size_t i;

	for (i = 0; i < plan->count; i++)
		if (plan->actions[i].verb == VGPU_POOL_CREATE && !strcmp(plan->actions[i].name, deleted->name))
			return &plan->actions[i];
	return NULL;
}

/* What was deleted to be made again, and was not, would lose its UUID and all that the file does not say. */
static void put_back(struct session *session)
{
	struct vgpu_pool_plan *plan = &session->plan;
	const struct vgpu_pool_action *replacement;
	struct vgpu_json *result;
	struct vgpu_error error;
	size_t i, k;

	for (i = 0; i < plan->count; i++) {
		if (plan->actions[i].verb != VGPU_POOL_DELETE || !plan->actions[i].done)
			continue;
		replacement = replacement_of(plan, &plan->actions[i]);
		if (!replacement || replacement->done)
			continue;
		result = NULL;
		if (vgpu_rpc_call(session->rpc, "vgpu.create", vgpu_json_ref(plan->actions[i].from), &result, &error)) {
			vgpu_error_print("vgpuctl", &error);
			continue;
		}
		vgpu_json_unref(result);
		fprintf(stderr, "vgpuctl: %s: it is there again, as it was\n", plan->actions[i].name);
		for (k = 0; k <= i; k++)
			if (!strcmp(plan->actions[k].name, plan->actions[i].name))
				plan->actions[k].done = false;
	}
}

static void print_failure(const struct session *session, const char *file)
{
	const struct vgpu_pool_plan *plan = &session->plan;
	size_t done = 0, i;

	for (i = 0; i < plan->count; i++)
		done += plan->actions[i].done;
	fprintf(stderr, "vgpuctl: %s: %zu of %zu changes were made, and not those below; apply it again to go on\n",
		strcmp(file, "-") != 0 ? file : "stdin", done, plan->count);
	for (i = 0; i < plan->count; i++)
		if (!plan->actions[i].done)
			vgpu_pool_print_action(&plan->actions[i], stderr);
}

static int carry_out(const struct vgpu_invocation *invocation, struct session *session)
{
	struct vgpu_error error;
	sigset_t before;
	int rc;

	hold_signals(&before);
	if (perform_all(invocation, session, &error)) {
		vgpu_error_print("vgpuctl", &error);
		if (error.exit != VGPU_EXIT_UNREACHABLE)
			put_back(session);
		print_failure(session, invocation->option[VGPU_OPT_FILE]);
		print_plan(invocation, session, true, &error);
		rc = error.exit;
	} else {
		rc = print_plan(invocation, session, true, NULL);
	}
	fflush(stdout);
	/* A signal that came meanwhile ends us here. */
	sigprocmask(SIG_SETMASK, &before, NULL);
	return rc;
}

/**
 * vgpu_pool_apply_run() - "vgpuctl apply": make, change and delete until there is what the file says
 * @invocation: the file, and whether to prune, or only to say what would be done
 *
 * Return: an exit code.
 */
int vgpu_pool_apply_run(const struct vgpu_invocation *invocation)
{
	cleanup_session struct session session = { 0 };
	bool dry = invocation->option[VGPU_OPT_DRY_RUN];
	int rc;

	rc = make_plan(invocation, dry, &session);
	if (!rc && dry)
		rc = print_plan(invocation, &session, false, NULL);
	if (!rc && session.issues.count) {
		vgpu_pool_print_issues(&session.issues, invocation->option[VGPU_OPT_FILE]);
		rc = session.issues.list[0].error.exit;
	}
	return rc || dry ? rc : carry_out(invocation, &session);
}

/**
 * vgpu_pool_diff_run() - "vgpuctl diff": what apply would do
 * @invocation: the file, and whether to prune
 *
 * Return: 0 for nothing, 1 for something, otherwise an exit code.
 */
int vgpu_pool_diff_run(const struct vgpu_invocation *invocation)
{
	cleanup_session struct session session = { 0 };
	struct vgpu_error error;
	int rc;

	rc = make_plan(invocation, true, &session);
	if (!rc)
		rc = print_plan(invocation, &session, false, NULL);
	if (!rc && session.issues.count) {
		vgpu_pool_print_issues(&session.issues, invocation->option[VGPU_OPT_FILE]);
		rc = session.issues.list[0].error.exit;
	}
	/* A plan that could not be written must not pass for a difference. */
	if (!rc && vgpu_output_flush(&error))
		rc = vgpu_error_print("vgpuctl", &error);
	if (rc)
		return rc == VGPU_EXIT_FAILED ? TROUBLE : rc;
	return session.plan.count ? DIFFERS : VGPU_EXIT_DONE;
}

/**
 * vgpu_pool_export_run() - "vgpuctl export": what there is, as a pool file
 * @invocation: no options of its own
 *
 * Return: an exit code.
 */
int vgpu_pool_export_run(const struct vgpu_invocation *invocation)
{
	cleanup_json struct vgpu_json *result = NULL, *file = NULL;
	struct vgpu_error error;
	struct vgpu_rpc *rpc;
	int rc;

	if (connect_agent(invocation, true, &rpc, &error))
		return vgpu_error_print("vgpuctl", &error);
	rc = vgpu_rpc_call(rpc, "vgpu.list", NULL, &result, &error);
	vgpu_rpc_close(rpc);
	if (rc)
		return vgpu_error_print("vgpuctl", &error);
	file = vgpu_pool_export(vgpu_json_get(result, "vgpus"));
	if (!vgpu_yaml_print(file, stdout) || ferror(stdout))
		return VGPU_EXIT_DONE;
	vgpu_error_set(&error, VGPU_EXIT_FAILED, "export", "see vgpuctl list -o json", "what there is can't be written as YAML");
	return vgpu_error_print("vgpuctl", &error);
}
