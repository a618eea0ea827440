// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * main.c - vgpuctl: reads the command line by the tables in commands.c, calls the agent, prints the result.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/rpc.h"
#include "lib/size.h"
#include "lib/yaml.h"
#include "vgpuctl/commands.h"

#define OPERANDS_MAX 8

static int usage_error(const char *object, const char *what, const char *remedy)
{
	struct vgpu_error error;

	vgpu_error_set(&error, VGPU_EXIT_USAGE, object, remedy, "%s", what);
	vgpu_error_print("vgpuctl", &error);
	return VGPU_EXIT_USAGE;
}

struct command_line {
	struct vgpu_invocation invocation;
	const char *operands[OPERANDS_MAX];
	unsigned int operands_count;
};

/* getopt's numbers: options count from 256, these two are for packagers and stand in no help. */
enum {
	FIRST_OPTION = 256,
	PRINT_COMPLETION = FIRST_OPTION + VGPU_OPTIONS,
	PRINT_SYNOPSIS
};

static void make_getopt(struct option options[VGPU_OPTIONS + 3], char letters[3 * VGPU_OPTIONS + 3])
{
	unsigned int i;
	char *at = letters;

	/* '-': operands come in order as option 1; ':': a missing argument is told apart from an unknown option. */
	*at++ = '-';
	*at++ = ':';
	for (i = 0; i < VGPU_OPTIONS; i++) {
		options[i] = (struct option) { vgpu_option_info[i].name,
					       vgpu_option_info[i].argument ? required_argument : no_argument, NULL,
					       FIRST_OPTION + i };
		if (!vgpu_option_info[i].letter)
			continue;
		*at++ = vgpu_option_info[i].letter;
		if (vgpu_option_info[i].argument)
			*at++ = ':';
	}
	*at = '\0';
	options[VGPU_OPTIONS] = (struct option) { "print-completion", required_argument, NULL, PRINT_COMPLETION };
	options[VGPU_OPTIONS + 1] = (struct option) { "print-synopsis", no_argument, NULL, PRINT_SYNOPSIS };
	options[VGPU_OPTIONS + 2] = (struct option) { 0 };
}

static int find_letter(int letter)
{
	unsigned int i;

	for (i = 0; i < VGPU_OPTIONS && vgpu_option_info[i].letter != letter; i++)
		;
	return FIRST_OPTION + i;
}

static int print_generated(int option)
{
	if (option == PRINT_SYNOPSIS)
		vgpu_help_synopsis();
	else if (vgpu_help_completion(optarg))
		return usage_error(optarg, "no completion for this shell", "use bash");
	return -1;
}

static int add_operand(struct command_line *line, const char *operand)
{
	if (line->operands_count == OPERANDS_MAX)
		return usage_error(operand, "too many arguments", "see vgpuctl help");
	line->operands[line->operands_count++] = operand;
	return 0;
}

/* Returns 0, an exit code, or -1 when there is nothing left to do. */
static int read_line(int argc, char **argv, struct command_line *line)
{
	struct option options[VGPU_OPTIONS + 3];
	char letters[3 * VGPU_OPTIONS + 3];
	int option, rc;

	make_getopt(options, letters);
	opterr = 0;
	while ((option = getopt_long(argc, argv, letters, options, NULL)) >= 0) {
		switch (option) {
		case 1:
			rc = add_operand(line, optarg);
			if (rc)
				return rc;
			break;
		case ':':
			return usage_error(argv[optind - 1], "it needs an argument", "see vgpuctl help");
		case '?':
			return usage_error(argv[optind - 1], "unknown option", "see vgpuctl help");
		case PRINT_COMPLETION:
		case PRINT_SYNOPSIS:
			return print_generated(option);
		default:
			if (option < FIRST_OPTION)
				option = find_letter(option);
			line->invocation.option[option - FIRST_OPTION] = optarg ? optarg : "";
		}
	}
	for (; optind < argc; optind++) {
		rc = add_operand(line, argv[optind]);
		if (rc)
			return rc;
	}
	return 0;
}

/* A command is one word or two; what is left over is its operand. Returns how many words it took, 0 when there is none. */
static unsigned int find_command(const struct command_line *line, const struct vgpu_command **ret_command)
{
	const struct vgpu_command *command;
	const char *space;
	size_t length;

	for (command = vgpu_commands; line->operands_count && command->name; command++) {
		space = strchr(command->name, ' ');
		length = space ? (size_t)(space - command->name) : strlen(command->name);
		if (strlen(line->operands[0]) != length || strncmp(line->operands[0], command->name, length) != 0)
			continue;
		if (space && (line->operands_count < 2 || strcmp(line->operands[1], space + 1) != 0))
			continue;
		*ret_command = command;
		return space ? 2 : 1;
	}
	return 0;
}

/* Of two words the first may be known: then its other second words are what helps. */
static int no_command(const struct command_line *line)
{
	size_t length = strlen(line->operands[0]);
	const struct vgpu_command *command;
	char words[64], remedy[64];

	for (command = vgpu_commands; command->name; command++)
		if (!strncmp(command->name, line->operands[0], length) && command->name[length] == ' ')
			break;
	if (!command->name)
		return usage_error(line->operands[0], "no such command", "see vgpuctl help");
	snprintf(words, sizeof(words), "%.24s%s%.32s", line->operands[0], line->operands_count > 1 ? " " : "",
		 line->operands_count > 1 ? line->operands[1] : "");
	snprintf(remedy, sizeof(remedy), "see vgpuctl help %.24s", line->operands[0]);
	return usage_error(words, line->operands_count > 1 ? "no such command" : "it needs a second word", remedy);
}

