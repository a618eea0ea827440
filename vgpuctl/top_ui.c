// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * top_ui.c - what keys do. No lock: pure functions of the state and the key.
 */
#include "vgpuctl/top_ui.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/size.h"
#include "lib/text.h"

#define DELAY_MIN_NS 50000000ull
#define DELAY_MAX_NS 86400000000000ull

/* The questions that have a number for an answer; the ranges are those of vgpuctl set. */
static const struct prompt {
	const char *what, *of, *key;
	uint64_t min, max;
} prompts[] = {
	[VGPU_MODE_WEIGHT] = { "weight", " of ", "weight", 1, 10000 },
	[VGPU_MODE_CAP] = { "cap", " in percent of ", "cap_pct", 1, 100 },
};

/**
 * vgpu_top_delay_parse() - read a time between reports
 * @text: seconds, 0.05 to 86400
 * @ret_ns: nanoseconds
 *
 * Return: 0 or -errno.
 */
int vgpu_top_delay_parse(const char *text, uint64_t *ret_ns)
{
	return vgpu_seconds_parse(text, DELAY_MIN_NS, DELAY_MAX_NS, ret_ns);
}

/**
 * vgpu_top_ui_say() - put a message into the last line, until the next key
 * @ui: the user interface
 * @failed: it says what went wrong
 * @format: the message, printf style
 */
void vgpu_top_ui_say(struct vgpu_top_ui *ui, bool failed, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ui->message, sizeof(ui->message), format, args);
	va_end(args);
	ui->failed = failed;
}

/**
 * vgpu_top_ui_prompt() - the question that is asked, and what was typed so far
 * @ui: the user interface, in a mode that asks one
 * @ret_text: the line
 * @size: bytes in it
 */
void vgpu_top_ui_prompt(const struct vgpu_top_ui *ui, char *ret_text, size_t size)
{
	const struct prompt *prompt = &prompts[ui->mode < VGPU_COUNT(prompts) ? ui->mode : VGPU_MODE_WEIGHT];

	if (ui->mode == VGPU_MODE_FILTER)
		snprintf(ret_text, size, "name or domain: %s", ui->input);
	else if (ui->mode == VGPU_MODE_DELAY)
		snprintf(ret_text, size, "seconds between reports: %s", ui->input);
	else
		snprintf(ret_text, size, "%s%s%s, %u to %u: %s", prompt->what, prompt->of, ui->target, (unsigned int)prompt->min,
			 (unsigned int)prompt->max, ui->input);
}

/**
 * vgpu_top_ui_view() - what of a report is shown, and which row is selected
 * @ui: the user interface; .index is brought up to date
 * @report: must outlive the view
 * @ret_view: released by vgpu_top_view_fini()
 *
 * Return: 0 or -ENOMEM.
 */
int vgpu_top_ui_view(struct vgpu_top_ui *ui, const struct vgpu_top_report *report, struct vgpu_top_view *ret_view)
{
	int rc = vgpu_top_view_init(ret_view, report);
	size_t i;

	if (rc)
		return rc;
	vgpu_top_view_filter(ret_view, ui->mode == VGPU_MODE_FILTER ? ui->input : ui->filter);
	vgpu_top_view_sort(ret_view, ui->sort, ui->reverse);
	for (i = 0; i < ret_view->rows_count; i++)
		if (!strcmp(vgpu_top_text(ret_view->rows[i].vgpu, "uuid"), ui->selected))
			ui->index = i;
	if (ui->index >= ret_view->rows_count)
		ui->index = ret_view->rows_count ? ret_view->rows_count - 1 : 0;
	return 0;
}

static void move(struct vgpu_top_ui *ui, const struct vgpu_top_view *view, long by)
{
	long to = (long)ui->index + by, last = (long)view->rows_count - 1;

	if (last < 0)
		return;
	ui->index = to < 0 ? 0 : to > last ? last : to;
	vgpu_text_copy(ui->selected, sizeof(ui->selected), vgpu_top_text(view->rows[ui->index].vgpu, "uuid"));
}

static void sort_by_next(struct vgpu_top_ui *ui)
{
	unsigned int i;

	for (i = 0; i < VGPU_COLUMNS; i++) {
		ui->sort = (ui->sort + 1) % VGPU_COLUMNS;
		if (ui->shown & 1u << ui->sort)
			break;
	}
	ui->reverse = false;
}

static void ask(struct vgpu_top_ui *ui, const struct vgpu_top_view *view, enum vgpu_top_mode mode)
{
	const struct vgpu_json *vgpu;

	*ui->input = '\0';
	if (mode == VGPU_MODE_FILTER)
		vgpu_text_copy(ui->input, sizeof(ui->input), ui->filter);
	if (mode == VGPU_MODE_WEIGHT || mode == VGPU_MODE_CAP) {
		if (!view->rows_count) {
			vgpu_top_ui_say(ui, true, "there is no vGPU to change");
			return;
		}
		/* Whatever is selected when the answer comes, it is meant for this one. */
		vgpu = view->rows[ui->index].vgpu;
		vgpu_text_copy(ui->target, sizeof(ui->target), vgpu_top_name(vgpu));
		vgpu_text_copy(ui->selected, sizeof(ui->selected), vgpu_top_text(vgpu, "uuid"));
		vgpu_text_copy(ui->target_uuid, sizeof(ui->target_uuid), ui->selected);
	}
	ui->mode = mode;
}

