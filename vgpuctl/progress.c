// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * progress.c - says what is waited for, and takes it back. No lock: the main thread's.
 */
#include "vgpuctl/progress.h"

#include <langinfo.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/text.h"

/* So that the line, which is taken back as one, fits into the narrowest of usual terminals. */
#define NAME_SIZE 33
#define LINE_SIZE 128

static const char *waits_for(const struct vgpu_invocation *invocation)
{
	if (invocation->command->waits_for)
		return invocation->command->waits_for;
	return invocation->option[VGPU_OPT_DOMAIN] ? "libvirt" : "vgpud";
}

/**
 * vgpu_progress_show() - say what is waited for
 * @seconds: for how long already
 * @data: a struct vgpu_progress. Nothing is said of a command that should not take long, nor where nobody looks.
 */
void vgpu_progress_show(unsigned int seconds, void *data)
{
	struct vgpu_progress *progress = data;
	const struct vgpu_invocation *invocation = progress->invocation;
	const char *object = invocation->operand ? invocation->operand : invocation->option[VGPU_OPT_NAME];
	bool utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	char name[NAME_SIZE], line[LINE_SIZE];

	if (!invocation->command->doing || !isatty(STDERR_FILENO))
		return;
	vgpu_text_copy(name, sizeof(name), object ? object : "a vGPU");
	snprintf(line, sizeof(line), "%s %s%s waiting for %s (%u s)", invocation->command->doing, name, utf8 ? "\u2026" : "...",
		 waits_for(invocation), seconds);
	vgpu_progress_hide(progress);
	vgpu_text_print(stderr, line);
	progress->width = strlen(line);
}

/**
 * vgpu_progress_hide() - take back what was said, if anything was
 * @progress: says how wide it is; blanks are what every terminal can draw over it
 */
void vgpu_progress_hide(struct vgpu_progress *progress)
{
	if (progress->width)
		fprintf(stderr, "\r%*s\r", progress->width, "");
	progress->width = 0;
}
