// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * file.c - see file.h. No lock: no state.
 */
#include "lib/file.h"

#include <errno.h>
#include <unistd.h>

/**
 * vgpu_file_read() - read a file to its end
 * @fd: where to read; one that does not wait makes this neither wait, whatever it leads to
 * @ret_text: buffer; not terminated
 * @size: bytes in it; the file must have less
 * @ret_length: bytes that were read
 *
 * Return: 0 or -errno; -EFBIG for a file that fills the buffer.
 */
int vgpu_file_read(int fd, char *ret_text, size_t size, size_t *ret_length)
{
	size_t length = 0;
	ssize_t got;

	while ((got = read(fd, ret_text + length, size - length)) > 0)
		length += got;
	if (got < 0)
		return -errno;
	if (length == size)
		return -EFBIG;
	*ret_length = length;
	return 0;
}
