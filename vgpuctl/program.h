/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * program.h - commands that are programs of their own.
 */
#ifndef VGPU_CTL_PROGRAM_H
#define VGPU_CTL_PROGRAM_H

#define VGPU_PROGRAM_ARGUMENTS_MAX 64

int vgpu_program_run(const char *name, const char *const first[], char *const rest[]);

#endif
