/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * log.h - one line to the log for what an operator should know. Never called for what a client did.
 */
#ifndef VGPU_AGENT_LOG_H
#define VGPU_AGENT_LOG_H

#include <syslog.h>

void vgpu_log(int priority, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define vgpu_log_error(...) vgpu_log(LOG_ERR, __VA_ARGS__)
#define vgpu_log_notice(...) vgpu_log(LOG_NOTICE, __VA_ARGS__)

#endif
