// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Syncs: what the guest has written to its page tables comes into force, with the pages pinned that it needs.
 *
 * A sync runs before the guest's write to a register that the core calls a sync point, in the thread that writes; or for the core,
 * which asks for one from contexts that cannot pin, in a work. The protocol is in core/core.h.
 *
 * Locks: pin_lock around the whole of a sync; the GPU's around each call into the core, dropped between them.
 */
#include <linux/ktime.h>
#include <linux/slab.h>

#include "glue.h"
#include "trace.h"

/* Called with pin_lock held; returns with the GPU locked, too. */
static void sync(struct vgpu_dev *vd, enum vgpu_sync what)
{
	DECLARE_BITMAP(entries, VGPU_GGTT_PAGES);
	DECLARE_BITMAP(tables, VGPU_PPGTT_TABLES);
	u32 written = vgpu_table_collect(vd, entries), tracked = vgpu_track_collect(vd, tables);
	u32 bit, looked_at = 0, pinned = 0;
	LIST_HEAD(fresh);

	vgpu_pin_lock_gpu(vd);
	for_each_set_bit(bit, entries, VGPU_GGTT_PAGES) vgpu_ggtt_dirty(&vd->core, bit);
	for_each_set_bit(bit, tables, VGPU_PPGTT_TABLES) vgpu_ppgtt_dirty(&vd->core, bit);

	vgpu_sync_begin(&vd->core, what);
	for (; vgpu_sync_next(&vd->core, vd->want); looked_at++) {
		vgpu_gpu_dev_unlock(vd->gd); /* also where there is nothing to pin: a table has many pages, and others wait */
		pinned += vgpu_pin_wanted(vd, vd->want, &fresh);
		vgpu_gpu_dev_lock(vd->gd);
		list_splice_tail_init(&fresh, &vd->unpinned);
		vgpu_sync_apply(&vd->core, ktime_get_ns());
	}
	trace_vgpu_sync(vd, what, written, tracked, looked_at, pinned);
}

/**
 * vgpu_reconcile_write() - a guest's write to a register, after the sync that it needs, if any
 * @vd: the vGPU; neither it nor its GPU is locked
 * @offset: in BAR0
 * @buf: what is written
 * @len: 1, 2, 4 or 8
 *
 * Return: 0, -EINTR if the process is being killed. May sleep.
 */
int vgpu_reconcile_write(struct vgpu_dev *vd, u32 offset, const void *buf, u32 len)
{
	enum vgpu_sync what;
	int err;

	vgpu_gpu_dev_lock(vd->gd);
	what = vgpu_sync_point(&vd->core, offset);
	if (what == VGPU_SYNC_NONE) {
		vgpu_bar0_write(&vd->core, offset, buf, len, ktime_get_ns());
		vgpu_gpu_dev_unlock(vd->gd);
		return 0;
	}
	vgpu_gpu_dev_unlock(vd->gd);

	err = vgpu_unmap_wait(vd);
	if (err)
		return err;
	mutex_lock(&vd->pin_lock);
	sync(vd, what);
	vgpu_bar0_write(&vd->core, offset, buf, len, ktime_get_ns());
	vgpu_pin_unlock(vd);
	return 0;
}

/* What is wanted stays so until pin_lock is dropped: the vGPU is open. */
static void work(struct work_struct *work)
{
	struct vgpu_dev *vd = container_of(work, struct vgpu_dev, work);

	if (READ_ONCE(vd->sync_wanted))
		vgpu_unmap_wait(vd); /* cannot fail: a worker is not killed */

	mutex_lock(&vd->pin_lock);
	if (READ_ONCE(vd->sync_wanted)) {
		sync(vd, VGPU_SYNC_SUBMIT);
		vd->sync_wanted = false;
		vgpu_sync_done(&vd->core, ktime_get_ns());
	} else {
		vgpu_pin_lock_gpu(vd);
	}
	vgpu_pin_unlock(vd);
}

/** vgpu_reconcile_soon() - see struct vgpu_host_ops.sync */
void vgpu_reconcile_soon(void *guest)
{
	struct vgpu_dev *vd = guest;

	WRITE_ONCE(vd->sync_wanted, true);
	queue_work(vd->gd->sync_wq, &vd->work);
}

/**
 * vgpu_reconcile_init() - prepare a new vGPU
 * @vd: the vGPU
 */
void vgpu_reconcile_init(struct vgpu_dev *vd)
{
	mutex_init(&vd->pin_lock);
	xa_init(&vd->pins);
	INIT_LIST_HEAD(&vd->unpinned);
	INIT_WORK(&vd->work, work);
}

/**
 * vgpu_reconcile_open() - get what syncs need
 * @vd: the vGPU, being opened
 * Return: 0 or -ENOMEM.
 */
int vgpu_reconcile_open(struct vgpu_dev *vd)
{
	vd->want = kvmalloc(sizeof(*vd->want), GFP_KERNEL_ACCOUNT);
	return vd->want ? 0 : -ENOMEM;
}

/**
 * vgpu_reconcile_close() - no sync runs or will; all pages have been given back
 * @vd: the vGPU, closed for the core; not locked
 */
void vgpu_reconcile_close(struct vgpu_dev *vd)
{
	cancel_work_sync(&vd->work);
	kvfree(vd->want);
	vd->want = NULL;
}
