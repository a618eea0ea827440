// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * sysfs.c - attributes as text, numbers and lists. No lock: every call opens, acts and closes; the kernel orders them.
 *
 * Callers put only checked names into paths: a valid UUID, or what a directory listing returned.
 */
#include "vgpud-agent/sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/size.h"

#define NAMES_MAX 65536u

static int make_path(const struct vgpu_sysfs *sysfs, char path[PATH_MAX], const char *format, va_list args)
{
	int length = snprintf(path, PATH_MAX, "%s/", sysfs->root);
	int more;

	if (length < 0 || length >= PATH_MAX)
		return -ENAMETOOLONG;
	more = vsnprintf(path + length, PATH_MAX - length, format, args);
	return more < 0 || more >= PATH_MAX - length ? -ENAMETOOLONG : 0;
}

/* Every function below takes its path printf style; this is the shared beginning of them. */
#define MAKE_PATH(sysfs, path, format, rc)                          \
	do {                                                        \
		va_list args_;                                      \
		va_start(args_, format);                            \
		(rc) = make_path((sysfs), (path), (format), args_); \
		va_end(args_);                                      \
	} while (0)

static int read_path(const char *path, char *ret_text, size_t size)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -errno;
	got = read(fd, ret_text, size - 1);
	if (got < 0)
		return -errno;
	while (got && ret_text[got - 1] == '\n')
		got--;
	ret_text[got] = '\0';
	return 0;
}

/**
 * vgpu_sysfs_exists() - is there such a file or directory?
 * @sysfs: root
 * @format: path below it, printf style
 *
 * Return: true when there is.
 */
bool vgpu_sysfs_exists(const struct vgpu_sysfs *sysfs, const char *format, ...)
{
	char path[PATH_MAX];
	int rc;

	MAKE_PATH(sysfs, path, format, rc);
	return !rc && !access(path, F_OK);
}

/**
 * vgpu_sysfs_read() - read an attribute
 * @sysfs: root
 * @ret_text: its text without the final newline; undefined on failure
 * @size: bytes in @ret_text
 * @format: path below the root, printf style
 *
 * Return: 0 or -errno.
 */
int vgpu_sysfs_read(const struct vgpu_sysfs *sysfs, char *ret_text, size_t size, const char *format, ...)
{
	char path[PATH_MAX];
	int rc;

	MAKE_PATH(sysfs, path, format, rc);
	return rc ? rc : read_path(path, ret_text, size);
}

/**
 * vgpu_sysfs_read_u64() - read an attribute that holds one decimal number
 * @sysfs: root
 * @ret_value: the number
 * @format: path below the root, printf style
 *
 * Return: 0 or -errno, -EINVAL when it holds something else.
 */
int vgpu_sysfs_read_u64(const struct vgpu_sysfs *sysfs, uint64_t *ret_value, const char *format, ...)
{
	char path[PATH_MAX], text[64];
	int rc;

	MAKE_PATH(sysfs, path, format, rc);
	if (!rc)
		rc = read_path(path, text, sizeof(text));
	return rc ? rc : vgpu_number_parse(text, 0, UINT64_MAX, ret_value);
}

/**
 * vgpu_sysfs_write() - write an attribute
 * @sysfs: root
 * @text: what to write, in one write() as sysfs wants it
 * @format: path below the root, printf style
 *
 * Return: 0 or the -errno that the kernel answered with.
 */
int vgpu_sysfs_write(const struct vgpu_sysfs *sysfs, const char *text, const char *format, ...)
{
	cleanup_close int fd = -1;
	char path[PATH_MAX];
	ssize_t written;
	int rc;

	MAKE_PATH(sysfs, path, format, rc);
	if (rc)
		return rc;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	written = write(fd, text, strlen(text));
	if (written < 0)
		return -errno;
	return (size_t)written == strlen(text) ? 0 : -EIO;
}

/**
 * vgpu_sysfs_write_apart() - write an attribute in a child process, for a write that the kernel may hold up for as long as it likes
 * @sysfs: root
 * @ret_child: the child, whose exit status is the errno that the kernel answered with
 * @text: what to write
 * @format: path below the root, printf style
 *
 * A child and not a thread: what hangs in the kernel keeps its whole process from ending. This process has threads, so between fork()
 * and _exit() stands nothing but system calls.
 *
 * Return: 0 or -errno with no child made, -ENOENT when there is no such attribute.
 */
int vgpu_sysfs_write_apart(const struct vgpu_sysfs *sysfs, pid_t *ret_child, const char *text, const char *format, ...)
{
	size_t length = strlen(text);
	cleanup_close int fd = -1;
	char path[PATH_MAX];
	pid_t child;
	int rc;

	MAKE_PATH(sysfs, path, format, rc);
	if (rc)
		return rc;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	child = fork();
	if (child < 0)
		return -errno;
	if (!child) {
		/* A child that outlives us must hold neither our sockets nor our ledger. */
		if (dup2(fd, STDIN_FILENO) < 0 || close_range(STDERR_FILENO + 1, ~0U, 0))
			_exit(errno);
		_exit(write(STDIN_FILENO, text, length) < 0 ? errno : 0);
	}
	*ret_child = child;
	return 0;
}

/**
 * vgpu_sysfs_script_add() - add a step to a script
 * @sysfs: root
 * @script: all zeros at first
 * @undo: the step is for when one of the others fails
 * @text: what to write
 * @format: path below the root, printf style
 */
