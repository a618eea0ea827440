// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * log.c - standard error is the log. No lock, no state: a line is one write().
 *
 * The journal knows whose line it is and takes the priority from its beginning, see sd-daemon(3); on a terminal or in a file that would
 * be noise, and the program's name is missing.
 */
#include "vgpud-agent/log.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The variable is inherited by those whose standard error is something else; so it names the file. */
static bool to_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat error;
	char name[64];

	if (!stream || fstat(fileno(stderr), &error))
		return false;
	snprintf(name, sizeof(name), "%" PRIu64 ":%" PRIu64, (uint64_t)error.st_dev, (uint64_t)error.st_ino);
	return !strcmp(stream, name);
}

/**
 * vgpu_log() - log one line
 * @priority: LOG_ERR or LOG_NOTICE
 * @format: what happened, printf style, without the program's name and the end of the line
 */
void vgpu_log(int priority, const char *format, ...)
{
	char text[PATH_MAX + 1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (to_journal())
		fprintf(stderr, "<%d>%s\n", priority, text);
	else
		fprintf(stderr, "vgpud: %s\n", text);
}
