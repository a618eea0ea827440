// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The client's memory as the GPU's DMA sees it.
 *
 * The client is not trusted with the files that it passes. A file must be on tmpfs or hugetlbfs (memfds are): a file system
 * whose pages come from another process could stop us at any access. And a file may shrink after it was mapped, or
 * its file system may have no page left, so that an access raises SIGBUS. Checking sizes or seals beforehand can't rule
 * that out, so the handler repairs instead of jumping: gen75_dma_repair() puts zero pages over the range, the access
 * that was interrupted goes on with them, and the range is dead for every later look-up. No unwinding, nothing
 * half done.
 */
#include "sim/dma.h"

#include <errno.h>
#include <linux/magic.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#define PAGE_BYTES 4096u

/* Index of the first range that ends after @addr; @dma->count if there is none. */
static unsigned int first_after(const struct gen75_dma *dma, uint64_t addr)
{
	unsigned int low = 0, high = dma->count;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;
		const struct gen75_dma_range *range = &dma->range[mid];

		if (range->addr + (range->size - 1) < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int check_request(const struct vfu_dma_map *request)
{
	const uint32_t known = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;

	if (request->argsz < sizeof(*request) || request->flags & ~known || !(request->flags & known))
		return -EINVAL;
	if (!request->size || (request->addr | request->size | request->offset) % PAGE_BYTES)
		return -EINVAL;
	if (request->addr + (request->size - 1) < request->addr)
		return -EINVAL;
	return 0;
}

static bool same_range(const struct gen75_dma_range *a, const struct gen75_dma_range *b)
{
	return a->addr == b->addr && a->size == b->size && a->dev == b->dev && a->ino == b->ino && a->offset == b->offset &&
	       a->readable == b->readable && a->writable == b->writable && !a->lost && !b->lost;
}

/* Check the file behind @fd and note in @range what it is. Huge pages can only be mapped whole: *@ret_align. */
static int check_file(struct gen75_dma_range *range, int fd, uint64_t *ret_align)
{
	struct statfs fs;
	struct stat st;

	if (fstat(fd, &st) || fstatfs(fd, &fs))
		return -errno;
	if (!S_ISREG(st.st_mode) || (fs.f_type != TMPFS_MAGIC && fs.f_type != HUGETLBFS_MAGIC))
		return -EACCES;
	if (range->offset > (uint64_t)st.st_size || range->size > (uint64_t)st.st_size - range->offset)
		return -EINVAL;

	range->dev = st.st_dev;
	range->ino = st.st_ino;
	*ret_align = fs.f_type == HUGETLBFS_MAGIC ? (uint64_t)fs.f_bsize : PAGE_BYTES;
	return 0;
}

static int map_file(struct gen75_dma_range *range, int fd, uint64_t align)
{
	int prot = PROT_READ | (range->writable ? PROT_WRITE : 0);
	uint64_t start = range->offset - range->offset % align;
	uint64_t bytes = (range->offset - start + range->size + align - 1) / align * align;
	void *map = mmap(NULL, bytes, prot, MAP_SHARED | MAP_NORESERVE, fd, (off_t)start);

	if (map == MAP_FAILED)
		return -errno;
	range->map = map;
	range->map_bytes = bytes;
	range->hva = (uint8_t *)map + (range->offset - start);
	return 0;
}

/**
 * gen75_dma_map() - add a range
 * @request: as the client sent it
 * @fd: the file, which stays the caller's; -1: none, the range is known but nothing can access it
 *
 * Clients repeat themselves: the same range of the same file once more is not an error.
 *
 * Return: 0, -EINVAL, -EEXIST for a range that overlaps another one, -ENOSPC when there are too many, -EACCES for a file of a
 * kind that is not taken, or mmap()'s error.
 */
int gen75_dma_map(struct gen75_dma *dma, const struct vfu_dma_map *request, int fd)
{
	struct gen75_dma_range range = {
		.addr = request->addr,
		.size = request->size,
		.offset = request->offset,
		.readable = request->flags & VFIO_DMA_MAP_FLAG_READ,
		.writable = request->flags & VFIO_DMA_MAP_FLAG_WRITE,
	};
	uint64_t align = PAGE_BYTES;
	unsigned int at;
	int ret;

	ret = check_request(request);
	if (!ret && fd >= 0)
		ret = check_file(&range, fd, &align);
	if (ret)
		return ret;

	at = first_after(dma, range.addr);
	if (at < dma->count && dma->range[at].addr <= range.addr + (range.size - 1))
		return same_range(&dma->range[at], &range) ? 0 : -EEXIST;
	if (dma->count == VFU_MAX_DMA_MAPS)
		return -ENOSPC;
	if (fd >= 0) {
		ret = map_file(&range, fd, align);
		if (ret)
			return ret;
	}

	memmove(&dma->range[at + 1], &dma->range[at], (dma->count - at) * sizeof(range));
	dma->range[at] = range;
	dma->count++;
	dma->last = at;
	return 0;
}

static void drop_mapping(struct gen75_dma_range *range)
{
	if (range->map)
		munmap(range->map, range->map_bytes);
}

/**
 * gen75_dma_unmap() - remove the range that is exactly [@addr, @addr + @size)
 * Return: 0, or -ENOENT.
 */
int gen75_dma_unmap(struct gen75_dma *dma, uint64_t addr, uint64_t size)
{
	unsigned int at = first_after(dma, addr);

	if (at == dma->count || dma->range[at].addr != addr || dma->range[at].size != size)
		return -ENOENT;
	drop_mapping(&dma->range[at]);
	dma->count--;
	memmove(&dma->range[at], &dma->range[at + 1], (dma->count - at) * sizeof(dma->range[0]));
	dma->last = 0;
	return 0;
}

/**
 * gen75_dma_unmap_all() - remove all ranges
 */
void gen75_dma_unmap_all(struct gen75_dma *dma)
{
	for (unsigned int i = 0; i < dma->count; i++)
		drop_mapping(&dma->range[i]);
	dma->count = 0;
	dma->last = 0;
	dma->lost = 0;
}

static bool covers(const struct gen75_dma_range *range, uint64_t addr, size_t len)
{
	return addr >= range->addr && addr - range->addr < range->size && len <= range->size - (addr - range->addr);
}

/**
 * gen75_dma_find() - where bus addresses are in this process
 * Return: a pointer that stays valid until the next map or unmap; NULL where there is no memory, or none that may be
 * accessed in this way.
 */
void *gen75_dma_find(struct gen75_dma *dma, uint64_t addr, size_t len, bool write)
{
	const struct gen75_dma_range *range;

	if (!dma->count)
		return NULL;
	if (!covers(&dma->range[dma->last], addr, len)) {
		unsigned int at = first_after(dma, addr);

		if (at == dma->count || !covers(&dma->range[at], addr, len))
			return NULL;
		dma->last = at;
	}
	range = &dma->range[dma->last];
	if (!range->hva || range->lost || !(write ? range->writable : range->readable))
		return NULL;
	return range->hva + (addr - range->addr);
}

/**
 * gen75_dma_repair() - after SIGBUS at @fault: put zero pages over the range that it lies in
 *
 * Context: the signal handler. The ranges are never changed while client memory is accessed, and nothing is called but
 * mmap(), which is a plain system call.
 *
 * Return: whether the access can go on; false: @fault is not client memory.
 */
bool gen75_dma_repair(struct gen75_dma *dma, const void *fault)
{
	for (unsigned int i = 0; i < dma->count; i++) {
		struct gen75_dma_range *range = &dma->range[i];
		uintptr_t start = (uintptr_t)range->map;
		void *zero;

		if (!range->map || (uintptr_t)fault < start || (uintptr_t)fault - start >= range->map_bytes)
			continue;
		zero = mmap(range->map, range->map_bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
		if (zero == MAP_FAILED)
			return false;
		range->lost = true;
		dma->lost++;
		return true;
	}
	return false;
}
