/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * pci.h - the GPUs that our module takes, by their PCI devices: also those that another driver has now, or none.
 */
#ifndef VGPU_AGENT_PCI_H
#define VGPU_AGENT_PCI_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"
#include "vgpud-agent/sysfs.h"

#define VGPU_PCI_ADDRESS_SIZE 13 /* 0000:00:02.0 */

struct vgpu_pci_gpu {
	char address[VGPU_PCI_ADDRESS_SIZE];
	char id[16]; /* vendor:device */
	char driver[64]; /* empty: none */
	bool shared; /* it offers mediated devices */
};

int vgpu_pci_address(const char *text, char ret_address[VGPU_PCI_ADDRESS_SIZE]);
int vgpu_pci_read(const struct vgpu_sysfs *sysfs, const char *address, struct vgpu_pci_gpu *ret_gpu);
int vgpu_pci_list(const struct vgpu_sysfs *sysfs, struct vgpu_pci_gpu **ret_gpus, size_t *ret_count);
void vgpu_pci_hint(const struct vgpu_sysfs *sysfs, const char *address, struct vgpu_error *error);
int vgpu_pci_display(const struct vgpu_sysfs *sysfs, const struct vgpu_pci_gpu *gpu, struct vgpu_error *ret_error);

#endif
