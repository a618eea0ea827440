/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * top_view.h - a report as something to show: GPUs, also those that are gone, and vGPUs with their rates, chosen and in order.
 */
#ifndef VGPU_CTL_TOP_VIEW_H
#define VGPU_CTL_TOP_VIEW_H

#include "vgpuctl/top_columns.h"

struct vgpu_top_gpu {
	const char *address;
	const struct vgpu_json *gpu; /* NULL: it is gone, and its vGPUs are recorded */
	struct vgpu_top_rates rates;
};

/* Borrows from the report. */
struct vgpu_top_view {
	struct vgpu_top_gpu *gpus;
	size_t gpus_count;
	struct vgpu_top_row *rows;
	size_t rows_count; /* that are shown */
	size_t rows_total;
};

int vgpu_top_view_init(struct vgpu_top_view *ret_view, const struct vgpu_top_report *report);
void vgpu_top_view_fini(struct vgpu_top_view *view);
void vgpu_top_view_filter(struct vgpu_top_view *view, const char *filter);
void vgpu_top_view_sort(struct vgpu_top_view *view, enum vgpu_top_column column, bool reverse);

#define cleanup_view __attribute__((cleanup(vgpu_top_view_fini)))

#endif
