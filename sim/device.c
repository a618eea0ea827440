// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The PCI device: what is behind each region, the engine's view of memory and interrupts, and reset.
 *
 * The GGTT's entries live in a file of the size of BAR0, of which a client may map the upper half: guests clear half a
 * million entries when their driver starts, and a message for each would take half a minute. The file is sealed
 * against any change of its size, and a new client gets a new one, mapped at the same address: the engine keeps its pointer,
 * and a process that kept the old file can't reach the next client's page table.
 */
#include "sim/device.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sim/log.h"
#include "sim/report.h"

#define GGTT_OFFSET GEN75_MMIO_BYTES
#define GGTT_BYTES (GEN75_BAR0_BYTES - GEN75_MMIO_BYTES)
#define IO_BAR_BYTES 64u

/* --- what the engine asks for ------------------------------------------------------------------------------------------- */

static void *engine_dma(void *ctx, uint64_t addr, size_t len, bool write)
{
	struct gen75_device *device = ctx;

	if (!gen75_pci_is_bus_master(&device->pci))
		return NULL;
	return gen75_dma_find(&device->dma, addr, len, write);
}

static void engine_msi(void *ctx)
{
	gen75_device_send_msi(ctx);
}

static void engine_trace(void *ctx, enum gen75_event event, int engine, uint64_t arg0, uint64_t arg1)
{
	struct gen75_device *device = ctx;

	if (device->trace)
		gen75_report_event(device->trace, gen75_now_ns() - device->started_ns, event, engine, arg0, arg1);
}

static const struct gen75_ops engine_ops = {
	.dma = engine_dma,
	.msi = engine_msi,
	.trace = engine_trace,
};

/* --- life ----------------------------------------------------------------------------------------------------------------- */

/* Make a new file for the GGTT and map it, at the address of the old one if there is one. */
static int renew_ggtt(struct gen75_device *device)
{
	int flags = MAP_SHARED | (device->ggtt ? MAP_FIXED : 0);
	int fd = memfd_create("gen75-bar0", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *ggtt;
	int ret;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, GEN75_BAR0_BYTES) || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		goto fail;
	ggtt = mmap(device->ggtt, GGTT_BYTES, PROT_READ | PROT_WRITE, flags, fd, GGTT_OFFSET);
	if (ggtt == MAP_FAILED)
		goto fail;

	if (device->ggtt_fd >= 0)
		close(device->ggtt_fd);
	device->ggtt = ggtt;
	device->ggtt_fd = fd;
	device->ggtt_shared = false;
	return 0;

fail:
	ret = -errno;
	close(fd);
	return ret;
}

/**
 * gen75_device_init() - make a device in its power-on state
 * @trace: where to write events, or NULL
 * Return: 0, or a negative errno; nothing is left behind then.
 */
int gen75_device_init(struct gen75_device *device, const struct gen75_config *config, FILE *trace)
{
	int ret;

	memset(device, 0, sizeof(*device));
	device->ggtt_fd = -1;
	device->msi_fd = -1;
	device->aperture_bytes = config->aperture_bytes;
	device->trace = trace;
	device->started_ns = gen75_now_ns();
	gen75_pci_init(&device->pci, device->aperture_bytes);

	ret = renew_ggtt(device);
	if (ret)
		return ret;
	ret = gen75_create(config, &engine_ops, device, device->ggtt, &device->gpu);
	if (ret) {
		gen75_device_fini(device);
		return ret;
	}
	gen75_trace(device->gpu, trace != NULL);
	return 0;
}

/**
 * gen75_device_fini() - undo gen75_device_init(); @device->gpu and its statistics are gone afterwards
 */
void gen75_device_fini(struct gen75_device *device)
{
	if (device->gpu)
		gen75_destroy(device->gpu);
	device->gpu = NULL;
	gen75_dma_unmap_all(&device->dma);
	gen75_device_set_msi(device, -1);
	if (device->ggtt)
		munmap(device->ggtt, GGTT_BYTES);
	device->ggtt = NULL;
	if (device->ggtt_fd >= 0)
		close(device->ggtt_fd);
	device->ggtt_fd = -1;
}

/**
 * gen75_device_reset() - reset GPU and configuration space; the client's memory map and eventfd stay
 */
void gen75_device_reset(struct gen75_device *device)
{
	gen75_pci_reset(&device->pci);
	gen75_reset(device->gpu, gen75_now_ns());
}

/**
 * gen75_device_abandon() - forget a client that is gone: its memory, its eventfd, and what it left in the GPU
 * Return: 0, or a negative errno when there is no new file for the GGTT; the device must not be used then.
 */
int gen75_device_abandon(struct gen75_device *device)
{
	int ret = device->ggtt_shared ? renew_ggtt(device) : 0;

	gen75_device_reset(device);
	gen75_dma_unmap_all(&device->dma);
	gen75_device_set_msi(device, -1);
	return ret;
}

/* --- regions -------------------------------------------------------------------------------------------------------------- */

/**
 * gen75_device_region() - describe a region
 * Return: 0, -EINVAL for an index that there is not. Regions that a Haswell does not have are empty.
 */
