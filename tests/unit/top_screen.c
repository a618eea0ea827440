// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * top_screen.c - what the interactive vgpu-top shows, against the screens in tests/cli/golden: text, and below it the looks that are not
 * plain. VGPU_GOLDEN=write has them written anew, to be looked at.
 */
#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/cleanup.h"
#include "vgpuctl/top_ui.h"

#define GOLDEN "tests/cli/golden"
#define SECOND 1000000000ull

struct scene {
	const char *name;
	unsigned int columns, rows, gpus, vgpus;
	const char *keys; /* as in type_keys() */
	bool ascii; /* a locale without UTF-8 */
	bool first; /* there is one reading only */
	bool away;
	bool gone; /* the first GPU is */
};

/* clang-format off */
static const struct scene scenes[] = {
	{ .name = "80x24-0", .columns = 80, .rows = 24, .gpus = 1 },
	{ .name = "80x24-1", .columns = 80, .rows = 24, .gpus = 1, .vgpus = 1 },
	{ .name = "80x24-3", .columns = 80, .rows = 24, .gpus = 1, .vgpus = 3 },
	{ .name = "80x24-no-gpu", .columns = 80, .rows = 24 },
	{ .name = "80x24-first", .columns = 80, .rows = 24, .gpus = 1, .vgpus = 3, .first = true },
	{ .name = "80x24-ascii", .columns = 80, .rows = 24, .gpus = 1, .vgpus = 7, .ascii = true },
	{ .name = "80x24-filter", .columns = 80, .rows = 24, .gpus = 1, .vgpus = 40, .keys = "/AME-2E" },
	{ .name = "80x24-filter-typed", .columns = 80, .rows = 24, .gpus = 1, .vgpus = 40, .keys = "/naneBBme-3" },
	{ .name = "80x24-filter-none", .columns = 80, .rows = 24, .gpus = 1, .vgpus = 40, .keys = "/xyzE" },
	{ .name = "80x24-sort", .columns = 80, .rows = 24, .gpus = 1, .vgpus = 12, .keys = "sssssr" },
	{ .name = "80x24-help", .columns = 80, .rows = 24, .gpus = 1, .vgpus = 3, .keys = "?" },
	{ .name = "80x24-weight", .columns = 80, .rows = 24, .gpus = 1, .vgpus = 3, .keys = "vw2x50" },
	{ .name = "80x24-weight-set", .columns = 80, .rows = 24, .gpus = 1, .vgpus = 3, .keys = "vw250E" },
	{ .name = "80x24-weight-bad", .columns = 80, .rows = 24, .gpus = 1, .vgpus = 3, .keys = "vw25000E" },
	{ .name = "80x24-cap", .columns = 80, .rows = 24, .gpus = 1, .vgpus = 3, .keys = "c5" },
	{ .name = "80x24-delay", .columns = 80, .rows = 24, .gpus = 1, .vgpus = 1, .keys = "d0.5E" },
	{ .name = "80x24-away", .columns = 80, .rows = 24, .gpus = 1, .vgpus = 3, .away = true },
	{ .name = "80x24-scrolled", .columns = 80, .rows = 24, .gpus = 1, .vgpus = 64, .keys = "DD^v" },
	{ .name = "80x24-end", .columns = 80, .rows = 24, .gpus = 1, .vgpus = 64, .keys = "Z" },
	{ .name = "80x24-gpus", .columns = 80, .rows = 24, .gpus = 2, .vgpus = 6 },
	{ .name = "80x24-many-gpus", .columns = 80, .rows = 24, .gpus = 12, .vgpus = 24 },
	{ .name = "80x24-gone", .columns = 80, .rows = 24, .gpus = 2, .vgpus = 4, .gone = true },
	{ .name = "40x12-3", .columns = 40, .rows = 12, .gpus = 1, .vgpus = 3 },
	{ .name = "40x24-3", .columns = 40, .rows = 24, .gpus = 1, .vgpus = 3 },
	{ .name = "40x24-away", .columns = 40, .rows = 24, .gpus = 1, .vgpus = 3, .away = true },
	{ .name = "40x12-help", .columns = 40, .rows = 12, .gpus = 1, .vgpus = 3, .keys = "h" },
	{ .name = "132x30-3", .columns = 132, .rows = 30, .gpus = 1, .vgpus = 3 },
	{ .name = "200x50-64", .columns = 200, .rows = 50, .gpus = 1, .vgpus = 64 },
	{ .name = "200x50-64-gpus", .columns = 200, .rows = 50, .gpus = 4, .vgpus = 64 },
	{ .name = "7x3-3", .columns = 7, .rows = 3, .gpus = 1, .vgpus = 3 },
	{ .name = "1x1-3", .columns = 1, .rows = 1, .gpus = 1, .vgpus = 3 },
};

