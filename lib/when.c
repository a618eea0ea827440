// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * when.c - parses and prints moments, in the time zone of whoever runs the program. No lock: pure functions, but for the time zone.
 */
#include "lib/when.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/cleanup.h"
#include "lib/size.h"

#define SECOND_US 1000000ull

/* "10m": how long ago. */
static int parse_ago(const char *text, uint64_t now_us, uint64_t *ret_us)
{
	static const struct {
		char unit;
		uint64_t us;
	} units[] = {
		{ 's', SECOND_US },
		{ 'm', 60 * SECOND_US },
		{ 'h', 3600 * SECOND_US },
		{ 'd', 86400 * SECOND_US },
	};
	size_t length = strlen(text), i;
	char number[12] = "";
	uint64_t count;

	if (length < 2 || length > sizeof(number))
		return -EINVAL;
	memcpy(number, text, length - 1);
	for (i = 0; i < VGPU_COUNT(units); i++) {
		if (text[length - 1] != units[i].unit || vgpu_number_parse(number, 0, UINT32_MAX, &count))
			continue;
		*ret_us = count * units[i].us < now_us ? now_us - count * units[i].us : 0;
		return 0;
	}
	return -EINVAL;
}

static int parse_date(const char *text, uint64_t *ret_us)
{
	static const char *const formats[] = { "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S" };
	struct tm parts, as_read;
	const char *end;
	time_t time;
	size_t i;

	for (i = 0; i < VGPU_COUNT(formats); i++) {
		parts = (struct tm) { .tm_isdst = -1 };
		end = strptime(text, formats[i], &parts);
		if (!end || (*end && strcmp(end, "Z") != 0))
			continue;
		as_read = parts;
		time = *end ? timegm(&parts) : mktime(&parts);
		/* The 31st of February is none, rather than the 3rd of March. */
		if (time < 0 || parts.tm_mday != as_read.tm_mday || parts.tm_mon != as_read.tm_mon)
			return -EINVAL;
		*ret_us = time * SECOND_US;
		return 0;
	}
	return -EINVAL;
}

/**
 * vgpu_when_parse() - read a moment
 * @text: a number with s, m, h or d, which is so long ago; or YYYY-MM-DD, with HH:MM or HH:MM:SS behind a blank, or a T and HH:MM:SS; with
 *	a Z at its end in UTC, otherwise in local time
 * @now_us: CLOCK_REALTIME
 * @ret_us: the moment, CLOCK_REALTIME
 *
 * Return: 0, -EINVAL when it is none.
 */
int vgpu_when_parse(const char *text, uint64_t now_us, uint64_t *ret_us)
{
	int rc = parse_ago(text, now_us, ret_us);

	return rc ? parse_date(text, ret_us) : 0;
}

/**
 * vgpu_when_format() - print a moment
 * @us: CLOCK_REALTIME
 * @text: filled: date and time to the second, in local time; what cannot be one is a dash
 *
 * Return: @text.
 */
const char *vgpu_when_format(uint64_t us, char text[VGPU_WHEN_TEXT])
{
	time_t time = us / SECOND_US;
	struct tm parts;

	if (!localtime_r(&time, &parts) || !strftime(text, VGPU_WHEN_TEXT, "%Y-%m-%d %H:%M:%S", &parts))
		strcpy(text, "-");
	return text;
}
