// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * top_text.c - a report for people: which columns there are, and how they fit into a line. No lock: pure functions of the report.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/size.h"
#include "lib/text.h"
#include "vgpuctl/top.h"

/* clang-format off */
enum cell {
	CELL_NAME, CELL_DOMAIN, CELL_STATE, CELL_GPU, CELL_RCS, CELL_VCS, CELL_BCS, CELL_VECS, CELL_SUBMISSIONS, CELL_TRAPS,
	CELL_REJECTIONS, CELL_APERTURE, CELL_WEIGHT, CELLS
};

static const struct {
	const char *title;
	unsigned int width;
	bool text; /* to the left, and as wide as its longest where there is room */
} cells[CELLS] = {
	[CELL_NAME]		= { "NAME", 12, true },
	[CELL_DOMAIN]		= { "DOMAIN", 8, true },
	[CELL_STATE]		= { "STATE", 8, true },
	[CELL_GPU]		= { "GPU%", 5 },
	[CELL_RCS]		= { "RCS", 3 },
	[CELL_VCS]		= { "VCS", 3 },
	[CELL_BCS]		= { "BCS", 3 },
	[CELL_VECS]		= { "VECS", 4 },
	[CELL_SUBMISSIONS]	= { "SUB/s", 6 },
	[CELL_TRAPS]		= { "TRAP/s", 6 },
	[CELL_REJECTIONS]	= { "REJ", 4 },
	[CELL_APERTURE]		= { "APERT", 5 },
	[CELL_WEIGHT]		= { "WEIGHT", 6 },
};

/* What goes first on a narrow terminal; the rest stays and is cut. */
static const enum cell drops[] = {
	CELL_SUBMISSIONS, CELL_VECS, CELL_VCS, CELL_TRAPS, CELL_BCS, CELL_RCS, CELL_REJECTIONS, CELL_APERTURE, CELL_WEIGHT,
};
/* clang-format on */

#define CELL_SIZE 64
#define TEXT_WIDTH_MAX 36
#define LINE_SIZE 1024

/* A number in so many columns: as it is, or in thousands and so on. */
static void count_text(double value, int width, char text[CELL_SIZE])
{
	static const char units[] = " kMGTPE";
	unsigned int unit = 0;

	if (snprintf(text, CELL_SIZE, "%.0f", value) <= width)
		return;
	while (value >= 1000 && units[unit + 1]) {
		value /= 1000;
		unit++;
	}
	if (snprintf(text, CELL_SIZE, "%.1f%c", value, units[unit]) > width)
		snprintf(text, CELL_SIZE, "%.0f%c", value, units[unit]);
}

/* A size in five columns; vgpu_size_format() is exact, and may need many. */
static void size_text(uint64_t bytes, char text[CELL_SIZE])
{
	static const char units[] = "BKMGTP";
	double value = bytes;
	unsigned int unit = 0;

	while (value >= 9999.5 || (unit < 2 && value >= 1024)) {
		value /= 1024;
		unit++;
	}
	snprintf(text, CELL_SIZE, value < 10 && value != (int)value ? "%.1f%c" : "%.0f%c", value, units[unit]);
}

/* A name may hold anything that libvirt lets through: none of it moves the cursor. */
static void plain_text(const char *from, char text[CELL_SIZE])
{
	size_t i;

	for (i = 0; i < CELL_SIZE - 1 && from[i]; i++)
		text[i] = (unsigned char)from[i] < 0x20 || from[i] == 0x7f ? '?' : from[i];
	text[i] = '\0';
}

