// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * main.c - vgpuctl: calls the agent as the command line says, and prints the result.
 */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/complete.h"
#include "lib/output.h"
#include "lib/rpc.h"
#include "lib/size.h"
#include "lib/yaml.h"
#include "vgpuctl/complete.h"
#include "vgpuctl/parse.h"
#include "vgpuctl/program.h"
#include "vgpuctl/progress.h"

static int usage_error(const char *object, const char *what, const char *remedy)
{
	struct vgpu_error error;

	vgpu_error_set(&error, VGPU_EXIT_USAGE, object, remedy, "%s", what);
	return vgpu_error_print("vgpuctl", &error);
}

static int put_option(const struct vgpu_option_info *info, const char *text, struct vgpu_json *params)
{
	char object[128], what[96];
	uint64_t value;
	int rc;

	snprintf(object, sizeof(object), "--%s %.80s", info->name, text);
	switch (info->value) {
	case VGPU_VALUE_NONE:
		vgpu_json_put_bool(params, info->key, true);
		return 0;
	case VGPU_VALUE_TEXT:
		vgpu_json_put_string(params, info->key, text);
		return 0;
	case VGPU_VALUE_SIZE:
		rc = vgpu_size_parse(text, &value);
		if (rc)
			return usage_error(object, rc == -EINVAL ? "not a size" : "not a size of one or more pages of 4K",
					   "give bytes or a number with K, M or G, such as 128M");
		break;
	case VGPU_VALUE_NUMBER:
		rc = vgpu_number_parse(text, info->min, info->max, &value);
		snprintf(what, sizeof(what), "not a number from %llu to %llu", (unsigned long long)info->min,
			 (unsigned long long)info->max);
		if (rc)
			return usage_error(object, what, "give a number in this range");
		break;
	}
	vgpu_json_put_u64(params, info->key, value);
	return 0;
}

static int make_params(const struct vgpu_invocation *invocation, struct vgpu_json *params)
{
	const struct vgpu_command *command = invocation->command;
	unsigned int i;
	int rc;

	for (i = 0; i < VGPU_OPTIONS; i++) {
		if (!invocation->option[i] || !vgpu_option_info[i].key)
			continue;
		rc = put_option(&vgpu_option_info[i], invocation->option[i], params);
		if (rc)
			return rc;
	}
	if (invocation->operand && command->key)
		vgpu_json_put_string(params, command->key, invocation->operand);
	return 0;
}

/* What standard output does not take is reported at the end, for every format. */
static int print_yaml(const struct vgpu_json *result)
{
	struct vgpu_error error;

	if (!vgpu_yaml_print(result, stdout) || ferror(stdout))
		return VGPU_EXIT_DONE;
	vgpu_error_set(&error, VGPU_EXIT_FAILED, "yaml", "use -o json", "the reply can't be written so");
	return vgpu_error_print("vgpuctl", &error);
}

/* In the keys of a dry run that succeeds, so that a script finds the one where it finds the other. */
static int print_failed(const struct vgpu_invocation *invocation, struct vgpu_json *explanation)
{
	cleanup_json struct vgpu_json *result = vgpu_json_object();

	if (invocation->format == VGPU_FORMAT_NAME)
		return VGPU_EXIT_DONE;
	if (invocation->format != VGPU_FORMAT_JSON && invocation->format != VGPU_FORMAT_YAML) {
		invocation->command->explain(explanation);
		return VGPU_EXIT_DONE;
	}
	vgpu_json_put_u64(result, "schema", VGPU_SCHEMA);
	vgpu_json_put(result, "explanation", vgpu_json_ref(explanation));
	if (invocation->format == VGPU_FORMAT_YAML)
		return print_yaml(result);
	vgpu_print_json(result);
	return VGPU_EXIT_DONE;
}