static enum vgpu_top_todo list_key(struct vgpu_top_ui *ui, const struct vgpu_top_view *view, uint32_t key)
{
	long page = ui->page ? ui->page : 1;

	switch (key) {
	case VGPU_KEY_UP:
		move(ui, view, -1);
		break;
	case VGPU_KEY_DOWN:
		move(ui, view, 1);
		break;
	case VGPU_KEY_PAGE_UP:
		move(ui, view, -page);
		break;
	case VGPU_KEY_PAGE_DOWN:
		move(ui, view, page);
		break;
	case VGPU_KEY_HOME:
		move(ui, view, -(long)view->rows_count);
		break;
	case VGPU_KEY_END:
		move(ui, view, view->rows_count);
		break;
	case VGPU_KEY_ESCAPE:
		*ui->filter = '\0';
		break;
	case 's':
		sort_by_next(ui);
		break;
	case 'r':
		ui->reverse = !ui->reverse;
		break;
	case '/':
		ask(ui, view, VGPU_MODE_FILTER);
		break;
	case 'w':
		ask(ui, view, VGPU_MODE_WEIGHT);
		break;
	case 'c':
		ask(ui, view, VGPU_MODE_CAP);
		break;
	case 'd':
		ask(ui, view, VGPU_MODE_DELAY);
		break;
	case 'h':
	case '?':
		ui->mode = VGPU_MODE_HELP;
		break;
	case 'q':
		return VGPU_TODO_QUIT;
	default:
		break;
	}
	return VGPU_TODO_NOTHING;
}

/* A question has been answered. */
static enum vgpu_top_todo enter(struct vgpu_top_ui *ui)
{
	const struct prompt *prompt = &prompts[ui->mode < VGPU_COUNT(prompts) ? ui->mode : VGPU_MODE_WEIGHT];
	enum vgpu_top_mode mode = ui->mode;

	ui->mode = VGPU_MODE_LIST;
	if (mode == VGPU_MODE_FILTER) {
		vgpu_text_copy(ui->filter, sizeof(ui->filter), ui->input);
		return VGPU_TODO_NOTHING;
	}
	if (!*ui->input)
		return VGPU_TODO_NOTHING;
	if (mode == VGPU_MODE_DELAY) {
		if (vgpu_top_delay_parse(ui->input, &ui->delay_ns))
			vgpu_top_ui_say(ui, true, "%s: not a delay; give 0.05 to 86400 seconds", ui->input);
		return VGPU_TODO_NOTHING;
	}
	if (vgpu_number_parse(ui->input, prompt->min, prompt->max, &ui->set_value)) {
		vgpu_top_ui_say(ui, true, "%s: not a %s; give %u to %u", ui->input, prompt->what, (unsigned int)prompt->min,
				(unsigned int)prompt->max);
		return VGPU_TODO_NOTHING;
	}
	ui->set_key = prompt->key;
	ui->set_what = prompt->what;
	return VGPU_TODO_SET;
}

static void type(struct vgpu_top_ui *ui, uint32_t key)
{
	size_t length = strlen(ui->input), taken;
	char character[MB_LEN_MAX];
	mbstate_t state;

	if (key < ' ' || key >= VGPU_KEY_UP || key == 0x7f)
		return;
	memset(&state, 0, sizeof(state));
	taken = wcrtomb(character, key, &state);
	if (taken == (size_t)-1 || length + taken >= sizeof(ui->input))
		return;
	memcpy(ui->input + length, character, taken);
	ui->input[length + taken] = '\0';
}

static void erase(struct vgpu_top_ui *ui)
{
	size_t length = strlen(ui->input);

	/* The bytes of one character, in UTF-8 as in what has a byte for each. */
	while (length > 1 && (ui->input[length - 1] & 0xc0) == 0x80)
		length--;
	ui->input[length ? length - 1 : 0] = '\0';
}

static enum vgpu_top_todo prompt_key(struct vgpu_top_ui *ui, uint32_t key)
{
	switch (key) {
	case VGPU_KEY_ENTER:
		return enter(ui);
	case VGPU_KEY_ESCAPE:
		if (ui->mode == VGPU_MODE_FILTER)
			*ui->filter = '\0';
		ui->mode = VGPU_MODE_LIST;
		break;
	case VGPU_KEY_BACKSPACE:
		erase(ui);
		break;
	default:
		type(ui, key);
	}
	return VGPU_TODO_NOTHING;
}

/**
 * vgpu_top_ui_key() - a key was pressed
 * @ui: the user interface
 * @view: what it shows, from vgpu_top_ui_view()
 * @key: a character or one of enum vgpu_top_key
 *
 * Return: what the caller has to do.
 */
enum vgpu_top_todo vgpu_top_ui_key(struct vgpu_top_ui *ui, const struct vgpu_top_view *view, uint32_t key)
{
	if (key == VGPU_KEY_NONE || key == VGPU_KEY_RESIZE)
		return VGPU_TODO_NOTHING;
	*ui->message = '\0';
	if (ui->mode == VGPU_MODE_HELP) {
		ui->mode = VGPU_MODE_LIST;
		return VGPU_TODO_NOTHING;
	}
	return ui->mode == VGPU_MODE_LIST ? list_key(ui, view, key) : prompt_key(ui, key);
}
