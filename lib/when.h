/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * when.h - moments as people write them: 10m for ten minutes ago, or a date, with or without the time.
 */
#ifndef VGPU_LIB_WHEN_H
#define VGPU_LIB_WHEN_H

#include <stdint.h>

#define VGPU_WHEN_TEXT 24
#define VGPU_WHEN_RULE "give a time such as 90s, 10m, 2h, 7d, 2026-11-27 or '2026-11-27 08:15'"

int vgpu_when_parse(const char *text, uint64_t now_us, uint64_t *ret_us);
const char *vgpu_when_format(uint64_t us, char text[VGPU_WHEN_TEXT]);

#endif
