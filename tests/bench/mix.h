/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Commands as guests submit them, for the audit to be measured on; see mix.c.
 */
#ifndef TESTS_BENCH_MIX_H
#define TESTS_BENCH_MIX_H

#include "tests/bench/machine.h"

#define MIX_DW_MAX 4096u

/**
 * struct mix - some commands
 * @engine: for which
 * @batch: they are a privileged batch, and end as one; else a piece of a ring
 */
struct mix {
	const char *name;
	enum vgpu_engine_id engine;
	bool batch;
	u32 dwords;
	u32 dw[MIX_DW_MAX];
};

void mix_request(const struct machine *m, enum vgpu_engine_id e, struct mix *ret_mix);
void mix_ring(const struct machine *m, struct mix *ret_mix);
void mix_blt(const struct machine *m, struct mix *ret_mix);
void mix_render(const struct machine *m, struct mix *ret_mix);

#endif
