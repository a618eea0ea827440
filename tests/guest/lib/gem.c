// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Raw ioctls to i915: objects, maps, contexts, batches. A file descriptor and its objects belong to one thread, so
 * there is no lock. Functions return 0 or -errno and leave their outputs alone on failure.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/guest/lib/gem.h"

/* An ioctl interrupted or told to retry this often is not going to end. */
#define IOCTL_RETRIES_MAX 1000000

/**
 * gem_open() - open a DRM device and check that i915 drives it
 * @path: device node
 *
 * Return: file descriptor, -ENODEV when something else answers, or -errno
 */
int gem_open(const char *path)
{
	char name[16] = "";
	struct drm_version version = { .name = name, .name_len = sizeof(name) - 1 };
	int fd = open(path, O_RDWR | O_CLOEXEC);
	int ret;

	if (fd < 0)
		return -errno;
	ret = gem_ioctl(fd, DRM_IOCTL_VERSION, &version);
	if (ret == -ENOTTY || (!ret && strcmp(name, "i915")))
		ret = -ENODEV;
	if (ret) {
		close(fd);
		return ret;
	}
	return fd;
}

/**
 * gem_ioctl() - ioctl that is repeated while the kernel asks for it
 * @fd: device
 * @request: ioctl number
 * @arg: its argument
 *
 * Return: 0 or -errno
 */
int gem_ioctl(int fd, unsigned long request, void *arg)
{
	for (int i = 0; i < IOCTL_RETRIES_MAX; i++) {
		if (!ioctl(fd, request, arg))
			return 0;
		if (errno != EINTR && errno != EAGAIN)
			return -errno;
	}
	return -ETIMEDOUT;
}

/**
 * gem_get_param() - read a driver parameter
 * @fd: device
 * @param: I915_PARAM_*
 * @ret_value: its value
 *
 * Return: 0 or -errno
 */
int gem_get_param(int fd, int param, int *ret_value)
{
	int value = 0;
	struct drm_i915_getparam get = { .param = param, .value = &value };
	int ret = gem_ioctl(fd, DRM_IOCTL_I915_GETPARAM, &get);

	if (!ret)
		*ret_value = value;
	return ret;
}

/**
 * gem_bo_create() - allocate a zeroed object
 * @fd: device
 * @size_bytes: size, rounded up to pages
 * @ret_bo: the object
 *
 * Return: 0 or -errno
 */
int gem_bo_create(int fd, size_t size_bytes, struct gem_bo *ret_bo)
{
	struct drm_i915_gem_create create = { .size = size_bytes };
	int ret = gem_ioctl(fd, DRM_IOCTL_I915_GEM_CREATE, &create);

	if (!ret)
		*ret_bo = (struct gem_bo) { .handle = create.handle, .size_bytes = create.size };
	return ret;
}

/**
 * gem_bo_destroy() - unmap and free an object
 * @fd: device
 * @bo: object, possibly never created (all zero)
 */
void gem_bo_destroy(int fd, struct gem_bo *bo)
{
	struct drm_gem_close close_arg = { .handle = bo->handle };

	if (bo->cpu)
		munmap(bo->cpu, bo->size_bytes);
	if (bo->aperture)
		munmap(bo->aperture, bo->size_bytes);
	if (bo->handle)
		gem_ioctl(fd, DRM_IOCTL_GEM_CLOSE, &close_arg);
	*bo = (struct gem_bo) { 0 };
}

static int map_offset(int fd, struct gem_bo *bo, uint64_t type, void **map)
{
	struct drm_i915_gem_mmap_offset arg = { .handle = bo->handle, .flags = type };
	void *addr;
	int ret;

	if (*map)
		return 0;
	ret = gem_ioctl(fd, DRM_IOCTL_I915_GEM_MMAP_OFFSET, &arg);
	if (ret)
		return ret;
	addr = mmap(NULL, bo->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)arg.offset);
	if (addr == MAP_FAILED)
		return -errno;
	*map = addr;
	return 0;
}

