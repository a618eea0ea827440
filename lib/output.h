/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * output.h - standard output that fails when it can't be written, instead of seeming to work.
 */
#ifndef VGPU_LIB_OUTPUT_H
#define VGPU_LIB_OUTPUT_H

#include "lib/error.h"

void vgpu_output_init(void);
int vgpu_output_flush(struct vgpu_error *ret_error);
int vgpu_output_finish(const char *program, int exit);

#endif
