/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * text.h - copying and appending text in fixed buffers, where cutting what does not fit is what is wanted.
 */
#ifndef VGPU_LIB_TEXT_H
#define VGPU_LIB_TEXT_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
 * vgpu_text_print() - print text that may come from anywhere: it stays on its line and moves no cursor
 * @to: where
 * @text: what to print; '?' stands for each control character, also for those of ISO 6429 that UTF-8 has in two bytes
 */
static inline void vgpu_text_print(FILE *to, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	for (; *at; at++) {
		if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)
			at++;
		else if (*at >= 0x20 && *at != 0x7f) {
			fputc(*at, to);
			continue;
		}
		fputc('?', to);
	}
}

#endif
