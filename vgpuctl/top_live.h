/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * top_live.h - the interactive vgpu-top.
 */
#ifndef VGPU_CTL_TOP_LIVE_H
#define VGPU_CTL_TOP_LIVE_H

#include "lib/error.h"

#include <stdint.h>

int vgpu_top_live(const char *socket_path, uint64_t delay_ns, uint64_t count, struct vgpu_error *ret_error);

#endif
