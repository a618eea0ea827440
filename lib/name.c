// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * name.c - checks names and UUIDs, makes UUIDs. No lock: pure functions.
 *
 * Names and UUIDs end up in sysfs paths, so these two predicates are also what keeps "../" out of them.
 */
#include "lib/name.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/**
 * vgpu_uuid_valid() - is this the text form of a UUID, in the lower case that the kernel prints?
 * @uuid: any text
 *
 * Return: true for 8-4-4-4-12 lower-case hexadecimal digits.
 */
bool vgpu_uuid_valid(const char *uuid)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	unsigned int i;

	for (i = 0; shape[i]; i++) {
		if (shape[i] == '-' && uuid[i] != '-')
			return false;
		if (shape[i] == 'x' && !(uuid[i] && strchr("0123456789abcdef", uuid[i])))
			return false;
	}
	return !uuid[i];
}

/**
 * vgpu_name_valid() - may a vGPU be called this?
 * @name: any text
 *
 * Return: true when it obeys VGPU_NAME_RULE.
 */
bool vgpu_name_valid(const char *name)
{
	size_t length = strlen(name);

	if (!length || length >= VGPU_NAME_SIZE || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-") != length)
		return false;
	if (strchr("._-", name[0]))
		return false;
	return !vgpu_uuid_valid(name);
}

/**
 * vgpu_uuid_make() - make a random UUID (RFC 4122, version 4)
 * @ret_uuid: its text
 *
 * Return: 0 or -errno when the kernel has no random bytes to give.
 */
int vgpu_uuid_make(char ret_uuid[VGPU_UUID_SIZE])
{
	uint8_t b[16];

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		return -EIO;
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	snprintf(ret_uuid, VGPU_UUID_SIZE, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		 b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
	return 0;
}