/* Names that want to move the cursor, wide ones, one that is cut in the midst of a wide character, combining ones, and no UTF-8. */
static const char *const domains[] = { "web", "\033[2J\nx\x7f", "二重の仮想計算機", "cafe\xcc\x81", "\xe2\x80\xaegnp.exe", "\xff\xfe",
				       "二重の仮想計算機二重の仮想計算機" };
static const char *const states[] = { "running", "running", "open", "stopped" };
/* clang-format on */

static void put_counters(struct vgpu_json *row, unsigned int i, bool second)
{
	static const char *const engines[] = { "rcs", "vcs", "bcs", "vecs" };
	/* What each has had in a second, in per mille; the first three of it are those that the reasons are made of. */
	static const struct {
		unsigned int busy, entitled, wait, capped;
	} kinds[] = { { 300, 300, 0, 0 }, { 250, 400, 500, 0 }, { 0, 0, 0, 0 }, { 100, 100, 50, 600 }, { 61, 60, 900, 0 } };
	struct vgpu_json *counters = vgpu_json_object();
	unsigned int e, kind = i % VGPU_COUNT(kinds), step = second ? 1000000 : 0;
	char key[32];

	for (e = 0; e < VGPU_COUNT(engines); e++) {
		snprintf(key, sizeof(key), "%s_busy_ns", engines[e]);
		vgpu_json_put_u64(counters, key,
				  1000ull + (uint64_t)kinds[kind].busy * step * (e == 0 || e == 2) / (1 + e + i / 5));
		snprintf(key, sizeof(key), "%s_entitled_ns", engines[e]);
		vgpu_json_put_u64(counters, key, (uint64_t)kinds[kind].entitled * step * (e == 0 || e == 2) / (1 + e + i / 5));
		snprintf(key, sizeof(key), "%s_wait_ns", engines[e]);
		vgpu_json_put_u64(counters, key, (uint64_t)kinds[kind].wait * step * !e);
		snprintf(key, sizeof(key), "%s_capped_ns", engines[e]);
		vgpu_json_put_u64(counters, key, (uint64_t)kinds[kind].capped * step * !e);
		snprintf(key, sizeof(key), "%s_submissions", engines[e]);
		vgpu_json_put_u64(counters, key, second ? 40 * i + e : 0);
		snprintf(key, sizeof(key), "%s_waits_%s", engines[e], kind == 1 ? "3ms" : "100us");
		vgpu_json_put_u64(counters, key, second ? kinds[kind].wait : 0);
	}
	vgpu_json_put_u64(counters, "traps_mmio", second ? 123 * i : 0);
	vgpu_json_put_u64(counters, "switches", second ? 10 * i : 0);
	vgpu_json_put_u64(counters, "reject_opcode", i == 1 ? 12 : 0);
	vgpu_json_put(row, "counters", counters);
}

