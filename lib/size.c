// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * size.c - parses sizes, numbers and times, and prints sizes. No lock: pure functions.
 */
#include "lib/size.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Digits only: strtoull() would also take a sign, blanks, 0x and the empty string. */
static int digits(const char *text, const char **ret_end, uint64_t *ret_value)
{
	uint64_t value = 0;
	const char *at;

	for (at = text; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
			return -ERANGE;
	if (at == text)
		return -EINVAL;
	*ret_end = at;
	*ret_value = value;
	return 0;
}

/**
 * vgpu_size_parse() - read a size
 * @text: decimal digits, optionally followed by K, M or G (binary multiples)
 * @ret_bytes: the size, a positive multiple of 4 KiB
 *
 * Return: 0, -EINVAL when it is not a size, -ERANGE when it is zero, not whole pages, or past 2^63 - 1 (JSON carries signed
 * integers).
 */
int vgpu_size_parse(const char *text, uint64_t *ret_bytes)
{
	static const char units[] = "KMG";
	const char *end, *unit;
	uint64_t bytes;
	int rc;

	rc = digits(text, &end, &bytes);
	if (rc)
		return rc;
	if (*end) {
		unit = strchr(units, *end);
		if (!unit || end[1])
			return -EINVAL;
		if (__builtin_mul_overflow(bytes, 1ull << (10 * (unit - units + 1)), &bytes))
			return -ERANGE;
	}
	if (!bytes || bytes % VGPU_PAGE_BYTES || bytes > INT64_MAX)
		return -ERANGE;
	*ret_bytes = bytes;
	return 0;
}

/**
 * vgpu_number_parse() - read a plain decimal number
 * @text: digits, nothing else
 * @min: smallest value taken
 * @max: largest value taken
 * @ret_value: the number
 *
 * Return: 0, -EINVAL when it is not a number, -ERANGE when it is outside [@min, @max].
 */
int vgpu_number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value)
{
	const char *end;
	uint64_t value;
	int rc;

	rc = digits(text, &end, &value);
	if (rc)
		return rc;
	if (*end)
		return -EINVAL;
	if (value < min || value > max)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

/**
 * vgpu_seconds_parse() - read a time
 * @text: seconds, with up to nine digits behind a point
 * @min_ns: shortest time taken
 * @max_ns: longest time taken
 * @ret_ns: nanoseconds
 *
 * Return: 0, -EINVAL when it is not a time, -ERANGE when it is outside [@min_ns, @max_ns].
 */
int vgpu_seconds_parse(const char *text, uint64_t min_ns, uint64_t max_ns, uint64_t *ret_ns)
{
	uint64_t ns = 0, place = 100000000;
	const char *at = text;
	int rc;

	rc = *at == '.' && at[1] ? 0 : digits(text, &at, &ns);
	if (rc)
		return rc;
	if (__builtin_mul_overflow(ns, 1000000000, &ns))
		return -ERANGE;
	if (*at == '.')
		for (at++; *at >= '0' && *at <= '9' && place; at++, place /= 10)
			if (__builtin_add_overflow(ns, (uint64_t)(*at - '0') * place, &ns))
				return -ERANGE;
	if (*at)
		return -EINVAL;
	if (ns < min_ns || ns > max_ns)
		return -ERANGE;
	*ret_ns = ns;
	return 0;
}

/**
 * vgpu_size_format() - print a size exactly, in the largest unit that divides it
 * @bytes: any value
 * @text: buffer for it
 *
 * What it prints is what vgpu_size_parse() reads back.
 *
 * Return: @text.
 */
const char *vgpu_size_format(uint64_t bytes, char text[VGPU_SIZE_TEXT])
{
	static const char *const units[] = { "", "K", "M", "G" };
	unsigned int unit = 0;

	while (bytes && unit < 3 && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	snprintf(text, VGPU_SIZE_TEXT, "%" PRIu64 "%s", bytes, units[unit]);
	return text;
}
