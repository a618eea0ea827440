/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * size.h - sizes of graphics memory as people write them: 128M, 4K, 1G or plain bytes, in whole pages; numbers and times.
 */
#ifndef VGPU_LIB_SIZE_H
#define VGPU_LIB_SIZE_H

#include <stddef.h>
#include <stdint.h>

#define VGPU_PAGE_BYTES 4096u
#define VGPU_SIZE_TEXT 24

int vgpu_size_parse(const char *text, uint64_t *ret_bytes);
int vgpu_number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *ret_value);
int vgpu_seconds_parse(const char *text, uint64_t min_ns, uint64_t max_ns, uint64_t *ret_ns);
const char *vgpu_size_format(uint64_t bytes, char text[VGPU_SIZE_TEXT]);

#endif
