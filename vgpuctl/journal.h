/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * journal.h - what a service that has ended said last. journal.c is libsystemd's one home in vgpuctl.
 */
#ifndef VGPU_CTL_JOURNAL_H
#define VGPU_CTL_JOURNAL_H

#include <stddef.h>

int vgpu_journal_last_error(const char *root, const char *unit, char *ret_text, size_t size);

#endif
