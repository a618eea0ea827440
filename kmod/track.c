// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The guest's writes to the tables of its PPGTT, as KVM tells them: a table's page is write-protected until the first write to it.
 *
 * The guest fills a table with many writes in a row, and KVM emulates each write to a protected page. So the notifier, which
 * KVM calls in the virtual CPU's thread when the write has been done, notes the table and lifts the protection at once; the rest of
 * the row costs nothing. The core asks for protection again before it copies the table, so that a write is either in the copy or told.
 *
 * KVM counts protections of a page by memory slot, and warns of a count that overflows, or that is to be lowered below 0. So a page
 * is protected once however many tables it is. A slot that goes takes its counts with it: KVM makes it invalid, waits for the readers
 * of kvm->srcu, tells us, and only then may something else take its place. So what protects or lifts does so inside of one
 * reader's section, beginning with a look whether the slot is valid; and a page that is told gone needs no lifting.
 *
 * Without a KVM that belongs to the process, or one that tells of nothing, there is no struct vgpu_track, and the core compares.
 *
 * Locks: struct vgpu_track.lock guards which pages are protected, inside of kvm->srcu; it is not held around calls of KVM, which take
 * kvm->mmu_lock. The notifier takes nothing else. Tracking and its end are the core's, under the GPU's lock.
 */
#include "compat.h"
#include "glue.h"
#include "trace.h"

#if VGPU_COMPAT_TRACK

#include <linux/slab.h>

/**
 * struct vgpu_track - of one vGPU
 * @kvm: the guest's
 * @node: what KVM calls
 * @vd: the vGPU
 * @lock: see above
 * @tracked: (lock) the tables whose pages are protected for them
 * @gfn: (lock) their pages; one page may be several tables'
 * @dirty: the tables that were written to
 */
struct vgpu_track {
	struct kvm *kvm;
	struct kvm_page_track_notifier_node node;
	struct vgpu_dev *vd;
	spinlock_t lock;
	DECLARE_BITMAP(tracked, VGPU_PPGTT_TABLES);
	u64 gfn[VGPU_PPGTT_TABLES];
	DECLARE_BITMAP(dirty, VGPU_PPGTT_TABLES);
};

static bool tracked(const struct vgpu_track *t, u64 gfn)
{
	u32 table;

	for_each_set_bit(table, t->tracked, VGPU_PPGTT_TABLES) if (t->gfn[table] == gfn) return true;
	return false;
}

/* The tracked tables in [@gfn, @gfn + @pages) are dirty and no longer tracked. Return: whether there were any. */
static bool untrack_pages(struct vgpu_track *t, u64 gfn, u64 pages)
{
	bool any = false;
	u32 table;

	spin_lock(&t->lock);
	for_each_set_bit(table, t->tracked, VGPU_PPGTT_TABLES)
	{
		if (t->gfn[table] < gfn || t->gfn[table] - gfn >= pages)
			continue;
		__clear_bit(table, t->tracked);
		set_bit(table, t->dirty);
		any = true;
	}
	spin_unlock(&t->lock);
	return any;
}

/* Inside of a section of kvm->srcu: if so, the slot cannot be replaced before its end. */
static bool slot_valid(struct kvm *kvm, u64 gfn)
{
	struct kvm_memory_slot *slot = __gfn_to_memslot(kvm_memslots(kvm), gfn);

	return slot && !(slot->flags & KVM_MEMSLOT_INVALID);
}

static void written(struct vgpu_track *t, u64 gfn)
{
	int idx = srcu_read_lock(&t->kvm->srcu);
	bool valid = slot_valid(t->kvm, gfn);

	if (untrack_pages(t, gfn, 1)) {
		if (valid)
			vgpu_compat_unprotect(t->kvm, gfn);
		atomic64_inc(&t->vd->track_faults);
		trace_vgpu_track_write(t->vd, gfn, 0);
	}
	srcu_read_unlock(&t->kvm->srcu, idx);
}

static void track_write(gpa_t gpa, const u8 *data, int bytes, struct kvm_page_track_notifier_node *node)
{
	struct vgpu_track *t = container_of(node, struct vgpu_track, node);

	written(t, gpa >> PAGE_SHIFT);
	if (offset_in_page(gpa) + bytes > PAGE_SIZE)
		written(t, (gpa >> PAGE_SHIFT) + 1);
}

static void slot_goes(gfn_t gfn, unsigned long pages, struct kvm_page_track_notifier_node *node)
{
	untrack_pages(container_of(node, struct vgpu_track, node), gfn, pages);
}

VGPU_COMPAT_TRACK_CALLBACKS(track_write, slot_goes)

