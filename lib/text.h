/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * text.h - copying and appending text in fixed buffers, where cutting what does not fit is what is wanted.
 */
#ifndef VGPU_LIB_TEXT_H
#define VGPU_LIB_TEXT_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/utf8.h"

/**
 * vgpu_text_copy() - copy text, cut to the buffer
 * @ret_text: buffer
 * @size: bytes in it, at least 1
 * @text: what to copy
 */
static inline void vgpu_text_copy(char *ret_text, size_t size, const char *text)
{
	size_t length = strnlen(text, size - 1);

	memmove(ret_text, text, length);
	ret_text[length] = '\0';
}

/**
 * vgpu_text_append() - append printf style, cut to the buffer
 * @text: buffer with text in it
 * @size: bytes in it
 * @format: what to append
 */
__attribute__((format(printf, 3, 4))) static inline void vgpu_text_append(char *text, size_t size, const char *format, ...)
{
	size_t length = strnlen(text, size - 1);
	va_list args;

	va_start(args, format);
	vsnprintf(text + length, size - length, format, args);
	va_end(args);
}

/**
 * vgpu_text_shown() - may a character be shown as it is?
 * @at: the character
 * @length: its bytes, as vgpu_utf8_length() says
 *
 * Return: false for control characters, also those of ISO 6429 that UTF-8 has in two bytes, and for what is not UTF-8.
 */
static inline bool vgpu_text_shown(const char *at, unsigned int length)
{
	if (!length || (unsigned char)*at < 0x20 || *at == 0x7f)
		return false;
	return length != 2 || at[0] != '\xc2' || (unsigned char)at[1] >= 0xa0;
}

/**
 * vgpu_text_print() - print text that may come from anywhere: it stays on its line and moves no cursor
 * @to: where
 * @text: what to print; '?' stands for each character that may not be shown, and each byte that is none
 */
static inline void vgpu_text_print(FILE *to, const char *text)
{
	unsigned int length;

	for (; *text; text += length ? length : 1) {
		length = vgpu_utf8_length(text);
		if (vgpu_text_shown(text, length))
			fwrite(text, 1, length, to);
		else
			fputc('?', to);
	}
}

#endif