void vgpu_sysfs_script_add(const struct vgpu_sysfs *sysfs, struct vgpu_sysfs_script *script, bool undo, const char *text,
			   const char *format, ...)
{
	struct vgpu_sysfs_step *step = &script->steps[script->count];
	int rc = -E2BIG;

	if (script->count < VGPU_COUNT(script->steps) && strlen(text) < sizeof(step->text))
		MAKE_PATH(sysfs, step->path, format, rc);
	if (rc) {
		script->rc = rc;
		return;
	}
	strcpy(step->text, text);
	step->undo = undo;
	script->count++;
}

/* System calls only: see vgpu_sysfs_write_apart(). */
static int run_step(const struct vgpu_sysfs_step *step)
{
	int fd = open(step->path, O_WRONLY | O_CLOEXEC), rc;

	if (fd < 0)
		return errno;
	rc = write(fd, step->text, strlen(step->text)) < 0 ? errno : 0;
	close(fd);
	return rc;
}

/**
 * vgpu_sysfs_script_apart() - run a script in a child process, for writes that the kernel may hold up for as long as it likes
 * @script: the script
 * @ret_child: the child, whose exit status is the errno of the step that failed, 0 when none did
 *
 * Return: 0 or -errno with no child made.
 */
int vgpu_sysfs_script_apart(const struct vgpu_sysfs_script *script, pid_t *ret_child)
{
	int rc = 0;
	pid_t child;
	size_t i;

	if (script->rc)
		return script->rc;
	child = fork();
	if (child < 0)
		return -errno;
	if (child) {
		*ret_child = child;
		return 0;
	}
	if (close_range(STDERR_FILENO + 1, ~0U, 0))
		_exit(errno);
	for (i = 0; !rc && i < script->count; i++)
		if (!script->steps[i].undo)
			rc = run_step(&script->steps[i]);
	for (i = 0; rc && i < script->count; i++)
		if (script->steps[i].undo)
			run_step(&script->steps[i]);
	_exit(rc);
}

/**
 * vgpu_sysfs_link() - where a symbolic link points
 * @sysfs: root
 * @ret_target: text of the link
 * @size: bytes in @ret_target
 * @format: path below the root, printf style
 *
 * Return: 0 or -errno.
 */
int vgpu_sysfs_link(const struct vgpu_sysfs *sysfs, char *ret_target, size_t size, const char *format, ...)
{
	char path[PATH_MAX];
	ssize_t length;
	int rc;

	MAKE_PATH(sysfs, path, format, rc);
	if (rc)
		return rc;
	length = readlink(path, ret_target, size - 1);
	if (length < 0)
		return -errno;
	ret_target[length] = '\0';
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/**
 * vgpu_sysfs_list() - names in a directory
 * @sysfs: root
 * @ret_names: sorted names, NULL behind the last; released by vgpu_sysfs_list_free()
 * @format: path below the root, printf style
 *
 * Return: 0 or -errno; a directory that is not there is empty.
 */
int vgpu_sysfs_list(const struct vgpu_sysfs *sysfs, char ***ret_names, const char *format, ...)
{
	cleanup_closedir DIR *dir = NULL;
	size_t count = 0, size = 0;
	char path[PATH_MAX];
	char **names = NULL, **larger;
	struct dirent *entry;
	int rc;

	MAKE_PATH(sysfs, path, format, rc);
	if (rc)
		return rc;
	dir = opendir(path);
	if (!dir && errno != ENOENT)
		return -errno;
	do {
		entry = dir && count < NAMES_MAX ? readdir(dir) : NULL;
		if (entry && entry->d_name[0] == '.')
			continue;
		if (count == size) {
			size = size ? size * 2 : 16;
			larger = reallocarray(names, size, sizeof(*names));
			if (!larger)
				goto fail;
			names = larger;
		}
		names[count] = entry ? strdup(entry->d_name) : NULL;
		if (entry && !names[count])
			goto fail;
		count++;
	} while (entry);
	qsort(names, count - 1, sizeof(*names), compare_names);
	*ret_names = names;
	return 0;
fail:
	while (count)
		free(names[--count]);
	free(names);
	return -ENOMEM;
}

/**
 * vgpu_sysfs_list_free() - release what vgpu_sysfs_list() returned
 * @names: the names or NULL
 */
void vgpu_sysfs_list_free(char **names)
{
	char **name;

	for (name = names; name && *name; name++)
		free(*name);
	free(names);
}

/**
 * vgpu_sysfs_counters() - read an attribute of "key value" lines
 * @sysfs: root
 * @ret_counters: an object with every key whose value is a number, also those that this version has never heard of
 * @format: path below the root, printf style
 *
 * Return: 0 or -errno.
 */
int vgpu_sysfs_counters(const struct vgpu_sysfs *sysfs, struct vgpu_json **ret_counters, const char *format, ...)
{
	char path[PATH_MAX], text[VGPU_SYSFS_TEXT];
	struct vgpu_json *counters;
	char *line, *value, *rest;
	uint64_t number;
	int rc;

	MAKE_PATH(sysfs, path, format, rc);
	if (!rc)
		rc = read_path(path, text, sizeof(text));
	if (rc)
		return rc;
	counters = vgpu_json_object();
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		value = strchr(line, ' ');
		if (!value)
			continue;
		*value++ = '\0';
		if (!vgpu_number_parse(value, 0, UINT64_MAX, &number))
			vgpu_json_put_u64(counters, line, number);
	}
	*ret_counters = counters;
	return 0;
}
