/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * yaml.h - YAML: files that people write, read into a tree that knows where everything stands, and results printed for people.
 * yaml.c is the one home of libyaml; nobody else sees it.
 *
 * What is read is less than YAML: one document, no anchors, aliases and tags, words as keys, and none of them twice. The rest is an
 * error, so that a file does not mean something else than it seems to.
 */
#ifndef VGPU_LIB_YAML_H
#define VGPU_LIB_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/json.h"

#define VGPU_YAML_DEPTH_MAX 16u

enum vgpu_yaml_kind {
	VGPU_YAML_SCALAR,
	VGPU_YAML_SEQUENCE,
	VGPU_YAML_MAPPING,
};

struct vgpu_yaml {
	enum vgpu_yaml_kind kind;
	unsigned int line, column; /* where it begins, from 1 */
	char *text; /* of a scalar */
	bool plain; /* a scalar without quotes, which may stand for a number */
	struct vgpu_yaml *items; /* of a sequence; of a mapping, each key before its value */
	size_t count; /* in items */
};

struct vgpu_yaml_error {
	unsigned int line, column;
	char what[256];
};

int vgpu_yaml_parse(const char *text, size_t length, struct vgpu_yaml **ret_root, struct vgpu_yaml_error *ret_error);
void vgpu_yaml_free(struct vgpu_yaml *root);
int vgpu_yaml_refuse(struct vgpu_yaml_error *ret_error, unsigned int line, unsigned int column, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
int vgpu_yaml_print(const struct vgpu_json *value, FILE *to);

static inline void vgpu_yaml_cleanup(struct vgpu_yaml **root)
{
	vgpu_yaml_free(*root);
}

#define cleanup_yaml __attribute__((cleanup(vgpu_yaml_cleanup)))

#endif
