/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The GPU's PCI configuration space.
 *
 * Context: one thread, no locks.
 */
#ifndef GEN75_PCI_H
#define GEN75_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GEN75_PCI_CONFIG_BYTES 256u

/**
 * struct gen75_pci - configuration space: contents, and which bits software may change
 */
struct gen75_pci {
	uint64_t aperture_bytes;
	uint8_t value[GEN75_PCI_CONFIG_BYTES];
	uint8_t writable[GEN75_PCI_CONFIG_BYTES];
	uint8_t write_1_clears[GEN75_PCI_CONFIG_BYTES];
};

void gen75_pci_init(struct gen75_pci *pci, uint64_t aperture_bytes);
void gen75_pci_reset(struct gen75_pci *pci);
void gen75_pci_read(const struct gen75_pci *pci, uint32_t offset, void *buf, size_t len);
void gen75_pci_write(struct gen75_pci *pci, uint32_t offset, const void *buf, size_t len);
bool gen75_pci_is_bus_master(const struct gen75_pci *pci);

#endif
