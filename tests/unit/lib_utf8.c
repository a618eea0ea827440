// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * lib_utf8.c - what is UTF-8 and what is not: each form at its ends, and every character against the C library.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <cmocka.h>

#include "lib/cleanup.h"
#include "lib/utf8.h"

static void texts(void **state)
{
	static const struct {
		const char *text;
		bool want;
	} cases[] = {
		{ "", true },
		{ "alice", true },
		{ "b\xc3\xbcro", true },
		{ "\xe2\x82\xac\xf0\x9f\x98\x80", true },
		{ "\xff", false },
		{ "a\x80", false },
		{ "\xc3", false },
		{ "\xc3(", false },
		{ "\xe2\x82", false },
		{ "\xc0\xaf", false }, /* a slash in two bytes */
		{ "\xe0\x80\xaf", false },
		{ "\xf0\x80\x80\xaf", false },
		{ "\xed\xa0\x80", false }, /* half a surrogate pair */
		{ "\xf4\x90\x80\x80", false }, /* beyond the last character */
		{ "\xf5\x80\x80\x80", false },
	};
	size_t i;

	for (i = 0; i < VGPU_COUNT(cases); i++)
		if (vgpu_utf8_valid(cases[i].text) != cases[i].want)
			fail_msg("row %zu", i);
}

static void against_libc(void **state)
{
	unsigned int a, b, c, length;
	wchar_t got;
	size_t want;

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		fail_msg("there is no locale C.UTF-8");
	for (a = 1; a < 256; a++)
		for (b = 0; b < 256; b++)
			for (c = 0x7f; c < 0xc1; c += 0x40) {
				const char text[] = { a, b, c, (char)0xbf, 0 };
				mbstate_t mb = { 0 };

				got = 0;
				want = mbrtowc(&got, text, strlen(text), &mb);
				length = vgpu_utf8_length(text);
				/* To the C library, characters go on beyond the last one. */
				if (length != (want > 4 || got > 0x10ffff ? 0 : want))
					fail_msg("%02x %02x %02x: got %u, want %zd", a, b, c, length, (ssize_t)want);
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(against_libc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
