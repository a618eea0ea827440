// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * top_columns.c - a vGPU's row. No lock: pure functions.
 */
#include "vgpuctl/top_columns.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/text.h"

/* clang-format off */
static const struct {
	const char *title;
	unsigned int width;
	bool text; /* to the left, and as wide as its longest where there is room */
} columns[VGPU_COLUMNS] = {
	[VGPU_COLUMN_NAME]		= { "NAME", 12, true },
	[VGPU_COLUMN_DOMAIN]		= { "DOMAIN", 8, true },
	[VGPU_COLUMN_ADDRESS]		= { "GPU", 7, true },
	[VGPU_COLUMN_STATE]		= { "STATE", 7, true },
	[VGPU_COLUMN_GPU]		= { "GPU%", 5 },
	[VGPU_COLUMN_SHARE]		= { "ENT%", 5 },
	[VGPU_COLUMN_RCS]		= { "RCS", 3 },
	[VGPU_COLUMN_VCS]		= { "VCS", 3 },
	[VGPU_COLUMN_BCS]		= { "BCS", 3 },
	[VGPU_COLUMN_VECS]		= { "VECS", 4 },
	[VGPU_COLUMN_WAIT]		= { "WAIT%", 5 },
	[VGPU_COLUMN_P99]		= { "P99", 5 },
	[VGPU_COLUMN_SUBMISSIONS]	= { "SUB/s", 6 },
	[VGPU_COLUMN_TRAPS]		= { "TRAP/s", 6 },
	[VGPU_COLUMN_SWITCHES]		= { "SW/s", 5 },
	[VGPU_COLUMN_REJECTIONS]	= { "REJ", 4 },
	[VGPU_COLUMN_APERTURE]		= { "APERT", 5 },
	[VGPU_COLUMN_WEIGHT]		= { "WEIGHT", 6 },
	[VGPU_COLUMN_CAP]		= { "CAP", 3 },
	[VGPU_COLUMN_WHY]		= { "WHY", 7, true },
};

/* What goes first where there is no room; the rest stays and is cut. */
static const enum vgpu_top_column drops[] = {
	VGPU_COLUMN_SWITCHES, VGPU_COLUMN_SUBMISSIONS, VGPU_COLUMN_P99, VGPU_COLUMN_VECS, VGPU_COLUMN_VCS, VGPU_COLUMN_TRAPS,
	VGPU_COLUMN_REJECTIONS, VGPU_COLUMN_CAP, VGPU_COLUMN_BCS, VGPU_COLUMN_RCS, VGPU_COLUMN_APERTURE, VGPU_COLUMN_WEIGHT,
	VGPU_COLUMN_ADDRESS, VGPU_COLUMN_WAIT, VGPU_COLUMN_SHARE, VGPU_COLUMN_WHY,
};
/* clang-format on */

#define TEXT_WIDTH_MAX 36

/* A number in so many columns: as it is, or in thousands and so on. */
static void count_text(double value, int width, char text[VGPU_COLUMN_TEXT])
{
	static const char units[] = " kMGTPE";
	unsigned int unit = 0;

	if (snprintf(text, VGPU_COLUMN_TEXT, "%.0f", value) <= width)
		return;
	while (value >= 1000 && units[unit + 1]) {
		value /= 1000;
		unit++;
	}
	if (snprintf(text, VGPU_COLUMN_TEXT, "%.1f%c", value, units[unit]) > width)
		snprintf(text, VGPU_COLUMN_TEXT, "%.0f%c", value, units[unit]);
}

/* A size in five columns; vgpu_size_format() is exact, and may need many. */
static void size_text(uint64_t bytes, char text[VGPU_COLUMN_TEXT])
{
	static const char units[] = "BKMGTP";
	double value = bytes;
	unsigned int unit = 0;

	while (value >= 9999.5 || (unit < 2 && value >= 1024)) {
		value /= 1024;
		unit++;
	}
	snprintf(text, VGPU_COLUMN_TEXT, value < 10 && value != (int)value ? "%.1f%c" : "%.0f%c", value, units[unit]);
}

static void wait_text(unsigned int us, char text[VGPU_COLUMN_TEXT])
{
	if (us >= VGPU_TOP_WAIT_LONGER_US)
		strcpy(text, ">1s");
	else if (us >= 1000000)
		snprintf(text, VGPU_COLUMN_TEXT, "%us", us / 1000000);
	else if (us >= 1000)
		snprintf(text, VGPU_COLUMN_TEXT, "%ums", us / 1000);
	else if (us)
		snprintf(text, VGPU_COLUMN_TEXT, "%uus", us);
	else
		strcpy(text, "-");
}

/* Without its domain, which is 0000 on nearly every machine: that is what tells two GPUs apart in few columns. */
static const char *short_address(const char *address)
{
	return strncmp(address, "0000:", 5) ? address : address + 5;
}