/**
 * gem_bo_map_cpu() - map the object's pages, cached
 * @fd: device
 * @bo: object; its @cpu is set
 *
 * Return: 0 or -errno
 */
int gem_bo_map_cpu(int fd, struct gem_bo *bo)
{
	return map_offset(fd, bo, I915_MMAP_OFFSET_WB, &bo->cpu);
}

/**
 * gem_bo_map_aperture() - map the object through the aperture; a tiled one gets a fence and reads as linear
 * @fd: device
 * @bo: object; its @aperture is set
 *
 * Return: 0 or -errno
 */
int gem_bo_map_aperture(int fd, struct gem_bo *bo)
{
	return map_offset(fd, bo, I915_MMAP_OFFSET_GTT, &bo->aperture);
}

/**
 * gem_bo_set_domain() - make an object coherent with the map that is used next
 * @fd: device
 * @bo: object
 * @domain: I915_GEM_DOMAIN_CPU or I915_GEM_DOMAIN_GTT
 * @write: the map will be written
 *
 * Waits for the GPU without a limit, so call gem_bo_wait() first.
 *
 * Return: 0 or -errno
 */
int gem_bo_set_domain(int fd, const struct gem_bo *bo, uint32_t domain, bool write)
{
	struct drm_i915_gem_set_domain arg = {
		.handle = bo->handle,
		.read_domains = domain,
		.write_domain = write ? domain : 0,
	};

	return gem_ioctl(fd, DRM_IOCTL_I915_GEM_SET_DOMAIN, &arg);
}

/**
 * gem_bo_set_tiling() - declare an object's layout, so that its aperture map gets a fence
 * @fd: device
 * @bo: object
 * @tiling: layout
 * @pitch_bytes: row pitch, a multiple of the tile's width
 * @ret_swizzle: I915_BIT_6_SWIZZLE_* that the hardware applies
 *
 * Return: 0, -EINVAL when the kernel took another layout, or -errno
 */
int gem_bo_set_tiling(int fd, const struct gem_bo *bo, enum blt_tiling tiling, uint32_t pitch_bytes, uint32_t *ret_swizzle)
{
	struct drm_i915_gem_set_tiling arg = { .handle = bo->handle, .tiling_mode = tiling, .stride = pitch_bytes };
	int ret = gem_ioctl(fd, DRM_IOCTL_I915_GEM_SET_TILING, &arg);

	if (ret)
		return ret;
	if (arg.tiling_mode != (uint32_t)tiling)
		return -EINVAL;
	*ret_swizzle = arg.swizzle_mode;
	return 0;
}

/**
 * gem_bo_write() - write part of an object by the kernel
 * @fd: device
 * @bo: object
 * @offset_bytes: where
 * @data: what
 * @size_bytes: how much
 *
 * Return: 0 or -errno
 */
int gem_bo_write(int fd, const struct gem_bo *bo, size_t offset_bytes, const void *data, size_t size_bytes)
{
	struct drm_i915_gem_pwrite arg = {
		.handle = bo->handle,
		.offset = offset_bytes,
		.size = size_bytes,
		.data_ptr = (uintptr_t)data,
	};

	return gem_ioctl(fd, DRM_IOCTL_I915_GEM_PWRITE, &arg);
}

/**
 * gem_bo_wait() - wait until the GPU no longer uses an object
 * @fd: device
 * @bo: object
 * @timeout_ns: limit
 *
 * Return: 0, -ETIME when the limit passed, or -errno
 */
int gem_bo_wait(int fd, const struct gem_bo *bo, int64_t timeout_ns)
{
	struct drm_i915_gem_wait arg = { .bo_handle = bo->handle, .timeout_ns = timeout_ns };

	return gem_ioctl(fd, DRM_IOCTL_I915_GEM_WAIT, &arg);
}

