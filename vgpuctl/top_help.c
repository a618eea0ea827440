// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * top_help.c - what the key h shows. No lock: constant data. tests/cli/docs.bats holds the man page to it.
 */
#include <string.h>

#include "lib/cleanup.h"
#include "vgpuctl/top_ui.h"

#define TEXT_COLUMN 10

/* A line without a text is a heading. */
static const struct {
	const char *key, *text;
} lines[] = {
	{ "KEYS", "" },
	{ "arrows", "select a vGPU; also PgUp, PgDn, Home, End" },
	{ "s", "sort by the next column" },
	{ "r", "sort the other way round" },
	{ "/", "show only what has a text in its name or domain; Esc: all" },
	{ "w", "change the weight of the selected vGPU" },
	{ "c", "change its cap" },
	{ "d", "change the time between reports" },
	{ "h, ?", "this help; any key leaves it" },
	{ "q", "quit" },
	{ "COLUMNS", "" },
	{ "GPU%", "time that it had of the engines, summed up" },
	{ "ENT%", "time that its weight was worth while it had work" },
	{ "WAIT%", "time with work pending while others ran" },
	{ "P99", "99 of 100 waits were no longer" },
	{ "REJ", "commands and accesses refused since it was made" },
	{ "WHY", "" },
	{ "idle", "it had no work" },
	{ "capped", "it had work, and its cap allowed no more" },
	{ "waiting", "it waited, and had less than it was entitled to" },
	{ "stopped", "it was stopped for repeated hangs" },
};

/**
 * vgpu_top_draw_help() - draw the help over what is there
 * @screen: where to
 * @y: from which line on
 */
void vgpu_top_draw_help(struct vgpu_screen *screen, unsigned int y)
{
	unsigned int row, x, i;

	for (row = y; row < screen->rows; row++)
		for (x = 0; x < screen->columns; x++)
			vgpu_screen_put(screen, row, x, 1, VGPU_LOOK_PLAIN, " ");
	for (i = 0; i < VGPU_COUNT(lines); i++) {
		if (!*lines[i].text) {
			vgpu_screen_put(screen, y + i, 0, screen->columns, VGPU_LOOK_BOLD, lines[i].key);
			continue;
		}
		vgpu_screen_put(screen, y + i, 2, TEXT_COLUMN - 2, VGPU_LOOK_BOLD, lines[i].key);
		vgpu_screen_put(screen, y + i, TEXT_COLUMN, screen->columns, VGPU_LOOK_PLAIN, lines[i].text);
	}
}