static void cell_text(enum cell cell, const struct vgpu_json *vgpu, const struct vgpu_top_rates *rates, char text[CELL_SIZE])
{
	switch (cell) {
	case CELL_NAME:
		plain_text(vgpu_top_name(vgpu), text);
		break;
	case CELL_DOMAIN:
		plain_text(vgpu_top_text(vgpu, "domain"), text);
		break;
	case CELL_STATE:
		plain_text(vgpu_top_text(vgpu, "state"), text);
		break;
	case CELL_GPU:
		snprintf(text, CELL_SIZE, "%.1f", rates->gpu_pct);
		break;
	case CELL_RCS:
	case CELL_VCS:
	case CELL_BCS:
	case CELL_VECS:
		snprintf(text, CELL_SIZE, "%.0f", rates->busy_pct[VGPU_TOP_RCS + cell - CELL_RCS]);
		break;
	case CELL_SUBMISSIONS:
		count_text(rates->submissions_per_s, cells[cell].width, text);
		break;
	case CELL_TRAPS:
		count_text(rates->traps_per_s, cells[cell].width, text);
		break;
	case CELL_REJECTIONS:
		count_text(rates->rejections, cells[cell].width, text);
		break;
	case CELL_APERTURE:
		size_text(vgpu_json_get_u64(vgpu, "aperture_bytes"), text);
		break;
	case CELL_WEIGHT:
		if (vgpu_json_get(vgpu, "weight"))
			snprintf(text, CELL_SIZE, "%" PRIu64, vgpu_json_get_u64(vgpu, "weight"));
		else
			strcpy(text, "-");
		break;
	case CELLS:
		break;
	}
}

/* How wide each column is in this report, 0 for one that is dropped. */
struct layout {
	unsigned int line; /* 0: as wide as it gets */
	unsigned int width[CELLS];
};

static unsigned int total_width(const struct layout *layout)
{
	unsigned int total = 0, i;

	for (i = 0; i < CELLS; i++)
		total += layout->width[i] ? layout->width[i] + 1 : 0;
	return total - 1;
}

static void make_layout(struct layout *layout, const struct vgpu_json *vgpus, unsigned int line)
{
	const struct vgpu_top_rates none = { 0 };
	char text[CELL_SIZE] = "";
	unsigned int i;
	size_t v, length;

	layout->line = line;
	for (i = 0; i < CELLS; i++) {
		layout->width[i] = cells[i].width;
		for (v = 0; cells[i].text && v < vgpu_json_length(vgpus); v++) {
			cell_text(i, vgpu_json_at(vgpus, v), &none, text);
			length = strlen(text) < TEXT_WIDTH_MAX ? strlen(text) : TEXT_WIDTH_MAX;
			if (length > layout->width[i])
				layout->width[i] = length;
		}
	}
	for (i = 0; line && i < CELLS && total_width(layout) > line; i++)
		if (cells[i].text)
			layout->width[i] = cells[i].width;
	for (i = 0; line && i < VGPU_COUNT(drops) && total_width(layout) > line; i++)
		layout->width[drops[i]] = 0;
}

static void print_line(const struct layout *layout, const char *line)
{
	size_t length = strlen(line);

	while (length && line[length - 1] == ' ')
		length--;
	printf("%.*s\n", (int)(layout->line && length > layout->line ? layout->line : length), line);
}

/* A '+' at its end says that a text was cut. */
static void append_cell(const struct layout *layout, enum cell cell, const char *text, char line[LINE_SIZE])
{
	int width = layout->width[cell], length = strlen(text);

	if (!width)
		return;
	vgpu_text_append(line, LINE_SIZE, "%s", *line ? " " : "");
	if (length > width && cells[cell].text)
		vgpu_text_append(line, LINE_SIZE, "%.*s+", width - 1, text);
	else
		vgpu_text_append(line, LINE_SIZE, cells[cell].text ? "%-*s" : "%*s", width, text);
}

static void print_titles(const struct layout *layout)
{
	char line[LINE_SIZE] = "";
	unsigned int i;

	for (i = 0; i < CELLS; i++)
		append_cell(layout, i, cells[i].title, line);
	print_line(layout, line);
}

static void print_vgpu(const struct layout *layout, const struct vgpu_top_report *report, const struct vgpu_json *vgpu)
{
	struct vgpu_top_rates rates;
	char line[LINE_SIZE] = "", text[CELL_SIZE] = "";
	unsigned int i;

	vgpu_top_rates(report, "vgpus", "uuid", vgpu, &rates);
	for (i = 0; i < CELLS; i++) {
		cell_text(i, vgpu, &rates, text);
		append_cell(layout, i, text, line);
	}
	print_line(layout, line);
}

