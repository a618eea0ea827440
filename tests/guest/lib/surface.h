/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Memory that both the CPU and the GPU see without a driver: locked pages, their physical addresses from
 * /proc/self/pagemap, and their place in our part of the graphics address space.
 */
#ifndef TESTS_GUEST_LIB_SURFACE_H
#define TESTS_GUEST_LIB_SURFACE_H

#include <stddef.h>
#include <stdint.h>

#include "tests/guest/lib/gpu.h"

/** struct surface - locked pages at @va for the CPU and at @gma for the GPU. */
struct surface {
	void *va;
	size_t bytes;
	uint64_t *phys; /* one address a page */
	uint64_t gma; /* 0 while not bound: the first page of the address space is never given out */
};

/** struct gma_space - hands out graphics addresses, upwards, never taking one back. */
struct gma_space {
	struct gpu_range range;
	uint64_t used_bytes;
};

int surface_create(struct gpu *gpu, struct gma_space *space, size_t bytes, struct surface *ret_surface);
int surface_check_moved(struct gpu *gpu, const struct surface *surface);
void surface_destroy(const struct gpu *gpu, struct surface *surface);
void surface_aperture_write(const struct gpu *gpu, const struct surface *surface, const void *data);
ptrdiff_t surface_aperture_mismatch(const struct gpu *gpu, const struct surface *surface, const void *want);

#endif
