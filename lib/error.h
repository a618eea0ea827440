/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * error.h - one failure as a person should read it: which object, what happened, what to do, and the exit code that scripts see.
 * The agent fills it, the wire carries it as the "data" of a JSON-RPC error, the front ends print it as one line.
 */
#ifndef VGPU_LIB_ERROR_H
#define VGPU_LIB_ERROR_H

#include "lib/exit.h"

struct vgpu_error {
	enum vgpu_exit exit;
	char object[128];
	char what[512];
	char remedy[256];
};

int vgpu_error_set(struct vgpu_error *ret_error, enum vgpu_exit exit, const char *object, const char *remedy, const char *format,
		   ...) __attribute__((format(printf, 5, 6)));
int vgpu_error_errno(enum vgpu_exit exit);
int vgpu_error_print(const char *program, const struct vgpu_error *error);

#endif