/* Return: whether the page is another table's, too, so that it is protected already. */
static bool add_shared(struct vgpu_track *t, u32 table, u64 gfn)
{
	bool shared;

	spin_lock(&t->lock);
	t->gfn[table] = gfn;
	shared = tracked(t, gfn);
	if (shared)
		__set_bit(table, t->tracked);
	spin_unlock(&t->lock);
	return shared;
}

static int add(struct vgpu_track *t, u32 table, u64 gfn)
{
	int err;

	if (!slot_valid(t->kvm, gfn))
		return -EFAULT;
	if (add_shared(t, table, gfn))
		return 0;
	err = vgpu_compat_protect(t->kvm, gfn);
	if (err)
		return err;
	spin_lock(&t->lock);
	__set_bit(table, t->tracked);
	spin_unlock(&t->lock);
	return 0;
}

/** vgpu_track_add() - see struct vgpu_host_ops.track */
int vgpu_track_add(void *guest, u32 table, u64 gfn)
{
	struct vgpu_dev *vd = guest;
	struct vgpu_track *t = vd->track;
	int idx, err;

	if (!t)
		return -EOPNOTSUPP;
	if (table >= VGPU_PPGTT_TABLES)
		return -EINVAL;

	vgpu_track_remove(guest, table, gfn);
	idx = srcu_read_lock(&t->kvm->srcu);
	err = add(t, table, gfn);
	srcu_read_unlock(&t->kvm->srcu, idx);
	trace_vgpu_track(vd, gfn, err);
	return err;
}

/** vgpu_track_remove() - see struct vgpu_host_ops.untrack; which page that was is remembered here */
void vgpu_track_remove(void *guest, u32 table, u64 gfn)
{
	struct vgpu_dev *vd = guest;
	struct vgpu_track *t = vd->track;
	bool was, valid;
	int idx;

	if (!t || table >= VGPU_PPGTT_TABLES)
		return;
	gfn = t->gfn[table];
	idx = srcu_read_lock(&t->kvm->srcu);
	valid = slot_valid(t->kvm, gfn);
	spin_lock(&t->lock);
	was = __test_and_clear_bit(table, t->tracked) && !tracked(t, gfn);
	spin_unlock(&t->lock);
	if (was && valid)
		vgpu_compat_unprotect(t->kvm, gfn);
	srcu_read_unlock(&t->kvm->srcu, idx);
}

/**
 * vgpu_track_collect() - which tables have been written to since this was asked last
 * @vd: the vGPU, open
 * @ret_dirty: VGPU_PPGTT_TABLES bits
 *
 * Return: how many.
 */
u32 vgpu_track_collect(struct vgpu_dev *vd, unsigned long *ret_dirty)
{
	u32 table, n = 0;

	bitmap_zero(ret_dirty, VGPU_PPGTT_TABLES);
	if (!vd->track)
		return 0;
	for_each_set_bit(table, vd->track->dirty, VGPU_PPGTT_TABLES)
	{
		clear_bit(table, vd->track->dirty);
		__set_bit(table, ret_dirty);
		n++;
	}
	return n;
}

/**
 * vgpu_track_open() - get to know the guest's KVM, if there is one
 * @vd: the vGPU, being opened; not locked
 */
void vgpu_track_open(struct vgpu_dev *vd)
{
	struct kvm *kvm = vd->vdev.kvm;
	struct vgpu_track *t;

	if (!vgpu_track_ppgtt || !kvm || kvm->mm != current->mm)
		return;
	t = kzalloc(sizeof(*t), GFP_KERNEL_ACCOUNT);
	if (!t)
		return;
	t->kvm = kvm;
	t->vd = vd;
	spin_lock_init(&t->lock);
	set_callbacks(&t->node);
	if (vgpu_compat_track_register(kvm, &t->node))
		kfree(t);
	else
		vd->track = t;
}

/**
 * vgpu_track_close() - let go of it
 * @vd: the vGPU, closed for the core; not locked
 */
void vgpu_track_close(struct vgpu_dev *vd)
{
	struct vgpu_track *t = vd->track;
	u32 table;

	if (!t)
		return;
	for (table = 0; table < VGPU_PPGTT_TABLES; table++)
		vgpu_track_remove(vd, table, 0);
	vd->track = NULL;
	vgpu_compat_track_unregister(t->kvm, &t->node); /* waits for a notifier that runs */
	kfree(t);
}

#else

void vgpu_track_open(struct vgpu_dev *vd)
{
}

void vgpu_track_close(struct vgpu_dev *vd)
{
}

int vgpu_track_add(void *guest, u32 table, u64 gfn)
{
	return -EOPNOTSUPP;
}

void vgpu_track_remove(void *guest, u32 table, u64 gfn)
{
}

u32 vgpu_track_collect(struct vgpu_dev *vd, unsigned long *ret_dirty)
{
	bitmap_zero(ret_dirty, VGPU_PPGTT_TABLES);
	return 0;
}

#endif
