// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * program.c - a command that is a program of its own, such as vgpu-top. No lock.
 */
#include "vgpuctl/program.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/**
 * vgpu_program_run() - become the program that is installed beside this one
 * @name: its name
 * @first: arguments that it gets first, ends in NULL
 * @rest: those behind them, ends in NULL
 *
 * Return: only when that failed, -errno.
 */
int vgpu_program_run(const char *name, const char *const first[], char *const rest[])
{
	char path[PATH_MAX + NAME_MAX + 1], *argv[VGPU_PROGRAM_ARGUMENTS_MAX + 2], *slash;
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);
	unsigned int count = 0;

	if (length < 0)
		return -errno;
	path[length] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return -ENOENT;
	strcpy(slash + 1, name);
	argv[count++] = (char *)name;
	for (; *first && count <= VGPU_PROGRAM_ARGUMENTS_MAX; first++)
		argv[count++] = (char *)*first;
	for (; *rest && count <= VGPU_PROGRAM_ARGUMENTS_MAX; rest++)
		argv[count++] = *rest;
	if (*first || *rest)
		return -E2BIG;
	argv[count] = NULL;
	execv(path, argv);
	return -errno;
}
