/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * The guest's pages that the hardware's page tables lead to; see pins.c.
 */
#ifndef VGPU_PINS_H
#define VGPU_PINS_H

/*
 * What an entry of a table has pinned: the guest's page number, 27 bits. The guest's entry does not tell it, because pinning may
 * have failed, and the guest's memory may have gone since. 0: nothing.
 */
#define PIN_HELD BIT(31)
#define PIN_DOOMED BIT(30) /* no longer in the hardware's entry; to be unpinned when nothing can use it any more */
#define PIN_GFN ((1u << (VGPU_DMA_BITS - VGPU_PAGE_SHIFT)) - 1)

int vgpu_pins_open(struct vgpu *v);
void vgpu_pins_close(struct vgpu *v);
u32 vgpu_pins_room(const struct vgpu *v);
u32 vgpu_pins_gfn(u32 pte);
void vgpu_pins_want(struct vgpu_sync_want *want, u32 pte);
u32 vgpu_pins_take(struct vgpu *v, u32 pte, u32 *ret_entry);
void vgpu_pins_drop(struct vgpu *v, u32 pin);
bool vgpu_pins_dropped(const struct vgpu *v, u64 gfn, u64 pages);
void vgpu_pins_unpin_dropped(struct vgpu *v);
void vgpu_pins_age(struct vgpu *v);
bool vgpu_pins_doom(u32 *pin, u64 gfn, u64 pages);
void vgpu_pins_unpin_doomed(struct vgpu *v, u32 *pin, u32 n);

/** vgpu_pins_held() - whether an entry has a page that is to stay */
static inline bool vgpu_pins_held(u32 pin)
{
	return (pin & (PIN_HELD | PIN_DOOMED)) == PIN_HELD;
}

#endif
