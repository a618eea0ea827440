// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The interrupts of a vGPU towards user space: one MSI, and the request to give the device back. No INTx.
 *
 * Lock: the GPU's guards vgpu_dev.trigger; eventfds are looked up and put outside of it.
 */
#include <linux/eventfd.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "glue.h"
#include "trace.h"

/* vfio's index of each trigger; each has one vector. */
static const u32 trigger_index[VGPU_TRIGGERS] = {
	[VGPU_TRIGGER_MSI] = VFIO_PCI_MSI_IRQ_INDEX,
	[VGPU_TRIGGER_REQ] = VFIO_PCI_REQ_IRQ_INDEX,
};

static bool find_trigger(u32 index, enum vgpu_trigger *ret_trigger)
{
	enum vgpu_trigger t;

	for (t = 0; t < VGPU_TRIGGERS; t++)
		if (trigger_index[t] == index) {
			*ret_trigger = t;
			return true;
		}
	return false;
}

/**
 * vgpu_irq_trigger() - signal an interrupt, if user space has connected it
 * @vd: the vGPU; its GPU is locked
 * @t: which
 */
void vgpu_irq_trigger(struct vgpu_dev *vd, enum vgpu_trigger t)
{
	trace_vgpu_interrupt(vd, trigger_index[t], vd->trigger[t] != NULL);
	if (vd->trigger[t])
		vgpu_compat_eventfd_signal(vd->trigger[t]);
}

static void connect(struct vgpu_dev *vd, enum vgpu_trigger t, struct eventfd_ctx *ctx)
{
	vgpu_gpu_dev_lock(vd->gd);
	swap(vd->trigger[t], ctx);
	vgpu_gpu_dev_unlock(vd->gd);
	if (ctx)
		eventfd_ctx_put(ctx);
}

/**
 * vgpu_irq_disconnect() - let go of all eventfds
 * @vd: the vGPU; its GPU is not locked
 */
void vgpu_irq_disconnect(struct vgpu_dev *vd)
{
	enum vgpu_trigger t;

	for (t = 0; t < VGPU_TRIGGERS; t++)
		connect(vd, t, NULL);
}

/**
 * vgpu_irq_get_info() - VFIO_DEVICE_GET_IRQ_INFO
 * @vd: the vGPU; its GPU is not locked
 * @arg: a struct vfio_irq_info of user space
 * Return: 0, -EFAULT, -EINVAL.
 */
long vgpu_irq_get_info(struct vgpu_dev *vd, unsigned long arg)
{
	const size_t minsz = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info;
	enum vgpu_trigger t;

	if (copy_from_user(&info, (void __user *)arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz || info.index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	if (info.index == VFIO_PCI_ERR_IRQ_INDEX)
		return -EINVAL; /* as vfio-pci says of a device that is not PCI Express; QEMU warns of a count of 0 */

	info.count = find_trigger(info.index, &t) ? 1 : 0;
	info.flags = info.count ? VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE : 0;
	return copy_to_user((void __user *)arg, &info, minsz) ? -EFAULT : 0;
}

static long connect_fd(struct vgpu_dev *vd, enum vgpu_trigger t, s32 fd)
{
	struct eventfd_ctx *ctx = NULL;

	if (fd < -1)
		return -EINVAL;
	if (fd >= 0) {
		ctx = eventfd_ctx_fdget(fd);
		if (IS_ERR(ctx))
			return PTR_ERR(ctx);
	}
	connect(vd, t, ctx);
	return 0;
}

static void trigger_now(struct vgpu_dev *vd, enum vgpu_trigger t)
{
	vgpu_gpu_dev_lock(vd->gd);
	vgpu_irq_trigger(vd, t);
	vgpu_gpu_dev_unlock(vd->gd);
}

/* @data holds one element of the type that @flags names: vfio has checked the size and that @count is 0 or 1. */
static long set_trigger(struct vgpu_dev *vd, enum vgpu_trigger t, u32 flags, u32 count, const void *data)
{
	if ((flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) != VFIO_IRQ_SET_ACTION_TRIGGER)
		return -ENOTTY; /* masks are in the guest's config space */

	switch (flags & VFIO_IRQ_SET_DATA_TYPE_MASK) {
	case VFIO_IRQ_SET_DATA_NONE:
		if (count)
			trigger_now(vd, t);
		else
			connect(vd, t, NULL);
		return 0;
	case VFIO_IRQ_SET_DATA_BOOL:
		if (count && *(const u8 *)data)
			trigger_now(vd, t);
		return 0;
	case VFIO_IRQ_SET_DATA_EVENTFD:
		return count ? connect_fd(vd, t, *(const s32 *)data) : -EINVAL;
	default:
		return -EINVAL;
	}
}

/**
 * vgpu_irq_set() - VFIO_DEVICE_SET_IRQS
 * @vd: the vGPU; its GPU is not locked
 * @arg: a struct vfio_irq_set of user space, with its data
 * Return: 0, -EFAULT, -EINVAL, -ENOTTY, -EBADF.
 */
long vgpu_irq_set(struct vgpu_dev *vd, unsigned long arg)
{
	const size_t minsz = offsetofend(struct vfio_irq_set, count);
	struct vfio_irq_set hdr;
	enum vgpu_trigger t;
	size_t data_size;
	s32 data = 0;
	int err;

	if (copy_from_user(&hdr, (void __user *)arg, minsz))
		return -EFAULT;
	if (!find_trigger(hdr.index, &t))
		return -EINVAL;
	err = vfio_set_irqs_validate_and_prepare(&hdr, 1, VFIO_PCI_NUM_IRQS, &data_size);
	if (err)
		return err;
	if (data_size > sizeof(data))
		return -EINVAL;
	if (copy_from_user(&data, (void __user *)(arg + minsz), data_size))
		return -EFAULT;

	return set_trigger(vd, t, hdr.flags, hdr.count, &data);
}
