// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * complete.c - prints what complete.h promises. No lock: pure functions.
 */
#include "lib/complete.h"

#include <stdio.h>

#include "lib/text.h"

/**
 * vgpu_complete_offer() - offer a word
 * @before: what stands before it in the same argument, such as "--gpu=", or nothing
 * @word: the word; one that no line can hold is not offered
 * @what: describes it
 */
void vgpu_complete_offer(const char *before, const char *word, const char *what)
{
	unsigned int length;
	const char *at;

	for (at = word; *at; at += length) {
		length = vgpu_utf8_length(at);
		if (!vgpu_text_shown(at, length))
			return;
	}
	if (at == word)
		return;
	printf("%s%s\t", before, word);
	vgpu_text_print(stdout, what);
	putchar('\n');
}

/**
 * vgpu_complete_files() - have the shell offer names of files
 */
void vgpu_complete_files(void)
{
	puts(":files");
}
