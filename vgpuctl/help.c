// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * help.c - what is generated from the command table: help, shell completion, the man page's synopsis. No lock: pure functions.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/exit.h"
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
		return;
	}
	fputs("usage: vgpuctl COMMAND [OPTION]...\n\n", stdout);
	for (command = vgpu_commands; command->name; command++)
		printf("  %-10s %s\n", command->name, command->summary);
	fputs("\n'vgpuctl help COMMAND' explains a command, vgpuctl(1) all of them.\n", stdout);
}

/**
 * vgpu_help_run() - "vgpuctl help [COMMAND]"
 * @invocation: its operand names the command; of two words, the first is enough for all that begin with it
 *
 * Return: an exit code.
 */
int vgpu_help_run(const struct vgpu_invocation *invocation)
{
	const struct vgpu_command *command;
	size_t length = invocation->operand ? strlen(invocation->operand) : 0;
	bool found = false;

	if (!invocation->operand) {
		vgpu_help_usage(NULL);
		return VGPU_EXIT_DONE;
	}
	for (command = vgpu_commands; command->name; command++) {
		if (strncmp(command->name, invocation->operand, length) != 0 ||
		    (command->name[length] && command->name[length] != ' '))
			continue;
		if (found)
			putchar('\n');
		vgpu_help_usage(command);
		found = true;
	}
	if (found)
		return VGPU_EXIT_DONE;
	fprintf(stderr, "vgpuctl: %s: no such command; see vgpuctl help\n", invocation->operand);
	return VGPU_EXIT_USAGE;
}

static const char *const complete_words[] = {
	[VGPU_COMPLETE_NOTHING] = NULL,
	[VGPU_COMPLETE_VGPU] = "$(vgpuctl list -o name 2>/dev/null)",
	[VGPU_COMPLETE_GPU] = "$(vgpuctl gpu list -o name 2>/dev/null)",
	[VGPU_COMPLETE_DOMAIN] = NULL, /* see complete_domain */
	[VGPU_COMPLETE_CLASS] = "$(vgpuctl classes -o name 2>/dev/null) none",
	[VGPU_COMPLETE_FORMAT] = "table wide json yaml name",
	[VGPU_COMPLETE_FILE] = NULL,
	[VGPU_COMPLETE_COMMAND] = "$commands",
};

/* A domain's name may hold what the shell would run: compgen expands its words, and bash what a completion puts into the line. */
static const char complete_domain[] =
	"mapfile -t COMPREPLY < <(virsh -q list --all --name 2>/dev/null | while IFS= read -r i; do "
	"[[ $i && $i == \"$current\"* ]] && printf '%q\\n' \"$i\"; done) ; return ;;";

static void print_first_words(void)
{
	const struct vgpu_command *command, *before;
	size_t length;

	for (command = vgpu_commands; command->name; command++) {
		length = strcspn(command->name, " ");
		for (before = vgpu_commands; before < command; before++)
			if (!strncmp(before->name, command->name, length) && before->name[length] == ' ')
				break;
		if (before == command)
			printf("%s%.*s", command == vgpu_commands ? "" : " ", (int)length, command->name);
	}
}

static void print_second_words(void)
{
	const struct vgpu_command *command;
	const char *space;

	for (command = vgpu_commands; command->name; command++) {
		space = strchr(command->name, ' ');
		if (space)
			printf("\t%.*s) second+=\" %s\" ;;&\n", (int)(space - command->name), command->name, space + 1);
	}
}

static void print_option_values(void)
{
	const struct vgpu_option_info *info;

	for (info = vgpu_option_info; info < vgpu_option_info + VGPU_OPTIONS; info++) {
		if (!info->argument)
			continue;
		if (info->letter)
			printf("\t-%c | --%s) ", info->letter, info->name);
		else
			printf("\t--%s) ", info->name);
		if (complete_words[info->complete])
			printf("mapfile -t COMPREPLY < <(compgen -W \"%s\" -- \"$current\") ; return ;;\n",
			       complete_words[info->complete]);
		else if (info->complete == VGPU_COMPLETE_FILE)
			puts("mapfile -t COMPREPLY < <(compgen -f -- \"$current\") ; return ;;");
		else if (info->complete == VGPU_COMPLETE_DOMAIN)
			puts(complete_domain);
		else
			puts("return ;;");
	}
}

static void print_command_words(void)
{
	const struct vgpu_command *command;
	unsigned int i;

	for (command = vgpu_commands; command->name; command++) {
		printf("\t'%s') words=\"", command->name);
		for (i = 0; i < VGPU_OPTIONS; i++)
			if ((command->options | VGPU_EVERYWHERE) & VGPU_TAKES(i))
				printf("--%s ", vgpu_option_info[i].name);
		printf("%s\" ;;\n", complete_words[command->complete] ? complete_words[command->complete] : "");
	}
}

/**
 * vgpu_help_completion() - print a shell's completion of vgpuctl
 * @shell: bash
 *
 * Return: 0 or -EINVAL for a shell that it knows nothing of.
 */
int vgpu_help_completion(const char *shell)
{
	if (strcmp(shell, "bash") != 0)
		return -EINVAL;
	puts("# SPDX-License-Identifier: GPL-2.0-only OR MIT\n"
	     "# shellcheck shell=bash\n"
	     "# Printed by: vgpuctl --print-completion bash\n"
	     "_vgpuctl()\n"
	     "{\n"
	     "\tlocal current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command='' second='' words='' i");
	fputs("\tlocal commands='", stdout);
	print_first_words();
	puts("'\n\n"
	     "\tCOMPREPLY=()\n"
	     "\tcase $previous in");
	print_option_values();
	puts("\tesac\n"
	     "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	     "\t\t[[ ${COMP_WORDS[i]} == -* || ${COMP_WORDS[i-1]} == -o || ${COMP_WORDS[i-1]} == --socket ]] && continue\n"
	     "\t\tcommand=${COMP_WORDS[i]}\n"
	     "\t\tbreak\n"
	     "\tdone\n"
	     "\tcase $command in");
	print_second_words();
	puts("\tesac\n"
	     "\tif [[ -n $second ]]; then\n"
	     "\t\tif ((i + 1 >= COMP_CWORD)); then\n"
	     "\t\t\tmapfile -t COMPREPLY < <(compgen -W \"$second\" -- \"$current\")\n"
	     "\t\t\treturn\n"
	     "\t\tfi\n"
	     "\t\tcommand+=\" ${COMP_WORDS[i+1]}\"\n"
	     "\tfi\n"
	     "\tcase $command in\n"
	     "\t'') words=\"$commands --help --version --socket\" ;;");
	print_command_words();
	puts("\tesac\n"
	     "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
	     "}\n"
	     "complete -F _vgpuctl vgpuctl");
	return 0;
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