static const char *words(enum vgpu_top_column column, const struct vgpu_top_row *row)
{
	switch (column) {
	case VGPU_COLUMN_NAME:
		return vgpu_top_name(row->vgpu);
	case VGPU_COLUMN_DOMAIN:
		return vgpu_top_text(row->vgpu, "domain");
	case VGPU_COLUMN_ADDRESS:
		return short_address(vgpu_top_text(row->vgpu, "gpu"));
	case VGPU_COLUMN_STATE:
		return vgpu_top_text(row->vgpu, "state");
	case VGPU_COLUMN_WHY:
		return vgpu_top_why_text(row->rates.why);
	default:
		return NULL;
	}
}

/* Where the number of a column that is none of words comes from. */
static double number(enum vgpu_top_column column, const struct vgpu_top_row *row)
{
	const struct vgpu_top_rates *rates = &row->rates;

	switch (column) {
	case VGPU_COLUMN_GPU:
		return rates->gpu_pct;
	case VGPU_COLUMN_SHARE:
		return rates->share_pct;
	case VGPU_COLUMN_RCS:
	case VGPU_COLUMN_VCS:
	case VGPU_COLUMN_BCS:
	case VGPU_COLUMN_VECS:
		return rates->busy_pct[VGPU_TOP_RCS + column - VGPU_COLUMN_RCS];
	case VGPU_COLUMN_WAIT:
		return rates->wait_pct;
	case VGPU_COLUMN_P99:
		return rates->wait_p99_us;
	case VGPU_COLUMN_SUBMISSIONS:
		return rates->submissions_per_s;
	case VGPU_COLUMN_TRAPS:
		return rates->traps_per_s;
	case VGPU_COLUMN_SWITCHES:
		return rates->switches_per_s;
	case VGPU_COLUMN_REJECTIONS:
		return rates->rejections;
	case VGPU_COLUMN_APERTURE:
		return vgpu_json_get_u64(row->vgpu, "aperture_bytes");
	case VGPU_COLUMN_WEIGHT:
		return vgpu_json_get_u64(row->vgpu, "weight");
	case VGPU_COLUMN_CAP:
		return vgpu_json_get_u64(row->vgpu, "cap_pct");
	default:
		return 0;
	}
}

static bool is_rate(enum vgpu_top_column column)
{
	return column >= VGPU_COLUMN_GPU && column <= VGPU_COLUMN_SWITCHES;
}

/**
 * vgpu_top_column_title() - what stands above a column
 * @column: which one
 *
 * Return: the title.
 */
const char *vgpu_top_column_title(enum vgpu_top_column column)
{
	return columns[column].title;
}

/**
 * vgpu_top_column_text() - what stands in a column
 * @column: which one
 * @row: of which vGPU
 * @text: the text; a dash where there is nothing to say, as of rates before there is a second reading
 */
void vgpu_top_column_text(enum vgpu_top_column column, const struct vgpu_top_row *row, char text[VGPU_COLUMN_TEXT])
{
	const char *from = words(column, row);
	double value = number(column, row);

	strcpy(text, "-");
	if (from) {
		vgpu_text_copy(text, VGPU_COLUMN_TEXT, from);
		return;
	}
	if (is_rate(column) && !row->rates.interval_ns)
		return;
	switch (column) {
	case VGPU_COLUMN_GPU:
	case VGPU_COLUMN_SHARE:
	case VGPU_COLUMN_WAIT:
		snprintf(text, VGPU_COLUMN_TEXT, "%.1f", value);
		break;
	case VGPU_COLUMN_P99:
		wait_text(value, text);
		break;
	case VGPU_COLUMN_APERTURE:
		size_text(value, text);
		break;
	case VGPU_COLUMN_WEIGHT:
	case VGPU_COLUMN_CAP:
		if (value > 0)
			snprintf(text, VGPU_COLUMN_TEXT, "%.0f", value);
		break;
	default:
		count_text(value, columns[column].width, text);
	}
}

/**
 * vgpu_top_column_compare() - order two vGPUs by a column
 * @column: which one
 * @a: a vGPU
 * @b: another
 *
 * Words ascend, and numbers descend: the largest is what one looks for.
 *
 * Return: below, above or equal to 0, as of strcmp().
 */
int vgpu_top_column_compare(enum vgpu_top_column column, const struct vgpu_top_row *a, const struct vgpu_top_row *b)
{
	double x, y;

	if (columns[column].text)
		return strcmp(words(column, a), words(column, b));
	x = number(column, a);
	y = number(column, b);
	return x < y ? 1 : x > y ? -1 : 0;
}

/**
 * vgpu_top_layout_width() - how wide a row is
 * @layout: its columns
 *
 * Return: the columns that it takes, with the blanks between them.
 */
