// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * top_curses.c - ncurses behind top_curses.h. No lock: one thread has the terminal.
 */
#include "vgpuctl/top_curses.h"

#include <errno.h>
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

#include <ncurses.h>

#include "lib/cleanup.h"
#include "vgpuctl/top_ui.h"

/* How long to wait for the rest of a key's sequence before it is the Esc key. */
#define ESCAPE_MS 25
#define RUN_MAX 512

enum {
	PAIR_GOOD = 1,
	PAIR_WARN,
	PAIR_BAD,
};

struct vgpu_curses {
	SCREEN *screen;
	bool colours;
	bool unicode;
};

/* The text consoles of kernels and terminals of glass have fonts without the eighths of a block. */
static bool shows_blocks(void)
{
	static const char *const plain[] = { "linux", "vt", "dumb", "ansi", "cons", "sun" };
	const char *term = getenv("TERM");
	unsigned int i;

	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0 || !term)
		return false;
	for (i = 0; i < VGPU_COUNT(plain); i++)
		if (!strncmp(term, plain[i], strlen(plain[i])))
			return false;
	return true;
}

static bool start_colours(void)
{
	if (getenv("NO_COLOR") || !has_colors() || start_color() == ERR)
		return false;
	use_default_colors();
	init_pair(PAIR_GOOD, COLOR_GREEN, -1);
	init_pair(PAIR_WARN, COLOR_YELLOW, -1);
	init_pair(PAIR_BAD, COLOR_RED, -1);
	return true;
}

/**
 * vgpu_curses_start() - take over the terminal of standard input and output
 * @ret_curses: released, and the terminal restored, by vgpu_curses_stop()
 *
 * Return: 0, -ENOTTY when $TERM names no terminal that could be drawn on, or -ENOMEM.
 */
int vgpu_curses_start(struct vgpu_curses **ret_curses)
{
	struct vgpu_curses *curses = calloc(1, sizeof(*curses));

	if (!curses)
		return -ENOMEM;
	curses->screen = newterm(NULL, stdout, stdin);
	if (!curses->screen) {
		free(curses);
		return -ENOTTY;
	}
	if (!tigetstr("cup") || tigetstr("cup") == (char *)-1) {
		vgpu_curses_stop(curses);
		return -ENOTTY;
	}
	curses->unicode = shows_blocks();
	curses->colours = start_colours();
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	*ret_curses = curses;
	return 0;
}

/**
 * vgpu_curses_stop() - give the terminal back as it was
 * @curses: the terminal or NULL
 */
void vgpu_curses_stop(struct vgpu_curses *curses)
{
	if (!curses)
		return;
	endwin();
	delscreen(curses->screen);
	free(curses);
}

/**
 * vgpu_curses_unicode() - does the terminal show block characters?
 * @curses: the terminal
 *
 * Return: true when it should.
 */
bool vgpu_curses_unicode(const struct vgpu_curses *curses)
{
	return curses->unicode;
}

/**
 * vgpu_curses_size() - how large the terminal is
 * @curses: the terminal
 * @ret_rows: its height
 * @ret_columns: its width
 */
void vgpu_curses_size(const struct vgpu_curses *curses, unsigned int *ret_rows, unsigned int *ret_columns)
{
	*ret_rows = getmaxy(stdscr);
	*ret_columns = getmaxx(stdscr);
}

/**
 * vgpu_curses_key() - take a key that was pressed
 * @curses: the terminal
 *
 * Return: a character or one of enum vgpu_top_key; VGPU_KEY_NONE when there is none. A change of size is a key, too.
 */
uint32_t vgpu_curses_key(struct vgpu_curses *curses)
{
	static const struct {
		wint_t curses;
		uint32_t key;
	} keys[] = {
		{ KEY_UP, VGPU_KEY_UP },	   { KEY_DOWN, VGPU_KEY_DOWN },		  { KEY_PPAGE, VGPU_KEY_PAGE_UP },
		{ KEY_NPAGE, VGPU_KEY_PAGE_DOWN }, { KEY_HOME, VGPU_KEY_HOME },		  { KEY_END, VGPU_KEY_END },
		{ KEY_ENTER, VGPU_KEY_ENTER },	   { KEY_BACKSPACE, VGPU_KEY_BACKSPACE }, { KEY_RESIZE, VGPU_KEY_RESIZE },
	};
	unsigned int i;
	wint_t c = 0;
	int rc;

	do {
		rc = get_wch(&c);
		if (rc == ERR)
			return VGPU_KEY_NONE;
		for (i = 0; rc == KEY_CODE_YES && i < VGPU_COUNT(keys); i++)
			if (keys[i].curses == c)
				return keys[i].key;
	} while (rc == KEY_CODE_YES || !c);
	switch (c) {
	case '\r':
	case '\n':
		return VGPU_KEY_ENTER;
	case 0x1b:
		return VGPU_KEY_ESCAPE;
	case '\b':
	case 0x7f:
		return VGPU_KEY_BACKSPACE;
	default:
		return c;
	}
}

static attr_t attributes(const struct vgpu_curses *curses, unsigned int look)
{
	attr_t attributes = A_NORMAL;

	if (look & VGPU_LOOK_BOLD)
		attributes |= A_BOLD;
	if (look & VGPU_LOOK_DIM)
		attributes |= A_DIM;
	if (look & VGPU_LOOK_REVERSE)
		attributes |= A_REVERSE;
	if (!curses->colours)
		return attributes;
	if (look & VGPU_LOOK_BAD)
		attributes |= COLOR_PAIR(PAIR_BAD);
	else if (look & VGPU_LOOK_WARN)
		attributes |= COLOR_PAIR(PAIR_WARN);
	else if (look & VGPU_LOOK_GOOD)
		attributes |= COLOR_PAIR(PAIR_GOOD);
	return attributes;
}

static void show_row(struct vgpu_curses *curses, const struct vgpu_screen *screen, unsigned int y)
{
	const struct vgpu_screen_cell *line = screen->cells + (size_t)y * screen->columns;
	unsigned int x = 0, begin, count;
	wchar_t run[RUN_MAX];

	while (x < screen->columns) {
		begin = x;
		for (count = 0; x < screen->columns && count < RUN_MAX && line[x].look == line[begin].look; x++)
			if (line[x].c)
				run[count++] = line[x].c;
		attrset(attributes(curses, line[begin].look));
		mvaddnwstr(y, begin, run, count);
	}
}

/**
 * vgpu_curses_show() - copy a screen to the terminal, which gets only what has changed
 * @curses: the terminal
 * @screen: the screen
 */
void vgpu_curses_show(struct vgpu_curses *curses, const struct vgpu_screen *screen)
{
	unsigned int y;

	erase();
	for (y = 0; y < screen->rows; y++)
		show_row(curses, screen, y);
	attrset(A_NORMAL);
	refresh();
}
