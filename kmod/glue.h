/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the files of the Linux glue share: a GPU, a vGPU, and the one lock.
 *
 * Locking. Each GPU has one mutex, vgpu_gpu_dev.lock. It is held around every call into the core, guards all that is
 * marked "lock" below, and is taken and dropped by vgpu_gpu_dev_lock() and vgpu_gpu_dev_unlock() alone. Its place in the order:
 *
 *   vfio group_lock, vfio dev_set->lock      held by vfio around open_device and close_device
 *   vfio type1's device_list_lock,
 *   iommufd's access locks                   held by them around dma_unmap
 *   kernfs active references                 held around each attribute's show and store
 *     vgpu_dev.pin_lock                      one per vGPU, around each sync and each call into the core that takes memory away
 *       vgpu_gpu_dev.lock
 *         kvm->srcu, kvm->mmu_lock           taken by KVM's write tracking, see track.c
 *       type1's iommu->lock, iommufd's locks taken inside vfio_pin_pages and vfio_unpin_pages: without vgpu_gpu_dev.lock, see pin.c
 *       the mmap_lock of the process         taken inside them, to fault guest memory in
 *         the lock of a page of the GGTT's table, see table.c
 *           the i_mmap_rwsem of its mappings, kvm->mmu_lock by its notifier
 *
 * So nothing that holds the mutex registers or unregisters a vfio device (group_lock, device_list_lock), adds or removes an
 * attribute (which waits for its running show and store), or waits for the interrupt thread, the tick work or the sync work, which
 * take it; nothing that holds pin_lock waits for the sync work; and mmap and faults, called under mmap_lock, take neither. Copies
 * from and to the user are made outside of both as well.
 *
 * What is taken inside of pin_lock, the vGPU's user can hold up, if only by memory that does not fault in; then he holds up
 * himself. The sync work, which takes it, has a thread for each vGPU at need, so that he holds up nobody else's either.
 */
#ifndef VGPU_GLUE_H
#define VGPU_GLUE_H

#include <linux/bitmap.h>
#include <linux/types.h>
#include <linux/errno.h>
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/mdev.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/vfio.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "core/core.h"
#include "uapi/vgpu.h"

#define VGPU_TYPES 4
#define VGPU_UNMAPS 64 /* threads whose unmappings are told apart */

struct eventfd_ctx;
struct vgpu_track;

/**
 * struct vgpu_type - one mdev type of one GPU
 * @mdev: what the mdev core knows of it
 * @amount: what a vGPU of it starts with, by enum vgpu_resource; zeros for flex
 */
struct vgpu_type {
	struct mdev_type mdev;
	u64 amount[VGPU_RESOURCES];
};

/**
 * struct vgpu_gpu_dev - one physical GPU
 * @pdev: its PCI function, bound to us
 * @regs: the registers, the first half of BAR0; uncached
 * @ggtt: the GGTT entries, the second half; write-combined: the write to GFX_FLSH_CNTL, uncached, drains them
 * @aperture: BAR2, write-combined
 * @aperture_phys: its address for the CPU
 * @info: what the core was told
 * @lock: see above
 * @core: (lock) the mediator
 * @register_accesses: (lock) reads and writes of the registers so far, for all vGPUs
 * @live: (lock) @core may be called by interrupts and time
 * @timer_ns: (lock) for when @timer is armed, VGPU_NO_DEADLINE if it is not
 * @timer: queues @tick
 * @wq: where it runs
 * @tick: takes the lock and calls vgpu_gpu_tick()
 * @sync_wq: where each vGPU's sync work runs
 * @parent: as the parent of mdev devices
 * @types: its mdev types, of which @type_list names those that it can hold
 * @type_list: for the mdev core
 */
struct vgpu_gpu_dev {
	struct pci_dev *pdev;
	void __iomem *regs;
	void __iomem *ggtt;
	void __iomem *aperture;
	phys_addr_t aperture_phys;
	struct vgpu_gpu_info info;

	struct mutex lock;
	struct vgpu_gpu core;
	u64 register_accesses;
	bool live;

	u64 timer_ns;
	struct hrtimer timer;
	struct workqueue_struct *wq;
	struct work_struct tick;
	struct workqueue_struct *sync_wq;

	struct mdev_parent parent;
	struct vgpu_type types[VGPU_TYPES];
	struct mdev_type *type_list[VGPU_TYPES];
};

/* The interrupts that user space can connect to an eventfd. */
enum vgpu_trigger {
	VGPU_TRIGGER_MSI, /* the guest's */
	VGPU_TRIGGER_REQ, /* "please give the device back", for QEMU */
	VGPU_TRIGGERS,
};

/**
 * struct vgpu_unmap - what a thread has unmapped last; see unmap.c
 * @thread: its number
 * @rounds: how often in a row vfio has asked to unpin this mapping, less one
 * @iova: of the mapping
 * @bytes: its length
 * @last_ns: when it was asked last
 */
struct vgpu_unmap {
	pid_t thread;
	int rounds;
	u64 iova;
	u64 bytes;
	u64 last_ns;
};

