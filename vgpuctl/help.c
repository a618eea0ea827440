// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * help.c - what people read of the command table: help, the man page's synopsis. No lock: pure functions.
 */
#include <stdio.h>
#include <string.h>

#include "lib/error.h"
#include "lib/text.h"
#include "vgpuctl/commands.h"

static void print_option(const struct vgpu_option_info *info)
{
	char left[48];

	snprintf(left, sizeof(left), "%s%c%s--%s%s%s", info->letter ? "-" : "  ", info->letter ? info->letter : ' ',
		 info->letter ? ", " : " ", info->name, info->argument ? " " : "", info->argument ? info->argument : "");
	printf("  %-24s %s\n", left, info->help);
}

static void print_synopsis(const struct vgpu_command *command)
{
	const struct vgpu_option_info *info;
	unsigned int i;

	printf("vgpuctl %s%s%s", command->name, command->operand ? " " : "", command->operand ? command->operand : "");
	for (i = 0; i < VGPU_OPTIONS; i++) {
		info = &vgpu_option_info[i];
		if (command->options & VGPU_TAKES(i))
			printf(command->required & VGPU_TAKES(i) ? " --%s%s%s" : " [--%s%s%s]", info->name,
			       info->argument ? " " : "", info->argument ? info->argument : "");
	}
	putchar('\n');
}

/**
 * vgpu_help_usage() - print the help of a command
 * @command: the command, NULL for an overview of all
 */
void vgpu_help_usage(const struct vgpu_command *command)
{
	unsigned int i;

	if (command) {
		printf("%s: %s\n\nusage: ", command->name, command->summary);
		print_synopsis(command);
		putchar('\n');
		for (i = 0; i < VGPU_OPTIONS; i++)
			if ((command->options | VGPU_EVERYWHERE) & VGPU_TAKES(i))
				print_option(&vgpu_option_info[i]);
		if (command->program)
			printf("\nIt is %s(1); its options follow, and '%s --help' lists them.\n", command->program,
			       command->program);
		return;
	}
	fputs("usage: vgpuctl COMMAND [OPTION]...\n\n", stdout);
	for (command = vgpu_commands; command->name; command++)
		printf("  %-11s %s\n", command->name, command->summary);
	fputs("\n'vgpuctl help COMMAND' explains a command, vgpuctl(1) all of them.\n", stdout);
}

/**
 * vgpu_help_nearest() - the command that somebody who typed another word probably meant
 * @typed: a word, or two with a blank between
 *
 * Return: its .word is the command's name, NULL when none is near.
 */
struct vgpu_nearest vgpu_help_nearest(const char *typed)
{
	struct vgpu_nearest nearest = { .typed = typed };
	const struct vgpu_command *command;

	for (command = vgpu_commands; command->name; command++)
		vgpu_nearest_consider(&nearest, command->name);
	return nearest;
}

static int no_command(const char *name)
{
	struct vgpu_nearest nearest = vgpu_help_nearest(name);
	char remedy[64] = "see vgpuctl help";
	struct vgpu_error error;

	if (nearest.word)
		snprintf(remedy, sizeof(remedy), "did you mean %s?", nearest.word);
	vgpu_error_set(&error, VGPU_EXIT_USAGE, name, remedy, "no such command");
	return vgpu_error_print("vgpuctl", &error);
}

/**
 * vgpu_help_run() - "vgpuctl help [COMMAND]"
 * @invocation: its operands name the command; of two words, the first is enough for all that begin with it
 *
 * Return: an exit code.
 */
int vgpu_help_run(const struct vgpu_invocation *invocation)
{
	const struct vgpu_command *command;
	bool found = false;
	char name[128];
	size_t length;

	if (!invocation->operand) {
		vgpu_help_usage(NULL);
		return VGPU_EXIT_DONE;
	}
	vgpu_text_copy(name, sizeof(name), invocation->operand);
	if (invocation->operands_count > 1)
		vgpu_text_append(name, sizeof(name), " %s", invocation->operands[1]);
	length = strlen(name);
	for (command = vgpu_commands; command->name; command++) {
		if (strncmp(command->name, name, length) != 0 || (command->name[length] && command->name[length] != ' '))
			continue;
		if (found)
			putchar('\n');
		vgpu_help_usage(command);
		found = true;
	}
	return found ? VGPU_EXIT_DONE : no_command(name);
}

/**
 * vgpu_help_synopsis() - print the synopsis of every command in mdoc(7), as it stands in vgpuctl(1)
 */
void vgpu_help_synopsis(void)
{
	const struct vgpu_command *command;
	const struct vgpu_option_info *info;
	unsigned int i;

	for (command = vgpu_commands; command->name; command++) {
		printf(".Nm\n.Cm %s\n", command->name);
		if (command->operand && command->operand[0] == '[')
			printf(".Op Ar %.*s\n", (int)strlen(command->operand) - 2, command->operand + 1);
		else if (command->operand)
			printf(".Ar %s\n", command->operand);
		for (i = 0; i < VGPU_OPTIONS; i++) {
			info = &vgpu_option_info[i];
			if (command->options & VGPU_TAKES(i))
				printf("%sFl -%s%s%s\n", command->required & VGPU_TAKES(i) ? "." : ".Op ", info->name,
				       info->argument ? " Ar " : "", info->argument ? info->argument : "");
		}
	}
}