static void add_vgpu(struct vgpu_json *vgpus, const struct scene *scene, unsigned int i, bool second)
{
	struct vgpu_json *row = vgpu_json_object();
	char text[64];

	snprintf(text, sizeof(text), i ? "name-%u" : "a-name-that-is-too-long-for-its-column", i);
	vgpu_json_put_string(row, "name", i == 2 ? NULL : text);
	snprintf(text, sizeof(text), "%08u-0000-4000-8000-000000000000", i);
	vgpu_json_put_string(row, "uuid", text);
	snprintf(text, sizeof(text), "0000:%02u:02.0", i % (scene->gpus ? scene->gpus : 1));
	vgpu_json_put_string(row, "gpu", text);
	vgpu_json_put_string(row, "state", states[i % VGPU_COUNT(states)]);
	vgpu_json_put_string(row, "domain", i < VGPU_COUNT(domains) ? domains[i] : NULL);
	vgpu_json_put_u64(row, "aperture_bytes", i % 3 ? 4096u << i % 14 : 64u << 20);
	vgpu_json_put_u64(row, "weight", 100 * (1 + i % 7));
	vgpu_json_put_u64(row, "cap_pct", i % 5 == 3 ? 10 : 100);
	vgpu_json_put_u64(row, "t_ns", (second ? 2 : 1) * SECOND);
	put_counters(row, i, second);
	vgpu_json_append(vgpus, row);
}

static void add_gpu(struct vgpu_json *gpus, unsigned int i, bool second)
{
	struct vgpu_json *row = vgpu_json_object(), *counters = vgpu_json_object();
	char text[64];

	snprintf(text, sizeof(text), "0000:%02u:02.0", i);
	vgpu_json_put_string(row, "gpu", text);
	vgpu_json_put_string(row, "driver", i == 1 ? "nvidia" : "vgpu");
	vgpu_json_append(gpus, row);
	if (i == 1) {
		/* Another vendor's says nothing of itself. */
		vgpu_json_unref(counters);
		return;
	}
	vgpu_json_put_u64(row, "aperture_total_bytes", 256u << 20);
	vgpu_json_put_u64(row, "aperture_free_bytes", 64u << 20);
	vgpu_json_put_u64(row, "aperture_hole_bytes", (40u << 20) - 4096);
	vgpu_json_put_u64(row, "fences_total", 32);
	vgpu_json_put_u64(row, "fences_free", 8);
	vgpu_json_put_u64(row, "t_ns", (second ? 2 : 1) * SECOND);
	vgpu_json_put_u64(counters, "rcs_busy_ns", second ? SECOND * 97 / 100 : 0);
	vgpu_json_put_u64(counters, "bcs_busy_ns", second ? SECOND / 3 : 0);
	vgpu_json_put_u64(counters, "vecs_busy_ns", second ? SECOND / 1000 : 0);
	vgpu_json_put_u64(counters, "rcs_runnable", 3);
	vgpu_json_put_u64(counters, "vcs_runnable", 0);
	vgpu_json_put_u64(counters, "bcs_runnable", 11);
	vgpu_json_put_u64(counters, "vecs_runnable", 0);
	vgpu_json_put(row, "counters", counters);
}

static struct vgpu_json *reading(const struct scene *scene, bool second)
{
	struct vgpu_json *reading = vgpu_json_object(), *gpus = vgpu_json_array(), *vgpus = vgpu_json_array();
	unsigned int i;

	for (i = scene->gone; i < scene->gpus; i++)
		add_gpu(gpus, i, second);
	for (i = 0; i < scene->vgpus; i++)
		add_vgpu(vgpus, scene, i, second);
	vgpu_json_put(reading, "gpus", gpus);
	vgpu_json_put(reading, "vgpus", vgpus);
	return reading;
}

static void draw(struct vgpu_screen *screen, const struct vgpu_top_report *report, struct vgpu_top_ui *ui)
{
	struct vgpu_top_view view;

	assert_int_equal(vgpu_top_ui_view(ui, report, &view), 0);
	vgpu_top_draw(screen, &view, ui);
	vgpu_top_view_fini(&view);
}

