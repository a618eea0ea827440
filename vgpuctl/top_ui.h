/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * top_ui.h - the interactive vgpu-top without its terminal: what its user has chosen, what a key does to that, and how it looks. Of
 * the same report, state and size it draws the same screen.
 */
#ifndef VGPU_CTL_TOP_UI_H
#define VGPU_CTL_TOP_UI_H

#include "lib/name.h"
#include "vgpuctl/top_view.h"

/* Besides these, a key is the character that it types. */
enum vgpu_top_key {
	VGPU_KEY_NONE = 0,
	VGPU_KEY_UP = 0x110000,
	VGPU_KEY_DOWN,
	VGPU_KEY_PAGE_UP,
	VGPU_KEY_PAGE_DOWN,
	VGPU_KEY_HOME,
	VGPU_KEY_END,
	VGPU_KEY_ENTER,
	VGPU_KEY_ESCAPE,
	VGPU_KEY_BACKSPACE,
	VGPU_KEY_RESIZE,
};

enum vgpu_top_mode {
	VGPU_MODE_LIST,
	VGPU_MODE_HELP,
	VGPU_MODE_FILTER, /* from here on, the last line is typed into */
	VGPU_MODE_WEIGHT,
	VGPU_MODE_CAP,
	VGPU_MODE_DELAY,
};

/* What a key asks for that the user interface can't do by itself. */
enum vgpu_top_todo {
	VGPU_TODO_NOTHING,
	VGPU_TODO_SET, /* .target's .set_key to .set_value; people call it .set_what */
	VGPU_TODO_QUIT,
};

struct vgpu_top_ui {
	enum vgpu_top_mode mode;
	enum vgpu_top_column sort;
	bool reverse;
	bool unicode; /* the terminal shows block characters */
	uint64_t delay_ns;
	char clock[16]; /* time of the report */
	char away[16]; /* since when there has been no answer; empty: there is */
	char filter[128];
	char input[128]; /* what was typed so far */
	char message[512]; /* shown until the next key */
	bool failed; /* it says what went wrong */

	char selected[VGPU_UUID_SIZE]; /* stays selected wherever its row goes; empty: the first row, whichever that is */
	size_t index; /* of the selected row */
	size_t first; /* row at the top */

	char target[VGPU_NAME_SIZE], target_uuid[VGPU_UUID_SIZE]; /* the vGPU that was selected when the question was asked */
	const char *set_key, *set_what;
	uint64_t set_value;

	/* What the last drawing came to. */
	size_t page; /* rows that there is room for */
	uint32_t shown; /* bit by column */
};

int vgpu_top_ui_view(struct vgpu_top_ui *ui, const struct vgpu_top_report *report, struct vgpu_top_view *ret_view);
enum vgpu_top_todo vgpu_top_ui_key(struct vgpu_top_ui *ui, const struct vgpu_top_view *view, uint32_t key);
void vgpu_top_ui_say(struct vgpu_top_ui *ui, bool failed, const char *format, ...) __attribute__((format(printf, 3, 4)));
void vgpu_top_ui_prompt(const struct vgpu_top_ui *ui, char *ret_text, size_t size);
int vgpu_top_delay_parse(const char *text, uint64_t *ret_ns);

void vgpu_top_draw(struct vgpu_screen *screen, const struct vgpu_top_view *view, struct vgpu_top_ui *ui);
unsigned int vgpu_top_draw_gpus(struct vgpu_screen *screen, unsigned int y, unsigned int rows, const struct vgpu_top_view *view,
				const struct vgpu_top_ui *ui);
void vgpu_top_draw_help(struct vgpu_screen *screen, unsigned int y);

#endif
