// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Guest memory that is taken away, and syncs that would have it pinned right back.
 *
 * To remove a mapping, vfio's type 1 IOMMU asks drivers to unpin its pages, without a lock that would keep them from being pinned
 * again. It repeats that until none is pinned, and after eleven rounds it is a BUG() (drivers/vfio/vfio_iommu_type1.c,
 * vfio_dma_do_unmap()). A process with a vGPU that unmaps in one thread and has entries synced in others gets there, sooner with
 * several vGPUs in its container. Nothing tells a driver when an unmapping is over, so that pinning cannot just be refused in
 * between. Syncs wait instead: not at all for the first rounds, which is all that a sane user ever sees, and twice
 * as long after each further one. To get through the last, the sync would have to find vfio held up for a second.
 *
 * Rounds of one unmapping come from one thread, so they are counted by thread. Lock: the GPU's.
 */
#include <linux/ktime.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include "glue.h"

#define FREE_ROUNDS 3
#define LAST_ROUND 10
#define FORGET_NS (4ull * NSEC_PER_SEC) /* more than the longest wait */

/**
 * vgpu_unmap_round() - pages of a mapping have been unpinned, as vfio asked
 * @vd: the vGPU; its GPU is locked
 * @iova: of the mapping
 * @bytes: its length
 *
 * Two threads that share a slot count as one: there are more slots than a sane user has threads that unmap.
 */
void vgpu_unmap_round(struct vgpu_dev *vd, u64 iova, u64 bytes)
{
	pid_t thread = task_pid_nr(current);
	struct vgpu_unmap *u = &vd->unmap[thread % VGPU_UNMAPS];
	u64 now_ns = ktime_get_ns();
	bool other_mapping = u->thread == thread && (u->iova != iova || u->bytes != bytes);

	if (other_mapping || now_ns - u->last_ns > FORGET_NS)
		u->rounds = 0;
	else
		u->rounds = min(u->rounds + 1, LAST_ROUND);
	u->thread = thread;
	u->iova = iova;
	u->bytes = bytes;
	u->last_ns = now_ns;
	if (u->rounds >= FREE_ROUNDS)
		WRITE_ONCE(vd->syncs_wait_ns, max(vd->syncs_wait_ns, now_ns + ((u64)NSEC_PER_MSEC << u->rounds)));
}

/**
 * vgpu_unmap_wait() - wait until a sync may be run, which may pin pages
 * @vd: the vGPU; neither it nor its GPU is locked
 *
 * Return: 0, -EINTR if the process is being killed. May sleep.
 */
int vgpu_unmap_wait(struct vgpu_dev *vd)
{
	u64 until_ns = READ_ONCE(vd->syncs_wait_ns);

	while (ktime_get_ns() < until_ns) {
		ktime_t until = ns_to_ktime(until_ns);

		set_current_state(TASK_KILLABLE);
		schedule_hrtimeout(&until, HRTIMER_MODE_ABS);
		if (fatal_signal_pending(current))
			return -EINTR;
		until_ns = READ_ONCE(vd->syncs_wait_ns);
	}
	return 0;
}
