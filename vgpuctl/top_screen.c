// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * top_screen.c - drawing text into cells. No lock: a screen belongs to one thread.
 *
 * Text comes from anywhere and may hold anything: a control character, or a byte that is no character of the locale, is shown as '?',
 * and what has no width of its own (accents that combine, marks that turn the direction of writing) is left out. So nothing moves the
 * cursor, and every cell is where the drawing put it.
 */
#include "vgpuctl/top_screen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The next character that takes room, 0 at the end of the text; @ret_width is 1 or 2. */
static wchar_t next_character(const char **text, unsigned int *ret_width)
{
	mbstate_t state;
	size_t length;
	wchar_t c;
	int width;

	while (**text) {
		memset(&state, 0, sizeof(state));
		length = mbrtowc(&c, *text, strlen(*text), &state);
		if (length == (size_t)-1 || length == (size_t)-2) {
			length = 1;
			c = L'?';
		}
		*text += length;
		width = wcwidth(c);
		if (!width)
			continue;
		*ret_width = width == 2 ? 2 : 1;
		return width < 0 ? L'?' : c;
	}
	return 0;
}

/**
 * vgpu_screen_width() - columns that a text takes
 * @text: in the locale's encoding
 *
 * Return: the number of columns.
 */
unsigned int vgpu_screen_width(const char *text)
{
	unsigned int total = 0, width;

	while (next_character(&text, &width))
		total += width;
	return total;
}

/**
 * vgpu_screen_init() - make an empty screen
 * @ret_screen: released by vgpu_screen_fini()
 * @rows: its height
 * @columns: its width
 *
 * Return: 0 or -ENOMEM.
 */
int vgpu_screen_init(struct vgpu_screen *ret_screen, unsigned int rows, unsigned int columns)
{
	struct vgpu_screen screen = { .rows = rows, .columns = columns };

	screen.cells = calloc((size_t)rows * columns + 1, sizeof(*screen.cells));
	if (!screen.cells)
		return -ENOMEM;
	vgpu_screen_clear(&screen);
	*ret_screen = screen;
	return 0;
}

/**
 * vgpu_screen_fini() - release a screen
 * @screen: one that was made, or all zeros
 */
void vgpu_screen_fini(struct vgpu_screen *screen)
{
	free(screen->cells);
	*screen = (struct vgpu_screen) { 0 };
}

/**
 * vgpu_screen_clear() - fill a screen with blanks
 * @screen: the screen
 */
void vgpu_screen_clear(struct vgpu_screen *screen)
{
	size_t i;

	for (i = 0; i < (size_t)screen->rows * screen->columns; i++)
		screen->cells[i] = (struct vgpu_screen_cell) { .c = L' ' };
}

/* Half a wide character can't be shown: what is left of one that was drawn over becomes a blank. */
static void mend(struct vgpu_screen_cell *line, unsigned int begin, unsigned int end, unsigned int columns)
{
	if (begin && !line[begin].c)
		line[begin - 1].c = L' ';
	if (end < columns && !line[end].c)
		line[end].c = L' ';
}

/**
 * vgpu_screen_put() - draw a text
 * @screen: the screen
 * @row: where; what lies outside of the screen is not drawn
 * @column: where it begins
 * @width: most columns that it may take; '+' stands last in what is cut
 * @look: a set of enum vgpu_screen_look
 * @text: in the locale's encoding
 *
 * Return: the columns that it took.
 */
unsigned int vgpu_screen_put(struct vgpu_screen *screen, unsigned int row, unsigned int column, unsigned int width,
			     unsigned int look, const char *text)
{
	struct vgpu_screen_cell *line;
	unsigned int taken = 0, one = 0;
	bool cut;
	wchar_t c;

	if (row >= screen->rows || column >= screen->columns)
		return 0;
	line = screen->cells + (size_t)row * screen->columns;
	if (width > screen->columns - column)
		width = screen->columns - column;
	cut = vgpu_screen_width(text) > width;
	mend(line, column, column, screen->columns);
	while (taken < width && (c = next_character(&text, &one))) {
		if (cut && taken + one > width - 1) {
			c = L'+';
			one = 1;
			text = "";
		}
		line[column + taken] = (struct vgpu_screen_cell) { c, look };
		if (one == 2)
			line[column + taken + 1] = (struct vgpu_screen_cell) { 0, look };
		taken += one;
	}
	mend(line, 0, column + taken, screen->columns);
	return taken;
}

/**
 * vgpu_screen_look() - give a whole row another look
 * @screen: the screen
 * @row: which one
 * @look: added to what its cells have
 */
void vgpu_screen_look(struct vgpu_screen *screen, unsigned int row, unsigned int look)
{
	unsigned int i;

	for (i = 0; row < screen->rows && i < screen->columns; i++)
		screen->cells[(size_t)row * screen->columns + i].look |= look;
}

/**
 * vgpu_screen_text() - a screen as lines of text
 * @screen: the screen
 *
 * Return: the lines, without blanks at their ends, to free(); NULL when out of memory.
 */
char *vgpu_screen_text(const struct vgpu_screen *screen)
{
	char *text = malloc((size_t)screen->rows * (screen->columns * MB_CUR_MAX + 1) + 1), *at = text, *end;
	const struct vgpu_screen_cell *cell = screen->cells;
	unsigned int row, i;
	mbstate_t state;
	size_t length;

	if (!text)
		return NULL;
	for (row = 0; row < screen->rows; row++) {
		end = at;
		for (i = 0; i < screen->columns; i++, cell++) {
			if (!cell->c)
				continue;
			memset(&state, 0, sizeof(state));
			length = wcrtomb(at, cell->c, &state);
			if (length == (size_t)-1)
				continue;
			at += length;
			if (cell->c != L' ')
				end = at;
		}
		at = end;
		*at++ = '\n';
	}
	*at = '\0';
	return text;
}
