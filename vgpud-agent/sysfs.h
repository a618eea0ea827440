/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * sysfs.h - reading and writing attributes below an injectable root, so that a test can bring its own tree.
 */
#ifndef VGPU_AGENT_SYSFS_H
#define VGPU_AGENT_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/json.h"

#define VGPU_SYSFS_TEXT 4096 /* an attribute is at most a page */

struct vgpu_sysfs {
	const char *root;
};

#define VGPU_SYSFS_PATH(n) __attribute__((format(printf, (n), (n) + 1)))

bool vgpu_sysfs_exists(const struct vgpu_sysfs *sysfs, const char *format, ...) VGPU_SYSFS_PATH(2);
int vgpu_sysfs_read(const struct vgpu_sysfs *sysfs, char *ret_text, size_t size, const char *format, ...) VGPU_SYSFS_PATH(4);
int vgpu_sysfs_read_u64(const struct vgpu_sysfs *sysfs, uint64_t *ret_value, const char *format, ...) VGPU_SYSFS_PATH(3);
int vgpu_sysfs_write(const struct vgpu_sysfs *sysfs, const char *text, const char *format, ...) VGPU_SYSFS_PATH(3);
int vgpu_sysfs_write_apart(const struct vgpu_sysfs *sysfs, pid_t *ret_child, const char *text, const char *format, ...)
	VGPU_SYSFS_PATH(4);
int vgpu_sysfs_link(const struct vgpu_sysfs *sysfs, char *ret_target, size_t size, const char *format, ...) VGPU_SYSFS_PATH(4);
int vgpu_sysfs_list(const struct vgpu_sysfs *sysfs, char ***ret_names, const char *format, ...) VGPU_SYSFS_PATH(3);
void vgpu_sysfs_list_free(char **names);
int vgpu_sysfs_counters(const struct vgpu_sysfs *sysfs, struct vgpu_json **ret_counters, const char *format, ...)
	VGPU_SYSFS_PATH(3);

#endif
