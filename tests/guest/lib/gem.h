/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * i915's GEM interface by its raw ioctls: a device, buffer objects and their CPU and aperture maps, and batches
 * with their relocations. What the tests say about the GPU is said in these words; nothing here checks results.
 *
 * Source of the interface: the kernel's uapi header drm/i915_drm.h.
 */
#ifndef TESTS_GUEST_LIB_GEM_H
#define TESTS_GUEST_LIB_GEM_H

#include <stddef.h>
#include <stdint.h>
#if __has_include(<libdrm/i915_drm.h>)
#include <libdrm/i915_drm.h> /* Debian ships the DRM headers with libdrm-dev */
#else
#include <drm/i915_drm.h>
#endif

#include "tests/guest/lib/cmd.h"

#define GEM_BATCH_BYTES 4096u
#define GEM_BATCH_BOS_MAX 8u
#define GEM_BATCH_RELOCS_MAX 64u

/** struct gem_bo - a buffer object; the maps are made on first use and live as long as the object. */
struct gem_bo {
	uint32_t handle;
	size_t size_bytes;
	uint64_t gma; /* where the kernel put it at its last execution: the presumed address */
	void *cpu; /* cached CPU map */
	void *aperture; /* map through the aperture, detiled by a fence */
};

/** struct gem_batch - a batch under construction; it borrows the objects that it names, the batch's own first. */
struct gem_batch {
	struct cmd_buf cmd;
	uint32_t dw[GEM_BATCH_BYTES / sizeof(uint32_t)];
	struct gem_bo *bos[GEM_BATCH_BOS_MAX];
	unsigned int bo_count;
	struct drm_i915_gem_relocation_entry relocs[GEM_BATCH_RELOCS_MAX];
	unsigned int reloc_count;
	uint64_t written; /* bit i: the GPU writes bos[i] */
};

/** struct gem_exec - how to execute a batch. */
struct gem_exec {
	uint32_t ring; /* I915_EXEC_RENDER, _BSD, _BLT or _VEBOX */
	uint32_t context; /* 0: the file's default context */
	uint64_t flags; /* further I915_EXEC_* flags */
	bool unparsed; /* length 0: i915's command parser stays out, the batch runs unprivileged */
};

int gem_open(const char *path);
int gem_ioctl(int fd, unsigned long request, void *arg);
int gem_get_param(int fd, int param, int *ret_value);

int gem_bo_create(int fd, size_t size_bytes, struct gem_bo *ret_bo);
void gem_bo_destroy(int fd, struct gem_bo *bo);
int gem_bo_map_cpu(int fd, struct gem_bo *bo);
int gem_bo_map_aperture(int fd, struct gem_bo *bo);
int gem_bo_set_domain(int fd, const struct gem_bo *bo, uint32_t domain, bool write);
int gem_bo_set_tiling(int fd, const struct gem_bo *bo, enum blt_tiling tiling, uint32_t pitch_bytes, uint32_t *ret_swizzle);
int gem_bo_write(int fd, const struct gem_bo *bo, size_t offset_bytes, const void *data, size_t size_bytes);
int gem_bo_wait(int fd, const struct gem_bo *bo, int64_t timeout_ns);

int gem_context_create(int fd, uint32_t *ret_context);
void gem_context_destroy(int fd, uint32_t context);
int gem_context_set_param(int fd, uint32_t context, uint64_t param, uint64_t value);
int gem_reset_stats(int fd, uint32_t context, struct drm_i915_reset_stats *ret_stats);

void gem_batch_init(struct gem_batch *batch, struct gem_bo *code);
void gem_batch_address(struct gem_batch *batch, struct gem_bo *bo, uint32_t offset_bytes, bool write);
void gem_batch_end(struct gem_batch *batch);
void gem_batch_store(struct gem_batch *batch, struct gem_bo *bo, uint32_t offset_bytes, uint32_t value);
int gem_batch_write(int fd, struct gem_batch *batch);
int gem_batch_exec(int fd, struct gem_batch *batch, const struct gem_exec *exec);
int gem_batch_submit(int fd, struct gem_batch *batch, const struct gem_exec *exec);

#endif
