// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * tree.c - the *at() calls with paths that are put together. No lock: no state.
 */
#include "vgpuctl/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/text.h"

/* A path that does not fit is one that is not there. */
#define MAKE_PATH(path, format)                                                            \
	do {                                                                               \
		va_list args_;                                                             \
		va_start(args_, format);                                                   \
		if (vsnprintf((path), sizeof(path), (format), args_) >= (int)sizeof(path)) \
			(path)[0] = '\0';                                                  \
		va_end(args_);                                                             \
	} while (0)

/**
 * vgpu_tree_exists() - is there such a file or directory?
 * @root: descriptor of the root
 * @format: path below it
 *
 * Return: true when there is.
 */
bool vgpu_tree_exists(int root, const char *format, ...)
{
	char path[PATH_MAX];

	MAKE_PATH(path, format);
	return !faccessat(root, path, F_OK, 0);
}

/**
 * vgpu_tree_open() - open a file to read it
 * @root: descriptor of the root
 * @format: path below it
 *
 * Return: the file to fclose(), NULL when it can't be opened.
 */
FILE *vgpu_tree_open(int root, const char *format, ...)
{
	char path[PATH_MAX];
	FILE *file;
	int fd;

	MAKE_PATH(path, format);
	fd = openat(root, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file && fd >= 0)
		close(fd);
	return file;
}

/**
 * vgpu_tree_read() - read the beginning of a file
 * @root: descriptor of the root
 * @ret_text: what fits of it, without newlines at the end
 * @size: bytes in @ret_text
 * @format: path below the root
 *
 * Return: 0 or -errno.
 */
int vgpu_tree_read(int root, char *ret_text, size_t size, const char *format, ...)
{
	cleanup_close int fd = -1;
	char path[PATH_MAX];
	ssize_t got;

	MAKE_PATH(path, format);
	fd = openat(root, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
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
 * vgpu_tree_link() - the last part of where a symbolic link points, which in sysfs is a name
 * @root: descriptor of the root
 * @ret_name: the name
 * @size: bytes in @ret_name
 * @format: path below the root
 *
 * Return: 0 or -errno.
 */
int vgpu_tree_link(int root, char *ret_name, size_t size, const char *format, ...)
{
	char path[PATH_MAX], target[PATH_MAX], *slash;
	ssize_t length;

	MAKE_PATH(path, format);
	length = readlinkat(root, path, target, sizeof(target) - 1);
	if (length < 0)
		return -errno;
	target[length] = '\0';
	slash = strrchr(target, '/');
	vgpu_text_copy(ret_name, size, slash ? slash + 1 : target);
	return 0;
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/**
 * vgpu_tree_each() - visit what is in a directory, by name
 * @root: descriptor of the root
 * @visit: called with each name
 * @data: passed to it
 * @format: path below the root
 *
 * Return: how many names there are; a directory that can't be read has none.
 */
int vgpu_tree_each(int root, void (*visit)(const char *name, void *data), void *data, const char *format, ...)
{
	struct dirent **entries;
	char path[PATH_MAX];
	int count, i;

	MAKE_PATH(path, format);
	count = scandirat(root, path, &entries, visible, alphasort);
	if (count < 0)
		return 0;
	for (i = 0; i < count; i++) {
		if (visit)
			visit(entries[i]->d_name, data);
		free(entries[i]);
	}
	free(entries);
	return count;
}
