/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * top_columns.h - what vgpu-top shows of a vGPU, one row each: which columns there are, what stands in them, how they fit into a line.
 */
#ifndef VGPU_CTL_TOP_COLUMNS_H
#define VGPU_CTL_TOP_COLUMNS_H

#include "vgpuctl/top.h"
#include "vgpuctl/top_screen.h"

enum vgpu_top_column {
	VGPU_COLUMN_NAME,
	VGPU_COLUMN_DOMAIN,
	VGPU_COLUMN_ADDRESS, /* of the GPU */
	VGPU_COLUMN_STATE,
	VGPU_COLUMN_GPU,
	VGPU_COLUMN_SHARE,
	VGPU_COLUMN_RCS,
	VGPU_COLUMN_VCS,
	VGPU_COLUMN_BCS,
	VGPU_COLUMN_VECS,
	VGPU_COLUMN_WAIT,
	VGPU_COLUMN_P99,
	VGPU_COLUMN_SUBMISSIONS,
	VGPU_COLUMN_TRAPS,
	VGPU_COLUMN_SWITCHES,
	VGPU_COLUMN_REJECTIONS,
	VGPU_COLUMN_APERTURE,
	VGPU_COLUMN_WEIGHT,
	VGPU_COLUMN_CAP,
	VGPU_COLUMN_WHY,
	VGPU_COLUMNS
};

/* A vGPU of a reading, borrowed, and its rates. */
struct vgpu_top_row {
	const struct vgpu_json *vgpu;
	struct vgpu_top_rates rates;
};

/* Columns of each column, 0 for one that is left out. */
struct vgpu_top_layout {
	unsigned int width[VGPU_COLUMNS];
};

#define VGPU_COLUMN_TEXT 256

const char *vgpu_top_column_title(enum vgpu_top_column column);
void vgpu_top_column_text(enum vgpu_top_column column, const struct vgpu_top_row *row, char text[VGPU_COLUMN_TEXT]);
int vgpu_top_column_compare(enum vgpu_top_column column, const struct vgpu_top_row *a, const struct vgpu_top_row *b);
void vgpu_top_layout_make(const struct vgpu_top_row *rows, size_t count, bool addresses, unsigned int line,
			  struct vgpu_top_layout *ret_layout);
unsigned int vgpu_top_layout_width(const struct vgpu_top_layout *layout);
void vgpu_top_draw_titles(struct vgpu_screen *screen, unsigned int y, const struct vgpu_top_layout *layout, int sorted);
void vgpu_top_draw_row(struct vgpu_screen *screen, unsigned int y, const struct vgpu_top_layout *layout,
		       const struct vgpu_top_row *row);

#endif
