/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * top_curses.h - a terminal: its size, its keys, and a copy of a screen on it. top_curses.c is the one home of ncurses; nobody else
 * sees it.
 */
#ifndef VGPU_CTL_TOP_CURSES_H
#define VGPU_CTL_TOP_CURSES_H

#include <stdint.h>

#include "vgpuctl/top_screen.h"

struct vgpu_curses;

int vgpu_curses_start(struct vgpu_curses **ret_curses);
void vgpu_curses_stop(struct vgpu_curses *curses);
bool vgpu_curses_unicode(const struct vgpu_curses *curses);
void vgpu_curses_size(const struct vgpu_curses *curses, unsigned int *ret_rows, unsigned int *ret_columns);
uint32_t vgpu_curses_key(struct vgpu_curses *curses);
void vgpu_curses_show(struct vgpu_curses *curses, const struct vgpu_screen *screen);

#endif
