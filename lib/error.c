// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * error.c - fills and prints struct vgpu_error. No lock: an error belongs to one call.
 */
#include "lib/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "lib/text.h"

/**
 * vgpu_error_errno() - the -errno that stands for an exit code inside the programs
 * @exit: any exit code
 *
 * Return: 0 for VGPU_EXIT_DONE, else a negative errno.
 */
int vgpu_error_errno(enum vgpu_exit exit)
{
	switch (exit) {
	case VGPU_EXIT_DONE:
		return 0;
	case VGPU_EXIT_USAGE:
		return -EINVAL;
	case VGPU_EXIT_NOT_FOUND:
		return -ENOENT;
	case VGPU_EXIT_NO_CAPACITY:
		return -ENOSPC;
	case VGPU_EXIT_IN_USE:
		return -EBUSY;
	case VGPU_EXIT_DENIED:
		return -EPERM;
	case VGPU_EXIT_UNREACHABLE:
		return -ECONNREFUSED;
	case VGPU_EXIT_FAILED:
		break;
	}
	return -EIO;
}

/**
 * vgpu_error_set() - describe a failure
 * @ret_error: filled; longer texts are cut
 * @exit: exit code that the front end ends with
 * @object: what it is about, a name or an option
 * @remedy: what to do about it
 * @format: what happened, printf style
 *
 * Return: the -errno that matches @exit, so that a caller can ``return vgpu_error_set(...)``.
 */
int vgpu_error_set(struct vgpu_error *ret_error, enum vgpu_exit exit, const char *object, const char *remedy, const char *format,
		   ...)
{
	struct vgpu_error error = { .exit = exit };
	va_list args;

	vgpu_text_copy(error.object, sizeof(error.object), object);
	vgpu_text_copy(error.remedy, sizeof(error.remedy), remedy);
	va_start(args, format);
	vsnprintf(error.what, sizeof(error.what), format, args);
	va_end(args);
	*ret_error = error;
	return vgpu_error_errno(exit);
}

/**
 * vgpu_error_print() - print an error as the one line that the documentation promises
 * @program: name of the program
 * @error: what to print; it may quote what a client sent
 *
 * Return: the exit code.
 */
int vgpu_error_print(const char *program, const struct vgpu_error *error)
{
	fprintf(stderr, "%s: ", program);
	vgpu_text_print(stderr, *error->object ? error->object : "''");
	fputs(": ", stderr);
	vgpu_text_print(stderr, error->what);
	fputs("; ", stderr);
	vgpu_text_print(stderr, error->remedy);
	fputc('\n', stderr);
	return error->exit;
}
