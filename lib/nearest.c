// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * nearest.c - compares what was typed with the words that there are. No lock: pure functions.
 */
#include "lib/nearest.h"

#include <string.h>

/* Longer words than any that there is are not compared, which also bounds the work. */
#define LENGTH_MAX 32u

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/*
 * Single characters that were left out, added, changed or swapped with their neighbour (the restricted Damerau-Levenshtein distance). The
 * three rows are those for the last characters of @typed; rows[i % 3][k] is the distance from its first i characters to the first k.
 */
static unsigned int distance(const char *typed, const char *word)
{
	unsigned int rows[3][LENGTH_MAX + 1], i, k, best;
	size_t typed_length = strlen(typed), word_length = strlen(word);

	for (k = 0; k <= word_length; k++)
		rows[0][k] = k;
	for (i = 1; i <= typed_length; i++) {
		rows[i % 3][0] = i;
		for (k = 1; k <= word_length; k++) {
			best = rows[(i - 1) % 3][k - 1] + (typed[i - 1] != word[k - 1]);
			best = least(best, least(rows[(i - 1) % 3][k], rows[i % 3][k - 1]) + 1);
			if (i > 1 && k > 1 && typed[i - 1] == word[k - 2] && typed[i - 2] == word[k - 1])
				best = least(best, rows[(i - 2) % 3][k - 2] + 1);
			rows[i % 3][k] = best;
		}
	}
	return rows[typed_length % 3][word_length];
}

/**
 * vgpu_nearest_consider() - take a word, if it is nearer to what was typed than those before
 * @nearest: begins with .typed only
 * @word: of at most 32 characters, longer ones are not near; borrowed
 *
 * Near is what has one mistake in it, or two in more than three characters, and what was begun with two characters or more.
 */
void vgpu_nearest_consider(struct vgpu_nearest *nearest, const char *word)
{
	size_t length = strnlen(nearest->typed, LENGTH_MAX + 1);
	unsigned int mistakes;

	if (length > LENGTH_MAX || strnlen(word, LENGTH_MAX + 1) > LENGTH_MAX)
		return;
	mistakes = length >= 2 && !strncmp(nearest->typed, word, length) ? 1 : distance(nearest->typed, word);
	if (mistakes >= length || mistakes > (length > 3 ? 2 : 1) || (nearest->word && mistakes >= nearest->distance))
		return;
	nearest->word = word;
	nearest->distance = mistakes;
}
