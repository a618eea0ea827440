// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * top_gpus.c - the GPUs on the interactive screen: what is used, what is free, and a bar for each engine. No lock: pure functions.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/size.h"
#include "lib/text.h"
#include "vgpuctl/top_ui.h"

#define INDENT 2
#define GAP 2
#define BAR_MAX 40
/* Besides its bar, an engine has its name, two brackets, a percentage and a gap. */
#define ENGINE_WIDTH 14
#define BAR_MIN 4
#define PIECE_SIZE 128

/* Pieces of text, one behind the other, in another line where they don't fit. */
struct flow {
	struct vgpu_screen *screen;
	unsigned int y, x, lines;
};

static void flow(struct flow *flow, unsigned int look, const char *text)
{
	unsigned int width = vgpu_screen_width(text);

	if (flow->x && flow->x + GAP + width > flow->screen->columns) {
		flow->lines++;
		flow->x = 0;
	}
	flow->x += flow->x ? GAP : flow->lines > 1 ? INDENT : 0;
	vgpu_screen_put(flow->screen, flow->y + flow->lines - 1, flow->x, flow->screen->columns, look, text);
	flow->x += width;
}

static void flow_partition(struct flow *to, const struct vgpu_json *gpu)
{
	uint64_t total = vgpu_json_get_u64(gpu, "aperture_total_bytes"),
		 free_bytes = vgpu_json_get_u64(gpu, "aperture_free_bytes");
	char used[VGPU_SIZE_TEXT], left[VGPU_SIZE_TEXT], hole[VGPU_SIZE_TEXT], text[PIECE_SIZE];

	snprintf(text, sizeof(text), "aperture %s used, %s free, hole %s", vgpu_size_format(total - free_bytes, used),
		 vgpu_size_format(free_bytes, left), vgpu_size_format(vgpu_json_get_u64(gpu, "aperture_hole_bytes"), hole));
	flow(to, VGPU_LOOK_PLAIN, text);
	snprintf(text, sizeof(text), "fences %" PRIu64 "/%" PRIu64 " free", vgpu_json_get_u64(gpu, "fences_free"),
		 vgpu_json_get_u64(gpu, "fences_total"));
	flow(to, VGPU_LOOK_PLAIN, text);
}

/* vGPUs with work, by engine, as far as the module says so. */
static void flow_runnable(struct flow *to, const struct vgpu_json *counters)
{
	char text[PIECE_SIZE] = "runnable", key[32];
	unsigned int i;

	for (i = 0; i < VGPU_TOP_ENGINES; i++) {
		snprintf(key, sizeof(key), "%s_runnable", vgpu_top_engine[i]);
		if (!vgpu_json_get(counters, key))
			return;
		vgpu_text_append(text, sizeof(text), "%c%" PRIu64, i ? '/' : ' ', vgpu_json_get_u64(counters, key));
	}
	flow(to, VGPU_LOOK_PLAIN, text);
}

/* A bar in eighths of a column, or in halves without block characters. What is not nothing is seen. */
static void bar_text(double pct, unsigned int width, bool unicode, char text[BAR_MAX * 4 + 1])
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	unsigned int millis = pct > 100 ? 100000 : pct * 1000, steps = (millis * width * 8 + 50000) / 100000, i;

	if (pct > 0 && !steps)
		steps = unicode ? 1 : 4;
	*text = '\0';
	for (i = 0; i < steps / 8; i++)
		strcat(text, unicode ? "█" : "#");
	if (i < width)
		strcat(text, unicode ? eighths[steps % 8] : steps % 8 >= 4 ? "|" : "");
}

static unsigned int draw_engines(struct vgpu_screen *screen, unsigned int y, const struct vgpu_top_rates *rates, bool unicode)
{
	unsigned int room = screen->columns - INDENT + GAP, a_line = VGPU_TOP_ENGINES, bar, cell, i, x, at;
	char text[BAR_MAX * 4 + 1];

	while (a_line > 1 && room / a_line < ENGINE_WIDTH + BAR_MIN)
		a_line /= 2;
	cell = room / a_line;
	bar = cell > ENGINE_WIDTH ? cell - ENGINE_WIDTH : 0;
	if (bar > BAR_MAX)
		bar = BAR_MAX;
	for (i = 0; i < VGPU_TOP_ENGINES; i++) {
		x = INDENT + i % a_line * (bar + ENGINE_WIDTH);
		at = y + i / a_line;
		vgpu_screen_put(screen, at, x, 4, VGPU_LOOK_PLAIN, vgpu_top_engine[i]);
		vgpu_screen_put(screen, at, x + 5, 1, VGPU_LOOK_PLAIN, "[");
		bar_text(rates->busy_pct[i], bar, unicode, text);
		vgpu_screen_put(screen, at, x + 6, bar, VGPU_LOOK_GOOD, text);
		vgpu_screen_put(screen, at, x + 6 + bar, 1, VGPU_LOOK_PLAIN, "]");
		snprintf(text, sizeof(text), "%4.0f%%", rates->busy_pct[i]);
		vgpu_screen_put(screen, at, x + 7 + bar, 5, VGPU_LOOK_PLAIN, text);
	}
	return VGPU_TOP_ENGINES / a_line;
}

