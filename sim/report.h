/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the simulator tells about its work: the trace and the summary.
 */
#ifndef GEN75_REPORT_H
#define GEN75_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include "sim/engine/gen75.h"

struct gen75_server;

void gen75_report_event(FILE *out, uint64_t time_ns, enum gen75_event event, int engine, uint64_t arg0, uint64_t arg1);
void gen75_report_summary(FILE *out, const struct gen75_server *server);

#endif
