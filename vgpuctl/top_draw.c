// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * top_draw.c - the interactive screen: what stands where. No lock: pure functions.
 *
 * From above: a line about vgpu-top itself, the GPUs, the titles, as many vGPUs as there is room for, and a last line for what is typed,
 * what happened, or which keys there are.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/text.h"
#include "vgpuctl/top_ui.h"

#define GAP 2
#define LINE_SIZE 768

/* A piece of the first line, left out where there is no room for it. */
static void __attribute__((format(printf, 4, 5)))
status(struct vgpu_screen *screen, unsigned int *x, unsigned int look, const char *format, ...)
{
	char text[LINE_SIZE];
	unsigned int width;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	width = vgpu_screen_width(text);
	if (*x && *x + GAP + width > screen->columns)
		return;
	*x += *x ? GAP : 0;
	*x += vgpu_screen_put(screen, 0, *x, screen->columns, look, text);
}

static void draw_status(struct vgpu_screen *screen, const struct vgpu_top_view *view, const struct vgpu_top_ui *ui)
{
	size_t last = ui->first + ui->page < view->rows_count ? ui->first + ui->page : view->rows_count;
	char text[LINE_SIZE];
	unsigned int x = 0;

	status(screen, &x, VGPU_LOOK_BOLD, "vgpu-top");
	status(screen, &x, VGPU_LOOK_PLAIN, "%s", ui->clock);
	if (*ui->away) {
		snprintf(text, sizeof(text), "vgpud away since %s; waiting", ui->away);
		x = x + GAP + vgpu_screen_width(text) > screen->columns ? 0 : x + GAP;
		vgpu_screen_put(screen, 0, x, screen->columns, VGPU_LOOK_BAD | VGPU_LOOK_BOLD, text);
		return;
	}
	status(screen, &x, VGPU_LOOK_PLAIN, "%zu vGPU%s", view->rows_total, view->rows_total == 1 ? "" : "s");
	if (*ui->filter && ui->mode != VGPU_MODE_FILTER)
		status(screen, &x, VGPU_LOOK_BOLD, "%zu with '%s'", view->rows_count, ui->filter);
	if (view->rows_count > ui->page && ui->page)
		status(screen, &x, VGPU_LOOK_PLAIN, "%zu-%zu shown", ui->first + 1, last);
	status(screen, &x, VGPU_LOOK_PLAIN, "every %g s", ui->delay_ns / 1e9);
	status(screen, &x, VGPU_LOOK_PLAIN, "by %s%s", vgpu_top_column_title(ui->sort), ui->reverse ? ", reversed" : "");
}

/* As many of the keys as there is room for, those first that nobody guesses. */
static void draw_hints(struct vgpu_screen *screen, unsigned int y)
{
	static const char *const hints[] = { "h help",	 "q quit", "s sort",  "r reverse",    "/ filter",
					     "w weight", "c cap",  "d delay", "arrows select" };
	unsigned int i, x = 0;

	for (i = 0; i < VGPU_COUNT(hints); i++) {
		if (x + strlen(hints[i]) > screen->columns)
			break;
		x += vgpu_screen_put(screen, y, x, screen->columns, VGPU_LOOK_DIM, hints[i]) + GAP;
	}
}

static void draw_last_line(struct vgpu_screen *screen, const struct vgpu_top_ui *ui)
{
	unsigned int y = screen->rows - 1;
	char text[LINE_SIZE];

	if (ui->mode >= VGPU_MODE_FILTER) {
		vgpu_top_ui_prompt(ui, text, sizeof(text) - 1);
		strcat(text, "_");
		vgpu_screen_put(screen, y, 0, screen->columns, VGPU_LOOK_BOLD, text);
	} else if (*ui->message) {
		vgpu_screen_put(screen, y, 0, screen->columns, ui->failed ? VGPU_LOOK_BAD | VGPU_LOOK_BOLD : VGPU_LOOK_GOOD,
				ui->message);
	} else {
		draw_hints(screen, y);
	}
}

static const char *nothing_to_show(const struct vgpu_top_view *view)
{
	if (!view->gpus_count && !view->rows_total)
		return "no GPU of this host can be shared";
	if (!view->rows_total)
		return "no vGPU yet; vgpuctl create --aperture 64M makes one";
	return "no name or domain like this";
}

/* Keeps the selected row on the screen, and the screen full. */
static void scroll(struct vgpu_top_ui *ui, size_t count)
{
	if (ui->index < ui->first)
		ui->first = ui->index;
	if (ui->page && ui->index >= ui->first + ui->page)
		ui->first = ui->index - ui->page + 1;
	if (ui->first + ui->page > count)
		ui->first = count > ui->page ? count - ui->page : 0;
}

static void draw_vgpus(struct vgpu_screen *screen, unsigned int y, const struct vgpu_top_view *view, struct vgpu_top_ui *ui)
{
	struct vgpu_top_layout layout;
	size_t i;

	vgpu_top_layout_make(view->rows, view->rows_count, view->gpus_count > 1, screen->columns, &layout);
	ui->shown = 0;
	for (i = 0; i < VGPU_COLUMNS; i++)
		ui->shown |= layout.width[i] ? 1u << i : 0;
	ui->page = y + 2 < screen->rows ? screen->rows - y - 2 : 0;
	scroll(ui, view->rows_count);
	vgpu_top_draw_titles(screen, y, &layout, ui->sort);
	if (!view->rows_count)
		vgpu_screen_put(screen, y + 1, 0, screen->columns, VGPU_LOOK_DIM, nothing_to_show(view));
	for (i = 0; i < ui->page && ui->first + i < view->rows_count; i++) {
		vgpu_top_draw_row(screen, y + 1 + i, &layout, &view->rows[ui->first + i]);
		if (ui->first + i == ui->index)
			vgpu_screen_look(screen, y + 1 + i, VGPU_LOOK_REVERSE);
	}
}

/**
 * vgpu_top_draw() - draw all of the screen
 * @screen: what was there before is gone
 * @view: from vgpu_top_ui_view()
 * @ui: the user interface; scrolled so that the selected row is seen
 */
void vgpu_top_draw(struct vgpu_screen *screen, const struct vgpu_top_view *view, struct vgpu_top_ui *ui)
{
	unsigned int y = 1, i;

	vgpu_screen_clear(screen);
	if (!screen->rows || !screen->columns)
		return;
	/* A third for the GPUs: it is the vGPUs that one came for. */
	y += vgpu_top_draw_gpus(screen, y, screen->rows / 3, view, ui);
	draw_vgpus(screen, y, view, ui);
	/* What was said before vgpud went away is old. */
	for (i = 1; *ui->away && i < screen->rows; i++)
		vgpu_screen_look(screen, i, VGPU_LOOK_DIM);
	if (ui->mode == VGPU_MODE_HELP)
		vgpu_top_draw_help(screen, 1);
	draw_status(screen, view, ui);
	if (screen->rows > 1) {
		/* On a terminal of a few lines, others may have been drawn there. */
		for (i = 0; i < screen->columns; i++)
			vgpu_screen_put(screen, screen->rows - 1, i, 1, VGPU_LOOK_PLAIN, " ");
		draw_last_line(screen, ui);
	}
}
