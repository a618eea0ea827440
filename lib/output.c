// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * output.c - what programs with an output have in common. No lock: used by the main thread.
 */
#include "lib/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/**
 * vgpu_output_init() - see that the three standard descriptors are taken; called before anything is opened
 *
 * Started with one of them closed, a program would open its socket under that number and print into it. What is opened in their place fails
 * when it is used.
 */
void vgpu_output_init(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return;
}

/**
 * vgpu_output_flush() - has all that was printed been written?
 * @ret_error: why not
 *
 * Return: 0 or -EIO with @ret_error filled.
 */
int vgpu_output_flush(struct vgpu_error *ret_error)
{
	int error = 0;

	if (fflush(stdout))
		error = errno;
	else if (ferror(stdout))
		error = EIO;
	if (!error)
		return 0;
	return vgpu_error_set(ret_error, VGPU_EXIT_FAILED, "standard output", "check where it goes to", "it can't be written: %s",
			      strerror(error));
}

/**
 * vgpu_output_finish() - write what is left at the end of a program; a full disk or a closed pipe must not look like success to a script
 * @program: its name
 * @exit: the exit code that it has so far; after another failure, nothing more is said
 *
 * Return: the exit code.
 */
int vgpu_output_finish(const char *program, int exit)
{
	struct vgpu_error error;

	if (exit != VGPU_EXIT_DONE || !vgpu_output_flush(&error))
		return exit;
	return vgpu_error_print(program, &error);
}