/* Each character is a key; some stand for keys that have none. */
static void type_keys(struct vgpu_screen *screen, const struct vgpu_top_report *report, struct vgpu_top_ui *ui, const char *keys)
{
	static const struct {
		char c;
		uint32_t key;
	} special[] = {
		{ '^', VGPU_KEY_UP },	     { 'v', VGPU_KEY_DOWN },  { 'U', VGPU_KEY_PAGE_UP },
		{ 'D', VGPU_KEY_PAGE_DOWN }, { 'E', VGPU_KEY_ENTER }, { 'X', VGPU_KEY_ESCAPE },
		{ 'B', VGPU_KEY_BACKSPACE }, { 'H', VGPU_KEY_HOME },  { 'Z', VGPU_KEY_END },
	};
	struct vgpu_top_view view;
	unsigned int i;
	uint32_t key;

	/* The last E ends the word before it: "AME-2E" is typed, and entered. */
	for (; keys && *keys; keys++) {
		draw(screen, report, ui);
		key = (unsigned char)*keys;
		for (i = 0; i < VGPU_COUNT(special); i++)
			if (special[i].c == *keys && !(*keys == 'E' && keys[1] && ui->mode == VGPU_MODE_FILTER))
				key = special[i].key;
		assert_int_equal(vgpu_top_ui_view(ui, report, &view), 0);
		if (vgpu_top_ui_key(ui, &view, key) == VGPU_TODO_SET)
			vgpu_top_ui_say(ui, false, "%s: %s %u", ui->target, ui->set_what, (unsigned int)ui->set_value);
		vgpu_top_view_fini(&view);
	}
}

static void print_look(FILE *to, unsigned int look)
{
	static const char *const names[] = { "bold", "dim", "reverse", "good", "warn", "bad" };
	unsigned int i;

	for (i = 0; i < VGPU_COUNT(names); i++)
		if (look & 1u << i)
			fprintf(to, " %s", names[i]);
	fputc('\n', to);
}

/* The screen, and where it is not plain: row, first and last column. */
static char *dump(const struct vgpu_screen *screen)
{
	cleanup_free char *lines = vgpu_screen_text(screen);
	const struct vgpu_screen_cell *line;
	unsigned int y, x, begin;
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	assert_non_null(lines);
	assert_non_null(to);
	fputs(lines, to);
	for (x = 0; x < screen->columns; x++)
		fputc('~', to);
	fputc('\n', to);
	for (y = 0; y < screen->rows; y++) {
		line = screen->cells + (size_t)y * screen->columns;
		for (x = 0; x < screen->columns;) {
			for (begin = x; x < screen->columns && line[x].look == line[begin].look; x++)
				;
			if (!line[begin].look)
				continue;
			fprintf(to, "%u %u-%u", y, begin, x - 1);
			print_look(to, line[begin].look);
		}
	}
	fclose(to);
	return text;
}

static void check(const char *name, const char *text)
{
	const char *mode = getenv("VGPU_GOLDEN");
	cleanup_free char *want = NULL;
	char path[256];
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), GOLDEN "/%s.screen", name);
	if (mode && !strcmp(mode, "write")) {
		file = fopen(path, "w");
		assert_non_null(file);
		fputs(text, file);
		assert_int_equal(fclose(file), 0);
		return;
	}
	file = fopen(path, "r");
	assert_non_null(file);
	want = calloc(1, 1 << 20);
	assert_non_null(want);
	length = fread(want, 1, (1 << 20) - 1, file);
	fclose(file);
	if (length != strlen(text) || strcmp(want, text) != 0)
		print_message("%s is\n%s", name, text);
	assert_string_equal(text, want);
}

/* A wide character has both halves, and nothing in the cells would move a cursor. */
static void whole(const struct vgpu_screen *screen)
{
	const struct vgpu_screen_cell *cell;
	unsigned int x, y;
	int width;

	for (y = 0; y < screen->rows; y++)
		for (x = 0; x < screen->columns; x += width) {
			cell = &screen->cells[(size_t)y * screen->columns + x];
			width = wcwidth(cell->c);
			assert_true(cell->c && (width == 1 || width == 2));
			assert_true(width == 1 || (x + 1 < screen->columns && !cell[1].c));
		}
}

