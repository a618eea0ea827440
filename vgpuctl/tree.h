/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * tree.h - looking at the files of a host, below a root that need not be "/". Paths are printf style and do not begin with a slash.
 */
#ifndef VGPU_CTL_TREE_H
#define VGPU_CTL_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define VGPU_TREE_PATH(n) __attribute__((format(printf, (n), (n) + 1)))

bool vgpu_tree_exists(int root, const char *format, ...) VGPU_TREE_PATH(2);
int vgpu_tree_read(int root, char *ret_text, size_t size, const char *format, ...) VGPU_TREE_PATH(4);
int vgpu_tree_link(int root, char *ret_name, size_t size, const char *format, ...) VGPU_TREE_PATH(4);
FILE *vgpu_tree_open(int root, const char *format, ...) VGPU_TREE_PATH(2);
int vgpu_tree_each(int root, void (*visit)(const char *name, void *data), void *data, const char *format, ...) VGPU_TREE_PATH(4);

#endif