static int call_agent(const struct vgpu_invocation *invocation)
{
	cleanup_json struct vgpu_json *params = vgpu_json_object(), *result = NULL, *explanation = NULL;
	const struct vgpu_command *command = invocation->command;
	const char *socket_path = invocation->option[VGPU_OPT_SOCKET];
	struct vgpu_progress progress = { .invocation = invocation };
	struct vgpu_error error;
	struct vgpu_rpc *rpc;
	int rc;

	rc = make_params(invocation, params);
	if (rc)
		return rc;
	if (vgpu_rpc_connect(socket_path ? socket_path : VGPU_RPC_SOCKET, command->reads, &rpc, &error))
		return vgpu_error_print("vgpuctl", &error);
	vgpu_rpc_watch(rpc, vgpu_progress_show, &progress);
	rc = vgpu_rpc_ask(rpc, command->method, vgpu_json_ref(params), &result, &explanation, &error);
	vgpu_progress_hide(&progress);
	vgpu_rpc_close(rpc);
	if (rc && explanation && command->explain && invocation->option[VGPU_OPT_DRY_RUN]) {
		print_failed(invocation, explanation);
		fflush(stdout); /* before the error, also where both go to one place */
	}
	if (rc)
		return vgpu_error_print("vgpuctl", &error);
	if (invocation->format == VGPU_FORMAT_YAML)
		return print_yaml(result);
	if (invocation->format == VGPU_FORMAT_JSON)
		vgpu_print_json(result);
	else if (command->print)
		command->print(invocation, result);
	return VGPU_EXIT_DONE;
}

/* The socket, if it was named, is the other program's as well. */
static int run_program(const struct vgpu_line *line)
{
	const char *socket_path = line->invocation.option[VGPU_OPT_SOCKET], *program = line->invocation.command->program;
	const char *const first[] = { socket_path ? "--socket" : NULL, socket_path, NULL };
	struct vgpu_error error;
	int rc = vgpu_program_run(program, first, line->passed);

	if (rc == -E2BIG)
		return usage_error(program, "too many arguments", "leave some out");
	vgpu_error_set(&error, VGPU_EXIT_FAILED, program, "install it beside vgpuctl", "it can't be started: %s", strerror(-rc));
	return vgpu_error_print("vgpuctl", &error);
}

static int print_script(const char *shell)
{
	const char *script = vgpu_complete_script(shell);

	if (!script)
		return usage_error(shell, "no completion for this shell", "use bash, zsh or fish");
	fputs(script, stdout);
	return VGPU_EXIT_DONE;
}

static int run(struct vgpu_line *line)
{
	struct vgpu_invocation *invocation = &line->invocation;
	struct vgpu_error error;

	if (line->shell)
		return print_script(line->shell);
	if (line->synopsis) {
		vgpu_help_synopsis();
		return VGPU_EXIT_DONE;
	}
	if (invocation->option[VGPU_OPT_VERSION]) {
		puts("vgpuctl " VGPU_VERSION);
		return VGPU_EXIT_DONE;
	}
	if (invocation->option[VGPU_OPT_HELP] && !line->operands_count) {
		vgpu_help_usage(NULL);
		return VGPU_EXIT_DONE;
	}
	if (vgpu_parse_check(line, &error))
		return vgpu_error_print("vgpuctl", &error);
	if (invocation->option[VGPU_OPT_HELP]) {
		vgpu_help_usage(invocation->command);
		return VGPU_EXIT_DONE;
	}
	if (line->passed)
		return run_program(line);
	return invocation->command->run ? invocation->command->run(invocation) : call_agent(invocation);
}

int main(int argc, char **argv)
{
	struct vgpu_line line = { 0 };
	struct vgpu_error error;
	int rc;

	vgpu_output_init();
	setlocale(LC_CTYPE, "");
	if (argc > 1 && !strcmp(argv[1], VGPU_COMPLETE_OPTION))
		rc = vgpu_complete_run(argc - 1, argv + 1);
	else if (vgpu_parse_words(argc, argv, &line, &error))
		rc = vgpu_error_print("vgpuctl", &error);
	else
		rc = run(&line);
	return vgpu_output_finish("vgpuctl", rc);
}
