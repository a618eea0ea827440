// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Locked pages bound into the graphics translation table by hand. One thread, no lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/guest/lib/surface.h"

/* Kernel Documentation/admin-guide/mm/pagemap.rst: bit 63 present, bits 54:0 page frame number. */
#define PAGEMAP_PRESENT (1ull << 63)
#define PAGEMAP_PFN_MASK ((1ull << 55) - 1)

static int read_phys(struct gpu *gpu, const void *va, size_t pages, uint64_t *phys)
{
	const size_t bytes = pages * sizeof(*phys);
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return gpu_fail(gpu, errno, "/proc/self/pagemap: %s; mount /proc and run as root", strerror(errno));
	got = pread(fd, phys, bytes, (off_t)((uintptr_t)va / GPU_PAGE_BYTES * sizeof(*phys)));
	close(fd);
	if (got != (ssize_t)bytes)
		return gpu_fail(gpu, EIO, "/proc/self/pagemap: short read");
	for (size_t i = 0; i < pages; i++) {
		if (!(phys[i] & PAGEMAP_PRESENT) || !(phys[i] & PAGEMAP_PFN_MASK))
			return gpu_fail(gpu, EPERM, "/proc/self/pagemap hides physical addresses; run as root");
		phys[i] = (phys[i] & PAGEMAP_PFN_MASK) * GPU_PAGE_BYTES;
	}
	return 0;
}

/* The page behind the last one maps it again: command and blit engines prefetch past the end. */
static int bind_pages(struct gpu *gpu, struct gma_space *space, struct surface *surface)
{
	const size_t pages = surface->bytes / GPU_PAGE_BYTES;
	uint64_t gma;

	if (!space->range.base && !space->used_bytes)
		space->used_bytes = GPU_PAGE_BYTES;
	if (space->range.bytes < space->used_bytes || space->range.bytes - space->used_bytes < surface->bytes + GPU_PAGE_BYTES)
		return gpu_fail(gpu, ENOSPC, "the partition at %#llx has no room for %zu bytes more; use a smaller --size",
				(unsigned long long)space->range.base, surface->bytes);
	gma = space->range.base + space->used_bytes;
	for (size_t i = 0; i <= pages; i++)
		gpu_pte_write(gpu, gma + i * GPU_PAGE_BYTES, gpu_pte_encode(surface->phys[i < pages ? i : pages - 1]));
	gpu_gtt_flush(gpu);
	space->used_bytes += surface->bytes + GPU_PAGE_BYTES;
	surface->gma = gma;
	return 0;
}

/**
 * surface_create() - allocate locked, zeroed pages and bind them
 * @gpu: device
 * @space: where in the graphics address space
 * @bytes: size, a multiple of a page
 * @ret_surface: the surface
 *
 * Return: 0 or -errno, with the reason in @gpu
 */
int surface_create(struct gpu *gpu, struct gma_space *space, size_t bytes, struct surface *ret_surface)
{
	struct surface surface = { .bytes = bytes };
	int ret;

	surface.va = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
	if (surface.va == MAP_FAILED)
		return gpu_fail(gpu, errno, "lock %zu bytes: %s; raise ulimit -l", bytes, strerror(errno));
	/* A huge page made later would move ours. */
	madvise(surface.va, bytes, MADV_NOHUGEPAGE);
	memset(surface.va, 0, bytes);
	surface.phys = calloc(bytes / GPU_PAGE_BYTES, sizeof(*surface.phys));
	ret = surface.phys ? read_phys(gpu, surface.va, bytes / GPU_PAGE_BYTES, surface.phys)
			   : gpu_fail(gpu, ENOMEM, "out of memory");
	if (!ret)
		ret = bind_pages(gpu, space, &surface);
	if (ret) {
		surface_destroy(gpu, &surface);
		return ret;
	}
	*ret_surface = surface;
	return 0;
}

/**
 * surface_check_moved() - check that the kernel left the pages where they were
 * @gpu: device
 * @surface: surface
 *
 * Locked pages may still be migrated by compaction; results are void then.
 *
 * Return: 0, -EAGAIN when a page moved, or -errno
 */
int surface_check_moved(struct gpu *gpu, const struct surface *surface)
{
	const size_t pages = surface->bytes / GPU_PAGE_BYTES;
	uint64_t *now = calloc(pages, sizeof(*now));
	int ret;

	if (!now)
		return gpu_fail(gpu, ENOMEM, "out of memory");
	ret = read_phys(gpu, surface->va, pages, now);
	if (!ret && memcmp(now, surface->phys, pages * sizeof(*now)))
		ret = gpu_fail(gpu, EAGAIN, "the kernel moved locked pages; sysctl vm.compact_unevictable_allowed=0");
	free(now);
	return ret;
}

/**
 * surface_destroy() - unbind and free a surface
 * @gpu: device; its engine no longer uses the surface
 * @surface: surface, possibly all zero
 */
void surface_destroy(const struct gpu *gpu, struct surface *surface)
{
	if (surface->gma) {
		for (size_t offset = 0; offset <= surface->bytes; offset += GPU_PAGE_BYTES)
			gpu_pte_write(gpu, surface->gma + offset, 0);
		gpu_gtt_flush(gpu);
	}
	if (surface->va)
		munmap(surface->va, surface->bytes);
	free(surface->phys);
	*surface = (struct surface) { 0 };
}

/**
 * surface_aperture_write() - write a whole surface through the aperture
 * @gpu: device
 * @surface: surface in the mappable range
 * @data: as many bytes
 */
void surface_aperture_write(const struct gpu *gpu, const struct surface *surface, const void *data)
{
	volatile uint64_t *to = (volatile uint64_t *)(gpu->aperture + surface->gma);

	/* Plain eight-byte accesses: a trapped one is emulated, and vector instructions might not be. */
	for (size_t i = 0; i < surface->bytes / 8; i++) {
		uint64_t value;

		memcpy(&value, (const uint8_t *)data + 8 * i, 8);
		to[i] = value;
	}
	__sync_synchronize();
}

/**
 * surface_aperture_mismatch() - compare a whole surface, read through the aperture
 * @gpu: device
 * @surface: surface in the mappable range
 * @want: as many bytes
 *
 * Return: offset of the first eight bytes that differ, or -1
 */
ptrdiff_t surface_aperture_mismatch(const struct gpu *gpu, const struct surface *surface, const void *want)
{
	const volatile uint64_t *from = (const volatile uint64_t *)(gpu->aperture + surface->gma);

	for (size_t i = 0; i < surface->bytes / 8; i++) {
		uint64_t value;

		memcpy(&value, (const uint8_t *)want + 8 * i, 8);
		if (from[i] != value)
			return (ptrdiff_t)(8 * i);
	}
	return -1;
}
