/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * exit.h - the exit codes of vgpuctl and vgpu-top, which are also what an error that vgpud reports carries. vgpuctl(1) lists
 * the same numbers.
 */
#ifndef VGPU_LIB_EXIT_H
#define VGPU_LIB_EXIT_H

/* clang-format off */
enum vgpu_exit {
	VGPU_EXIT_DONE		= 0,
	VGPU_EXIT_FAILED	= 1,
	VGPU_EXIT_USAGE		= 2,
	VGPU_EXIT_NOT_FOUND	= 3,
	VGPU_EXIT_NO_CAPACITY	= 4,
	VGPU_EXIT_IN_USE	= 5,
	VGPU_EXIT_DENIED	= 6,
	VGPU_EXIT_UNREACHABLE	= 7,
};
/* clang-format on */

#endif