static void print_gpu(const struct layout *layout, const struct vgpu_top_report *report, const struct vgpu_json *gpu)
{
	uint64_t total = vgpu_json_get_u64(gpu, "aperture_total_bytes"),
		 free_bytes = vgpu_json_get_u64(gpu, "aperture_free_bytes");
	char used[VGPU_SIZE_TEXT], left[VGPU_SIZE_TEXT], hole[VGPU_SIZE_TEXT], line[LINE_SIZE] = "";
	struct vgpu_top_rates rates;
	unsigned int i;

	vgpu_top_rates(report, "gpus", "gpu", gpu, &rates);
	vgpu_text_append(line, LINE_SIZE, "GPU %s ", vgpu_top_text(gpu, "gpu"));
	for (i = 0; i < VGPU_TOP_ENGINES; i++)
		vgpu_text_append(line, LINE_SIZE, " %s %5.1f%%", vgpu_top_engine[i], rates.busy_pct[i]);
	print_line(layout, line);
	if (!total)
		return;
	*line = '\0';
	vgpu_text_append(line, LINE_SIZE, "  aperture %s used, %s free, largest hole %s; fences %" PRIu64 "/%" PRIu64 " free",
			 vgpu_size_format(total - free_bytes, used), vgpu_size_format(free_bytes, left),
			 vgpu_size_format(vgpu_json_get_u64(gpu, "aperture_hole_bytes"), hole),
			 vgpu_json_get_u64(gpu, "fences_free"), vgpu_json_get_u64(gpu, "fences_total"));
	print_line(layout, line);
}

static bool has_gpu(const struct vgpu_json *gpus, const char *address)
{
	size_t g;

	for (g = 0; g < vgpu_json_length(gpus); g++)
		if (!strcmp(vgpu_top_text(vgpu_json_at(gpus, g), "gpu"), address))
			return true;
	return false;
}

static void print_vgpus_on(const struct layout *layout, const struct vgpu_top_report *report, const char *address)
{
	const struct vgpu_json *vgpus = vgpu_json_get(report->now, "vgpus");
	size_t v;

	print_titles(layout);
	for (v = 0; v < vgpu_json_length(vgpus); v++)
		if (!strcmp(vgpu_top_text(vgpu_json_at(vgpus, v), "gpu"), address))
			print_vgpu(layout, report, vgpu_json_at(vgpus, v));
}

/* A GPU that went away leaves its vGPUs recorded: each such GPU once, at the first of them. */
static void print_orphans(const struct layout *layout, const struct vgpu_top_report *report)
{
	const struct vgpu_json *vgpus = vgpu_json_get(report->now, "vgpus");
	const char *address;
	size_t v, before;

	for (v = 0; v < vgpu_json_length(vgpus); v++) {
		address = vgpu_top_text(vgpu_json_at(vgpus, v), "gpu");
		for (before = 0; before < v && strcmp(vgpu_top_text(vgpu_json_at(vgpus, before), "gpu"), address) != 0; before++)
			;
		if (before < v || has_gpu(vgpu_json_get(report->now, "gpus"), address))
			continue;
		printf("GPU %s  is not there\n", address);
		print_vgpus_on(layout, report, address);
	}
}

/**
 * vgpu_top_print_text() - print a report for people
 * @report: the report
 * @width: columns that a line may have, 0 for as many as it takes
 * @refresh: over the one before it
 */
void vgpu_top_print_text(const struct vgpu_top_report *report, unsigned int width, bool refresh)
{
	const struct vgpu_json *gpus = vgpu_json_get(report->now, "gpus"), *vgpus = vgpu_json_get(report->now, "vgpus");
	struct layout layout;
	size_t g;

	make_layout(&layout, vgpus, width);
	/* ECMA-48: cursor to the top left, clear the screen. */
	fputs(refresh ? "\033[H\033[2J" : "", stdout);
	for (g = 0; g < vgpu_json_length(gpus); g++) {
		print_gpu(&layout, report, vgpu_json_at(gpus, g));
		print_vgpus_on(&layout, report, vgpu_top_text(vgpu_json_at(gpus, g), "gpu"));
	}
	print_orphans(&layout, report);
	if (!vgpu_json_length(gpus) && !vgpu_json_length(vgpus))
		print_line(&layout, "no GPU of this host can be shared");
	putchar('\n');
}
