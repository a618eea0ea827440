// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A vGPU opened by raw vfio ioctls: the files, the regions' places, the attributes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "tests/guest/lib/vfio.h"

/** session_fail() - see vfio.h */
int session_fail(struct session *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(s->why, sizeof(s->why), format, args);
	va_end(args);
	return -1;
}

/** session_attribute() - see vfio.h */
uint64_t session_attribute(const struct session *s, const char *name, const char *key)
{
	char path[256], line[256];
	uint64_t value = UINT64_MAX;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/vgpu/%s", s->uuid, name);
	f = fopen(path, "r");
	if (!f)
		return value;
	while (fgets(line, sizeof(line), f)) {
		size_t len = key ? strlen(key) : 0;

		if (!key || (!strncmp(line, key, len) && line[len] == ' ')) {
			value = strtoull(line + len, NULL, 0);
			break;
		}
	}
	fclose(f);
	return value;
}

static int device_open(struct session *s)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	struct kvm_device_attr kvm = { .group = KVM_DEV_VFIO_GROUP,
				       .attr = KVM_DEV_VFIO_GROUP_ADD,
				       .addr = (uintptr_t)&s->group };
	char path[256], link[256];
	ssize_t len;

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/iommu_group", s->uuid);
	len = readlink(path, link, sizeof(link) - 1);
	if (len < 0)
		return -errno;
	link[len] = 0;
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(link, '/') + 1);

	s->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	s->group = open(path, O_RDWR | O_CLOEXEC);
	if (s->container < 0 || s->group < 0 || ioctl(s->group, VFIO_GROUP_GET_STATUS, &status) ||
	    ioctl(s->group, VFIO_GROUP_SET_CONTAINER, &s->container) || ioctl(s->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return -errno;
	if (s->kvm_vfio && ioctl(s->kvm_vfio, KVM_SET_DEVICE_ATTR, &kvm))
		return -errno;
	s->device = ioctl(s->group, VFIO_GROUP_GET_DEVICE_FD, s->uuid);
	return s->device < 0 ? -errno : 0;
}

static bool table_mapped(void)
{
	FILE *f = fopen("/sys/module/vgpu/parameters/trap_ggtt", "r");
	bool mapped = f && fgetc(f) == 'N';

	if (f)
		fclose(f);
	return mapped;
}

/** session_open() - see vfio.h */
int session_open(struct session *s)
{
	int err = device_open(s);

	if (err)
		return err;
	for (uint32_t i = 0; i < VFIO_PCI_NUM_REGIONS; i++) {
		struct vfio_region_info info = { .argsz = sizeof(info), .index = i };

		if (ioctl(s->device, VFIO_DEVICE_GET_REGION_INFO, &info))
			return -errno;
		s->offset[i] = info.offset;
		if (i == VFIO_PCI_BAR2_REGION_INDEX)
			s->aperture = info.size;
	}
	s->base = session_attribute(s, "aperture_base", NULL);
	s->size = session_attribute(s, "aperture_bytes", NULL);
	s->mapped = table_mapped();
	return 0;
}

/** session_close() - see vfio.h */
void session_close(struct session *s)
{
	close(s->device);
	close(s->group);
	close(s->container);
}

/** session_map() - see vfio.h */
int session_map(const struct session *s, void *memory, uint64_t iova, uint64_t bytes)
{
	struct vfio_iommu_type1_dma_map map = { .argsz = sizeof(map),
						.vaddr = (uintptr_t)memory,
						.iova = iova,
						.size = bytes,
						.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE };

	return ioctl(s->container, VFIO_IOMMU_MAP_DMA, &map);
}

/** session_unmap() - see vfio.h */
int session_unmap(const struct session *s, uint64_t iova, uint64_t bytes)
{
	struct vfio_iommu_type1_dma_unmap unmap = { .argsz = sizeof(unmap), .iova = iova, .size = bytes };

	return ioctl(s->container, VFIO_IOMMU_UNMAP_DMA, &unmap);
}

/** session_flush() - see vfio.h */
bool session_flush(const struct session *s)
{
	const uint32_t flush = 1;

	return pwrite(s->device, &flush, 4, (off_t)(s->offset[VFIO_PCI_BAR0_REGION_INDEX] + GFX_FLSH_CNTL)) == 4;
}
