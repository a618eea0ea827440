/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Carving one resource into claims; see partition.c.
 */
#ifndef VGPU_PARTITION_H
#define VGPU_PARTITION_H

/**
 * struct vgpu_partition - a span [@base, @base + @size) and the claims on it
 * @claim: the claims in order of their base, none empty, none overlapping
 */
struct vgpu_partition {
	u64 base, size;
	u32 claims;
	struct vgpu_range claim[VGPU_MAX];
};

void vgpu_partition_init(struct vgpu_partition *p, u64 base, u64 size);
int vgpu_partition_claim(struct vgpu_partition *p, u64 size, struct vgpu_range *ret_range);
int vgpu_partition_restore(struct vgpu_partition *p, const struct vgpu_range *range);
void vgpu_partition_release(struct vgpu_partition *p, u64 base);
void vgpu_partition_room(const struct vgpu_partition *p, struct vgpu_room *ret_room);

#endif