/**
 * gem_context_create() - create a hardware context
 * @fd: device
 * @ret_context: its id
 *
 * Return: 0 or -errno
 */
int gem_context_create(int fd, uint32_t *ret_context)
{
	struct drm_i915_gem_context_create arg = { 0 };
	int ret = gem_ioctl(fd, DRM_IOCTL_I915_GEM_CONTEXT_CREATE, &arg);

	if (!ret)
		*ret_context = arg.ctx_id;
	return ret;
}

/**
 * gem_context_destroy() - close a hardware context
 * @fd: device
 * @context: its id
 */
void gem_context_destroy(int fd, uint32_t context)
{
	struct drm_i915_gem_context_destroy arg = { .ctx_id = context };

	gem_ioctl(fd, DRM_IOCTL_I915_GEM_CONTEXT_DESTROY, &arg);
}

/**
 * gem_context_set_param() - set a context's property
 * @fd: device
 * @context: its id
 * @param: I915_CONTEXT_PARAM_*
 * @value: value
 *
 * Return: 0 or -errno
 */
int gem_context_set_param(int fd, uint32_t context, uint64_t param, uint64_t value)
{
	struct drm_i915_gem_context_param arg = { .ctx_id = context, .param = param, .value = value };

	return gem_ioctl(fd, DRM_IOCTL_I915_GEM_CONTEXT_SETPARAM, &arg);
}

/**
 * gem_reset_stats() - count resets, and those that hit a context's batches
 * @fd: device
 * @context: context id
 * @ret_stats: @reset_count of the device (root only), @batch_active of resets this context was guilty of
 *
 * Return: 0 or -errno
 */
int gem_reset_stats(int fd, uint32_t context, struct drm_i915_reset_stats *ret_stats)
{
	struct drm_i915_reset_stats arg = { .ctx_id = context };
	int ret = gem_ioctl(fd, DRM_IOCTL_I915_GET_RESET_STATS, &arg);

	if (!ret)
		*ret_stats = arg;
	return ret;
}

/**
 * gem_batch_init() - start an empty batch
 * @batch: batch
 * @code: object of at least GEM_BATCH_BYTES that will hold the commands until they have run
 */
void gem_batch_init(struct gem_batch *batch, struct gem_bo *code)
{
	memset(batch, 0, sizeof(*batch));
	batch->cmd = (struct cmd_buf) {
		.dw = batch->dw,
		.max_dw = sizeof(batch->dw) / sizeof(batch->dw[0]),
	};
	batch->bos[0] = code;
	batch->bo_count = 1;
}

/* The object's index in the batch's list, which the relocations name (I915_EXEC_HANDLE_LUT). */
static unsigned int bo_index(struct gem_batch *batch, struct gem_bo *bo)
{
	unsigned int i;

	for (i = 0; i < batch->bo_count; i++)
		if (batch->bos[i] == bo)
			return i;
	if (batch->bo_count == GEM_BATCH_BOS_MAX) {
		batch->cmd.overflow = true;
		return 0;
	}
	batch->bos[batch->bo_count++] = bo;
	return i;
}

/**
 * gem_batch_address() - append an object's address, with the relocation that keeps it right
 * @batch: batch
 * @bo: object, which must outlive the submission
 * @offset_bytes: offset in the object
 * @write: the GPU writes through this address
 */
void gem_batch_address(struct gem_batch *batch, struct gem_bo *bo, uint32_t offset_bytes, bool write)
{
	unsigned int index = bo_index(batch, bo);

	if (batch->reloc_count == GEM_BATCH_RELOCS_MAX) {
		batch->cmd.overflow = true;
		return;
	}
	batch->relocs[batch->reloc_count++] = (struct drm_i915_gem_relocation_entry) {
		.target_handle = index,
		.delta = offset_bytes,
		.offset = batch->cmd.used_dw * sizeof(uint32_t),
		.presumed_offset = bo->gma,
		.read_domains = I915_GEM_DOMAIN_RENDER,
		.write_domain = write ? I915_GEM_DOMAIN_RENDER : 0,
	};
	if (write)
		batch->written |= 1ull << index;
	cmd_put(&batch->cmd, (uint32_t)bo->gma + offset_bytes);
}

