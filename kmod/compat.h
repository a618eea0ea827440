/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What differs between the kernels that the module builds on, 6.1 to 7.3. No other file looks at the kernel's version.
 */
#ifndef VGPU_COMPAT_H
#define VGPU_COMPAT_H

#include <linux/eventfd.h>
#include <linux/hrtimer.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/vfio.h>

/*
 * Memory of a struct vfio_device: freed by the driver's release before 6.2, by vfio since. The release is vfio's own function, so
 * that a reference that outlives the module's device runs no code of ours.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define VGPU_COMPAT_RELEASE_OPS .release = vfio_free_device,
#else
#define VGPU_COMPAT_RELEASE_OPS
#endif

/* clang-format off */
/* iommufd behind an emulated device: since 6.2, its detach since 6.6. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define VGPU_COMPAT_IOMMUFD_OPS
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define VGPU_COMPAT_IOMMUFD_OPS					\
	.bind_iommufd = vfio_iommufd_emulated_bind,		\
	.unbind_iommufd = vfio_iommufd_emulated_unbind,		\
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
#else
#define VGPU_COMPAT_IOMMUFD_OPS					\
	.bind_iommufd = vfio_iommufd_emulated_bind,		\
	.unbind_iommufd = vfio_iommufd_emulated_unbind,		\
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,	\
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
#endif
/* clang-format on */

static inline void vgpu_compat_eventfd_signal(struct eventfd_ctx *ctx)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	eventfd_signal(ctx, 1);
#else
	eventfd_signal(ctx);
#endif
}

static inline void vgpu_compat_hrtimer_setup(struct hrtimer *timer, enum hrtimer_restart (*fn)(struct hrtimer *))
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	timer->function = fn;
#else
	hrtimer_setup(timer, fn, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
#endif
}

/*
 * VFIO_DEVICE_GET_REGION_INFO: since 6.19 vfio copies in and out and calls the driver's get_region_info_caps. Before,
 * the driver's ioctl has to; this is the same protocol around the same function.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
#define VGPU_COMPAT_REGION_INFO_OPS(fn)

static inline long vgpu_compat_region_info(struct vfio_device *vdev, unsigned long arg,
					   int (*fn)(struct vfio_device *, struct vfio_region_info *, struct vfio_info_cap *))
{
	const size_t minsz = offsetofend(struct vfio_region_info, offset);
	void __user *uarg = (void __user *)arg;
	struct vfio_region_info info = {};
	struct vfio_info_cap caps = {};
	long err;

	if (copy_from_user(&info, uarg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	info.cap_offset = 0;

	err = fn(vdev, &info, &caps);
	if (err)
		goto free_caps;

	if (caps.size) {
		info.flags |= VFIO_REGION_INFO_FLAG_CAPS;
		if (info.argsz < sizeof(info) + caps.size) {
			info.argsz = sizeof(info) + caps.size; /* the caller asks again with this much */
		} else {
			vfio_info_cap_shift(&caps, sizeof(info));
			if (copy_to_user(uarg + sizeof(info), caps.buf, caps.size)) {
				err = -EFAULT;
				goto free_caps;
			}
			info.cap_offset = sizeof(info);
		}
	}
	if (copy_to_user(uarg, &info, minsz))
		err = -EFAULT;

free_caps:
	kfree(caps.buf);
	return err;
}
#else
#define VGPU_COMPAT_REGION_INFO_OPS(fn) .get_region_info_caps = fn,

static inline long vgpu_compat_region_info(struct vfio_device *vdev, unsigned long arg,
					   int (*fn)(struct vfio_device *, struct vfio_region_info *, struct vfio_info_cap *))
{
	return -ENOTTY;
}
#endif

#endif