/**
 * struct vgpu_dev - one vGPU: an mdev device
 * @vdev: as vfio knows it; first, and what is freed
 * @gd: its GPU, which outlives it
 * @core: (lock) its mediated state
 * @slice: its part of the aperture; constant while it is open
 * @trigger: (lock) eventfds
 * @pin_lock: see above
 * @pins: (changes with both locks held, or pin_lock alone for what enters) pages pinned for vfio, struct pin by gfn
 * @unpinned: (lock) those of them that the core does not want, to be given back
 * @pinner: (lock) somebody holds pin_lock and will give them back
 * @want: (pin_lock) what a sync wants pinned; allocated while it is open
 * @sync_wanted: (written with lock, cleared with both) the core waits for a sync
 * @work: runs it, and gives pages back
 * @table_file: the memory file whose address space stands for the table of GGTT entries in all mappings; NULL if it cannot be
 *	mapped; constant while it is open, as the table is
 * @table: the table
 * @table_pages: its length
 * @table_dirty: (atomic; set with the page's lock held) pages that the guest may have written to
 * @track: (constant while it is open) writes to pages of its PPGTT; NULL if they cannot be told
 * @unmap: (lock) memory that was unmapped, by thread
 * @syncs_wait_ns: (lock) syncs wait until then
 * @table_faults: pages of the table that were written to by themselves
 * @track_faults: writes to tracked pages
 */
struct vgpu_dev {
	struct vfio_device vdev;
	struct vgpu_gpu_dev *gd;
	struct vgpu core;
	struct vgpu_range slice;
	struct eventfd_ctx *trigger[VGPU_TRIGGERS];
	struct mutex pin_lock;
	struct xarray pins;
	struct list_head unpinned;
	bool pinner;
	struct vgpu_sync_want *want;
	bool sync_wanted;
	struct work_struct work;
	struct file *table_file;
	void *table;
	u32 table_pages;
	DECLARE_BITMAP(table_dirty, VGPU_GGTT_PAGES);
	struct vgpu_track *track;
	struct vgpu_unmap unmap[VGPU_UNMAPS];
	u64 syncs_wait_ns;
	atomic64_t table_faults, track_faults;
};

static inline struct vgpu_dev *to_vgpu_dev(struct vfio_device *vdev)
{
	return container_of(vdev, struct vgpu_dev, vdev);
}

/* pci.c */
void vgpu_gpu_dev_lock(struct vgpu_gpu_dev *gd);
void vgpu_gpu_dev_unlock(struct vgpu_gpu_dev *gd);
int vgpu_pci_register(void);
void vgpu_pci_unregister(void);

/* host.c */
extern const struct vgpu_host_ops vgpu_host_ops;

/* main.c */
extern unsigned int vgpu_hang_ms, vgpu_turn_us, vgpu_turn_min_us, vgpu_round_us;
extern bool vgpu_trap_ggtt;
extern bool vgpu_track_ppgtt;

/* pin.c */
void vgpu_pin_lock(struct vgpu_dev *vd);
void vgpu_pin_lock_gpu(struct vgpu_dev *vd);
void vgpu_pin_unlock(struct vgpu_dev *vd);
u32 vgpu_pin_wanted(struct vgpu_dev *vd, const struct vgpu_sync_want *want, struct list_head *pinned);
int vgpu_pin(void *guest, u64 gfn, u64 *ret_dma);
void vgpu_unpin(void *guest, u64 gfn);
int vgpu_pin_read(void *guest, u64 gpa, void *buf, size_t len);
void vgpu_pin_forget_all(struct vgpu_dev *vd);

/* reconcile.c */
void vgpu_reconcile_init(struct vgpu_dev *vd);
int vgpu_reconcile_open(struct vgpu_dev *vd);
void vgpu_reconcile_close(struct vgpu_dev *vd);
int vgpu_reconcile_write(struct vgpu_dev *vd, u32 offset, const void *buf, u32 len);
void vgpu_reconcile_soon(void *guest);

/* table.c */
int vgpu_table_open(struct vgpu_dev *vd);
void vgpu_table_close(struct vgpu_dev *vd);
int vgpu_table_mmap(struct vgpu_dev *vd, struct vm_area_struct *vma, u64 offset, u64 bytes);
u32 vgpu_table_collect(struct vgpu_dev *vd, unsigned long *ret_dirty);

/* track.c */
void vgpu_track_open(struct vgpu_dev *vd);
void vgpu_track_close(struct vgpu_dev *vd);
int vgpu_track_add(void *guest, u32 table, u64 gfn);
void vgpu_track_remove(void *guest, u32 table, u64 gfn);
u32 vgpu_track_collect(struct vgpu_dev *vd, unsigned long *ret_dirty);

/* mdev.c */
int vgpu_mdev_register(void);
void vgpu_mdev_unregister(void);
int vgpu_mdev_add_parent(struct vgpu_gpu_dev *gd);
void vgpu_mdev_remove_parent(struct vgpu_gpu_dev *gd);

/* vfio.c */
extern const struct vfio_device_ops vgpu_vfio_ops;

/* region.c */
int vgpu_region_info(struct vfio_device *vdev, struct vfio_region_info *info, struct vfio_info_cap *caps);
ssize_t vgpu_region_read(struct vfio_device *vdev, char __user *buf, size_t count, loff_t *ppos);
ssize_t vgpu_region_write(struct vfio_device *vdev, const char __user *buf, size_t count, loff_t *ppos);
int vgpu_region_mmap(struct vfio_device *vdev, struct vm_area_struct *vma);

/* unmap.c */
void vgpu_unmap_round(struct vgpu_dev *vd, u64 iova, u64 bytes);
int vgpu_unmap_wait(struct vgpu_dev *vd);

/* irq.c */
long vgpu_irq_get_info(struct vgpu_dev *vd, unsigned long arg);
long vgpu_irq_set(struct vgpu_dev *vd, unsigned long arg);
void vgpu_irq_trigger(struct vgpu_dev *vd, enum vgpu_trigger t);
void vgpu_irq_disconnect(struct vgpu_dev *vd);

/* sysfs.c */
extern const struct attribute_group *vgpu_sysfs_vgpu_groups[];
extern const struct attribute_group *vgpu_sysfs_gpu_groups[];

#endif