static int read_command(struct command_line *line)
{
	const struct vgpu_command *command;
	unsigned int words = find_command(line, &command), rest;
	bool optional;

	if (!line->operands_count)
		return usage_error("command", "none was given", "see vgpuctl help");
	if (!words)
		return no_command(line);
	line->invocation.command = command;
	if (line->invocation.option[VGPU_OPT_HELP])
		return 0;
	rest = line->operands_count - words;
	optional = command->operand && command->operand[0] == '[';
	if (rest > (command->operand ? 1 : 0))
		return usage_error(line->operands[words + (command->operand ? 1 : 0)], "unexpected argument", "see vgpuctl help");
	if (!rest && command->operand && !optional)
		return usage_error(command->name, "it needs an argument", "see vgpuctl help");
	if (rest)
		line->invocation.operand = line->operands[words];
	return 0;
}

static int check_options(const struct vgpu_invocation *invocation)
{
	const struct vgpu_command *command = invocation->command;
	char name[64], remedy[64];
	bool change = false;
	unsigned int i;

	snprintf(remedy, sizeof(remedy), "see vgpuctl help %.*s", (int)strcspn(command->name, " "), command->name);
	for (i = 0; i < VGPU_OPTIONS; i++) {
		snprintf(name, sizeof(name), "--%s", vgpu_option_info[i].name);
		if (invocation->option[i] && !((command->options | VGPU_EVERYWHERE) & VGPU_TAKES(i)))
			return usage_error(name, "unknown option for this command", remedy);
		if (!invocation->option[i] && command->required & VGPU_TAKES(i))
			return usage_error(name, "this command needs it", remedy);
		change |= invocation->option[i] && command->options & VGPU_TAKES(i);
	}
	if (!strcmp(command->name, "set") && !change)
		return usage_error("set", "it was not said what to change", remedy);
	return 0;
}

static int read_format(struct vgpu_invocation *invocation)
{
	static const char *const names[] = {
		[VGPU_FORMAT_TABLE] = "table", [VGPU_FORMAT_WIDE] = "wide", [VGPU_FORMAT_JSON] = "json",
		[VGPU_FORMAT_YAML] = "yaml",   [VGPU_FORMAT_NAME] = "name",
	};
	const char *text = invocation->option[VGPU_OPT_OUTPUT];
	unsigned int i;

	if (!text)
		return 0;
	for (i = 0; i < VGPU_COUNT(names); i++)
		if (!strcmp(names[i], text)) {
			invocation->format = i;
			return 0;
		}
	return usage_error(text, "not an output format", "use table, wide, json, yaml or name");
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
		if (!*text)
			return usage_error(object, "it is empty", "give a value");
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

static int call_agent(const struct vgpu_invocation *invocation)
{
	cleanup_json struct vgpu_json *params = vgpu_json_object(), *result = NULL;
	const struct vgpu_command *command = invocation->command;
	const char *socket_path = invocation->option[VGPU_OPT_SOCKET];
	struct vgpu_error error;
	struct vgpu_rpc *rpc;
	int rc;

	rc = make_params(invocation, params);
	if (rc)
		return rc;
	if (vgpu_rpc_connect(socket_path ? socket_path : VGPU_RPC_SOCKET, command->reads, &rpc, &error))
		return vgpu_error_print("vgpuctl", &error);
	rc = vgpu_rpc_call(rpc, command->method, vgpu_json_ref(params), &result, &error);
	vgpu_rpc_close(rpc);
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

static int run(struct command_line *line)
{
	struct vgpu_invocation *invocation = &line->invocation;
	int rc;

	if (invocation->option[VGPU_OPT_VERSION]) {
		puts("vgpuctl " VGPU_VERSION);
		return VGPU_EXIT_DONE;
	}
	if (invocation->option[VGPU_OPT_HELP] && !line->operands_count) {
		vgpu_help_usage(NULL);
		return VGPU_EXIT_DONE;
	}
	rc = read_command(line);
	if (rc)
		return rc;
	if (invocation->option[VGPU_OPT_HELP]) {
		vgpu_help_usage(invocation->command);
		return VGPU_EXIT_DONE;
	}
	rc = check_options(invocation);
	if (!rc)
		rc = read_format(invocation);
	if (rc)
		return rc;
	return invocation->command->run ? invocation->command->run(invocation) : call_agent(invocation);
}

int main(int argc, char **argv)
{
	struct command_line line = { 0 };
	int rc;

	rc = read_line(argc, argv, &line);
	if (!rc)
		rc = run(&line);
	if (rc < 0)
		rc = VGPU_EXIT_DONE;
	/* A full disk or a closed pipe must not look like success to a script. */
	if (fflush(stdout) || ferror(stdout)) {
		perror("vgpuctl: standard output");
		return rc ? rc : VGPU_EXIT_FAILED;
	}
	return rc;
}
