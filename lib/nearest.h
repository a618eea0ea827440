/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * nearest.h - of words that would have been right, the one that somebody who typed another probably meant.
 */
#ifndef VGPU_LIB_NEAREST_H
#define VGPU_LIB_NEAREST_H

struct vgpu_nearest {
	const char *typed;
	const char *word; /* the nearest so far, NULL as long as none is near */
	unsigned int distance; /* of .word */
};

void vgpu_nearest_consider(struct vgpu_nearest *nearest, const char *word);

#endif
