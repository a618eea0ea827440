// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * parse.c - reads the command line by the tables in commands.c. No lock: it runs once, and getopt's variables are its own.
 */
#include "vgpuctl/parse.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/nearest.h"
#include "lib/text.h"
#include "lib/utf8.h"

/* getopt's numbers: options count from 256, these two are for packagers and stand in no help. */
enum {
	FIRST_OPTION = 256,
	PRINT_COMPLETION = FIRST_OPTION + VGPU_OPTIONS,
	PRINT_SYNOPSIS
};

#define SEE_HELP "see vgpuctl help"
/* Longer than any name that there is, and all of them together fit into a request. */
#define TEXT_MAX 1024u

static int usage_error(struct vgpu_error *ret_error, const char *object, const char *what, const char *remedy)
{
	return vgpu_error_set(ret_error, VGPU_EXIT_USAGE, object, remedy, "%s", what);
}

/* As usage_error(), for what is wrong with a command that is known. */
static int command_error(struct vgpu_error *ret_error, const struct vgpu_command *command, const char *object, const char *what)
{
	char remedy[64];

	snprintf(remedy, sizeof(remedy), SEE_HELP " %s", command->name);
	return usage_error(ret_error, object, what, remedy);
}

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

/* From getopt's number, which is the letter if it was given as one. */
static unsigned int option_of(int number)
{
	unsigned int i;

	if (number >= FIRST_OPTION)
		return number - FIRST_OPTION;
	for (i = 0; i < VGPU_OPTIONS && vgpu_option_info[i].letter != number; i++)
		;
	return i;
}

static int add_operand(struct vgpu_line *line, const char *operand, struct vgpu_error *ret_error)
{
	const struct vgpu_command *command;

	if (line->operands_count == VGPU_OPERANDS_MAX)
		return usage_error(ret_error, operand, "too many arguments", SEE_HELP);
	line->operands[line->operands_count++] = operand;
	if (vgpu_parse_command(line, &command) && command->program)
		line->invocation.command = command;
	return 0;
}

/* What goes to the agent as text. */
static int check_text(const char *object, const char *text, struct vgpu_error *ret_error)
{
	if (strlen(text) > TEXT_MAX)
		return usage_error(ret_error, object, "it is too long", "give 1024 bytes or less");
	if (!vgpu_utf8_valid(text))
		return usage_error(ret_error, object, "it is not UTF-8", "give a text in UTF-8");
	return 0;
}

/* What the agent is told may be said once; of where it listens and how to print, the last one counts, so that an alias may name both. */
static int add_option(struct vgpu_line *line, unsigned int option, const char *text, struct vgpu_error *ret_error)
{
	const struct vgpu_option_info *info = &vgpu_option_info[option];
	char object[128];

	snprintf(object, sizeof(object), "--%s", info->name);
	if (info->value == VGPU_VALUE_TEXT && !*text)
		return usage_error(ret_error, object, "it is empty", "give a value");
	if (info->key && info->argument && line->invocation.option[option])
		return usage_error(ret_error, object, "it is given twice", "leave one of them out");
	vgpu_text_append(object, sizeof(object), " %.80s", text);
	if (info->key && info->value == VGPU_VALUE_TEXT && check_text(object, text, ret_error))
		return -EINVAL;
	line->invocation.option[option] = text;
	return 0;
}

static int unknown_option(const char *word, struct vgpu_error *ret_error)
{
	char typed[40], remedy[64], letter[] = { '-', optopt, '\0' };
	struct vgpu_nearest nearest = { .typed = typed };
	unsigned int i;

	if (optopt >= FIRST_OPTION)
		return usage_error(ret_error, word, "it takes no argument", SEE_HELP);
	if (optopt)
		return usage_error(ret_error, letter, "unknown option", SEE_HELP);
	vgpu_text_copy(typed, sizeof(typed), word + strspn(word, "-"));
	typed[strcspn(typed, "=")] = '\0';
	for (i = 0; i < VGPU_OPTIONS; i++)
		vgpu_nearest_consider(&nearest, vgpu_option_info[i].name);
	if (!nearest.word)
		return usage_error(ret_error, word, "unknown option", SEE_HELP);
	snprintf(remedy, sizeof(remedy), "did you mean --%s?", nearest.word);
	return usage_error(ret_error, word, "unknown option", remedy);
}

static int take_word(struct vgpu_line *line, int option, char **argv, struct vgpu_error *ret_error)
{
	switch (option) {
	case 1:
		return add_operand(line, optarg, ret_error);
	case ':':
		line->open_option = option_of(optopt);
		return usage_error(ret_error, argv[optind - 1], "it needs an argument", SEE_HELP);
	case '?':
		return unknown_option(argv[optind - 1], ret_error);
	case PRINT_COMPLETION:
		line->shell = optarg;
		return 0;
	case PRINT_SYNOPSIS:
		line->synopsis = true;
		return 0;
	default:
		return add_option(line, option_of(option), optarg ? optarg : "", ret_error);
	}
}

/**
 * vgpu_parse_words() - tell options and operands apart
 * @argc: of main()
 * @argv: of main(), ends in NULL
 * @line: filled; begins with .unfinished only
 * @ret_error: what is wrong
 *
 * Behind a command that another program does, all is for that program: it goes to .passed.
 *
 * Return: 0, or -EINVAL with @ret_error filled.
 */