/**
 * gem_batch_end() - append the end of the batch and pad it to a qword
 * @batch: batch
 */
void gem_batch_end(struct gem_batch *batch)
{
	cmd_put(&batch->cmd, MI_BATCH_BUFFER_END);
	cmd_align_qword(&batch->cmd);
}

/**
 * gem_batch_store() - append MI_STORE_DATA_IMM of one dword into an object
 * @batch: batch
 * @bo: object
 * @offset_bytes: where, a multiple of 4
 * @value: what
 */
void gem_batch_store(struct gem_batch *batch, struct gem_bo *bo, uint32_t offset_bytes, uint32_t value)
{
	cmd_put(&batch->cmd, MI_STORE_DWORD_IMM);
	cmd_put(&batch->cmd, 0);
	gem_batch_address(batch, bo, offset_bytes, true);
	cmd_put(&batch->cmd, value);
}

/**
 * gem_batch_write() - write a batch's commands into its object
 * @fd: device
 * @batch: finished batch, which does not run
 *
 * Return: 0, -E2BIG when the batch was too long, or the kernel's -errno
 */
int gem_batch_write(int fd, struct gem_batch *batch)
{
	if (batch->cmd.overflow)
		return -E2BIG;
	return gem_bo_write(fd, batch->bos[0], 0, batch->dw, batch->cmd.used_dw * sizeof(uint32_t));
}

/**
 * gem_batch_exec() - execute a batch that gem_batch_write() has written, perhaps not for the first time
 * @fd: device
 * @batch: batch
 * @exec: ring, context, flags
 *
 * Every object's @gma is then where the kernel put it. Does not wait.
 *
 * Return: 0 or the kernel's -errno
 */
int gem_batch_exec(int fd, struct gem_batch *batch, const struct gem_exec *exec)
{
	struct drm_i915_gem_exec_object2 objects[GEM_BATCH_BOS_MAX] = { 0 };
	struct drm_i915_gem_execbuffer2 arg = {
		.buffers_ptr = (uintptr_t)objects,
		.buffer_count = batch->bo_count,
		.batch_len = exec->unparsed ? 0 : batch->cmd.used_dw * (uint32_t)sizeof(uint32_t),
		.flags = exec->ring | exec->flags | I915_EXEC_HANDLE_LUT | I915_EXEC_BATCH_FIRST,
		.rsvd1 = exec->context,
	};
	int ret;

	for (unsigned int i = 0; i < batch->bo_count; i++) {
		objects[i].handle = batch->bos[i]->handle;
		objects[i].offset = batch->bos[i]->gma;
		objects[i].flags = batch->written >> i & 1 ? EXEC_OBJECT_WRITE : 0;
	}
	objects[0].relocs_ptr = (uintptr_t)batch->relocs;
	objects[0].relocation_count = batch->reloc_count;

	ret = gem_ioctl(fd, DRM_IOCTL_I915_GEM_EXECBUFFER2, &arg);
	if (ret)
		return ret;
	for (unsigned int i = 0; i < batch->bo_count; i++)
		batch->bos[i]->gma = objects[i].offset;
	return 0;
}

/**
 * gem_batch_submit() - write a batch into its object and execute it
 * @fd: device
 * @batch: finished batch
 * @exec: ring, context, flags
 *
 * Return: 0, -E2BIG when the batch was too long, or the kernel's -errno
 */
int gem_batch_submit(int fd, struct gem_batch *batch, const struct gem_exec *exec)
{
	int ret = gem_batch_write(fd, batch);

	return ret ? ret : gem_batch_exec(fd, batch, exec);
}
