/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * file.h - reading a whole file that somebody has written by hand.
 */
#ifndef VGPU_LIB_FILE_H
#define VGPU_LIB_FILE_H

#include <stddef.h>

int vgpu_file_read(int fd, char *ret_text, size_t size, size_t *ret_length);

#endif