int vgpu_parse_words(int argc, char **argv, struct vgpu_line *line, struct vgpu_error *ret_error)
{
	struct option options[VGPU_OPTIONS + 3];
	char letters[3 * VGPU_OPTIONS + 3];
	int option, rc;

	make_getopt(options, letters);
	line->open_option = -1;
	opterr = 0;
	while (!line->invocation.command && (option = getopt_long(argc, argv, letters, options, NULL)) >= 0) {
		rc = take_word(line, option, argv, ret_error);
		if (rc && !line->unfinished)
			return rc;
	}
	/* Behind "--" all are operands. */
	while (!line->invocation.command && optind < argc) {
		rc = add_operand(line, argv[optind++], ret_error);
		if (rc && !line->unfinished)
			return rc;
	}
	if (line->invocation.command)
		line->passed = argv + optind;
	return 0;
}

/**
 * vgpu_parse_command() - the command of a line
 * @line: of vgpu_parse_words()
 * @ret_command: the command
 *
 * Return: how many of the operands are its name, 0 when there is no such command.
 */
unsigned int vgpu_parse_command(const struct vgpu_line *line, const struct vgpu_command **ret_command)
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

static int unknown_command(const char *typed, const char *see, struct vgpu_error *ret_error)
{
	struct vgpu_nearest nearest = vgpu_help_nearest(typed);
	char remedy[64];

	if (!nearest.word)
		return usage_error(ret_error, typed, "no such command", see);
	snprintf(remedy, sizeof(remedy), "did you mean %s?", nearest.word);
	return usage_error(ret_error, typed, "no such command", remedy);
}

/* Of two words the first may be known: then its other second words are what helps. */
static int no_command(const struct vgpu_line *line, struct vgpu_error *ret_error)
{
	const char *first = line->operands[0];
	const struct vgpu_command *command;
	char words[64], see[64];

	for (command = vgpu_commands; command->name; command++)
		if (!strncmp(command->name, first, strlen(first)) && command->name[strlen(first)] == ' ')
			break;
	if (!command->name)
		return unknown_command(first, SEE_HELP, ret_error);
	snprintf(see, sizeof(see), SEE_HELP " %s", first);
	if (line->operands_count == 1)
		return usage_error(ret_error, first, "it needs a second word", see);
	snprintf(words, sizeof(words), "%s %.32s", first, line->operands[1]);
	return unknown_command(words, see, ret_error);
}

static int check_operand(const struct vgpu_command *command, const char *operand, struct vgpu_error *ret_error)
{
	if (!*operand)
		return command_error(ret_error, command, command->operand, "it is empty");
	return command->key ? check_text(operand, operand, ret_error) : 0;
}

static int check_operands(struct vgpu_line *line, unsigned int words, struct vgpu_error *ret_error)
{
	const struct vgpu_command *command = line->invocation.command;
	unsigned int most = command->operand ? command->operands_max ? command->operands_max : 1 : 0, i;
	int rc;

	if (line->operands_count - words > most)
		return command_error(ret_error, command, line->operands[words + most], "unexpected argument");
	if (line->operands_count == words && command->operand && command->operand[0] != '[')
		return command_error(ret_error, command, command->name, "it needs an argument");
	for (i = words; i < line->operands_count; i++) {
		rc = check_operand(command, line->operands[i], ret_error);
		if (rc)
			return rc;
	}
	line->invocation.operands = line->operands + words;
	line->invocation.operands_count = line->operands_count - words;
	line->invocation.operand = line->operands_count > words ? line->operands[words] : NULL;
	return 0;
}

/* What does not belong there before what is missing: the one may be the other, under a wrong name. */
static int check_options(const struct vgpu_invocation *invocation, struct vgpu_error *ret_error)
{
	const struct vgpu_command *command = invocation->command;
	uint32_t given = 0, wrong, i;
	char name[64];

	for (i = 0; i < VGPU_OPTIONS; i++)
		if (invocation->option[i])
			given |= VGPU_TAKES(i);
	wrong = given & ~(command->options | VGPU_EVERYWHERE);
	if (!wrong)
		wrong = command->required & ~given;
	for (i = 0; i < VGPU_OPTIONS; i++) {
		if (!(wrong & VGPU_TAKES(i)))
			continue;
		snprintf(name, sizeof(name), "--%s", vgpu_option_info[i].name);
		return command_error(ret_error, command, name,
				     given & VGPU_TAKES(i) ? "unknown option for this command" : "this command needs it");
	}
	if (!strcmp(command->name, "set") && !(given & command->options))
		return command_error(ret_error, command, "set", "it was not said what to change");
	return 0;
}

static int read_format(struct vgpu_invocation *invocation, struct vgpu_error *ret_error)
{
	const char *text = invocation->option[VGPU_OPT_OUTPUT];
	unsigned int i;

	if (!text)
		return 0;
	for (i = 0; i < VGPU_FORMATS; i++)
		if (!strcmp(vgpu_format_info[i].name, text)) {
			invocation->format = i;
			return 0;
		}
	return usage_error(ret_error, text, "not an output format", "use table, wide, json, yaml or name");
}

/**
 * vgpu_parse_check() - is it a command, complete and with nothing that does not belong to it?
 * @line: of vgpu_parse_words(); .invocation is made complete. With --help, all but the command is left as it is.
 * @ret_error: what is wrong
 *
 * Return: 0, or -EINVAL with @ret_error filled.
 */
int vgpu_parse_check(struct vgpu_line *line, struct vgpu_error *ret_error)
{
	unsigned int words = vgpu_parse_command(line, &line->invocation.command);
	int rc;

	if (!line->operands_count)
		return usage_error(ret_error, "command", "none was given", SEE_HELP);
	if (!words)
		return no_command(line, ret_error);
	if (line->invocation.option[VGPU_OPT_HELP])
		return 0;
	rc = check_operands(line, words, ret_error);
	if (!rc)
		rc = check_options(&line->invocation, ret_error);
	return rc ? rc : read_format(&line->invocation, ret_error);
}
