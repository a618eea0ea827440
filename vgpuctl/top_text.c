// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * top_text.c - a report for people, as lines of text. No lock: pure functions of the report.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/size.h"
#include "lib/text.h"
#include "vgpuctl/top_view.h"

/* Wider than any row, for where there is no limit. */
#define LINE_WIDTH_MAX 512
#define LINE_SIZE 1024

/* The line is a screen of one row, so that what is cut is cut as it is there. */
static void print_line(struct vgpu_screen *line)
{
	cleanup_free char *text = vgpu_screen_text(line);

	if (text)
		fputs(text, stdout);
	vgpu_screen_clear(line);
}

static void print_text(struct vgpu_screen *line, const char *text)
{
	vgpu_screen_put(line, 0, 0, line->columns, VGPU_LOOK_PLAIN, text);
	print_line(line);
}

static void print_gpu(struct vgpu_screen *line, const struct vgpu_top_gpu *gpu)
{
	uint64_t total = vgpu_json_get_u64(gpu->gpu, "aperture_total_bytes"),
		 free_bytes = vgpu_json_get_u64(gpu->gpu, "aperture_free_bytes");
	char used[VGPU_SIZE_TEXT], left[VGPU_SIZE_TEXT], hole[VGPU_SIZE_TEXT], text[LINE_SIZE] = "";
	bool measured = vgpu_json_get(gpu->gpu, "counters") != NULL;
	const char *driver = vgpu_json_get_string(gpu->gpu, "driver");
	unsigned int i;

	vgpu_text_append(text, LINE_SIZE, "GPU %s ", gpu->address);
	for (i = 0; measured && i < VGPU_TOP_ENGINES; i++)
		vgpu_text_append(text, LINE_SIZE, " %s %5.1f%%", vgpu_top_engine[i], gpu->rates.busy_pct[i]);
	if (!gpu->gpu)
		vgpu_text_append(text, LINE_SIZE, " is not there");
	else if (!measured)
		vgpu_text_append(text, LINE_SIZE, " %s", driver ? driver : "no driver");
	print_text(line, text);
	if (!total)
		return;
	*text = '\0';
	vgpu_text_append(text, LINE_SIZE, "  aperture %s used, %s free, largest hole %s; fences %" PRIu64 "/%" PRIu64 " free",
			 vgpu_size_format(total - free_bytes, used), vgpu_size_format(free_bytes, left),
			 vgpu_size_format(vgpu_json_get_u64(gpu->gpu, "aperture_hole_bytes"), hole),
			 vgpu_json_get_u64(gpu->gpu, "fences_free"), vgpu_json_get_u64(gpu->gpu, "fences_total"));
	print_text(line, text);
}

static void print_vgpus_on(struct vgpu_screen *line, const struct vgpu_top_layout *layout, const struct vgpu_top_view *view,
			   const char *address)
{
	size_t i;

	vgpu_top_draw_titles(line, 0, layout, -1);
	print_line(line);
	for (i = 0; i < view->rows_count; i++) {
		if (strcmp(vgpu_top_text(view->rows[i].vgpu, "gpu"), address) != 0)
			continue;
		vgpu_top_draw_row(line, 0, layout, &view->rows[i]);
		print_line(line);
	}
}

/**
 * vgpu_top_print_text() - print a report for people
 * @report: the report
 * @width: columns that a line may have, 0 for as many as it takes
 */
void vgpu_top_print_text(const struct vgpu_top_report *report, unsigned int width)
{
	cleanup_view struct vgpu_top_view view = { 0 };
	struct vgpu_top_layout layout;
	struct vgpu_screen line;
	size_t i;

	if (vgpu_screen_init(&line, 1, width ? width : LINE_WIDTH_MAX))
		return;
	if (!vgpu_top_view_init(&view, report)) {
		vgpu_top_layout_make(view.rows, view.rows_count, false, width, &layout);
		for (i = 0; i < view.gpus_count; i++) {
			print_gpu(&line, &view.gpus[i]);
			print_vgpus_on(&line, &layout, &view, view.gpus[i].address);
		}
		if (!view.gpus_count && !view.rows_count)
			print_text(&line, "no GPU of this host can be shared");
	}
	putchar('\n');
	vgpu_screen_fini(&line);
}
