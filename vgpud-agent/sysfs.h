/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * sysfs.h - reading and writing attributes below an injectable root, so that a test can bring its own tree.
 */
#ifndef VGPU_AGENT_SYSFS_H
#define VGPU_AGENT_SYSFS_H

#include <limits.h>
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

/* Attributes to write one after the other. When one can't be, those that undo are written, and the rest is not. */
struct vgpu_sysfs_script {
	struct vgpu_sysfs_step {
		char path[PATH_MAX];
		char text[72];
		bool undo;
	} steps[8];
	size_t count;
	int rc; /* a step that did not fit */
};

bool vgpu_sysfs_exists(const struct vgpu_sysfs *sysfs, const char *format, ...) VGPU_SYSFS_PATH(2);
int vgpu_sysfs_read(const struct vgpu_sysfs *sysfs, char *ret_text, size_t size, const char *format, ...) VGPU_SYSFS_PATH(4);
int vgpu_sysfs_read_u64(const struct vgpu_sysfs *sysfs, uint64_t *ret_value, const char *format, ...) VGPU_SYSFS_PATH(3);
int vgpu_sysfs_write(const struct vgpu_sysfs *sysfs, const char *text, const char *format, ...) VGPU_SYSFS_PATH(3);
int vgpu_sysfs_write_apart(const struct vgpu_sysfs *sysfs, pid_t *ret_child, const char *text, const char *format, ...)
	VGPU_SYSFS_PATH(4);
void vgpu_sysfs_script_add(const struct vgpu_sysfs *sysfs, struct vgpu_sysfs_script *script, bool undo, const char *text,
			   const char *format, ...) VGPU_SYSFS_PATH(5);
int vgpu_sysfs_script_apart(const struct vgpu_sysfs_script *script, pid_t *ret_child);
int vgpu_sysfs_link(const struct vgpu_sysfs *sysfs, char *ret_target, size_t size, const char *format, ...) VGPU_SYSFS_PATH(4);
int vgpu_sysfs_list(const struct vgpu_sysfs *sysfs, char ***ret_names, const char *format, ...) VGPU_SYSFS_PATH(3);
void vgpu_sysfs_list_free(char **names);
int vgpu_sysfs_counters(const struct vgpu_sysfs *sysfs, struct vgpu_json **ret_counters, const char *format, ...)
	VGPU_SYSFS_PATH(3);

#endif
