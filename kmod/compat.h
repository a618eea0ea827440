/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What differs between the kernels that the module builds on, 6.1 to 7.3. No other file looks at the kernel's version.
 */
#ifndef VGPU_COMPAT_H
#define VGPU_COMPAT_H

#include <linux/eventfd.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/shmem_fs.h>
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

static inline void vgpu_compat_vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	vma->vm_flags |= flags;
#else
	vm_flags_set(vma, flags);
#endif
}

/* A memory file that reserves nothing. */
static inline struct file *vgpu_compat_memory_file(const char *name, loff_t bytes)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
	return shmem_file_setup(name, bytes, VM_NORESERVE);
#else
	return shmem_file_setup(name, bytes, mk_vma_flags(VMA_NORESERVE_BIT));
#endif
}

/*
 * KVM's tracking of writes to pages of the guest, which a kernel need not have. Before 6.6 its users took the locks and
 * references, and were told of a slot and a virtual CPU; what is defined here has the shape that it has since.
 * set_callbacks() is for the file that names them.
 */
#define VGPU_COMPAT_TRACK IS_ENABLED(CONFIG_KVM_EXTERNAL_WRITE_TRACKING)

#if VGPU_COMPAT_TRACK
#include <linux/kvm_host.h>
#include <asm/kvm_page_track.h>

/* clang-format off */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define VGPU_COMPAT_TRACK_CALLBACKS(_write, _goes)						\
static void write_by_vcpu(struct kvm_vcpu *vcpu, gpa_t gpa, const u8 *data, int bytes,		\
			  struct kvm_page_track_notifier_node *node)				\
{												\
	_write(gpa, data, bytes, node);								\
}												\
static void slot_goes_of_kvm(struct kvm *kvm, struct kvm_memory_slot *slot,			\
			     struct kvm_page_track_notifier_node *node)				\
{												\
	_goes(slot->base_gfn, slot->npages, node);						\
}												\
static void set_callbacks(struct kvm_page_track_notifier_node *node)				\
{												\
	node->track_write = write_by_vcpu;							\
	node->track_flush_slot = slot_goes_of_kvm;						\
}
/* clang-format on */

static inline int vgpu_compat_track_register(struct kvm *kvm, struct kvm_page_track_notifier_node *node)
{
	kvm_get_kvm(kvm);
	kvm_page_track_register_notifier(kvm, node);
	return 0;
}

static inline void vgpu_compat_track_unregister(struct kvm *kvm, struct kvm_page_track_notifier_node *node)
{
	kvm_page_track_unregister_notifier(kvm, node);
	kvm_put_kvm(kvm);
}

/* The two that follow: inside of a section of kvm->srcu. */
static inline int vgpu_compat_protect(struct kvm *kvm, gfn_t gfn)
{
	struct kvm_memory_slot *slot = __gfn_to_memslot(kvm_memslots(kvm), gfn);

	if (!slot)
		return -EINVAL;
	write_lock(&kvm->mmu_lock);
	kvm_slot_page_track_add_page(kvm, slot, gfn, KVM_PAGE_TRACK_WRITE);
	write_unlock(&kvm->mmu_lock);
	return 0;
}

static inline void vgpu_compat_unprotect(struct kvm *kvm, gfn_t gfn)
{
	struct kvm_memory_slot *slot = __gfn_to_memslot(kvm_memslots(kvm), gfn);

	if (!slot)
		return;
	write_lock(&kvm->mmu_lock);
	kvm_slot_page_track_remove_page(kvm, slot, gfn, KVM_PAGE_TRACK_WRITE);
	write_unlock(&kvm->mmu_lock);
}
#else
/* clang-format off */
#define VGPU_COMPAT_TRACK_CALLBACKS(_write, _goes)						\
static void set_callbacks(struct kvm_page_track_notifier_node *node)				\
{												\
	node->track_write = _write;								\
	node->track_remove_region = _goes;							\
}
/* clang-format on */

static inline int vgpu_compat_track_register(struct kvm *kvm, struct kvm_page_track_notifier_node *node)
{
	return kvm_page_track_register_notifier(kvm, node);
}

static inline void vgpu_compat_track_unregister(struct kvm *kvm, struct kvm_page_track_notifier_node *node)
{
	kvm_page_track_unregister_notifier(kvm, node);
}

static inline int vgpu_compat_protect(struct kvm *kvm, gfn_t gfn)
{
	return kvm_write_track_add_gfn(kvm, gfn);
}

static inline void vgpu_compat_unprotect(struct kvm *kvm, gfn_t gfn)
{
	kvm_write_track_remove_gfn(kvm, gfn);
}
#endif
#endif

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
