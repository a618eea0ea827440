/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * parse.h - from the words of a command line to a command with its options. Completion reads the line that is being typed with the same
 * function, so that the two can't disagree about what a word is.
 */
#ifndef VGPU_CTL_PARSE_H
#define VGPU_CTL_PARSE_H

#include "lib/error.h"
#include "vgpuctl/commands.h"

#define VGPU_OPERANDS_MAX 8

struct vgpu_line {
	bool unfinished; /* set by the caller: it is being typed, so what is wrong with it is left out */
	struct vgpu_invocation invocation;
	const char *operands[VGPU_OPERANDS_MAX]; /* with the words of the command */
	unsigned int operands_count;
	int open_option; /* the option at the end whose argument is missing, -1 for none */
	char **passed; /* what stands behind a command that another program does; NULL: no such command */
	const char *shell; /* of --print-completion */
	bool synopsis; /* --print-synopsis */
};

int vgpu_parse_words(int argc, char **argv, struct vgpu_line *line, struct vgpu_error *ret_error);
unsigned int vgpu_parse_command(const struct vgpu_line *line, const struct vgpu_command **ret_command);
int vgpu_parse_check(struct vgpu_line *line, struct vgpu_error *ret_error);

#endif