int gen75_device_region(struct gen75_device *device, uint32_t index, struct gen75_region *ret_region)
{
	struct gen75_region region = { .fd = -1 };

	switch (index) {
	case VFIO_PCI_BAR0_REGION_INDEX:
		region = (struct gen75_region) { GEN75_BAR0_BYTES, GGTT_OFFSET, GGTT_BYTES, device->ggtt_fd };
		break;
	case VFIO_PCI_BAR2_REGION_INDEX:
		region.size = device->aperture_bytes;
		break;
	case VFIO_PCI_BAR4_REGION_INDEX:
		region.size = IO_BAR_BYTES;
		break;
	case VFIO_PCI_CONFIG_REGION_INDEX:
		region.size = GEN75_PCI_CONFIG_BYTES;
		break;
	default:
		if (index >= GEN75_DEVICE_REGIONS)
			return -EINVAL;
	}
	*ret_region = region;
	return 0;
}

/* Registers are accessed as the bus does it: by 1, 2, 4 or 8 bytes, aligned. */
static bool is_bus_access(uint64_t offset, uint32_t len)
{
	return len <= 8 && !(len & (len - 1)) && !(offset & (len - 1));
}

static int check_access(struct gen75_device *device, uint32_t index, uint64_t offset, uint32_t len)
{
	struct gen75_region region;
	int ret = gen75_device_region(device, index, &region);

	if (ret)
		return ret;
	if (!len || offset > region.size || len > region.size - offset)
		return -EINVAL;
	if (index == VFIO_PCI_BAR0_REGION_INDEX && !is_bus_access(offset, len))
		return -EINVAL;
	return 0;
}

/**
 * gen75_device_read() - read from a region
 * Return: 0, -EINVAL for a region, range or width that can't be accessed.
 */
int gen75_device_read(struct gen75_device *device, uint32_t index, uint64_t offset, void *buf, uint32_t len)
{
	int ret = check_access(device, index, offset, len);

	if (ret)
		return ret;
	switch (index) {
	case VFIO_PCI_BAR0_REGION_INDEX:
		gen75_bar0_read(device->gpu, gen75_now_ns(), (uint32_t)offset, buf, len);
		break;
	case VFIO_PCI_BAR2_REGION_INDEX:
		gen75_aperture_read(device->gpu, offset, buf, len);
		break;
	case VFIO_PCI_CONFIG_REGION_INDEX:
		gen75_pci_read(&device->pci, (uint32_t)offset, buf, len);
		break;
	default:
		/* BAR4, the index and data ports into BAR0: no driver uses them, so they are not modelled */
		memset(buf, 0, len);
	}
	return 0;
}

/**
 * gen75_device_write() - write to a region; call gen75_run() afterwards
 * Return: as gen75_device_read().
 */
int gen75_device_write(struct gen75_device *device, uint32_t index, uint64_t offset, const void *buf, uint32_t len)
{
	int ret = check_access(device, index, offset, len);

	if (ret)
		return ret;
	switch (index) {
	case VFIO_PCI_BAR0_REGION_INDEX:
		gen75_bar0_write(device->gpu, gen75_now_ns(), (uint32_t)offset, buf, len);
		break;
	case VFIO_PCI_BAR2_REGION_INDEX:
		gen75_aperture_write(device->gpu, offset, buf, len);
		break;
	case VFIO_PCI_CONFIG_REGION_INDEX:
		gen75_pci_write(&device->pci, (uint32_t)offset, buf, len);
		break;
	}
	return 0;
}

/* --- interrupts ----------------------------------------------------------------------------------------------------------- */

/**
 * gen75_device_irq_count() - vectors of an interrupt type (VFIO_PCI_*_IRQ_INDEX)
 */
uint32_t gen75_device_irq_count(uint32_t index)
{
	return index == VFIO_PCI_MSI_IRQ_INDEX ? 1 : 0;
}

/* An eventfd can't be told from other files by fstat(), only by its name. */
static bool is_eventfd(int fd)
{
	char path[32], name[32];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	len = readlink(path, name, sizeof(name) - 1);
	if (len < 0)
		return false;
	name[len] = '\0';
	return !strcmp(name, "anon_inode:[eventfd]");
}

/**
 * gen75_device_set_msi() - set the eventfd of the MSI vector
 * @fd: the device's from here on unless there is an error; -1: none
 *
 * A write to a full pipe would stop the server, so nothing but a non-blocking eventfd is taken.
 *
 * Return: 0, -EINVAL if it is not an eventfd.
 */
int gen75_device_set_msi(struct gen75_device *device, int fd)
{
	if (fd >= 0 && (!is_eventfd(fd) || fcntl(fd, F_SETFL, O_NONBLOCK)))
		return -EINVAL;
	if (device->msi_fd >= 0)
		close(device->msi_fd);
	device->msi_fd = fd;
	return 0;
}

/**
 * gen75_device_send_msi() - send the interrupt, if the client has set it up and the device may master the bus
 */
void gen75_device_send_msi(struct gen75_device *device)
{
	const uint64_t one = 1;

	if (device->msi_fd < 0 || !gen75_pci_is_bus_master(&device->pci)) {
		device->interrupts_lost++;
		return;
	}
	/* EAGAIN: the counter is full because nobody reads it; the interrupt is pending all the same */
	if (write(device->msi_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		device->interrupts_lost++;
	else
		device->interrupts++;
}
