// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * lib_nearest.c - what somebody probably meant, held against a distance that is worked out by trying all there is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/cleanup.h"
#include "lib/nearest.h"

static const char *const words[] = {
	"create", "list", "show", "set", "delete", "attach", "detach", "gpu", "gpu list", "gpu show"
};

static const char *nearest(const char *typed)
{
	struct vgpu_nearest nearest = { .typed = typed };
	size_t i;

	for (i = 0; i < VGPU_COUNT(words); i++)
		vgpu_nearest_consider(&nearest, words[i]);
	return nearest.word;
}

static void meant(void **state)
{
	static const struct {
		const char *typed, *want;
	} cases[] = {
		{ "lst", "list" },
		{ "lsit", "list" },
		{ "listt", "list" },
		{ "lisst", "list" },
		{ "crate", "create" },
		{ "carete", "create" },
		{ "del", "delete" },
		{ "at", "attach" },
		{ "shwo", "show" },
		{ "gp", "gpu" },
		{ "gpu lst", "gpu list" },
		{ "attahc", "attach" },
		{ "dettach", "detach" },
		{ "s", NULL },
		{ "", NULL },
		{ "xyz", NULL },
		{ "frobnicate", NULL },
		{ "LIST", NULL },
		{ "listlistlistlistlistlistlistlistlist", NULL },
	};
	const char *got;
	size_t i;

	for (i = 0; i < VGPU_COUNT(cases); i++) {
		got = nearest(cases[i].typed);
		if (got != cases[i].want && (!got || !cases[i].want || strcmp(got, cases[i].want) != 0))
			fail_msg("\"%s\": got %s, want %s", cases[i].typed, got ? got : "nothing",
				 cases[i].want ? cases[i].want : "nothing");
	}
}

/* By its definition, without a table. */
static unsigned int naive(const char *a, const char *b)
{
	unsigned int best, other;

	if (!*a || !*b)
		return strlen(a) + strlen(b);
	best = naive(a + 1, b + 1) + (*a != *b);
	other = naive(a + 1, b) + 1;
	best = other < best ? other : best;
	other = naive(a, b + 1) + 1;
	best = other < best ? other : best;
	if (a[1] && b[1] && a[0] == b[1] && a[1] == b[0]) {
		other = naive(a + 2, b + 2) + 1;
		best = other < best ? other : best;
	}
	return best;
}

/* Of words of two letters, which are the hard ones: everything nearly matches. */
static void distances(void **state)
{
	char typed[8] = "", word[8] = "";
	unsigned int i, k, limit;

	srand(1);
	for (i = 0; i < 20000; i++) {
		struct vgpu_nearest nearest = { .typed = typed };

		memset(typed, 0, sizeof(typed));
		memset(word, 0, sizeof(word));
		for (k = rand() % 7; k > 0; k--)
			typed[k - 1] = 'a' + rand() % 2;
		for (k = rand() % 7; k > 0; k--)
			word[k - 1] = 'a' + rand() % 2;
		vgpu_nearest_consider(&nearest, word);
		limit = strlen(typed) > 3 ? 2 : 1;
		if (strlen(typed) >= 2 && !strncmp(typed, word, strlen(typed)))
			continue;
		if (!nearest.word != (naive(typed, word) > limit || naive(typed, word) >= strlen(typed)) ||
		    (nearest.word && nearest.distance != naive(typed, word)))
			fail_msg("%s, %s: got %u, want %u", typed, word, nearest.distance, naive(typed, word));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meant),
		cmocka_unit_test(distances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
