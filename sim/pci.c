// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The GPU's PCI configuration space, as data.
 *
 * Source: 4th Generation Intel Core desktop processor datasheet, volume 2, "Processor Graphics Device 2" (registers of
 * 0/2/0/PCI), as far as a driver looks. Left out on purpose: the power management capability (D3 is the hypervisor's to
 * emulate), the function-level reset capability (the client has its own reset message), INTx (the device has only
 * MSI, so the interrupt pin reads 0), stolen memory and the OpRegion (BDSM and ASLS are zero: there is none).
 */
#include "sim/pci.h"

#include <linux/pci_regs.h>
#include <string.h>

#define MSI_CAP 0x90
#define GGC 0x50 /* graphics control: bits 9:8 size of the GGTT, bits 7:3 stolen memory */
#define GGC_GGTT_2M 0x0200
#define BDSM 0x5c
#define MSAC 0x62 /* aperture size: 0 128 MiB, 1 256 MiB, 3 512 MiB in bits 2:1 */
#define ASLS 0xfc

struct field {
	uint8_t offset;
	uint8_t bytes;
	uint32_t reset;
	uint32_t writable;
	uint32_t write_1_clears;
};

static const struct field fields[] = {
	{ .offset = PCI_VENDOR_ID, .bytes = 2, .reset = 0x8086 },
	{ .offset = PCI_DEVICE_ID, .bytes = 2, .reset = 0x0412 },
	{ .offset = PCI_COMMAND,
	  .bytes = 2,
	  .writable = PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE },
	{ .offset = PCI_STATUS,
	  .bytes = 2,
	  .reset = PCI_STATUS_CAP_LIST | PCI_STATUS_FAST_BACK,
	  .write_1_clears = PCI_STATUS_SIG_TARGET_ABORT | PCI_STATUS_REC_TARGET_ABORT | PCI_STATUS_REC_MASTER_ABORT },
	{ .offset = PCI_REVISION_ID, .bytes = 1, .reset = 0x06 },
	/* display controller, not VGA compatible: there is no VGA decode */
	{ .offset = PCI_CLASS_DEVICE, .bytes = 2, .reset = 0x0380 },
	{ .offset = PCI_BASE_ADDRESS_0, .bytes = 4, .reset = PCI_BASE_ADDRESS_MEM_TYPE_64, .writable = 0xffc00000 },
	{ .offset = PCI_BASE_ADDRESS_1, .bytes = 4, .writable = 0xffffffff },
	/* what is writable in BAR2 depends on the size of the aperture, see gen75_pci_reset() */
	{ .offset = PCI_BASE_ADDRESS_2, .bytes = 4, .reset = PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH },
	{ .offset = PCI_BASE_ADDRESS_3, .bytes = 4, .writable = 0xffffffff },
	{ .offset = PCI_BASE_ADDRESS_4, .bytes = 4, .reset = PCI_BASE_ADDRESS_SPACE_IO, .writable = 0x0000ffc0 },
	{ .offset = PCI_SUBSYSTEM_VENDOR_ID, .bytes = 2, .reset = 0x8086 },
	{ .offset = PCI_SUBSYSTEM_ID, .bytes = 2, .reset = 0x0412 },
	{ .offset = PCI_CAPABILITY_LIST, .bytes = 1, .reset = MSI_CAP },
	{ .offset = PCI_INTERRUPT_LINE, .bytes = 1, .writable = 0xff },
	{ .offset = GGC, .bytes = 2, .reset = GGC_GGTT_2M },
	{ .offset = BDSM, .bytes = 4, .reset = 0 },
	/* one vector, 32-bit address, no mask bits; the last capability */
	{ .offset = MSI_CAP + PCI_CAP_LIST_ID, .bytes = 1, .reset = PCI_CAP_ID_MSI },
	{ .offset = MSI_CAP + PCI_MSI_FLAGS, .bytes = 2, .writable = PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE },
	{ .offset = MSI_CAP + PCI_MSI_ADDRESS_LO, .bytes = 4, .writable = 0xfffffffc },
	{ .offset = MSI_CAP + PCI_MSI_DATA_32, .bytes = 2, .writable = 0xffff },
	{ .offset = ASLS, .bytes = 4, .writable = 0xffffffff },
};

static void put(uint8_t *bytes, uint32_t value, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
}

/**
 * gen75_pci_init() - make the configuration space of a GPU
 * @aperture_bytes: 128, 256 or 512 MiB
 */
void gen75_pci_init(struct gen75_pci *pci, uint64_t aperture_bytes)
{
	memset(pci, 0, sizeof(*pci));
	pci->aperture_bytes = aperture_bytes;
	gen75_pci_reset(pci);
}

/**
 * gen75_pci_reset() - set everything to its reset value
 */
void gen75_pci_reset(struct gen75_pci *pci)
{
	uint64_t size = pci->aperture_bytes;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct field *field = &fields[i];

		put(&pci->value[field->offset], field->reset, field->bytes);
		put(&pci->writable[field->offset], field->writable, field->bytes);
		put(&pci->write_1_clears[field->offset], field->write_1_clears, field->bytes);
	}
	put(&pci->writable[PCI_BASE_ADDRESS_2], ~(uint32_t)(size - 1), 4);
	/* One, two or four times 128 MiB: 0, 1, 3 in bits 2:1. Locked by firmware, so read-only. */
	pci->value[MSAC] = (uint8_t)(((size >> 27) - 1) << 1);
}

/**
 * gen75_pci_read() - read; the caller has checked the range
 */
void gen75_pci_read(const struct gen75_pci *pci, uint32_t offset, void *buf, size_t len)
{
	memcpy(buf, &pci->value[offset], len);
}

/**
 * gen75_pci_write() - write what may be written; the caller has checked the range
 */
void gen75_pci_write(struct gen75_pci *pci, uint32_t offset, const void *buf, size_t len)
{
	const uint8_t *bytes = buf;

	for (size_t i = 0; i < len; i++) {
		uint8_t writable = pci->writable[offset + i];
		uint8_t clears = pci->write_1_clears[offset + i] & bytes[i];
		uint8_t *value = &pci->value[offset + i];

		*value = (uint8_t)(((*value & ~writable) | (bytes[i] & writable)) & ~clears);
	}
}

/**
 * gen75_pci_is_bus_master() - whether the device may access memory and send interrupts
 */
bool gen75_pci_is_bus_master(const struct gen75_pci *pci)
{
	return pci->value[PCI_COMMAND] & PCI_COMMAND_MASTER;
}
