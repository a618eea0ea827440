/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * top_screen.h - a screen in memory: cells of characters with attributes. Everything that vgpu-top shows is drawn on one; a terminal or
 * a file only gets a copy.
 */
#ifndef VGPU_CTL_TOP_SCREEN_H
#define VGPU_CTL_TOP_SCREEN_H

#include <stdbool.h>
#include <wchar.h>

enum vgpu_screen_look {
	VGPU_LOOK_PLAIN = 0,
	VGPU_LOOK_BOLD = 1 << 0,
	VGPU_LOOK_DIM = 1 << 1,
	VGPU_LOOK_REVERSE = 1 << 2,
	VGPU_LOOK_GOOD = 1 << 3, /* these three are colours, where there are any */
	VGPU_LOOK_WARN = 1 << 4,
	VGPU_LOOK_BAD = 1 << 5,
};

struct vgpu_screen_cell {
	wchar_t c; /* 0: the right half of the wide character before it */
	unsigned int look;
};

struct vgpu_screen {
	unsigned int rows, columns;
	struct vgpu_screen_cell *cells; /* row by row */
};

int vgpu_screen_init(struct vgpu_screen *ret_screen, unsigned int rows, unsigned int columns);
void vgpu_screen_fini(struct vgpu_screen *screen);
void vgpu_screen_clear(struct vgpu_screen *screen);
unsigned int vgpu_screen_put(struct vgpu_screen *screen, unsigned int row, unsigned int column, unsigned int width,
			     unsigned int look, const char *text);
void vgpu_screen_look(struct vgpu_screen *screen, unsigned int row, unsigned int look);
char *vgpu_screen_text(const struct vgpu_screen *screen);
unsigned int vgpu_screen_width(const char *text);

#endif
