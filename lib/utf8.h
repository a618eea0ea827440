/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * utf8.h - is it UTF-8? JSON, and with it the protocol, is nothing else.
 */
#ifndef VGPU_LIB_UTF8_H
#define VGPU_LIB_UTF8_H

#include <stdbool.h>

unsigned int vgpu_utf8_length(const char *text);
bool vgpu_utf8_valid(const char *text);

#endif
