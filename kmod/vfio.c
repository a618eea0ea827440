// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * A vGPU as vfio sees it: opening, closing, what it consists of, reset, and the unmapping of guest memory.
 *
 * Locks: the GPU's, taken in here around the core, and the vGPU's pin_lock where that unpins. vfio's and iommufd's own are outside of
 * both (see glue.h).
 */
#include <linux/ktime.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "glue.h"
#include "trace.h"

static int open_device(struct vfio_device *vdev)
{
	struct vgpu_dev *vd = to_vgpu_dev(vdev);
	int err;

	err = vgpu_reconcile_open(vd);
	if (err)
		return err;
	vgpu_gpu_dev_lock(vd->gd);
	err = vgpu_open(&vd->core);
	if (!err)
		vgpu_get_range(&vd->core, VGPU_APERTURE, &vd->slice);
	vgpu_gpu_dev_unlock(vd->gd);
	if (err)
		goto reconcile_close;
	err = vgpu_table_open(vd);
	if (err)
		goto close;
	vgpu_track_open(vd);
	return 0;

close:
	vgpu_pin_lock(vd);
	vgpu_close(&vd->core, ktime_get_ns());
	vgpu_pin_unlock(vd);
reconcile_close:
	vgpu_reconcile_close(vd);
	return err;
}

/* Also how a QEMU that was killed ends: its files are closed, the mappings gone before, since they hold them. */
static void close_device(struct vfio_device *vdev)
{
	struct vgpu_dev *vd = to_vgpu_dev(vdev);

	vgpu_pin_lock(vd);
	vgpu_close(&vd->core, ktime_get_ns());
	vd->sync_wanted = false;
	vgpu_pin_forget_all(vd);
	vgpu_pin_unlock(vd);
	vgpu_track_close(vd);
	vgpu_reconcile_close(vd);
	vgpu_table_close(vd);
	vgpu_irq_disconnect(vd);
}

/* vfio waits for the pages to be unpinned; they are on return. */
static void dma_unmap(struct vfio_device *vdev, u64 iova, u64 length)
{
	struct vgpu_dev *vd = to_vgpu_dev(vdev);

	vgpu_pin_lock(vd);
	trace_vgpu_dma_unmap(vd, iova, length);
	vgpu_dma_unmap(&vd->core, iova, length, ktime_get_ns());
	vgpu_unmap_round(vd, iova, length);
	vgpu_pin_unlock(vd);
}

/* Somebody removes the vGPU, or unbinds its GPU, and waits for its user to let go. */
static void request(struct vfio_device *vdev, unsigned int count)
{
	struct vgpu_dev *vd = to_vgpu_dev(vdev);

	vgpu_gpu_dev_lock(vd->gd);
	vgpu_irq_trigger(vd, VGPU_TRIGGER_REQ);
	vgpu_gpu_dev_unlock(vd->gd);
	if (!count)
		dev_info(vdev->dev, "in use, asking for its release\n");
}

static long get_info(unsigned long arg)
{
	const size_t minsz = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info;

	if (copy_from_user(&info, (void __user *)arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;

	info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = VFIO_PCI_NUM_REGIONS;
	info.num_irqs = VFIO_PCI_NUM_IRQS;
	return copy_to_user((void __user *)arg, &info, minsz) ? -EFAULT : 0;
}

static long reset(struct vgpu_dev *vd)
{
	vgpu_pin_lock(vd);
	vgpu_reset(&vd->core, ktime_get_ns());
	vgpu_pin_unlock(vd);
	return 0;
}

static long ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	struct vgpu_dev *vd = to_vgpu_dev(vdev);

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return get_info(arg);
	case VFIO_DEVICE_GET_REGION_INFO:
		return vgpu_compat_region_info(vdev, arg, vgpu_region_info);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return vgpu_irq_get_info(vd, arg);
	case VFIO_DEVICE_SET_IRQS:
		return vgpu_irq_set(vd, arg);
	case VFIO_DEVICE_RESET:
		return reset(vd);
	default:
		return -ENOTTY;
	}
}

const struct vfio_device_ops vgpu_vfio_ops = {
	.name = VGPU_DRIVER_NAME,
	VGPU_COMPAT_RELEASE_OPS VGPU_COMPAT_IOMMUFD_OPS VGPU_COMPAT_REGION_INFO_OPS(vgpu_region_info).open_device = open_device,
	.close_device = close_device,
	.read = vgpu_region_read,
	.write = vgpu_region_write,
	.ioctl = ioctl,
	.mmap = vgpu_region_mmap,
	.request = request,
	.dma_unmap = dma_unmap,
};
