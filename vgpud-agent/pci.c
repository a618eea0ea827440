// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * pci.c - PCI devices in sysfs. What gpu.c finds offers mediated devices already; here is what could. No lock: see sysfs.c.
 */
#include "vgpud-agent/pci.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kmod/uapi/vgpu.h"
#include "lib/text.h"

#define DEVICES "bus/pci/devices"

/**
 * vgpu_pci_address() - read a PCI address as people write it
 * @text: 0000:00:02.0 or 00:02.0
 * @ret_address: the whole of it, as sysfs names it
 *
 * Return: 0, -EINVAL when it is something else.
 */
int vgpu_pci_address(const char *text, char ret_address[VGPU_PCI_ADDRESS_SIZE])
{
	static const char shape[] = "xxxx:xx:xx.x"; /* x: a hexadecimal digit */
	char address[VGPU_PCI_ADDRESS_SIZE] = "0000:";
	size_t length = strlen(text);
	unsigned int i;

	if (length != 12 && length != 7)
		return -EINVAL;
	strcpy(address + 12 - length, text);
	for (i = 0; shape[i]; i++) {
		if (shape[i] == 'x' ? !isxdigit((unsigned char)address[i]) : address[i] != shape[i])
			return -EINVAL;
		address[i] = tolower((unsigned char)address[i]);
	}
	strcpy(ret_address, address);
	return 0;
}

/* @ret_number: sysfs writes 0x8086. */
static int read_hex(const struct vgpu_sysfs *sysfs, const char *address, const char *attribute, unsigned int *ret_number)
{
	char text[16];
	int rc = vgpu_sysfs_read(sysfs, text, sizeof(text), DEVICES "/%s/%s", address, attribute);

	return rc ? rc : sscanf(text, "0x%4x", ret_number) == 1 ? 0 : -EINVAL;
}

/**
 * vgpu_pci_read() - read a PCI device that may be a GPU for our module
 * @sysfs: root
 * @address: from vgpu_pci_address() or a listing; anything else is not found
 * @ret_gpu: what it is; .address and .id are filled also when -ENODEV is returned
 *
 * Return: 0, -ENOENT when there is no such device, -ENODEV when it is none that our module takes.
 */
int vgpu_pci_read(const struct vgpu_sysfs *sysfs, const char *address, struct vgpu_pci_gpu *ret_gpu)
{
	struct vgpu_pci_gpu gpu = { 0 };
	unsigned int vendor, device;
	char link[512], *slash;

	if (vgpu_pci_address(address, gpu.address) || read_hex(sysfs, gpu.address, "vendor", &vendor) ||
	    read_hex(sysfs, gpu.address, "device", &device))
		return -ENOENT;
	snprintf(gpu.id, sizeof(gpu.id), "%04x:%04x", vendor, device);
	if (!vgpu_sysfs_link(sysfs, link, sizeof(link), DEVICES "/%s/driver", gpu.address)) {
		slash = strrchr(link, '/');
		vgpu_text_copy(gpu.driver, sizeof(gpu.driver), slash ? slash + 1 : link);
	}
	gpu.shared = vgpu_sysfs_exists(sysfs, DEVICES "/%s/mdev_supported_types", gpu.address);
	*ret_gpu = gpu;
	return vendor == VGPU_PCI_VENDOR && device == VGPU_PCI_DEVICE ? 0 : -ENODEV;
}

/**
 * vgpu_pci_list() - find the GPUs that our module takes
 * @sysfs: root
 * @ret_gpus: array to free(), by address
 * @ret_count: its length
 *
 * Return: 0 or -errno.
 */
int vgpu_pci_list(const struct vgpu_sysfs *sysfs, struct vgpu_pci_gpu **ret_gpus, size_t *ret_count)
{
	struct vgpu_pci_gpu *gpus;
	size_t count = 0, found = 0;
	char **names, **name;
	int rc;

	rc = vgpu_sysfs_list(sysfs, &names, DEVICES);
	if (rc)
		return rc;
	while (names[count])
		count++;
	gpus = calloc(count + 1, sizeof(*gpus));
	for (name = names; gpus && *name; name++)
		if (!vgpu_pci_read(sysfs, *name, &gpus[found]))
			found++;
	vgpu_sysfs_list_free(names);
	if (!gpus)
		return -ENOMEM;
	*ret_gpus = gpus;
	*ret_count = found;
	return 0;
}

/**
 * vgpu_pci_hint() - where no GPU was found to make a vGPU on, there may be one that is not shared yet
 * @sysfs: root
 * @address: what the user asked for, NULL for any
 * @error: that none was found; says how to have the other one, if there is one
 */
void vgpu_pci_hint(const struct vgpu_sysfs *sysfs, const char *address, struct vgpu_error *error)
{
	struct vgpu_pci_gpu *gpus;
	char wanted[VGPU_PCI_ADDRESS_SIZE] = "", remedy[64], **shared;
	bool others;
	size_t count, i;

	if ((address && vgpu_pci_address(address, wanted)) || vgpu_sysfs_list(sysfs, &shared, "class/mdev_bus"))
		return;
	others = *shared;
	vgpu_sysfs_list_free(shared);
	/* Where some GPU is shared and any would do, it was something else that was not found. */
	if ((!address && others) || vgpu_pci_list(sysfs, &gpus, &count))
		return;
	for (i = 0; i < count && (gpus[i].shared || (address && strcmp(gpus[i].address, wanted) != 0)); i++)
		;
	if (i < count && !strcmp(gpus[i].driver, VGPU_DRIVER_NAME)) {
		vgpu_error_set(error, VGPU_EXIT_NOT_FOUND, gpus[i].address, "try again in a moment",
			       "the module is just taking this GPU, or letting go of it");
	} else if (i < count) {
		snprintf(remedy, sizeof(remedy), "vgpuctl gpu bind %s", gpus[i].address);
		vgpu_error_set(error, VGPU_EXIT_NOT_FOUND, gpus[i].address, remedy, "this GPU is not shared: %s has it",
			       gpus[i].driver[0] ? gpus[i].driver : "no driver");
	}
	free(gpus);
}