/* Draws a GPU with all that there is, and returns the lines that it took. */
static unsigned int draw_gpu(struct vgpu_screen *screen, unsigned int y, const struct vgpu_top_gpu *gpu, bool unicode)
{
	struct flow to = { .screen = screen, .y = y, .lines = 1 };
	const char *driver = vgpu_json_get_string(gpu->gpu, "driver");
	const struct vgpu_json *counters = vgpu_json_get(gpu->gpu, "counters");
	char text[PIECE_SIZE];

	snprintf(text, sizeof(text), "GPU %s", gpu->address);
	flow(&to, VGPU_LOOK_BOLD, text);
	if (!gpu->gpu) {
		flow(&to, VGPU_LOOK_BAD, "is not there");
		return to.lines;
	}
	if (vgpu_json_get(gpu->gpu, "aperture_total_bytes"))
		flow_partition(&to, gpu->gpu);
	else
		flow(&to, VGPU_LOOK_PLAIN, driver ? driver : "no driver");
	if (!counters)
		return to.lines;
	flow_runnable(&to, counters);
	return to.lines + draw_engines(screen, y + to.lines, &gpu->rates, unicode);
}

/* The same in one line, for where there are many. */
static void draw_short(struct vgpu_screen *screen, unsigned int y, const struct vgpu_top_gpu *gpu)
{
	char free_text[VGPU_SIZE_TEXT], text[2 * PIECE_SIZE] = "";
	const char *driver = vgpu_json_get_string(gpu->gpu, "driver");
	unsigned int i, x;

	vgpu_text_append(text, sizeof(text), "GPU %s ", gpu->address);
	x = vgpu_screen_put(screen, y, 0, screen->columns, VGPU_LOOK_BOLD, text);
	*text = '\0';
	if (!gpu->gpu)
		vgpu_text_append(text, sizeof(text), " is not there");
	else if (!vgpu_json_get(gpu->gpu, "counters"))
		vgpu_text_append(text, sizeof(text), " %s", driver ? driver : "no driver");
	for (i = 0; vgpu_json_get(gpu->gpu, "counters") && i < VGPU_TOP_ENGINES; i++)
		vgpu_text_append(text, sizeof(text), " %s%4.0f%%", vgpu_top_engine[i], gpu->rates.busy_pct[i]);
	if (vgpu_json_get(gpu->gpu, "aperture_total_bytes"))
		vgpu_text_append(text, sizeof(text), "  %s free",
				 vgpu_size_format(vgpu_json_get_u64(gpu->gpu, "aperture_free_bytes"), free_text));
	vgpu_screen_put(screen, y, x, screen->columns, gpu->gpu ? VGPU_LOOK_PLAIN : VGPU_LOOK_BAD, text);
}

/**
 * vgpu_top_draw_gpus() - draw all GPUs
 * @screen: where to
 * @y: the first line of it
 * @rows: lines that they may take together; beyond that they become short, and then those of the last ones are left out
 * @view: has them
 * @ui: the user interface
 *
 * Return: lines that were drawn.
 */
unsigned int vgpu_top_draw_gpus(struct vgpu_screen *screen, unsigned int y, unsigned int rows, const struct vgpu_top_view *view,
				const struct vgpu_top_ui *ui)
{
	unsigned int lines = 0;
	char text[64];
	size_t i;

	/* Below the screen nothing is drawn: that only measures. */
	for (i = 0; i < view->gpus_count; i++)
		lines += draw_gpu(screen, screen->rows, &view->gpus[i], ui->unicode);
	if (lines <= rows) {
		for (i = 0; i < view->gpus_count; i++)
			y += draw_gpu(screen, y, &view->gpus[i], ui->unicode);
		return lines;
	}
	for (i = 0; i < view->gpus_count; i++) {
		if (i + 1 >= rows && i + 1 < view->gpus_count) {
			snprintf(text, sizeof(text), "and %zu GPUs more", view->gpus_count - i);
			vgpu_screen_put(screen, y + i, 0, screen->columns, VGPU_LOOK_DIM, text);
			return i + 1;
		}
		draw_short(screen, y + i, &view->gpus[i]);
	}
	return view->gpus_count;
}
