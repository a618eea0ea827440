/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The client's memory as the GPU's DMA sees it: ranges of bus addresses, each backed by a piece of a file that the
 * client passed, mapped here.
 *
 * Context: one thread, no locks. gen75_dma_repair() runs in a signal handler of that thread.
 */
#ifndef GEN75_DMA_H
#define GEN75_DMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sim/vfio_user.h"

/**
 * struct gen75_dma_range - bus addresses [@addr, @addr + @size)
 * @hva: where @addr is in this process; NULL for a range that came without a file, which nothing can access
 * @map, @map_bytes: the mapping, which may be larger than the range (huge pages)
 * @dev, @ino, @offset: what is mapped (zeros: no file), to know a repeated request
 * @lost: the file shrank under us, see gen75_dma_repair()
 */
struct gen75_dma_range {
	uint64_t addr;
	uint64_t size;
	uint8_t *hva;
	void *map;
	size_t map_bytes;
	dev_t dev;
	ino_t ino;
	uint64_t offset;
	bool readable;
	bool writable;
	volatile bool lost;
};

/**
 * struct gen75_dma - all ranges, sorted by address, without overlap
 * @last: index of the range that the last look-up found
 * @lost: ranges lost and not yet reported
 */
struct gen75_dma {
	struct gen75_dma_range range[VFU_MAX_DMA_MAPS];
	unsigned int count;
	unsigned int last;
	volatile unsigned int lost;
};

int gen75_dma_map(struct gen75_dma *dma, const struct vfu_dma_map *request, int fd);
int gen75_dma_unmap(struct gen75_dma *dma, uint64_t addr, uint64_t size);
void gen75_dma_unmap_all(struct gen75_dma *dma);
void *gen75_dma_find(struct gen75_dma *dma, uint64_t addr, size_t len, bool write);
bool gen75_dma_repair(struct gen75_dma *dma, const void *fault);

#endif