static void show(const struct scene *scene)
{
	cleanup_json struct vgpu_json *before = scene->first ? NULL : reading(scene, false), *now = reading(scene, true);
	struct vgpu_top_report report = { before, now };
	struct vgpu_top_ui ui = {
		.sort = VGPU_COLUMN_GPU, .delay_ns = 2 * SECOND, .clock = "12:34:56", .unicode = !scene->ascii
	};
	cleanup_free char *text = NULL;
	struct vgpu_screen screen;

	assert_non_null(setlocale(LC_CTYPE, scene->ascii ? "C" : "C.UTF-8"));
	assert_int_equal(vgpu_screen_init(&screen, scene->rows, scene->columns), 0);
	if (scene->away)
		strcpy(ui.away, "12:35:01");
	type_keys(&screen, &report, &ui, scene->keys);
	draw(&screen, &report, &ui);
	whole(&screen);
	text = dump(&screen);
	check(scene->name, text);
	vgpu_screen_fini(&screen);
}

static void golden(void **state)
{
	unsigned int i;

	for (i = 0; i < VGPU_COUNT(scenes); i++) {
		print_message("%s\n", scenes[i].name);
		show(&scenes[i]);
	}
}

/* Of every size, with whatever was typed: nothing outside of the screen is touched (the sanitizers look), and the selected row is seen. */
static void any_size(void **state)
{
	static const char keys[] = "vDDUZHs/Xv?qvZw1Ess";
	static const unsigned int heights[] = { 1, 2, 3, 4, 6, 9, 24, 50 },
				  widths[] = { 1, 2, 3, 7, 12, 20, 33, 40, 41, 60, 79, 80, 81, 132, 200 };
	struct scene scene = { .name = "", .gpus = 3, .vgpus = 24 };
	cleanup_json struct vgpu_json *before = reading(&scene, false), *now = reading(&scene, true);
	struct vgpu_top_report report = { before, now };
	struct vgpu_screen screen;
	unsigned int y, x;

	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	for (y = 0; y < VGPU_COUNT(heights); y++)
		for (x = 0; x < VGPU_COUNT(widths); x++) {
			struct vgpu_top_ui ui = { .sort = VGPU_COLUMN_GPU, .delay_ns = SECOND, .unicode = true };

			assert_int_equal(vgpu_screen_init(&screen, heights[y], widths[x]), 0);
			type_keys(&screen, &report, &ui, keys);
			draw(&screen, &report, &ui);
			whole(&screen);
			assert_true(!ui.page || (ui.index >= ui.first && ui.index < ui.first + ui.page));
			vgpu_screen_fini(&screen);
		}
}

/* A row that was selected stays so wherever it goes, and what is typed is meant for the vGPU that was selected when typing began. */
static void selection(void **state)
{
	struct scene three = { .gpus = 1, .vgpus = 3 }, two = { .gpus = 1, .vgpus = 2 };
	cleanup_json struct vgpu_json *before = reading(&three, false), *now = reading(&three, true), *less = reading(&two, true);
	struct vgpu_top_report report = { before, now };
	struct vgpu_top_ui ui = { .sort = VGPU_COLUMN_NAME };
	struct vgpu_top_view view;
	struct vgpu_screen screen;

	assert_int_equal(vgpu_screen_init(&screen, 24, 80), 0);
	/* By name: the UUID that stands for a name comes first. */
	type_keys(&screen, &report, &ui, "^");
	assert_string_equal(ui.selected, "00000002-0000-4000-8000-000000000000");
	type_keys(&screen, &report, &ui, "r");
	draw(&screen, &report, &ui);
	assert_int_equal(ui.index, 2);
	type_keys(&screen, &report, &ui, "w77");
	report.now = less;
	assert_int_equal(vgpu_top_ui_view(&ui, &report, &view), 0);
	assert_int_equal(ui.index, 1);
	assert_int_equal(vgpu_top_ui_key(&ui, &view, VGPU_KEY_ENTER), VGPU_TODO_SET);
	vgpu_top_view_fini(&view);
	assert_string_equal(ui.target, "00000002-0000-4000-8000-000000000000");
	assert_string_equal(ui.set_key, "weight");
	assert_int_equal(ui.set_value, 77);
	vgpu_screen_fini(&screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden),
		cmocka_unit_test(any_size),
		cmocka_unit_test(selection),
	};

	return cmocka_run_group_tests_name("top_screen", tests, NULL, NULL);
}
