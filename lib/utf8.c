// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * utf8.c - checks UTF-8 by the table of the Unicode Standard (table 3-7, well-formed byte sequences). No lock: pure functions.
 */
#include "lib/utf8.h"

#include <stddef.h>

#include "lib/cleanup.h"

/* The first byte says how many follow, and what the second may be; the others are 80 to bf. What is in no row begins nothing. */
static const struct {
	unsigned char first_min, first_max, second_min, second_max;
	unsigned int length;
} forms[] = {
	{ 0x01, 0x7f, 0, 0, 1 },       { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 }, { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

/**
 * vgpu_utf8_length() - bytes of the character that a text begins with
 * @text: ends in a zero byte
 *
 * Return: 1 to 4, or 0 at the end of the text and where it is not UTF-8.
 */
unsigned int vgpu_utf8_length(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	unsigned int form, i;

	for (form = 0; form < VGPU_COUNT(forms); form++) {
		if (at[0] < forms[form].first_min || at[0] > forms[form].first_max)
			continue;
		if (forms[form].length > 1 && (at[1] < forms[form].second_min || at[1] > forms[form].second_max))
			return 0;
		for (i = 2; i < forms[form].length; i++)
			if (at[i] < 0x80 || at[i] > 0xbf)
				return 0;
		return forms[form].length;
	}
	return 0;
}

/**
 * vgpu_utf8_valid() - is all of a text UTF-8?
 * @text: ends in a zero byte
 *
 * Return: true if it is, also when it is empty.
 */
bool vgpu_utf8_valid(const char *text)
{
	unsigned int length;

	while ((length = vgpu_utf8_length(text)))
		text += length;
	return !*text;
}