unsigned int vgpu_top_layout_width(const struct vgpu_top_layout *layout)
{
	unsigned int total = 0, i;

	for (i = 0; i < VGPU_COLUMNS; i++)
		total += layout->width[i] ? layout->width[i] + 1 : 0;
	return total - 1;
}

/* What the longest text of a column takes, within bounds. */
static unsigned int longest(enum vgpu_top_column column, const struct vgpu_top_row *rows, size_t count, unsigned int max)
{
	unsigned int longest_yet = columns[column].width, width;
	char text[VGPU_COLUMN_TEXT];
	size_t i;

	for (i = 0; i < count; i++) {
		vgpu_top_column_text(column, &rows[i], text);
		width = vgpu_screen_width(text);
		if (width > longest_yet)
			longest_yet = width;
	}
	if (longest_yet > TEXT_WIDTH_MAX)
		longest_yet = TEXT_WIDTH_MAX;
	return longest_yet < max ? longest_yet : max;
}

/**
 * vgpu_top_layout_make() - fit the columns into a line
 * @rows: the vGPUs that are shown
 * @count: how many
 * @addresses: the GPU's address is a column
 * @line: how wide the line is, 0 for as wide as it takes
 * @ret_layout: the widths
 */
void vgpu_top_layout_make(const struct vgpu_top_row *rows, size_t count, bool addresses, unsigned int line,
			  struct vgpu_top_layout *ret_layout)
{
	struct vgpu_top_layout layout;
	unsigned int i, used, room;

	for (i = 0; i < VGPU_COLUMNS; i++)
		layout.width[i] = columns[i].width;
	if (!addresses)
		layout.width[VGPU_COLUMN_ADDRESS] = 0;
	for (i = 0; line && i < VGPU_COUNT(drops) && vgpu_top_layout_width(&layout) > line; i++)
		layout.width[drops[i]] = 0;
	/* Columns before long names: those are cut, and get what is left over. */
	for (i = 0; i < VGPU_COLUMNS; i++)
		if (columns[i].text && layout.width[i]) {
			used = vgpu_top_layout_width(&layout);
			room = !line ? TEXT_WIDTH_MAX : line > used ? line - used : 0;
			layout.width[i] = longest(i, rows, count, layout.width[i] + room);
		}
	*ret_layout = layout;
}

static unsigned int put_cell(struct vgpu_screen *screen, unsigned int y, unsigned int x, unsigned int width, bool left,
			     unsigned int look, const char *text)
{
	unsigned int taken = vgpu_screen_width(text);

	vgpu_screen_put(screen, y, left || taken >= width ? x : x + width - taken, width, look, text);
	return x + width + 1;
}

/**
 * vgpu_top_draw_titles() - draw the titles of the columns
 * @screen: where to
 * @y: which line of it
 * @layout: the columns
 * @sorted: the column that the rows are sorted by, -1 for none
 */
void vgpu_top_draw_titles(struct vgpu_screen *screen, unsigned int y, const struct vgpu_top_layout *layout, int sorted)
{
	unsigned int i, x = 0;

	for (i = 0; i < VGPU_COLUMNS; i++)
		if (layout->width[i])
			x = put_cell(screen, y, x, layout->width[i], columns[i].text,
				     (int)i == sorted ? VGPU_LOOK_BOLD | VGPU_LOOK_REVERSE : VGPU_LOOK_BOLD, columns[i].title);
}

static unsigned int look_of(enum vgpu_top_column column, const struct vgpu_top_row *row)
{
	if (column == VGPU_COLUMN_REJECTIONS && row->rates.rejections)
		return VGPU_LOOK_WARN;
	if (column != VGPU_COLUMN_WHY)
		return VGPU_LOOK_PLAIN;
	switch (row->rates.why) {
	case VGPU_TOP_WHY_STOPPED:
		return VGPU_LOOK_BAD;
	case VGPU_TOP_WHY_CAPPED:
	case VGPU_TOP_WHY_WAITING:
		return VGPU_LOOK_WARN;
	case VGPU_TOP_WHY_IDLE:
		return VGPU_LOOK_DIM;
	case VGPU_TOP_WHY_NOT:
		break;
	}
	return VGPU_LOOK_PLAIN;
}

/**
 * vgpu_top_draw_row() - draw a vGPU
 * @screen: where to
 * @y: which line of it
 * @layout: the columns
 * @row: the vGPU
 */
void vgpu_top_draw_row(struct vgpu_screen *screen, unsigned int y, const struct vgpu_top_layout *layout,
		       const struct vgpu_top_row *row)
{
	char text[VGPU_COLUMN_TEXT];
	unsigned int i, x = 0;

	for (i = 0; i < VGPU_COLUMNS; i++) {
		if (!layout->width[i])
			continue;
		vgpu_top_column_text(i, row, text);
		x = put_cell(screen, y, x, layout->width[i], columns[i].text, look_of(i, row), text);
	}
}
