/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The PCI device: the engine behind its BARs, configuration space, interrupt and DMA.
 *
 * Context: one thread, no locks.
 */
#ifndef GEN75_DEVICE_H
#define GEN75_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <linux/vfio.h>

#include "sim/dma.h"
#include "sim/engine/gen75.h"
#include "sim/pci.h"

#define GEN75_DEVICE_REGIONS VFIO_PCI_NUM_REGIONS
#define GEN75_DEVICE_IRQS VFIO_PCI_NUM_IRQS

/**
 * struct gen75_device - the device
 * @ggtt: the GGTT's entries: the upper half of the file @ggtt_fd
 * @ggtt_shared: a client has got @ggtt_fd, so that the next client must get another file
 * @msi_fd: eventfd of the one MSI vector; -1: none
 * @trace: where events are written; NULL: nowhere
 * @started_ns: base of the trace's times
 * @interrupts, @interrupts_lost: MSIs sent, and those for which there was no eventfd or no bus mastering
 */
struct gen75_device {
	struct gen75 *gpu;
	uint64_t aperture_bytes;
	uint32_t *ggtt;
	int ggtt_fd;
	bool ggtt_shared;
	struct gen75_pci pci;
	struct gen75_dma dma;
	int msi_fd;
	FILE *trace;
	uint64_t started_ns;
	uint64_t interrupts, interrupts_lost;
};

/**
 * struct gen75_region - what the client learns about a region
 * @mmap_offset, @mmap_bytes: part that may be mapped, out of @fd at the same offset; 0 bytes: none
 */
struct gen75_region {
	uint64_t size;
	uint64_t mmap_offset, mmap_bytes;
	int fd;
};

int gen75_device_init(struct gen75_device *device, const struct gen75_config *config, FILE *trace);
void gen75_device_fini(struct gen75_device *device);
void gen75_device_reset(struct gen75_device *device);
int gen75_device_abandon(struct gen75_device *device);
int gen75_device_region(struct gen75_device *device, uint32_t index, struct gen75_region *ret_region);
int gen75_device_read(struct gen75_device *device, uint32_t index, uint64_t offset, void *buf, uint32_t len);
int gen75_device_write(struct gen75_device *device, uint32_t index, uint64_t offset, const void *buf, uint32_t len);
uint32_t gen75_device_irq_count(uint32_t index);
int gen75_device_set_msi(struct gen75_device *device, int fd);
void gen75_device_send_msi(struct gen75_device *device);

#endif
