/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * cleanup.h - scope-bound release for user space: free(), close() and fclose() when a variable goes out of scope.
 */
#ifndef VGPU_LIB_CLEANUP_H
#define VGPU_LIB_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void vgpu_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void vgpu_cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void vgpu_cleanup_closedir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

#define cleanup_free __attribute__((cleanup(vgpu_cleanup_free)))
#define cleanup_close __attribute__((cleanup(vgpu_cleanup_close)))
#define cleanup_closedir __attribute__((cleanup(vgpu_cleanup_closedir)))

#define VGPU_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
